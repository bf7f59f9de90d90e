#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/config/config.h"
#include "lib/run/settings/train_settings.h"
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
        const qp_stored *found;
        (void)!qp_safetensors_need(file, stored->name, stored->dimensions, stored->shape, &found);
        (void)!qp_safetensors_need(file, stored->name, 1, (const int64_t[]){-1}, &found);
        if (stored->count > 100000) continue;
        int64_t *whole = malloc((stored->count + 1) * sizeof *whole);
        if (whole) (void)!qp_safetensors_integers(file, stored, whole);
        free(whole);
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

/* Settings that were read are written and read again: the same values. */
static void write_settings(int tables, const qp_field_table **table, void **object, void **other)
{
    char path[64], was[QP_FIELD_TEXT_BYTES], is[QP_FIELD_TEXT_BYTES];
    int file = memfd_create("written", 0);
    FILE *stream = file >= 0 ? fdopen(file, "w") : NULL;
    if (!stream) return;
    qp_config_yaml_write(stream, table, object, tables);
    fflush(stream);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    for (int t = 0; t < tables; t++) qp_config_defaults(table[t], other[t]);
    qp_fuzz_require(qp_config_yaml_load(path, table, other, tables) == QP_OK, "settings that were written are read");
    for (int t = 0; t < tables; t++)
        for (int i = 0; i < table[t]->count; i++)
            qp_fuzz_require(strcmp(qp_config_get(&table[t]->field[i], object[t], was, sizeof was),
                                   qp_config_get(&table[t]->field[i], other[t], is, sizeof is)) == 0,
                            "and are the same");
    fclose(stream);
}

/* The settings of a tokenizer, one table, or of a training, all of its tables. */
static void read_settings(const char *path, bool of_training)
{
    static qp_train_settings settings, again;
    static qp_tokenizer_config config, config_again;
    const qp_field_table *table[QP_TRAIN_ALL_TABLES] = {&qp_tokenizer_fields};
    void *object[QP_TRAIN_ALL_TABLES] = {&config}, *other[QP_TRAIN_ALL_TABLES] = {&config_again};
    const int tables = of_training ? QP_TRAIN_TABLES : 1;
    if (of_training) {
        qp_train_tables(&again, table, other);
        qp_train_tables(&settings, table, object);
    }
    for (int t = 0; t < tables; t++) qp_config_defaults(table[t], object[t]);
    if (qp_config_yaml_load(path, table, object, tables) == QP_OK) write_settings(tables, table, object, other);
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
            read_settings(path, data[0] & 2);
        else
            read_safetensors(path);
    }
    close(file);
    return 0;
}
