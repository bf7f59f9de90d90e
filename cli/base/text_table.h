#ifndef QP_TEXT_TABLE_H
#define QP_TEXT_TABLE_H

#include <stdio.h>

/* text_table — rows of cells for a person, in columns as wide as their widest cell. Where a row is wider than the
 * terminal, its first cell gets a line of its own and the others follow it, indented; where these are too wide too, the
 * lines break between cells. Nothing is cut. */
enum { QP_TABLE_COLUMNS = 6 };

/* cell  [rows * columns], row by row; at most QP_TABLE_COLUMNS columns
 * left  columns, from the first on, that are aligned to the left; the others to the right */
void qp_text_table(FILE *stream, const char *const *cell, int rows, int columns, int left);

#endif
