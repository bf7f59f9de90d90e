#include "lib/picture/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/picture/label.h"

static const char *const kind_name[QP_MAP_KINDS] = {
    [QP_MAP_ENCODER] = "encoder", [QP_MAP_DECODER] = "decoder", [QP_MAP_CROSS] = "cross"};

const char *qp_map_kind_name(qp_map_kind kind) { return kind_name[kind]; }

static qp_status no_memory(void)
{
    return qp_fail(QP_EMEMORY, "picture: out of memory; draw fewer or shorter sequences");
}

qp_status qp_picture_title(qp_picture *picture, const char *title)
{
    qp_text_buffer buffer = {0};
    /* a title may have blanks, so only the text between them is cleaned */
    for (const char *at = title; *at;) {
        size_t length = strcspn(at, " ");
        char *part = strndup(at, length);
        if (!part) buffer.failed = true;
        if (part && length) qp_label_clean(&buffer, part);
        free(part);
        at += length;
        if (*at) qp_text_put(&buffer, at++, 1);
    }
    char *clean;
    QP_TRY(qp_text_finish(&buffer, &clean, NULL));
    free(picture->title);
    picture->title = clean;
    return QP_OK;
}

qp_status qp_picture_init(qp_picture *picture, const char *title)
{
    *picture = (qp_picture){0};
    return qp_picture_title(picture, title && *title ? title : "Attention");
}

static void free_labels(qp_token_labels *labels)
{
    for (int i = 0; i < labels->count; i++) free(labels->text[i]);
    free(labels->text);
    *labels = (qp_token_labels){0};
}

void qp_picture_free(qp_picture *picture)
{
    free(picture->title);
    for (int k = 0; k < QP_MAP_KINDS; k++) {
        free_labels(&picture->side[k].rows);
        free_labels(&picture->side[k].columns);
    }
    for (int i = 0; i < picture->maps; i++) free(picture->map[i].weight);
    free(picture->map);
    free(picture->image);
    *picture = (qp_picture){0};
}

static qp_status copy_labels(const char *const *text, int count, qp_token_labels *labels)
{
    free_labels(labels);
    labels->text = calloc((size_t)count + 1, sizeof *labels->text);
    if (!labels->text) return no_memory();
    for (int i = 0; i < count; i++) {
        qp_text_buffer buffer = {0};
        qp_label_clean(&buffer, text[i] ? text[i] : "");
        QP_TRY(qp_text_finish(&buffer, &labels->text[i], NULL));
        labels->count++;
    }
    return QP_OK;
}

qp_status qp_picture_label(qp_picture *picture, qp_map_kind kind, const char *const *row, int rows,
                           const char *const *column, int columns)
{
    if (picture->side[kind].layers > 0)
        return qp_fail(QP_EBUG, "picture: %s maps were added before their labels", kind_name[kind]);
    QP_TRY(copy_labels(row, rows, &picture->side[kind].rows));
    return copy_labels(column, columns, &picture->side[kind].columns);
}

static size_t map_size(const qp_picture *picture, qp_map_kind kind)
{
    return (size_t)picture->side[kind].rows.count * (size_t)picture->side[kind].columns.count;
}

/* A new map with space for its weights, to be filled by the caller. */
static float *new_map(qp_picture *picture, qp_map_kind kind, int layer, int head)
{
    if (!QP_GROW(picture->map, picture->capacity, (size_t)picture->maps + 1)) return NULL;
    float *weight = malloc((map_size(picture, kind) + 1) * sizeof *weight);
    if (!weight) return NULL;
    picture->map[picture->maps++] = (qp_picture_map){kind, layer, head, weight};
    if (layer >= picture->side[kind].layers) picture->side[kind].layers = layer + 1;
    if (head >= picture->side[kind].heads) picture->side[kind].heads = head + 1;
    return weight;
}

static float proper_weight(double weight) { return weight > 0 ? (weight < 1 ? (float)weight : 1.0f) : 0.0f; }

static qp_status check_map(const qp_picture *picture, qp_map_kind kind, int layer, int head)
{
    if (map_size(picture, kind) == 0) return qp_fail(QP_ESHAPE, "picture: the %s maps have no labels", kind_name[kind]);
    if (layer < 0 || head < 0 || qp_picture_find(picture, kind, layer, head))
        return qp_fail(QP_EBUG, "picture: layer %d, head %d of the %s maps was added before", layer, head,
                       kind_name[kind]);
    return QP_OK;
}

qp_status qp_picture_add(qp_picture *picture, qp_map_kind kind, int layer, int head, const float *weight)
{
    QP_TRY(check_map(picture, kind, layer, head));
    float *own = new_map(picture, kind, layer, head);
    if (!own) return no_memory();
    for (size_t i = 0; i < map_size(picture, kind); i++) own[i] = proper_weight((double)weight[i]);
    return QP_OK;
}

