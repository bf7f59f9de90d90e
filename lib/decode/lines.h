#ifndef QP_LINES_H
#define QP_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* lines — many lines of text through a model: to ids, sorted by length, cut into batches, and the batches processed
 * by threads. Results are stored by the number of the line, so nothing depends on the schedule of the threads. */

/* One line of text, which may contain NUL bytes. Borrowed. */
typedef struct {
    const char *text;
    size_t bytes;
} qp_line;

/* Its ids. `tokens` counts them before the line was cut, without EOS; id [count] ends in EOS, so a line without
 * tokens has count 1. */
typedef struct {
    int32_t *id;
    int count;
    int tokens;
} qp_line_ids;

/* qp_lines_encode — ids of `count` lines, each cut to `longest` ids with its EOS; count < tokens+1 shows that it was
 * cut. Runs on one thread, because a codec may keep a cache. Free *ids with qp_lines_free, after a failure too. */
qp_status qp_lines_encode(const qp_text_codec *codec, const qp_line *line, int count, int longest, qp_line_ids **ids);
void qp_lines_free(qp_line_ids *ids, int count);

/* Batches of lines: batch b is the lines order[start[b]] .. order[start[b+1]-1]. */
typedef struct {
    int count;
    int32_t *start;
    int32_t *order;
} qp_line_batches;

/* qp_lines_batch — sort lines by length, longest first and ties in their order, and cut them into batches: lengths
 * inside a batch differ little, and the longest work begins first. length [count]; lines of length 0 are in no batch.
 * sentences  most in a batch; fewer if there would be fewer batches than threads
 * tokens     most in a batch (a single sentence may have more); 0: no bound */
qp_status qp_lines_batch(const int32_t *length, int count, int sentences, int64_t tokens, int threads,
                         qp_line_batches *batches);
void qp_line_batches_free(qp_line_batches *batches);

/* qp_lines_run — call work(self, tape, number) for every batch, each of `threads` threads with its own tape; one that
 * has no batch left helps the others with their large products (lib/base/tiles.h). Returns the failure of the lowest
 * batch that failed; after a failure no further batch begins. */
typedef qp_status qp_line_work(void *self, qp_tape *tape, int number);
qp_status qp_lines_run(int batches, int threads, qp_line_work *work, void *self);

/* qp_lines_gather — join the ids of lines pick [count] end to end, as a model reads them; start [count+1] and flat [sum
 * of lengths] are written. */
qp_ids qp_lines_gather(const qp_line_ids *ids, const int32_t *pick, int count, int32_t *start, int32_t *flat);

#endif
