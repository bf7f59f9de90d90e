#ifndef QP_ATTENTION_TEXT_H
#define QP_ATTENTION_TEXT_H

#include "lib/package/attention_picture.h"

/* qp_attend_text — what a classifier, a tagger, a masked language model or a model of matching texts attends to in one
 * text, as a picture:
 *   encoder  its self-attention [tokens, tokens], the end included; a class token comes first
 *   cross    with --pooling attention (classifiers, models of matching texts): the weight of each token [1, tokens]
 * A tagger reads the words between white space one by one, as from a file of columns; [MASK] and <mask> are the masks
 * of a masked language model.
 *   found    source_tokens and source_longest: what was cut; no text
 *   Errors   QP_EDATA: no tokens; QP_EUSAGE: the encoder has no attention; QP_EMEMORY; those of model and tokenizer. */
qp_status qp_attend_text(const qp_package *package, const char *text, qp_picture *picture, qp_attended *found);

#endif
