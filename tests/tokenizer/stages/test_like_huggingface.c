#include <jansson.h>
#include <stdio.h>

#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/huggingface/pipeline.h"

/* Normalizers, pre-tokenizers and decoders give what Hugging Face's tokenizers give: like_huggingface.json has the
 * results of its version 0.23.3 for a dozen odd texts. Words are one unknown token each, so their spans are seen. */

static json_t *cases;

static void set_up(void)
{
    json_error_t error;
    cases = json_load_file("tests/tokenizer/stages/like_huggingface.json", 0, &error);
    cr_assert(cases, "%s", error.text);
}

static void clean(void) { json_decref(cases); }

TestSuite(like_huggingface, .init = set_up, .fini = clean);

/* A tokenizer with these stages (NULL: none). */
static qp_pipeline *pipeline_of(json_t *normalizer, json_t *words, json_t *decoder, json_t *vocabulary)
{
    json_t *whole = json_pack("{s:O?, s:O?, s:O?, s:{s:s, s:s, s:o}}", "normalizer", normalizer, "pre_tokenizer", words,
                              "decoder", decoder, "model", "type", "WordLevel", "unk_token", "[UNK]", "vocab",
                              vocabulary ? json_incref(vocabulary) : json_pack("{s:i}", "[UNK]", 0));
    char *text = json_dumps(whole, 0);
    qp_pipeline *p;
    cr_assert_eq(qp_pipeline_read_huggingface("test", text, strlen(text), &p), QP_OK, "%s: %s", text,
                 qp_error_message());
    free(text);
    json_decref(whole);
    return p;
}

/* The spans of all words, "0:3 4:9", are those of the reference. */
static void check_spans(const qp_pipeline *p, const json_t *row, size_t i, const char *text)
{
    const json_t *wanted = json_array_get(json_object_get(row, "spans"), i);
    char made[2000] = "", *stage = json_dumps(json_object_get(row, "stage"), 0);
    qp_encoding e = {.spans = true};
    cr_assert_eq(qp_pipeline_encode(p, text, strlen(text), false, true, &e), QP_OK, "%s", qp_error_message());
    for (int k = 0; k < e.count; k++)
        snprintf(made + strlen(made), sizeof made - strlen(made), "%s%u:%u", k ? " " : "", e.begin[k], e.end[k]);
    cr_expect_str_eq(made, json_string_value(wanted), "%s of \"%s\": %s", stage, text, made);
    qp_encoding_free(&e);
    free(stage);
}

Test(like_huggingface, normalizers)
{
    json_t *row, *texts = json_object_get(cases, "texts"), *words = json_pack("{s:s}", "type", "WhitespaceSplit");
    size_t r;
    json_array_foreach (json_object_get(cases, "normalizers"), r, row) {
        qp_pipeline *p = pipeline_of(json_object_get(row, "stage"), words, NULL, NULL);
        for (size_t i = 0; i < json_array_size(texts); i++) {
            const char *text = json_string_value(json_array_get(texts, i));
            char *normal, *stage = json_dumps(json_object_get(row, "stage"), 0);
            size_t bytes;
            cr_assert_eq(qp_pipeline_normalize(p, text, strlen(text), &normal, &bytes), QP_OK);
            cr_expect_str_eq(normal, json_string_value(json_array_get(json_object_get(row, "normal"), i)),
                             "%s of %s: %s", stage, text, normal);
            free(normal);
            free(stage);
            check_spans(p, row, i, text);
        }
        qp_pipeline_free(p);
    }
    json_decref(words);
}

Test(like_huggingface, pre_tokenizers)
{
    json_t *row, *texts = json_object_get(cases, "texts");
    size_t r;
    json_array_foreach (json_object_get(cases, "pre_tokenizers"), r, row) {
        qp_pipeline *p = pipeline_of(NULL, json_object_get(row, "stage"), NULL, NULL);
        for (size_t i = 0; i < json_array_size(texts); i++)
            check_spans(p, row, i, json_string_value(json_array_get(texts, i)));
        qp_pipeline_free(p);
    }
}

/* Tokens that are found before the words: whole words only, with the white space around them, in normal form. */
Test(like_huggingface, added_tokens)
{
    json_t *row, *texts = json_object_get(cases, "added_texts");
    size_t r;
    json_array_foreach (json_object_get(cases, "added"), r, row) {
        json_t *whole = json_pack("{s:O, s:{s:s}, s:{s:s}, s:{s:s, s:s, s:{s:i, s:i, s:i}}}", "added_tokens",
                                  json_object_get(row, "added"), "normalizer", "type", "Lowercase", "pre_tokenizer",
                                  "type", "WhitespaceSplit", "model", "type", "WordLevel", "unk_token", "[UNK]",
                                  "vocab", "[UNK]", 0, "<t>", 1, "<tt>", 2);
        char *text = json_dumps(whole, 0);
        qp_pipeline *p;
        cr_assert_eq(qp_pipeline_read_huggingface("test", text, strlen(text), &p), QP_OK, "%s", qp_error_message());
        for (size_t i = 0; i < json_array_size(texts); i++) {
            const char *line = json_string_value(json_array_get(texts, i));
            const char *ids = json_string_value(json_array_get(json_object_get(row, "ids"), i));
            const char *spans = json_string_value(json_array_get(json_object_get(row, "spans"), i));
            char made[2][400] = {"", ""};
            qp_encoding e = {.spans = true};
            cr_assert_eq(qp_pipeline_encode(p, line, strlen(line), false, true, &e), QP_OK, "%s", qp_error_message());
            for (int k = 0; k < e.count; k++) {
                sprintf(made[0] + strlen(made[0]), "%s%d", k ? " " : "", e.id[k]);
                sprintf(made[1] + strlen(made[1]), "%s%u:%u", k ? " " : "", e.begin[k], e.end[k]);
            }
            cr_expect_str_eq(made[0], ids, "row %zu of \"%s\": %s", r, line, made[0]);
            cr_expect_str_eq(made[1], spans, "row %zu of \"%s\": %s", r, line, made[1]);
            qp_encoding_free(&e);
        }
        qp_pipeline_free(p);
        json_decref(whole);
        free(text);
    }
}

Test(like_huggingface, decoders)
{
    json_t *row, *number;
    size_t r, k;
    json_array_foreach (json_object_get(cases, "decoders"), r, row) {
        qp_pipeline *p = pipeline_of(NULL, NULL, json_object_get(row, "stage"), json_object_get(row, "vocab"));
        int32_t id[40];
        char *text, *stage = json_dumps(json_object_get(row, "stage"), 0);
        size_t bytes, count = 0;
        json_array_foreach (json_object_get(row, "ids"), k, number) id[count++] = (int32_t)json_integer_value(number);
        cr_assert_eq(qp_pipeline_decode(p, id, count, false, &text, &bytes), QP_OK, "%s", qp_error_message());
        cr_expect_str_eq(text, json_string_value(json_object_get(row, "text")), "%s: %s", stage, text);
        free(text);
        free(stage);
        qp_pipeline_free(p);
    }
}
