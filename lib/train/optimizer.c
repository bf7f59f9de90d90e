#define _GNU_SOURCE
#include "lib/train/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/pointwise.h"
#include "lib/train/rules/rule_table.h"

/* A tile is the unit of work of a thread; a chunk stays in the first-level cache between two kernels. Both are part of
 * the arithmetic (order of the norm's sum), so they do not depend on the machine. */
enum { TILE = 16384, CHUNK = QP_RULE_CHUNK, STATES_MAX = QP_RULE_STATES_MAX + 2 };

/* A piece is part of one span; a tile is a run of pieces. */
typedef struct {
    size_t offset, count;
    bool decay;
    int group;
} piece;

/* What the update of spans of one rate has in common. */
typedef struct {
    double factor; /* on the learning rate */
    qp_real shrink;
    qp_rule_constants constants;
} rate_group;

struct qp_optimizer {
    qp_optimizer_config config;
    const qp_rule *rule;
    size_t size;
    int64_t updates;
    int rule_states, states;
    qp_real *state[STATES_MAX]; /* those of the rule, then slow weights, then the ema */
    qp_real *slow, *ema;        /* among them, or NULL */
    piece *piece;
    int piece_count;
    int *tile; /* [tiles+1] first piece of each tile */
    int tile_count;
    double *partial;  /* [tiles] sums of squares */
    double *row_sums; /* rules of whole parameters: 2 for each row of the tallest one */
    qp_real *scratch; /* theirs */
    qp_optimizer_span *span;
    int span_count;
    rate_group *group; /* [spans] the different rates */
    int groups;
    qp_cluster *cluster; /* whose ranks each update a part; NULL: this process updates all */
    size_t *part;        /* [ranks+1] bytes at which the parts begin */
    size_t *part_sums;   /* [ranks+1] the same in `partial` */
    int first_tile, end_tile;
    size_t begin, end; /* reals of this process's part */
};

/* One update, shared by the workers. */
typedef struct {
    qp_optimizer *optimizer;
    qp_real *weight;
    const qp_real *gradient[2];
    int count;
    qp_real scale, clip, l2;
    double lr;
} update;

static double rate_of(const qp_optimizer_span *span) { return span->rate > 0 ? span->rate : 1; }

/* The group of a span, made at its first span. */
static int group_of(qp_optimizer *o, const qp_optimizer_span *span)
{
    int g = 0;
    while (g < o->groups && o->group[g].factor != rate_of(span)) g++;
    if (g == o->groups) o->group[o->groups++] = (rate_group){.factor = rate_of(span)};
    return g;
}

/* Cuts the spans into pieces of at most TILE reals and groups small ones (biases) into tiles. Called twice: to count,
 * then to fill. */
