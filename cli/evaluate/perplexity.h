#ifndef QP_PERPLEXITY_H
#define QP_PERPLEXITY_H

#include "lib/package.h"

/* perplexity — how well a language model foresees a text.
 *   perplexity = exp(-sum ln P / tokens)        bits per character = -sum log2 P / characters
 * Every token counts, unknown ones and the end of each line too (as kenlm's "including OOVs"); so does the end of a line
 * as a character. A model of lines reads each by itself, n-grams empty ones too; a model of running text (--lm-window)
 * reads window after window, as its validation does; with --carry all of them as one text. */
typedef struct {
    double log_probability, unknown_log_probability; /* ln, of all tokens; of the unknown ones */
    int64_t lines, tokens, unknown, characters, cut; /* cut: lines longer than the model reads */
} qp_perplexity;

/* qp_perplexity_measure — of a file ("-": stdin).   Errors  those of reading and of the model; QP_EUSAGE for a model with
 * a source side; QP_EDATA for a text without tokens. */
qp_status qp_perplexity_measure(const qp_package *package, char *file, int threads, qp_perplexity *sums);
double qp_perplexity_value(const qp_perplexity *sums);
double qp_perplexity_bits(const qp_perplexity *sums);

/* qp_perplexity_print — as lines, or as one JSON object {"perplexity": {...}}. */
qp_status qp_perplexity_print(const qp_perplexity *sums, bool json);

#endif
