#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/export/gguf_export.h"
#include "lib/import/gguf/gguf_blocks.h"
#include "lib/import/gguf/gguf_package.h"
#include "tests/import/gguf/gguf_bytes.h"
#include "tests/import/gguf/gguf_tiny.h"
#include "tests/import/import_folder.h"

static void set_up(void)
{
    folder_begin();
    gguf_begin(0);
}

TestSuite(gguf_export, .init = set_up, .fini = folder_end);

/* The package of the file that the writers of gguf_bytes.h have filled. */
static qp_package *tiny(void)
{
    qp_package *p;
    gguf_save(folder_path("m.gguf"), NULL);
    cr_assert_eq(qp_gguf_package(folder_path("m.gguf"), "", &p), QP_OK, "%s", qp_error_message());
    gguf_begin(0);
    return p;
}

static char *saved(const qp_package *p, size_t *bytes)
{
    char *content;
    cr_assert_eq(qp_package_save(p, folder_path("m.safetensors")), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_file_read(folder_path("m.safetensors"), 1 << 24, &content, bytes), QP_OK);
    return content;
}

static qp_package *there_and_back(const qp_package *p, uint32_t type)
{
    qp_package *back;
    cr_assert_eq(qp_gguf_export(p, "m", folder_path("out.gguf"), type), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_gguf_package(folder_path("out.gguf"), "", &back), QP_OK, "%s", qp_error_message());
    return back;
}

static void returns_the_same(const char *name)
{
    size_t bytes[2];
    qp_package *p = tiny(), *back = there_and_back(p, QP_GGUF_F32);
    char *before = saved(p, &bytes[0]), *after = saved(back, &bytes[1]);
    cr_expect(bytes[0] == bytes[1] && memcmp(before, after, bytes[0]) == 0, "%s", name);
    free(before);
    free(after);
    qp_package_free(p);
    qp_package_free(back);
}

static void gpt2(void)
{
    enum { W = 8 };
    static const struct {
        const char *name;
        int rows, columns;
    } array[] = {{"token_embd.weight", tiny_rows, W},         {"position_embd.weight", 10, W},
                 {"output_norm.weight", W, 0},          {"output_norm.bias", W, 0},
                 {"blk.0.attn_norm.weight", W, 0},      {"blk.0.attn_norm.bias", W, 0},
                 {"blk.0.ffn_norm.weight", W, 0},       {"blk.0.ffn_norm.bias", W, 0},
                 {"blk.0.attn_qkv.weight", 3 * W, W},   {"blk.0.attn_qkv.bias", 3 * W, 0},
                 {"blk.0.attn_output.weight", W, W},    {"blk.0.attn_output.bias", W, 0},
                 {"blk.0.ffn_up.weight", 16, W},        {"blk.0.ffn_up.bias", 16, 0},
                 {"blk.0.ffn_down.weight", W, 16},      {"blk.0.ffn_down.bias", W, 0}};
    static float value[tiny_rows * W];
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) value[i] = (float)sin((double)i);
    gguf_text("general.architecture", "gpt2");
    gguf_number("gpt2.context_length", 10);
    gguf_number("gpt2.embedding_length", W);
    gguf_number("gpt2.block_count", 1);
    gguf_number("gpt2.feed_forward_length", 16);
    gguf_number("gpt2.attention.head_count", 2);
    for (size_t i = 0; i < sizeof array / sizeof *array; i++)
        gguf_floats(array[i].name, array[i].rows, array[i].columns, value);
}

Test(gguf_export, a_model_that_comes_back_is_the_same_to_the_byte)
{
    tiny_keys("llama");
    tiny_vocabulary();
    tiny_gated("llama", "", 1, 1, 0);
    returns_the_same("llama");
    tiny_keys("qwen2");
    tiny_bytes_vocabulary("qwen2");
    tiny_gated("qwen2", "", 1, 0, 0);
    returns_the_same("qwen2");
    tiny_keys("llama");
    tiny_bytes_vocabulary("llama-bpe");
    gguf_text("llama.rope.scaling.type", "yarn");
    gguf_real("llama.rope.scaling.factor", 4);
    gguf_number("llama.rope.scaling.original_context_length", 5);
    tiny_gated("llama", "", 0, 1, 0);
    returns_the_same("yarn");
    tiny_bytes_vocabulary("smollm");
    gpt2();
    returns_the_same("gpt2");
}

Test(gguf_export, numbers_of_16_bits_are_rounded)
{
    tiny_bytes_vocabulary("gpt-2");
    gpt2();
    qp_package *p = tiny(), *back = there_and_back(p, QP_GGUF_F16);
    qp_params *x = qp_model_params(p->model), *y = qp_model_params(back->model);
    int differences = 0;
    for (int i = 0; i < qp_params_count(x); i++) {
        const qp_parameter *parameter = qp_params_at(x, i);
        for (int k = 0; k < parameter->rows * parameter->columns; k++) {
            double a = (double)qp_params_value(x, i)[k], b = (double)qp_params_value(y, i)[k];
            cr_assert_float_eq(a, b, fabs(a) / 2048 + 1e-7, "%s %d", parameter->name, k);
            differences += a != b;
            if (parameter->rows == 1) cr_assert_eq(a, b, "%s: vectors stay", parameter->name);
        }
    }
    cr_expect_gt(differences, 1000);
    qp_package_free(p);
    qp_package_free(back);
}

static void refused(const qp_package *p, const char *words)
{
    cr_expect_eq(qp_gguf_export(p, "m", folder_path("out.gguf"), QP_GGUF_F32), QP_EUSAGE, "%s", words);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
    cr_expect_not(qp_file_exists(folder_path("out.gguf")));
}

Test(gguf_export, what_cannot_be_written_is_refused_by_name)
{
    qp_package *p;
    tiny_keys("gemma");
    tiny_vocabulary();
    tiny_gated("gemma", "", 0, 0, 1);
    p = tiny();
    refused(p, "--scale-embeddings=false");
    qp_package_free(p);
    tiny_keys("llama");
    gguf_text("tokenizer.ggml.model", "llama");
    gguf_texts("tokenizer.ggml.tokens", 4, (const char *const[]){"<unk>", "<s>", "</s>", "a"});
    gguf_reals("tokenizer.ggml.scores", 4, (const float[4]){0});
    gguf_numbers("tokenizer.ggml.token_type", 4, (const int32_t[]){2, 3, 3, 1});
    gguf_number("tokenizer.ggml.eos_token_id", 2);
    tiny_gated("llama", "", 0, 1, 0);
    p = tiny();
    refused(p, "it has no bytes");
    qp_package_free(p);
}
