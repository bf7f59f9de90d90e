#ifndef QP_LABEL_H
#define QP_LABEL_H

#include "lib/text/text_buffer.h"

/* label — token texts for display. Tokens come from files and may hold anything; a label is valid UTF-8 without control
 * characters, so it cannot move a terminal's cursor or change the text direction of a page.
 *
 * Drawings show a space as a faint QP_LABEL_SPACE, whether the token has a blank or the ▁ of tokenizers. What is drawn
 * besides the token's own characters is never of ambiguous East Asian width: terminals set up for Chinese, Japanese or
 * Korean give such characters (▁ … ▒ █) two columns. */
#define QP_LABEL_SPACE "␣"

/* qp_label_clean — appends `text` as a label: blanks and line ends become visible symbols; control, format, private and
 * unassigned characters become <U+202E> and the like, bytes that are not UTF-8 <0xFF>; a leading combining mark gets a
 * dotted circle; an empty text becomes the empty-set symbol. */
void qp_label_clean(qp_text_buffer *buffer, const char *text);

/* qp_label_next — the next grapheme cluster (a character as the reader sees it) of a cleaned label: returns its bytes,
 * 0 at the end; *width receives the terminal columns it takes (0 to 2). */
int qp_label_next(const char *text, int *width);

/* qp_label_width, qp_label_length — terminal columns and graphemes of a cleaned label. */
int qp_label_width(const char *text);
int qp_label_length(const char *text);

/* qp_label_is_space — whether the next character of a label is a space: ▁ or ␣. */
bool qp_label_is_space(const char *text);

/* qp_label_fit — appends at most `columns` columns of a label, its spaces as QP_LABEL_SPACE; a longer one ends in two
 * dots. Returns the columns used. */
int qp_label_fit(qp_text_buffer *buffer, const char *text, int columns);

#endif
