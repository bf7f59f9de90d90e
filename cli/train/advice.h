#ifndef QP_ADVICE_H
#define QP_ADVICE_H

#include "data/text/corpus_statistics.h"
#include "lib/run/train_run.h"

/* qp_advice_print — the warnings of `train --dry-run` on stdout: likely problems of the data and of the options, each
 * with a remedy. A remedy "use --option value" can be typed: it is accepted, and the warning is gone, or its
 * remedy goes further in the same direction. Options that quipu chose itself are not warned about.
 * Memory  one byte for each piece of a tokenizer.
 * Errors  QP_EMEMORY. */
qp_status qp_advice_print(const qp_train_run *run, const qp_overlap_statistics *overlap);

#endif
