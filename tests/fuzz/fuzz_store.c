#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/config/config.h"
#include "lib/store/safetensors.h"
#include "tests/fuzz/fuzz_targets.h"
#include "tokenizer/own/tokenizer_config.h"

static void read_safetensors(const char *path)
{
    qp_safetensors *file;
    if (qp_safetensors_open(path, &file) != QP_OK) return;
    for (int i = 0; i < qp_safetensors_count(file); i++) {
        const qp_stored *stored = qp_safetensors_at(file, i);
        qp_fuzz_require(qp_safetensors_find(file, stored->name) != NULL, "an array is found by its name");
        if (stored->count > 100000) continue;
        qp_real *value = malloc((stored->count + 1) * sizeof *value);
        if (value) (void)!qp_safetensors_reals(file, stored, value);
        free(value);
    }
    for (int i = 0; i < qp_safetensors_metadata_count(file); i++)
        qp_fuzz_require(qp_safetensors_metadata(file, qp_safetensors_metadata_key(file, i)) != NULL,
                        "a text by its key");
    (void)!qp_safetensors_verify(file);
    qp_safetensors_close(file);
}

static void read_settings(const char *path)
{
    qp_tokenizer_config config;
    const qp_field_table *table = &qp_tokenizer_fields;
    void *object = &config;
    qp_config_defaults(table, &config);
    (void)!qp_config_yaml_load(path, &table, &object, 1);
}

int qp_fuzz_store(const uint8_t *data, size_t bytes)
{
    char path[64];
    if (bytes == 0) return 0;
    int file = memfd_create("fuzz", 0);
    if (file < 0) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, data + 1, bytes - 1) == (ssize_t)(bytes - 1)) {
        if (data[0] & 1)
            read_settings(path);
        else
            read_safetensors(path);
    }
    close(file);
    return 0;
}
