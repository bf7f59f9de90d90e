#define _GNU_SOURCE /* memmem */
#include "tokenizer/tokenizer_file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "lib/base/file.h"
#include "tokenizer/tokenizer_parts.h"

enum { VERSION = 1 };
static const char FORMAT[] = "quipu-tokenizer";
static const size_t LARGEST_FILE = (size_t)1 << 30;

static const char *const type_name[] = {"char", "byte", "word", "bpe", "byte-bpe", "unigram", "wordpiece",
                                        "space"};
static const char *const form_name[] = {"none", "nfc", "nfkc", "nfd", "nfkd"};
enum { TYPES = sizeof type_name / sizeof *type_name, FORMS = sizeof form_name / sizeof *form_name };

qp_tokenizer_facts qp_tokenizer_info(const qp_tokenizer *t)
{
    if (qp_is_foreign(&t->foreign)) return qp_foreign_info(&t->foreign);
    return (qp_tokenizer_facts){.type = type_name[t->type],
                                .normalization = form_name[t->form],
                                .unicode = utf8proc_unicode_version(),
                                .lower_case = t->lower_case,
                                .byte_fallback = t->byte_fallback,
                                .single_digits = t->rules.single_digits,
                                .size = t->vocabulary.count,
                                .merges = t->bpe.count};
}

static qp_status no_memory(void)
{
    return qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
}

/* Settings, pieces and merges; not the Unicode version, which says who wrote the file. */
static qp_status checksum_of(const qp_tokenizer *t, char *out, size_t out_bytes)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state) return no_memory();
    XXH3_64bits_reset(state);
    const unsigned char settings[] = {VERSION,       (unsigned char)t->type, (unsigned char)t->form,
                                      t->lower_case, t->byte_fallback,       t->rules.single_digits};
    XXH3_64bits_update(state, settings, sizeof settings);
    for (int32_t id = 0; id < t->vocabulary.count; id++) {
        const char *shown = qp_vocabulary_shown(&t->vocabulary, id);
        XXH3_64bits_update(state, shown, strlen(shown) + 1);
    }
    for (int32_t id = 0; t->type == QP_TOKENIZER_UNIGRAM && id < t->vocabulary.count; id++) {
        char score[32];
        XXH3_64bits_update(state, score, (size_t)snprintf(score, sizeof score, "%.9g ", (double)t->score[id]));
    }
    for (size_t i = 0; i < t->bpe.count; i++) {
        const struct qp_merge *merge = &t->bpe.merge[i];
        const int32_t id[2] = {merge->left, merge->right};
        unsigned char little[8];
        for (int k = 0; k < 8; k++) little[k] = (unsigned char)((uint32_t)id[k / 4] >> 8 * (k % 4));
        XXH3_64bits_update(state, little, sizeof little);
    }
    snprintf(out, out_bytes, "xxh3:%016llx", (unsigned long long)XXH3_64bits_digest(state));
    XXH3_freeState(state);
    return QP_OK;
}

/* ---- writing ---- */

static json_t *merges_of(const qp_tokenizer *t)
{
    json_t *merges = json_array();
    for (size_t i = 0; merges && i < t->bpe.count; i++) {
        const struct qp_merge *merge = &t->bpe.merge[i];
        json_t *line = json_sprintf("%s %s", qp_vocabulary_shown(&t->vocabulary, merge->left),
                                    qp_vocabulary_shown(&t->vocabulary, merge->right));
        if (json_array_append_new(merges, line) != 0) {
            json_decref(merges);
            return NULL;
        }
    }
    return merges;
}

static json_t *pieces_of(const qp_tokenizer *t)
{
    json_t *pieces = json_array();
    for (int32_t id = 0; pieces && id < t->vocabulary.count; id++) {
        if (json_array_append_new(pieces, json_string(qp_vocabulary_shown(&t->vocabulary, id))) != 0) {
            json_decref(pieces);
            return NULL;
        }
    }
    return pieces;
}

static json_t *scores_of(const qp_tokenizer *t)
{
    json_t *scores = json_array();
    for (int32_t id = 0; scores && t->type == QP_TOKENIZER_UNIGRAM && id < t->vocabulary.count; id++) {
        if (json_array_append_new(scores, json_real((double)t->score[id])) != 0) {
            json_decref(scores);
            return NULL;
        }
    }
    return scores;
}

