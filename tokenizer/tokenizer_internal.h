#ifndef QP_TOKENIZER_INTERNAL_H
#define QP_TOKENIZER_INTERNAL_H

#include "tokenizer/tokenizer.h"

/* tokenizer_internal — what a tokenizer is, for the files of this folder: a kind, and the tokenizer of that kind. */
struct qp_tokenizer {
    const qp_tokenizer_kind *kind;
    void *self;
    qp_special_ids special;
    bool special_named; /* by tokenizer_special.h, not by the file */
    int appended;       /* by it, at the end of the vocabulary */
};

/* qp_tokenizer_wrap — a tokenizer from one of this kind; takes over `self`, also when it fails. Errors: QP_EMEMORY. */
qp_status qp_tokenizer_wrap(const qp_tokenizer_kind *kind, void *self, qp_tokenizer **tokenizer);

#endif
