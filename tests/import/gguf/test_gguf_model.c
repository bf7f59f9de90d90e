#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/import/gguf/gguf_model.h"
#include "lib/import/gguf/gguf_plan.h"
#include "lib/import/hf_import.h"
#include "tests/import/gguf/gguf_bytes.h"
#include "tests/import/gguf/gguf_tiny.h"
#include "tests/import/import_folder.h"

static void set_up(void)
{
    folder_begin();
    gguf_begin(0);
}

TestSuite(gguf_model, .init = set_up, .fini = folder_end);

static const char *path(void) { return folder_path("m.gguf"); }

static qp_status read_model(qp_model **model)
{
    qp_gguf *file;
    *model = NULL;
    gguf_save(path(), NULL);
    qp_status status = qp_gguf_open(path(), &file);
    if (status != QP_OK) return status;
    status = qp_gguf_model(file, true, model);
    qp_gguf_close(file);
    return status;
}

static void refused(const char *words)
{
    qp_model *model;
    cr_expect_eq(read_model(&model), QP_EDATA, "%s", words);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
    cr_expect_null(model);
    gguf_begin(0);
}

/* The model of the file has the configuration and the weights of the folder. */
static void same_as_folder(const char *name)
{
    qp_hf_model folder;
    qp_model *model;
    char a[256], b[256];
    cr_assert_eq(qp_hf_import_model(folder_path(NULL), &(qp_hf_wish){NULL, true, 1, -1}, &folder), QP_OK, "%s",
                 qp_error_message());
    cr_assert_eq(read_model(&model), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        qp_config_get(field, qp_model_config_of(folder.model), a, sizeof a);
        qp_config_get(field, qp_model_config_of(model), b, sizeof b);
        cr_expect_str_eq(a, b, "%s: %s is %s in the folder, %s in the GGUF", name, field->name, a, b);
    }
    const qp_params *x = qp_model_params(folder.model), *y = qp_model_params(model);
    cr_assert_eq(qp_params_count(x), qp_params_count(y));
    for (int i = 0; i < qp_params_count(x); i++) {
        const qp_parameter *p = qp_params_at(x, i);
        const qp_real *u = qp_params_value((qp_params *)x, i), *v = qp_params_value((qp_params *)y, i);
        for (int k = 0; k < p->rows * p->columns; k++)
            cr_assert_float_eq((double)u[k], (double)v[k], 1e-6, "%s: %s %d", name, p->name, k);
    }
    qp_hf_model_free(&folder);
    qp_model_free(model);
    gguf_begin(0);
}

Test(gguf_model, a_file_is_the_model_of_the_folder_it_was_made_of)
{
    tiny_keys("llama");
    tiny_gated("llama", ", \"tie_word_embeddings\": true", 0, 1, 0);
    same_as_folder("llama");
    tiny_keys("qwen2");
    tiny_gated("qwen2", ", \"tie_word_embeddings\": true", 1, 0, 0);
    same_as_folder("qwen2");
    tiny_keys("gemma");
    tiny_gated("gemma", "", 0, 0, 1);
    same_as_folder("gemma");
}

Test(gguf_model, rotary_positions_are_scaled)
{
    tiny_keys("llama");
    gguf_text("llama.rope.scaling.type", "linear");
    gguf_real("llama.rope.scaling.factor", 4);
    tiny_gated("llama", ", \"tie_word_embeddings\": true, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 4}",
               0, 1, 0);
    same_as_folder("linear");
    tiny_keys("llama");
    gguf_text("llama.rope.scaling.type", "yarn");
    gguf_real("llama.rope.scaling.factor", 4);
    gguf_number("llama.rope.scaling.original_context_length", 5);
    tiny_gated("llama", ", \"tie_word_embeddings\": true, \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4, "
                        "\"original_max_position_embeddings\": 5}",
               0, 1, 0);
    same_as_folder("yarn");
}

/* Divisors that are all 1 scale nothing. */
Test(gguf_model, frequencies_that_are_not_scaled)
{
    tiny_keys("llama");
    gguf_floats("rope_freqs.weight", 2, 0, (const float[]){1, 1});
    tiny_gated("llama", ", \"tie_word_embeddings\": true", 0, 1, 0);
    same_as_folder("plain");
}

