#define _GNU_SOURCE /* qsort_r */
#include "tokenizer/learn/unigram_trainer.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/learn/unigram_seeds.h"

enum { SHORT_WORD = 64 };         /* longer words are summed as logarithms, so that no sum overflows */
static const double RAREST = 0.5; /* pieces expected less often are dropped */

typedef struct {
    const qp_unigram_training *in;
    qp_unigram_seeds seeds;
    double *score, *probability, *expected;
    int64_t *times; /* on the best paths */
    uint8_t *keep;
    int32_t *number;
    double *loss;
    double unknown, unknown_probability; /* of a character whose piece was removed; only with given seeds */
    double *forward, *backward, *best;   /* of one word: an entry for each position, and its end */
    int32_t *by_end;
    double scale; /* probabilities are multiplied by scale^length, which cancels in every quotient */
} trainer;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "unigram training: out of memory; use less text"); }

void qp_unigram_pieces_free(qp_unigram_pieces *pieces)
{
    free(pieces->code);
    free(pieces->start);
    free(pieces->score);
    *pieces = (qp_unigram_pieces){0};
}

static void free_trainer(trainer *t)
{
    qp_unigram_seeds_free(&t->seeds);
    free(t->score);
    free(t->probability);
    free(t->expected);
    free(t->times);
    free(t->keep);
    free(t->number);
    free(t->loss);
    free(t->forward);
    free(t->backward);
    free(t->best);
    free(t->by_end);
}

static qp_status take_arrays(trainer *t)
{
    size_t count = (size_t)t->seeds.piece_count + 1;
    t->score = malloc(count * sizeof *t->score);
    t->probability = malloc(count * sizeof *t->probability);
    t->expected = malloc(count * sizeof *t->expected);
    t->times = malloc(count * sizeof *t->times);
    t->keep = malloc(count);
    t->number = malloc(count * sizeof *t->number);
    t->loss = malloc(count * sizeof *t->loss);
    size_t places = 2;
    for (size_t w = 0; w < t->seeds.word_count; w++) {
        size_t length = t->seeds.word_start[w + 1] - t->seeds.word_start[w] + 1;
        places = length > places ? length : places;
    }
    for (int32_t p = 0; p < t->seeds.piece_count; p++)
        places = (size_t)t->seeds.piece[p].length + 2 > places ? (size_t)t->seeds.piece[p].length + 2 : places;
    t->forward = malloc(places * sizeof *t->forward);
    t->backward = malloc(places * sizeof *t->backward);
    t->best = malloc(places * sizeof *t->best);
    t->by_end = malloc(places * sizeof *t->by_end);
    if (!t->forward || !t->backward || !t->best || !t->by_end) return no_memory();
    bool all = t->score && t->probability && t->expected && t->times && t->keep && t->number && t->loss;
    return all ? QP_OK : no_memory();
}

/* Initial probabilities are proportional to frequency times length. */
static void first_scores(trainer *t)
{
    double sum = 0;
    for (int32_t p = 0; p < t->seeds.piece_count; p++)
        sum += (double)(t->seeds.piece[p].times * t->seeds.piece[p].length);
    for (int32_t p = 0; p < t->seeds.piece_count; p++)
        t->score[p] = log((double)(t->seeds.piece[p].times * t->seeds.piece[p].length)) - log(sum);
}

/* psi(x), by the asymptotic series above 7. Source: Bernardo 1976. */
static double digamma(double x)
{
    double result = 0;
    for (; x < 7; x++) result -= 1 / x;
    x -= 0.5;
    double xx = 1 / x, xx2 = xx * xx, xx4 = xx2 * xx2;
    return result + log(x) + xx2 / 24 - 7 * xx4 / 960 + 31 * xx4 * xx2 / 8064 - 127 * xx4 * xx4 / 30720;
}

/* ---- EM ---- */

/* Scaling each probability by the mean loss of a character keeps those of words in the range of a double. */
static void scale_probabilities(trainer *t)
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

