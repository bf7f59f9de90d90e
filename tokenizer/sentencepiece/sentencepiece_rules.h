#ifndef QP_SENTENCEPIECE_RULES_H
#define QP_SENTENCEPIECE_RULES_H

#include "tokenizer/models/charsmap.h"

/* sentencepiece_rules — the normalisation rules nmt_nfkc, nfkc, nmt_nfkc_cf and nfkc_cf, made from Unicode data.
 *
 * Every character with a compatibility form, and every sequence that has the decomposition of some composed character,
 * becomes a rule; rules that follow from shorter ones are left out; nmt adds sentencepiece's treatment of spaces and
 * control characters; cf folds case, each character to one. The result equals the table of sentencepiece 0.2.3 (Unicode
 * 17). About 225 000 rules, made in less than a second.
 * Source: sentencepiece's description of its rules (doc/normalization.md) and its tables. */

/* qp_sentencepiece_rules — rule as in QP_SPM_NMT_NFKC..QP_SPM_IDENTITY (an empty map). Errors: QP_EMEMORY, QP_EDATA. */
qp_status qp_sentencepiece_rules(int rule, qp_charsmap *map);

#endif
