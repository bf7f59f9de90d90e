#include "lib/metric/chrf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/metric/overlap.h"

qp_chrf_config qp_chrf_config_default(void) { return (qp_chrf_config){.char_order = 6, .word_order = 0, .beta = 2}; }

/* ---- a segment as characters and as words ---- */

typedef struct {
    qp_codes codes;   /* with white space */
    qp_codes letters; /* without white space, unless it is counted */
    qp_span *word;
    int word_count;
} cut_segment;

static void cut_free(cut_segment *cut)
{
    qp_codes_free(&cut->codes);
    qp_codes_free(&cut->letters);
    free(cut->word);
    *cut = (cut_segment){0};
}

static bool is_ascii_punctuation(int32_t c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

/* Splits off one punctuation mark at the end of each word, or else at the beginning. */
static qp_status split_punctuation(cut_segment *cut)
{
    qp_span *split = malloc((2 * (size_t)cut->word_count + 1) * sizeof *split);
    if (!split) return qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    int count = 0;
    for (int i = 0; i < cut->word_count; i++) {
        qp_span w = cut->word[i];
        int last = w.first + w.count - 1;
        if (w.count > 1 && is_ascii_punctuation(cut->codes.code[last])) {
            split[count++] = (qp_span){w.first, w.count - 1};
            split[count++] = (qp_span){last, 1};
        } else if (w.count > 1 && is_ascii_punctuation(cut->codes.code[w.first])) {
            split[count++] = (qp_span){w.first, 1};
            split[count++] = (qp_span){w.first + 1, w.count - 1};
        } else {
            split[count++] = w;
        }
    }
    free(cut->word);
    cut->word = split;
    cut->word_count = count;
    return QP_OK;
}

static qp_status cut(const qp_chrf_config *config, qp_text segment, cut_segment *result)
{
    qp_codes_read(&result->codes, segment, config->lower_case);
    for (int i = 0; i < result->codes.count; i++)
        if (config->white_space || !qp_code_is_space(result->codes.code[i]))
            qp_codes_push(&result->letters, result->codes.code[i]);
    if (result->letters.failed) return qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    QP_TRY(qp_codes_words(&result->codes, &result->word, &result->word_count));
    return split_punctuation(result);
}

/* ---- statistics of a hypothesis against one reference ---- */

static qp_status count_orders(const qp_symbols *pair, int orders, int place, qp_chrf_sums *sums)
{
    qp_overlap_index hypothesis, reference;
    QP_TRY(qp_overlap_index_make(&pair[0], orders, &hypothesis));
    qp_status status = qp_overlap_index_make(&pair[1], orders, &reference);
    for (int n = 1; n <= orders && status == QP_OK; n++) {
        int64_t in_reference = qp_overlap_places(pair[1].count, n);
        sums->hypothesis[place + n - 1] = in_reference ? qp_overlap_places(pair[0].count, n) : 0;
        sums->reference[place + n - 1] = in_reference;
        sums->match[place + n - 1] = qp_overlap(&hypothesis, &reference, 1, n);
    }
    qp_overlap_index_free(&hypothesis);
    qp_overlap_index_free(&reference);
    return status;
}

static qp_status count_pair(const qp_chrf_config *config, const cut_segment *hypothesis, const cut_segment *reference,
                            qp_chrf_sums *sums)
{
    qp_symbols letters[2] = {{hypothesis->letters.code, hypothesis->letters.count},
                             {reference->letters.code, reference->letters.count}};
    QP_TRY(count_orders(letters, config->char_order, 0, sums));
    if (config->word_order == 0) return QP_OK;
    qp_codes codes[2] = {hypothesis->codes, reference->codes};
    qp_span *word[2] = {hypothesis->word, reference->word};
    int word_count[2] = {hypothesis->word_count, reference->word_count};
    qp_symbols words[2] = {{0}};
    QP_TRY(qp_words_number(codes, word, word_count, 2, words));
    qp_status status = count_orders(words, config->word_order, config->char_order, sums);
    qp_symbols_free(&words[0]);
    qp_symbols_free(&words[1]);
    return status;
}

static qp_status check(const qp_chrf_config *config, int references)
{
    if (references < 1) return qp_fail(QP_EUSAGE, "chrf: no reference; give at least one");
    if (config->char_order < 0 || config->word_order < 0 || config->char_order > QP_CHRF_ORDER_MAX ||
        config->word_order > QP_CHRF_ORDER_MAX || config->char_order + config->word_order > QP_CHRF_ORDER_MAX)
        return qp_fail(QP_EUSAGE, "chrf: character order %d and word order %d; together at most %d", config->char_order,
                       config->word_order, QP_CHRF_ORDER_MAX);
    return QP_OK;
}

static qp_status best_reference(const qp_chrf_config *config, const cut_segment *hypothesis, const qp_text *reference,
                                int references, qp_chrf_sums *best)
{
    double best_score = -1;
    for (int r = 0; r < references; r++) {
        cut_segment other = {0};
        qp_chrf_sums sums = {0};
        qp_status status = cut(config, reference[r], &other);
        if (status == QP_OK) status = count_pair(config, hypothesis, &other, &sums);
        cut_free(&other);
        if (status != QP_OK) return status;
        double score = qp_chrf_finish(config, &sums);
        if (score > best_score) {
            best_score = score;
            *best = sums;
        }
    }
    return QP_OK;
}

qp_status qp_chrf_add(const qp_chrf_config *config, qp_text hypothesis, const qp_text *reference, int references,
                      qp_chrf_sums *sums)
{
    QP_TRY(check(config, references));
    cut_segment own = {0};
    qp_chrf_sums best = {0};
    qp_status status = cut(config, hypothesis, &own);
    if (status == QP_OK) status = best_reference(config, &own, reference, references, &best);
    cut_free(&own);
    if (status != QP_OK) return status;
    for (int n = 0; n < config->char_order + config->word_order; n++) {
        sums->hypothesis[n] += best.hypothesis[n];
        sums->reference[n] += best.reference[n];
        sums->match[n] += best.match[n];
    }
    return QP_OK;
}

/* ---- score ---- */

double qp_chrf_finish(const qp_chrf_config *config, const qp_chrf_sums *sums)
{
    const double epsilon = 1e-16, factor = (double)config->beta * config->beta;
    double mean_f = 0, precision = 0, recall = 0;
    int orders = config->char_order + config->word_order, effective = 0;
    for (int n = 0; n < orders; n++) {
        double matches = (double)sums->match[n];
        double p = sums->hypothesis[n] > 0 ? matches / (double)sums->hypothesis[n] : epsilon;
        double r = sums->reference[n] > 0 ? matches / (double)sums->reference[n] : epsilon;
        double denominator = factor * p + r;
        mean_f += denominator > 0 ? (1 + factor) * p * r / denominator : epsilon;
        if (sums->hypothesis[n] > 0 && sums->reference[n] > 0) {
            precision += p;
            recall += r;
            effective++;
        }
    }
    if (config->epsilon_smoothing) return orders ? 100 * mean_f / orders : 0;
    if (effective == 0 || precision + recall == 0) return 0;
    precision /= effective;
    recall /= effective;
    return 100 * (1 + factor) * precision * recall / (factor * precision + recall);
}

const char *qp_chrf_signature(const qp_chrf_config *config, int references, char *text, size_t bytes)
{
    snprintf(text, bytes, "nrefs:%d|case:%s|eff:%s|nc:%d|nw:%d|space:%s|version:" QP_SACREBLEU_VERSION, references,
             config->lower_case ? "lc" : "mixed", config->epsilon_smoothing ? "no" : "yes", config->char_order,
             config->word_order, config->white_space ? "yes" : "no");
    return text;
}
