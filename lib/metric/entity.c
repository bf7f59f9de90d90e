#include "lib/metric/entity.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

/* The counter of this type, added if it is new; NULL without memory. */
static qp_entity_type *counter_of(qp_entity_sums *sums, const qp_entity_span *span)
{
    for (int i = 0; i < sums->types; i++)
        if (!strncmp(sums->type[i].type, span->type, span->type_bytes) && !sums->type[i].type[span->type_bytes])
            return &sums->type[i];
    if (!QP_GROW(sums->type, sums->capacity, (size_t)sums->types + 1)) return NULL;
    char *name = strndup(span->type, span->type_bytes);
    if (!name) return NULL;
    sums->type[sums->types] = (qp_entity_type){.type = name};
    return &sums->type[sums->types++];
}

static bool equal(const qp_entity_span *a, const qp_entity_span *b)
{
    return a->first == b->first && a->last == b->last && a->type_bytes == b->type_bytes &&
           !memcmp(a->type, b->type, a->type_bytes);
}

/* Both lists are sorted by first word, and the entities of a list do not overlap. */
static qp_status count_spans(qp_entity_sums *sums, const qp_entity_span *truth, int truths,
                             const qp_entity_span *predicted, int predictions)
{
    for (int t = 0, p = 0; t < truths || p < predictions;) {
        bool both = t < truths && p < predictions && equal(&truth[t], &predicted[p]);
        bool true_next = t < truths && (p == predictions || truth[t].first <= predicted[p].first);
        qp_entity_type *type = counter_of(sums, true_next ? &truth[t] : &predicted[p]);
        if (!type) return qp_fail(QP_EMEMORY, "entities: out of memory");
        if (both) {
            type->truth++, type->predicted++, type->right++;
            t++, p++;
        } else if (true_next) {
            type->truth++;
            t++;
        } else {
            type->predicted++;
            p++;
        }
    }
    return QP_OK;
}

qp_status qp_entity_add(qp_entity_sums *sums, const char *const *truth, const char *const *predicted, int count)
{
    if (count > sums->scratch_count) {
        qp_entity_span *grown = realloc(sums->scratch, (size_t)count * 2 * sizeof *grown);
        if (!grown) return qp_fail(QP_EMEMORY, "entities: out of memory");
        sums->scratch = grown;
        sums->scratch_count = count;
    }
    if (count == 0) return QP_OK;
    qp_entity_span *one = sums->scratch, *other = sums->scratch + sums->scratch_count;
    int truths, predictions;
    QP_TRY(qp_entity_spans(sums->scheme, truth, count, one, &truths));
    QP_TRY(qp_entity_spans(sums->scheme, predicted, count, other, &predictions));
    QP_TRY(count_spans(sums, one, truths, other, predictions));
    sums->tags += count;
    for (int i = 0; i < count; i++) sums->right_tags += !strcmp(truth[i], predicted[i]);
    return QP_OK;
}

void qp_entity_free(qp_entity_sums *sums)
{
    for (int i = 0; i < sums->types; i++) free(sums->type[i].type);
    free(sums->type);
    free(sums->scratch);
    *sums = (qp_entity_sums){.scheme = sums->scheme};
}

qp_class_scores qp_entity_scores_of(const qp_entity_type *type)
{
    qp_class_scores s = {0};
    if (type->predicted) s.precision = (double)type->right / (double)type->predicted;
    if (type->truth) s.recall = (double)type->right / (double)type->truth;
    if (type->right) s.f = 2 * s.precision * s.recall / (s.precision + s.recall);
    return s;
}

qp_class_scores qp_entity_micro(const qp_entity_sums *sums)
{
    qp_entity_type all = {0};
    for (int i = 0; i < sums->types; i++) {
        all.truth += sums->type[i].truth;
        all.predicted += sums->type[i].predicted;
        all.right += sums->type[i].right;
    }
    return qp_entity_scores_of(&all);
}

static qp_class_scores mean(const qp_entity_sums *sums, bool weighted)
{
    qp_class_scores total = {0};
    double weights = 0;
    for (int i = 0; i < sums->types; i++) {
        double weight = weighted ? (double)sums->type[i].truth : 1;
        qp_class_scores s = qp_entity_scores_of(&sums->type[i]);
        total.precision += weight * s.precision;
        total.recall += weight * s.recall;
        total.f += weight * s.f;
        weights += weight;
    }
    if (!(weights > 0)) return (qp_class_scores){0};
    return (qp_class_scores){total.precision / weights, total.recall / weights, total.f / weights};
}

qp_class_scores qp_entity_macro(const qp_entity_sums *sums) { return mean(sums, false); }

qp_class_scores qp_entity_weighted(const qp_entity_sums *sums) { return mean(sums, true); }

double qp_entity_accuracy(const qp_entity_sums *sums)
{
    return sums->tags ? (double)sums->right_tags / (double)sums->tags : 0;
}
