#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/hf_tokenizers.h"
#include "lib/import/json_config.h"
#include "tests/models/hf_case.h"
#include "tokenizer/tokenizer_file.h"

/* hf_tokenizer — the lines of tokenizer_cases.json, encoded and decoded by the tokenizer of the folder. */

static void compare_ids(hf_case *c, const char *what, size_t line, const int32_t *id, int count, const json_t *expected)
{
    bool same = (size_t)count == json_array_size(expected);
    for (int i = 0; same && i < count; i++)
        same = json_integer_value(json_array_get(expected, (size_t)i)) == id[i];
    if (!same) hf_differs(c, "tokenizer_cases.json: %s of line %zu differ", what, line);
}

static void compare_text(hf_case *c, const char *what, size_t line, const char *text, const json_t *expected)
{
    if (expected && strcmp(text, json_string_value(expected)) != 0)
        hf_differs(c, "tokenizer_cases.json: %s of line %zu is '%s', not '%s'", what, line, text,
                   json_string_value(expected));
}

static void check_offsets(hf_case *c, size_t line, const char *text, qp_encoding *e, const json_t *expected)
{
    if (!expected || qp_encoding_characters(text, strlen(text), e) != QP_OK) return;
    for (int i = 0; i < e->count; i++) {
        const json_t *both = json_array_get(expected, (size_t)i);
        if (json_integer_value(json_array_get(both, 0)) == (json_int_t)e->first_character[i] &&
            json_integer_value(json_array_get(both, 1)) == (json_int_t)e->last_character[i])
            continue;
        hf_differs(c, "tokenizer_cases.json: span %d of line %zu differs", i, line);
        return;
    }
}

static void check_decoded(hf_case *c, const qp_tokenizer *t, size_t line, const json_t *object, const qp_encoding *e)
{
    char *text;
    size_t bytes;
    if (qp_tokenizer_decode(t, e->id, e->count, &text, &bytes) == QP_OK) {
        compare_text(c, "decoded", line, text, json_object_get(object, "decoded"));
        free(text);
    }
    if (qp_tokenizer_decode_all(t, e->id, e->count, &text, &bytes) == QP_OK) {
        compare_text(c, "decoded_with_special", line, text, json_object_get(object, "decoded_with_special"));
        free(text);
    }
}

static void check_line(hf_case *c, const qp_tokenizer *t, size_t line, const json_t *object)
{
    const char *text = json_string_value(json_object_get(object, "text"));
    const char *pair = json_string_value(json_object_get(object, "pair"));
    const json_t *types = json_object_get(object, "type_ids");
    qp_encoding e = {.spans = true};
    if (!text || qp_tokenizer_encode_pair(t, text, strlen(text), pair, pair ? strlen(pair) : 0, &e) != QP_OK) {
        hf_differs(c, "tokenizer_cases.json: line %zu is not encoded", line);
        qp_encoding_free(&e);
        return;
    }
    compare_ids(c, "ids", line, e.id, e.count, json_object_get(object, "ids"));
    if (types) compare_ids(c, "type_ids", line, e.type_id, e.count, types);
    const char *list = json_object_get(object, "pieces") ? "pieces" : "tokens";
    for (int i = 0; i < e.count && !pair; i++) /* of an unknown token theirs has the text */
        if (e.id[i] != qp_tokenizer_special(t)->unknown)
            compare_text(c, "a token", line, qp_tokenizer_piece(t, e.id[i]),
                         json_array_get(json_object_get(object, list), (size_t)i));
    if (!pair) check_offsets(c, line, text, &e, json_object_get(object, "offsets"));
    if (!pair) check_decoded(c, t, line, object, &e);
    const json_t *plain = json_object_get(object, "ids_no_special");
    if (!pair && plain && qp_tokenizer_encode_parsed(t, text, strlen(text), &e) == QP_OK)
        compare_ids(c, "ids_no_special", line, e.id, e.count, plain);
    qp_encoding_free(&e);
}

void hf_check_tokenizer(hf_case *c)
{
    char path[4096];
    qp_json_config json;
    qp_tokenizer *tokenizer, *target;
    snprintf(path, sizeof path, "%s/tokenizer_cases.json", c->folder);
    if (!qp_file_exists(path)) return;
    if (qp_json_config_open(path, &json) != QP_OK || qp_hf_tokenizers(c->folder, false, &tokenizer, &target) != QP_OK) {
        hf_differs(c, "%s", qp_error_message());
        qp_json_config_close(&json);
        return;
    }
    static const char *const list[] = {"cases", "pairs"};
    for (int k = 0; k < 2; k++) {
        const json_t *lines = qp_json_config_find(&json, list[k]);
        for (size_t i = 0; i < json_array_size(lines); i++) {
            const json_t *line = json_array_get(lines, i);
            const char *side = json_string_value(json_object_get(line, "side"));
            check_line(c, side && strcmp(side, "target") == 0 ? target : tokenizer, i, line);
        }
    }
    qp_json_config_close(&json);
    if (target != tokenizer) qp_tokenizer_free(target);
    qp_tokenizer_free(tokenizer);
}
