#ifndef QP_SEARCH_H
#define QP_SEARCH_H

#include "lib/base/batch.h"
#include "lib/config/config.h"
#include "lib/model/model.h"

/* search — the most probable target sequences of a batch of sources: greedy (beam_size 1) or beam. Knows nothing of the
 * model but start / step / reorder. Finished rows leave the batch. */
#define QP_SEARCH_FIELDS(X)                                                                                            \
    X(INT, beam_size, "5", 1, 1000, NULL, "hypotheses kept a step; 1: greedy")                                         \
    X(REAL, length_penalty, "1", 0, 10, NULL, "alpha of score = log P / ((5+length)/6)^alpha")                         \
    X(REAL, coverage_penalty, "0", 0, 100, NULL,                                                                       \
      "beta: beta * sum of log min(1, attention a source token got) joins the score")                                  \
    X(REAL, patience, "1", 1, 1000, NULL, "go on until this times --beam-size hypotheses are finished")                \
    X(REAL, max_length_factor, "2", 0, 100, NULL, "output at most this times the source tokens")                       \
    X(INT, max_length_extra, "20", 0, 100000, NULL, "... plus this many tokens")                                       \
    X(INT, min_length, "0", 0, 100000, NULL, "no end before this many tokens")                                         \
    X(INT, no_repeat_ngram, "0", 0, 100, NULL, "no n-gram of this length twice; 0: off")                               \
    X(INT, n_best, "1", 1, 1000, NULL, "hypotheses returned a sentence, at most --beam-size")

typedef struct {
    QP_SEARCH_FIELDS(QP_FIELD_DECLARE)
} qp_search_config;
extern const qp_field_table qp_search_fields;

typedef struct {
    int32_t *id;              /* tokens, the final EOS included if there is one, BOS not */
    qp_real *log_probability; /* of each token */
    int count;
    double total; /* sum of log_probability, in double, first token first */
    double score; /* total with the penalties */
} qp_hypothesis;

typedef struct {
    qp_hypothesis *best; /* best first */
    int count;
} qp_search_result;

/* qp_search — result[i] for source i; PAD and BOS are never produced (left out after the softmax, not renormalised).
 * Beam: live = [empty]; repeat up to the longest length: candidates = live x tokens by total log-probability;
 * those of the first k that end in EOS are finished, the first k that do not are live; stop when patience * k are finished; then
 * fill up with live ones; rank by score (the penalties only rank).
 * Score    log P / ((5+length)/6)^alpha + beta * sum_i log(min(1, sum_t a_ti)), a_ti the weight of source token i, ends
 *          included, in the making of target token t (alignment.h)                                   Wu et al. 2016
 * Ties     the higher total wins, then the lower live row, then the lower id; equal scores: the one found first.
 * Patience ends of low probability among the first k count as finished, too: a model that is sure of every token fills
 *          the k with them before the right one has come to its end. A patience of 2 or 3 waits for it.
 *                                                                                              Kasai et al. 2022
 * source   [count] sequences as the model reads them (EOS included)
 * longest  max_length_factor * source tokens + max_length_extra, at least 1 and at most the model's max_length
 * result   [source.count], written whole: after a failure too each holds something that ..._free takes
 * Memory   all of the search's own once a call: about longest * k * 12 bytes a source; the model's on tape and state.
 * Errors   QP_EUSAGE: coverage_penalty for a model without cross attention; QP_EMEMORY; QP_EDATA when the model's scores are not numbers; what the model's step says.
 * A result depends on its source alone, to the bit, when the parameters are packed (qp_params_pack). */
qp_status qp_search(const qp_model *model, qp_tape *tape, qp_ids source, const qp_search_config *config,
                    qp_search_result *result);
void qp_search_result_free(qp_search_result *result);

#endif
