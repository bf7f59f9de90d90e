#include "lib/metric/bleu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/metric/overlap.h"

#define NAME(id, text) text,
static const char *const smoothing_name[] = {QP_BLEU_SMOOTHINGS(NAME)};

qp_bleu_config qp_bleu_config_default(void)
{
    return (qp_bleu_config){
        .tokenizer = QP_BLEU_13A, .smoothing = QP_SMOOTH_EXP, .smoothing_value = -1, .max_order = 4};
}

qp_status qp_bleu_smoothing_find(const char *name, qp_bleu_smoothing *smoothing)
{
    for (int i = 0; i < QP_SMOOTH_COUNT; i++)
        if (!strcmp(name, smoothing_name[i])) {
            *smoothing = (qp_bleu_smoothing)i;
            return QP_OK;
        }
    return qp_fail(QP_EUSAGE, "--smooth %s: unknown; use one of %s", name, QP_CHOICES(QP_BLEU_SMOOTHINGS));
}

/* ---- statistics of a segment ---- */

/* Row 0 is the hypothesis, rows 1.. the references. */
typedef struct {
    qp_codes codes[QP_REFERENCES_MAX + 1];
    qp_span *word[QP_REFERENCES_MAX + 1];
    int word_count[QP_REFERENCES_MAX + 1];
    qp_symbols symbols[QP_REFERENCES_MAX + 1];
    qp_overlap_index index[QP_REFERENCES_MAX + 1];
    int rows;
} segment_work;

static qp_status prepare(const qp_bleu_config *config, qp_text hypothesis, const qp_text *reference, segment_work *work)
{
    for (int r = 0; r < work->rows; r++) {
        qp_text segment = r ? reference[r - 1] : hypothesis;
        if (config->pieces)
            QP_TRY(qp_bleu_tokenize_pieces(config->pieces, segment, config->lower_case, &work->codes[r]));
        else
            qp_bleu_tokenize(config->tokenizer, segment, config->lower_case, &work->codes[r]);
        QP_TRY(qp_codes_words(&work->codes[r], &work->word[r], &work->word_count[r]));
    }
    QP_TRY(qp_words_number(work->codes, work->word, work->word_count, work->rows, work->symbols));
    for (int r = 0; r < work->rows; r++)
        QP_TRY(qp_overlap_index_make(&work->symbols[r], config->max_order, &work->index[r]));
    return QP_OK;
}

static int nearest_length(int length, const int *reference, int references)
{
    int nearest = reference[0];
    for (int r = 1; r < references; r++) {
        int distance = abs(reference[r] - length), best = abs(nearest - length);
        if (distance < best || (distance == best && reference[r] < nearest)) nearest = reference[r];
    }
    return nearest;
}

static void add_sums(const qp_bleu_config *config, const segment_work *work, qp_bleu_sums *sums)
{
    int length = work->word_count[0];
    sums->hypothesis_length += length;
    sums->reference_length += nearest_length(length, work->word_count + 1, work->rows - 1);
    for (int n = 1; n <= config->max_order; n++) {
        sums->total[n - 1] += qp_overlap_places(length, n);
        sums->match[n - 1] += qp_overlap(&work->index[0], &work->index[1], work->rows - 1, n);
    }
}

qp_status qp_bleu_add(const qp_bleu_config *config, qp_text hypothesis, const qp_text *reference, int references,
                      qp_bleu_sums *sums)
{
    if (references < 1 || references > QP_REFERENCES_MAX)
        return qp_fail(QP_EUSAGE, "bleu: %d references; give 1 to %d", references, QP_REFERENCES_MAX);
    if (config->max_order < 1 || config->max_order > QP_BLEU_ORDER_MAX)
        return qp_fail(QP_EUSAGE, "bleu: n-gram order %d; give 1 to %d", config->max_order, QP_BLEU_ORDER_MAX);
    segment_work *work = calloc(1, sizeof *work);
    if (!work) return qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    work->rows = references + 1;
    qp_status status = prepare(config, hypothesis, reference, work);
    if (status == QP_OK) add_sums(config, work, sums);
    for (int r = 0; r < work->rows; r++) {
        qp_codes_free(&work->codes[r]);
        free(work->word[r]);
        qp_symbols_free(&work->symbols[r]);
        qp_overlap_index_free(&work->index[r]);
    }
    free(work);
    return status;
}

/* ---- score ---- */

static double default_smoothing_value(const qp_bleu_config *config)
{
    if (config->smoothing_value >= 0) return config->smoothing_value;
    return config->smoothing == QP_SMOOTH_FLOOR ? 0.1 : 1;
}

/* The precisions of all orders; returns over how many orders the mean is taken. */
static int fill_precisions(const qp_bleu_config *config, qp_bleu_score *score)
{
    double value = default_smoothing_value(config), halving = 1;
    int orders = config->max_order;
    for (int n = 1; n <= config->max_order; n++) {
        double *count = &score->count[n - 1], *total = &score->total[n - 1], *precision = &score->precision[n - 1];
        if (config->smoothing == QP_SMOOTH_ADD_K && n > 1) {
            *count += value;
            *total += value;
        }
        if (*total == 0) break;
        if (config->effective_order) orders = n;
        if (*count != 0) {
            *precision = 100 * *count / *total;
        } else if (config->smoothing == QP_SMOOTH_EXP) {
            halving *= 2;
            *precision = 100 / (halving * *total);
        } else if (config->smoothing == QP_SMOOTH_FLOOR) {
            *precision = 100 * value / *total;
        }
    }
    return orders;
}

qp_bleu_score qp_bleu_finish(const qp_bleu_config *config, const qp_bleu_sums *sums)
{
    qp_bleu_score score = {.hypothesis_length = sums->hypothesis_length, .reference_length = sums->reference_length};
    int64_t matches = 0;
    for (int n = 0; n < config->max_order; n++) {
        score.count[n] = (double)sums->match[n];
        score.total[n] = (double)sums->total[n];
        matches += sums->match[n];
    }
    score.brevity_penalty = 1;
    if (sums->hypothesis_length < sums->reference_length)
        score.brevity_penalty = sums->hypothesis_length
                                    ? exp(1 - (double)sums->reference_length / (double)sums->hypothesis_length)
                                    : 0;
    if (matches == 0) return score;
    int orders = fill_precisions(config, &score);
    double sum = 0;
    for (int n = 0; n < orders; n++) {
        if (score.precision[n] == 0) return score; /* log 0: the score stays 0 */
        sum += log(score.precision[n]);
    }
    score.score = score.brevity_penalty * exp(sum / orders);
    return score;
}

const char *qp_bleu_signature(const qp_bleu_config *config, int references, char *text, size_t bytes)
{
    char value[48] = "";
    if (config->smoothing == QP_SMOOTH_FLOOR || config->smoothing == QP_SMOOTH_ADD_K)
        snprintf(value, sizeof value, "[%.2f]", default_smoothing_value(config));
    snprintf(text, bytes, "nrefs:%d|case:%s|eff:%s|tok:%s|smooth:%s%s|version:" QP_SACREBLEU_VERSION, references,
             config->lower_case ? "lc" : "mixed", config->effective_order ? "yes" : "no",
             config->pieces ? config->pieces->name : qp_bleu_tokenizer_name(config->tokenizer),
             smoothing_name[config->smoothing], value);
    return text;
}
