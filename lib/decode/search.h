#ifndef QP_SEARCH_H
#define QP_SEARCH_H

#include "lib/base/batch.h"
#include "lib/config/config.h"
#include "lib/decode/beam.h"
#include "lib/decode/hypothesis.h"
#include "lib/model/model.h"

/* search — the most probable target sequences of a batch of sources: greedy (beam_size 1) or beam search. It uses
 * only start, step and reorder of the model. Finished rows leave the batch. */
#define QP_UNKNOWN_RULES(X) X(QP_UNKNOWN_ALLOWED, "allow") X(QP_UNKNOWN_NEVER, "never") X(QP_UNKNOWN_COPIED, "copy")
enum { QP_UNKNOWN_RULES(QP_CHOICE_ID) QP_UNKNOWN_RULE_COUNT };

#define QP_SEARCH_FIELDS(X)                                                                                            \
    X(INT, beam_size, "5", 1, 1000, NULL, "hypotheses kept at each step; 1: greedy")                                   \
    X(REAL, length_penalty, "1", -10, 10, NULL, "alpha of score = log P / ((5+length)/6)^alpha")                       \
    X(CHOICE, length_rule, "wu", 0, 0, QP_CHOICES(QP_LENGTH_RULES),                                                    \
      "what --length-penalty divides by: ((5+length)/6)^alpha, or length^alpha as in transformers")                    \
    X(REAL, coverage_penalty, "0", 0, 100, NULL,                                                                       \
      "beta: adds beta * sum over source tokens of log min(1, attention received) to the score")                       \
    X(REAL, patience, "1", 1, 1000, NULL, "continue until this times --beam-size hypotheses are finished")             \
    X(CHOICE, beam_stop, "full", 0, 0, QP_CHOICES(QP_BEAM_STOPS),                                                      \
      "stop when so many are finished, or no live one can beat them by its score now, or at full length")              \
    X(REAL, max_length_factor, "2", 0, 100, NULL, "longest output: this times the source tokens")                      \
    X(INT, max_length_extra, "20", 0, 100000, NULL, "... plus this many tokens")                                       \
    X(INT, min_length, "0", 0, 100000, NULL, "shortest output in tokens")                                              \
    X(INT, no_repeat_ngram, "0", 0, 100, NULL, "no n-gram of this length twice; 0: off")                               \
    X(REAL, repeat_penalty, "1", 0.01, 100, NULL, "make tokens that occurred before less probable; 1: off")            \
    X(TEXT, forbid, "", 0, 0, "IDS", "sequences of tokens that no output contains: ids, such as '7, 3 5'")             \
    X(INT, start_token, "-1", -1, 16777216, NULL, "id that the decoder reads first; -1: that of the model")            \
    X(INT, forced_first, "-1", -1, 16777216, NULL, "id of the token that every output begins with; -1: none")          \
    X(INT, forced_last, "-1", -1, 16777216, NULL, "id of the token that an output of the longest length ends with")    \
    X(CHOICE, unk, "allow", 0, 0, QP_CHOICES(QP_UNKNOWN_RULES),                                                       \
      "unknown tokens in the output; copy: as the source word with the most attention")                                \
    X(INT, n_best, "1", 1, 1000, NULL, "hypotheses returned for each sentence, at most --beam-size")

typedef struct {
    QP_SEARCH_FIELDS(QP_FIELD_DECLARE)
} qp_search_config;
extern const qp_field_table qp_search_fields;

/* The forced first tokens of every hypothesis, without BOS. Borrowed. */
typedef struct {
    const int32_t *id; /* [count] */
    int count;
} qp_search_prefix;

/* qp_search — the best hypotheses of each source. PAD and BOS are never produced, nor is UNK with unk = never (masked
 *   after the softmax, which is not renormalised). unk = copy concerns the text alone (translate.h).
 * Beam search with k = beam_size: live = [empty]; up to the longest length: candidates = live x tokens, ordered by
 * total log-probability; those of the first k that end in EOS are finished, the first k that do not are live; stop when
 * patience * k are finished; fill up with live hypotheses; rank by score (the penalties only rank).
 * With --beam-stop bound the k finished ones of the best scores are kept, until the score of the best live one, if it
 * ended now (longest: at the longest length), is not above the worst of theirs; live ones of the longest length are
 * ranked with them.                                                                      early_stopping of transformers
 * Rules      in this order: repeat_penalty (of beam_size 1 before the softmax), special tokens, min_length,
 *            no_repeat_ngram, forbid; forced_first and forced_last have log-probability 0.
 * Score      log P / ((5+length)/6)^alpha + beta * sum_i log(min(1, sum_t a_ti)), a_ti the attention of target token t
 *            to source token i, both EOS included                                                    Wu et al. 2016
 * Ties       the higher total wins, then the lower live row, then the lower id; equal scores: the one found first.
 * Patience   improbable ends among the first k count as finished, too, so that a confident model may fill the k with
 *            them before the right hypothesis ends. A patience of 2 or 3 waits for it.            Kasai et al. 2022
 * source     [count] sequences as the model reads them (EOS included)
 * attention  fill the attention of every hypothesis: the weights of the step that chose each token, mean over the heads
 *            of the layer that aligns best (qp_model_step)
 * longest    max_length_factor * source tokens + max_length_extra, at least 1 and at most the model's max_length
 * result     [source.count], written whole; qp_search_result_free takes each, after a failure too
 * Memory     longest * k * 12 bytes a source, with attention longest * k * source tokens reals besides; the model's on
 *            tape and state.
 * Errors     QP_EUSAGE: coverage_penalty or attention of a model that has none to its source; QP_EMEMORY; QP_EDATA when
 *            the model's scores are not numbers; errors of the model's step.
 * A result depends on its source alone, to the bit, when the parameters are packed (qp_params_pack).
 *
 * qp_search_from — the same with a target prefix: the first tokens of every hypothesis are those of `prefix`,
 *   whatever their probability, which counts in the total; the rules of the configuration begin after it.
 * longest    at least one token more than the prefix
 * Errors     besides those above QP_EUSAGE: a prefix that leaves no token of the model's max_length */
qp_status qp_search(const qp_model *model, qp_tape *tape, qp_ids source, const qp_search_config *config, bool attention,
                    qp_search_result *result);
qp_status qp_search_from(const qp_model *model, qp_tape *tape, qp_ids source, const qp_search_config *config,
                         qp_search_prefix prefix, bool attention, qp_search_result *result);

#endif
