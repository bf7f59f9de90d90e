#ifndef QP_SUBWORD_NMT_FILE_H
#define QP_SUBWORD_NMT_FILE_H

#include "tokenizer/subword_nmt/subword_nmt.h"

/* qp_subword_nmt_rank — the rank of a pair of symbols, -1: no code joins them. */
int32_t qp_subword_nmt_rank(const qp_subword_nmt *codes, int32_t left, int32_t right);

#endif
