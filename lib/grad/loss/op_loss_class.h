#ifndef QP_OP_LOSS_CLASS_H
#define QP_OP_LOSS_CLASS_H

#include <stdint.h>

#include "lib/grad/loss/op_loss.h"

/* Losses over classes other than cross-entropy (op_loss.h). For one row: x the logits, p = softmax(x), y the target,
 * s = strength, b = beside. */
typedef enum {
    QP_CLASS_HINGE, /* 1/C sum over c != y of max(0, s - x_y + x_c)                       Weston & Watkins 1999 */
    QP_CLASS_FOCAL, /* -b[y] (1 - p_y)^s log p_y; b [C] or NULL: 1                           Lin et al. 2017 */
    QP_CLASS_POLY1, /* -log p_y + s (1 - p_y)                                               Leng et al. 2022 */
    QP_CLASS_Z,     /* -log p_y + s (log sum exp x)^2                                  Chowdhery et al. 2022 */
    QP_CLASS_UNLIKELIHOOD, /* -log p_y - s sum over c != y of b_c log(1 - p_c); b [rows, C]  Welleck et al. 2020 */
    QP_CLASS_CONFIDENCE,   /* -log p_y + s sum_c p_c log p_c                                Pereyra et al. 2017 */
    QP_CLASS_DISTILLATION, /* s T^2 KL(softmax(b/T) || softmax(x/T)) - (1-s) log p_y; b [rows, C] the teacher's
                              logits, T = temperature                                        Hinton et al. 2015 */
    QP_CLASS_GUIDED,       /* -sum_c b_c log(p_c + s); b [rows, C] an alignment; no target     Chen et al. 2016 */
    QP_CLASS_KINDS
} qp_class_loss_kind;

typedef struct {
    qp_class_loss_kind kind;
    qp_reduction reduction;
    qp_real strength, temperature;
    const qp_real *beside;
} qp_class_loss_config;

/* qp_class_loss — value[r] as the kind says; 0 where target[r] < 0
 * logits   [rows, C], C >= 2
 * target   [rows] (QP_CLASS_GUIDED: NULL); target and beside are borrowed until the backward and receive no gradient
 * returns  the sum [1, 1], the sum divided by the number of rows that count [1, 1], or a column [rows, 1]
 * Sums are in double, in a fixed order.
 * Memory   the output; a few rows of doubles as scratch.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_class_loss(qp_tape *tape, qp_tensor logits, const int32_t *target, const qp_class_loss_config *config);

#endif
