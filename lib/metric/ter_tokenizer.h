#ifndef QP_TER_TOKENIZER_H
#define QP_TER_TOKENIZER_H

#include "lib/metric/ter.h"

/* qp_ter_tokenize — append the segment's words, separated by white space, to `out`, as tercom's normaliser cuts them;
 * trouble is out->failed.
 * passes  how often the normaliser goes over them; sacreBLEU goes twice over references, which tells where one pass is
 *         not final: runs of commas, 's before a white space other than the blank */
void qp_ter_tokenize(const qp_ter_config *config, qp_segment segment, int passes, qp_codes *out);

#endif
