#include "lib/base/beside.h"
#include "lib/model/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/config/model_config_json.h"
#include "lib/model/model_transfer.h"
#include "lib/ngram/ngram_file.h"
#include "lib/store/safetensors.h"

#define FORMAT_KEY "quipu.format"
#define FORMAT "1"
#define MODEL_KEY "quipu.model"
#define SOURCE_KEY "quipu.tokenizer.source"
#define TARGET_KEY "quipu.tokenizer.target"
#define LABELS_KEY "quipu.labels"
#define SCALING_KEY "quipu.scaling"
#define QUANTIZED_KEY "quipu.quantized"
#define DECODING_KEY "quipu.decoding"
#define TOKEN_WORD "ngram.token_word" /* I32 [target vocabulary] the word of each token, -1: none */

/* ---- saving ---- */

/* A single row is stored as a vector, which is what other readers expect of biases and norms. */
static int shape_of(const qp_parameter *p, int64_t shape[2])
{
    shape[0] = p->rows;
    shape[1] = p->columns;
    if (p->rows > 1) return 2;
    shape[0] = p->columns;
    return 1;
}

static void add_ngram(qp_safetensors_writer *writer, const qp_model *model)
{
    const int32_t *word;
    const qp_ngram *ngram = qp_model_ngram(model, &word);
    const int64_t tokens = qp_model_config_of(model)->tgt_vocab_size;
    if (!ngram) return;
    qp_ngram_file_add(writer, ngram);
    qp_safetensors_writer_add(writer, TOKEN_WORD, QP_DTYPE_I32, 1, &tokens, word);
}

static void put_text(qp_safetensors_writer *writer, const char *key, const char *text)
{
    if (text) qp_safetensors_writer_metadata(writer, key, text);
}

static qp_dtype dtype_of(qp_weight_type type)
{
    static const qp_dtype dtype[] = {QP_DTYPE_REAL, QP_DTYPE_BF16, QP_DTYPE_F16, QP_DTYPE_I8};
    return dtype[type];
}

static void add_scale(qp_safetensors_writer *writer, const qp_parameter *p, const qp_packed *stored)
{
    char name[sizeof p->name + sizeof QP_SCALE_ENDING];
    const int64_t rows = p->rows;
    snprintf(name, sizeof name, "%s" QP_SCALE_ENDING, p->name);
    qp_safetensors_writer_add(writer, name, QP_DTYPE_F32, 1, &rows, stored->scale);
}

/* Types of more bits first, so that every array begins at a multiple of its element's size. */
static void add_parameters(qp_safetensors_writer *writer, qp_params *params, bool trained_alone)
{
    for (int type = QP_WEIGHT_PANELS; type <= QP_WEIGHT_INT8; type++)
        for (int i = 0; i < qp_params_count(params); i++) {
            const qp_parameter *p = qp_params_at(params, i);
            const qp_packed *stored = qp_params_stored(params, i);
            int64_t shape[2];
            int dimensions = shape_of(p, shape);
            if (trained_alone && p->frozen) continue;
            if (type == QP_WEIGHT_PANELS && stored && stored->type == QP_WEIGHT_INT8) add_scale(writer, p, stored);
            if (type != (int)(stored ? stored->type : QP_WEIGHT_PANELS)) continue;
            qp_safetensors_writer_add(writer, p->name, dtype_of((qp_weight_type)type), dimensions, shape,
                                      stored ? stored->row : qp_params_value(params, i));
        }
}

