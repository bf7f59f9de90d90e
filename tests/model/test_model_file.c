#include "lib/model/model_file.h"
#include "lib/package/model_average.h"

#include <criterion/criterion.h>
#include <math.h>
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

/* ---- matrices in fewer bits ---- */

static void save_quantized(qp_weight_type type, const char *const *setting, int settings)
{
    qp_model *model = model_small(setting, settings);
    cr_assert_eq(qp_params_quantize(qp_model_params(model), type), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK, "%s", qp_error_message());
    qp_model_free(model);
}

Test(model_file, matrices_in_fewer_bits_come_back)
{
    static const qp_weight_type types[] = {QP_WEIGHT_BF16, QP_WEIGHT_FP16, QP_WEIGHT_INT8};
    static const char *const setting[] = {"encoder=lstm", "decoder=transformer", "emb_size=36"};
    for (int t = 0; t < 3; t++) {
        save_quantized(types[t], setting, 3);
        qp_model *wanted = model_small(setting, 3), *model;
        qp_model_texts texts;
        int stored = 0;
        cr_assert_eq(qp_params_quantize(qp_model_params(wanted), types[t]), QP_OK);
        cr_assert_eq(qp_model_file_load(path, &model, &texts), QP_OK, "%s", qp_error_message());
        qp_params *a = qp_model_params(wanted), *b = qp_model_params(model);
        cr_assert_arr_eq(qp_params_block(a), qp_params_block(b), qp_params_size(a) * sizeof(qp_real));
        for (int i = 0; i < qp_params_count(a); i++) {
            const qp_parameter *p = qp_params_at(a, i);
            const qp_packed *x = qp_params_stored(a, i), *y = qp_params_stored(b, i);
            cr_assert_eq(!x, !y, "%s", p->name);
            cr_assert_eq(x != NULL, types[t] == QP_WEIGHT_INT8 ? p->product : p->rows > 1, "%s", p->name);
            if (!x) continue;
            stored++;
            cr_assert_eq(x->type, y->type);
            cr_assert_arr_eq(x->row, y->row, (size_t)p->rows * (size_t)p->columns * qp_weight_bytes(x->type));
            if (x->type == QP_WEIGHT_INT8) cr_assert_arr_eq(x->scale, y->scale, (size_t)p->rows * sizeof(float));
        }
        cr_assert_gt(stored, 10);
        qp_model_free(wanted);
        qp_model_free(model);
        qp_model_texts_free(&texts);
    }
}

/* in every type that has such numbers, whether the file is read or mapped */
Test(model_file, weights_that_are_not_finite)
{
    static const char *const setting[] = {"encoder=none", "task=lm", "tied_embeddings=false"};
    for (int type = QP_WEIGHT_PANELS; type <= QP_WEIGHT_FP16; type++)
        for (int mapped = 0; mapped < 2; mapped++) {
            qp_model *model = model_small(setting, 3), *loaded;
            qp_params *params = qp_model_params(model);
            qp_model_texts texts;
            const int index = qp_params_find(params, "generator.weight");
            cr_assert_geq(index, 0);
            if (type != QP_WEIGHT_PANELS) cr_assert_eq(qp_params_quantize(params, (qp_weight_type)type), QP_OK);
            const qp_packed *stored = qp_params_stored(params, index);
            if (stored)
                ((uint16_t *)(uintptr_t)stored->row)[5] = type == QP_WEIGHT_BF16 ? 0x7F80 : 0xFC00;
            else
                qp_params_value(params, index)[5] = (qp_real)NAN;
            cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK, "%s", qp_error_message());
            qp_status status = mapped ? qp_model_file_open(path, true, NULL, &loaded, &texts)
                                      : qp_model_file_load(path, &loaded, &texts);
            cr_expect_eq(status, QP_EDATA, "type %d", type);
            cr_expect_not_null(strstr(qp_error_message(), "'generator.weight': element 5 is "), "%s",
                               qp_error_message());
            qp_model_free(model);
        }
}

/* The file again, its checksum right, with array `name` changed: renamed, of another type or shape, or with other
 * content. */
typedef struct {
    const char *name, *new_name;
    qp_dtype dtype;
    int64_t rows;       /* 0: as they are */
    const float *scale; /* its first number */
} lie_of_array;

static void change_array(const lie_of_array *lie)
{
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(path, &file), QP_OK, "%s", qp_error_message());
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    for (int i = 0; i < qp_safetensors_metadata_count(file); i++)
        if (strcmp(qp_safetensors_metadata_key(file, i), QP_CHECKSUM_KEY) != 0)
            qp_safetensors_writer_metadata(writer, qp_safetensors_metadata_key(file, i),
                                           qp_safetensors_metadata_value(file, i));
    void *array[200];
    int arrays = qp_safetensors_count(file);
    cr_assert_leq(arrays, 200);
    for (int i = 0; i < arrays; i++) {
        qp_stored stored = *qp_safetensors_at(file, i);
        array[i] = calloc(stored.bytes + 1, 8);
        cr_assert_eq(qp_safetensors_bytes(file, &stored, array[i]), QP_OK);
        if (strcmp(stored.name, lie->name) == 0) {
            if (!lie->new_name) continue;
            stored.name = lie->new_name;
            stored.dtype = lie->dtype;
            if (lie->rows) stored.shape[0] = lie->rows;
            if (lie->scale) memcpy(array[i], lie->scale, sizeof *lie->scale);
        }
        qp_safetensors_writer_add(writer, stored.name, stored.dtype, stored.dimensions, stored.shape, array[i]);
    }
    cr_assert_eq(qp_safetensors_writer_save(writer, path), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < arrays; i++) free(array[i]);
    qp_safetensors_close(file);
}

