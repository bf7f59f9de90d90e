#include <math.h>
#include <string.h>

#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/pointwise.h"
#include "lib/train/optimizer_internal.h"

/* One update, shared by the workers. */
typedef struct {
    qp_optimizer *optimizer;
    qp_real *weight;
    const qp_real *gradient[2];
    int count;
    qp_real scale, clip, l2;
    double lr;
} update;

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
    qp_real g[QP_RULE_CHUNK];
    double sum = 0;
    for (int p = o->tile[tile]; p < o->tile[tile + 1]; p++)
        for (size_t done = 0; done < o->piece[p].count; done += QP_RULE_CHUNK) {
            size_t left = o->piece[p].count - done, n = left < QP_RULE_CHUNK ? left : QP_RULE_CHUNK;
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
static void update_chunk(const update *u, const qp_optimizer_piece *p, size_t at, size_t n, qp_real *g)
{
    const qp_optimizer *o = u->optimizer;
    const qp_rate_group *group = &o->group[p->group];
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
    qp_real g[QP_RULE_CHUNK];
    double sum = 0;
    for (int p = o->tile[tile]; p < o->tile[tile + 1]; p++)
        for (size_t done = 0; done < o->piece[p].count; done += QP_RULE_CHUNK) {
            size_t left = o->piece[p].count - done, n = left < QP_RULE_CHUNK ? left : QP_RULE_CHUNK,
                   at = o->piece[p].offset + done;
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
                              .lr = u->lr * qp_span_rate(&o->span[s]),
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
    QP_TRY(qp_cluster_gather(o->cluster, o->part_sums, o->rounds, o->partial));
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
    for (int t = 0; t < o->tile_count; t++)
        for (int p = o->tile[t]; qp_optimizer_owns(o, t) && p < o->tile[t + 1]; p++)
            qp_scale_add(o->piece[p].count, fresh, weight + o->piece[p].offset, keep, mean + o->piece[p].offset);
}

/* Every k-th update: slow += alpha*(w - slow), w = slow. */
static void look_ahead(qp_optimizer *o, qp_real *weight, int threads)
{
    qp_real share = (qp_real)o->config.lookahead_alpha;
    if ((o->updates + 1) % o->config.lookahead != 0) return;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int t = 0; t < o->tile_count; t++)
        for (int p = o->tile[t]; qp_optimizer_owns(o, t) && p < o->tile[t + 1]; p++)
            for (size_t i = o->piece[p].offset; i < o->piece[p].offset + o->piece[p].count; i++)
                weight[i] = o->slow[i] += share * (weight[i] - o->slow[i]);
}

/* States that start as the initial weights. */
static void begin_states(qp_optimizer *o, const qp_real *weight)
{
    int rule_states = o->rule->from_weights ? o->rule_states : 0;
    for (int part = o->rank; part < o->parts; part += o->ranks) {
        size_t at = qp_optimizer_part_begin(o, part), bytes = o->part[part + 1] - o->part[part];
        for (int i = 0; i < rule_states; i++) memcpy(o->state[i] + at, weight + at, bytes);
        if (o->slow) memcpy(o->slow + at, weight + at, bytes);
        if (o->ema) memcpy(o->ema + at, weight + at, bytes);
    }
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
        qp_rate_group *group = &o->group[i];
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
    double length;
    if (o->updates == 0) begin_states(o, weight);
    if (o->config.clip_norm > 0) {
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)
        for (int i = 0; i < o->tile_count; i++)
            if (qp_optimizer_owns(o, i)) o->partial[i] = tile_squares(&u, i);
        QP_TRY(sum_tiles(o, &length));
        if (norm) *norm = length;
        if (!isfinite(length)) return refuse_norm(o, length);
        u.clip = (qp_real)fmin(1, o->config.clip_norm / (length + 1e-6));
    }
#pragma omp parallel num_threads(threads)
    {
        qp_cpu_flush_subnormals();
#pragma omp for schedule(dynamic, 4)
        for (int i = 0; i < o->tile_count; i++)
            if (qp_optimizer_owns(o, i)) o->partial[i] = tile_update(&u, i);
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
