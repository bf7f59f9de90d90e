#include "lib/model/augment.h"

#include <math.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_sequence.h"

const int32_t *qp_word_dropout(qp_tape *tape, const qp_special_ids *special, const int32_t *id, int rows, double rate)
{
    if (rate <= 0 || special->unknown < 0 || !qp_tape_training(tape) || qp_tape_failed(tape)) return id;
    uint64_t key = qp_tape_next_key(tape);
    int32_t *kept = qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *kept);
    for (int r = 0; kept && r < rows; r++)
        kept[r] = !qp_special_has(special, id[r]) && qp_random_uniform(key, (uint64_t)r) < rate ? special->unknown
                                                                                                : id[r];
    return kept;
}

/* Sort words by their new places; a special id is never passed. Stable; words move by at most a few places. */
static void sort_words(const qp_special_ids *special, int32_t *id, double *place, int count)
{
    for (int i = 1; i < count; i++) {
        if (qp_special_has(special, id[i])) continue;
        for (int j = i; j > 0 && !qp_special_has(special, id[j - 1]) && place[j - 1] > place[j]; j--) {
            int32_t word = id[j];
            double at = place[j];
            id[j] = id[j - 1];
            place[j] = place[j - 1];
            id[j - 1] = word;
            place[j - 1] = at;
        }
    }
}

qp_ids qp_word_noise(qp_tape *tape, const qp_special_ids *special, qp_ids text, double drop, int swap)
{
    if ((drop <= 0 && swap <= 0) || !qp_tape_training(tape) || qp_tape_failed(tape)) return text;
    qp_sequences s = text.sequences;
    size_t rows = (size_t)qp_sequence_rows(s);
    uint64_t key = qp_tape_next_key(tape), drop_key = qp_random_key(key, 1), swap_key = qp_random_key(key, 2);
    int32_t *start = qp_tape_memory(tape, ((size_t)s.count + 1) * sizeof *start);
    int32_t *id = qp_tape_memory(tape, (rows + 1) * sizeof *id);
    double *place = qp_tape_memory(tape, (rows + 1) * sizeof *place);
    int end = 0;
    if (qp_tape_failed(tape)) return text;
    for (int i = 0; i < s.count; i++) {
        int words = 0, first = -1;
        start[i] = end;
        for (int r = s.start[i]; r < s.start[i + 1]; r++) {
            bool word = !qp_special_has(special, text.id[r]);
            if (word && first < 0) first = r;
            if (word && qp_random_uniform(drop_key, (uint64_t)r) < drop) continue;
            words += word;
            place[end] = r + (swap + 1) * qp_random_uniform(swap_key, (uint64_t)r);
            id[end++] = text.id[r];
        }
        if (words == 0 && first >= 0) { /* all were dropped: the first one stays */
            int at = start[i] + (first - s.start[i]);
            memmove(id + at + 1, id + at, (size_t)(end - at) * sizeof *id);
            id[at] = text.id[first];
            end++;
        }
        if (swap > 0 && words > 0) sort_words(special, id + start[i], place + start[i], end - start[i]);
    }
    start[s.count] = end;
    return (qp_ids){{.count = s.count, .start = start}, id};
}

/* ---- mixup ---- */

/* A draw from Gamma(alpha, 1); every try takes three numbers of the key. */
static double gamma_draw(uint64_t key, double alpha)
{
    double shape = alpha < 1 ? alpha + 1 : alpha, d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    double boost = alpha < 1 ? pow(1 - qp_random_uniform(key, 0), 1 / alpha) : 1;
    for (uint64_t k = 1;; k += 4) {
        double x = qp_random_normal(qp_random_key(key, k), 0), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(1 - qp_random_uniform(key, k)) < 0.5 * x * x + d - d * v + d * log(v)) return boost * d * v;
    }
}

double qp_beta_draw(uint64_t key, double alpha)
{
    double a = gamma_draw(qp_random_key(key, 1), alpha), b = gamma_draw(qp_random_key(key, 2), alpha);
    return a + b > 0 ? a / (a + b) : 0.5; /* both underflowed */
}

qp_tensor qp_mixup(qp_tape *tape, qp_tensor x, const qp_real *own, const int32_t *other)
{
    qp_sequences each = qp_rows_one_each(tape, x.rows);
    qp_real *rest = qp_tape_memory(tape, ((size_t)x.rows + 1) * sizeof *rest);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int r = 0; r < x.rows; r++) rest[r] = 1 - own[r];
    qp_tensor others = qp_sequence_scale(tape, qp_gather(tape, x, x.rows, other), each, rest);
    return qp_add(tape, qp_sequence_scale(tape, x, each, own), others);
}

/* Two weighted cross-entropies are one with a target distribution over two labels. */
qp_tensor qp_mixup_cross_entropy(qp_tape *tape, qp_tensor scores, const int32_t *label, const qp_real *own,
                                 const int32_t *other, qp_real smoothing)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    size_t labels = (size_t)scores.columns;
    qp_real *target = qp_tape_memory(tape, ((size_t)scores.rows * labels + 1) * sizeof *target);
    if (!target) return (qp_tensor){0};
    for (int r = 0; r < scores.rows; r++) {
        const int32_t of[] = {label[r], label[other[r]]};
        const qp_real share[] = {own[r], 1 - own[r]};
        qp_real *row = target + (size_t)r * labels;
        memset(row, 0, labels * sizeof *row);
        for (int k = 0; k < 2; k++) {
            if (of[k] >= scores.columns)
                return qp_tape_fail(tape, QP_ESHAPE, "mixup: label %d of %d", of[k], scores.columns);
            if (of[k] < 0) continue; /* not counted */
            for (size_t c = 0; c < labels; c++) row[c] += share[k] * smoothing / (qp_real)labels;
            row[of[k]] += share[k] * (1 - smoothing);
        }
    }
    return qp_soft_cross_entropy(tape, scores, target, QP_SUM);
}

qp_tensor qp_mixup_loss(qp_tape *tape, qp_tensor scores, const int32_t *label, double alpha,
                        const qp_cross_entropy_config *config)
{
    int rows = scores.rows;
    if (alpha <= 0 || rows < 2 || !qp_tape_training(tape) || qp_tape_failed(tape))
        return qp_cross_entropy(tape, scores, label, config);
    uint64_t key = qp_tape_next_key(tape);
    qp_real lambda = (qp_real)qp_beta_draw(key, alpha);
    int shift = 1 + (int)qp_random_below(qp_random_key(key, 3), 0, (uint64_t)rows - 1);
    int32_t *other = qp_tape_memory(tape, (size_t)rows * sizeof *other);
    qp_real *own = qp_tape_memory(tape, (size_t)rows * sizeof *own);
    if (!other || !own) return (qp_tensor){0};
    for (int r = 0; r < rows; r++) {
        other[r] = (r + shift) % rows;
        own[r] = lambda;
    }
    return qp_mixup_cross_entropy(tape, qp_mixup(tape, scores, own, other), label, own, other, config->smoothing);
}
