#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/import/gguf/gguf_package.h"
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

static void (*const readers[])(const char *path) = {read_gguf};

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
