#ifndef QP_EVALUATE_TOKENS_H
#define QP_EVALUATE_TOKENS_H

#include "cli/evaluate/evaluate_task.h"
#include "lib/package.h"

/* evaluate_tokens — masked language models and autoencoders on a text: what `quipu evaluate -m MODEL --test FILE` prints.
 *   mlm          accuracy, loss, perplexity of hidden tokens, drawn by --seed as a validation draws them
 *   autoencode   accuracy: lines given back exactly (greedy); token-accuracy, loss, perplexity: of each token given the
 *                vector and the tokens before it; variational ones: divergence, in nats a line
 * metrics   the list of those wanted; NULL (autoencoders only): all
 * Errors    QP_EUSAGE: unknown metric; QP_EDATA: a text without tokens; those of reading and of the model. */
qp_status qp_evaluate_masks(const qp_package *m, const qp_evaluate_task_config *o, int threads, bool json,
                            const char *metrics);
qp_status qp_evaluate_copies(const qp_package *m, const qp_evaluate_task_config *o, int threads, bool json,
                             const char *metrics);

#endif