qp_status qp_model_file_save(const char *path, const qp_model *model, const qp_model_texts *texts)
{
    static const qp_model_texts none;
    if (!texts) texts = &none;
    char *config;
    QP_TRY(qp_model_config_to_json(qp_model_config_of(model), &config));
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    if (!writer) {
        free(config);
        return qp_fail(QP_EMEMORY, "%s: out of memory while saving", path);
    }
    qp_safetensors_writer_metadata(writer, FORMAT_KEY, FORMAT);
    qp_safetensors_writer_metadata(writer, MODEL_KEY, config);
    put_text(writer, SOURCE_KEY, texts->source_tokenizer);
    put_text(writer, TARGET_KEY, texts->target_tokenizer);
    put_text(writer, LABELS_KEY, texts->labels);
    put_text(writer, SCALING_KEY, texts->scaling);
    put_text(writer, QP_ADAPTER_BASE, texts->base);
    put_text(writer, QP_ADAPTER_CHECKSUM, texts->base_checksum);
    char alpha[40];
    snprintf(alpha, sizeof alpha, "%.17g", texts->alpha);
    if (texts->base) put_text(writer, QP_ADAPTER_ALPHA, alpha);
    put_text(writer, QUANTIZED_KEY, texts->quantized);
    put_text(writer, DECODING_KEY, texts->decoding);
    add_parameters(writer, qp_model_params(model), texts->base != NULL);
    free(config);
    add_ngram(writer, model);
    return qp_safetensors_writer_save(writer, path);
}

/* ---- loading ---- */

/* Does the file hold exactly these parameters? Compared before memory is taken for them. */
static qp_status check_arrays(const qp_safetensors *file, const qp_params *params)
{
    int arrays = qp_params_count(params);
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        int64_t shape[2];
        int dimensions = shape_of(p, shape);
        const qp_stored *stored;
        QP_TRY(qp_safetensors_need(file, p->name, dimensions, shape, &stored));
        if (stored->dtype != QP_DTYPE_I8) continue;
        if (!qp_weight_fits(QP_WEIGHT_INT8, p->columns))
            return qp_fail(QP_EDATA, "%s: %s has too many columns for 8 bits; the file is damaged",
                           qp_safetensors_path(file), p->name);
        arrays++;
    }
    if (qp_safetensors_count(file) == arrays) return QP_OK;
    return qp_fail(QP_EDATA, "%s: has %d arrays where its configuration asks for %d; the file is damaged",
                   qp_safetensors_path(file), qp_safetensors_count(file), arrays);
}

static qp_weight_type weight_type_of(qp_dtype dtype)
{
    return dtype == QP_DTYPE_I8     ? QP_WEIGHT_INT8
           : dtype == QP_DTYPE_BF16 ? QP_WEIGHT_BF16
           : dtype == QP_DTYPE_F16  ? QP_WEIGHT_FP16
                                    : QP_WEIGHT_PANELS;
}

/* A matrix of fewer bits: its bytes, and the numbers that they stand for in the block. */
static qp_status fill_stored(const qp_safetensors *file, qp_params *params, int index, const qp_stored *stored)
{
    const qp_weight_type type = weight_type_of(stored->dtype);
    void *row;
    float *scale;
    QP_TRY(qp_params_store(params, index, type, &row, &scale));
    QP_TRY(qp_safetensors_bytes(file, stored, row));
    if (type == QP_WEIGHT_INT8) QP_TRY(qp_safetensors_scales(file, stored, scale));
    qp_params_restore(params, index);
    return QP_OK;
}

/* The trained part of a model, and the file that has the rest. */
static qp_status fill_adapter(const qp_safetensors *file, qp_params *params)
{
    char *base;
    QP_TRY(qp_adapter_base(file, &base));
    qp_status status = qp_params_finish(params);
    if (status == QP_OK) status = qp_adapter_fill(file, base, params);
    free(base);
    return status;
}

static bool is_aligned(const void *place, size_t bytes) { return (uintptr_t)place % bytes == 0; }

/* A parameter where the file has it. What has another type there, or is not aligned, is copied. */
static qp_status place_parameter(const qp_safetensors *file, qp_params *params, int index, const qp_stored *stored)
{
    const void *place = qp_safetensors_place(file, stored);
    const qp_weight_type type = weight_type_of(stored->dtype);
    const float *scale = NULL;
    qp_real *value;
    bool fits = is_aligned(place, qp_dtype_bytes(stored->dtype));
    if (fits && stored->dtype == QP_DTYPE_REAL) {
        qp_params_map_reals(params, index, place);
        return QP_OK;
    }
    if (type == QP_WEIGHT_INT8) QP_TRY(qp_safetensors_scales_place(file, stored, &scale));
    if (fits && type != QP_WEIGHT_PANELS && (scale || type != QP_WEIGHT_INT8))
        return qp_params_map_stored(params, index, type, place, scale);
    QP_TRY(qp_params_map_own(params, index, &value));
    return qp_safetensors_reals(file, stored, value);
}

