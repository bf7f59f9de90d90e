#ifndef QP_SPLIT_H
#define QP_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* split — where words end: the segments inside which a model may join characters.
 *
 * A segment is a space (if there is one) with what follows it: letters of one script group with their marks, digits,
 * or punctuation. Of several spaces all but the last stand alone; other white space and control characters stand
 * alone; so does every byte that is not UTF-8. Segments tile the text, so nothing is lost:
 *     " The dog's  here."  ->  " The" " dog" "'s" " " " here" "." */
typedef struct {
    bool single_digits;      /* every digit is a segment of its own */
    bool single_punctuation; /* every punctuation mark too (word vocabularies) */
    bool white_space;        /* nothing else but a space begins a new segment; the other rules do not matter */
} qp_split_rules;

/* qp_split_next — the end of the segment that begins at `begin` < bytes. */
size_t qp_split_next(const qp_split_rules *rules, const char *text, size_t bytes, size_t begin);

#endif
