#ifndef QP_CODEBOOK_H
#define QP_CODEBOOK_H

#include "lib/base/batch.h"
#include "lib/nn/params.h"

/* codebook — a vector as a few of `codes` codes: each of `parts` equal parts of it becomes the nearest vector of one
 * codebook (op_quantize.h). The codebook is counted, not trained: code i is the running mean of what was nearest to it.
 * A code that is hardly used starts again at a random part of the batch. While training, 0.25 times the distance is
 * added to the step's penalty.
 * Parameters  NAME [codes, 1 + width/parts], a statistic: how often each code was used, and the sum of the parts that
 *             became it
 * Source      van den Oord et al. 2017, appendix A.1; Dhariwal et al. 2020, section 3.1 (codes that start again). */
typedef struct {
    int sums;             /* parameter */
    int codes, width, parts;
} qp_codebook;

/* qp_codebook_add — parts divides width.
 * qp_codebook_forward — x [rows, width] -> [rows, width].
 *   code  receives the codes [rows, parts], in the tape's memory; NULL where the codebook is still empty, and y = x
 * qp_codebook_vectors — the vectors of code -> [sequences, width], a constant; a sequence is `parts` codes and an end.
 * qp_codebook_use — codes in use, and exp of the entropy of their use (perplexity); values: the statistic's.
 * Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_codebook qp_codebook_add(qp_params *params, int codes, int width, int parts, const char *name);
qp_tensor qp_codebook_forward(const qp_codebook *codebook, qp_tape *tape, const qp_params *params, qp_tensor x,
                              const int32_t **code);
qp_tensor qp_codebook_vectors(const qp_codebook *codebook, qp_tape *tape, const qp_params *params, qp_ids code);
int qp_codebook_use(const qp_parameter *parameter, const qp_real *value, double *perplexity);

#endif
