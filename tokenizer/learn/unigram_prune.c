#define _GNU_SOURCE /* qsort_r */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/learn/unigram_internal.h"

enum { UNKNOWN = -1 };

static size_t length_of(const qp_unigram_seeds *s, int32_t piece)
{
    return piece == UNKNOWN ? 1 : (size_t)s->piece[piece].length;
}

/* The best path over code[begin .. end) without piece `without`: by_end[1..length] is the piece that ends there.
 * Returns the score of the path, or -infinity. */
static double best_path(const qp_unigram_trainer *t, size_t begin, size_t end, int32_t without, int32_t *by_end)
{
    const qp_unigram_seeds *s = &t->seeds;
    double *best = t->best;
    size_t length = end - begin;
    for (size_t i = 0; i <= length; i++) best[i] = i ? -INFINITY : 0;
    for (size_t i = 0; i < length; i++) {
        if (best[i] == -INFINITY) continue;
        for (size_t k = s->match_start[begin + i]; k < s->match_start[begin + i + 1]; k++) {
            int32_t p = s->match[k];
            size_t after = i + (size_t)s->piece[p].length;
            if (after > length || p == without) continue;
            double score = best[i] + t->score[p];
            if (score > best[after]) {
                best[after] = score;
                by_end[after] = p;
            }
        }
        if (qp_unigram_is_unknown(t, begin + i) && best[i] + t->unknown > best[i + 1]) {
            best[i + 1] = best[i] + t->unknown;
            by_end[i + 1] = UNKNOWN;
        }
    }
    return best[length];
}

/* The loss of log-likelihood when piece p is replaced by its second best segmentation: -1 if the piece is not used,
 * infinity if there is no other segmentation. */
static double loss_of(const qp_unigram_trainer *t, int32_t p, double sum, double log_sum)
{
    const qp_unigram_seeds *s = &t->seeds;
    int32_t *by_end = t->by_end;
    size_t begin = s->piece[p].place, length = (size_t)s->piece[p].length;
    if (t->times[p] == 0) return -1;
    double other = best_path(t, begin, begin + length, p, by_end);
    if (other == -INFINITY) return INFINITY;
    if (other > t->score[p]) return -1;
    double own_times = (double)t->times[p], spelled = 0;
    int parts = 0;
    for (size_t i = length; i > 0; i -= length_of(s, by_end[i])) parts++;
    double log_other = log(sum + own_times * (parts - 1));
    for (size_t i = length; i > 0; i -= length_of(s, by_end[i]))
        spelled += log((by_end[i] == UNKNOWN ? 0 : (double)t->times[by_end[i]]) + own_times) - log_other;
    return own_times * (log(own_times) - log_sum - spelled);
}

static void count_best_paths(qp_unigram_trainer *t)
{
    const qp_unigram_seeds *s = &t->seeds;
    int32_t *by_end = t->by_end;
    memset(t->times, 0, (size_t)s->piece_count * sizeof *t->times);
    for (size_t w = 0; w < s->word_count; w++) {
        size_t begin = s->word_start[w], end = s->word_start[w + 1] - 1;
        if (best_path(t, begin, end, -1, by_end) == -INFINITY) continue;
        for (size_t i = end - begin; i > 0; i -= length_of(s, by_end[i])) {
            if (by_end[i] != UNKNOWN) t->times[by_end[i]] += s->word_times[w];
        }
    }
}

qp_status qp_unigram_prune(qp_unigram_trainer *t, int32_t wanted)
{
    qp_unigram_seeds *s = &t->seeds;
    qp_unigram_score_unknown(t);
    count_best_paths(t);
    double sum = 0;
    for (int32_t p = 0; p < s->piece_count; p++) sum += (double)t->times[p];
    double log_sum = log(sum > 0 ? sum : 1);
    int32_t count = s->piece_count, target = (int32_t)(t->in->shrinking_factor * count);
    if (target < wanted) target = wanted;
    for (int32_t p = 0; p < count; p++) {
        bool stays = p < s->character_count && !t->in->given;
        t->loss[p] = stays ? INFINITY : loss_of(t, p, sum, log_sum);
    }
    int32_t *order = malloc(((size_t)count + 1) * sizeof *order);
    if (!order) return qp_unigram_no_memory();
    for (int32_t p = 0; p < count; p++) order[p] = p;
    qsort_r(order, (size_t)count, sizeof *order, qp_unigram_by_loss, t->loss);
    for (int32_t i = 0; i < count; i++)
        t->keep[order[i]] = t->loss[order[i]] == INFINITY || (i < target && t->loss[order[i]] >= 0);
    free(order);
    qp_unigram_keep(t);
    return QP_OK;
}