static void cut_tiles(qp_optimizer *o, bool fill)
{
    size_t in_tile = TILE; /* the first piece opens a tile */
    o->piece_count = o->tile_count = 0;
    for (int s = 0; s < o->span_count; s++) {
        size_t total = (size_t)o->span[s].rows * (size_t)o->span[s].columns;
        if (o->span[s].frozen) continue;
        int group = group_of(o, &o->span[s]);
        for (size_t at = 0; at < total; at += TILE) {
            size_t n = total - at < TILE ? total - at : TILE;
            if (in_tile + n > TILE) {
                if (fill) o->tile[o->tile_count] = o->piece_count;
                o->tile_count++;
                in_tile = 0;
            }
            in_tile += n;
            if (fill) o->piece[o->piece_count] = (piece){o->span[s].offset + at, n, o->span[s].decay, group};
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

/* Gives each rank equally many tiles. */
static qp_status divide(qp_optimizer *o, qp_cluster *cluster)
{
    int rank = qp_cluster_rank(cluster), ranks = qp_cluster_ranks(cluster);
    o->end_tile = o->tile_count;
    o->end = o->size;
    if (!cluster || !can_divide(o)) return QP_OK;
    o->cluster = cluster;
    o->part = malloc(((size_t)ranks + 1) * sizeof *o->part);
    o->part_sums = malloc(((size_t)ranks + 1) * sizeof *o->part_sums);
    if (!o->part || !o->part_sums) return qp_fail(QP_EMEMORY, "optimizer: out of memory");
    for (int r = 0; r <= ranks; r++) {
        int tile = qp_cluster_share(cluster, o->tile_count, r);
        size_t begin = tile < o->tile_count ? o->piece[o->tile[tile]].offset : o->size;
        o->part[r] = (r > 0 ? begin : 0) * sizeof(qp_real);
        o->part_sums[r] = (size_t)tile * sizeof *o->partial;
    }
    o->first_tile = qp_cluster_share(cluster, o->tile_count, rank);
    o->end_tile = qp_cluster_share(cluster, o->tile_count, rank + 1);
    o->begin = o->part[rank] / sizeof(qp_real);
    o->end = o->part[rank + 1] / sizeof(qp_real);
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
    if (o->rule->first_value)
        for (size_t i = o->begin; i < o->end; i++) o->state[0][i] = (qp_real)o->rule->first_value(&o->config);
    return QP_OK;
}

qp_status qp_optimizer_new(const qp_optimizer_config *config, size_t size, const qp_optimizer_span *span, int count,
                           qp_optimizer **optimizer)
{
    return qp_optimizer_new_parts(config, size, span, count, NULL, optimizer);
}

qp_status qp_optimizer_new_parts(const qp_optimizer_config *config, size_t size, const qp_optimizer_span *span,
                                 int count, qp_cluster *cluster, qp_optimizer **optimizer)
{
    *optimizer = NULL;
    qp_optimizer *o = calloc(1, sizeof *o);
    if (!o) return qp_fail(QP_EMEMORY, "optimizer: out of memory; use a smaller model");
    o->config = *config;
    o->size = size;
    o->rule = qp_rule_of(config, &o->rule_states);
    qp_status status = o->rule->check ? o->rule->check(config) : QP_OK;
    if (status == QP_OK) status = allocate_tiles(o, span, count);
    if (status == QP_OK) status = divide(o, cluster);
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
    for (int i = 0; i < STATES_MAX; i++) free(o->state[i]);
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

/* g = scale*(sum of the blocks) + l1*sign(w) for one chunk */
static void load_gradient(const update *u, size_t at, size_t n, qp_real *g)
{
    qp_scale_add(n, u->scale, u->gradient[0] + at, 0, g);
    if (u->count == 2) qp_scale_add(n, u->scale, u->gradient[1] + at, 1, g);
    qp_real l1 = (qp_real)u->optimizer->config.l1;
    if (l1 > 0)
        for (size_t i = 0; i < n; i++) {
            qp_real w = u->weight[at + i];
            g[i] += w > 0 ? l1 : w < 0 ? -l1 : 0;
        }
}

static double tile_squares(const update *u, int tile)
{
    const qp_optimizer *o = u->optimizer;
    qp_real g[CHUNK];
    double sum = 0;
    for (int p = o->tile[tile]; p < o->tile[tile + 1]; p++)
        for (size_t done = 0; done < o->piece[p].count; done += CHUNK) {
            size_t left = o->piece[p].count - done, n = left < CHUNK ? left : CHUNK;
            load_gradient(u, o->piece[p].offset + done, n, g);
            sum += qp_sum_squares(n, g);
        }
    return sum;
}

/* Clips the gradient in g and adds the L2 penalty of the current weights. */
static void finish_gradient(const update *u, size_t at, size_t n, bool decay, qp_real *g)
{
    qp_real value = (qp_real)u->optimizer->config.clip_value;
    if (u->clip < 1)
        for (size_t i = 0; i < n; i++) g[i] *= u->clip;
    if (value > 0)
        for (size_t i = 0; i < n; i++) g[i] = g[i] > value ? value : g[i] < -value ? -value : g[i];
    if (decay && u->l2 > 0) qp_scale_add(n, u->l2, u->weight + at, 1, g);
}

/* Clips, decays and applies the rule to one chunk whose gradient is in g. */
static void update_chunk(const update *u, const piece *p, size_t at, size_t n, qp_real *g)
{
    const qp_optimizer *o = u->optimizer;
    const rate_group *group = &o->group[p->group];
    qp_real *w = u->weight + at;
    if (p->decay && group->shrink < 1)
        for (size_t i = 0; i < n; i++) w[i] *= group->shrink;
    if (!o->rule->update) return; /* a rule of whole parameters; see update_spans */
    finish_gradient(u, at, n, p->decay, g);
    qp_real *state[QP_RULE_STATES_MAX] = {NULL};
    for (int i = 0; i < o->rule_states; i++) state[i] = o->state[i] + at;
    o->rule->update(&group->constants, n, g, state, w);
}

/* Updates one tile; returns its sum of squares, which is cheap while the gradient is in the cache. */
static double tile_update(const update *u, int tile)
{
    const qp_optimizer *o = u->optimizer;
    qp_real g[CHUNK];
    double sum = 0;
    for (int p = o->tile[tile]; p < o->tile[tile + 1]; p++)
        for (size_t done = 0; done < o->piece[p].count; done += CHUNK) {
            size_t left = o->piece[p].count - done, n = left < CHUNK ? left : CHUNK, at = o->piece[p].offset + done;
            load_gradient(u, at, n, g);
            if (o->config.clip_norm <= 0) sum += qp_sum_squares(n, g);
            update_chunk(u, &o->piece[p], at, n, g);
        }
    return sum;
}

static void span_gradient(const void *context, size_t at, size_t n, bool decay, qp_real *g)
{
    load_gradient(context, at, n, g);
    finish_gradient(context, at, n, decay, g);
}

static void update_spans(const update *u, int threads)
{
    const qp_optimizer *o = u->optimizer;
    for (int s = 0; s < o->span_count; s++) {
        size_t at = o->span[s].offset;
        qp_span_update one = {.config = &o->config,
                              .span = &o->span[s],
                              .t = o->updates + 1,
                              .lr = u->lr * rate_of(&o->span[s]),
                              .gradient = span_gradient,
                              .context = u,
                              .weight = u->weight + at,
                              .row_sums = o->row_sums,
                              .scratch = o->scratch,
                              .threads = threads};
        for (int i = 0; i < o->rule_states; i++) one.state[i] = o->state[i] + at;
        if (!o->span[s].frozen) o->rule->update_span(&one);
    }
}

/* The norm of the gradient; the sums of other ranks' tiles come from them. */
static qp_status sum_tiles(qp_optimizer *o, double *norm)
{
    double sum = 0;
    QP_TRY(qp_cluster_gather(o->cluster, o->part_sums, o->partial));
    for (int i = 0; i < o->tile_count; i++) sum += o->partial[i];
    *norm = sqrt(sum);
    return QP_OK;
}

static void limit_row_norms(qp_optimizer *o, qp_real *weight, int threads)
{
    for (int s = 0; s < o->span_count; s++) {
        const qp_optimizer_span *span = &o->span[s];
        if (!span->matrix || span->frozen) continue;
        size_t columns = (size_t)span->columns;
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int r = 0; r < span->rows; r++) {
            qp_real *row = weight + span->offset + (size_t)r * columns;
            double norm = sqrt(qp_sum_squares(columns, row));
            if (norm > o->config.max_norm) {
                qp_real factor = (qp_real)(o->config.max_norm / norm);
                for (size_t i = 0; i < columns; i++) row[i] *= factor;
            }
        }
    }
}

static void average_weights(qp_optimizer *o, const qp_real *weight, int threads)
{
    qp_real *mean = o->ema, keep = (qp_real)o->config.ema, fresh = (qp_real)(1 - o->config.ema);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int p = o->tile[o->first_tile]; p < o->tile[o->end_tile]; p++)
        qp_scale_add(o->piece[p].count, fresh, weight + o->piece[p].offset, keep, mean + o->piece[p].offset);
}

/* Every k-th update: slow += alpha*(w - slow), w = slow. */
static void look_ahead(qp_optimizer *o, qp_real *weight, int threads)
{
    qp_real share = (qp_real)o->config.lookahead_alpha;
    if ((o->updates + 1) % o->config.lookahead != 0) return;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int p = o->tile[o->first_tile]; p < o->tile[o->end_tile]; p++)
        for (size_t i = o->piece[p].offset; i < o->piece[p].offset + o->piece[p].count; i++)
            weight[i] = o->slow[i] += share * (weight[i] - o->slow[i]);
}

/* States that start as the initial weights. */
static void begin_states(qp_optimizer *o, const qp_real *weight)
{
    int rule_states = o->rule->from_weights ? o->rule_states : 0;
    size_t at = o->begin, bytes = (o->end - o->begin) * sizeof *weight;
    for (int i = 0; i < rule_states; i++) memcpy(o->state[i] + at, weight + at, bytes);
    if (o->slow) memcpy(o->slow + at, weight + at, bytes);
    if (o->ema) memcpy(o->ema + at, weight + at, bytes);
}

static update begin_update(qp_optimizer *o, qp_real *weight, const qp_real *const *gradient, int count, double scale,
                           double lr)
{
    const qp_optimizer_config *c = &o->config;
    double decay = c->decoupled_decay + (o->rule->decay == QP_DECAY_DECOUPLED ? c->weight_decay : 0);
    update u = {.optimizer = o,
                .weight = weight,
                .gradient = {gradient[0], count == 2 ? gradient[1] : NULL},
                .count = count,
                .scale = (qp_real)scale,
                .clip = 1,
                .l2 = (qp_real)(c->l2 + (o->rule->decay == QP_DECAY_L2 ? c->weight_decay : 0)),
                .lr = lr};
    for (int i = 0; i < o->groups; i++) {
        rate_group *group = &o->group[i];
        group->shrink = (qp_real)(1 - lr * group->factor * decay);
        group->constants = (qp_rule_constants){0};
        if (o->rule->prepare) o->rule->prepare(c, o->updates + 1, lr * group->factor, &group->constants);
    }
    return u;
}

static qp_status refuse_norm(const qp_optimizer *o, double norm)
{
    return qp_fail(QP_EDATA, "update %lld: the gradient norm is %s; use a lower --lr, more --lr-warmup or --clip-norm",
                   (long long)o->updates + 1, isnan(norm) ? "not a number" : "infinite");
}

qp_status qp_optimizer_step(qp_optimizer *o, qp_real *weight, const qp_real *const *gradient, int count, double scale,
                            double lr, int threads, double *norm)
{
    update u = begin_update(o, weight, gradient, count, scale, lr);
    double length = 0;
    if (o->updates == 0) begin_states(o, weight);
    if (o->config.clip_norm > 0) {
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)
        for (int i = o->first_tile; i < o->end_tile; i++) o->partial[i] = tile_squares(&u, i);
        QP_TRY(sum_tiles(o, &length));
        if (norm) *norm = length;
        if (!isfinite(length)) return refuse_norm(o, length);
        u.clip = (qp_real)fmin(1, o->config.clip_norm / (length + 1e-6));
    }
#pragma omp parallel num_threads(threads)
    {
        qp_cpu_flush_subnormals();
#pragma omp for schedule(dynamic, 4)
        for (int i = o->first_tile; i < o->end_tile; i++) o->partial[i] = tile_update(&u, i);
    }
    if (o->config.clip_norm <= 0) QP_TRY(sum_tiles(o, &length));
    if (norm) *norm = length;
    if (!isfinite(length)) return refuse_norm(o, length);
    if (o->rule->update_span) update_spans(&u, threads);
    if (o->config.max_norm > 0) limit_row_norms(o, weight, threads);
    if (o->slow) look_ahead(o, weight, threads);
    if (o->ema) average_weights(o, weight, threads);
    o->updates++;
    return QP_OK;
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

const size_t *qp_optimizer_parts(const qp_optimizer *o) { return o->part; }

/* Returns the memory of whole pages in `bytes` at `data`, which then read as zeros. */
static void give_back(char *data, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), skip = (page - (uintptr_t)data % page) % page;
    if (bytes > skip + page) madvise(data + skip, (bytes - skip) / page * page, MADV_DONTNEED);
}

void qp_optimizer_forget_others(qp_optimizer *o)
{
    for (int i = 0; o->cluster && i < o->states; i++) {
        give_back((char *)o->state[i], o->begin * sizeof(qp_real));
        give_back((char *)(o->state[i] + o->end), (o->size - o->end) * sizeof(qp_real));
    }
}
