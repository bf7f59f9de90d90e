#ifndef QP_ENCODER_KINDS_H
#define QP_ENCODER_KINDS_H

#include "lib/model/encoder.h"

/* encoder_kinds — the kinds that encoder.c knows; each is the file of its name. */
extern const qp_encoder_kind qp_encoder_transformer; /* encoder_transformer.c */
extern const qp_encoder_kind qp_encoder_recurrent;   /* encoder_recurrent.c: every cell */
extern const qp_encoder_kind qp_encoder_convolution; /* encoder_convolution.c: conv */
extern const qp_encoder_kind qp_encoder_text_cnn;    /* encoder_text_cnn.c: text-cnn */

#endif
