#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/hf_family.h"

/* hf_vit — vit: an encoder that reads the patches of an image after a class token. Names and equations:
 * modeling_vit.py of transformers 5; preprocessor_config.json says how pixels become numbers. */
enum { PATH_BYTES = 4096 };

/* A side, or [rows, columns]. */
static void sides_of(qp_json_config *json, const char *key, int fallback, int *rows, int *columns)
{
    const json_t *value = qp_json_config_find(json, key);
    bool list = json_is_array(value);
    const json_t *first = list ? json_array_get(value, 0) : value, *second = list ? json_array_get(value, 1) : value;
    *rows = *columns = fallback;
    if (!value) return;
    json_int_t a = json_integer_value(first), b = json_integer_value(second);
    if (!json_is_integer(first) || !json_is_integer(second) || (list && json_array_size(value) != 2) || a < 1 ||
        b < 1 || a > QP_IMAGE_SIDE_MOST || b > QP_IMAGE_SIDE_MOST) {
        qp_json_config_refuse(json, key, "not a side, or rows and columns");
        return;
    }
    *rows = (int)a;
    *columns = (int)b;
}

/* ---- preprocessor_config.json: z = (rescale_factor * pixel - mean) / std for each channel ---- */

/* The numbers of every channel; one number counts for all of them. */
static void channel_values(qp_json_config *json, const char *key, int channels, double fallback, double *value)
{
    const json_t *list = qp_json_config_find(json, key);
    for (int c = 0; c < channels; c++) {
        const json_t *one = json_is_array(list) ? json_array_get(list, (size_t)c) : list;
        value[c] = list ? json_number_value(one) : fallback;
        if (list && !json_is_number(one)) qp_json_config_refuse(json, key, "not a number for each channel");
        if (!isfinite(value[c])) qp_json_config_refuse(json, key, "out of range");
    }
}

static void read_moments(qp_json_config *json, qp_image_format *f)
{
    double mean[QP_IMAGE_COLORS] = {0}, deviation[QP_IMAGE_COLORS] = {1, 1, 1};
    int channels = f->size.channels < QP_IMAGE_COLORS ? f->size.channels : QP_IMAGE_COLORS;
    double factor = qp_json_config_real(json, "rescale_factor", 1.0 / 255);
    if (!qp_json_config_flag(json, "do_rescale", true)) factor = 1;
    if (qp_json_config_flag(json, "do_normalize", true)) {
        channel_values(json, "image_mean", channels, 0.5, mean);
        channel_values(json, "image_std", channels, 0.5, deviation);
    }
    if (!(factor > 0)) qp_json_config_refuse(json, "rescale_factor", "out of range");
    for (int c = 0; c < channels; c++) {
        if (!(deviation[c] > 0)) qp_json_config_refuse(json, "image_std", "out of range");
        f->mean_of[c] = mean[c] / factor;
        f->deviation_of[c] = deviation[c] / factor;
        if (f->mean_of[c] != f->mean_of[0] || f->deviation_of[c] != f->deviation_of[0]) f->by_channel = true;
    }
    f->mean = f->mean_of[0];
    f->deviation = f->deviation_of[0];
    if (f->by_channel && f->size.channels != QP_IMAGE_COLORS)
        qp_json_config_refuse(json, "image_mean", "another for each channel, which are not three colors");
    if (qp_json_config_flag(json, "do_center_crop", false))
        qp_json_config_refuse(json, "do_center_crop", "true: images are cut out of larger ones");
}

static void preprocessor(qp_hf_plan *plan)
{
    char path[PATH_BYTES];
    qp_json_config json = {.place = plan->json->place, .root = plan->json->root};
    bool there = plan->folder &&
                 snprintf(path, sizeof path, "%s/preprocessor_config.json", plan->folder) < PATH_BYTES &&
                 qp_file_exists(path);
    qp_status status = there ? qp_json_config_open(path, &json) : QP_OK;
    if (status == QP_OK) {
        read_moments(&json, &plan->images);
        status = json.status;
    }
    if (there) qp_json_config_close(&json);
    if (plan->json->status == QP_OK) plan->json->status = status;
}

/* ---- the model ---- */