/* The divisors of Llama 3.1, computed from its published values by its formula, give those values back. */
Test(gguf_model, llama_3_frequencies_are_recognized)
{
    enum { PAIRS = 64 };
    const double pi = acos(-1), factor = 8, low = 1, high = 4, length = 8192, base = 500000;
    float divisor[PAIRS];
    qp_model *model;
    for (int i = 0; i < PAIRS; i++) {
        double wave = 2 * pi * pow(base, i / (double)PAIRS), smooth = (length / wave - low) / (high - low);
        divisor[i] = (float)(wave < length / high ? 1 : wave > length / low ? factor
                                                                        : 1 / ((1 - smooth) / factor + smooth));
    }
    tiny_keys("llama");
    gguf_number("llama.attention.key_length", 2 * PAIRS);
    gguf_number("llama.attention.value_length", 2 * PAIRS);
    gguf_real("llama.rope.freq_base", (float)base);
    gguf_floats("rope_freqs.weight", PAIRS, 0, divisor);
    static const float zero[tiny_rows * 512];
    gguf_floats("token_embd.weight", tiny_rows, 8, zero);
    gguf_floats("output_norm.weight", 8, 0, zero);
    gguf_floats("blk.0.attn_norm.weight", 8, 0, zero);
    gguf_floats("blk.0.ffn_norm.weight", 8, 0, zero);
    gguf_floats("blk.0.attn_q.weight", 256, 8, zero);
    gguf_floats("blk.0.attn_k.weight", 128, 8, zero);
    gguf_floats("blk.0.attn_v.weight", 128, 8, zero);
    gguf_floats("blk.0.attn_output.weight", 8, 256, zero);
    gguf_floats("blk.0.ffn_gate.weight", 16, 8, zero);
    gguf_floats("blk.0.ffn_up.weight", 16, 8, zero);
    gguf_floats("blk.0.ffn_down.weight", 8, 16, zero);
    cr_assert_eq(read_model(&model), QP_OK, "%s", qp_error_message());
    const qp_model_config *config = qp_model_config_of(model);
    cr_expect_eq(config->rope_scaling, QP_ROPE_LLAMA3);
    cr_expect_eq(config->rope_factor, 8);
    cr_expect_eq(config->rope_length, 8192);
    cr_expect_eq(config->rope_fast, 4);
    for (int i = 0; i < PAIRS; i++)
        cr_expect_float_eq(qp_gguf_llama3_divisor(config, i, PAIRS), (double)divisor[i], 1e-5 * (double)divisor[i]);
    qp_model_free(model);
}

Test(gguf_model, what_changes_the_computation_is_refused_by_name)
{
    gguf_text("general.architecture", "mamba");
    refused("general.architecture 'mamba' cannot be read");
    refused("general.architecture");
    tiny_keys("llama");
    gguf_number("llama.expert_count", 8);
    tiny_gated("llama", "", 0, 1, 0);
    refused("llama.expert_count");
    tiny_keys("llama");
    gguf_real("llama.logit_scale", 2);
    tiny_gated("llama", "", 0, 1, 0);
    refused("llama.logit_scale");
    tiny_keys("llama");
    gguf_text("llama.rope.scaling.type", "longrope");
    gguf_real("llama.rope.scaling.factor", 4);
    tiny_gated("llama", "", 0, 1, 0);
    refused("llama.rope.scaling.type");
    static const float factors[] = {0.5F, 1e7F, -2, NAN};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        tiny_keys("llama");
        gguf_real("llama.rope.scaling.factor", factors[i]);
        tiny_gated("llama", "", 0, 1, 0);
        refused(isfinite(factors[i]) ? "llama.rope.scaling.factor: out of range" : "llama.rope.scaling.factor");
    }
    tiny_keys("llama");
    gguf_floats("rope_freqs.weight", 2, 0, (const float[]){1.5F, 1.25F});
    tiny_gated("llama", "", 0, 1, 0);
    refused("rope_freqs.weight: not the frequencies of Llama 3");
    tiny_keys("llama");
    gguf_floats("rope_freqs.weight", 3, 0, (const float[]){1, 1, 1});
    tiny_gated("llama", "", 0, 1, 0);
    refused("rope_freqs.weight: not one number");
    gguf_text("general.architecture", "llama");
    gguf_numbers("llama.feed_forward_length", 2, (const int32_t[]){16, 16});
    refused("llama.feed_forward_length: not one value for all layers");
    gguf_text("general.architecture", "llama");
    tiny_gated("llama", "", 0, 1, 0);
    refused("llama.context_length: missing");
    tiny_keys("llama");
    tiny_gated("llama", "", 0, 1, 0);
    gguf_floats("blk.1.attn_norm.weight", 1, 0, (const float[]){1});
    refused("blk.1.attn_norm.weight is not of the architecture");
    tiny_keys("gpt2");
    gguf_floats("token_embd.weight", 2, 8, (const float[16]){0});
    refused("is missing");
}
