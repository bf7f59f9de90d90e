#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/gguf/llama2c.h"
#include "lib/import/hf_import.h"
#include "lib/text/text_buffer.h"
#include "tests/import/gguf/gguf_bytes.h"
#include "tests/import/gguf/gguf_tiny.h"
#include "tests/import/import_folder.h"

/* The llama of gguf_tiny.h as files of llama2.c: width 8, 2 heads, 1 head of keys, 16 inside, 1 layer, 262 pieces. */
enum { WIDTH = 8, INNER = 16, HEAD = 4, POSITIONS = 10, GROUP = 4 };
static qp_text_buffer out;
static int version;

static void set_up(void)
{
    folder_begin();
    gguf_begin(0);
    tiny_gated("llama", ", \"tie_word_embeddings\": true", 0, 1, 0);
}

TestSuite(llama2c, .init = set_up, .fini = folder_end);

static void put_number(int32_t value) { qp_text_put(&out, &value, sizeof value); }

static void put_float(float value) { qp_text_put(&out, &value, sizeof value); }

/* The array of the folder; rows of `heads` heads have the halves of each as neighbors. In groups, weights are whole
 * numbers below 100, times 0.5. */
static void put_array(const char *theirs, int rows, int columns, int heads)
{
    const int first = (int)strlen(theirs), wide = columns ? columns : 1, count = rows * wide;
    const bool grouped = version == 2 && columns;
    for (int r = 0; r < rows; r++) {
        const int in = r % HEAD, from = heads ? r - in + in / 2 + in % 2 * (HEAD / 2) : r;
        for (int c = 0; c < wide; c++) {
            int number = first + from * wide + c;
            if (grouped)
                qp_text_put(&out, &(char){(char)(number % 100)}, 1);
            else
                put_float((float)(number / 100.0));
        }
    }
    for (int i = 0; grouped && i < count / GROUP; i++) put_float(0.5F);
}

#define LAYER "model.layers.0."
static void put_attention(void)
{
    put_array(LAYER "self_attn.q_proj.weight", WIDTH, WIDTH, 2);
    put_array(LAYER "self_attn.k_proj.weight", HEAD, WIDTH, 1);
    put_array(LAYER "self_attn.v_proj.weight", HEAD, WIDTH, 0);
    put_array(LAYER "self_attn.o_proj.weight", WIDTH, WIDTH, 0);
}

static void put_inner(void)
{
    put_array(LAYER "mlp.gate_proj.weight", INNER, WIDTH, 0);
    put_array(LAYER "mlp.down_proj.weight", WIDTH, INNER, 0);
    put_array(LAYER "mlp.up_proj.weight", INNER, WIDTH, 0);
}

static void put_sizes(int pieces)
{
    const int32_t size[] = {WIDTH, INNER, 1, 2, 1, pieces, POSITIONS};
    for (int i = 0; i < 7; i++) put_number(size[i]);
}

static void put_old(bool shared)
{
    put_sizes(shared ? tiny_rows : -tiny_rows);
    put_array("model.embed_tokens.weight", tiny_rows, WIDTH, 0);
    put_array(LAYER "input_layernorm.weight", WIDTH, 0, 0);
    put_attention();
    put_array(LAYER "post_attention_layernorm.weight", WIDTH, 0, 0);
    put_inner();
    put_array("model.norm.weight", WIDTH, 0, 0);
    for (int i = 0; i < POSITIONS * HEAD; i++) put_float(7);
    if (!shared) put_array("lm_head.weight", tiny_rows, WIDTH, 0);
}

static void put_new(void)
{
    put_number(0x616B3432);
    put_number(version);
    put_sizes(tiny_rows);
    qp_text_put(&out, "\1", 1);
    if (version == 2) put_number(GROUP);
    while (out.bytes < 256) qp_text_put(&out, "", 1);
    put_array(LAYER "input_layernorm.weight", WIDTH, 0, 0);
    put_array(LAYER "post_attention_layernorm.weight", WIDTH, 0, 0);
    put_array("model.norm.weight", WIDTH, 0, 0);
    put_array("model.embed_tokens.weight", tiny_rows, WIDTH, 0);
    put_attention();
    put_inner();
}

static void save(const char *name, size_t bytes)
{
    FILE *file = fopen(folder_path(name), "wb");
    cr_assert(file && fwrite(out.text, 1, bytes, file) == bytes && fclose(file) == 0);
}

/* <unk>, <s>, </s> as tokenizer.py writes them, 256 bytes, then a space, a, and both. */
static void put_tokenizer(void)
{
    qp_text_free(&out);
    put_number(6);
    for (int id = 0; id < tiny_rows; id++) {
        static const char *const text[] = {"<unk>", "\n<s>\n", "\n</s>\n", " ", "a", " a"};
        char byte[8];
        snprintf(byte, sizeof byte, "<0x%02X>", (id - 3) & 255);
        const char *piece = id < 3 ? text[id] : id < 259 ? byte : text[id - 256];
        put_float(id == 259 ? -2.0F : id == 260 ? -1.0F : 0.0F);
        put_number((int32_t)strlen(piece));
        qp_text_add(&out, piece);
    }
    save("tokenizer.bin", out.bytes);
    qp_text_free(&out);
}

