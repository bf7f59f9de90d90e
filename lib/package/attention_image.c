#include "lib/package/attention_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/predict.h"

/* The grid of patches, and how many rows come before it: a class token. */
typedef struct {
    int high, wide, first;
} grid;

static grid grid_of(const qp_package *package)
{
    const qp_image_format *f = &package->images;
    const qp_model_config *c = qp_model_config_of(package->model);
    return (grid){f->size.height / f->patch_height, f->size.width / f->patch_width,
                  c->pooling == QP_POOLING_CLASS_TOKEN || c->begin_token};
}

enum { NAME_BYTES = 24, ROWS_MOST = 4096 };

/* "1,1" "1,2" ...: names of the patches, after that of the class token; those of the grid's rows and columns. */
static qp_status label(const grid *g, qp_picture *picture)
{
    int patches = g->high * g->wide, most = patches + g->first;
    char (*name)[NAME_BYTES] = malloc(((size_t)most + 1) * sizeof *name);
    const char **text = malloc(((size_t)most + 1) * sizeof *text);
    qp_status status = name && text ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for a picture");
    for (int i = 0; status == QP_OK && i < most; i++) {
        int patch = i - g->first;
        snprintf(name[i], sizeof *name, "%d,%d", patch / g->wide + 1, patch % g->wide + 1);
        text[i] = patch < 0 ? "class" : name[i];
    }
    if (status == QP_OK) status = qp_picture_label(picture, QP_MAP_ENCODER, text, most, text, most);
    for (int i = 0; status == QP_OK && i < most; i++) {
        snprintf(name[i], sizeof *name, "%d", i + 1);
        text[i] = name[i];
    }
    if (status == QP_OK) status = qp_picture_label(picture, QP_MAP_CROSS, text, g->high, text, g->wide);
    free(name);
    free(text);
    return status;
}

/* Row 0 of a head's map if it is the only one or the class token's; else the mean of its rows. */
static void over_grid(const grid *g, qp_attention_map map, int head, int queries, float *weight)
{
    int patches = g->high * g->wide, keys = patches + g->first;
    int rows = g->first ? 1 : queries;
    for (int p = 0; p < patches; p++) {
        double sum = 0;
        for (int q = 0; q < rows; q++)
            sum += (double)*qp_tensor_row(map.weights, (head * queries + q) * keys + g->first + p);
        weight[p] = (float)(sum / rows);
    }
}

static qp_status add_maps(const grid *g, const qp_model_maps *maps, qp_picture *picture)
{
    int keys = g->high * g->wide + g->first;
    float *weight = malloc((size_t)keys * (size_t)keys * sizeof *weight);
    qp_status status = weight ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for a picture");
    bool pooled = false;
    for (int e = 0; e < maps->count; e++) pooled = pooled || maps->entry[e].kind == QP_MAP_CROSS;
    for (int e = 0; e < maps->count; e++) {
        qp_attention_map map = maps->entry[e].map;
        bool self = maps->entry[e].kind == QP_MAP_ENCODER;
        int layer = maps->entry[e].layer, queries = self ? keys : 1;
        for (int head = 0; status == QP_OK && head < map.heads; head++) {
            for (int i = 0; self && i < keys * keys; i++)
                weight[i] = (float)*qp_tensor_row(map.weights, head * keys * keys + i);
            if (self) status = qp_picture_add(picture, QP_MAP_ENCODER, layer, head, weight);
            if (self && pooled) continue;
            over_grid(g, map, head, queries, weight);
            if (status == QP_OK) status = qp_picture_add(picture, QP_MAP_CROSS, layer, head, weight);
        }
    }
    free(weight);
    return status;
}

/* The image in gray, its numbers from 0 (least) to 255. */
static qp_status add_image(const qp_images *images, int64_t number, qp_picture *picture)
{
    size_t channels = (size_t)images->size.channels, cells = qp_image_cells(images->size);
    size_t first = (size_t)number * cells, pixels = cells / channels;
    double least = qp_images_value(images, first), most = least;
    uint8_t *gray = malloc(pixels);
    if (!gray) return qp_fail(QP_EMEMORY, "out of memory for a picture");
    for (size_t i = first; i < first + cells; i++) {
        double value = qp_images_value(images, i);
        if (value < least) least = value;
        if (value > most) most = value;
    }
    for (size_t i = 0; i < pixels; i++) {
        double sum = 0;
        for (size_t c = 0; c < channels; c++) sum += qp_images_value(images, first + i * channels + c);
        gray[i] = most > least ? (uint8_t)(255 * (sum / (double)channels - least) / (most - least) + 0.5) : 0;
    }
    picture->image = gray;
    picture->image_height = images->size.height;
    picture->image_width = images->size.width;
    return QP_OK;
}

static qp_status run(const qp_package *package, const qp_images *images, int64_t number, qp_tape *tape,
                     qp_model_maps *maps, qp_image_answer *best)
{
    const qp_image_format *format = &package->images;
    int32_t source[2] = {0, qp_image_patches(format)}, target[2] = {0, 1};
    qp_real *value = malloc(qp_image_cells(format->size) * sizeof *value);
    if (!value) return qp_fail(QP_EMEMORY, "out of memory for a picture");
    qp_image_format_rows(format, images, number, (qp_image_shift){0, 0}, value);
    qp_batch batch = {.source = {{.count = 1, .start = source}, NULL},
                      .target = {{.count = 1, .start = target}, NULL},
                      .source_value = value,
                      .features = qp_image_features(format)};
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor scores = qp_model_logits(package->model, tape, &batch, maps);
    qp_status status = qp_tape_status(tape);
    if (status == QP_OK && best) {
        qp_predict_probabilities(scores.value, scores.columns);
        best->label = qp_predict_best(scores.value, scores.columns);
        best->probability = (double)scores.value[best->label];
    }
    if (status == QP_OK && maps->count == 0)
        status = qp_fail(QP_EUSAGE, "this model has no attention; train one with --encoder transformer, or with "
                                    "--pooling attention");
    free(value);
    return status;
}

qp_status qp_attend_image(const qp_package *package, const qp_images *images, int64_t number, qp_picture *picture,
                          qp_image_answer *best)
{
    grid g = grid_of(package);
    qp_tape *tape = qp_tape_new();
    qp_model_maps *maps = calloc(1, sizeof *maps);
    int rows = g.high * g.wide + g.first;
    qp_status status = qp_picture_init(picture, NULL);
    if (status == QP_OK && (!tape || !maps)) status = qp_fail(QP_EMEMORY, "out of memory for a picture");
    if (status == QP_OK && rows > ROWS_MOST)
        status = qp_fail(QP_EUSAGE, "maps of %d patches are not drawn; the most is %d", rows, ROWS_MOST);
    if (status == QP_OK) status = label(&g, picture);
    if (status == QP_OK) status = run(package, images, number, tape, maps, best);
    if (status == QP_OK) status = add_maps(&g, maps, picture);
    if (status == QP_OK) status = add_image(images, number, picture);
    if (status != QP_OK) qp_picture_free(picture);
    free(maps);
    qp_tape_free(tape);
    return status;
}
