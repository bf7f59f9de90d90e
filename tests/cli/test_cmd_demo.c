#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"
#include "tests/sanitized.h"

static void set_up(void) { small_model_write("unused.safetensors", false); }

TestSuite(cmd_demo, .init = set_up, .fini = small_model_clean);

#define DEMO(...) RUN(qp_cmd_demo, NULL, "demo", "--steps", "1", "-t1", "-o", "toy", __VA_ARGS__)

/* After one update nothing is translated well, but everything is there. */
Test(cmd_demo, corpus_model_translations_and_attention, .disabled = SANITIZED)
{
    cr_assert_eq(DEMO("--direction", "reverse"), 0, "%s", small_err);
    static const char *const made[] = {"toy/train.src", "toy/valid.trg", "toy/test.src", "toy/src-trg.safetensors",
                                       "toy/src-trg-attention.html"};
    for (int i = 0; i < 5; i++) cr_assert(qp_file_exists(made[i]), "%s", made[i]);
    cr_assert(strstr(small_err, "Numbers and the same numbers in reverse"), "%s", small_err);
    cr_assert(STARTS(small_out, "\n10 of "), "%s", small_out);
    cr_assert(strstr(small_out, "\n    reference: ") && strstr(small_out, "\nexact match: "), "%s", small_out);
    cr_assert(strstr(small_out, "cross attention, layer 2, mean of 4 heads"), "%s", small_out);
    cr_assert(strstr(small_out, "quipu train --train-src train.src --train-tgt train.trg"), "%s", small_out);
    char *first = strdup(small_out);
    cr_assert_eq(DEMO("--direction", "reverse"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, first, "the finished run is shown again");
    free(first);
}

Test(cmd_demo, mistakes)
{
    cr_assert_eq(DEMO("--direction", "ko-de"), 2);
    cr_assert(strstr(small_err, "ko-en"), "%s", small_err);
    cr_assert_eq(DEMO("more"), 2, "%s", small_err);
    cr_assert_not(qp_file_exists("toy"));
}
