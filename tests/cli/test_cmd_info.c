#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/model/model_file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("m.safetensors", false); }

TestSuite(cmd_info, .init = set_up, .fini = small_model_clean);

#define INFO(...) RUN(qp_cmd_info, NULL, "info", __VA_ARGS__)

Test(cmd_info, settings_modules_and_memory)
{
    cr_assert_eq(INFO("m.safetensors"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "m.safetensors\nparameters         "), "%s", small_out);
    cr_assert(strstr(small_out, "\nheads              2\n"), "%s", small_out);
    cr_assert_not(strstr(small_out, "\nforget_bias "), "a setting of LSTMs: %s", small_out);
    cr_assert_not(strstr(small_out, "\nhidden_size "), "the same: %s", small_out);
    cr_assert_not(strstr(small_out, "\nzoneout "), "a setting with its default: %s", small_out);
    cr_assert(strstr(small_out, "\nas usual           "), "%s", small_out);
    cr_assert(strstr(small_out, "\nsequences  of 24 tokens\nmemory  "), "max_length limits 32: %s", small_out);
    cr_assert_not(strstr(small_out, "\ntensor "), "%s", small_out);
    cr_assert_eq(INFO("--tensors", "--length", "7", "m.safetensors"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "\nsequences  of 7 tokens\n") && strstr(small_out, "\ntensor "), "%s", small_out);
}

Test(cmd_info, json)
{
    char parameters[128];
    qp_model *model;
    qp_model_texts texts;
    cr_assert_eq(qp_model_file_load("m.safetensors", &model, &texts), QP_OK, "%s", qp_error_message());
    snprintf(parameters, sizeof parameters,
             "\"parameters\":%zu,\"quantized\":null,\"decoding\":null,\"source_tokenizer\":{",
             qp_params_elements(qp_model_params(model)));
    cr_assert_eq(INFO("--json", "m.safetensors"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"file\":\"m.safetensors\",\"config\":{"), "%s", small_out);
    cr_assert(strstr(small_out, parameters), "%s", small_out);
    cr_assert(strstr(small_out, "\"forget_bias\":1") && strstr(small_out, "\"heads\":2,"), "%s", small_out);
    cr_assert_eq(small_lines(small_out), 1);
    qp_model_free(model);
    qp_model_texts_free(&texts);
}

Test(cmd_info, two_models)
{
    qp_model *model;
    qp_model_texts texts;
    char equal[64];
    cr_assert_eq(qp_model_file_load("m.safetensors", &model, &texts), QP_OK, "%s", qp_error_message());
    int count = qp_params_count(qp_model_params(model));
    qp_params_value(qp_model_params(model), 0)[0] += 1;
    cr_assert_eq(qp_model_file_save("n.safetensors", model, &texts), QP_OK, "%s", qp_error_message());
    cr_assert_eq(INFO("m.safetensors", "n.safetensors"), 0, "%s", small_err);
    snprintf(equal, sizeof equal, "\nequal weights      %d of %d tensors\n", count - 1, count);
    cr_assert(strstr(small_out, equal), "%s", small_out);
    cr_assert_eq(small_lines(small_out), 3, "no setting differs: %s", small_out);
    small_model_write("language.safetensors", true);
    cr_assert_eq(INFO("m.safetensors", "language.safetensors"), 0, "%s", small_err);
    const char *task = strstr(small_out, "\ntask ");
    cr_assert(task && STARTS(task + 6 + strspn(task + 6, " "), "translate  "), "%s", small_out);
    qp_model_free(model);
    qp_model_texts_free(&texts);
}

Test(cmd_info, mistakes)
{
    cr_assert_eq(INFO(NULL), 2);
    cr_assert(strstr(small_err, "no model; name one"), "%s", small_err);
    cr_assert_eq(INFO("nowhere"), 66, "%s", small_err);
    cr_assert_eq(INFO("corpus"), 65, "%s", small_err);
}

/* The use is counted while training: shares of a layer, which add up to 1. */
Test(cmd_info, use_of_experts)
{
    small_file("lines", "a b c\na c b\nb a c\n", 18);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "lm", "--train", "lines", "--tokenizer", "word",
                     "--layers", "1", "--emb-size", "8", "--ff-size", "8", "--heads", "2", "--experts", "3", "--steps",
                     "2", "--valid", "none", "-m", "e.safetensors"),
                 0, "%s", small_err);
    cr_assert_eq(INFO("e.safetensors"), 0, "%s", small_err);
    double share[3];
    const char *line = strstr(small_out, "\ndecoder.layers.0    ");
    cr_assert(line && sscanf(line, " decoder.layers.0 %lf %lf %lf", &share[0], &share[1], &share[2]) == 3, "%s",
              small_out);
    cr_expect_float_eq(share[0] + share[1] + share[2], 100, 0.2);
    cr_assert_eq(INFO("--json", "e.safetensors"), 0, "%s", small_err);
    cr_expect(strstr(small_out, "\"expert_use\":{\"decoder.layers.0\":["), "%s", small_out);
}
