#ifndef QP_OP_QUANTIZE_H
#define QP_OP_QUANTIZE_H

#include "lib/grad/tape.h"

/* qp_quantize — every row becomes the nearest row of a codebook
 *   code_r = the row e of the codebook with the least |z_r - e|^2, the first of equal ones      y_r = e of code_r
 *   loss   = mean of (sg(z) - e)^2 + beta * mean of (z - sg(e))^2 over all elements; sg: no gradient flows
 * The gradient of y goes to z unchanged (straight through); the codebook gets that of the first term alone, if it has a
 * node.
 * z         [rows, d];  codebook [codes, d]
 * alive     [codes], false: this row is no code; NULL: all are codes
 * code      [rows] receives the choices, in the tape's memory
 * loss      receives the loss [1, 1]
 * returns   y [rows, d]
 * Memory    the output.   Errors  QP_ESHAPE (no row is a code), QP_EMEMORY, remembered by the tape.
 * A row's bits do not depend on the other rows.   Source  van den Oord et al. 2017, "Neural Discrete Representation
 * Learning". */
qp_tensor qp_quantize(qp_tape *tape, qp_tensor z, qp_tensor codebook, const bool *alive, qp_real beta,
                      const int32_t **code, qp_tensor *loss);

#endif
