#include "data/series/series_share.h"

#include <stdlib.h>
#include <string.h>

/* What rank 0 sends before the numbers; `text` is the length of the path and the names, each with its NUL. */
typedef struct {
    int64_t rows, holes;
    int columns;
    size_t text;
} heading;

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for the series; use a shorter one"); }

static qp_status agree(qp_cluster *cluster, bool room)
{
    return qp_cluster_agree(cluster, room ? QP_OK : out_of_memory());
}

static char *append(char *at, const char *text)
{
    return (char *)memcpy(at, text, strlen(text) + 1) + strlen(text) + 1;
}

/* Path and names from the text of rank 0; false: no memory. */
static bool read_names(const char *text, qp_series *s)
{
    s->path = strdup(text);
    s->name = calloc((size_t)s->columns + 1, sizeof *s->name);
    bool room = s->path && s->name;
    for (int c = 0; room && c < s->columns; c++) {
        text += strlen(text) + 1;
        s->name[c] = strdup(text);
        room = s->name[c] != NULL;
    }
    return room;
}

static qp_status share_heading(qp_cluster *cluster, qp_series *s)
{
    bool leads = qp_cluster_rank(cluster) == 0;
    heading h = {.rows = s->rows, .holes = s->holes, .columns = s->columns, .text = leads ? strlen(s->path) + 1 : 0};
    for (int c = 0; leads && c < s->columns; c++) h.text += strlen(s->name[c]) + 1;
    qp_cluster_broadcast(cluster, &h, sizeof h);
    char *text = malloc(h.text);
    QP_TRY(agree(cluster, text != NULL));
    char *at = leads ? append(text, s->path) : text;
    for (int c = 0; leads && c < s->columns; c++) at = append(at, s->name[c]);
    qp_cluster_broadcast(cluster, text, h.text);
    s->rows = h.rows, s->holes = h.holes, s->columns = h.columns;
    bool room = leads || read_names(text, s);
    free(text);
    return agree(cluster, room);
}

/* From rank 0 to each other rank its part. */
static qp_status send_parts(qp_cluster *cluster, qp_series *s)
{
    int ranks = qp_cluster_ranks(cluster), rank = qp_cluster_rank(cluster), count = 0;
    size_t row = (size_t)s->columns * sizeof *s->value;
    qp_message *message = malloc((size_t)ranks * sizeof *message);
    const int64_t *first = s->spread.first;
    if (rank > 0) s->value = malloc((size_t)(first[rank + 1] - first[rank]) * row + 1);
    QP_TRY(agree(cluster, message && s->value));
    for (int r = 1; r < ranks; r++) {
        void *rows = rank == 0 ? s->value + first[r] * s->columns : s->value;
        if (rank == 0 || rank == r)
            message[count++] = (qp_message){rank == 0 ? r : 0, rank == 0, rows,
                                            (size_t)(first[r + 1] - first[r]) * row};
    }
    qp_status status = qp_cluster_exchange(cluster, message, count);
    free(message);
    double *own = rank == 0 && first[1] > 0 ? realloc(s->value, (size_t)first[1] * row) : NULL;
    if (own) s->value = own;
    return status;
}

static qp_status spread_rows(qp_cluster *cluster, qp_series *s)
{
    int ranks = qp_cluster_ranks(cluster);
    s->spread.first = malloc(((size_t)ranks + 1) * sizeof *s->spread.first);
    QP_TRY(agree(cluster, s->spread.first != NULL));
    s->spread.cluster = cluster;
    for (int r = 0; r <= ranks; r++) s->spread.first[r] = s->rows * r / ranks;
    return send_parts(cluster, s);
}

qp_status qp_series_share(qp_cluster *cluster, bool spread, qp_series *s)
{
    if (!cluster) return QP_OK;
    QP_TRY(share_heading(cluster, s));
    if (spread) return spread_rows(cluster, s);
    size_t bytes = (size_t)s->rows * (size_t)s->columns * sizeof *s->value;
    if (qp_cluster_rank(cluster) > 0) s->value = malloc(bytes + 1);
    QP_TRY(agree(cluster, s->value != NULL));
    qp_cluster_broadcast(cluster, s->value, bytes);
    return QP_OK;
}
