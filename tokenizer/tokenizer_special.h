#ifndef QP_TOKENIZER_SPECIAL_H
#define QP_TOKENIZER_SPECIAL_H

#include "lib/text/text_buffer.h"
#include "tokenizer/tokenizer.h"

/* tokenizer_special — give ids of a vocabulary of another project the roles that a model needs. The tokenizer's file
 * keeps them. quipu's own vocabularies have their roles in fixed places and are left as they are.
 *
 * qp_tokenizer_set_special — roles by the names of their pieces, "begin=<s>,end=</s>,pad=..,unknown=..,mask=..". A
 *   piece that is not in the vocabulary is appended after it.    Errors  QP_EUSAGE: not of this form, no such role, own
 *   vocabularies.
 * qp_tokenizer_need_special — append the end if the vocabulary has none, and, if asked for, the unknown token and the
 *   mask.
 * qp_tokenizer_put_special — "begin <s>, end </s> (appended), ..." for people.
 * Not for tokenizers that other threads use.    Errors  QP_EMEMORY, those above. */
qp_status qp_tokenizer_set_special(qp_tokenizer *tokenizer, const char *list);
qp_status qp_tokenizer_need_special(qp_tokenizer *tokenizer, bool unknown, bool mask);
void qp_tokenizer_put_special(const qp_tokenizer *tokenizer, qp_text_buffer *out);

#endif
