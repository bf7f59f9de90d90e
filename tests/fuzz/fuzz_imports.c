#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/import/ctranslate2/ct2_model.h"
#include "lib/import/gguf/gguf_package.h"
#include "lib/import/gguf/llama2c.h"
#include "lib/import/gguf/llama2c_weights.h"
#include "lib/import/marian/marian_model.h"
#include "lib/import/vocabulary_file.h"
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
    qp_npz_close(file);
}

/* The same bytes under another name. */
static void copy_to(const char *from, const char *to)
{
    char *content;
    size_t bytes;
    if (qp_file_read(from, (size_t)1 << 24, &content, &bytes) != QP_OK) return;
    FILE *file = fopen(to, "wb");
    if (file) {
        fwrite(content, 1, bytes, file);
        fclose(file);
    }
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
        qp_vocabulary_names_free(&names);
    }
    remove(named);
}

static void read_json_names(const char *path) { read_names_as(path, "json"); }
static void read_yaml_names(const char *path) { read_names_as(path, "yml"); }

static void (*const readers[])(const char *path) = {read_gguf,        read_llama2c,    read_llama2c_tokenizer,
                                                    read_ctranslate2, read_json_names, read_yaml_names,
                                                    read_marian};

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
