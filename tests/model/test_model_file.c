#include "lib/model/model_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/safetensors.h"
#include "tests/model/model_check.h"

/* Model files that lie: nothing crashes, and no memory is taken that the file does not account for. */

static char path[] = "/tmp/quipu-test-model-file-XXXXXX";

static void make_path(void) { close(mkstemp(path)); }
static void remove_path(void) { unlink(path); }
TestSuite(model_file, .init = make_path, .fini = remove_path);

static size_t resident_bytes(void)
{
    size_t pages = 0;
    FILE *stream = fopen("/proc/self/statm", "r");
    if (!stream || fscanf(stream, "%*u %zu", &pages) != 1) cr_skip_test("no /proc/self/statm");
    fclose(stream);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The file again with field `name` of the configuration changed to `value`, its checksum right. */
static void change(const char *name, const char *value)
{
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(path, &file), QP_OK, "%s", qp_error_message());
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    char key[80], config[20000];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    for (int i = 0; i < qp_safetensors_metadata_count(file); i++) {
        const char *meta = qp_safetensors_metadata_key(file, i), *text = qp_safetensors_metadata_value(file, i);
        if (strcmp(meta, QP_CHECKSUM_KEY) == 0) continue;
        if (strcmp(meta, "quipu.model") == 0) {
            const char *place = strstr(text, key);
            cr_assert_not_null(place, "%s", name);
            const char *old = place + strlen(key), *rest = strchr(old, '"');
            snprintf(config, sizeof config, "%.*s%s%s", (int)(old - text), text, value, rest);
            text = config;
        }
        qp_safetensors_writer_metadata(writer, meta, text);
    }
    void *array[200];
    int arrays = qp_safetensors_count(file);
    cr_assert_leq(arrays, 200);
    for (int i = 0; i < arrays; i++) {
        const qp_stored *stored = qp_safetensors_at(file, i);
        array[i] = malloc(stored->bytes + 1);
        cr_assert_eq(qp_safetensors_bytes(file, stored, array[i]), QP_OK);
        qp_safetensors_writer_add(writer, stored->name, stored->dtype, stored->dimensions, stored->shape, array[i]);
    }
    cr_assert_eq(qp_safetensors_writer_save(writer, path), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < arrays; i++) free(array[i]);
    qp_safetensors_close(file);
}

static void save_small(const char *const *setting, int settings)
{
    qp_model *model = model_small(setting, settings);
    cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK, "%s", qp_error_message());
    qp_model_free(model);
}

static qp_status load_and_free(void)
{
    qp_model *model;
    qp_model_texts texts;
    qp_status status = qp_model_file_load(path, &model, &texts);
    if (status != QP_OK) cr_expect_null(model);
    if (status != QP_OK) return status;
    qp_model_free(model);
    qp_model_texts_free(&texts);
    return QP_OK;
}

/* Sinusoidal and rotary positions are tables of --max-length rows, which no array of the file bounds. */
Test(model_file, a_large_max_length_costs_nothing)
{
    static const char *const pos[] = {"pos=sinusoidal", "pos=rope", "pos=alibi", "pos=relative"};
    for (int i = 0; i < 4; i++) {
        save_small(&pos[i], 1);
        change("max_length", "1048576");
        size_t before = resident_bytes();
        qp_model *model;
        qp_model_texts texts;
        cr_assert_eq(qp_model_file_load(path, &model, &texts), QP_OK, "%s", qp_error_message());
        model_check_stepping(model, true, pos[i]);
        cr_expect_lt(resident_bytes(), before + (32 << 20), "%s", pos[i]);
        qp_model_texts_free(&texts);
        qp_model_free(model);
    }
}

/* A configuration of a huge model over the arrays of a small one. */
Test(model_file, sizes_are_compared_before_memory_is_taken)
{
    static const struct {
        const char *setting[3];
        const char *name, *value;
    } lie[] = {
        {{NULL}, "emb_size", "65536"},
        {{NULL}, "ff_size", "1048576"},
        {{NULL}, "src_vocab_size", "16777216"},
        {{NULL}, "tgt_vocab_size", "16777216"},
        {{NULL}, "enc_layers", "128"},
        {{"pos=learned"}, "max_length", "1048576"},
        {{NULL}, "segments", "65536"},
        {{"encoder=gru", "decoder=lstm"}, "hidden_size", "65536"},
        {{"encoder=gru", "decoder=lstm"}, "attention_size", "65536"},
        {{"encoder=conv"}, "kernel_size", "1024"},
        {{"encoder=text-cnn"}, "kernel_size", "1024"},
        {{"task=autoencode", "decoder=gru", "attention=none"}, "bottleneck", "65536"},
        {{"task=autoencode", "decoder=gru", "attention=none"}, "variational", "true"},
    };
    for (size_t i = 0; i < sizeof lie / sizeof *lie; i++) {
        save_small(lie[i].setting, 3);
        cr_assert_eq(load_and_free(), QP_OK, "%s", qp_error_message());
        change(lie[i].name, lie[i].value);
        size_t before = resident_bytes();
        cr_expect_eq(load_and_free(), QP_EDATA, "%s=%s", lie[i].name, lie[i].value);
        cr_expect_lt(resident_bytes(), before + (16 << 20), "%s=%s", lie[i].name, lie[i].value);
    }
}

Test(model_file, values_out_of_range_are_refused)
{
    static const char *const wrong[][2] = {
        {"heads", "0"},      {"heads", "5"},       {"task", "nonsense"},     {"enc_layers", "-1"}, {"task", "classify"},
        {"decoder", "none"}, {"decoder", "ngram"}, {"encoder", "none"},      {"emb_size", "1e9"},  {"max_length", "0"},
        {"dropout", "nan"},  {"bias", "maybe"},    {"tgt_vocab_size", "-5"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        save_small(NULL, 0);
        change(wrong[i][0], wrong[i][1]);
        cr_expect_eq(load_and_free(), QP_EDATA, "%s=%s", wrong[i][0], wrong[i][1]);
    }
}

Test(model_file, a_configuration_that_is_too_long_is_refused)
{
    enum { BYTES = 1 << 17 };
    char *long_json = malloc(BYTES + 1);
    memset(long_json, ' ', BYTES);
    long_json[BYTES] = '\0';
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    qp_safetensors_writer_metadata(writer, "quipu.format", "1");
    qp_safetensors_writer_metadata(writer, "quipu.model", long_json);
    cr_assert_eq(qp_safetensors_writer_save(writer, path), QP_OK);
    cr_expect_eq(load_and_free(), QP_EDATA);
    cr_expect_not_null(strstr(qp_error_message(), "configuration of 131072 bytes"), "%s", qp_error_message());
    free(long_json);
}

/* Files of versions that had --series-loss. */
Test(model_file, the_former_name_of_the_loss_is_read)
{
    static const struct {
        const char *value;
        int loss;
    } former[] = {{"auto\",\"series_loss\":\"huber", QP_OBJECTIVE_HUBER},
                  {"auto\",\"series_loss\":\"mse", QP_OBJECTIVE_AUTO}};
    static const char *const setting[] = {"task=regress", "encoder=gru", "decoder=none", "features=2"};
    for (int i = 0; i < 2; i++) {
        save_small(setting, 4);
        change("loss", former[i].value);
        qp_model *model;
        qp_model_texts texts;
        cr_assert_eq(qp_model_file_load(path, &model, &texts), QP_OK, "%s", qp_error_message());
        cr_expect_eq(qp_model_config_of(model)->loss, former[i].loss);
        qp_model_free(model);
        qp_model_texts_free(&texts);
    }
}