static void put_model(bool shared)
{
    qp_text_free(&out);
    if (version)
        put_new();
    else
        put_old(shared);
    save("m.bin", out.bytes);
}

static qp_status read_it(qp_package **package)
{
    char path[512];
    snprintf(path, sizeof path, "%s", folder_path("m.bin"));
    return qp_llama2c_package(path, "", package);
}

static void same_as_folder(const qp_package *p, const char *only)
{
    qp_hf_model folder;
    cr_assert_eq(qp_hf_import_model(folder_path(NULL), &(qp_hf_wish){NULL, true, 1, -1}, &folder), QP_OK, "%s",
                 qp_error_message());
    qp_params *x = qp_model_params(folder.model), *y = qp_model_params(p->model);
    for (int i = 0; i < qp_params_count(x); i++) {
        const qp_parameter *parameter = qp_params_at(x, i);
        int other = qp_params_find(y, parameter->name);
        cr_assert_geq(other, 0, "%s", parameter->name);
        if (only && !strstr(parameter->name, only)) continue;
        for (int k = 0; k < parameter->rows * parameter->columns; k++)
            cr_assert_float_eq((double)qp_params_value(x, i)[k], (double)qp_params_value(y, other)[k], 1e-6, "%s %d",
                               parameter->name, k);
    }
    qp_hf_model_free(&folder);
}

Test(llama2c, every_version_is_the_model_of_the_folder)
{
    put_tokenizer();
    for (version = 0; version < 2; version++) {
        qp_package *p;
        put_model(true);
        cr_assert_eq(read_it(&p), QP_OK, "%s", qp_error_message());
        same_as_folder(p, NULL);
        const qp_model_config *m = qp_model_config_of(p->model);
        cr_expect_eq(m->max_length, POSITIONS);
        cr_expect_eq(m->norm_epsilon, 1e-5);
        cr_expect(m->tied_embeddings);
        qp_package_free(p);
    }
    version = 0;
    qp_package *p;
    put_model(false);
    cr_assert_eq(read_it(&p), QP_OK, "%s", qp_error_message());
    int output = qp_params_find(qp_model_params(p->model), "generator.weight");
    cr_assert_geq(output, 0);
    cr_expect_float_eq((double)qp_params_value(qp_model_params(p->model), output)[1], 0.15, 1e-6);
    qp_package_free(p);
}

Test(llama2c, groups_have_factors)
{
    qp_package *p;
    put_tokenizer();
    version = 2;
    put_model(true);
    cr_assert_eq(read_it(&p), QP_OK, "%s", qp_error_message());
    same_as_folder(p, "norm");
    int gate = qp_params_find(qp_model_params(p->model), "decoder.layers.0.linear_gate.weight");
    const int first = (int)strlen(LAYER "mlp.gate_proj.weight");
    for (int i = 0; i < INNER * WIDTH; i++)
        cr_assert_eq((double)qp_params_value(qp_model_params(p->model), gate)[i], (first + i) % 100 * 0.5);
    qp_package_free(p);
}

Test(llama2c, its_tokenizer_merges_by_scores)
{
    qp_package *p;
    int32_t *id;
    int count;
    put_tokenizer();
    version = 0;
    put_model(true);
    cr_assert_eq(read_it(&p), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_tokenizer_encode(p->target, "ab", 2, &id, &count), QP_OK);
    cr_assert_eq(count, 2);
    cr_expect_eq(id[0], 261);
    cr_expect_eq(id[1], 3 + 'b');
    free(id);
    cr_expect_eq(qp_tokenizer_special(p->target)->begin, 1);
    cr_expect_eq(qp_tokenizer_special(p->target)->end, 1, "run.c ends a text at <s>");
    qp_package_free(p);
}

static void refused(qp_status wanted, const char *words)
{
    qp_package *p;
    cr_expect_eq(read_it(&p), wanted, "%s", words);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
}

Test(llama2c, what_does_not_fit_is_refused)
{
    version = 0;
    put_model(true);
    refused(QP_ENOINPUT, "no tokenizer.bin");
    put_tokenizer();
    put_model(true);
    for (size_t bytes = out.bytes - 1; bytes > 0; bytes = bytes < 40 ? bytes - 1 : bytes / 2) {
        save("m.bin", bytes);
        refused(QP_EDATA, "not a model of llama2.c");
    }
    ((int32_t *)(void *)out.text)[0] = 1 << 30;
    save("m.bin", out.bytes);
    refused(QP_EDATA, "out of range");
    ((int32_t *)(void *)out.text)[0] = WIDTH;
    ((int32_t *)(void *)out.text)[3] = 3;
    save("m.bin", out.bytes);
    refused(QP_EDATA, "its heads do not divide");
    memcpy(out.text, "PK\3\4", 4);
    save("m.bin", out.bytes);
    refused(QP_EDATA, "a pickle of PyTorch");
    version = 3;
    put_model(true);
    refused(QP_EDATA, "version 3");
    version = 2;
    put_model(true);
    memset(out.text + 37, 0, 4);
    save("m.bin", out.bytes);
    refused(QP_EDATA, "a group of no");
    qp_text_free(&out);
}
