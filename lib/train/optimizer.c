#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/train/optimizer_internal.h"

/* The group of a span, made at its first span. */
static int group_of(qp_optimizer *o, const qp_optimizer_span *span)
{
    int g = 0;
    while (g < o->groups && o->group[g].factor != qp_span_rate(span)) g++;
    if (g == o->groups) o->group[o->groups++] = (qp_rate_group){.factor = qp_span_rate(span)};
    return g;
}

/* Cuts the spans into pieces of at most QP_OPTIMIZER_TILE reals and groups small ones (biases) into tiles. Called
 * twice: to count, then to fill. */
static void cut_tiles(qp_optimizer *o, bool fill)
{
    size_t in_tile = QP_OPTIMIZER_TILE; /* the first piece opens a tile */
    o->piece_count = o->tile_count = 0;
    for (int s = 0; s < o->span_count; s++) {
        size_t total = (size_t)o->span[s].rows * (size_t)o->span[s].columns;
        if (o->span[s].frozen) continue;
        int group = group_of(o, &o->span[s]);
        for (size_t at = 0; at < total; at += QP_OPTIMIZER_TILE) {
            size_t n = total - at < QP_OPTIMIZER_TILE ? total - at : QP_OPTIMIZER_TILE;
            if (in_tile + n > QP_OPTIMIZER_TILE) {
                if (fill) o->tile[o->tile_count] = o->piece_count;
                o->tile_count++;
                in_tile = 0;
            }
            in_tile += n;
            if (fill)
                o->piece[o->piece_count] = (qp_optimizer_piece){o->span[s].offset + at, n, o->span[s].decay, group};
            o->piece_count++;
        }
    }
    if (fill) o->tile[o->tile_count] = o->piece_count;
}

static qp_status allocate_tiles(qp_optimizer *o, const qp_optimizer_span *span, int count)
{
    o->span_count = count;
    o->span = malloc((size_t)count * sizeof *o->span + 1);
    o->group = malloc((size_t)count * sizeof *o->group + 1);
    if (!o->span || !o->group) return qp_fail(QP_EMEMORY, "optimizer: out of memory; use a smaller model");
    memcpy(o->span, span, (size_t)count * sizeof *o->span);
    for (int s = 0; s < count; s++) {
        size_t n = (size_t)span[s].rows * (size_t)span[s].columns;
        if (span[s].rows < 0 || span[s].columns < 0 || n > o->size || span[s].offset > o->size - n)
            return qp_fail(QP_EBUG, "optimizer: parameter %d is outside its block; please report this", s);
    }
    int tallest = 1;
    for (int s = 0; s < count; s++) tallest = span[s].rows > tallest ? span[s].rows : tallest;
    o->row_sums = malloc(2 * (size_t)tallest * sizeof *o->row_sums);
    size_t scratch = 0;
    for (int s = 0; o->rule->scratch && s < count; s++)
        if (o->rule->scratch(&span[s]) > scratch) scratch = o->rule->scratch(&span[s]);
    o->scratch = malloc(scratch * sizeof *o->scratch + 1);
    cut_tiles(o, false);
    o->piece = malloc(((size_t)o->piece_count + 1) * sizeof *o->piece);
    o->tile = malloc(((size_t)o->tile_count + 1) * sizeof *o->tile);
    o->partial = malloc(((size_t)o->tile_count + 1) * sizeof *o->partial);
    if (!o->piece || !o->tile || !o->partial || !o->row_sums || !o->scratch)
        return qp_fail(QP_EMEMORY, "optimizer: out of memory; use a smaller model");
    cut_tiles(o, true);
    return QP_OK;
}

/* Whether elements are updated one by one, in the order of the blocks. */
static bool can_divide(const qp_optimizer *o)
{
    for (int p = 1; p < o->piece_count; p++)
        if (o->piece[p].offset < o->piece[p - 1].offset) return false;
    return !o->rule->update_span && o->config.max_norm <= 0;
}

/* The first tile of a part: all parts have equally many. */
static int part_tile(const qp_optimizer *o, int part) { return (int)((int64_t)o->tile_count * part / o->parts); }

/* Cuts the block into `rounds` parts for each rank. */
static qp_status divide(qp_optimizer *o, qp_cluster *cluster, int rounds)
{
    bool divided = cluster && can_divide(o);
    o->cluster = divided ? cluster : NULL;
    o->rank = qp_cluster_rank(o->cluster);
    o->ranks = qp_cluster_ranks(o->cluster);
    o->rounds = divided ? rounds : 1;
    o->parts = o->ranks * o->rounds;
    o->part = malloc(((size_t)o->parts + 1) * sizeof *o->part);
    o->part_sums = malloc(((size_t)o->parts + 1) * sizeof *o->part_sums);
    if (!o->part || !o->part_sums) return qp_fail(QP_EMEMORY, "optimizer: out of memory");
    for (int i = 0; i <= o->parts; i++) {
        int tile = part_tile(o, i);
        size_t begin = tile < o->tile_count ? o->piece[o->tile[tile]].offset : o->size;
        o->part[i] = (i > 0 ? begin : 0) * sizeof(qp_real);
        o->part_sums[i] = (size_t)tile * sizeof *o->partial;
    }
    return QP_OK;
}

/* Weights, one block of gradients and the states are touched in full: if they exceed the memory, the system kills the
 * process. */
