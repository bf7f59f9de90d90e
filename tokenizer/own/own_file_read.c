#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/text/json_reader.h"
#include "lib/text/json_writer.h"
#include "tokenizer/own/own.h"
#include "tokenizer/own/own_file.h"
#include "tokenizer/own/own_kind.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer file: out of memory"); }

/* The checksum of version 1, of settings, pieces, scores and merges. */
static qp_status old_checksum(const qp_own *t, char *out, size_t out_bytes)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state) return no_memory();
    XXH3_64bits_reset(state);
    const qp_own_settings *set = &t->settings;
    const unsigned char settings[] = {
        1, (unsigned char)set->type, (unsigned char)set->form, set->lower_case, set->byte_fallback, set->single_digits};
    XXH3_64bits_update(state, settings, sizeof settings);
    for (int32_t id = 0; id < t->vocabulary.count; id++) {
        const char *shown = qp_vocabulary_shown(&t->vocabulary, id);
        XXH3_64bits_update(state, shown, strlen(shown) + 1);
    }
    for (int32_t id = 0; t->settings.type == QP_TOKENIZER_UNIGRAM && id < t->vocabulary.count; id++) {
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

/* ---- settings ---- */

typedef struct {
    const char *place, *format, *unicode, *type, *normalization, *digits, *checksum;
    const char *pattern;
    int version, lower_case, byte_fallback, case_fold, strip_accents, jamo, space_first;
    json_t *pieces, *merges, *scores, *initial;
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
    if (index_of(c->type, qp_own_type_name, QP_OWN_TYPES) < 0)
        return qp_fail(QP_EDATA, "%s: unknown tokenizer type \"%.40s\"", c->place, c->type);
    if (index_of(c->normalization, qp_own_form_name, 5) < 0)
        return qp_fail(QP_EDATA, "%s: unknown normalization \"%.40s\"", c->place, c->normalization);
    if (strcmp(c->digits, "single") != 0 && strcmp(c->digits, "together") != 0)
        return qp_fail(QP_EDATA, "%s: unknown value \"%.40s\" of digits", c->place, c->digits);
    if (index_of(c->pattern, qp_own_pattern_name, 5) < 0)
        return qp_fail(QP_EDATA, "%s: unknown pattern \"%.40s\"", c->place, c->pattern);
    if (c->initial && !json_is_array(c->initial)) return qp_fail(QP_EDATA, "%s: initial is not a list", c->place);
    if (!json_is_array(c->pieces)) return qp_fail(QP_EDATA, "%s: pieces is not a list", c->place);
    if (!json_is_array(c->scores)) return qp_fail(QP_EDATA, "%s: scores is not a list", c->place);
    if (!json_is_array(c->merges)) return qp_fail(QP_EDATA, "%s: merges is not a list", c->place);
    return QP_OK;
}

static bool is_listed(const json_t *list, size_t index)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (json_integer_value(json_array_get(list, i)) == (json_int_t)index) return true;
    }
    return false;
}

static qp_status add_piece(const content *c, qp_own *t, size_t index, const char *shown, size_t bytes)
{
    if (index < (size_t)t->vocabulary.count) { /* special pieces and bytes have fixed ids */
        const char *expected = qp_vocabulary_shown(&t->vocabulary, (int32_t)index);
        if (strcmp(shown, expected) == 0) return QP_OK;
        return qp_fail(QP_EDATA, "%s: piece %zu is \"%.40s\", but must be \"%s\"", c->place, index, shown, expected);
    }
    bool continuing = t->settings.type == QP_TOKENIZER_WORDPIECE && bytes > 2 && memcmp(shown, "##", 2) == 0 &&
                      !is_listed(c->initial, index);
    qp_piece_kind kind = continuing ? QP_PIECE_CONTINUING : QP_PIECE_NORMAL;
    size_t skip = continuing ? 2 : 0, text_bytes = 0;
    char *text = malloc(bytes + 1);
    if (!text) return no_memory();
    qp_status status = QP_OK;
    if (!qp_text_of_shown(t->vocabulary.byte_letters, shown + skip, bytes - skip, text, &text_bytes)) {
        status = qp_fail(QP_EDATA, "%s: piece %zu contains what no piece can; write a space as U+2581", c->place,
                         index);
    } else {
        status = qp_own_add_piece(t, kind, text, text_bytes, 0);
    }
    free(text);
    return status;
}