qp_status qp_tokenizer_to_json(const qp_tokenizer *t, char **text, size_t *bytes)
{
    char checksum[32];
    *text = NULL;
    *bytes = 0;
    if (qp_is_foreign(&t->foreign))
        return qp_fail(QP_EUSAGE, "tokenizer: one of another project cannot be kept in our format; train one of ours");
    QP_TRY(checksum_of(t, checksum, sizeof checksum));
    json_t *root = json_pack("{s:s, s:i, s:s, s:s, s:s, s:b, s:b, s:s, s:o, s:o, s:o, s:s}", "format", FORMAT,
                             "version", VERSION, "unicode", utf8proc_unicode_version(), "type", type_name[t->type],
                             "normalization", form_name[t->form], "lower_case", t->lower_case, "byte_fallback",
                             t->byte_fallback, "digits", t->rules.single_digits ? "single" : "together", "pieces",
                             pieces_of(t), "merges", merges_of(t), "scores", scores_of(t), "checksum", checksum);
    if (!root) return no_memory();
    *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    json_decref(root);
    if (!*text) return no_memory();
    *bytes = strlen(*text);
    return QP_OK;
}

qp_status qp_tokenizer_save(const qp_tokenizer *tokenizer, const char *path)
{
    char *text;
    size_t bytes;
    QP_TRY(qp_tokenizer_to_json(tokenizer, &text, &bytes));
    qp_writer *writer = NULL;
    qp_status status = qp_writer_open(path, &writer);
    if (status == QP_OK) {
        qp_writer_write(writer, text, bytes);
        qp_writer_write(writer, "\n", 1);
        status = qp_writer_commit(writer);
    }
    free(text);
    return status;
}

/* ---- reading ---- */

typedef struct {
    const char *place, *format, *unicode, *type, *normalization, *digits, *checksum;
    int version, lower_case, byte_fallback;
    json_t *pieces, *merges, *scores;
} content;

static int index_of(const char *word, const char *const *list, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(word, list[i]) == 0) return i;
    }
    return -1;
}

static qp_status check_settings(const content *c)
{
    if (strcmp(c->format, FORMAT) != 0)
        return qp_fail(QP_EDATA, "%s: format is \"%.40s\", not \"%s\"; give a tokenizer of quipu", c->place, c->format,
                       FORMAT);
    if (c->version != VERSION)
        return qp_fail(QP_EDATA, "%s: tokenizer version %d is unknown, this program knows %d; use a newer program",
                       c->place, c->version, VERSION);
    if (index_of(c->type, type_name, TYPES) < 0)
        return qp_fail(QP_EDATA, "%s: unknown tokenizer type \"%.40s\"", c->place, c->type);
    if (index_of(c->normalization, form_name, FORMS) < 0)
        return qp_fail(QP_EDATA, "%s: unknown normalization \"%.40s\"", c->place, c->normalization);
    if (strcmp(c->digits, "single") != 0 && strcmp(c->digits, "together") != 0)
        return qp_fail(QP_EDATA, "%s: unknown value \"%.40s\" of digits", c->place, c->digits);
    if (!json_is_array(c->pieces)) return qp_fail(QP_EDATA, "%s: pieces is no list", c->place);
    if (!json_is_array(c->scores)) return qp_fail(QP_EDATA, "%s: scores is no list", c->place);
    if (!json_is_array(c->merges)) return qp_fail(QP_EDATA, "%s: merges is no list", c->place);
    return QP_OK;
}

static qp_status add_piece(const content *c, qp_tokenizer *t, size_t index, const char *shown, size_t bytes)
{
    if (index < (size_t)t->vocabulary.count) { /* special pieces and bytes stand at fixed places */
        const char *expected = qp_vocabulary_shown(&t->vocabulary, (int32_t)index);
        if (strcmp(shown, expected) == 0) return QP_OK;
        return qp_fail(QP_EDATA, "%s: piece %zu is \"%.40s\", but must be \"%s\"", c->place, index, shown, expected);
    }
    bool continuing = t->type == QP_TOKENIZER_WORDPIECE && bytes > 2 && memcmp(shown, "##", 2) == 0;
    qp_piece_kind kind = continuing ? QP_PIECE_CONTINUING : QP_PIECE_NORMAL;
    size_t skip = continuing ? 2 : 0, text_bytes = 0;
    char *text = malloc(bytes + 1);
    if (!text) return no_memory();
    qp_status status = QP_OK;
    if (!qp_text_of_shown(t->vocabulary.byte_letters, shown + skip, bytes - skip, text, &text_bytes)) {
        status = qp_fail(QP_EDATA, "%s: piece %zu holds what no piece shows; write a space as U+2581", c->place, index);
    } else {
        status = qp_tokenizer_add_piece(t, kind, text, text_bytes, 0);
    }
    free(text);
    return status;
}

