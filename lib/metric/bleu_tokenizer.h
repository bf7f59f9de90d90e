#ifndef QP_BLEU_TOKENIZER_H
#define QP_BLEU_TOKENIZER_H

#include "lib/metric/segment.h"

/* bleu_tokenizer — how BLEU cuts a line into words; part of the metric's definition, not of the model's tokenizer.
 *   13a   NIST mteval-v13a, the default of WMT: punctuation apart, numbers whole
 *   none  at white space only
 *   char  every code point
 *   intl  NIST mteval-v14: Unicode punctuation and symbols apart
 *   zh    Chinese characters one by one, the rest as 13a
 * Source  sacreBLEU 2 (Post 2018); its faults are part of the definition and kept. */
typedef enum {
    QP_BLEU_13A,
    QP_BLEU_NONE,
    QP_BLEU_CHAR,
    QP_BLEU_INTL,
    QP_BLEU_ZH,
    QP_BLEU_TOKENIZERS
} qp_bleu_tokenizer;

const char *qp_bleu_tokenizer_name(qp_bleu_tokenizer tokenizer);

/* qp_bleu_tokenizer_find — by name; QP_EUSAGE naming the known ones (and saying so of those that need dictionaries or
 * models we do not carry: ja-mecab, ko-mecab, flores101, flores200, spm). */
qp_status qp_bleu_tokenizer_find(const char *name, qp_bleu_tokenizer *tokenizer);

/* qp_bleu_tokenize — append the line's words, separated by white space, to `out`; trouble is out->failed. */
void qp_bleu_tokenize(qp_bleu_tokenizer tokenizer, qp_segment segment, bool lower, qp_codes *out);

#endif
