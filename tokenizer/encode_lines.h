#ifndef QP_ENCODE_LINES_H
#define QP_ENCODE_LINES_H

#include "tokenizer/tokenizer.h"

/* encode_lines — many texts at once, or one long text, in parallel.
 *
 * Lines are gathered in blocks, and a long line is cut into parts where that cannot change its ids (kind.h). A thread
 * that is done with one takes the next, so that a slow core does not delay the others. The result depends on the
 * lines alone, not on the number of threads. */

/* Ids of all lines end to end: those of line i are id[start[i]] .. id[start[i + 1] - 1]. Zero it before the first use;
 * memory is kept for the next call. */
typedef struct {
    int32_t *id;
    size_t *start;
    size_t count, id_capacity, start_capacity;
    struct qp_line_thread *thread; /* the memory of each thread */
    int threads;
} qp_encoded_lines;

void qp_encoded_lines_free(qp_encoded_lines *lines);

/* qp_tokenizer_encode_lines — ids of line[0..count), as qp_tokenizer_encode gives them one by one.
 * threads  at most this many; 0: as many as OpenMP likes
 * Errors   those of qp_tokenizer_encode_into for the first line that fails, which the message names. */
qp_status qp_tokenizer_encode_lines(const qp_tokenizer *tokenizer, const qp_text *line, size_t count, int threads,
                                    qp_encoded_lines *out);

#endif
