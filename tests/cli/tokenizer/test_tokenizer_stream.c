#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "tests/cli/small_model.h"

static const char text[] = "the cat sees a dog\n\na bird  eats\n";

static void set_up(void)
{
    small_model_write("unused.safetensors", false); /* also writes the text "corpus" */
    cr_assert_eq(
        RUN(qp_tokenizer_train_main, NULL, "train", "--type", "bpe", "--vocab-size", "300", "-o", "t.json", "corpus"),
        0, "%s", small_err);
}

TestSuite(tokenizer_stream, .init = set_up, .fini = small_model_clean);

Test(tokenizer_stream, ids_and_pieces_come_back)
{
    static const char *const form[] = {"--ids", "--pieces"};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(RUN(qp_tokenizer_encode_main, text, "encode", "-m", "t.json", form[i]), 0, "%s", small_err);
        cr_assert_eq(small_lines(small_out), 3);
        char *made = strdup(small_out);
        cr_assert_eq(RUN(qp_tokenizer_decode_main, made, "decode", "-m", "t.json", form[i]), 0, "%s", small_err);
        cr_assert_str_eq(small_out, text);
        free(made);
    }
}

Test(tokenizer_stream, threads_do_not_change_the_output)
{
    cr_assert_eq(RUN(qp_tokenizer_encode_main, text, "encode", "-m", "t.json", "--json", "-t1"), 0, "%s", small_err);
    char *one = strdup(small_out);
    cr_assert_eq(RUN(qp_tokenizer_encode_main, text, "encode", "-m", "t.json", "--json", "-t3"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, one);
    free(one);
}

Test(tokenizer_stream, mistakes)
{
    cr_assert_eq(RUN(qp_tokenizer_encode_main, text, "encode"), 2);
    cr_assert(strstr(small_err, "-m FILE"), "%s", small_err);
    cr_assert_eq(RUN(qp_tokenizer_encode_main, text, "encode", "-m", "t.json", "--sample"), 2, "%s", small_err);
    cr_assert_eq(RUN(qp_tokenizer_decode_main, "1 x\n", "decode", "-m", "t.json"), 65);
    cr_assert(strstr(small_err, "stdin:1"), "%s", small_err);
    cr_assert_eq(RUN(qp_tokenizer_decode_main, "99999\n", "decode", "-m", "t.json"), 65, "%s", small_err);
}

Test(tokenizer_stream, decode_reads_what_encode_writes_as_json)
{
    static const char *const extra[] = {"--offsets", "--special", "--pieces"};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(RUN(qp_tokenizer_encode_main, text, "encode", "-m", "t.json", "--json", extra[i]), 0, "%s",
                     small_err);
        char *made = strdup(small_out);
        cr_assert_eq(RUN(qp_tokenizer_decode_main, made, "decode", "-m", "t.json", "--json"), 0, "%s", small_err);
        cr_assert_str_eq(small_out,
                         "{\"text\":\"the cat sees a dog\"}\n{\"text\":\"\"}\n{\"text\":\"a bird  eats\"}\n");
        free(made);
    }
}

/* A line of several hundred kilobytes is encoded in parts; its ids are those of the words one by one. */
Test(tokenizer_stream, a_long_line_by_any_number_of_threads)
{
    enum { TIMES = 30000 };
    static const char words[] = "the cat sees a dog ";
    char *line = malloc(TIMES * (sizeof words - 1) + 2);
    for (int i = 0; i < TIMES; i++) memcpy(line + (size_t)i * (sizeof words - 1), words, sizeof words);
    strcpy(line + TIMES * (sizeof words - 1) - 1, "\n");
    cr_assert_eq(RUN(qp_tokenizer_encode_main, line, "encode", "-m", "t.json", "--offsets", "--ids"), 0, "%s",
                 small_err);
    char *spans = strdup(small_out), *to = spans; /* with spans the whole line is taken at once */
    for (char *at = spans; *at; at++) {
        if (*at == '@') at += strcspn(at, " \n");
        *to++ = *at;
    }
    *to = '\0';
    for (int threads = 1; threads <= 3; threads++) {
        const char *option[] = {"-t1", "-t2", "-t3"};
        cr_assert_eq(RUN(qp_tokenizer_encode_main, line, "encode", "-m", "t.json", option[threads - 1]), 0, "%s",
                     small_err);
        cr_assert_str_eq(small_out, spans);
    }
    free(spans);
    free(line);
}