/* Is the character here not a piece? Then it is an unknown, whose score is 10 below the lowest. */
static bool is_unknown(const trainer *t, size_t place)
{
    const qp_unigram_seeds *s = &t->seeds;
    size_t first = s->match_start[place];
    if (!t->in->given || s->code[place] < 0) return false;
    return first == s->match_start[place + 1] || s->piece[s->match[first]].length > 1;
}

static void score_unknown(trainer *t)
{
    t->unknown = 0;
    for (int32_t p = 0; p < t->seeds.piece_count; p++) t->unknown = fmin(t->unknown, t->score[p]);
    t->unknown -= 10;
}

/* Add the expected counts of a word by the forward-backward algorithm: forward[i] and backward[i] are the sums of the
 * probabilities of all segmentations of what precedes and follows position i;
 *   E[count of p] += times * sum over positions i of p: forward[i] * P(p) * backward[i + length of p] / P(word) */
static void expect_word(trainer *t, size_t begin, size_t end, double times)
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
        if (is_unknown(t, begin + i)) forward[i + 1] += forward[i] * t->unknown_probability;
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
        if (is_unknown(t, begin + i)) backward[i] += t->unknown_probability * backward[i + 1];
    }
}

/* log(exp(a) + exp(b)) */
static double log_add(double a, double b)
{
    double high = a > b ? a : b, low = a > b ? b : a;
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

/* The same with logarithms, for long words, whose sums would leave the range of a double. */
static void expect_long_word(trainer *t, size_t begin, size_t end, double times)
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
        if (is_unknown(t, begin + i)) forward[i + 1] = log_add(forward[i + 1], forward[i] + t->unknown);
    }
    if (forward[length] == -INFINITY) return;
    for (size_t i = length; i-- > 0;) {
        for (size_t k = s->match_start[begin + i]; k < s->match_start[begin + i + 1]; k++) {
            int32_t p = s->match[k];
            double after = t->score[p] + backward[i + (size_t)s->piece[p].length];
            backward[i] = log_add(backward[i], after);
            t->expected[p] += times * exp(forward[i] + after - forward[length]);
        }
        if (is_unknown(t, begin + i)) backward[i] = log_add(backward[i], t->unknown + backward[i + 1]);
    }
}

static void keep_pieces(trainer *t)
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

static void em_round(trainer *t)
{
    qp_unigram_seeds *s = &t->seeds;
    score_unknown(t);
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
    keep_pieces(t);
    double whole = digamma(sum);
    for (int32_t p = 0; p < s->piece_count; p++) t->score[p] = digamma(fmax(t->expected[p], RAREST)) - whole;
}

/* ---- pruning ---- */

enum { UNKNOWN = -1 };

static size_t length_of(const qp_unigram_seeds *s, int32_t piece)
{
    return piece == UNKNOWN ? 1 : (size_t)s->piece[piece].length;
}

/* The best path over code[begin .. end) without piece `without`: by_end[1..length] is the piece that ends there.
 * Returns the score of the path, or -infinity. */
static double best_path(const trainer *t, size_t begin, size_t end, int32_t without, int32_t *by_end)
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
        if (is_unknown(t, begin + i) && best[i] + t->unknown > best[i + 1]) {
            best[i + 1] = best[i] + t->unknown;
            by_end[i + 1] = UNKNOWN;
        }
    }
    return best[length];
}

/* The loss of log-likelihood when piece p is replaced by its second best segmentation: -1 if the piece is not used,
 * infinity if there is no other segmentation. */
static double loss_of(const trainer *t, int32_t p, double sum, double log_sum)
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

