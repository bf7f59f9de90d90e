#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static const char texts[] = "the cat\na dog sees a bird\nthe fish\nwe see one bird\n";

static void set_up(void)
{
    small_model_write("m.safetensors", true);
    small_file("texts", texts, strlen(texts));
    cr_assert_eq(RUN(qp_cmd_embed, texts, "embed", "-m", "m.safetensors", "-o", "v.npz"), 0, "%s", small_err);
}

TestSuite(cmd_search, .init = set_up, .fini = small_model_clean);

#define SEARCH(input, ...)                                                                                             \
    RUN(qp_cmd_search, input, "search", "-m", "m.safetensors", "--index", "v.npz", "--texts", "texts", __VA_ARGS__)

/* Each line of the file is its own nearest one, and the others follow by their cosines. */
Test(cmd_search, the_nearest_first)
{
    cr_assert_eq(SEARCH(texts, "-k", "4", "-t1"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 16);
    int query, line, used = 0;
    double cosine, before = 2;
    for (int i = 0, bytes; i < 16; i++, used += bytes) {
        cr_assert_eq(sscanf(small_out + used, "%d\t%lf\t%d\t%*[^\n]\n%n", &query, &cosine, &line, &bytes), 3);
        cr_assert_eq(query, i / 4 + 1);
        if (i % 4 == 0) cr_assert(line == query && cosine > 0.9999, "%s", small_out + used);
        cr_assert(i % 4 == 0 || cosine <= before, "%s", small_out + used);
        before = cosine;
    }
    cr_assert(strstr(small_out, "3\t1.0000\t3\tthe fish\n"), "%s", small_out);
}

/* Never more lines than there are; lines are counted over all files. */
Test(cmd_search, how_many)
{
    cr_assert_eq(SEARCH("the cat\n", "-k", "9"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 4);
    cr_assert_eq(SEARCH(NULL, "-k", "1", "texts", "texts"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 8);
    cr_assert(strstr(small_out, "\n5\t1.0000\t1\tthe cat\n"), "%s", small_out);
    cr_assert_eq(SEARCH("the cat\n", "-k", "2", "--json"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"query\":\"the cat\",\"found\":[{\"line\":1,\"cosine\":"), "%s", small_out);
    cr_assert(strstr(small_out, "\"text\":\"the cat\"},{\"line\":"), "%s", small_out);
    cr_assert_eq(small_lines(small_out), 1);
}

Test(cmd_search, files_that_do_not_belong_together)
{
    cr_assert_eq(RUN(qp_cmd_search, "a\n", "search", "-m", "m.safetensors", "--texts", "texts"), 2);
    cr_assert(strstr(small_err, "no vectors; add --index"), "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_search, "a\n", "search", "-m", "m.safetensors", "--index", "v.npz"), 2);
    cr_assert(strstr(small_err, "no lines; add --texts"), "%s", small_err);
    small_file("texts", "the cat\n", 8);
    cr_assert_eq(SEARCH("the cat\n", "-"), 65);
    cr_assert_str_eq(small_err, "quipu: texts: 1 lines, but v.npz has 4 vectors; embed this file again\n");
    small_file("texts", "1\n2\n3\n4\n5\n6\n", 12);
    cr_assert_eq(SEARCH("the cat\n", "-"), 65);
    cr_assert_str_eq(small_err, "quipu: texts: more than 4 lines, but v.npz has 4 vectors; embed this file again\n");
}
