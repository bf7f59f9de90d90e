#include "lib/package/package.h"

#include <stdlib.h>
#include <string.h>

#include "lib/model/model_file.h"
#include "lib/package/decoding_rules.h"
#include "lib/text/json_reader.h"
#include "tokenizer/tokenizer_file.h"

qp_status qp_package_new(qp_package **package)
{
    *package = calloc(1, sizeof **package);
    return *package ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for a model");
}

static void free_tokenizers(qp_package *package)
{
    if (package->target != package->source) qp_tokenizer_free(package->target);
    qp_tokenizer_free(package->source);
}

void qp_package_set_tokenizers(qp_package *package, qp_tokenizer *source, qp_tokenizer *target)
{
    package->source = source;
    package->target = target;
    package->source_codec = source ? qp_tokenizer_codec(source) : (qp_text_codec){0};
    package->target_codec = target ? qp_tokenizer_codec(target) : (qp_text_codec){0};
    qp_package_set_model(package, package->model);
}

/* ---- a token before or after every text ---- */

static qp_status encode_begun(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    const qp_begun_codec *codec = self;
    QP_TRY(codec->inner.encode(codec->inner.self, text, bytes, id, count));
    int32_t *grown = realloc(*id, ((size_t)*count + 2) * sizeof *grown);
    if (!grown) {
        free(*id);
        *id = NULL;
        return qp_fail(QP_EMEMORY, "out of memory for a text of %d tokens", *count);
    }
    *id = grown;
    if (codec->last >= 0) grown[(*count)++] = qp_codec_special(&codec->inner).end;
    if (codec->begin < 0) return QP_OK;
    memmove(grown + 1, grown, (size_t)*count * sizeof *grown);
    grown[0] = codec->begin;
    ++*count;
    return QP_OK;
}

static qp_status decode_begun(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    const qp_begun_codec *codec = self;
    return codec->inner.decode(codec->inner.self, id, count, text, bytes);
}

static const char *piece_begun(void *self, int32_t id)
{
    const qp_begun_codec *codec = self;
    return codec->inner.piece(codec->inner.self, id);
}

static void begin_sources(qp_package *package, int32_t begin, int32_t last)
{
    qp_text_codec *codec = &package->source_codec;
    qp_begun_codec *begun = &package->begun;
    if (codec->encode == encode_begun) *codec = begun->inner;
    *begun = (qp_begun_codec){*codec, begin, last, qp_codec_special(codec)};
    if (last >= 0) {
        begun->special.end = last;
        codec->special = &begun->special;
    }
    codec->self = &package->begun;
    codec->encode = encode_begun;
    codec->decode = decode_begun;
    codec->piece = piece_begun;
}

void qp_package_set_model(qp_package *package, qp_model *model)
{
    package->model = model;
    const qp_model_config *config = model ? qp_model_config_of(model) : NULL;
    if (config && config->begin_token && config->task == QP_TASK_TRANSLATE && package->source)
        begin_sources(package, qp_tokenizer_special(package->source)->begin, -1);
    if (model)
        qp_model_set_special(model, qp_codec_special(&package->source_codec), qp_codec_special(&package->target_codec));
}

qp_status qp_package_set_language(qp_package *package, int32_t id)
{
    json_t *root;
    bool last = false;
    if (package->decoding) {
        QP_TRY(qp_decoding_read(package->decoding, &root));
        last = json_is_true(json_object_get(root, "last"));
        json_decref(root);
    }
    begin_sources(package, last ? -1 : id, last ? id : -1);
    return QP_OK;
}

/* The language of the sources where no other is given. */
static qp_status read_decoding(const char *path, const qp_model_texts *texts, qp_package *package)
{
    json_t *root;
    if (!texts->decoding) return QP_OK;
    const qp_model_config *config = qp_model_config_of(package->model);
    int64_t ids = config->src_vocab_size > config->tgt_vocab_size ? config->src_vocab_size : config->tgt_vocab_size;
    QP_TRY(qp_decoding_check(path, texts->decoding, ids));
    package->decoding = strdup(texts->decoding);
    if (!package->decoding) return qp_fail(QP_EMEMORY, "%s: out of memory while loading", path);
    QP_TRY(qp_json_read(path, package->decoding, strlen(package->decoding), 0, &root));
    const json_t *source = json_object_get(root, "source");
    qp_status status = QP_OK;
    if (source && package->source) status = qp_package_set_language(package, (int32_t)json_integer_value(source));
    json_decref(root);
    return status;
}