static int by_loss(const void *left, const void *right, void *loss)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    const double *l = loss;
    if (l[a] != l[b]) return l[a] > l[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void count_best_paths(trainer *t)
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

static qp_status prune(trainer *t, int32_t wanted)
{
    qp_unigram_seeds *s = &t->seeds;
    score_unknown(t);
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
    if (!order) return no_memory();
    for (int32_t p = 0; p < count; p++) order[p] = p;
    qsort_r(order, (size_t)count, sizeof *order, by_loss, t->loss);
    for (int32_t i = 0; i < count; i++)
        t->keep[order[i]] = t->loss[order[i]] == INFINITY || (i < target && t->loss[order[i]] >= 0);
    free(order);
    keep_pieces(t);
    return QP_OK;
}

/* ---- training ---- */

/* All characters, then the most probable pieces. */
static qp_status finish(trainer *t, qp_unigram_pieces *out)
{
    const qp_unigram_seeds *s = &t->seeds;
    int32_t count = s->piece_count, taken = 0;
    size_t codes = 0;
    int32_t *order = malloc(((size_t)count + 1) * sizeof *order);
    if (!order) return no_memory();
    for (int32_t p = 0; p < count; p++) {
        order[p] = p;
        t->loss[p] = p < s->character_count ? INFINITY : t->score[p];
    }
    qsort_r(order, (size_t)count, sizeof *order, by_loss, t->loss);
    int32_t room = t->in->piece_count; /* the caller adds the removed characters again */
    if (t->in->given) room -= (int32_t)t->in->given->characters - s->character_count;
    taken = count < room ? count : room;
    out->least = 0;
    for (int32_t p = 0; p < count; p++) out->least = fminf(out->least, (float)t->score[p]);
    memcpy(t->loss, t->score, (size_t)count * sizeof *t->loss);
    qsort_r(order, (size_t)taken, sizeof *order, by_loss, t->loss);
    for (int32_t i = 0; i < taken; i++) codes += (size_t)s->piece[order[i]].length;
    out->code = malloc((codes + 1) * sizeof *out->code);
    out->start = malloc(((size_t)taken + 1) * sizeof *out->start);
    out->score = malloc(((size_t)taken + 1) * sizeof *out->score);
    out->count = taken;
    if (!out->code || !out->start || !out->score) {
        free(order);
        qp_unigram_pieces_free(out);
        return no_memory();
    }
    codes = 0;
    for (int32_t i = 0; i < taken; i++) {
        const struct qp_seed *piece = &s->piece[order[i]];
        out->start[i] = codes;
        out->score[i] = (float)t->score[order[i]];
        memcpy(out->code + codes, s->code + piece->place, (size_t)piece->length * sizeof *out->code);
        codes += (size_t)piece->length;
    }
    out->start[taken] = codes;
    free(order);
    return QP_OK;
}

static qp_status train(trainer *t, qp_unigram_pieces *out)
{
    const qp_unigram_training *in = t->in;
    if (in->given)
        QP_TRY(qp_unigram_seeds_match(&t->seeds, in->code, in->word_start, in->word_times, in->word_count, in->given));
    else
        QP_TRY(qp_unigram_seeds_make(&t->seeds, in->code, in->word_start, in->word_times, in->word_count,
                                     in->longest_piece, (size_t)in->seed_count));
    if (t->seeds.character_count > in->piece_count)
        return qp_fail(QP_EUSAGE,
                       "unigram training: %d pieces wanted, but the text has %d characters; raise "
                       "--vocab-size or lower --character-coverage",
                       in->piece_count, t->seeds.character_count);
    QP_TRY(take_arrays(t));
    first_scores(t);
    int32_t wanted = in->enough ? in->enough : (int32_t)(1.1 * in->piece_count);
    for (;;) {
        for (int round = 0; round < in->rounds; round++) em_round(t);
        int32_t before = t->seeds.piece_count;
        if (before <= wanted) break;
        QP_TRY(prune(t, wanted));
        if (t->seeds.piece_count == before || (in->given && t->seeds.piece_count <= wanted)) break;
    }
    return finish(t, out);
}

qp_status qp_unigram_train(const qp_unigram_training *training, qp_unigram_pieces *pieces)
{
    trainer t = {.in = training};
    *pieces = (qp_unigram_pieces){0};
    qp_status status = train(&t, pieces);
    free_trainer(&t);
    return status;
}