static qp_status read_pieces(const content *c, qp_tokenizer *t)
{
    QP_TRY(qp_tokenizer_add_special(t));
    size_t count = json_array_size(c->pieces), fixed = (size_t)t->vocabulary.count;
    if (count < fixed)
        return qp_fail(QP_EDATA, "%s: %zu pieces, but the special ones and the bytes are %zu", c->place, count, fixed);
    if (t->type == QP_TOKENIZER_BYTE && count != fixed)
        return qp_fail(QP_EDATA, "%s: %zu pieces, but a byte vocabulary has %zu", c->place, count, fixed);
    for (size_t i = 0; i < count; i++) {
        const json_t *piece = json_array_get(c->pieces, i);
        if (!json_is_string(piece)) return qp_fail(QP_EDATA, "%s: piece %zu is no string", c->place, i);
        QP_TRY(add_piece(c, t, i, json_string_value(piece), json_string_length(piece)));
    }
    return QP_OK;
}

/* A single byte of a byte-level vocabulary is a byte piece, all else a normal one. */
static int32_t find_part(const qp_tokenizer *t, const char *text, size_t bytes)
{
    if (t->type == QP_TOKENIZER_BYTE_BPE && bytes == 1) return t->vocabulary.byte_id[(unsigned char)text[0]];
    return qp_vocabulary_find(&t->vocabulary, text, bytes);
}

/* "left right" to three ids. */
static qp_status add_merge(const content *c, qp_tokenizer *t, size_t index, const char *line, size_t bytes, char *text)
{
    const char *space = memchr(line, ' ', bytes);
    size_t left_bytes = 0, right_bytes = 0;
    bool letters = t->vocabulary.byte_letters;
    if (!space || !qp_text_of_shown(letters, line, (size_t)(space - line), text, &left_bytes) ||
        !qp_text_of_shown(letters, space + 1, bytes - (size_t)(space - line) - 1, text + left_bytes, &right_bytes))
        return qp_fail(QP_EDATA, "%s: merge %zu is not two pieces with a space between them", c->place, index);
    int32_t left = find_part(t, text, left_bytes);
    int32_t right = find_part(t, text + left_bytes, right_bytes);
    int32_t merged = qp_vocabulary_find(&t->vocabulary, text, left_bytes + right_bytes);
    if (left < 0 || right < 0 || merged < 0)
        return qp_fail(QP_EDATA, "%s: merge %zu \"%.40s\": a part or the whole is no piece", c->place, index, line);
    return qp_bpe_add(&t->bpe, left, right, merged);
}

static qp_status read_merges(const content *c, qp_tokenizer *t)
{
    size_t count = json_array_size(c->merges), longest = 0;
    if (count > 0 && t->type != QP_TOKENIZER_BPE && t->type != QP_TOKENIZER_BYTE_BPE)
        return qp_fail(QP_EDATA, "%s: merges in a tokenizer of type %s", c->place, c->type);
    for (size_t i = 0; i < count; i++) {
        const json_t *merge = json_array_get(c->merges, i);
        if (!json_is_string(merge)) return qp_fail(QP_EDATA, "%s: merge %zu is no string", c->place, i);
        if (json_string_length(merge) > longest) longest = json_string_length(merge);
    }
    char *text = malloc(longest + 1);
    if (!text) return no_memory();
    qp_status status = QP_OK;
    for (size_t i = 0; status == QP_OK && i < count; i++) {
        const json_t *merge = json_array_get(c->merges, i);
        status = add_merge(c, t, i, json_string_value(merge), json_string_length(merge), text);
    }
    free(text);
    return status;
}

