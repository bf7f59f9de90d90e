#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static void set_up(void)
{
    small_model_write("base.safetensors", false);
    small_file("pairs", "the cat\ta dog\na dog\tthe cat\n", 28);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--train", "pairs", "--valid", "none", "--tokenizer",
                     "base.safetensors", "--init-from", "base.safetensors", "--encoder", "transformer", "--decoder",
                     "transformer", "--lora", "2", "--steps", "3", "--lr", "0.05", "--lr-warmup", "0", "--dropout", "0",
                     "-t1", "-m", "adapter.safetensors"),
                 0, "%s", small_err);
}

TestSuite(cmd_merge, .init = set_up, .fini = small_model_clean);

#define MERGE(...) RUN(qp_cmd_merge, NULL, "merge", __VA_ARGS__)

/* How a model scores the pairs. */
static char *scores(const char *model)
{
    cr_assert_eq(RUN(qp_cmd_score, NULL, "score", "-m", model, "pairs"), 0, "%s", small_err);
    return strdup(small_out);
}

/* The merged model says what the adapter says, also when the base is gone; the base has said something else. */
Test(cmd_merge, one_model_of_an_adapter_and_its_base)
{
    char *base = scores("base.safetensors"), *adapter = scores("adapter.safetensors");
    cr_assert_str_neq(base, adapter);
    cr_assert_eq(MERGE("-m", "adapter.safetensors", "-o", "merged.safetensors"), 0, "%s", small_err);
    cr_assert_str_empty(small_out);
    cr_assert_eq(rename("base.safetensors", "elsewhere.safetensors"), 0);
    char *merged = scores("merged.safetensors");
    cr_assert_str_eq(merged, adapter);
    cr_assert_eq(MERGE("-m", "adapter.safetensors", "-o", "again.safetensors"), 66, "%s", small_err);
    cr_assert(strstr(small_err, "base.safetensors"), "%s", small_err);
    cr_assert_not(qp_file_exists("again.safetensors"));
    free(base);
    free(adapter);
    free(merged);
}

Test(cmd_merge, mistakes)
{
    cr_assert_eq(MERGE("-o", "merged.safetensors"), 2);
    cr_assert(strstr(small_err, "name it with -m ADAPTER"), "%s", small_err);
    cr_assert_eq(MERGE("-m", "adapter.safetensors"), 2);
    cr_assert(strstr(small_err, "name it with -o MODEL"), "%s", small_err);
    cr_assert_eq(MERGE("-m", "adapter.safetensors", "-o", "merged.safetensors", "pairs"), 2);
    cr_assert(strstr(small_err, "takes no files"), "%s", small_err);
    cr_assert_eq(MERGE("-m", "base.safetensors", "-o", "merged.safetensors"), 65);
    cr_assert_str_eq(small_err, "quipu: base.safetensors: not an adapter; quipu train --lora makes one\n");
    cr_assert_eq(MERGE("-m", "nowhere", "-o", "merged.safetensors"), 66, "%s", small_err);
    cr_assert_eq(MERGE("-m", "adapter.safetensors", "-o", "adapter.safetensors"), 2);
    cr_assert(strstr(small_err, "is an input"), "%s", small_err);
    cr_assert_not(qp_file_exists("merged.safetensors"));
}
