#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cluster/cluster.h"

enum { MESSAGE_BYTES = 800 };

int qp_cluster_share(const qp_cluster *cluster, int count, int rank)
{
    return (int)((int64_t)count * rank / qp_cluster_ranks(cluster));
}

/* Gathers one value of `bytes` from each rank; the caller frees the list. NULL: no memory. */
static void *gather_values(qp_cluster *cluster, const void *mine, size_t bytes)
{
    size_t ranks = (size_t)qp_cluster_ranks(cluster);
    size_t *start = malloc((ranks + 1) * sizeof *start);
    char *all = malloc(ranks * bytes);
    for (size_t r = 0; start && r <= ranks; r++) start[r] = r * bytes;
    if (all) memcpy(all + (size_t)qp_cluster_rank(cluster) * bytes, mine, bytes);
    bool done = start && all && qp_cluster_gather(cluster, start, 1, all) == QP_OK;
    free(start);
    if (done) return all;
    free(all);
    return NULL;
}

bool qp_cluster_any(qp_cluster *cluster, bool mine)
{
    if (!cluster) return mine;
    char value = mine;
    char *all = gather_values(cluster, &value, sizeof value);
    for (int r = 0; all && r < qp_cluster_ranks(cluster); r++) mine = mine || all[r];
    free(all);
    return mine;
}

qp_status qp_cluster_agree(qp_cluster *cluster, qp_status status)
{
    if (!cluster || !qp_cluster_any(cluster, status != QP_OK)) return status;
    struct {
        qp_status status;
        char message[MESSAGE_BYTES];
    } mine = {.status = status}, *all;
    if (status != QP_OK && status != QP_ESTOPPED) qp_fail_in(status, qp_cluster_place(cluster));
    if (status != QP_OK) snprintf(mine.message, sizeof mine.message, "%s", qp_error_message());
    all = gather_values(cluster, &mine, sizeof mine);
    if (!all) return qp_fail(QP_EMEMORY, "%s: out of memory", qp_cluster_place(cluster));
    int r = 0;
    while (all[r].status == QP_OK) r++;
    status = qp_fail(all[r].status, "%s", all[r].message);
    free(all);
    return status;
}

qp_status qp_cluster_same(qp_cluster *cluster, const void *mine, size_t bytes, const char *what)
{
    if (!cluster) return QP_OK;
    char *all = gather_values(cluster, mine, bytes);
    qp_status status = all ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for what the ranks read");
    if (all && memcmp(mine, all, bytes) != 0)
        status = qp_fail(QP_EDATA, "the content of %s is not what rank 0 read; start all ranks with the same data",
                         what);
    free(all);
    return qp_cluster_agree(cluster, status);
}

qp_status qp_cluster_lists(qp_cluster *cluster, const void *mine, size_t bytes, char **all, size_t **start)
{
    size_t ranks = (size_t)qp_cluster_ranks(cluster), rank = (size_t)qp_cluster_rank(cluster);
    size_t *length = cluster ? gather_values(cluster, &bytes, sizeof bytes) : NULL;
    *start = calloc(ranks + 1, sizeof **start);
    *all = NULL;
    if (*start && (length || !cluster)) {
        for (size_t r = 0; r < ranks; r++) (*start)[r + 1] = (*start)[r] + (length ? length[r] : bytes);
        *all = malloc((*start)[ranks] + 1);
    }
    free(length);
    if (*all && bytes) memcpy(*all + (*start)[rank], mine, bytes);
    qp_status status = qp_cluster_agree(cluster, *all ? QP_OK
                                                      : qp_fail(QP_EMEMORY, "out of memory for the lists of all "
                                                                            "ranks"));
    if (status == QP_OK) status = qp_cluster_gather(cluster, *start, 1, *all);
    if (status == QP_OK) return QP_OK;
    free(*all);
    free(*start);
    return status;
}
