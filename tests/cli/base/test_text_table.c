#define _GNU_SOURCE
#include "cli/base/text_table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const cell[] = {"module",  "shape", "forward", "a.long.name", "[12, 3]",
                                   "1.20 k", "b",     "",        "7"};

/* The table for a terminal of this width. */
static char *draw(const char *columns)
{
    char *text = NULL;
    size_t bytes;
    setenv("COLUMNS", columns, 1);
    FILE *stream = open_memstream(&text, &bytes);
    qp_text_table(stream, cell, 3, 3, 2);
    fclose(stream);
    return text;
}

Test(text_table, columns)
{
    char *text = draw("80");
    cr_assert_str_eq(text, "module       shape    forward\n"
                           "a.long.name  [12, 3]   1.20 k\n"
                           "b                           7\n");
    free(text);
}

/* Wider than the terminal: no line is, and no cell is cut. */
Test(text_table, narrow)
{
    static const char *const wide[] = {"a.name.of.thirty.characters.it", "1", "22 k", "b", "333", "4 k"};
    static const char *const words[] = {"name", "one value with many words", "another value of many words"};
    char *text = NULL;
    size_t bytes;
    setenv("COLUMNS", "40", 1);
    FILE *stream = open_memstream(&text, &bytes);
    qp_text_table(stream, wide, 2, 3, 1);
    qp_text_table(stream, words, 1, 3, 3);
    fclose(stream);
    cr_assert_str_eq(text, "a.name.of.thirty.characters.it\n"
                           "      1  22 k\n"
                           "b\n"
                           "    333   4 k\n"
                           "name\n"
                           "    one value with many words\n"
                           "    another value of many words\n");
    free(text);
}
