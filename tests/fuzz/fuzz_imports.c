#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/import/gguf/gguf_package.h"
#include "lib/import/gguf/llama2c.h"
#include "lib/import/gguf/llama2c_weights.h"
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

static void (*const readers[])(const char *path) = {read_gguf, read_llama2c, read_llama2c_tokenizer};

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
