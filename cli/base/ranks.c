#define _GNU_SOURCE
#include "cli/base/ranks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/threads.h"

static qp_cluster *cluster;

qp_status qp_ranks_join(const char *command, bool shares)
{
    int launched = qp_cluster_launched();
    if (shares || launched == 1) return qp_cluster_open(&cluster);
    return qp_fail(QP_EUSAGE, "%s runs as one process, and %d were started; start it without mpirun or srun", command,
                   launched);
}

qp_cluster *qp_ranks(void) { return cluster; }

int qp_ranks_leave(int code)
{
    bool stopped = code > 128; /* by a signal: all ranks agreed to end */
    if (code != 0 && !stopped) qp_cluster_abort(cluster, code);
    qp_cluster_close(cluster);
    return code;
}

int qp_ranks_threads(int threads)
{
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN) / qp_cluster_local_ranks(cluster), own = qp_threads_of(threads);
    if (!cluster || threads > 0 || own <= cpus) return own;
    return cpus > 1 ? cpus : 1;
}

static qp_status open_stream(qp_ranks_output *o)
{
    o->stream = open_memstream(&o->text, &o->bytes);
    return o->stream ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for the output");
}

qp_status qp_ranks_output_begin(qp_ranks_output *o, FILE *out, char *const *file, int files, int *limit)
{
    *o = (qp_ranks_output){.stream = out, .out = out};
    if (!cluster) return QP_OK;
    o->stream = NULL;
    for (int i = 0; i < files || i == 0; i++)
        if (files == 0 || strcmp(file[i], "-") == 0)
            return qp_fail(QP_EUSAGE, "several ranks cannot share stdin; name a file");
    qp_cluster_broadcast(cluster, limit, sizeof *limit);
    return qp_cluster_agree(cluster, open_stream(o));
}

bool qp_ranks_output_own(const qp_ranks_output *o)
{
    return !cluster || o->chunk % qp_cluster_ranks(cluster) == qp_cluster_rank(cluster);
}

/* Rank 0 writes the texts of all ranks; [ranks] of so many bytes. */
static qp_status collect(qp_ranks_output *o, const size_t *bytes)
{
    const int ranks = qp_cluster_ranks(cluster), rank = qp_cluster_rank(cluster);
    size_t most = 0;
    for (int r = 1; r < ranks; r++) most = bytes[r] > most ? bytes[r] : most;
    char *text = rank == 0 ? malloc(most + 1) : o->text;
    qp_status status = qp_cluster_agree(cluster, text ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for the output"));
    if (rank == 0 && status == QP_OK) fwrite(o->text, 1, bytes[0], o->out);
    for (int r = 1; r < ranks && status == QP_OK; r++) {
        if (rank != 0 && rank != r) continue;
        qp_message message = {rank == 0 ? r : 0, rank != 0, text, bytes[r]};
        status = qp_cluster_exchange(cluster, &message, 1);
        if (rank == 0 && status == QP_OK) fwrite(text, 1, bytes[r], o->out);
    }
    if (rank == 0) free(text);
    return status;
}

/* The end of a round. */
static qp_status write_round(qp_ranks_output *o)
{
    size_t ranks = (size_t)qp_cluster_ranks(cluster);
    size_t *bytes = calloc(ranks, sizeof *bytes), *start = calloc(ranks + 1, sizeof *start);
    if (o->stream && fclose(o->stream) != 0 && o->status == QP_OK) o->status = qp_fail(QP_EMEMORY, "out of memory");
    o->stream = NULL;
    qp_status status = bytes && start ? o->status : qp_fail(QP_EMEMORY, "out of memory");
    if (status == o->status && status != QP_OK) qp_fail(status, "%s", o->message);
    status = qp_cluster_agree(cluster, status);
    if (status == QP_OK) {
        bytes[qp_cluster_rank(cluster)] = o->bytes;
        for (size_t r = 0; r <= ranks; r++) start[r] = r * sizeof *bytes;
        status = qp_cluster_gather(cluster, start, 1, bytes);
        if (status == QP_OK) status = collect(o, bytes);
    }
    free(bytes);
    free(start);
    free(o->text);
    o->text = NULL;
    return status;
}

qp_status qp_ranks_output_next(qp_ranks_output *o, qp_status status, bool last)
{
    if (!cluster) return status;
    if (status != QP_OK && o->status == QP_OK) {
        o->status = status;
        snprintf(o->message, sizeof o->message, "%s", qp_error_message());
    }
    bool full = !last && ++o->chunk % qp_cluster_ranks(cluster) == 0;
    if (!full && !last) return QP_OK;
    QP_TRY(write_round(o));
    return last ? QP_OK : open_stream(o);
}

void qp_ranks_output_end(qp_ranks_output *o)
{
    if (!cluster) return;
    if (o->stream) fclose(o->stream);
    free(o->text);
}
