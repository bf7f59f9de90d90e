#ifndef QP_SENTENCEPIECE_RENUMBER_H
#define QP_SENTENCEPIECE_RENUMBER_H

#include "tokenizer/sentencepiece/sentencepiece.h"

/* qp_sentencepiece_renumber — a model that cuts texts as `model` does, with the ids of another vocabulary, as Marian
 * has it: one list for two models, in an order of its own. "</s>", "<pad>" and "__de__" (M2M100's languages) are
 * control pieces. Other names that the model does not have are found only where it finds unknown text. A piece that
 * the list does not have becomes "<unk>".
 *   name [count]  pieces in the order of their ids; "<unk>" must be one, none twice
 * Time: one pass over both lists.    Errors  QP_EDATA, QP_EMEMORY. */
qp_status qp_sentencepiece_renumber(const char *place, const qp_sentencepiece *model, const char *const *name,
                                    int count, qp_sentencepiece **made);

#endif
