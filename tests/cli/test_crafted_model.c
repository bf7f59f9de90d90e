#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/model/model_file.h"
#include "tests/cli/small_model.h"

/* crafted_model — model files with a right checksum whose tokenizers are missing or belong to another model: every
 * command that reads a model refuses them with 65 and one line. */

static void set_up(void)
{
    small_model_write("good.safetensors", false);
    small_file("pairs", "the cat\tthe cat\n", 16);
    small_file("line", "the cat\n", 8);
}

TestSuite(crafted_model, .init = set_up, .fini = small_model_clean);

/* Writes crafted.safetensors: the good model with these tokenizers. */
static void craft(char *source, char *target)
{
    qp_model *model;
    qp_model_texts texts;
    cr_assert_eq(qp_model_file_load("good.safetensors", &model, &texts), QP_OK, "%s", qp_error_message());
    const qp_model_texts changed = {.source_tokenizer = source, .target_tokenizer = target};
    cr_assert_eq(qp_model_file_save("crafted.safetensors", model, &changed), QP_OK, "%s", qp_error_message());
    qp_model_free(model);
    qp_model_texts_free(&texts);
}

static void refused(void)
{
    static const char *const command[][9] = {
        {"translate", "-m", "crafted.safetensors", "line"},
        {"score", "-m", "crafted.safetensors", "pairs"},
        {"evaluate", "-m", "crafted.safetensors", "--src", "line", "--ref", "line"},
        {"evaluate", "perplexity", "-m", "crafted.safetensors", "--test", "pairs"},
        {"attend", "-m", "crafted.safetensors", "--src", "the cat"},
        {"generate", "-m", "crafted.safetensors", "-p", "the"},
        {"predict", "-m", "crafted.safetensors", "line"},
    };
    static small_command *const run[] = {qp_cmd_translate, qp_cmd_score,    qp_cmd_evaluate, qp_cmd_evaluate,
                                         qp_cmd_attend,    qp_cmd_generate, qp_cmd_predict};
    for (size_t i = 0; i < sizeof run / sizeof *run; i++) {
        int code = small_run(run[i], NULL, NULL, command[i]);
        cr_expect_eq(code, 65, "%s %s: exit code %d: %s", command[i][0], command[i][1], code, small_err);
        cr_expect_eq(small_lines(small_err), 1, "%s", small_err);
        cr_expect_str_eq(small_out, "");
    }
}

Test(crafted_model, no_tokenizer)
{
    craft(NULL, NULL);
    refused();
}

Test(crafted_model, no_source_tokenizer)
{
    qp_model_texts texts;
    cr_assert_eq(qp_model_file_texts("good.safetensors", &texts), QP_OK);
    craft(NULL, texts.source_tokenizer);
    refused();
    qp_model_texts_free(&texts);
}

Test(crafted_model, another_tokenizer)
{
    qp_model_texts texts;
    cr_assert_eq(qp_model_file_texts("good.safetensors", &texts), QP_OK);
    char *other = strdup(texts.source_tokenizer), *piece;
    cr_assert(other && (piece = strstr(other, "</s>")));
    memcpy(piece, "<\\/>", 4); /* the same size; id 2 is no longer the end of a sentence */
    craft(other, NULL);
    refused();
    craft(texts.source_tokenizer, other);
    refused();
    free(other);
    qp_model_texts_free(&texts);
}

Test(crafted_model, text_that_is_no_tokenizer)
{
    char wrong[] = "{}", broken[] = "[";
    craft(wrong, NULL);
    refused();
    craft(broken, NULL);
    refused();
}
