#ifndef QP_TRAIN_LINES_H
#define QP_TRAIN_LINES_H

#include "data/text/text_index.h"
#include "tokenizer/tokenizer_trainer.h"

/* train_lines — the lines of a training text that a tokenizer is learned from: the source side, the target side, or
 * both in turn. Of several ranks each reads and counts its part of the text. */
typedef struct {
    const qp_text_files *files;
    bool source, target;
    qp_cluster *cluster; /* NULL: this process alone */
    /* zero at first */
    qp_text_pairs *pairs; /* opened for the first line; a tokenizer that is read from a file needs no text */
    bool pending;         /* the target of `pair` comes next */
    qp_text_pair pair;
    qp_text_index index; /* of several ranks */
} qp_train_lines;

/* qp_train_lines_next — a qp_line_source whose self is a qp_train_lines. Of several ranks the first call is collective.
 *   Errors  QP_EUSAGE: the text can be read only once; those of qp_text_pairs and qp_text_index_read.
 * qp_train_counts_join — adds up the counts of ranks that have read a part each.   Errors  QP_EMEMORY. */
qp_status qp_train_lines_next(void *self, const char **line, size_t *bytes);
qp_counts_join qp_train_counts_join(qp_cluster *cluster);
void qp_train_lines_close(qp_train_lines *lines);

#endif
