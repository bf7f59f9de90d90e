#include "tokenizer/own/ngram_kind.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "lib/base/batch.h"
#include "lib/text/json_reader.h"
#include "lib/text/normalize.h"
#include "lib/text/utf8.h"

enum { LONGEST_GRAM = 5, MOST_FEATURES = 1 << 24 };
enum { WORD, WORD_PAIR, CHARACTERS }; /* seeds: equal bytes of different kinds are different features */

typedef struct {
    int features;
    bool lower_case, even_words;
} ngrams;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

void *qp_ngram_new(int features, bool lower_case)
{
    ngrams *t = malloc(sizeof *t);
    if (t) *t = (ngrams){.features = features, .lower_case = lower_case, .even_words = true};
    return t;
}

/* ---- features ---- */

static qp_status add(const ngrams *t, int seed, const char *text, size_t bytes, qp_encoding *e)
{
    uint64_t hash = XXH3_64bits_withSeed(text, bytes, (uint64_t)seed);
    uint64_t ids = (uint64_t)(t->features - QP_SPECIAL_COUNT);
    uint64_t id = t->even_words ? 2 * (hash % (ids / 2)) + (seed == CHARACTERS) : hash % ids;
    return qp_encoding_add(e, QP_SPECIAL_COUNT + (int32_t)id);
}

