#include <stdlib.h>
#include <string.h>

#include "lib/picture/picture.h"

/* Turns one word of a choice into a list of numbers, out of `count`. */
static qp_status choose(const char *option, const char *word, int count, int *list, int *chosen)
{
    char *end;
    long number = strtol(word, &end, 10);
    *chosen = 1;
    if (!strcmp(word, "mean")) {
        list[0] = QP_OVER_MEAN;
    } else if (!strcmp(word, "max")) {
        list[0] = QP_OVER_MAX;
    } else if (!strcmp(word, "last")) {
        list[0] = count - 1;
    } else if (!strcmp(word, "all")) {
        *chosen = count < QP_PANELS_MAX ? count : QP_PANELS_MAX;
        for (int i = 0; i < *chosen; i++) list[i] = i;
    } else if (*word && *end == '\0' && number >= 1 && number <= count) {
        list[0] = (int)number - 1;
    } else {
        return qp_fail(QP_EUSAGE, "--%s %.40s: not found; give a number from 1 to %d, mean, max or all", option, word,
                       count);
    }
    return QP_OK;
}

qp_status qp_panels_choose(const qp_picture *picture, qp_map_kind kind, const char *layer, const char *head,
                           qp_panels *panels)
{
    *panels = (qp_panels){.kind = kind};
    int layers = 0;
    for (int i = 0; i < QP_MAP_KINDS; i++) layers += picture->side[i].layers;
    if (layers == 0)
        return qp_fail(QP_EUSAGE, "this model has no attention; a map needs a model with --attention or "
                                  "a transformer");
    if (picture->side[kind].layers == 0)
        return qp_fail(QP_EUSAGE, "--kind %s: this model has no such attention; choose another kind",
                       qp_map_kind_name(kind));
    QP_TRY(choose("layer", layer, picture->side[kind].layers, panels->layer, &panels->layers));
    return choose("head", head, picture->side[kind].heads, panels->head, &panels->heads);
}

qp_status qp_panels_largest(const qp_picture *picture, const qp_panels *p, float *largest)
{
    size_t size = (size_t)picture->side[p->kind].rows.count * (size_t)picture->side[p->kind].columns.count;
    *largest = 0;
    for (int i = 0; i < p->layers * p->heads; i++) {
        float *weight;
        QP_TRY(qp_picture_weights(picture, p->kind, p->layer[i / p->heads], p->head[i % p->heads], &weight));
        for (size_t j = 0; j < size; j++)
            if (weight[j] > *largest) *largest = weight[j];
        free(weight);
    }
    return QP_OK;
}
