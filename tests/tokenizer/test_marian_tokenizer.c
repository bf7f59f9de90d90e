#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tokenizer/marian_tokenizer.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"
#include "tokenizer/tokenizer_json.h"

#define SPACE "\xe2\x96\x81"

static char path[64];

static void put(qp_text_buffer *out, const char *piece, float score, int type)
{
    qp_spm_put_piece(out, piece, strlen(piece), score, type);
}

/* A unigram model: <unk> <s> </s> and the pieces _ab a b c. */
static void write_model(void)
{
    qp_text_buffer out = {0};
    put(&out, "<unk>", 0, QP_SPM_UNKNOWN);
    put(&out, "<s>", 0, QP_SPM_CONTROL);
    put(&out, "</s>", 0, QP_SPM_CONTROL);
    put(&out, SPACE "ab", -1, QP_SPM_NORMAL);
    put(&out, SPACE, -2, QP_SPM_NORMAL);
    put(&out, "a", -3, QP_SPM_NORMAL);
    put(&out, "b", -3.5F, QP_SPM_NORMAL);
    put(&out, "c", -4, QP_SPM_NORMAL);
    const qp_spm_settings settings = {.model_type = QP_SPM_UNIGRAM, .id = {0, 1, 2, -1}, .add_dummy_prefix = true,
                                      .remove_extra_spaces = true, .escape_spaces = true, .pieces = 8};
    qp_spm_put_settings(&out, &settings);
    snprintf(path, sizeof path, "marian_%ld.spm", (long)getpid());
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(out.text, 1, out.bytes, file) == out.bytes && fclose(file) == 0);
    qp_text_free(&out);
}

static void remove_model(void) { remove(path); }

TestSuite(marian_tokenizer, .init = write_model, .fini = remove_model);

static const char *const names[] = {"</s>", "<unk>", "c", SPACE "ab", "xy", "a", SPACE, "z", "<pad>"};
enum { COUNT = sizeof names / sizeof *names };

static void ids_are(const qp_tokenizer *t, const char *text, const int32_t *expected, int count)
{
    for (int spans = 0; spans < 2; spans++) {
        qp_encoding e = {.spans = spans};
        cr_assert_eq(qp_tokenizer_encode_into(t, text, strlen(text), &e), QP_OK, "%s", qp_error_message());
        cr_assert_eq(e.count, count, "%s: %d", text, e.count);
        cr_assert_arr_eq(e.id, expected, (size_t)count * sizeof *expected, "%s", text);
        qp_encoding_free(&e);
    }
}

static void check(const qp_tokenizer *t)
{
    cr_expect_eq(qp_tokenizer_size(t), COUNT);
    cr_expect_eq(qp_tokenizer_special(t)->end, 0);
    cr_expect_eq(qp_tokenizer_special(t)->unknown, 1);
    cr_expect_eq(qp_tokenizer_special(t)->pad, 8);
    ids_are(t, "ab c", (const int32_t[]){3, 6, 2}, 3);
    ids_are(t, "ab", (const int32_t[]){3}, 1);
    ids_are(t, "aba", (const int32_t[]){3, 5}, 2);
    ids_are(t, "cb", (const int32_t[]){6, 2, 1}, 3);        /* b is a piece of the model, not of the list */
    ids_are(t, "xy", (const int32_t[]){6, 4}, 2);           /* unknown to the model as a whole, but in the list */
    ids_are(t, "xyz", (const int32_t[]){6, 1}, 2);          /* one run of unknown characters */
    ids_are(t, "xcz", (const int32_t[]){6, 1, 2, 7}, 4);
    char *text;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_decode(t, (const int32_t[]){3, 4, 6, 2, 0}, 5, &text, &bytes), QP_OK);
    cr_expect_str_eq(text, "abxy c");
    free(text);
}

Test(marian_tokenizer, the_ids_of_a_list_of_pieces)
{
    qp_tokenizer *t, *again;
    char *json;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_marian(path, names, COUNT, &t), QP_OK, "%s", qp_error_message());
    cr_expect(qp_tokenizer_is_sentencepiece(t));
    check(t);
    cr_assert_eq(qp_tokenizer_to_json(t, &json, &bytes), QP_OK);
    cr_assert_eq(qp_tokenizer_from_json("json", json, bytes, &again), QP_OK, "%s", qp_error_message());
    check(again);
    qp_tokenizer_free(again);
    qp_tokenizer_free(t);
    free(json);
}

Test(marian_tokenizer, lists_that_no_model_can_have)
{
    static const char *const twice[] = {"<unk>", "a", "a"}, *const without[] = {"</s>", "a"};
    qp_tokenizer *t;
    cr_expect_eq(qp_tokenizer_marian(path, twice, 3, &t), QP_EDATA);
    cr_expect_null(t);
    cr_expect_eq(qp_tokenizer_marian(path, without, 2, &t), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "no unknown piece"), "%s", qp_error_message());
    cr_expect_eq(qp_tokenizer_marian("nowhere.spm", names, COUNT, &t), QP_ENOINPUT);
}
