#include "tests/import/import_folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"

static qp_safetensors_writer *writer;
static qp_real *kept[64];
static int count;

static char folder[64];

const char *folder_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s%s%s", folder, name ? "/" : "", name ? name : "");
    return path;
}

void folder_begin(void)
{
    snprintf(folder, sizeof folder, "/tmp/quipu-import-XXXXXX");
    cr_assert(mkdtemp(folder));
    writer = qp_safetensors_writer_new();
    count = 0;
}

static void forget(void)
{
    while (count > 0) free(kept[--count]);
    writer = NULL;
}

void folder_end(void)
{
    if (writer) qp_safetensors_writer_free(writer);
    forget();
    qp_file_remove_tree(folder_path(NULL));
}

void folder_file(const char *name, const char *text)
{
    FILE *file = fopen(folder_path(name), "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

void folder_bytes(const char *name, const char *bytes, size_t count_of_bytes)
{
    FILE *file = fopen(folder_path(name), "wb");
    cr_assert(file && fwrite(bytes, 1, count_of_bytes, file) == count_of_bytes && fclose(file) == 0);
}

void folder_sentencepiece(const char *name)
{
    qp_text_buffer spm = {0};
    const qp_spm_settings settings = {.model_type = QP_SPM_UNIGRAM, .id = {0, -1, 1, -1}, .add_dummy_prefix = true,
                                      .remove_extra_spaces = true, .escape_spaces = true, .pieces = 4};
    qp_spm_put_piece(&spm, "<unk>", 5, 0, QP_SPM_UNKNOWN);
    qp_spm_put_piece(&spm, "</s>", 4, 0, QP_SPM_CONTROL);
    qp_spm_put_piece(&spm, "\xe2\x96\x81", 3, -1, QP_SPM_NORMAL);
    qp_spm_put_piece(&spm, "a", 1, -1, QP_SPM_NORMAL);
    qp_spm_put_settings(&spm, &settings);
    folder_bytes(name, spm.text, spm.bytes);
    qp_text_free(&spm);
}

void folder_array(const char *name, int rows, int columns, int first)
{
    int64_t shape[] = {rows, columns};
    size_t total = (size_t)rows * (size_t)(columns ? columns : 1);
    qp_real *value = kept[count++] = malloc(total * sizeof *value);
    for (size_t i = 0; i < total; i++) value[i] = (qp_real)((double)(first + (int)i) / 100);
    qp_safetensors_writer_add(writer, name, QP_DTYPE_REAL, columns ? 2 : 1, shape, value);
}

void folder_weights(const char *name)
{
    cr_assert_eq(qp_safetensors_writer_save(writer, folder_path(name)), QP_OK, "%s", qp_error_message());
    forget();
    writer = qp_safetensors_writer_new();
}

static void array(const char *without, const char *name, int rows, int columns)
{
    if (!without || strcmp(without, name) != 0) folder_array(name, rows, columns, (int)strlen(name));
}

void folder_gpt2(const char *more, const char *without)
{
    static const char *const vectors[] = {"h.0.ln_1.weight", "h.0.ln_1.bias", "h.0.ln_2.weight",     "h.0.ln_2.bias",
                                          "ln_f.weight",     "ln_f.bias",     "h.0.attn.c_proj.bias",
                                          "h.0.mlp.c_proj.bias"};
    char text[1024];
    snprintf(text, sizeof text,
             "{\"model_type\": \"gpt2\", \"architectures\": [\"GPT2LMHeadModel\"], \"n_embd\": 4, \"n_layer\": 1, "
             "\"n_head\": 2, \"n_inner\": 8, \"n_positions\": 5, \"vocab_size\": 6, \"eos_token_id\": 2%s}",
             more);
    folder_file("config.json", text);
    array(without, "transformer.wte.weight", 6, 4);
    array(without, "transformer.wpe.weight", 5, 4);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) array(without, vectors[i], 4, 0);
    array(without, "h.0.attn.c_attn.weight", 4, 12);
    array(without, "h.0.attn.c_attn.bias", 12, 0);
    array(without, "h.0.attn.c_proj.weight", 4, 4);
    array(without, "h.0.mlp.c_fc.weight", 4, 8);
    array(without, "h.0.mlp.c_fc.bias", 8, 0);
    array(without, "h.0.mlp.c_proj.weight", 8, 4);
}
