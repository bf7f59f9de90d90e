#ifndef QP_CONTEXT_H
#define QP_CONTEXT_H

#include <stdint.h>

#include "lib/model/model.h"

/* context — how much of a long text a language model reads at once: the one rule of score, evaluate perplexity,
 * generate and attend.
 *
 * A decoder never reads further than it learned to: --lm-window tokens, for a transformer of lines --max-length. A
 * recurrent decoder of lines, or with --carry, has no limit. A longer text is read in windows that overlap: when a
 * window of W inputs is full, the next input ends the first half, max(1, W/2) inputs, of another window, which is read
 * from position 0. Input 0 is the model's first token, input i is token i-1 of the text.
 *
 * qp_context_of — W in tokens; 0: no limit.
 * qp_context_start — the first input of the window that ends with input `last`. */
int64_t qp_context_of(const qp_model *model);
int64_t qp_context_start(int64_t context, int64_t last);

#endif
