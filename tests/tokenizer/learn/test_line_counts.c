#include <omp.h>
#include <stdio.h>

#include "lib/base/random.h"
#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/learn/line_counts.h"
#include "tokenizer/tokenizer_file.h"

enum { LINES = 8000 };

static const char *const *make_lines(void)
{
    static char text[LINES][80];
    static const char *line[LINES];
    for (uint64_t i = 0; i < LINES; i++) {
        size_t bytes = 0;
        for (uint64_t k = 0; k < 6; k++) {
            int word = (int)qp_random_below(41, i * 8 + k, 1 + qp_random_below(42, i * 8 + k, 3000));
            bytes += (size_t)snprintf(text[i] + bytes, sizeof text[i] - bytes, "w%x가%d ", word, word % 50);
        }
        line[i] = text[i];
    }
    return line;
}

static char *learn(int threads, int64_t most_words)
{
    qp_tokenizer_config config = test_config("bpe", 900);
    config.max_words = most_words;
    omp_set_num_threads(threads);
    qp_tokenizer *t = test_train(&config, make_lines(), LINES);
    omp_set_num_threads(1);
    char *json;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_to_json(t, &json, &bytes), QP_OK);
    qp_tokenizer_free(t);
    return json;
}

Test(line_counts, the_same_tokenizer_for_any_number_of_threads)
{
    for (int64_t most_words = 0; most_words <= 500; most_words += 500) {
        char *one = learn(1, most_words);
        for (int threads = 2; threads <= 3; threads++) {
            char *more = learn(threads, most_words);
            cr_assert_str_eq(one, more);
            free(more);
        }
        free(one);
    }
}

Test(line_counts, the_rarest_words_are_forgotten_and_the_others_found)
{
    qp_word_counts words = {0};
    char text[16];
    for (int i = 0; i < 1000; i++) {
        size_t bytes = (size_t)snprintf(text, sizeof text, "w%d", i);
        cr_assert_eq(qp_word_counts_add(&words, text, bytes, 1 + i % 10), QP_OK);
    }
    cr_assert_eq(qp_word_counts_forget(&words, 350), QP_OK);
    cr_assert_eq(words.count, 300);
    cr_assert_eq(qp_word_counts_add(&words, "w19", 3, 5), QP_OK);
    cr_assert_eq(qp_word_counts_add(&words, "w10", 3, 5), QP_OK);
    cr_assert_eq(words.count, 301);
    for (size_t w = 0; w < words.count; w++) {
        const struct qp_word *word = &words.word[w];
        int number = atoi(words.text + word->start + 1);
        int64_t wanted = number == 10 ? 5 : number == 19 ? 15 : 1 + number % 10;
        cr_assert_eq(word->count, wanted, "w%d: %lld", number, (long long)word->count);
        cr_assert(number == 10 || wanted > 7);
    }
    cr_assert_eq(qp_word_counts_forget(&words, 0), QP_OK);
    cr_assert_eq(words.count, 0);
    qp_word_counts_free(&words);
}
