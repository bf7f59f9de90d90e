#ifndef QP_EMBEDDING_H
#define QP_EMBEDDING_H

#include "lib/base/batch.h"
#include "lib/nn/norm.h"
#include "lib/nn/params.h"

/* embedding — token ids to vectors: norm(scale * E[id] + P[position] + S[segment]), noise, dropout.
 * P is a learned table NAME-position.weight [positions, d], the fixed sinusoidal one, or nothing; S and the norm are
 * there where they were added (BERT: Devlin et al. 2019). */
typedef enum { QP_POSITION_NONE, QP_POSITION_SINUSOIDAL, QP_POSITION_LEARNED } qp_position_kind;

typedef struct {
    int weight;          /* parameter [vocabulary, d]; shared between embeddings by giving the same index */
    int position_weight; /* parameter of a learned table, or -1 */
    qp_real *sinusoid;   /* [positions, d] owned, or NULL */
    int positions, width;
    qp_real scale, dropout;
    int segment_weight; /* parameter [kinds, d], or -1 */
    bool has_norm;
    qp_norm norm;
    qp_real type_dropout; /* share of the vocabulary left out while training (noise.h); 0 after init */
    qp_real noise;        /* deviation of Gaussian noise while training, before the dropout; 0 after init */
} qp_embedding_module;

/* qp_embedding_add_weight — an embedding matrix NAME.weight, normal with std 1/sqrt(width) if scaled, else 0.02. */
int qp_embedding_add_weight(qp_params *params, int vocabulary, int width, bool scaled, const char *name);
qp_status qp_embedding_init(qp_embedding_module *embedding, qp_params *params, int weight, int width, bool scaled,
                            qp_position_kind kind, int positions, double dropout, const char *position_name);

/* qp_embedding_add_segments — a table NAME.weight [kinds, width] of what is added for the segment a token belongs to.
 * qp_embedding_add_norm — a norm of the sum.   Both after qp_embedding_init. */
void qp_embedding_add_segments(qp_embedding_module *embedding, qp_params *params, int kinds, const char *name);
void qp_embedding_add_norm(qp_embedding_module *embedding, qp_params *params, bool rms, double epsilon,
                           const char *name);
void qp_embedding_free(qp_embedding_module *embedding);

/* qp_embedding_forward — id [rows] of the sequences, first token at position `offset` -> [rows, width].
 * qp_embedding_forward_segments — the same from position 0, segment [rows] (NULL: all of segment 0); a module without
 *   segments leaves them unread.
 * qp_embedding_forward_values — value [rows, features] W' + b + P[position], W = the module's weight [width, features],
 *   b = parameter `bias` [1, width]; dropout -> [rows, width]: series of numbers.
 * Errors  QP_ESHAPE: an id outside the vocabulary, a position or segment beyond its table. */
qp_tensor qp_embedding_forward(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                               qp_sequences sequences, int rows, const int32_t *id, int offset);
qp_tensor qp_embedding_forward_segments(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                                        qp_sequences sequences, int rows, const int32_t *id, const int32_t *segment);
qp_tensor qp_embedding_forward_values(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                                      qp_sequences sequences, qp_tensor value, int bias);

#endif
