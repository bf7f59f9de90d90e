#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/import/ctranslate2/ct2_model.h"
#include "lib/import/gguf/gguf_blocks.h"
#include "lib/import/gguf/gguf_package.h"
#include "lib/import/gguf/llama2c.h"
#include "lib/import/gguf/llama2c_weights.h"
#include "lib/import/marian/marian_model.h"
#include "lib/import/vocabulary_file.h"
#include "lib/store/npz_read.h"
#include "tests/fuzz/fuzz_targets.h"

/* A file that is read is a whole package. */
static void read_gguf(const char *path)
{
    qp_package *package;
    if (qp_gguf_package(path, "", &package) != QP_OK) return;
    qp_fuzz_require(package->model && package->target, "a package has a model and a tokenizer");
    qp_fuzz_require(qp_tokenizer_special(package->target)->end >= 0, "a token ends a text");
    qp_package_free(package);
}

/* The weights alone; a tokenizer of llama2.c is a file of its own. */
static void read_llama2c(const char *path)
{
    qp_llama2c *file;
    if (qp_llama2c_open(path, &file) != QP_OK) return;
    const qp_weight_source source = qp_llama2c_arrays(file);
    for (int i = 0; i < source.count; i++) {
        const qp_weight_array a = source.at(source.self, i);
        qp_real *value = a.count < 100000 ? malloc(a.count * sizeof *value) : NULL;
        if (value) qp_fuzz_require(source.read(source.self, i, value) == QP_OK, "an array that is listed is there");
        free(value);
    }
    qp_llama2c_close(file);
}

static void read_llama2c_tokenizer(const char *path)
{
    qp_tokenizer *tokenizer;
    if (qp_llama2c_tokenizer(path, &tokenizer) == QP_OK) qp_tokenizer_free(tokenizer);
}

/* A model of any sizes: the vocabularies have as many words as the file has rows. */
static void read_ctranslate2(const char *path)
{
    qp_ct2_file *file;
    qp_model *model = NULL;
    if (qp_ct2_open(path, &file) != QP_OK) return;
    qp_weight_source arrays = qp_ct2_arrays(file);
    qp_ct2_facts facts = {.epsilon = 1e-5, .length = 64};
    for (int i = 0; i < arrays.count; i++) {
        qp_weight_array a = arrays.at(arrays.self, i);
        if (strcmp(a.name, "decoder/embeddings/weight") == 0) facts.target_words = (int)a.shape[0];
        if (strcmp(a.name, "encoder/embeddings_0/weight") == 0) facts.source_words = (int)a.shape[0];
    }
    if (qp_ct2_model(file, &facts, &model) == QP_OK) qp_fuzz_require(model != NULL, "a model that was read is there");
    qp_model_free(model);
    qp_ct2_close(file);
}

/* The arrays of any .npz, then a model: the vocabularies have as many words as the file has rows. */
static void read_marian(const char *path)
{
    qp_npz_file *file;
    qp_model *model = NULL;
    float *vector;
    int rows, columns;
    if (qp_npz_matrix(path, "vectors", &vector, &rows, &columns) == QP_OK) {
        qp_fuzz_require(rows >= 0 && columns >= 1, "a matrix has columns");
        free(vector);
    }
    qp_marian_facts facts = {.shared = true};
    if (qp_npz_open(path, &file) != QP_OK) return;
    for (int i = 0; i < qp_npz_count(file); i++) {
        const qp_npz_array *a = qp_npz_at(file, i);
        char *value = qp_npz_readable(file, i) == QP_OK && a->count < 100000 ? malloc(a->count * 4 + 1) : NULL;
        if (value) qp_fuzz_require(qp_npz_values(file, i, value) == QP_OK, "an array that is listed is there");
        free(value);
        if (strcmp(a->name, "Wemb") == 0 && a->dimensions == 2 && a->shape[0] < 100000)
            facts.source_words = facts.target_words = (int)a->shape[0];
    }
    if (qp_marian_model(file, &facts, &model) == QP_OK) qp_fuzz_require(model != NULL, "a model that was read is it");
    qp_model_free(model);
    facts.target_words++, facts.source_words++;
    qp_fuzz_require(qp_marian_model(file, &facts, &model) != QP_OK, "a vocabulary has the rows of the embedding");
    qp_npz_close(file);
}