static qp_status read_pieces(const content *c, qp_own *t)
{
    QP_TRY(qp_own_add_special(t));
    size_t count = json_array_size(c->pieces), fixed = (size_t)t->vocabulary.count;
    if (count < fixed)
        return qp_fail(QP_EDATA, "%s: %zu pieces, but the special ones and the bytes alone are %zu", c->place, count,
                       fixed);
    if (t->settings.type == QP_TOKENIZER_BYTE && count != fixed)
        return qp_fail(QP_EDATA, "%s: %zu pieces, but a byte vocabulary has %zu", c->place, count, fixed);
    for (size_t i = 0; i < count; i++) {
        const json_t *piece = json_array_get(c->pieces, i);
        if (!json_is_string(piece)) return qp_fail(QP_EDATA, "%s: piece %zu is not a string", c->place, i);
        QP_TRY(add_piece(c, t, i, json_string_value(piece), json_string_length(piece)));
    }
    return QP_OK;
}

/* In a byte-level vocabulary a single byte is a byte piece; everything else is a normal piece. */
static int32_t find_part(const qp_own *t, const char *text, size_t bytes)
{
    if (t->settings.type == QP_TOKENIZER_BYTE_BPE && bytes == 1) return t->vocabulary.byte_id[(unsigned char)text[0]];
    return qp_vocabulary_find(&t->vocabulary, text, bytes);
}

/* "left right" to three ids. */
static qp_status add_merge(const content *c, qp_own *t, size_t index, const char *line, size_t bytes, char *text)
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
        return qp_fail(QP_EDATA, "%s: merge %zu \"%.40s\": a part or the whole is not a piece", c->place, index, line);
    return qp_bpe_add(&t->bpe, left, right, merged);
}

