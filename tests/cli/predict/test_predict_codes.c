#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

/* Texts to codes and back. */

static void train(const char *codebook)
{
    small_file("lines", "a b c\na c b\nb a c\nc c a\n", 24);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--overwrite", "--task", "autoencode", "--train", "lines",
                     "--tokenizer", "word", "--encoder", "gru", "--decoder", "gru", "--layers", "1", "--emb-size", "8",
                     "--codebook", codebook, "--codes", "2", "--steps", "5", "--valid", "none", "-m",
                     "codes.safetensors"),
                 0, "%s", small_err);
}

static void set_up(void)
{
    small_model_write("unused.safetensors", false);
    train("3");
}

TestSuite(predict_codes, .init = set_up, .fini = small_model_clean);

Test(predict_codes, a_line_is_its_codes_and_the_codes_are_its_text)
{
    char codes[200], text[200];
    cr_assert_eq(RUN(qp_cmd_predict, "a b c\nc c a\n", "predict", "-m", "codes.safetensors"), 0, "%s", small_err);
    snprintf(codes, sizeof codes, "%s", small_out);
    int number[4];
    cr_assert_eq(sscanf(codes, "%d %d\n%d %d\n", number, number + 1, number + 2, number + 3), 4, "%s", codes);
    for (int i = 0; i < 4; i++) cr_expect(number[i] >= 0 && number[i] < 3);
    cr_assert_eq(RUN(qp_cmd_translate, "a b c\nc c a\n", "translate", "-m", "codes.safetensors"), 0, "%s", small_err);
    snprintf(text, sizeof text, "%s", small_out);
    cr_assert_eq(RUN(qp_cmd_translate, codes, "translate", "--from-codes", "-m", "codes.safetensors"), 0, "%s",
                 small_err);
    cr_expect_str_eq(small_out, text);
    cr_assert_eq(RUN(qp_cmd_predict, "a b c\n", "predict", "--json", "-m", "codes.safetensors"), 0, "%s", small_err);
    cr_expect(STARTS(small_out, "{\"codes\":["), "%s", small_out);
    cr_assert_eq(RUN(qp_cmd_info, NULL, "info", "codes.safetensors"), 0, "%s", small_err);
    cr_expect(strstr(small_out, "\ncodebook: "), "%s", small_out);
}

Test(predict_codes, what_are_no_codes_is_refused)
{
    static const char *const wrong[] = {"1 x\n", "1\n", "1 2 0\n", "1 99\n", "-1 1\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(RUN(qp_cmd_translate, wrong[i], "translate", "--from-codes", "-m", "codes.safetensors"), 65, "%s",
                     wrong[i]);
        cr_expect(strstr(small_err, "stdin:1: a line of codes has 2 numbers from 0 to 2"), "%s", small_err);
    }
    cr_expect_eq(RUN(qp_cmd_translate, "\n1\n", "translate", "--from-codes", "-m", "codes.safetensors"), 65);
    cr_expect(strstr(small_err, "stdin:2: "), "%s", small_err);
    cr_expect_eq(RUN(qp_cmd_translate, "1 2\n", "translate", "--from-codes", "-m", "unused.safetensors"), 2, "%s",
                 small_err);
}