static void write_to(const char *path, const char *content, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    if (!file) return;
    fwrite(content, 1, bytes, file);
    fclose(file);
}

/* The same bytes under another name. */
static void copy_to(const char *from, const char *to)
{
    char *content;
    size_t bytes;
    if (qp_file_read(from, (size_t)1 << 24, &content, &bytes) != QP_OK) return;
    write_to(to, content, bytes);
    free(content);
}

static void read_names_as(const char *path, const char *ending)
{
    char named[64];
    qp_vocabulary_names names;
    snprintf(named, sizeof named, "/tmp/quipu-fuzz-%ld.%s", (long)getpid(), ending);
    copy_to(path, named);
    if (qp_vocabulary_read(named, &names) == QP_OK) {
        for (int i = 0; i < names.count; i++) qp_fuzz_require(*names.name[i] != 0, "no piece is empty");
        if (names.count > 0)
            qp_fuzz_require(qp_vocabulary_index(&names, names.name[0]) == 0, "the first piece is found first");
        (void)!qp_vocabulary_add_start(named, &names);
        qp_vocabulary_names_free(&names);
    }
    remove(named);
}

static void read_json_names(const char *path) { read_names_as(path, "json"); }
static void read_yaml_names(const char *path)
{
    read_names_as(path, "yml");
    read_names_as(path, "txt");
}

/* The bytes as blocks of every type. */
static void read_blocks(const char *path)
{
    char *content;
    size_t bytes;
    if (qp_file_read(path, (size_t)1 << 20, &content, &bytes) != QP_OK) return;
    for (uint32_t number = 0; number < 40; number++) {
        const qp_gguf_type *type = qp_gguf_type_of(number);
        const size_t blocks = type && type->bytes ? bytes / (size_t)type->bytes : 0;
        unsigned char *from = malloc(blocks * (type ? (size_t)type->bytes : 0) + 1);
        qp_real *to = malloc((blocks * (type ? (size_t)type->values : 0) + 1) * sizeof *to);
        if (from && to && blocks) {
            memcpy(from, content, blocks * (size_t)type->bytes);
            type->unpack(from, blocks, to);
        }
        free(from);
        free(to);
    }
    free(content);
}

/* A model of llama2.c beside its tokenizer: the length of the tokenizer in two bytes, the tokenizer, the model. */
static void read_llama2c_folder(const char *path)
{
    char folder[] = "/tmp/quipu-fuzz-XXXXXX", model[64], tokenizer[64], *content;
    size_t bytes;
    qp_package *package;
    if (qp_file_read(path, (size_t)1 << 20, &content, &bytes) != QP_OK) return;
    const size_t length = bytes > 2 ? (size_t)((unsigned char)content[0] | (unsigned char)content[1] << 8) : 0;
    if (length > 0 && length + 2 <= bytes && mkdtemp(folder)) {
        snprintf(model, sizeof model, "%s/model.bin", folder);
        snprintf(tokenizer, sizeof tokenizer, "%s/tokenizer.bin", folder);
        write_to(tokenizer, content + 2, length);
        write_to(model, content + 2 + length, bytes - 2 - length);
        for (int named = 0; named < 2 && qp_llama2c_is(model); named++)
            if (qp_llama2c_package(model, named ? tokenizer : "", &package) == QP_OK) qp_package_free(package);
        (void)qp_file_remove_tree(folder);
    }
    free(content);
}

static void (*const readers[])(const char *path) = {read_gguf,        read_llama2c,    read_llama2c_tokenizer,
                                                    read_ctranslate2, read_json_names, read_yaml_names,
                                                    read_marian,      read_blocks,     read_llama2c_folder};

int qp_fuzz_imports(const uint8_t *data, size_t bytes)
{
    char path[64];
    if (bytes == 0) return 0;
    int file = memfd_create("fuzz", 0);
    if (file < 0) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, data + 1, bytes - 1) == (ssize_t)(bytes - 1))
        readers[data[0] % (sizeof readers / sizeof *readers)](path);
    close(file);
    return 0;
}
