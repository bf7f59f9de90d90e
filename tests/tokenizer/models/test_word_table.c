#include "tokenizer/models/word_table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A word of `bytes` letters that depend on `number`. */
static void write_word(int number, size_t bytes, char *word)
{
    for (size_t i = 0; i < bytes; i++, number = number / 26 + 7 * (int)i) word[i] = (char)('a' + number % 26);
}

/* Words of every length are found wherever they are in a text, also at its very end; others are not. */
Test(word_table, words_of_all_lengths)
{
    enum { WORDS = 200 };
    qp_word_table table = {0};
    int32_t wanted[QP_LONGEST_TABLE_WORD + 1][WORDS], next = 0;
    cr_expect_eq(qp_word_table_find(&table, "a", 1, 1), -1, "an empty table");
    for (size_t bytes = 1; bytes <= QP_LONGEST_TABLE_WORD; bytes++)
        for (int w = 0; w < WORDS; w++) {
            char word[40];
            write_word(w, bytes, word);
            wanted[bytes][w] = qp_word_table_find(&table, word, bytes, bytes);
            if (wanted[bytes][w] < 0) wanted[bytes][w] = next++;
            cr_assert_eq(qp_word_table_add(&table, word, bytes, wanted[bytes][w]), QP_OK);
            cr_assert_eq(qp_word_table_add(&table, word, bytes, 1 << 20), QP_OK);
        }
    cr_expect_gt(next, 14 * WORDS, "few words are alike");
    cr_expect_eq(table.count, (size_t)next);
    for (size_t bytes = 1; bytes <= QP_LONGEST_TABLE_WORD; bytes++)
        for (int w = 0; w < WORDS; w++) {
            char text[40] = "                                       ";
            write_word(w, bytes, text);
            for (size_t readable = bytes; readable <= 20; readable++)
                cr_assert_eq(qp_word_table_find(&table, text, bytes, readable), wanted[bytes][w], "%.*s", (int)bytes,
                             text);
            text[bytes / 2] = '?';
            cr_assert_eq(qp_word_table_find(&table, text, bytes, 20), -1);
            cr_assert_eq(qp_word_table_find(&table, text, bytes, bytes), -1);
        }
    cr_expect_eq(qp_word_table_find(&table, "a", 0, 20), -1);
    cr_expect_eq(qp_word_table_find(&table, "abcdefghijklmnopqrst", 16, 20), -1, "too long");
    qp_word_table_free(&table);
    cr_expect(!table.slot && !table.filter && table.count == 0);
}

/* A NUL byte belongs to a word. */
Test(word_table, lengths_are_part_of_words)
{
    qp_word_table table = {0};
    cr_assert_eq(qp_word_table_add(&table, "a", 1, 1), QP_OK);
    cr_assert_eq(qp_word_table_add(&table, "a\0", 2, 2), QP_OK);
    cr_assert_eq(qp_word_table_add(&table, "\0\0\0\0\0\0\0\0", 8, 3), QP_OK);
    cr_assert_eq(qp_word_table_add(&table, "\0\0\0\0\0\0\0\0\0", 9, 4), QP_OK);
    static const char text[32] = "a";
    cr_expect_eq(qp_word_table_find(&table, text, 1, 32), 1);
    cr_expect_eq(qp_word_table_find(&table, text, 2, 32), 2);
    cr_expect_eq(qp_word_table_find(&table, text, 3, 32), -1);
    cr_expect_eq(qp_word_table_find(&table, text + 1, 8, 31), 3);
    cr_expect_eq(qp_word_table_find(&table, text + 1, 9, 31), 4);
    cr_expect_eq(qp_word_table_find(&table, text + 1, 7, 31), -1);
    qp_word_table_free(&table);
}
