#include "lib/decode/beam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static qp_beam_node *node_at(const qp_beam *beam, int length, int slot)
{
    return &beam->node[(ptrdiff_t)(length - 1) * beam->width + slot];
}

void qp_beam_history(const qp_beam *beam, int slot, int32_t *id)
{
    for (int length = beam->length; length > 0; length--) {
        const qp_beam_node *node = node_at(beam, length, slot);
        id[length - 1] = node->id;
        slot = node->parent;
    }
}

/* The live hypothesis whose next candidate has the highest total, ties to the lower slot; -1: none left. */
static int best_slot(const qp_beam *beam, const qp_candidates *c, double *total)
{
    int best = -1;
    for (int j = 0; j < beam->live; j++) {
        if (c->taken[j] == c->count[j]) continue;
        double sum = beam->total[j] + (double)c->log_probability[(ptrdiff_t)j * c->stride + c->taken[j]];
        if (best >= 0 && !(sum > *total)) continue;
        best = j;
        *total = sum;
    }
    return best;
}

/* ---- the score of a hypothesis, and whether others can beat it ---- */

static double score_of(const qp_beam_ranking *ranking, double total, int length)
{
    double base = ranking->length_rule == QP_LENGTH_POWER ? length : (5.0 + length) / 6.0;
    return total / pow(base, ranking->length_penalty);
}

/* Best score first; equal scores keep the order in which they were found. */
static void rank_ends(qp_beam *beam)
{
    for (int i = 1; i < beam->ends; i++) {
        qp_beam_end moved = beam->end[i];
        int j = i;
        for (; j > 0 && beam->end[j - 1].score < moved.score; j--) beam->end[j] = beam->end[j - 1];
        beam->end[j] = moved;
    }
}

static bool is_bounded(const qp_beam *beam) { return beam->ranking && beam->ranking->stop != QP_STOP_FULL; }

/* Keeps the best of the finished; no live one can still beat the worst of them: *over. The bound is the score of the
 * best live hypothesis if it ended now, or only at the longest length, where length makes scores better. */
static void keep_best(qp_beam *beam)
{
    const qp_beam_ranking *r = beam->ranking;
    for (int i = 0; i < beam->ends; i++)
        beam->end[i].score = score_of(r, beam->end[i].total, beam->end[i].length + (beam->end[i].ended ? 1 : 0));
    rank_ends(beam);
    if (beam->ends > beam->width) beam->ends = beam->width;
    bool longest = r->stop == QP_STOP_LONGEST && r->length_penalty > 0;
    beam->over = beam->ends == beam->width && beam->live > 0 &&
                 beam->end[beam->ends - 1].score >=
                     score_of(r, beam->total[0], longest ? beam->longest : beam->length);
}

void qp_beam_expand(qp_beam *beam, const qp_candidates *candidates)
{
    int live = 0;
    double total; /* of the slot that best_slot returns */
    for (int j = 0; j < beam->live; j++) candidates->taken[j] = 0;
    for (int rank = 0; live < beam->width; rank++) {
        int slot = best_slot(beam, candidates, &total);
        if (slot < 0) break;
        int place = slot * candidates->stride + candidates->taken[slot]++;
        int32_t id = candidates->id[place];
        qp_real log_probability = candidates->log_probability[place];
        if (id != beam->end_id) {
            *node_at(beam, beam->length + 1, live) = (qp_beam_node){slot, id, log_probability};
            beam->next_total[live++] = total;
        } else if (rank < beam->width) {
            beam->end[beam->ends++] = (qp_beam_end){.total = total,
                                                    .slot = slot,
                                                    .length = beam->length,
                                                    .ended = true,
                                                    .end_log_probability = log_probability};
        }
    }
    /* no token left to continue with and nothing ended: the hypotheses so far are the result */
    beam->done = true;
    if (live == 0 && beam->ends == 0) return;
    double *old = beam->total;
    beam->total = beam->next_total;
    beam->next_total = old;
    beam->length++;
    beam->live = live;
    if (is_bounded(beam)) keep_best(beam);
    beam->done = (is_bounded(beam) ? beam->over : beam->ends >= beam->enough) || beam->length >= beam->longest ||
                 live == 0;
}