static void vit(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    qp_json_config *json = plan->json;
    qp_image_format *f = &plan->images;
    m->task = plan->class->task;
    m->encoder = QP_KIND_TRANSFORMER;
    m->decoder = QP_KIND_NONE;
    m->emb_size = qp_json_config_need(json, "hidden_size", 1, 65536);
    m->enc_layers = qp_json_config_need(json, "num_hidden_layers", 0, 128);
    m->heads = qp_json_config_need(json, "num_attention_heads", 1, 1024);
    m->ff_size = qp_json_config_need(json, "intermediate_size", 1, 1048576);
    m->norm_epsilon = qp_json_config_real(json, "layer_norm_eps", 1e-12);
    m->activation = qp_hf_activation(json, "hidden_act", "gelu");
    m->qkv_bias = qp_json_config_flag(json, "qkv_bias", true) ? QP_SWITCH_ON : QP_SWITCH_OFF;
    m->pos = QP_POS_LEARNED;
    m->scale_embeddings = false;
    m->pooling = QP_POOLING_CLASS_TOKEN;
    f->size.channels = (int)qp_json_config_whole(json, "num_channels", 1, QP_IMAGE_SIDE_MOST, 3);
    sides_of(json, "image_size", 224, &f->size.height, &f->size.width);
    sides_of(json, "patch_size", 16, &f->patch_height, &f->patch_width);
    if (json->status != QP_OK) return;
    if (qp_image_size_check(json->place, f->size.height, f->size.width, f->size.channels) != QP_OK ||
        qp_image_format_check(f) != QP_OK || qp_image_features(f) > 65536 || qp_image_patches(f) > 1048576) {
        qp_json_config_refuse(json, "patch_size", "does not divide the image, or out of range");
        return;
    }
    m->features = qp_image_features(f);
    m->max_length = qp_image_patches(f);
    preprocessor(plan);
}

/* Without a head: the class token's vector, through a pooler if there is one. */
static void vit_body(qp_hf_plan *plan)
{
    qp_model_config *m = plan->model;
    if (!qp_weights_have(plan->source, &plan->shape, "pooler.dense.weight")) return;
    const int f = qp_hf_activation(plan->json, "pooler_act", "tanh");
    m->pooler = f == QP_TANH ? QP_POOLER_TANH : f == QP_RELU ? QP_POOLER_RELU : QP_POOLER_GELU;
    if (f != QP_GELU && f != QP_RELU && f != QP_TANH)
        qp_json_config_refuse(plan->json, "pooler_act", "not one of tanh, relu, gelu");
    if (qp_json_config_whole(plan->json, "pooler_output_size", 1, 65536, m->emb_size) != m->emb_size)
        qp_json_config_refuse(plan->json, "pooler_output_size", "not hidden_size");
}

/* ---- the rows ---- */

#define SAME(ours, theirs)                                                                                             \
    {ours ".weight", theirs ".weight", QP_WEIGHT_PLAIN}, { ours ".bias", theirs ".bias", QP_WEIGHT_PLAIN }
#define OURS "encoder.layers.#."
#define THEIRS "encoder.layer.#."
#define PART(part, what) THEIRS "attention.attention." part "." what

static const qp_weight_map vit_rows[] = {
    SAME("src_embed", "embeddings.patch_embeddings.projection"),
    {"src_embed.class_token", "embeddings.cls_token", QP_WEIGHT_PLAIN},
    {"encoder.positions.weight", "embeddings.position_embeddings", QP_WEIGHT_PLAIN},
    {OURS "self_attn.in_proj_weight", PART("query", "weight") "|" PART("key", "weight") "|" PART("value", "weight"),
     QP_WEIGHT_PLAIN},
    {OURS "self_attn.in_proj_bias", PART("query", "bias") "|" PART("key", "bias") "|" PART("value", "bias"),
     QP_WEIGHT_PLAIN},
    SAME(OURS "self_attn.out_proj", THEIRS "attention.output.dense"),
    SAME(OURS "norm1", THEIRS "layernorm_before"),
    SAME(OURS "norm2", THEIRS "layernorm_after"),
    SAME(OURS "linear1", THEIRS "intermediate.dense"),
    SAME(OURS "linear2", THEIRS "output.dense"),
    SAME("encoder.norm", "layernorm"),
    {NULL, "embeddings.mask_token", QP_WEIGHT_UNUSED},
    {NULL, "pooler.dense.weight", QP_WEIGHT_UNUSED},
    {NULL, "pooler.dense.bias", QP_WEIGHT_UNUSED},
};
static const qp_weight_map label_rows[] = {SAME("head", "/classifier")};
static const qp_weight_map body_rows[] = {SAME("head.dense", "pooler.dense")};
QP_HF_TABLE(vit);
QP_HF_TABLE(label);
QP_HF_TABLE(body);

static const qp_hf_class vit_class[] = {
    {"ViTForImageClassification", QP_TASK_CLASSIFY, &label_table, qp_hf_labels, false},
    {"ViTModel", QP_TASK_MATCH, &body_table, vit_body, false},
    {0}};

const qp_hf_family qp_hf_vit[] = {{"vit", "vit.", vit, &vit_table, vit_class, NULL}, {0}};
