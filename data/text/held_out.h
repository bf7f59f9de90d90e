#ifndef QP_HELD_OUT_H
#define QP_HELD_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* held_out — a file read as two parts: one to train on, and one held back for validation. All zero: the whole file.
 * every  one example in so many is held back, chosen by the hash of its text, so that equal texts are in one part
 * block  running text: of every `every` blocks of so many lines the middle one is held back, so that all of the text is
 *        represented in both parts; 0: single examples
 * from   series: everything from this row on is held back, from 1; 0: `every` decides */
typedef enum { QP_PART_ALL, QP_PART_TRAINING, QP_PART_HELD_OUT } qp_part;

typedef struct {
    qp_part part;
    int64_t every, block, from;
} qp_held_out;

/* qp_held_out_has      — does the part have this example, which is known by these bytes? `line` counts from 1.
 * qp_held_out_has_text — the same of UTF-8, which is read in NFC: composed and decomposed texts are one text. */
bool qp_held_out_has(qp_held_out part, int64_t line, const char *bytes, size_t count);
bool qp_held_out_has_text(qp_held_out part, int64_t line, const char *text, size_t bytes);

#endif