/* Token `place` of a hypothesis was chosen by the step that read the hypothesis of `place` tokens in `slot`. */
static void copy_attention(const qp_beam *beam, int place, int slot, qp_hypothesis *hypothesis)
{
    size_t columns = (size_t)beam->source_tokens;
    if (!beam->attention) return;
    memcpy(hypothesis->attention + (size_t)place * columns, beam->attention[place] + (size_t)slot * columns,
           columns * sizeof *hypothesis->attention);
}

static qp_status hypothesis_of(const qp_beam *beam, const qp_beam_end *end, qp_hypothesis *hypothesis)
{
    int count = end->length + (end->ended ? 1 : 0), slot = end->slot;
    QP_TRY(qp_hypothesis_new(count, beam->source_tokens, beam->attention != NULL, hypothesis));
    hypothesis->total = end->total;
    hypothesis->score = end->score;
    if (end->ended) {
        hypothesis->id[count - 1] = beam->end_id;
        hypothesis->log_probability[count - 1] = end->end_log_probability;
        copy_attention(beam, end->length, slot, hypothesis);
    }
    for (int length = end->length; length > 0; length--) {
        const qp_beam_node *node = node_at(beam, length, slot);
        hypothesis->id[length - 1] = node->id;
        hypothesis->log_probability[length - 1] = node->log_probability;
        slot = node->parent;
        copy_attention(beam, length - 1, slot, hypothesis);
    }
    return QP_OK;
}

/* ---- ranking ---- */

/* A source token that got no attention counts as if it had got this much, so that scores stay finite. */
static const double least_attention = 1e-10;

/* sum over the source tokens of log min(1, attention over all target tokens) */
static double coverage_of(const qp_hypothesis *hypothesis, int source_tokens)
{
    double coverage = 0;
    for (int i = 0; i < source_tokens && hypothesis->count > 0; i++) {
        double sum = 0;
        for (int t = 0; t < hypothesis->count; t++)
            sum += (double)hypothesis->attention[(size_t)t * (size_t)source_tokens + (size_t)i];
        coverage += log(fmin(1, fmax(sum, least_attention)));
    }
    return coverage;
}

static qp_status score_end(const qp_beam *beam, const qp_beam_ranking *ranking, qp_beam_end *end)
{
    int length = end->length + (end->ended ? 1 : 0);
    end->score = score_of(ranking, end->total, length);
    if (ranking->coverage_penalty <= 0) return QP_OK;
    qp_hypothesis hypothesis;
    QP_TRY(hypothesis_of(beam, end, &hypothesis));
    end->score += ranking->coverage_penalty * coverage_of(&hypothesis, beam->source_tokens);
    qp_hypothesis_free(&hypothesis);
    return QP_OK;
}

qp_status qp_beam_finish(qp_beam *beam, const qp_beam_ranking *ranking, qp_search_result *result)
{
    int most = is_bounded(beam) ? (beam->over ? 0 : beam->ends + beam->live) : beam->width;
    for (int j = 0; j < beam->live && beam->ends < most; j++)
        beam->end[beam->ends++] = (qp_beam_end){.total = beam->total[j], .slot = j, .length = beam->length};
    for (int i = 0; i < beam->ends; i++) QP_TRY(score_end(beam, ranking, &beam->end[i]));
    rank_ends(beam);
    int count = beam->ends < beam->width ? beam->ends : beam->width;
    if (ranking->n_best < count) count = ranking->n_best;
    result->best = calloc((size_t)count + 1, sizeof *result->best);
    if (!result->best)
        return qp_fail(QP_EMEMORY, "search: out of memory for %d results; use a smaller --n-best", count);
    result->count = count;
    for (int i = 0; i < count; i++) QP_TRY(hypothesis_of(beam, &beam->end[i], &result->best[i]));
    return QP_OK;
}
