#ifndef QP_PERPLEXITY_H
#define QP_PERPLEXITY_H

#include "data/text/text_pairs.h"
#include "lib/package/package.h"

/* perplexity — how well a language model predicts a text, or a translator the translations of given sources.
 *   perplexity = exp(-sum ln P / tokens)        bits per character = -sum log2 P / characters
 * All tokens count, also unknown ones and the end of each line (KenLM's "including OOVs"); a line end counts as a
 * character. A model of lines reads each line separately (n-gram models also empty ones), a model of running text
 * (--lm-window) the whole file. What is longer than the model reads at once is read in windows, exactly as score and
 * generate read it (lib/decode/context.h).
 * Of a translator: P(target | source), tokens and characters are those of the target, and pairs with an empty side are
 * left out, as in training. */
typedef struct {
    double log_probability, unknown_log_probability; /* ln P of all tokens; of the unknown ones */
    int32_t unknown_id;
    int64_t lines, tokens, unknown, characters;
    int64_t cut;          /* lines, or pairs, that were cut to --max-length */
    int64_t slid, window; /* lines (of running text: 0) read in windows of this many tokens; 0: all were read whole */
} qp_perplexity;

/* qp_perplexity_measure — measure a file ("-": stdin).
 * Errors  those of reading and of the model; QP_EUSAGE for a model with a source side; QP_EDATA for a text without
 *         tokens. */
qp_status qp_perplexity_measure(const qp_package *package, char *file, int threads, qp_perplexity *sums);

/* qp_perplexity_measure_pairs — the same for the pairs of a translator.
 * Errors  those of reading and of the model; QP_EDATA without a pair of texts. */
qp_status qp_perplexity_measure_pairs(const qp_package *package, const qp_text_files *files, int threads,
                                      qp_perplexity *sums);
double qp_perplexity_value(const qp_perplexity *sums);
double qp_perplexity_bits(const qp_perplexity *sums);

/* qp_perplexity_print — print as lines, or as one JSON object {"perplexity": {...}}. */
qp_status qp_perplexity_print(const qp_perplexity *sums, bool json);

#endif
