#define _GNU_SOURCE
#include <mpi.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/cluster/cluster.h"

/* A message of MPI counts its elements as an int; longer ones travel as several. */
static const size_t part_bytes = (size_t)1 << 30;

enum { HOST_BYTES = 256, PLACE_BYTES = HOST_BYTES + 40 };

/* A rank that is watched. */
typedef struct {
    int rank;
    int silent; /* seconds since its last sign of life; negative before the first one */
    char sent, received;
    MPI_Request send, receive;
} peer;

/* Messages on their way. */
typedef struct {
    MPI_Request *request; /* [capacity] */
    int count, capacity;
} flight;

struct qp_cluster {
    MPI_Comm data, signs; /* of the program, and of the thread that watches */
    int rank, ranks, local;
    char (*host)[HOST_BYTES]; /* [ranks] */
    char place[PLACE_BYTES];
    flight exchange, started; /* those of qp_cluster_exchange and qp_cluster_start */
    pthread_t watcher;
    bool watched;
    atomic_bool closing;
    int patience; /* seconds */
    void (*lost)(const char *message);
    peer *peer;
    int peers;
};

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for the messages between ranks"); }

const char *qp_cluster_library(void)
{
    static char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int bytes;
    MPI_Get_library_version(text, &bytes);
    text[strcspn(text, ",\n")] = '\0';
    char *colon = strstr(text, " Version:\t"); /* of MPICH */
    if (colon) memmove(colon + 1, colon + 10, strlen(colon + 10) + 1);
    return text;
}

/* ---- joining and leaving ---- */

static qp_status describe(qp_cluster *c)
{
    MPI_Comm local;
    c->host = calloc((size_t)c->ranks, sizeof *c->host);
    if (!c->host) return out_of_memory();
    if (gethostname(c->host[c->rank], HOST_BYTES - 1) != 0) strcpy(c->host[c->rank], "this machine");
    MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, c->host, HOST_BYTES, MPI_CHAR, c->data);
    MPI_Comm_split_type(c->data, MPI_COMM_TYPE_SHARED, c->rank, MPI_INFO_NULL, &local);
    MPI_Comm_size(local, &c->local);
    MPI_Comm_free(&local);
    snprintf(c->place, sizeof c->place, "rank %d of %d on %s", c->rank, c->ranks, c->host[c->rank]);
    return QP_OK;
}

qp_status qp_cluster_open(qp_cluster **cluster)
{
    int launched = qp_cluster_launched(), level, ranks;
    *cluster = NULL;
    if (launched == 1) return QP_OK; /* alone, MPI would only cost its start */
    MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &level);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (ranks == 1)
        return qp_fail(QP_EUSAGE,
                       "started as %d processes that do not find each other: mpirun or srun and %s, which "
                       "quipu was built with, do not fit together",
                       launched, qp_cluster_library());
    if (level < MPI_THREAD_MULTIPLE)
        return qp_fail(QP_EUSAGE, "%s was built without support for threads (MPI_THREAD_MULTIPLE); install another",
                       qp_cluster_library());
    qp_cluster *c = calloc(1, sizeof *c);
    if (!c) return out_of_memory();
    c->ranks = ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &c->rank);
    MPI_Comm_dup(MPI_COMM_WORLD, &c->data);
    MPI_Comm_dup(MPI_COMM_WORLD, &c->signs);
    *cluster = c;
    return describe(c);
}

static void end_watch(qp_cluster *c)
{
    if (!c->watched) return;
    atomic_store(&c->closing, true);
    pthread_join(c->watcher, NULL);
}

/* Watched until all have come so far; asleep, because the others may need the processors for long. */
static void wait_for_all(qp_cluster *c)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    MPI_Request all;
    int done = 0;
    for (MPI_Ibarrier(c->data, &all); !done; nanosleep(&pause, NULL)) MPI_Test(&all, &done, MPI_STATUS_IGNORE);
}

void qp_cluster_close(qp_cluster *c)
{
    if (!c) return;
    wait_for_all(c);
    end_watch(c);
    MPI_Comm_free(&c->data);
    MPI_Comm_free(&c->signs);
    MPI_Finalize();
    free(c->host);
    free(c->exchange.request);
    free(c->started.request);
    free(c->peer);
    free(c);
}

void qp_cluster_abort(qp_cluster *c, int code)
{
    if (c) MPI_Abort(MPI_COMM_WORLD, code);
}

/* ---- signs of life ---- */

static void report_lost(const qp_cluster *c, const peer *p)
{
    char message[400];
    snprintf(message, sizeof message,
             "rank %d of %d on %s: no sign of life for %d s: it is stopped, or its machine or network is down; the "
             "same command continues from the last save",
             p->rank, c->ranks, c->host[p->rank], c->patience);
    c->lost(message);
}

/* Sends a sign unless the last one has not left yet, and takes those that have come. */
static void exchange_signs(qp_cluster *c, peer *p)
{
    int done;
    MPI_Test(&p->send, &done, MPI_STATUS_IGNORE);
    if (done) MPI_Isend(&p->sent, 1, MPI_CHAR, p->rank, 0, c->signs, &p->send);
    p->silent++;
    for (MPI_Test(&p->receive, &done, MPI_STATUS_IGNORE); done; MPI_Test(&p->receive, &done, MPI_STATUS_IGNORE)) {
        p->silent = 0;
        MPI_Irecv(&p->received, 1, MPI_CHAR, p->rank, 0, c->signs, &p->receive);
    }
}

