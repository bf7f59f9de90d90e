#ifndef QP_WINDOW_TEXT_H
#define QP_WINDOW_TEXT_H

#include "data/text/corpus.h"

/* window_text — copies windows of running text into a batch: the tokens to predict, and the tokens that the model reads
 * to predict them, which are those one place before. Before the first token of the text comes its last one, the end of
 * a line. */
typedef struct {
    const qp_corpus_side *side;
    int64_t tokens;    /* of the text */
    int windows;       /* added */
    qp_elements *span; /* [2 * most windows] of each the token before it, and its own tokens */
    int32_t *taken;    /* all of them */
} qp_window_text;

/* qp_window_text_init — for batches of at most `windows` windows of `length` tokens.   Errors  QP_EMEMORY.
 * qp_window_text_begin — a batch begins without windows.    qp_window_text_add — tokens first .. first+length-1.
 * qp_window_text_take — id [rows], input [rows] of all windows, one after the other. Collective where ranks keep parts
 *   of the text.   Errors  QP_EMEMORY. */
qp_status qp_window_text_init(qp_window_text *text, const qp_corpus *corpus, int64_t windows, int64_t length);
void qp_window_text_begin(qp_window_text *text);
void qp_window_text_add(qp_window_text *text, int64_t first, int64_t length);
qp_status qp_window_text_take(qp_window_text *text, int32_t *id, int32_t *input);
void qp_window_text_free(qp_window_text *text);

#endif
