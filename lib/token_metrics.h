#ifndef QP_TOKEN_METRICS_H
#define QP_TOKEN_METRICS_H

#include "lib/package.h"

/* token_metrics — how well a model tells tokens: the hidden ones of a masked language model, or those of a text given the
 * ones before them (teacher forcing).
 *   loss = mean of -ln P(token)        perplexity = exp(loss)        accuracy = share whose probability is the highest */
typedef struct {
    double loss; /* the sum */
    int64_t tokens, right;
} qp_token_metrics;

/* qp_token_metrics_measure — add all of a source of batches with target.id, as the model now answers them; the same for
 * any number of threads.   Memory  scores of one batch.   Errors  those of the source and the model; QP_EMEMORY. */
qp_status qp_token_metrics_measure(const qp_model *model, qp_batch_source *source, int threads,
                                   qp_token_metrics *metrics);
/* qp_divergence_measure — of a variational autoencoder: how far the distributions that texts tell are from N(0, 1), in nats a
 * text, over all of a source. */
qp_status qp_divergence_measure(const qp_model *model, qp_batch_source *source, double *mean);
double qp_token_metrics_loss(const qp_token_metrics *metrics);
double qp_token_metrics_accuracy(const qp_token_metrics *metrics); /* percent */

#endif