static qp_status check_memory(const qp_optimizer *o)
{
    int blocks = 2 + (o->states - o->rule->sparse_state) / qp_cluster_ranks(o->cluster);
    size_t block = o->size * sizeof(qp_real), available = qp_memory_bytes();
    if (block <= available / (size_t)blocks) return QP_OK;
    return qp_fail(
        QP_EMEMORY,
        "training needs at least %zu MB for weights, gradients and the optimizer, this machine has %zu; use a "
        "smaller model or --optimizer sgd",
        (block >> 20) * (size_t)blocks, available >> 20);
}

static qp_status allocate_states(qp_optimizer *o)
{
    o->states = o->rule_states + (o->config.lookahead > 0) + (o->config.ema > 0);
    QP_TRY(check_memory(o));
    for (int i = 0; i < o->states; i++) {
        void *memory = NULL;
        if ((o->rule->sparse_state && i == 0) || o->cluster) { /* the system gives memory when it is touched */
            o->state[i] = calloc(o->size + 1, sizeof(qp_real));
            if (!o->state[i]) return qp_fail(QP_EMEMORY, "optimizer: no memory; use a smaller model or optimizer sgd");
            continue;
        }
        if (posix_memalign(&memory, 64, o->size * sizeof(qp_real) + 64))
            return qp_fail(QP_EMEMORY,
                           "optimizer: no memory for %d blocks of %zu MB; use a smaller model or optimizer sgd",
                           o->states, o->size * sizeof(qp_real) >> 20);
        o->state[i] = memory;
        memset(memory, 0, o->size * sizeof(qp_real));
    }
    if (o->config.lookahead > 0) o->slow = o->state[o->rule_states];
    if (o->config.ema > 0) o->ema = o->state[o->states - 1];
    for (int part = o->rank; o->rule->first_value && part < o->parts; part += o->ranks)
        for (size_t i = qp_optimizer_part_begin(o, part); i < qp_optimizer_part_begin(o, part + 1); i++)
            o->state[0][i] = (qp_real)o->rule->first_value(&o->config);
    return QP_OK;
}

qp_status qp_optimizer_new(const qp_optimizer_config *config, size_t size, const qp_optimizer_span *span, int count,
                           qp_optimizer **optimizer)
{
    return qp_optimizer_new_parts(config, size, span, count, NULL, 1, optimizer);
}

qp_status qp_optimizer_new_parts(const qp_optimizer_config *config, size_t size, const qp_optimizer_span *span,
                                 int count, qp_cluster *cluster, int rounds, qp_optimizer **optimizer)
{
    *optimizer = NULL;
    qp_optimizer *o = calloc(1, sizeof *o);
    if (!o) return qp_fail(QP_EMEMORY, "optimizer: out of memory; use a smaller model");
    o->config = *config;
    o->size = size;
    o->rule = qp_rule_of(config, &o->rule_states);
    qp_status status = o->rule->check ? o->rule->check(config) : QP_OK;
    if (status == QP_OK) status = allocate_tiles(o, span, count);
    if (status == QP_OK) status = divide(o, cluster, rounds);
    if (status == QP_OK) status = allocate_states(o);
    if (status == QP_OK)
        *optimizer = o;
    else
        qp_optimizer_free(o);
    return status;
}

void qp_optimizer_free(qp_optimizer *o)
{
    if (!o) return;
    for (int i = 0; i < QP_OPTIMIZER_STATES; i++) free(o->state[i]);
    free(o->piece);
    free(o->tile);
    free(o->partial);
    free(o->row_sums);
    free(o->scratch);
    free(o->span);
    free(o->group);
    free(o->part);
    free(o->part_sums);
    free(o);
}

int64_t qp_optimizer_updates(const qp_optimizer *o) { return o->updates; }

void qp_optimizer_set_updates(qp_optimizer *o, int64_t updates) { o->updates = updates; }

int qp_optimizer_states(const qp_optimizer *o) { return o->states; }

const char *qp_optimizer_state_name(const qp_optimizer *o, int index)
{
    if (index < o->rule_states) return o->rule->state_name[index];
    return o->state[index] == o->slow ? "slow" : "ema";
}

qp_real *qp_optimizer_state(qp_optimizer *o, int index) { return o->state[index]; }

size_t qp_optimizer_size(const qp_optimizer *o) { return o->size; }

qp_real *qp_optimizer_mean(qp_optimizer *o) { return o->rule->from_weights ? o->state[0] : o->ema; }

const size_t *qp_optimizer_parts(const qp_optimizer *o) { return o->cluster ? o->part : NULL; }

int qp_optimizer_rounds(const qp_optimizer *o) { return o->rounds; }

/* Returns the memory of whole pages in `bytes` at `data`, which then read as zeros. */
static void give_back(char *data, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), skip = (page - (uintptr_t)data % page) % page;
    if (bytes > skip + page) madvise(data + skip, (bytes - skip) / page * page, MADV_DONTNEED);
}

void qp_optimizer_forget_others(qp_optimizer *o)
{
    for (int i = 0; i < o->states; i++)
        for (int part = 0; part < o->parts; part++)
            if (part % o->ranks != o->rank)
                give_back((char *)o->state[i] + o->part[part], o->part[part + 1] - o->part[part]);
}
