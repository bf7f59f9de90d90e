#include <math.h>
#include <string.h>

#include "tokenizer/learn/unigram_internal.h"

enum { SHORT_WORD = 64 };         /* longer words are summed as logarithms, so that no sum overflows */
static const double RAREST = 0.5; /* pieces expected less often are dropped */

/* psi(x), by the asymptotic series above 7. Source: Bernardo 1976. */
static double digamma(double x)
{
    double result = 0;
    for (; x < 7; x++) result -= 1 / x;
    x -= 0.5;
    double xx = 1 / x, xx2 = xx * xx, xx4 = xx2 * xx2;
    return result + log(x) + xx2 / 24 - 7 * xx4 / 960 + 31 * xx4 * xx2 / 8064 - 127 * xx4 * xx4 / 30720;
}

/* Scaling each probability by the mean loss of a character keeps those of words in the range of a double. */
static void scale_probabilities(qp_unigram_trainer *t)
{
    double sum = 0, characters = 0;
    for (int32_t p = 0; p < t->seeds.character_count; p++) {
        sum += (double)t->seeds.piece[p].times * t->score[p];
        characters += (double)t->seeds.piece[p].times;
    }
    t->scale = characters > 0 ? fmin(fmax(-sum / characters * 0.6, 0), 9) : 0;
    for (int32_t p = 0; p < t->seeds.piece_count; p++)
        t->probability[p] = exp(t->score[p] + t->scale * t->seeds.piece[p].length);
    t->unknown_probability = exp(t->unknown + t->scale);
}

void qp_unigram_score_unknown(qp_unigram_trainer *t)
{
    t->unknown = 0;
    for (int32_t p = 0; p < t->seeds.piece_count; p++) t->unknown = fmin(t->unknown, t->score[p]);
    t->unknown -= 10;
}

/* Add the expected counts of a word by the forward-backward algorithm: forward[i] and backward[i] are the sums of the
 * probabilities of all segmentations of what precedes and follows position i;
 *   E[count of p] += times * sum over positions i of p: forward[i] * P(p) * backward[i + length of p] / P(word) */
static void expect_word(qp_unigram_trainer *t, size_t begin, size_t end, double times)
{
    const qp_unigram_seeds *s = &t->seeds;
    double *forward = t->forward, *backward = t->backward;
    size_t length = end - begin;
    for (size_t i = 0; i <= length; i++) forward[i] = backward[i] = 0;
    forward[0] = backward[length] = 1;
    for (size_t i = 0; i < length; i++) {
        for (size_t k = s->match_start[begin + i]; k < s->match_start[begin + i + 1]; k++) {
            int32_t p = s->match[k];
            forward[i + (size_t)s->piece[p].length] += forward[i] * t->probability[p];
        }
        if (qp_unigram_is_unknown(t, begin + i)) forward[i + 1] += forward[i] * t->unknown_probability;
    }
    if (!(forward[length] > 0)) return;
    double share = times / forward[length];
    for (size_t i = length; i-- > 0;) {
        for (size_t k = s->match_start[begin + i]; k < s->match_start[begin + i + 1]; k++) {
            int32_t p = s->match[k];
            double after = t->probability[p] * backward[i + (size_t)s->piece[p].length];
            backward[i] += after;
            t->expected[p] += forward[i] * after * share;
        }
        if (qp_unigram_is_unknown(t, begin + i)) backward[i] += t->unknown_probability * backward[i + 1];
    }
}

/* log(exp(a) + exp(b)) */
static double log_add(double a, double b)
{
    double high = a > b ? a : b, low = a > b ? b : a;
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

/* The same with logarithms, for long words, whose sums would leave the range of a double. */
static void expect_long_word(qp_unigram_trainer *t, size_t begin, size_t end, double times)
{
    const qp_unigram_seeds *s = &t->seeds;
    double *forward = t->forward, *backward = t->backward;
    size_t length = end - begin;
    for (size_t i = 0; i <= length; i++) forward[i] = backward[i] = -INFINITY;
    forward[0] = backward[length] = 0;
    for (size_t i = 0; i < length; i++) {
        for (size_t k = s->match_start[begin + i]; k < s->match_start[begin + i + 1]; k++) {
            size_t after = i + (size_t)s->piece[s->match[k]].length;
            forward[after] = log_add(forward[after], forward[i] + t->score[s->match[k]]);
        }
        if (qp_unigram_is_unknown(t, begin + i)) forward[i + 1] = log_add(forward[i + 1], forward[i] + t->unknown);
    }
    if (forward[length] == -INFINITY) return;
    for (size_t i = length; i-- > 0;) {
        for (size_t k = s->match_start[begin + i]; k < s->match_start[begin + i + 1]; k++) {
            int32_t p = s->match[k];
            double after = t->score[p] + backward[i + (size_t)s->piece[p].length];
            backward[i] = log_add(backward[i], after);
            t->expected[p] += times * exp(forward[i] + after - forward[length]);
        }
        if (qp_unigram_is_unknown(t, begin + i)) backward[i] = log_add(backward[i], t->unknown + backward[i + 1]);
    }
}

void qp_unigram_keep(qp_unigram_trainer *t)
{
    for (int32_t p = 0; p < t->seeds.piece_count; p++) t->number[p] = -1;
    int32_t count = t->seeds.piece_count, kept = 0;
    for (int32_t p = 0; p < count; p++) {
        if (!t->keep[p]) continue;
        t->score[kept] = t->score[p];
        t->expected[kept++] = t->expected[p];
    }
    qp_unigram_seeds_keep(&t->seeds, t->keep, t->number);
}

void qp_unigram_em_round(qp_unigram_trainer *t)
{
    qp_unigram_seeds *s = &t->seeds;
    qp_unigram_score_unknown(t);
    scale_probabilities(t);
    memset(t->expected, 0, (size_t)s->piece_count * sizeof *t->expected);
    for (size_t w = 0; w < s->word_count; w++) {
        size_t begin = s->word_start[w], end = s->word_start[w + 1] - 1;
        if (end - begin <= SHORT_WORD)
            expect_word(t, begin, end, (double)s->word_times[w]);
        else
            expect_long_word(t, begin, end, (double)s->word_times[w]);
    }
    double sum = 0;
    for (int32_t p = 0; p < s->piece_count; p++) {
        t->keep[p] = (p < s->character_count && !t->in->given) || t->expected[p] >= RAREST;
        if (t->keep[p]) sum += fmax(t->expected[p], RAREST);
    }
    qp_unigram_keep(t);
    double whole = digamma(sum);
    for (int32_t p = 0; p < s->piece_count; p++) t->score[p] = digamma(fmax(t->expected[p], RAREST)) - whole;
}
