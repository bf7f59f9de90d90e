#include "cli/model_facts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/cli/small_model.h"

TestSuite(model_facts, .fini = small_model_clean);

static qp_model_facts facts_of(bool language)
{
    qp_package *package;
    qp_model_facts facts = {0};
    small_model_write("m.safetensors", language);
    cr_assert_eq(qp_package_open("m.safetensors", true, &package), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_model_facts_collect(package, &facts), QP_OK);
    cr_expect_eq((size_t)atol(qp_model_facts_value(&facts, "parameters")),
                 qp_params_elements(qp_model_params(package->model)));
    qp_package_free(package);
    return facts;
}

Test(model_facts, settings_that_the_model_reads)
{
    qp_model_facts facts = facts_of(false);
    cr_expect_str_eq(qp_model_facts_value(&facts, "task"), "translate");
    cr_expect_str_eq(qp_model_facts_value(&facts, "heads"), "2");
    cr_expect_str_eq(qp_model_facts_value(&facts, "enc_layers"), "2");
    cr_expect_str_eq(qp_model_facts_value(&facts, "forget_bias"), "-", "an option of LSTMs");
    cr_expect_str_neq(qp_model_facts_value(&facts, "tokenizer"), "-");
    cr_expect_str_eq(qp_model_facts_value(&facts, "source tokenizer"), "-", "both sides share one");
    cr_expect_str_eq(qp_model_facts_value(&facts, "quantized"), "-");
    qp_model_facts_free(&facts);
}

Test(model_facts, of_a_language_model)
{
    qp_model_facts facts = facts_of(true);
    cr_expect_str_eq(qp_model_facts_value(&facts, "task"), "lm");
    cr_expect_str_eq(qp_model_facts_value(&facts, "encoder"), "none");
    cr_expect_str_eq(qp_model_facts_value(&facts, "dec_layers"), "2");
    qp_model_facts_free(&facts);
}
