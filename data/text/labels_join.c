#include "data/text/labels_join.h"

#include <stdlib.h>
#include <string.h>

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for the labels of all ranks"); }

/* The labels of a rank as bytes: of each where it was first seen, and its text with the NUL. */
static char *pack(const qp_labels *labels, size_t *bytes)
{
    *bytes = 0;
    for (int i = 0; i < labels->count; i++) *bytes += sizeof *labels->line + strlen(labels->text[i]) + 1;
    char *packed = malloc(*bytes + 1), *at = packed;
    for (int i = 0; packed && i < labels->count; i++) {
        size_t length = strlen(labels->text[i]) + 1;
        memcpy(at, &labels->line[i], sizeof *labels->line);
        memcpy(at + sizeof *labels->line, labels->text[i], length);
        at += sizeof *labels->line + length;
    }
    return packed;
}

/* Adds the labels of one rank; `number`, if it is not NULL, gets the number of each. */
static qp_status add_all(const char *packed, const char *end, qp_labels *labels, int32_t *number)
{
    while (packed < end) {
        int64_t line;
        int found;
        memcpy(&line, packed, sizeof line);
        packed += sizeof line;
        size_t length = strlen(packed);
        QP_TRY(qp_labels_add(labels, packed, length, &found));
        if (labels->line[found] == 0) labels->line[found] = line;
        if (number) *number++ = found;
        packed += length + 1;
    }
    return QP_OK;
}

/* Joins the labels; number [labels before] gets what each of this rank's own became. */
static qp_status join(qp_cluster *cluster, qp_labels *labels, int32_t *number)
{
    size_t bytes, *start;
    char *packed = pack(labels, &bytes), *all;
    qp_labels joined = {0};
    qp_status status = qp_cluster_agree(cluster, packed && number ? QP_OK : out_of_memory());
    if (status == QP_OK) status = qp_cluster_lists(cluster, packed, bytes, &all, &start);
    free(packed);
    QP_TRY(status);
    int rank = qp_cluster_rank(cluster), ranks = qp_cluster_ranks(cluster);
    for (int r = 0; status == QP_OK && r < ranks; r++)
        status = add_all(all + start[r], all + start[r + 1], &joined, r == rank ? number : NULL);
    free(all);
    free(start);
    status = qp_cluster_agree(cluster, status);
    if (status == QP_OK) {
        qp_labels_free(labels);
        *labels = joined;
    } else {
        qp_labels_free(&joined);
    }
    return status;
}

static void renumber(int32_t *label, int64_t count, const int32_t *number)
{
    for (int64_t i = 0; i < count; i++)
        if (label[i] >= 0) label[i] = number[label[i]];
}

qp_status qp_labels_join(qp_cluster *cluster, qp_labels *labels, qp_corpus *corpus)
{
    if (!cluster) return QP_OK;
    int32_t *number = malloc(((size_t)labels->count + 1) * sizeof *number);
    qp_status status = join(cluster, labels, number);
    if (status == QP_OK && corpus->sequences)
        renumber(corpus->target.id, corpus->target.start[corpus->sequences], number);
    free(number);
    return status;
}

/* ---- sets ---- */

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The new numbers of the sets that this rank found. */
static void renumber_sets(qp_label_sets *sets, int32_t before, const int32_t *number)
{
    for (int32_t i = before; i < sets->count; i++) {
        int32_t *label = sets->label + sets->start[i];
        size_t count = (size_t)(sets->start[i + 1] - sets->start[i]);
        renumber(label, (int64_t)count, number);
        qsort(label, count, sizeof *label, by_number);
    }
}

/* The sets of all ranks in place of this rank's: of each rank the lengths of its sets, and their labels. */
static qp_status replace(qp_label_sets *sets, int32_t before, const char *length, size_t lengths, const char *label,
                         size_t labels)
{
    size_t count = lengths / sizeof(int64_t), first = sets->count ? (size_t)sets->start[before] : 0;
    qp_label_sets joined = {.count = before,
                            .start = malloc(((size_t)before + count + 1) * sizeof *joined.start),
                            .label = malloc(first * sizeof *joined.label + labels + 1)};
    if (!joined.start || !joined.label) {
        qp_label_sets_free(&joined);
        return out_of_memory();
    }
    joined.start[0] = 0;
    if (before) memcpy(joined.start, sets->start, ((size_t)before + 1) * sizeof *joined.start);
    if (first) memcpy(joined.label, sets->label, first * sizeof *joined.label);
    if (labels) memcpy(joined.label + first, label, labels);
    for (size_t i = 0; i < count; i++, joined.count++) {
        int64_t bytes;
        memcpy(&bytes, length + i * sizeof bytes, sizeof bytes);
        joined.start[joined.count + 1] = joined.start[joined.count] + bytes;
    }
    joined.start_capacity = (size_t)before + count + 1;
    joined.label_capacity = first + labels / sizeof *joined.label;
    qp_label_sets_free(sets);
    *sets = joined;
    return QP_OK;
}

/* *first of the joined sets is this rank's first one. */
static qp_status join_sets(qp_cluster *cluster, qp_label_sets *sets, int32_t before, int64_t *first)
{
    int ranks = qp_cluster_ranks(cluster), rank = qp_cluster_rank(cluster);
    size_t own = (size_t)(sets->count - before), *start, *label_start;
    int64_t *length = malloc((own + 1) * sizeof *length);
    char *lengths, *labels;
    QP_TRY(qp_cluster_agree(cluster, length ? QP_OK : out_of_memory()));
    for (size_t i = 0; i < own; i++)
        length[i] = sets->start[before + (int32_t)i + 1] - sets->start[before + (int32_t)i];
    qp_status status = qp_cluster_lists(cluster, length, own * sizeof *length, &lengths, &start);
    free(length);
    QP_TRY(status);
    size_t from = own ? (size_t)sets->start[before] : 0, end = own ? (size_t)sets->start[sets->count] : 0;
    status = qp_cluster_lists(cluster, own ? sets->label + from : NULL, (end - from) * sizeof *sets->label, &labels,
                              &label_start);
    if (status == QP_OK) {
        *first = before + (int64_t)(start[rank] / sizeof *length);
        status = start[ranks] / sizeof *length < (size_t)(INT32_MAX - before)
                     ? replace(sets, before, lengths, start[ranks], labels, label_start[ranks])
                     : qp_fail(QP_EDATA, "the texts have more than %d sets of labels; use fewer", INT32_MAX);
        status = qp_cluster_agree(cluster, status);
        free(labels);
        free(label_start);
    }
    free(lengths);
    free(start);
    return status;
}

qp_status qp_label_sets_join(qp_cluster *cluster, qp_labels *labels, qp_label_sets *sets, int32_t sets_before,
                             qp_corpus *corpus)
{
    if (!cluster) return QP_OK;
    int32_t *number = malloc(((size_t)labels->count + 1) * sizeof *number);
    int64_t first = 0;
    qp_status status = join(cluster, labels, number);
    if (status == QP_OK) renumber_sets(sets, sets_before, number);
    free(number);
    if (status == QP_OK) status = join_sets(cluster, sets, sets_before, &first);
    if (status != QP_OK) return status;
    for (int64_t i = 0; i < corpus->sequences; i++) corpus->target.id[i] += (int32_t)first - sets_before;
    return QP_OK;
}
