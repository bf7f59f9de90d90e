#ifndef QP_LINES_H
#define QP_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* lines — many lines of text on their way through a model: to ids, sorted by length, cut into batches, the batches
 * worked off by threads. Results are stored by the number of the line, so nothing depends on who worked when. */

/* One line of text; may hold NUL bytes. Borrowed. */
typedef struct {
    const char *text;
    size_t bytes;
} qp_line;

/* Its ids. tokens counts them before the cut, EOS not included; id [count] ends in EOS. A line without any token has
 * count 1. */
typedef struct {
    int32_t *id;
    int count;
    int tokens;
} qp_line_ids;

/* qp_lines_encode — ids of `count` lines, at most `longest` each with their EOS (what is beyond is cut; count <
 * tokens+1 tells). One at a time: a codec may keep a cache.      *ids is freed with qp_lines_free, also after a
 * failure. */
qp_status qp_lines_encode(const qp_text_codec *codec, const qp_line *line, int count, int longest, qp_line_ids **ids);
void qp_lines_free(qp_line_ids *ids, int count);

/* Batches of lines: batch b is the lines order[start[b]] .. order[start[b+1]-1]. */
typedef struct {
    int count;
    int32_t *start;
    int32_t *order;
} qp_line_batches;

/* qp_lines_batch — longest first, ties in the order of the lines, so that little differs inside a batch and the longest
 * work begins first. length [count]; lines of length 0 are in no batch.
 * sentences  the most in a batch; less when there would be fewer batches than threads
 * tokens     the most of the sum of lengths in a batch (one sentence may be longer); 0: no bound */
qp_status qp_lines_batch(const int32_t *length, int count, int sentences, int64_t tokens, int threads,
                         qp_line_batches *batches);
void qp_line_batches_free(qp_line_batches *batches);

/* qp_lines_run — work(self, tape, number) for every batch, each thread with a tape of its own; one thread when threads
 * or the number of batches is 1 (nothing is started then). Returns the failure of the lowest batch that failed; no
 * further batch is begun after a failure. */
typedef qp_status qp_line_work(void *self, qp_tape *tape, int number);
qp_status qp_lines_run(int batches, int threads, qp_line_work *work, void *self);

/* qp_lines_gather — ids of several sequences end to end, as a model reads them.
 * pick [count] chooses among the sequences id[] / length[]; start [count+1] and flat [sum of lengths] are written. */
qp_ids qp_lines_gather(const qp_line_ids *ids, const int32_t *pick, int count, int32_t *start, int32_t *flat);

#endif
