#ifndef QP_DECODER_KINDS_H
#define QP_DECODER_KINDS_H

#include "lib/model/decoder.h"

/* decoder_kinds — the kinds that decoder.c knows; each is the file of its name. */
extern const qp_decoder_kind qp_decoder_transformer; /* decoder_transformer.c */
extern const qp_decoder_kind qp_decoder_recurrent;   /* decoder_recurrent.c: every cell */

extern const qp_decoder_kind qp_decoder_ngram; /* decoder_ngram.c */

#endif
