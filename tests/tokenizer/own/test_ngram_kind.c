#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tokenizer/own/ngram_kind.h"

static int features_of(int features, bool lower_case, const char *text, int32_t *id)
{
    void *self = qp_ngram_new(features, lower_case);
    qp_encoding e = {0};
    cr_assert_eq(qp_ngram_kind.encode(self, (qp_text){text, strlen(text)}, &e), QP_OK);
    int count = e.count;
    cr_assert_leq(count, 1000);
    if (count) memcpy(id, e.id, (size_t)count * sizeof *id);
    qp_encoding_free(&e);
    qp_ngram_kind.free(self);
    return count;
}

static bool same(const char *a, const char *b, bool lower_case)
{
    int32_t left[1000], right[1000];
    int count = features_of(1 << 20, lower_case, a, left);
    return count == features_of(1 << 20, lower_case, b, right) &&
           memcmp(left, right, (size_t)count * sizeof *left) == 0;
}

/* "ab": the word; " a", "a", " ab", "ab", " ab ", "ab ", "b", "b " inside the added spaces. "ab cd": both words, each
 * with its stretches, and the pair. */
Test(test_ngram_kind, words_pairs_and_stretches)
{
    int32_t id[1000];
    cr_expect_eq(features_of(1 << 24, false, "ab", id), 1 + 8);
    cr_expect_eq(features_of(1 << 24, false, "ab cd", id), 2 * 9 + 1);
    cr_expect_eq(features_of(1 << 24, false, "", id), 0);
    cr_expect_eq(features_of(1 << 24, false, " \t ", id), 0);
}

Test(test_ngram_kind, ids_are_sorted_once_each_and_in_range)
{
    int32_t id[1000];
    int count = features_of(64, false, "the cat saw the cat and the dog", id);
    for (int i = 0; i < count; i++) {
        cr_expect(id[i] >= 4 && id[i] < 64);
        cr_expect(i == 0 || id[i] > id[i - 1]);
    }
    cr_expect_gt(count, 20);
}

/* Words and pairs of words have even ids, characters odd ones; a file without "even_words" is of before that. */
Test(test_ngram_kind, even_ids_are_of_words)
{
    int32_t id[1000];
    int count = features_of(1 << 20, false, "ab cd", id), words = 0;
    for (int i = 0; i < count; i++) words += id[i] % 2 == 0;
    cr_expect_eq(words, 3);
    cr_expect_eq(features_of(6, false, "ab cd", id), 2, "one id of each kind");
    static const char old[] = "{\"lower_case\": false, \"features\": 1048576}";
    void *self;
    qp_encoding e = {0};
    cr_assert_eq(qp_ngram_kind.load("old", (qp_text){old, sizeof old - 1}, 0, &self), QP_OK);
    cr_expect_not(qp_ngram_kind.info(self).even_words);
    cr_assert_eq(qp_ngram_kind.encode(self, (qp_text){"ab", 2}, &e), QP_OK);
    /* XXH3 of "ab" with the seed of words, modulo 1048572, and 4 */
    bool found = false;
    for (int i = 0; i < e.count; i++)
        found |= e.id[i] == 4 + (int32_t)(XXH3_64bits_withSeed("ab", 2, 0) % 1048572);
    cr_expect(found);
    qp_encoding_free(&e);
    qp_ngram_kind.free(self);
}

Test(test_ngram_kind, saved_and_loaded)
{
    void *self = qp_ngram_new(1000, true), *again;
    qp_text_buffer out = {0};
    cr_assert_eq(qp_ngram_kind.save(self, &out), QP_OK);
    char file[200];
    int bytes = snprintf(file, sizeof file, "{\"type\": \"ngram\"%.*s}", (int)out.bytes, out.text);
    cr_assert_eq(qp_ngram_kind.load("file", (qp_text){file, (size_t)bytes}, 0, &again), QP_OK, "%s", file);
    qp_tokenizer_facts facts = qp_ngram_kind.info(again);
    cr_expect(facts.even_words && facts.lower_case && facts.size == 1000);
    free(out.text);
    qp_ngram_kind.free(self);
    qp_ngram_kind.free(again);
}

/* Each kind of feature needs an id after the four special ones, and ids are below 2^24. */
Test(test_ngram_kind, files_that_are_refused)
{
    static const struct {
        const char *text;
        bool sound;
    } row[] = {{"\"features\": 5, \"lower_case\": true", true},
               {"\"features\": 4, \"lower_case\": true", false},
               {"\"features\": 6, \"lower_case\": true, \"even_words\": true", true},
               {"\"features\": 5, \"lower_case\": true, \"even_words\": true", false},
               {"\"features\": 16777216, \"lower_case\": false", true},
               {"\"features\": 16777217, \"lower_case\": false", false},
               {"\"features\": 4294967301, \"lower_case\": false", false},
               {"\"features\": -1, \"lower_case\": true", false},
               {"\"features\": 100.0, \"lower_case\": true", false},
               {"\"features\": \"100\", \"lower_case\": true", false},
               {"\"features\": 100, \"lower_case\": 1", false},
               {"\"features\": 100", false},
               {"\"lower_case\": true", false},
               {"\"features\": 100, \"features\": 100, \"lower_case\": true", false}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char file[200];
        void *self = NULL;
        int bytes = snprintf(file, sizeof file, "{%s}", row[i].text);
        qp_status status = qp_ngram_kind.load("file", (qp_text){file, (size_t)bytes}, 0, &self);
        cr_expect_eq(status, row[i].sound ? QP_OK : QP_EDATA, "%s: %d", file, status);
        cr_expect(row[i].sound || strncmp(qp_error_message(), "file", 4) == 0, "%s", qp_error_message());
        if (status == QP_OK) qp_ngram_kind.free(self);
    }
}

Test(test_ngram_kind, normal_form_case_and_space)
{
    cr_expect(same("\xED\x95\x9C\xEA\xB8\x80",
                   "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB\xE1\x84\x80\xE1\x85\xB3\xE1\x86\xAF", false),
              "Hangul composed and decomposed");
    cr_expect(same("GOOD film", "good FILM", true));
    cr_expect_not(same("GOOD film", "good FILM", false));
    cr_expect(same("good  film ", "good film", false));
    cr_expect_not(same("film good", "good film", false), "pairs keep the order");
    cr_expect(same("a\xFF"
                   "b",
                   "a\xFF"
                   "b",
                   true),
              "bytes that are not UTF-8 are features too");
}