static qp_status place_all(const qp_safetensors *file, qp_params *params)
{
    QP_TRY(check_arrays(file, params));
    QP_TRY(qp_params_map(params, qp_safetensors_mapped(file)));
    for (int i = 0; i < qp_params_count(params); i++)
        QP_TRY(place_parameter(file, params, i, qp_safetensors_find(file, qp_params_at(params, i)->name)));
    return QP_OK;
}

static qp_status fill(const qp_safetensors *file, qp_params *params)
{
    if (qp_safetensors_metadata(file, QP_ADAPTER_BASE)) return fill_adapter(file, params);
    if (qp_safetensors_mapped(file)) return place_all(file, params);
    QP_TRY(check_arrays(file, params));
    QP_TRY(qp_params_finish(params));
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_stored *stored = qp_safetensors_find(file, qp_params_at(params, i)->name);
        if (weight_type_of(stored->dtype) != QP_WEIGHT_PANELS)
            QP_TRY(fill_stored(file, params, i, stored));
        else
            QP_TRY(qp_safetensors_reals(file, stored, qp_params_value(params, i)));
    }
    return QP_OK;
}

/* The n-grams of a model, and which of their words each token is. */
static qp_status fill_ngram(const qp_safetensors *file, qp_model *model)
{
    const int64_t tokens = qp_model_config_of(model)->tgt_vocab_size;
    const qp_stored *stored;
    QP_TRY(qp_params_finish(qp_model_params(model)));
    QP_TRY(qp_safetensors_need(file, TOKEN_WORD, 1, &tokens, &stored));
    int64_t *wide = malloc((size_t)tokens * sizeof *wide);
    int32_t *word = malloc((size_t)tokens * sizeof *word);
    qp_ngram *ngram = NULL;
    int arrays = 0;
    qp_status status = wide && word ? qp_safetensors_integers(file, stored, wide)
                                    : qp_fail(QP_EMEMORY, "%s: out of memory while loading", qp_safetensors_path(file));
    if (status == QP_OK) status = qp_ngram_file_get(file, &ngram, &arrays);
    bool fits = status == QP_OK && qp_safetensors_count(file) == arrays + 1;
    for (int64_t i = 0; fits && i < tokens; i++) {
        fits = wide[i] >= -1 && wide[i] < qp_ngram_vocabulary(ngram);
        word[i] = (int32_t)wide[i];
    }
    if (status == QP_OK && !fits)
        status = qp_fail(QP_EDATA, "%s: its n-grams do not belong to its tokenizer; the file is damaged",
                         qp_safetensors_path(file));
    if (status == QP_OK)
        status = qp_model_ngram_set(model, ngram, word);
    else
        qp_ngram_free(ngram);
    free(wide);
    free(word);
    return status;
}

static qp_status copy_text(const qp_safetensors *file, const char *key, char **copy)
{
    const char *text = qp_safetensors_metadata(file, key);
    if (!text) return QP_OK;
    *copy = strdup(text);
    return *copy ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory while loading", qp_safetensors_path(file));
}

static qp_status copy_texts(const qp_safetensors *file, qp_model_texts *texts)
{
    QP_TRY(copy_text(file, SOURCE_KEY, &texts->source_tokenizer));
    QP_TRY(copy_text(file, TARGET_KEY, &texts->target_tokenizer));
    QP_TRY(copy_text(file, LABELS_KEY, &texts->labels));
    QP_TRY(copy_text(file, SCALING_KEY, &texts->scaling));
    QP_TRY(copy_text(file, QP_CHECKSUM_KEY, &texts->checksum));
    QP_TRY(copy_text(file, QUANTIZED_KEY, &texts->quantized));
    QP_TRY(copy_text(file, DECODING_KEY, &texts->decoding));
    return copy_text(file, QP_ADAPTER_BASE, &texts->base);
}

