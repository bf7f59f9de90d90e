#ifndef QP_LABEL_SETS_H
#define QP_LABEL_SETS_H

#include "data/text/labels.h"

/* label_sets — texts that may have several labels: the set of each text, whose number takes the place of the one label
 * of a text (labelled.h). A set is written LABEL,LABEL in any order, with spaces around the commas if you like; "" is
 * the empty set. */
typedef struct {
    int32_t count;
    int64_t *start; /* [count + 1] */
    int32_t *label; /* [start[count]] of set i from start[i] on: each once, ascending; -1: a label that training did not
                       have */
    size_t start_capacity, label_capacity;
} qp_label_sets; /* all zero: no set yet */

/* qp_label_sets_add — the number of the set text[0..bytes), which is appended. Labels are found or added as
 *   qp_labels_number does by `policy`; of IGNORED ones *unseen counts how many there are.
 * Errors  those of qp_labels_number; QP_EDATA: an empty label beside others; QP_EMEMORY. */
qp_status qp_label_sets_add(qp_label_sets *sets, qp_labels *labels, qp_label_policy policy, const char *path,
                            int64_t line, qp_text text, int32_t *number, int64_t *unseen);
void qp_label_sets_free(qp_label_sets *sets);

#endif
