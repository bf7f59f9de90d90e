#ifndef QP_TER_TOKENIZER_H
#define QP_TER_TOKENIZER_H

#include "lib/metric/ter.h"

/* qp_ter_tokenize — append the segment's words, separated by white space, to `out`, as tercom's normaliser cuts them;
 * trouble is out->failed. */
void qp_ter_tokenize(const qp_ter_config *config, qp_segment segment, qp_codes *out);

#endif
