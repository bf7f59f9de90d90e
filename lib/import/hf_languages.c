#include "lib/import/hf_languages.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/json_config.h"
#include "lib/text/json_writer.h"

enum { PATH_BYTES = 4096 };

const char *const qp_hf_language_codes[] = {
    "af", "am", "ar", "ast", "az", "ba", "be", "bg", "bn", "br", "bs", "ca", "ceb", "cs", "cy", "da", "de",
    "el", "en", "es", "et", "fa", "ff", "fi", "fr", "fy", "ga", "gd", "gl", "gu", "ha", "he", "hi", "hr", "ht",
    "hu", "hy", "id", "ig", "ilo", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko", "lb", "lg", "ln", "lo",
    "lt", "lv", "mg", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl", "no", "ns", "oc", "or", "pa", "pl", "ps",
    "pt", "ro", "ru", "sd", "si", "sk", "sl", "so", "sq", "sr", "ss", "su", "sv", "sw", "ta", "th", "tl", "tn",
    "tr", "uk", "ur", "uz", "vi", "wo", "xh", "yi", "yo", "zh", "zu", NULL};

/* ---- names of tokens ---- */

/* "__de__" is de; "de_DE" and "deu_Latn" are themselves. *bytes of them; NULL: no language. */
static const char *language_of(const char *piece, size_t *bytes)
{
    size_t length = strlen(piece), small = strspn(piece, "abcdefghijklmnopqrstuvwxyz");
    if (length > 5 && length < 12 && strncmp(piece, "__", 2) == 0 && strcmp(piece + length - 2, "__") == 0) {
        *bytes = length - 4;
        return strspn(piece + 2, "abcdefghijklmnopqrstuvwxyz") == *bytes ? piece + 2 : NULL;
    }
    *bytes = length;
    if (small < 2 || small > 3 || piece[small] != '_' || !isupper((unsigned char)piece[small + 1])) return NULL;
    const char *rest = piece + small + 1;
    size_t left = length - small - 1;
    bool country = left == 2 && isupper((unsigned char)rest[1]);
    bool script = left == 4 && strspn(rest + 1, "abcdefghijklmnopqrstuvwxyz") == 3;
    return country || script ? piece : NULL;
}

/* A piece of ordinary text is none, but the pieces of sentencepiece have no role. */
static bool is_language(const qp_tokenizer *tokenizer, int32_t id, const char **name, size_t *bytes)
{
    const char *piece = qp_tokenizer_piece(tokenizer, id);
    *name = language_of(piece, bytes);
    return *name && (*name != piece || qp_tokenizer_role(tokenizer, id) != QP_TOKEN_NORMAL);
}

/* ---- where the source's is written ---- */

typedef struct {
    int32_t first, source; /* the first language; that of the template, or English */
    bool last, placed;     /* placed: the template has a language */
    int count;
} places;

static void look_at_template(const qp_tokenizer *tokenizer, const qp_encoding *e, places *p)
{
    const char *name;
    size_t bytes;
    bool text = false;
    for (int i = 0; i < e->count; i++) {
        if (is_language(tokenizer, e->id[i], &name, &bytes)) {
            p->placed = true;
            p->last = text;
            p->source = e->id[i];
        } else if (e->id[i] != qp_tokenizer_special(tokenizer)->begin) {
            text = true;
        }
    }
}

static bool is_english(const char *name, size_t bytes)
{
    static const char *const english[] = {"en", "en_XX", "eng_Latn"};
    for (size_t i = 0; i < sizeof english / sizeof *english; i++)
        if (strlen(english[i]) == bytes && strncmp(english[i], name, bytes) == 0) return true;
    return false;
}

static void put_names(const qp_tokenizer *tokenizer, places *p, qp_text_buffer *json)
{
    const char *name;
    size_t bytes;
    for (int32_t id = 0; id < qp_tokenizer_size(tokenizer); id++) {
        char key[24];
        if (!is_language(tokenizer, id, &name, &bytes)) continue;
        if (p->count++ == 0) {
            p->first = id;
            qp_json_key(json, "languages");
            qp_json_open(json, '{');
        }
        if (p->source < 0 && is_english(name, bytes)) p->source = id;
        snprintf(key, sizeof key, "%.*s", (int)bytes, name);
        qp_json_put_integer(json, key, id);
    }
    if (p->count) qp_json_close(json, '}');
}

/* Classes that write it in a place of their own, whatever the template says. */
static qp_status look_at_class(const char *folder, places *p)
{
    char path[PATH_BYTES];
    qp_json_config json;
    if (snprintf(path, sizeof path, "%s/tokenizer_config.json", folder) >= PATH_BYTES || !qp_file_exists(path))
        return QP_OK;
    QP_TRY(qp_json_config_open(path, &json));
    const char *class = qp_json_config_text(&json, "tokenizer_class", "");
    if (strncmp(class, "Nllb", 4) == 0) p->last = qp_json_config_flag(&json, "legacy_behaviour", false);
    if (strncmp(class, "MBart50", 7) == 0 || strncmp(class, "M2M100", 6) == 0) p->last = false;
    else if (strncmp(class, "MBart", 5) == 0) p->last = true;
    qp_json_config_close(&json);
    return QP_OK;
}

/* m2m_100, mbart; NULL: another architecture. */
static qp_status find_architecture(const char *folder, const char **found)
{
    static const char *const known[] = {"m2m_100", "mbart"};
    char path[PATH_BYTES];
    qp_json_config json;
    *found = NULL;
    if (snprintf(path, sizeof path, "%s/config.json", folder) >= PATH_BYTES) return QP_OK;
    QP_TRY(qp_json_config_open(path, &json));
    const char *type = qp_json_config_text(&json, "model_type", "");
    for (int i = 0; i < 2; i++)
        if (strcmp(known[i], type) == 0) *found = known[i];
    qp_json_config_close(&json);
    return QP_OK;
}

qp_status qp_hf_languages(const char *folder, const qp_tokenizer *tokenizer, qp_hf_frame *frame, qp_text_buffer *json)
{
    const char *kind;
    places p = {.first = -1, .source = -1};
    qp_encoding e = {0};
    QP_TRY(find_architecture(folder, &kind));
    if (!kind) return QP_OK;
    qp_status status = qp_tokenizer_encode_pair(tokenizer, "a", 1, NULL, 0, &e);
    if (status == QP_OK) look_at_template(tokenizer, &e, &p);
    qp_encoding_free(&e);
    if (status == QP_OK) put_names(tokenizer, &p, json);
    if (status != QP_OK || p.count == 0) return status;
    if (!p.placed) p.last = strcmp(kind, "mbart") == 0;
    QP_TRY(look_at_class(folder, &p));
    if (p.source < 0) p.source = p.first;
    frame->before = p.last ? -1 : p.source;
    qp_json_put_integer(json, "source", p.source);
    if (p.last) qp_json_put_bool(json, "last", true);
    return QP_OK;
}