void qp_package_free(qp_package *package)
{
    if (!package) return;
    qp_model_free(package->model);
    free_tokenizers(package);
    qp_labels_free(&package->labels);
    qp_scaling_free(&package->scaling);
    free(package->decoding);
    free(package->base);
    free(package->base_checksum);
    free(package);
}

/* ---- loading ---- */

/* Compares a tokenizer with the embedding it feeds: `side` is "source" or "target". */
static qp_status check_tokenizer(const char *path, const char *side, const qp_tokenizer *tokenizer, int64_t rows)
{
    static const char *const special[] = {[QP_PAD] = "<pad>", [QP_BOS] = "<s>", [QP_EOS] = "</s>", [QP_UNK] = "<unk>"};
    int size = qp_tokenizer_size(tokenizer), wrong = -1;
    bool own = qp_tokenizer_is_own(tokenizer), ends = qp_tokenizer_special(tokenizer)->end >= 0;
    for (int id = 0; own && wrong < 0 && id < QP_SPECIAL_COUNT; id++)
        if (strcmp(qp_tokenizer_piece(tokenizer, id), special[id]) != 0) wrong = id;
    if (own ? size != rows : size > rows) /* others round the rows up */
        return qp_fail(QP_EDATA, "%s: its %s tokenizer has %d pieces, its embedding %lld rows; the file is damaged",
                       path, side, size, (long long)rows);
    if (!ends) return qp_fail(QP_EDATA, "%s: its %s tokenizer has no end of a text; the file is damaged", path, side);
    if (wrong < 0) return QP_OK;
    return qp_fail(QP_EDATA, "%s: its %s tokenizer has no %s as id %d; the file is damaged", path, side, special[wrong],
                   wrong);
}

static qp_status missing(const char *path, const char *side, const char *part)
{
    return qp_fail(QP_EDATA, "%s: its %s tokenizer is missing, which its %s needs; the file is incomplete", path, side,
                   part);
}

/* The tokenizers of a file, parsed while its weights are compared with the checksum. */
typedef struct {
    const char *path;
    qp_tokenizer *source, *target;
} tokenizers;

static qp_status parse_tokenizers(void *self, const qp_model_texts *texts)
{
    tokenizers *t = self;
    const char *source = texts->source_tokenizer, *target = texts->target_tokenizer;
    if (source) QP_TRY(qp_tokenizer_from_json(t->path, source, strlen(source), &t->source));
    return target ? qp_tokenizer_from_json(t->path, target, strlen(target), &t->target) : QP_OK;
}

/* What the architecture needs: a source tokenizer for an encoder, a target tokenizer for a decoder. A decoder that
 * reads an encoder may share its tokenizer. Those that the package takes are no longer in `t`. */
static qp_status take_tokenizers(tokenizers *t, qp_package *package)
{
    const qp_model_config *config = qp_model_config_of(package->model);
    const char *path = t->path;
    bool reads = config->encoder != QP_KIND_NONE, writes = qp_model_task_has_decoder(config->task);
    if (qp_model_reads_numbers(config)) return QP_OK;
    if (!t->source && !t->target)
        return qp_fail(QP_EDATA, "%s: a model without a tokenizer; train it with quipu train", path);
    if (reads && !t->source) return missing(path, "source", "encoder");
    if (!reads && !t->target) return missing(path, "target", "decoder");
    if (writes && !t->target && config->src_vocab_size != config->tgt_vocab_size)
        return missing(path, "target", "decoder");
    if (reads) QP_TRY(check_tokenizer(path, "source", t->source, config->src_vocab_size));
    if (writes && t->target) QP_TRY(check_tokenizer(path, "target", t->target, config->tgt_vocab_size));
    qp_tokenizer *source = reads ? t->source : NULL, *target = writes && t->target ? t->target : source;
    qp_package_set_tokenizers(package, source, target);
    if (source) t->source = NULL;
    if (target == t->target) t->target = NULL;
    return QP_OK;
}

static qp_status damaged(const char *path, const char *what)
{
    return qp_fail(QP_EDATA, "%s: its %s are missing or do not fit the model; the file is damaged", path, what);
}

/* How a model of numbers reads images. */
static qp_status read_images(const char *path, const qp_model_texts *texts, qp_package *package)
{
    const qp_model_config *config = qp_model_config_of(package->model);
    qp_status status = texts->scaling ? qp_image_format_parse(texts->scaling, &package->images) : QP_EDATA;
    if (status == QP_EMEMORY) return status;
    if (status != QP_OK || qp_image_features(&package->images) != config->features ||
        qp_image_patches(&package->images) > config->max_length)
        return damaged(path, "size of images and patches");
    return QP_OK;
}

