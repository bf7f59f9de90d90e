#ifndef QP_RANGES_H
#define QP_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/view.h"

/* ranges — the parts that splitters cut text into. Start from all zero. */
typedef struct {
    struct qp_range {
        size_t begin, end; /* of the text */
        int32_t added;     /* number of an added token, -1: ordinary text */
    } * range;
    size_t count, capacity;
} qp_ranges;

void qp_ranges_free(qp_ranges *ranges);

/* qp_ranges_add — append a range, unless it is empty. Errors: QP_EMEMORY. */
qp_status qp_ranges_add(qp_ranges *ranges, size_t begin, size_t end, int32_t added);

/* What becomes of the matches of a splitter: dropped, ranges of their own, part of the range before or after, or joined
 * with the matches next to them. In the order of qp_behavior_name. */
typedef enum {
    QP_SPLIT_REMOVED,
    QP_SPLIT_ISOLATED,
    QP_SPLIT_PREVIOUS,
    QP_SPLIT_NEXT,
    QP_SPLIT_CONTIGUOUS
} qp_split_behavior;
extern const char *const qp_behavior_name[5];

/* qp_cutter — makes ranges of matches and of what is between them. Set behavior, out, first (the number of ranges
 * before) and shift (where the text that is cut begins), and add all parts in order, the empty matches too.
 * qp_cutter_end — take out the empty ranges. */
typedef struct {
    qp_split_behavior behavior;
    qp_ranges *out;
    size_t first, shift;
    bool matched_before, held;
    size_t held_begin, held_end; /* NEXT: a match that waits for what follows */
} qp_cutter;

qp_status qp_cutter_add(qp_cutter *cutter, size_t begin, size_t end, bool match);
qp_status qp_cutter_end(qp_cutter *cutter);

/* qp_cut_characters — cut a text that begins at byte `shift` of the output; every character that `test` accepts is a
 * match. */
typedef bool (*qp_character_test)(int32_t code, int32_t wanted);
qp_status qp_cut_characters(qp_character_test test, int32_t wanted, qp_split_behavior behavior, qp_text text,
                            size_t shift, qp_ranges *out);

#endif