static qp_status read_merges(const content *c, qp_own *t)
{
    size_t count = json_array_size(c->merges), longest = 0;
    if (count > 0 && t->settings.type != QP_TOKENIZER_BPE && t->settings.type != QP_TOKENIZER_BYTE_BPE)
        return qp_fail(QP_EDATA, "%s: merges in a tokenizer of type %s", c->place, c->type);
    for (size_t i = 0; i < count; i++) {
        const json_t *merge = json_array_get(c->merges, i);
        if (!json_is_string(merge)) return qp_fail(QP_EDATA, "%s: merge %zu is not a string", c->place, i);
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

static qp_status read_scores(const content *c, qp_own *t)
{
    size_t count = json_array_size(c->scores), wanted = 0;
    if (t->settings.type == QP_TOKENIZER_UNIGRAM) wanted = (size_t)t->vocabulary.count;
    if (count != wanted) return qp_fail(QP_EDATA, "%s: %zu scores, but there must be %zu", c->place, count, wanted);
    for (size_t i = 0; i < count; i++) {
        const json_t *score = json_array_get(c->scores, i);
        double value = json_is_number(score) ? json_number_value(score) : 1;
        if (!(value <= 0) || value < -1e6)
            return qp_fail(QP_EDATA, "%s: score %zu is not a log-probability", c->place, i);
        t->score[i] = (float)value;
    }
    return QP_OK;
}

static qp_status build(const content *c, qp_own *t)
{
    QP_TRY(read_pieces(c, t));
    QP_TRY(read_merges(c, t));
    QP_TRY(read_scores(c, t));
    char checksum[32];
    if (c->version == 1) {
        QP_TRY(old_checksum(t, checksum, sizeof checksum));
        if (strcmp(checksum, c->checksum) != 0)
            return qp_fail(QP_EDATA, "%s: checksum is %.40s, but the content gives %s; the file was damaged or edited",
                           c->place, c->checksum, checksum);
    }
    return qp_own_finish(t);
}

/* The keys of a file, from the version that has them; every key must be there, and no other. */
typedef enum { TEXT, NUMBER, SWITCH, LIST } value_kind;
#define KEY(name, kind, version)                                                                                       \
    {                                                                                                                  \
#name, offsetof(content, name), kind, version                                                                  \
    }
static const struct {
    const char *name;
    size_t at; /* in content */
    value_kind kind;
    int version;
} key[] = {
    KEY(format, TEXT, 1),        KEY(version, NUMBER, 1),       KEY(unicode, TEXT, 1),         KEY(type, TEXT, 1),
    KEY(normalization, TEXT, 1), KEY(lower_case, SWITCH, 1),    KEY(byte_fallback, SWITCH, 1), KEY(digits, TEXT, 1),
    KEY(pieces, LIST, 1),        KEY(merges, LIST, 1),          KEY(scores, LIST, 1),          KEY(checksum, TEXT, 1),
    KEY(case_fold, SWITCH, 2),   KEY(strip_accents, SWITCH, 2), KEY(jamo, SWITCH, 2),          KEY(pattern, TEXT, 2),
    KEY(space_first, SWITCH, 2), KEY(initial, LIST, 2),
};
enum { KEYS = sizeof key / sizeof *key };

/* Stores one value; false if it is of another kind. */
static bool store(json_t *value, value_kind kind, void *at)
{
    switch (kind) {
    case TEXT: return json_is_string(value) && (*(const char **)at = json_string_value(value));
    case SWITCH: *(int *)at = json_is_true(value); return json_is_boolean(value);
    case LIST: return (*(json_t **)at = value) != NULL;
    case NUMBER:
        *(int *)at = (int)json_integer_value(value);
        return json_is_integer(value) && json_integer_value(value) == (json_int_t) * (int *)at;
    }
    return false;
}

static qp_status unpack(json_t *root, content *c)
{
    const json_t *version = json_object_get(root, "version");
    const bool old = json_is_integer(version) && json_integer_value(version) == 1;
    size_t known = 0;
    c->pattern = "words";
    for (int i = 0; i < KEYS; i++) {
        if (old && key[i].version > 1) continue;
        json_t *value = json_object_get(root, key[i].name);
        if (!value) return qp_fail(QP_EDATA, "%s: not a tokenizer of quipu: it has no '%s'", c->place, key[i].name);
        if (!store(value, key[i].kind, (char *)c + key[i].at))
            return qp_fail(QP_EDATA, "%s: not a tokenizer of quipu: '%s' has another kind of value", c->place,
                           key[i].name);
        known++;
    }
    if (json_object_size(root) == known) return QP_OK;
    return qp_fail(QP_EDATA, "%s: not a tokenizer of quipu: it has %zu keys, but there must be %zu", c->place,
                   json_object_size(root), known);
}

/* Version 1 had fewer settings; `content` is zeroed but for its pattern. */
static qp_own_settings settings_of(const content *c)
{
    int type = index_of(c->type, qp_own_type_name, QP_OWN_TYPES);
    bool space = c->version > 1 ? c->space_first : qp_own_space_default(type, QP_CUT_WORDS);
    return (qp_own_settings){.type = type,
                             .form = (qp_form)index_of(c->normalization, qp_own_form_name, 5),
                             .pattern = index_of(c->pattern, qp_own_pattern_name, 5),
                             .lower_case = c->lower_case,
                             .case_fold = c->case_fold,
                             .strip_accents = c->strip_accents,
                             .jamo = c->jamo,
                             .byte_fallback = c->byte_fallback,
                             .single_digits = strcmp(c->digits, "single") == 0,
                             .space_first = space};
}

static qp_status read_root(const char *place, json_t *root, qp_own **tokenizer)
{
    content c = {.place = place};
    QP_TRY(unpack(root, &c));
    QP_TRY(check_settings(&c));
    qp_own_settings settings = settings_of(&c);
    if (settings.type == QP_TOKENIZER_BYTE && !c.byte_fallback)
        return qp_fail(QP_EDATA, "%s: a byte vocabulary without byte_fallback", place);
    QP_TRY(qp_own_new(&settings, tokenizer));
    qp_status status = build(&c, *tokenizer);
    if (status == QP_OK) return QP_OK;
    qp_own_free(*tokenizer);
    *tokenizer = NULL;
    return status;
}

qp_status qp_own_load(const char *place, qp_text file, size_t checked, void **self)
{
    json_t *root;
    (void)checked;
    QP_TRY(qp_json_read(place, file.text, file.bytes, JSON_REJECT_DUPLICATES, &root));
    qp_status status = read_root(place, root, (qp_own **)self);
    json_decref(root);
    return status;
}