qp_status qp_picture_add_maps(qp_picture *picture, const qp_model_maps *maps)
{
    for (int e = 0; e < maps->count; e++) {
        qp_map_kind kind = maps->entry[e].kind;
        qp_attention_map source = maps->entry[e].map;
        size_t size = map_size(picture, kind);
        if ((size_t)source.weights.rows != (size_t)source.heads * size)
            return qp_fail(QP_ESHAPE, "picture: a %s map of %d weights does not fit %d heads of %d x %d tokens",
                           kind_name[kind], source.weights.rows, source.heads, picture->side[kind].rows.count,
                           picture->side[kind].columns.count);
        for (int head = 0; head < source.heads; head++) {
            QP_TRY(check_map(picture, kind, maps->entry[e].layer, head));
            float *own = new_map(picture, kind, maps->entry[e].layer, head);
            if (!own) return no_memory();
            for (size_t i = 0; i < size; i++)
                own[i] = proper_weight((double)*qp_tensor_row(source.weights, (int)((size_t)head * size + i)));
        }
    }
    return QP_OK;
}

const qp_picture_map *qp_picture_find(const qp_picture *picture, qp_map_kind kind, int layer, int head)
{
    for (int i = 0; i < picture->maps; i++) {
        const qp_picture_map *map = &picture->map[i];
        if (map->kind == kind && map->layer == layer && map->head == head) return map;
    }
    return NULL;
}

/* The mean or the maximum of maps. */
typedef struct {
    float *weight;
    size_t size;
    bool maximum;
    int maps;
} summary;

static void add_map(summary *s, const float *weight)
{
    for (size_t j = 0; j < s->size; j++)
        s->weight[j] = s->maximum ? fmaxf(s->weight[j], weight[j]) : s->weight[j] + weight[j];
    s->maps++;
}

static void end_summary(summary *s)
{
    for (size_t j = 0; !s->maximum && j < s->size; j++) s->weight[j] /= (float)s->maps;
}

/* Adds a layer to `layers`: one head of it, or the mean or maximum of its heads; `room` [size] is overwritten. */
static void add_layer(const qp_picture *picture, qp_map_kind kind, int layer, int head, float *room, summary *layers)
{
    summary heads = {room, layers->size, head == QP_OVER_MAX, 0};
    memset(room, 0, layers->size * sizeof *room);
    for (int i = 0; i < picture->maps; i++) {
        const qp_picture_map *map = &picture->map[i];
        if (map->kind == kind && map->layer == layer && (head < 0 || map->head == head)) add_map(&heads, map->weight);
    }
    if (heads.maps == 0) return;
    end_summary(&heads);
    add_map(layers, heads.weight);
}

qp_status qp_picture_weights(const qp_picture *picture, qp_map_kind kind, int layer, int head, float **result)
{
    size_t size = map_size(picture, kind);
    *result = NULL;
    float *weight = calloc(2 * size + 1, sizeof *weight);
    if (!weight) return no_memory();
    summary layers = {weight, size, layer == QP_OVER_MAX, 0};
    for (int l = 0; l < picture->side[kind].layers; l++)
        if (layer < 0 || l == layer) add_layer(picture, kind, l, head, weight + size, &layers);
    if (layers.maps == 0) {
        free(weight);
        if (picture->side[kind].layers == 0)
            return qp_fail(QP_EUSAGE, "this model has no %s attention; choose another --kind", kind_name[kind]);
        return qp_fail(QP_EUSAGE, "no such %s map; --layer goes from 1 to %d, --head from 1 to %d", kind_name[kind],
                       picture->side[kind].layers, picture->side[kind].heads);
    }
    end_summary(&layers);
    *result = weight;
    return QP_OK;
}

/* "layer 2", "mean of 8 heads"; the mean of a single head is that head. */
static void name_part(const char *what, int number, int count, char text[48])
{
    if (number >= 0 || count == 1)
        snprintf(text, 48, "%s %d", what, number >= 0 ? number + 1 : 1);
    else
        snprintf(text, 48, "%s of %d %ss", number == QP_OVER_MAX ? "maximum" : "mean", count, what);
}

const char *qp_picture_caption(const qp_picture *picture, qp_map_kind kind, int layer, int head, char *text,
                               size_t bytes)
{
    char of_layer[48], of_head[48];
    name_part("layer", layer, picture->side[kind].layers, of_layer);
    name_part("head", head, picture->side[kind].heads, of_head);
    snprintf(text, bytes, "%s attention, %s, %s", kind_name[kind], of_layer, of_head);
    return text;
}
