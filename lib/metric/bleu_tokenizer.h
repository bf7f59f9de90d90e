#ifndef QP_BLEU_TOKENIZER_H
#define QP_BLEU_TOKENIZER_H

#include "lib/config/config.h"
#include "lib/metric/segment.h"

/* bleu_tokenizer — how BLEU splits a line into words; part of the metric's definition, not of the model's tokenizer.
 *   13a   NIST mteval-v13a, the default of WMT: splits off punctuation, keeps numbers whole
 *   none  at white space only
 *   char  at every code point
 *   intl  NIST mteval-v14: splits off Unicode punctuation and symbols
 *   zh    splits Chinese characters, otherwise as 13a
 * Source  sacreBLEU 2 (Post 2018); its bugs are part of the definition and reproduced. */
#define QP_BLEU_TOKENIZER_LIST(X)                                                                                      \
    X(QP_BLEU_13A, "13a")                                                                                              \
    X(QP_BLEU_NONE, "none") X(QP_BLEU_CHAR, "char") X(QP_BLEU_INTL, "intl") X(QP_BLEU_ZH, "zh")
typedef enum { QP_BLEU_TOKENIZER_LIST(QP_CHOICE_ID) QP_BLEU_TOKENIZERS } qp_bleu_tokenizer;

const char *qp_bleu_tokenizer_name(qp_bleu_tokenizer tokenizer);

/* qp_bleu_tokenizer_find — by name; QP_EUSAGE for an unknown one, and for those that need dictionaries or models that
 * are not included (ja-mecab, ko-mecab, flores101, flores200, spm). */
qp_status qp_bleu_tokenizer_find(const char *name, qp_bleu_tokenizer *tokenizer);

/* The pieces of a tokenizer in place of these words, as sacreBLEU's `spm` has them; `name` is shown in the signature.
 *   pieces  appends the pieces of text[0..bytes), separated by spaces, to `out` */
typedef struct {
    const char *name;
    const void *self;
    qp_status (*pieces)(const void *self, const char *text, size_t bytes, qp_codes *out);
} qp_bleu_pieces;

/* qp_bleu_tokenize_pieces — the same as qp_bleu_tokenize with a tokenizer.   Errors  QP_EMEMORY; the tokenizer's. */
qp_status qp_bleu_tokenize_pieces(const qp_bleu_pieces *pieces, qp_text segment, bool lower, qp_codes *out);

/* qp_bleu_tokenize — appends the line's words, separated by white space, to `out`; errors set out->failed. */
void qp_bleu_tokenize(qp_bleu_tokenizer tokenizer, qp_text segment, bool lower, qp_codes *out);

#endif