Test(model_file, damaged_matrices_of_8_bits_are_refused)
{
#define MATRIX "encoder.layers.0.linear1.weight"
#define VECTOR "encoder.layers.0.linear1.bias"
    static const float nan = NAN, infinite = INFINITY, negative = -1, zero = 0;
    static const struct {
        lie_of_array lie;
        const char *why; /* NULL: such a file is read */
    } lies[] = {
        {{MATRIX ".scale", MATRIX ".scale", QP_DTYPE_F32, 0, &nan}, "factor 0 is "},
        {{MATRIX ".scale", MATRIX ".scale", QP_DTYPE_F32, 0, &infinite}, "factor 0 is inf"},
        {{MATRIX ".scale", MATRIX ".scale", QP_DTYPE_F32, 0, &negative}, "factor 0 is -1"},
        {{MATRIX ".scale", MATRIX ".scale", QP_DTYPE_F32, 0, &zero}, NULL},
        {{MATRIX ".scale", MATRIX ".scale", QP_DTYPE_F64, 0, NULL}, "F64 where F32"},
        {{MATRIX ".scale", MATRIX ".scale", QP_DTYPE_F32, 47, NULL}, "is [47] where [48] is needed"},
        {{MATRIX ".scale", "other.scale", QP_DTYPE_F32, 0, NULL}, "has no .scale"},
        {{MATRIX ".scale", NULL, QP_DTYPE_F32, 0, NULL}, "arrays where its configuration"},
        {{VECTOR, VECTOR, QP_DTYPE_F32, 0, &nan}, VECTOR "': element 0 is "},
        {{VECTOR, VECTOR, QP_DTYPE_F32, 0, &infinite}, VECTOR "': element 0 is inf"},
        {{MATRIX, MATRIX, QP_DTYPE_U8, 0, NULL}, "arrays where its configuration"},
        {{MATRIX, MATRIX, QP_DTYPE_I8, 47, NULL}, "is [47, 32] where [48, 32] is needed"},
    };
    static const char *const setting[] = {"bias=true"};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        save_quantized(QP_WEIGHT_INT8, setting, 1);
        change_array(&lies[i].lie);
        cr_expect_eq(load_and_free(), lies[i].why ? QP_EDATA : QP_OK, "%zu", i);
        if (lies[i].why) cr_expect(strstr(qp_error_message(), lies[i].why), "%s", qp_error_message());
    }
#undef MATRIX
#undef VECTOR
}

Test(model_file, a_quantized_file_cut_short_or_changed_is_refused)
{
    save_quantized(QP_WEIGHT_INT8, NULL, 0);
    FILE *stream = fopen(path, "r+b");
    cr_assert(stream && fseek(stream, -1, SEEK_END) == 0);
    long last = ftell(stream);
    int byte = getc(stream);
    cr_assert(fseek(stream, -1, SEEK_END) == 0 && putc(byte ^ 1, stream) >= 0 && fclose(stream) == 0);
    cr_expect_eq(load_and_free(), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "checksum"), "%s", qp_error_message());
    for (long bytes = 0; bytes < last; bytes += 1 + last / 17) {
        cr_assert_eq(truncate(path, last - bytes), 0);
        cr_expect_eq(load_and_free(), QP_EDATA, "%ld bytes", last - bytes);
    }
}

Test(model_file, an_average_is_fp32)
{
    save_quantized(QP_WEIGHT_INT8, NULL, 0);
    char mean[sizeof path + 8];
    snprintf(mean, sizeof mean, "%s.mean", path);
    const char *const from[] = {path, path};
    cr_assert_eq(qp_model_average(mean, from, 2), QP_OK, "%s", qp_error_message());
    qp_model *one, *average;
    qp_model_texts texts, other;
    cr_assert_eq(qp_model_file_load(path, &one, &texts), QP_OK);
    cr_assert_eq(qp_model_file_load(mean, &average, &other), QP_OK, "%s", qp_error_message());
    qp_params *a = qp_model_params(one), *b = qp_model_params(average);
    cr_assert_arr_eq(qp_params_block(a), qp_params_block(b), qp_params_size(a) * sizeof(qp_real));
    for (int i = 0; i < qp_params_count(b); i++) cr_assert_null(qp_params_stored(b, i));
    qp_model_free(one), qp_model_free(average);
    qp_model_texts_free(&texts), qp_model_texts_free(&other);
    unlink(mean);
}