static qp_status read_scores(const content *c, qp_tokenizer *t)
{
    size_t count = json_array_size(c->scores), wanted = 0;
    if (t->type == QP_TOKENIZER_UNIGRAM) wanted = (size_t)t->vocabulary.count;
    if (count != wanted) return qp_fail(QP_EDATA, "%s: %zu scores, but there must be %zu", c->place, count, wanted);
    for (size_t i = 0; i < count; i++) {
        const json_t *score = json_array_get(c->scores, i);
        double value = json_is_number(score) ? json_number_value(score) : 1;
        if (!(value <= 0) || value < -1e6) return qp_fail(QP_EDATA, "%s: score %zu is no log-probability", c->place, i);
        t->score[i] = (float)value;
    }
    return QP_OK;
}

static qp_status build(const content *c, qp_tokenizer *t)
{
    QP_TRY(read_pieces(c, t));
    QP_TRY(read_merges(c, t));
    QP_TRY(read_scores(c, t));
    char checksum[32];
    QP_TRY(checksum_of(t, checksum, sizeof checksum));
    if (strcmp(checksum, c->checksum) != 0)
        return qp_fail(QP_EDATA, "%s: checksum is %.40s, but the content gives %s; the file was damaged or edited",
                       c->place, c->checksum, checksum);
    return qp_tokenizer_finish(t);
}

static qp_status read_root(const char *place, json_t *root, qp_tokenizer **tokenizer)
{
    content c = {.place = place};
    json_error_t error;
    if (json_unpack_ex(root, &error, JSON_STRICT, "{s:s, s:i, s:s, s:s, s:s, s:b, s:b, s:s, s:o, s:o, s:o, s:s}",
                       "format", &c.format, "version", &c.version, "unicode", &c.unicode, "type", &c.type,
                       "normalization", &c.normalization, "lower_case", &c.lower_case, "byte_fallback",
                       &c.byte_fallback, "digits", &c.digits, "pieces", &c.pieces, "merges", &c.merges, "scores",
                       &c.scores, "checksum", &c.checksum) != 0)
        return qp_fail(QP_EDATA, "%s: no tokenizer of quipu: %s", place, error.text);
    QP_TRY(check_settings(&c));
    int type = index_of(c.type, type_name, TYPES);
    if (type == QP_TOKENIZER_BYTE && !c.byte_fallback)
        return qp_fail(QP_EDATA, "%s: a byte vocabulary without byte_fallback", place);
    qp_tokenizer *t = qp_tokenizer_new(type, (qp_form)index_of(c.normalization, form_name, FORMS), c.lower_case,
                                       c.byte_fallback, strcmp(c.digits, "single") == 0);
    if (!t) return no_memory();
    qp_status status = build(&c, t);
    if (status == QP_OK) {
        *tokenizer = t;
    } else {
        qp_tokenizer_free(t);
    }
    return status;
}

qp_status qp_tokenizer_from_json(const char *place, const char *text, size_t bytes, qp_tokenizer **tokenizer)
{
    *tokenizer = NULL;
    json_error_t error;
    json_t *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!root) return qp_fail(QP_EDATA, "%s:%d: no JSON: %s; give a tokenizer of quipu", place, error.line, error.text);
    qp_status status = read_root(place, root, tokenizer);
    json_decref(root);
    return status;
}

static qp_status read_foreign(const char *path, const char *text, size_t bytes, qp_tokenizer **tokenizer)
{
    qp_tokenizer *t = qp_tokenizer_new(QP_TOKENIZER_CHAR, QP_FORM_NONE, false, false, false);
    if (!t) return no_memory();
    qp_status status = qp_foreign_read(path, text, bytes, &t->foreign);
    if (status == QP_OK) {
        *tokenizer = t;
    } else {
        qp_tokenizer_free(t);
    }
    return status;
}

qp_status qp_tokenizer_load(const char *path, qp_tokenizer **tokenizer)
{
    char *text = NULL;
    size_t bytes = 0;
    *tokenizer = NULL;
    QP_TRY(qp_file_read(path, LARGEST_FILE, &text, &bytes));
    bool ours = memmem(text, bytes < 400 ? bytes : 400, FORMAT, sizeof FORMAT - 1) != NULL;
    qp_status status =
        ours ? qp_tokenizer_from_json(path, text, bytes, tokenizer) : read_foreign(path, text, bytes, tokenizer);
    free(text);
    return status;
}
