#ifndef QP_EVALUATE_TOKENS_H
#define QP_EVALUATE_TOKENS_H

#include "cli/evaluate/evaluate_task.h"
#include "lib/package/package.h"

/* evaluate_tokens — metrics of masked language models and autoencoders for `quipu evaluate -m MODEL --test FILE`.
 *   mlm          accuracy, loss, perplexity of masked tokens, drawn by --seed as in validation
 *   autoencode   accuracy: lines reproduced exactly (greedy); token-accuracy, loss, perplexity: of each token given the
 *                vector and the tokens before it; with --variational: divergence, in nats per line
 * metrics   a list; NULL (autoencoders only): all
 * Errors    QP_EUSAGE: unknown metric; QP_EDATA: a text without tokens; those of reading and of the model. */
qp_status qp_evaluate_masks(const qp_package *m, const qp_evaluate_task_config *o, int threads, bool json,
                            const char *metrics);
qp_status qp_evaluate_copies(const qp_package *m, const qp_evaluate_task_config *o, int threads, bool json,
                             const char *metrics);

#endif
