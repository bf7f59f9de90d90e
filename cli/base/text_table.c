#include "cli/base/text_table.h"

#include <string.h>

#include "cli/base/text.h"
#include "lib/picture/label.h"

enum { GAP = 2, INDENT = 4 };

typedef struct {
    const char *const *cell;
    int rows, columns, left;
    int width[QP_TABLE_COLUMNS];
} table;

/* Columns that the cells from `first` on take. */
static int width_from(const table *t, int first)
{
    int width = 0;
    for (int c = first; c < t->columns; c++) width += t->width[c] + (c > first ? GAP : 0);
    return width;
}

/* The cells of a row from `first` on, without blanks at its end. */
static void print_cells(FILE *stream, const table *t, int row, int first)
{
    int blanks = 0;
    for (int c = first; c < t->columns; c++) {
        const char *text = t->cell[row * t->columns + c];
        int width = qp_label_width(text), room = t->width[c] - width;
        if (c >= t->left) blanks += room;
        if (*text) {
            fprintf(stream, "%*s%s", blanks, "", text);
            blanks = GAP;
        } else {
            blanks += GAP;
        }
        if (c < t->left) blanks += room;
    }
    fputc('\n', stream);
}

/* The same where lines have to break: between cells. */
static void print_broken(FILE *stream, const table *t, int row, int columns)
{
    int used = 0;
    for (int c = 1; c < t->columns; c++) {
        const char *text = t->cell[row * t->columns + c];
        int width = qp_label_width(text);
        if (!*text) continue;
        if (used && used + GAP + width >= columns) {
            fputc('\n', stream);
            used = 0;
        }
        fprintf(stream, "%*s%s", used ? GAP : INDENT, "", text);
        used += (used ? GAP : INDENT) + width;
    }
    if (used) fputc('\n', stream);
}

static bool is_empty(const table *t, int row)
{
    for (int c = 1; c < t->columns; c++)
        if (*t->cell[row * t->columns + c]) return false;
    return true;
}

void qp_text_table(FILE *stream, const char *const *cell, int rows, int columns, int left)
{
    table t = {.cell = cell, .rows = rows, .columns = columns, .left = left};
    int most = qp_text_columns(stream);
    for (int i = 0; i < rows * columns; i++) {
        int width = qp_label_width(cell[i]);
        if (width > t.width[i % columns]) t.width[i % columns] = width;
    }
    bool whole = width_from(&t, 0) < most, broken = INDENT + width_from(&t, 1) >= most;
    for (int r = 0; r < rows; r++) {
        const char *first = cell[(ptrdiff_t)r * columns];
        if (whole) {
            print_cells(stream, &t, r, 0);
            continue;
        }
        if (*first) fprintf(stream, "%s\n", first);
        if (is_empty(&t, r)) continue;
        if (broken) {
            print_broken(stream, &t, r, most);
            continue;
        }
        fprintf(stream, "%*s", INDENT, "");
        print_cells(stream, &t, r, 1);
    }
}