static bool is_space(int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return (code >= 9 && code <= 13) || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

/* Letters, marks and digits make words; every other character is a word of its own. */
static bool is_in_word(int32_t code)
{
    utf8proc_category_t category = code < 0 ? UTF8PROC_CATEGORY_CN : utf8proc_category(code);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

/* The end of the word that begins at `at`, which is no space. */
static size_t word_end(const char *text, size_t bytes, size_t at)
{
    size_t length, end = at;
    if (!is_in_word(qp_utf8_next(text + at, bytes - at, &length))) return at + length;
    while (end < bytes && is_in_word(qp_utf8_next(text + end, bytes - end, &length))) end += length;
    return end;
}

/* Words, and pairs of them: from the first byte of one to the last of the next, white space between them left out. */
static qp_status add_words(const ngrams *t, const char *text, size_t bytes, char *pair, qp_encoding *e)
{
    size_t last = 0, last_bytes = 0, length;
    for (size_t at = 0, end; at < bytes; at = end) {
        if (is_space(qp_utf8_next(text + at, bytes - at, &length))) {
            end = at + length;
            continue;
        }
        end = word_end(text, bytes, at);
        QP_TRY(add(t, WORD, text + at, end - at, e));
        if (last_bytes) {
            memcpy(pair, text + last, last_bytes);
            pair[last_bytes] = ' ';
            memcpy(pair + last_bytes + 1, text + at, end - at);
            QP_TRY(add(t, WORD_PAIR, pair, last_bytes + 1 + end - at, e));
        }
        last = at;
        last_bytes = end - at;
    }
    return QP_OK;
}

/* Stretches of 1 to 5 characters of text[0 .. bytes), which begins and ends with the added spaces. */
static qp_status add_stretches(const ngrams *t, const char *text, size_t bytes, qp_encoding *e)
{
    size_t length;
    for (size_t at = 0; at < bytes; at += length) {
        size_t end = at, step;
        for (int n = 1; n <= LONGEST_GRAM && end < bytes; n++) {
            qp_utf8_next(text + end, bytes - end, &step);
            end += step;
            if (n > 1 || text[at] != ' ') QP_TRY(add(t, CHARACTERS, text + at, end - at, e));
        }
        qp_utf8_next(text + at, bytes - at, &length);
    }
    return QP_OK;
}

static qp_status add_characters(const ngrams *t, const char *text, size_t bytes, char *padded, qp_encoding *e)
{
    size_t made = 1, length;
    padded[0] = ' ';
    for (size_t at = 0; at < bytes; at += length) {
        bool space = is_space(qp_utf8_next(text + at, bytes - at, &length));
        if (!space) {
            memcpy(padded + made, text + at, length);
            made += length;
        }
        if ((!space && at + length < bytes) || made == 1) continue;
        padded[made] = ' ';
        QP_TRY(add_stretches(t, padded, made + 1, e));
        made = 1;
    }
    return QP_OK;
}

static int by_id(const void *left, const void *right)
{
    const int32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void keep_one_of_each(qp_encoding *e)
{
    int kept = 0;
    if (e->count) qsort(e->id, (size_t)e->count, sizeof *e->id, by_id);
    for (int i = 0; i < e->count; i++)
        if (kept == 0 || e->id[i] != e->id[kept - 1]) e->id[kept++] = e->id[i];
    e->count = kept;
}

static qp_status encode(const void *self, qp_text text, qp_encoding *e)
{
    const ngrams *t = self;
    qp_mapped_text normal = {0};
    e->count = 0;
    if (text.bytes > INT32_MAX / 16) return qp_fail(QP_EDATA, "tokenizer: text of 2^27 bytes or more; cut it");
    qp_status status = qp_normalize(QP_FORM_NFC, t->lower_case, text.text, text.bytes, &normal);
    char *room = status == QP_OK ? malloc(normal.bytes + 3) : NULL;
    if (status == QP_OK && !room) status = no_memory();
    if (status == QP_OK) status = add_words(t, normal.text, normal.bytes, room, e);
    if (status == QP_OK) status = add_characters(t, normal.text, normal.bytes, room, e);
    free(room);
    qp_mapped_text_free(&normal);
    QP_TRY(status);
    keep_one_of_each(e);
    if (!e->spans) return QP_OK;
    QP_TRY(qp_encoding_reserve(e, (size_t)e->count));
    for (int i = 0; i < e->count; i++) e->begin[i] = 0, e->end[i] = (uint32_t)text.bytes; /* it may be anywhere */
    return QP_OK;
}

/* ---- the rest of the kind ---- */

static qp_status encode_pair(const void *self, qp_text first, const qp_text *second, qp_encoding *e)
{
    (void)self, (void)first, (void)second, (void)e;
    return qp_fail(QP_EUSAGE, "tokenizer: n-gram features are of one text, not of a pair");
}

static qp_status decode(const void *self, const int32_t *id, size_t count, bool keep_special, char **text,
                        size_t *bytes)
{
    (void)self, (void)id, (void)count, (void)keep_special, (void)bytes;
    *text = NULL;
    return qp_fail(QP_EUSAGE, "tokenizer: there is no way back from n-gram features to text");
}

static qp_status normalize(const void *self, qp_text text, char **normal, size_t *bytes)
{
    const ngrams *t = self;
    qp_mapped_text made = {0};
    qp_status status = qp_normalize(QP_FORM_NFC, t->lower_case, text.text, text.bytes, &made);
    *normal = status == QP_OK ? malloc(made.bytes + 1) : NULL;
    if (status == QP_OK && !*normal) status = no_memory();
    if (status == QP_OK) {
        if (made.bytes) memcpy(*normal, made.text, made.bytes);
        (*normal)[ *bytes = made.bytes] = '\0';
    }
    qp_mapped_text_free(&made);
    return status;
}

static int size(const void *self) { return ((const ngrams *)self)->features; }

static const char *piece(const void *self, int32_t id)
{
    static const char *const special[QP_SPECIAL_COUNT] = {"<pad>", "<s>", "</s>", "<unk>"};
    (void)self;
    return id < QP_SPECIAL_COUNT ? special[id] : "<n-gram>";
}

static qp_token_role role(const void *self, int32_t id)
{
    (void)self;
    return id < QP_SPECIAL_COUNT ? QP_TOKEN_SPECIAL : QP_TOKEN_NORMAL;
}

static void special(const void *self, qp_special_ids *ids)
{
    (void)self;
    *ids = qp_special_own();
}

static qp_tokenizer_facts info(const void *self)
{
    const ngrams *t = self;
    return (qp_tokenizer_facts){.type = "ngram",
                                .normalization = "nfc",
                                .unicode = utf8proc_unicode_version(),
                                .pattern = "none",
                                .lower_case = t->lower_case,
                                .even_words = t->even_words,
                                .size = t->features};
}

static qp_status save(const void *self, qp_text_buffer *out)
{
    const ngrams *t = self;
    qp_text_format(out, ",\n \"lower_case\": %s,\n \"features\": %d", t->lower_case ? "true" : "false", t->features);
    if (t->even_words) qp_text_format(out, ",\n \"even_words\": true");
    return QP_OK;
}

static qp_status load(const char *place, qp_text file, size_t checked, void **self)
{
    json_t *root;
    (void)checked;
    QP_TRY(qp_json_read(place, file.text, file.bytes, JSON_REJECT_DUPLICATES, &root));
    const json_t *features = json_object_get(root, "features"), *lower_case = json_object_get(root, "lower_case");
    bool even_words = json_is_true(json_object_get(root, "even_words"));
    json_int_t count = json_is_integer(features) ? json_integer_value(features) : 0;
    bool sound = count > QP_SPECIAL_COUNT + even_words && count <= MOST_FEATURES && json_is_boolean(lower_case);
    *self = sound ? qp_ngram_new((int)count, json_is_true(lower_case)) : NULL;
    if (*self) ((ngrams *)*self)->even_words = even_words;
    json_decref(root);
    if (!sound)
        return qp_fail(QP_EDATA, "%s: \"features\" must be %d to %d and \"lower_case\" true or false", place,
                       QP_SPECIAL_COUNT + 1 + even_words, MOST_FEATURES);
    return *self ? QP_OK : no_memory();
}

const qp_tokenizer_kind qp_ngram_kind = {.name = "ngram",
                                         .encode = encode,
                                         .encode_pair = encode_pair,
                                         .decode = decode,
                                         .normalize = normalize,
                                         .size = size,
                                         .piece = piece,
                                         .role = role,
                                         .special = special,
                                         .info = info,
                                         .save = save,
                                         .load = load,
                                         .free = free};
