#include "cli/decode/code_lines.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

/* A model of two codes from 0 to 2. */
static qp_package *package;
static qp_text_codec codec;

static void set_up(void)
{
    small_model_write("unused.safetensors", false);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "autoencode", "--train", "corpus", "--tokenizer",
                     "word", "--encoder", "gru", "--decoder", "gru", "--layers", "1", "--emb-size", "8", "--codebook",
                     "3", "--codes", "2", "--steps", "1", "--valid", "none", "-m", "codes.safetensors"),
                 0, "%s", small_err);
    cr_assert_eq(qp_package_load("codes.safetensors", &package), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_code_lines(package, &codec), QP_OK, "%s", qp_error_message());
}

static void clean(void)
{
    qp_package_free(package);
    small_model_clean();
}

TestSuite(code_lines, .init = set_up, .fini = clean);

Test(code_lines, numbers_with_blanks_between)
{
    static const char line[] = " 12\t7  200 0 9";
    static const int32_t expected[] = {12, 7, 200, 0};
    int32_t *id;
    int count;
    cr_assert_eq(codec.encode(codec.self, line, strlen(line) - 2, &id, &count), QP_OK, "%s", qp_error_message());
    cr_assert_eq(count, 4, "the text ends where its bytes do");
    cr_assert_arr_eq(id, expected, sizeof expected);
    free(id);
    cr_assert_eq(codec.encode(codec.self, line, 0, &id, &count), QP_OK);
    cr_assert_eq(count, 0);
    free(id);
    static const char *const wrong[] = {"x", "1,2", "-1", "1.5", "12345678901"};
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(codec.encode(codec.self, wrong[i], strlen(wrong[i]), &id, &count), QP_EDATA, "%s", wrong[i]);
        cr_assert_null(id);
    }
}

/* Blank lines pass; the first wrong line is named. */
Test(code_lines, a_chunk_is_checked_line_by_line)
{
    static const char *const text[] = {"0 2\n\n 1 1 \n", "0 2\n\n0 3\n", "1\n", "0 1 2\n", "0 a\n"};
    static const char *const place[] = {NULL, "lines:3: ", "lines:1: ", "lines:1: ", "lines:1: "};
    for (int i = 0; i < 5; i++) {
        small_file("lines", text[i], strlen(text[i]));
        char *file = (char[]){"lines"};
        qp_chunks chunks;
        cr_assert_eq(qp_chunks_begin(&chunks, &file, 1, 10), QP_OK);
        cr_assert_eq(qp_chunks_next(&chunks), QP_OK, "%s", qp_error_message());
        qp_status status = qp_code_lines_check(package->model, &chunks);
        cr_assert_eq(status, place[i] ? QP_EDATA : QP_OK, "%s", text[i]);
        if (place[i]) cr_assert(STARTS(qp_error_message(), place[i]), "%s", qp_error_message());
        if (place[i]) cr_assert(strstr(qp_error_message(), "has 2 numbers from 0 to 2"), "%s", qp_error_message());
        qp_chunks_end(&chunks);
    }
}
