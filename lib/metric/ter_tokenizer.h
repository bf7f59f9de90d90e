#ifndef QP_TER_TOKENIZER_H
#define QP_TER_TOKENIZER_H

#include "lib/metric/ter.h"

/* qp_ter_tokenize — appends the segment's words, separated by white space, to `out`, as tercom's normaliser splits
 * them; errors set out->failed.
 * passes  number of passes of the normaliser; sacreBLEU makes two over references, which matters where one pass is not
 *         idempotent: runs of commas, 's before white space other than a blank */
void qp_ter_tokenize(const qp_ter_config *config, qp_text segment, int passes, qp_codes *out);

#endif
