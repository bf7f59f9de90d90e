#include <stdio.h>

#include "lib/base/random.h"
#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/encode_lines.h"

static const char *const corpus[] = {"A dog runs in the snow.", "나는 학교에 간다.", "grün grüne grünen Bäume",
                                     "123 124 125"};

enum { LINES = 3000, LONGEST = 90 };

/* Lines of random words of the corpus, some empty. */
static void make_lines(char text[LINES][LONGEST], qp_text *line)
{
    for (uint64_t i = 0; i < LINES; i++) {
        uint64_t parts = qp_random_below(1, i, 4);
        size_t bytes = 0;
        for (uint64_t k = 0; k < parts; k++)
            bytes += (size_t)snprintf(text[i] + bytes, LONGEST - bytes, "%s%d", corpus[(i + k) % 3], (int)(i % 97));
        line[i] = (qp_text){text[i], bytes};
    }
}

Test(encode_lines, equals_one_by_one_for_any_number_of_threads)
{
    static char text[LINES][LONGEST];
    static qp_text line[LINES];
    qp_tokenizer_config config = test_config("bpe", 400);
    qp_tokenizer *t = test_train(&config, corpus, 4);
    make_lines(text, line);
    for (int threads = 1; threads <= 3; threads++) {
        qp_encoded_lines out = {0};
        cr_assert_eq(qp_tokenizer_encode_lines(t, line, LINES, threads, &out), QP_OK);
        cr_assert_eq(out.count, LINES);
        for (size_t i = 0; i < LINES; i++) {
            int32_t *id;
            int count;
            cr_assert_eq(qp_tokenizer_encode(t, line[i].text, line[i].bytes, &id, &count), QP_OK);
            cr_assert_eq(out.start[i + 1] - out.start[i], (size_t)count, "line %zu", i);
            cr_assert(count == 0 || memcmp(id, out.id + out.start[i], (size_t)count * sizeof *id) == 0);
            free(id);
        }
        qp_encoded_lines_free(&out);
    }
    qp_tokenizer_free(t);
}

Test(encode_lines, no_lines_and_the_line_that_fails)
{
    qp_tokenizer_config config = test_config("bpe", 400);
    qp_tokenizer *t = test_train(&config, corpus, 4);
    qp_encoded_lines out = {0};
    cr_assert_eq(qp_tokenizer_encode_lines(t, NULL, 0, 2, &out), QP_OK);
    cr_assert_eq(out.count, 0);
    cr_assert_eq(out.start[0], 0);
    qp_text line[] = {{"dog", 3}, {"dog", (size_t)1 << 40}, {"dog", 3}};
    cr_assert_eq(qp_tokenizer_encode_lines(t, line, 3, 2, &out), QP_EDATA);
    cr_assert_str_eq(qp_error_message(), "line 2: tokenizer: text of 2^31 bytes or more; cut it into lines");
    qp_encoded_lines_free(&out);
    qp_tokenizer_free(t);
}
