#include "lib/decode/beam.h"

#include <math.h>
#include <stdlib.h>

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
        double sum = beam->total[j] + (double)c->log_probability[j * c->stride + c->taken[j]];
        if (best >= 0 && !(sum > *total)) continue;
        best = j;
        *total = sum;
    }
    return best;
}

void qp_beam_expand(qp_beam *beam, const qp_candidates *candidates)
{
    int live = 0;
    double total = 0;
    for (int j = 0; j < beam->live; j++) candidates->taken[j] = 0;
    for (int rank = 0; live < beam->width; rank++) {
        int slot = best_slot(beam, candidates, &total);
        if (slot < 0) break;
        int place = slot * candidates->stride + candidates->taken[slot]++;
        int32_t id = candidates->id[place];
        qp_real log_probability = candidates->log_probability[place];
        if (id != QP_EOS) {
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
    /* with no token left to continue with and nothing ended, the hypotheses so far are what there is */
    beam->done = true;
    if (live == 0 && beam->ends == 0) return;
    double *old = beam->total;
    beam->total = beam->next_total;
    beam->next_total = old;
    beam->length++;
    beam->live = live;
    beam->done = beam->ends >= beam->enough || beam->length >= beam->longest || live == 0;
}

static qp_status hypothesis_of(const qp_beam *beam, const qp_beam_end *end, qp_hypothesis *hypothesis)
{
    int count = end->length + (end->ended ? 1 : 0);
    hypothesis->id = malloc(sizeof *hypothesis->id * (size_t)(count + 1));
    hypothesis->log_probability = malloc(sizeof *hypothesis->log_probability * (size_t)(count + 1));
    if (!hypothesis->id || !hypothesis->log_probability)
        return qp_fail(QP_EMEMORY, "search: out of memory for a result of %d tokens; use a smaller --batch-size",
                       count);
    hypothesis->count = count;
    hypothesis->total = end->total;
    hypothesis->score = end->score;
    if (end->ended) {
        hypothesis->id[count - 1] = QP_EOS;
        hypothesis->log_probability[count - 1] = end->end_log_probability;
    }
    int slot = end->slot;
    for (int length = end->length; length > 0; length--) {
        const qp_beam_node *node = node_at(beam, length, slot);
        hypothesis->id[length - 1] = node->id;
        hypothesis->log_probability[length - 1] = node->log_probability;
        slot = node->parent;
    }
    return QP_OK;
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

static qp_status add_bonus(const qp_beam *beam, qp_beam_end *end, qp_beam_bonus bonus)
{
    qp_hypothesis hypothesis = {0};
    if (!bonus.add) return QP_OK;
    qp_status status = hypothesis_of(beam, end, &hypothesis);
    if (status == QP_OK) status = bonus.add(bonus.self, &hypothesis, &end->score);
    free(hypothesis.id);
    free(hypothesis.log_probability);
    return status;
}

qp_status qp_beam_finish(qp_beam *beam, double length_penalty, qp_beam_bonus bonus, int n_best,
                         qp_search_result *result)
{
    for (int j = 0; j < beam->live && beam->ends < beam->width; j++)
        beam->end[beam->ends++] = (qp_beam_end){.total = beam->total[j], .slot = j, .length = beam->length};
    for (int i = 0; i < beam->ends; i++) {
        qp_beam_end *end = &beam->end[i];
        int length = end->length + (end->ended ? 1 : 0);
        end->score = end->total / pow((5.0 + length) / 6.0, length_penalty);
        QP_TRY(add_bonus(beam, end, bonus));
    }
    rank_ends(beam);
    int count = beam->ends < beam->width ? beam->ends : beam->width;
    if (n_best < count) count = n_best;
    result->best = calloc((size_t)count + 1, sizeof *result->best);
    if (!result->best)
        return qp_fail(QP_EMEMORY, "search: out of memory for %d results; use a smaller --n-best", count);
    result->count = count;
    for (int i = 0; i < count; i++) QP_TRY(hypothesis_of(beam, &beam->end[i], &result->best[i]));
    return QP_OK;
}