static void cancel(MPI_Request *request)
{
    int done;
    MPI_Test(request, &done, MPI_STATUS_IGNORE);
    if (done) return;
    MPI_Cancel(request);
    MPI_Request_free(request);
}

static void *watch(void *self)
{
    qp_cluster *c = self;
    const struct timespec pause = {.tv_nsec = 100000000};
    for (int i = 0; i < c->peers; i++)
        MPI_Irecv(&c->peer[i].received, 1, MPI_CHAR, c->peer[i].rank, 0, c->signs, &c->peer[i].receive);
    for (int tick = 0; !atomic_load(&c->closing); tick++) {
        for (int i = 0; tick % 10 == 0 && i < c->peers; i++) {
            exchange_signs(c, &c->peer[i]);
            if (c->peer[i].silent >= c->patience) report_lost(c, &c->peer[i]);
        }
        nanosleep(&pause, NULL);
    }
    for (int i = 0; i < c->peers; i++) {
        cancel(&c->peer[i].receive);
        cancel(&c->peer[i].send);
    }
    return NULL;
}

void qp_cluster_watch(qp_cluster *c, int seconds, void (*lost)(const char *message))
{
    if (!c || seconds <= 0) return;
    c->patience = seconds;
    c->lost = lost;
    c->peers = c->rank == 0 ? c->ranks - 1 : 1;
    c->peer = calloc((size_t)c->peers, sizeof *c->peer);
    for (int i = 0; c->peer && i < c->peers; i++)
        c->peer[i] = (peer){.rank = c->rank == 0 ? i + 1 : 0,
                            .silent = -2 * seconds, /* not all ranks begin at once */
                            .send = MPI_REQUEST_NULL,
                            .receive = MPI_REQUEST_NULL};
    c->watched = c->peer && pthread_create(&c->watcher, NULL, watch, c) == 0;
}

/* ---- who is here ---- */

int qp_cluster_rank(const qp_cluster *c) { return c ? c->rank : 0; }

int qp_cluster_ranks(const qp_cluster *c) { return c ? c->ranks : 1; }

int qp_cluster_local_ranks(const qp_cluster *c) { return c ? c->local : 1; }

const char *qp_cluster_place(const qp_cluster *c) { return c ? c->place : "rank 0 of 1"; }

/* ---- messages ---- */

static bool grow(flight *f)
{
    int grown = 2 * f->capacity + 64;
    MPI_Request *request = realloc(f->request, (size_t)grown * sizeof *request);
    if (!request) return false;
    f->request = request;
    f->capacity = grown;
    return true;
}

static bool start_message(qp_cluster *c, flight *f, int tag, const qp_message *m)
{
    for (size_t at = 0; at < m->bytes; at += part_bytes) {
        int bytes = (int)(m->bytes - at < part_bytes ? m->bytes - at : part_bytes);
        char *data = (char *)m->data + at;
        if (f->count == f->capacity && !grow(f)) return false;
        MPI_Request *request = &f->request[f->count++];
        if (m->send)
            MPI_Isend(data, bytes, MPI_BYTE, m->rank, tag, c->data, request);
        else
            MPI_Irecv(data, bytes, MPI_BYTE, m->rank, tag, c->data, request);
    }
    return true;
}

/* One by one: gcc takes MPICH's MPI_STATUSES_IGNORE for an array that is too short. */
static void wait_for(flight *f)
{
    for (int i = 0; i < f->count; i++) MPI_Wait(&f->request[i], MPI_STATUS_IGNORE);
    f->count = 0;
}

qp_status qp_cluster_exchange(qp_cluster *c, const qp_message *message, int count)
{
    if (!c) return QP_OK;
    for (int i = 0; i < count; i++)
        if (!start_message(c, &c->exchange, 0, &message[i])) return out_of_memory();
    wait_for(&c->exchange);
    return QP_OK;
}

qp_status qp_cluster_start(qp_cluster *c, int tag, const qp_message *message, int count)
{
    for (int i = 0; c && i < count; i++)
        if (!start_message(c, &c->started, tag, &message[i])) return out_of_memory();
    return QP_OK;
}

void qp_cluster_poll(qp_cluster *c)
{
    int one, done;
    if (c && c->started.count > 0)
        MPI_Testany(c->started.count, c->started.request, &one, &done, MPI_STATUS_IGNORE);
}

void qp_cluster_finish(qp_cluster *c)
{
    if (c) wait_for(&c->started);
}

void qp_cluster_broadcast(qp_cluster *c, void *data, size_t bytes)
{
    for (size_t at = 0; c && at < bytes; at += part_bytes)
        MPI_Bcast((char *)data + at, (int)(bytes - at < part_bytes ? bytes - at : part_bytes), MPI_BYTE, 0, c->data);
}

qp_status qp_cluster_gather(qp_cluster *c, const size_t *start, int rounds, void *data)
{
    if (!c) return QP_OK;
    int others = c->ranks - 1, count = 0;
    qp_message *message = malloc(2 * (size_t)others * (size_t)rounds * sizeof *message);
    if (!message) return out_of_memory();
    for (int round = 0; round < rounds; round++, start += c->ranks)
        for (int i = 0; i < others; i++) {
            int to = (c->rank + 1 + i) % c->ranks, from = (c->rank + others - i) % c->ranks;
            message[count++] = (qp_message){from, false, (char *)data + start[from], start[from + 1] - start[from]};
            message[count++] = (qp_message){to, true, (char *)data + start[c->rank],
                                            start[c->rank + 1] - start[c->rank]};
        }
    qp_status status = qp_cluster_exchange(c, message, count);
    free(message);
    return status;
}