/* The labels of a classifier or tagger, the scaling of a forecaster. */
static qp_status read_rest(const char *path, const qp_model_texts *texts, qp_package *package)
{
    const qp_model_config *config = qp_model_config_of(package->model);
    if (config->task == QP_TASK_CLASSIFY || config->task == QP_TASK_TAG) {
        qp_status status = texts->labels ? qp_labels_parse(texts->labels, &package->labels) : QP_EDATA;
        if (status == QP_EMEMORY) return status;
        if (status != QP_OK || package->labels.count != config->labels) return damaged(path, "labels");
    } else if (config->task == QP_TASK_REGRESS) {
        qp_status status = texts->scaling ? qp_scaling_parse(texts->scaling, &package->scaling) : QP_EDATA;
        if (status == QP_EMEMORY) return status;
        if (status != QP_OK || package->scaling.columns != config->features ||
            package->scaling.horizon != config->horizon)
            return damaged(path, "columns and scaling");
    }
    if (config->features && config->task != QP_TASK_REGRESS) QP_TRY(read_images(path, texts, package));
    if (!texts->quantized) return QP_OK;
    qp_status status = qp_quantization_parse(texts->quantized, &package->quantized);
    return status == QP_EDATA ? damaged(path, "figures of rounding") : status;
}

static qp_status load_into(qp_package *package, const char *path, bool map, bool verify)
{
    tokenizers read = {path, NULL, NULL};
    const qp_texts_reader reader = {&read, parse_tokenizers};
    qp_model_texts texts;
    qp_status status = map ? qp_model_file_open(path, verify, &reader, &package->model, &texts)
                           : qp_model_file_load(path, &package->model, &texts);
    if (status == QP_OK && !map) status = parse_tokenizers(&read, &texts);
    if (status == QP_OK) status = take_tokenizers(&read, package);
    if (status == QP_OK) status = read_rest(path, &texts, package);
    if (status == QP_OK) status = read_decoding(path, &texts, package);
    qp_tokenizer_free(read.source);
    qp_tokenizer_free(read.target);
    qp_model_texts_free(&texts);
    return status;
}

static qp_status load(const char *path, bool map, bool verify, qp_package **package)
{
    qp_package *p;
    *package = NULL;
    QP_TRY(qp_package_new(&p));
    qp_status status = load_into(p, path, map, verify);
    if (status == QP_OK)
        *package = p;
    else
        qp_package_free(p);
    return status;
}

qp_status qp_package_load(const char *path, qp_package **package) { return load(path, false, true, package); }

qp_status qp_package_open(const char *path, bool verify, qp_package **package)
{
    *package = NULL;
    if (!*path) return qp_fail(QP_EUSAGE, "no model; name one with -m MODEL.safetensors");
    QP_TRY(load(path, true, verify, package));
    qp_status status = qp_params_pack(qp_model_params((*package)->model));
    if (status == QP_OK) return QP_OK;
    qp_package_free(*package);
    *package = NULL;
    return status;
}

/* ---- saving ---- */

qp_status qp_package_save(const qp_package *package, const char *path)
{
    qp_model_texts texts = {0};
    size_t bytes;
    qp_status status = QP_OK;
    if (package->source) status = qp_tokenizer_to_json(package->source, &texts.source_tokenizer, &bytes);
    if (status == QP_OK && package->target && package->target != package->source)
        status = qp_tokenizer_to_json(package->target, &texts.target_tokenizer, &bytes);
    if (status == QP_OK && package->labels.count) status = qp_labels_json(&package->labels, &texts.labels);
    if (status == QP_OK && package->scaling.columns) status = qp_scaling_json(&package->scaling, &texts.scaling);
    if (status == QP_OK && package->images.size.height) status = qp_image_format_json(&package->images, &texts.scaling);
    texts.decoding = package->decoding;
    texts.base = package->base;
    texts.base_checksum = package->base_checksum;
    texts.alpha = package->lora_alpha;
    if (status == QP_OK && package->quantized.type != QP_WEIGHT_PANELS)
        status = qp_quantization_json(&package->quantized, &texts.quantized);
    if (status == QP_OK) status = qp_model_file_save(path, package->model, &texts);
    texts.base = texts.base_checksum = texts.decoding = NULL; /* the package's */
    qp_model_texts_free(&texts);
    return status;
}
