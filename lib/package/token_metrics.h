#ifndef QP_TOKEN_METRICS_H
#define QP_TOKEN_METRICS_H

#include "lib/package/package.h"

/* token_metrics — how well a model predicts tokens: the masked ones of a masked language model, or each token of a text
 * given the ones before it (teacher forcing).
 *   loss = mean of -ln P(token)      perplexity = exp(loss)      accuracy = share of tokens with the highest P */
typedef struct {
    double loss; /* the sum */
    int64_t tokens, right;
} qp_token_metrics;

/* qp_token_metrics_measure — add all batches of a source (with target.id), predicted with the current weights; the
 * same for any number of threads.
 * Memory  scores of one batch.   Errors  those of the source and the model; QP_EMEMORY. */
qp_status qp_token_metrics_measure(const qp_model *model, qp_batch_source *source, int threads,
                                   qp_token_metrics *metrics);
/* qp_divergence_measure — of a variational autoencoder: mean KL divergence of the texts' distributions from N(0, 1), in
 * nats per text, over all batches of a source. */
qp_status qp_divergence_measure(const qp_model *model, qp_batch_source *source, double *mean);
double qp_token_metrics_loss(const qp_token_metrics *metrics);
double qp_token_metrics_accuracy(const qp_token_metrics *metrics); /* percent */

#endif
