#ifndef QP_SAMPLE_H
#define QP_SAMPLE_H

#include <stdint.h>

#include "lib/base/real.h"
#include "lib/config/config.h"

/* sample — from one row of scores to the probabilities of the next token, and the draw. Filters act in this order,
 * each on the tokens left by the one before:
 *   repeat_penalty r  every id among the last repeat_last_n tokens once: x = x/r if x > 0, else x*r   Keskar et al.
 *   2019
 *   temp              x = x/temp; 0: the most probable token alone
 *   top_k             the k largest                                                                   Fan et al. 2018
 *   top_p             in descending order while the mass before a token is below top_p            Holtzman et al. 2020
 *   min_p             tokens with at least min_p times the largest probability                      Nguyen et al. 2024
 *   typical           tokens whose -log p is nearest to the entropy, until their mass reaches this   Meister et al.
 *   2023
 *   epsilon_cutoff    tokens with at least this probability; the most probable always            Hewitt et al. 2022
 *   eta_cutoff        tokens with at least min(eta, sqrt(eta) e^-H), H the entropy; the most probable
 *                     always                                                                      Hewitt et al. 2022
 *   Then the softmax over the tokens left. Ties go to the lower id.
 * X(kind, name, default, low, high, choices, help); see lib/config/config.h */
#define QP_SAMPLE_FIELDS(X)                                                                                            \
    X(REAL, temp, "1", 0, 1000, NULL, "temperature: below 1 safer, above 1 bolder; 0: always the most probable token") \
    X(INT, top_k, "0", 0, 16777216, NULL, "draw among the k most probable tokens; 0: all")                             \
    X(REAL, top_p, "1", 0, 1, NULL, "draw among the most probable tokens that together have this probability")         \
    X(REAL, min_p, "0", 0, 1, NULL, "draw among tokens with at least this share of the largest probability")           \
    X(REAL, typical, "1", 0, 1, NULL, "draw among the most typical tokens that together have this probability")        \
    X(REAL, epsilon_cutoff, "0", 0, 1, NULL, "drop tokens less probable than this, except the best; 0: off")           \
    X(REAL, eta_cutoff, "0", 0, 1, NULL,                                                                               \
      "drop tokens less probable than this, or than a lower bound where all are improbable; 0: off")                   \
    X(REAL, repeat_penalty, "1", 0.01, 100, NULL, "make tokens that occurred before less probable; 1: off")            \
    X(INT, repeat_last_n, "64", -1, 16777216, NULL, "tokens that --repeat-penalty looks back; -1: all")

typedef struct {
    QP_SAMPLE_FIELDS(QP_FIELD_DECLARE)
} qp_sample_config;
extern const qp_field_table qp_sample_fields;

/* qp_sampler — a configuration with scratch memory for one row, 24 bytes a column. One thread at a time.
 * Errors  QP_EMEMORY. */
typedef struct qp_sampler qp_sampler;
qp_status qp_sampler_new(const qp_sample_config *config, int columns, qp_sampler **sampler);
void qp_sampler_free(qp_sampler *sampler);

/* qp_sampler_weigh — turn a row [columns] of scores into the probabilities to draw from: 0 for tokens filtered out and
 * for scores of -inf (forbidden tokens).   history [count]: the tokens so far, oldest first; ids outside the row are
 * ignored.   Errors  QP_EDATA when a score is not a number or all are -inf; the row is then undefined. */
qp_status qp_sampler_weigh(qp_sampler *sampler, qp_real *row, const int32_t *history, int count);

/* qp_sample_draw — the first id whose cumulative probability exceeds `uniform` in [0, 1). With
 * uniform = qp_random_uniform(qp_random_key(seed, number of the text), number of the token)
 * the text depends on the seed alone, not on batches or threads. */
int32_t qp_sample_draw(int columns, const qp_real *probability, double uniform);

#endif
