#ifndef QP_SPECIAL_NAMES_H
#define QP_SPECIAL_NAMES_H

#include "tokenizer/tokenizer_internal.h"

/* special_names — the roles of special ids, found in a vocabulary. */
enum { QP_ROLE_PAD, QP_ROLE_BEGIN, QP_ROLE_END, QP_ROLE_UNKNOWN, QP_ROLE_MASK, QP_ROLES };

/* qp_special_role_name — "pad", "begin", "end", "unknown", "mask": the words of --special.
 * qp_special_usual_name — "<pad>", "<s>", "</s>", "<unk>", "<mask>": what a role that is appended is called.
 * qp_special_role — its id among the special ids. */
const char *qp_special_role_name(int role);
const char *qp_special_usual_name(int role);
int32_t *qp_special_role(qp_special_ids *special, int role);

/* qp_special_find — what the kind says of the file, and for the other roles the first of their usual names that is a
 * piece. Without a begin, the end is the begin, as in GPT-2.    Time: one pass over the pieces. */
qp_special_ids qp_special_find(const qp_tokenizer *tokenizer);

#endif