qp_status qp_model_file_texts(const char *path, qp_model_texts *texts)
{
    *texts = (qp_model_texts){0};
    qp_safetensors *file;
    QP_TRY(qp_safetensors_open(path, &file));
    qp_status status = copy_texts(file, texts);
    qp_safetensors_close(file);
    if (status != QP_OK) qp_model_texts_free(texts);
    return status;
}

qp_status qp_model_file_config(const char *path, qp_model_config *config, bool *found)
{
    qp_safetensors *file;
    QP_TRY(qp_safetensors_open(path, &file));
    const char *text = qp_safetensors_metadata(file, MODEL_KEY);
    *found = text && !qp_safetensors_metadata(file, QP_ADAPTER_BASE);
    qp_status status = *found ? qp_model_config_from_json(path, text, config) : QP_OK;
    qp_safetensors_close(file);
    return status;
}

static qp_status check_format(const qp_safetensors *file)
{
    const char *path = qp_safetensors_path(file), *format = qp_safetensors_metadata(file, FORMAT_KEY);
    if (!format || !qp_safetensors_metadata(file, MODEL_KEY))
        return qp_fail(QP_EDATA, "%s: a safetensors file, but not a model of quipu; make one with quipu train", path);
    if (strcmp(format, FORMAT) != 0)
        return qp_fail(QP_EDATA, "%s: model format %.20s, this quipu reads %s; use a newer quipu", path, format,
                       FORMAT);
    return QP_OK;
}

static qp_status load_from(const qp_safetensors *file, qp_model **model)
{
    const char *path = qp_safetensors_path(file);
    qp_model_config config;
    QP_TRY(qp_model_config_from_json(path, qp_safetensors_metadata(file, MODEL_KEY), &config));
    QP_TRY(qp_model_plan(&config, model));
    QP_TRY(config.decoder == QP_KIND_NGRAM ? fill_ngram(file, *model) : fill(file, qp_model_params(*model)));
    return qp_params_check_finite(qp_model_params(*model), path);
}

static qp_status verify_file(void *self) { return qp_safetensors_verify(self); }

/* The header is parsed and the tokenizers are read beside the checksum, which takes about as long. Its error counts
 * more than theirs. */
static qp_status load_texts(qp_safetensors *file, bool verify, const qp_texts_reader *reader, qp_model_texts *texts)
{
    qp_beside check = {0};
    if (verify) qp_beside_start(&check, verify_file, file);
    qp_status status = qp_safetensors_parse(file);
    if (status == QP_OK) status = check_format(file);
    if (status == QP_OK) status = copy_texts(file, texts);
    const qp_status read = status == QP_OK && reader ? reader->read(reader->self, texts) : QP_OK;
    if (verify) status = qp_beside_join(&check, status);
    return status == QP_OK ? read : status;
}

static qp_status load(const char *path, bool map, bool verify, const qp_texts_reader *reader, qp_model **model,
                      qp_model_texts *texts)
{
    *model = NULL;
    *texts = (qp_model_texts){0};
    qp_safetensors *file;
    QP_TRY(qp_safetensors_begin(path, &file));
    qp_status status = map ? qp_safetensors_map(file) : QP_OK;
    if (status == QP_OK) status = load_texts(file, verify, reader, texts);
    if (status == QP_OK) status = load_from(file, model);
    qp_safetensors_close(file);
    if (status == QP_OK) return QP_OK;
    qp_model_free(*model);
    *model = NULL;
    qp_model_texts_free(texts);
    return status == QP_EUSAGE ? QP_EDATA : status;
}

qp_status qp_model_file_load(const char *path, qp_model **model, qp_model_texts *texts)
{
    return load(path, false, true, NULL, model, texts);
}

qp_status qp_model_file_open(const char *path, bool verify, const qp_texts_reader *reader, qp_model **model,
                             qp_model_texts *texts)
{
    return load(path, true, verify, reader, model, texts);
}

void qp_model_texts_free(qp_model_texts *texts)
{
    free(texts->source_tokenizer);
    free(texts->target_tokenizer);
    free(texts->labels);
    free(texts->scaling);
    free(texts->checksum);
    free(texts->base);
    free(texts->base_checksum);
    free(texts->quantized);
    free(texts->decoding);
    *texts = (qp_model_texts){0};
}
