#include "tokenizer/learn/word_counts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

/* word_counts — beside a plain list of words. */

enum { KINDS = 300, WORDS = 4000 };

static char name[KINDS][12];
static int64_t times[KINDS];
static int order[KINDS], seen; /* of first occurrence */

static qp_word_counts random_counts(uint64_t key)
{
    qp_word_counts counts = {0};
    memset(times, 0, sizeof times);
    seen = 0;
    for (int i = 0; i < KINDS; i++) snprintf(name[i], sizeof name[i], "%.*sw%d", i % 5, "abcd", i);
    name[7][0] = '\0'; /* the empty word is one too */
    for (uint64_t i = 0; i < WORDS; i++) {
        int kind = (int)qp_random_below(key, 2 * i, 1 + qp_random_below(key, 2 * i + 1, KINDS));
        int64_t more = 1 + (int64_t)(i % 3);
        cr_assert_eq(qp_word_counts_add(&counts, name[kind], strlen(name[kind]), more), QP_OK);
        if (times[kind] == 0) order[seen++] = kind;
        times[kind] += more;
    }
    return counts;
}

/* Exactly these kinds, in this order. */
static void expect_words(const qp_word_counts *counts, const int *kind, int count)
{
    size_t bytes = 0;
    cr_assert_eq(counts->count, (size_t)count);
    for (int i = 0; i < count; i++) {
        qp_text text = qp_word_counts_text(counts, (size_t)i);
        cr_expect(text.bytes == strlen(name[kind[i]]) && memcmp(text.text, name[kind[i]], text.bytes) == 0,
                  "word %d is %.*s, not %s", i, (int)text.bytes, text.text, name[kind[i]]);
        cr_expect_eq(counts->word[i].count, times[kind[i]], "%s", name[kind[i]]);
        bytes += text.bytes;
    }
    cr_expect_eq(counts->text_bytes, bytes);
}

Test(word_counts, every_word_in_order_of_first_occurrence)
{
    qp_word_counts counts = random_counts(1), other = random_counts(1);
    int64_t total = 0;
    for (int i = 0; i < KINDS; i++) total += times[i];
    expect_words(&counts, order, seen);
    cr_expect_eq(counts.total, total);
    cr_assert_eq(qp_word_counts_move(&counts, &other), QP_OK);
    cr_expect(other.count == 0 && !other.word && !other.text && !other.index);
    for (int i = 0; i < KINDS; i++) times[i] *= 2;
    expect_words(&counts, order, seen);
    cr_expect_eq(counts.total, 2 * total);
    qp_word_counts_free(&counts);
    cr_expect(counts.count == 0 && !counts.index);
}

/* All that are rarer than the rarest that may stay go together; the others are found again. */
Test(word_counts, the_rarest_are_forgotten)
{
    for (size_t left = 0; left <= KINDS; left += left < 5 ? 1 : 37) {
        qp_word_counts counts = random_counts(3);
        const int64_t total = counts.total;
        int kept = 0, words = seen;
        int64_t least = 0;
        for (size_t more = SIZE_MAX; more > left; least++) {
            more = 0;
            for (int i = 0; i < KINDS; i++) more += times[i] > least;
        }
        for (int i = 0; i < words; i++)
            if (times[order[i]] >= least) order[kept++] = order[i];
        cr_assert_leq(kept, (int)left);
        cr_assert_eq(qp_word_counts_forget(&counts, left), QP_OK);
        expect_words(&counts, order, kept);
        cr_expect_eq(counts.total, total);
        for (int i = 0; i < kept; i++) {
            const char *word = name[order[i]];
            cr_assert_eq(qp_word_counts_add(&counts, word, strlen(word), 1), QP_OK);
            times[order[i]]++;
        }
        cr_assert_eq(qp_word_counts_add(&counts, "fresh", 5, 2), QP_OK);
        cr_assert_eq(counts.count, (size_t)kept + 1);
        cr_expect_eq(counts.word[kept].count, 2);
        counts.count--;
        counts.text_bytes -= 5;
        expect_words(&counts, order, kept);
        qp_word_counts_free(&counts);
    }
}

static int compare(const void *left, const void *right)
{
    int a = *(const int *)left, b = *(const int *)right;
    return times[a] != times[b] ? (times[a] > times[b] ? -1 : 1) : strcmp(name[a], name[b]);
}

Test(word_counts, the_most_frequent_first)
{
    qp_word_counts counts = random_counts(5), none = {0};
    qsort(order, (size_t)seen, sizeof *order, compare);
    qp_word_counts_sort(&counts);
    expect_words(&counts, order, seen);
    cr_expect_null(counts.index);
    cr_assert_eq(qp_word_counts_forget(&counts, 20), QP_OK, "also without the index");
    cr_expect_leq(counts.count, 20);
    qp_word_counts_free(&counts);
    qp_word_counts_sort(&none);
    cr_expect_eq(none.count, 0);
}
