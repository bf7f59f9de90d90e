#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

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
