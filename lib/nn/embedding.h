#ifndef QP_EMBEDDING_H
#define QP_EMBEDDING_H

#include "lib/base/batch.h"
#include "lib/nn/norm.h"
#include "lib/nn/params.h"
#include "lib/nn/position_table.h"

/* embedding — token ids to vectors
 *   y = dropout(noise(norm(scale * E[id] + P[position] + S[segment])))
 * E       [vocabulary, width], or a linear map of numbers; P a learned table, a sinusoidal one, or nothing
 * S, norm as BERT has them (Devlin et al. 2019); absent unless asked for
 * words   another width of E; a linear map NAME.word_map.weight [width, words] makes `width` of it
 *           of scale * E[id] alone, without a bias, P and S added afterwards (OPT; Zhang et al. 2022)
 *           sum_first: of the norm's output, with a bias (ALBERT: Lan et al. 2020; ELECTRA); P and S are as wide as E
 * Parameters NAME.positions.weight [positions, .], NAME.segments.weight [segments, .], NAME.embedding_norm.* */
typedef enum { QP_POSITION_NONE, QP_POSITION_SINUSOIDAL, QP_POSITION_LEARNED } qp_position_kind;

typedef struct {
    int width;
    int words; /* columns of E; 0: width */
    bool sum_first;
    bool scaled; /* scale = sqrt(width), else 1 */
    qp_position_kind position_kind;
    qp_sinusoid order; /* of a sinusoidal P */
    int first_position;
    int positions;        /* the longest sequence */
    int segments;         /* kinds of segments; 0: none */
    bool norm;            /* a norm of the sum */
    qp_norm_kind norm_kind;
    double epsilon;       /* of the norm */
    qp_real type_dropout; /* share of the vocabulary left out while training (noise.h) */
    qp_real noise;        /* deviation of Gaussian noise while training, before the dropout */
    qp_real dropout;
} qp_embedding_config;

typedef struct {
    qp_embedding_config config;
    int weight;                  /* parameter E; shared between embeddings by giving the same index */
    int position_weight;         /* parameter of a learned P, or -1 */
    int segment_weight;          /* parameter S, or -1 */
    int map, map_bias;           /* parameters of the map from another width of E, or -1 */
    qp_position_table *sinusoid; /* a sinusoidal P; owned */
    qp_norm norm;
} qp_embedding_module;

/* qp_embedding_add_weight — an embedding matrix NAME.weight, normal with std 1/sqrt(width) if scaled, else 0.02.
 * qp_embedding_init — the module over parameter `weight`; adds the other parameters.   Errors  QP_EMEMORY. */
int qp_embedding_add_weight(qp_params *params, int vocabulary, int width, bool scaled, const char *name);
qp_status qp_embedding_init(qp_embedding_module *embedding, qp_params *params, const qp_embedding_config *config,
                            int weight, const char *name);
void qp_embedding_free(qp_embedding_module *embedding);

/* Parameters of rows of numbers: b [1, width], and a class token [1, width] put before each sequence (-1: none). */
typedef struct {
    int bias, class_token;
} qp_embedding_values;

/* qp_embedding_forward — id [rows] of the sequences, the first token of each at position `offset` -> [rows, width].
 * qp_embedding_forward_segments — the same from position 0 with segment [rows] (NULL: all of segment 0); a module
 *   without segments ignores them.
 * qp_embedding_forward_values — series of numbers: value [rows, features] E' + b in place of scale * E[id], E the
 *   module's weight [width, features] -> [rows, width]. With a class token the sequences have a first row for it, and
 *   value has none (Dosovitskiy et al. 2021) -> [rows + sequences, width].
 * Errors  QP_ESHAPE: an id outside the vocabulary, a position or segment beyond its table. */
qp_tensor qp_embedding_forward(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                               qp_sequences sequences, int rows, const int32_t *id, int offset);
qp_tensor qp_embedding_forward_segments(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                                        qp_sequences sequences, int rows, const int32_t *id, const int32_t *segment);
qp_tensor qp_embedding_forward_values(const qp_embedding_module *embedding, qp_tape *tape, const qp_params *params,
                                      qp_sequences sequences, qp_tensor value, qp_embedding_values with);

#endif
