#ifndef QP_LABEL_H
#define QP_LABEL_H

#include "lib/text/text_buffer.h"

/* label — token texts made fit to be shown. Tokens come from files and may hold anything; a label is valid UTF-8 without
 * control characters, so it can neither move a terminal's cursor nor turn the direction of a page. */

/* qp_label_clean — append `text` as a label: blanks and line ends become visible signs; control, format, private and
 * unassigned characters become <U+202E> and the like, other bytes <0xFF>; a leading combining mark gets a dotted circle; an empty
 * text becomes the empty-set sign. */
void qp_label_clean(qp_text_buffer *buffer, const char *text);

/* qp_label_next — the next grapheme cluster (what a reader takes for one character) of a cleaned label: its bytes, and in
 * *width the terminal columns it takes (0 to 2); 0 at the end. */
int qp_label_next(const char *text, int *width);

/* qp_label_width / qp_label_length — terminal columns and graphemes of a cleaned label. */
int qp_label_width(const char *text);
int qp_label_length(const char *text);

/* qp_label_fit — append at most `columns` columns of a label; a longer one ends in an ellipsis. Returns columns used. */
int qp_label_fit(qp_text_buffer *buffer, const char *text, int columns);

#endif
