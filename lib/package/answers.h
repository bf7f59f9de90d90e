#ifndef QP_ANSWERS_H
#define QP_ANSWERS_H

#include "lib/decode/lines.h"
#include "lib/package/package.h"

/* answers — models that read two texts as one sequence, by the template of their tokenizer ([CLS] A [SEP] B [SEP]):
 * answers that are parts of a context, and classes of a pair. */

/* Part of the context, in bytes and in characters; score = P(start) P(end). */
typedef struct {
    size_t begin, end;
    int64_t first, last; /* characters first .. last-1 */
    double score;
} qp_answer;

typedef struct {
    int longest; /* tokens of an answer, at least 1 */
    int wanted;
} qp_answer_wish;

/* qp_package_answers — whether the model is a tagger with the labels "start" and "end": a head for answers.
 * qp_find_answers — the best parts of a context, best first. P(start) and P(end) are softmax over the context's tokens
 *   and the token before the texts; a part begins before it ends and has at most `longest` tokens; it is widened to
 *   whole words, which are one answer however many parts they are widened from, and white space is none. A context that
 *   is longer than the model reads, or than 384 tokens with the question, is read in windows that share 128 tokens, or
 *   half of them, each with a softmax of its own.
 *   answer  [wanted]; *found of them, none for a context without tokens
 * qp_classify_pair — probability [labels] of the classes of two texts.
 * Errors  QP_EDATA: the first text, or both, are longer than the model reads; QP_EMEMORY; those of the model. */
bool qp_package_answers(const qp_package *package);
qp_status qp_find_answers(const qp_package *package, qp_line question, qp_line context, const qp_answer_wish *wish,
                          qp_answer *answer, int *found);
qp_status qp_classify_pair(const qp_package *package, qp_line first, qp_line second, qp_real *probability);

#endif
