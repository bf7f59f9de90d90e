#ifndef QP_SCORE_H
#define QP_SCORE_H

#include "lib/decode/lines.h"
#include "lib/model/model.h"

/* score — how probable a given text is under the model, by the operations of training and search. */

/* qp_score — log p(target token | those before it, source), teacher forced.
 * batch            source.count 0 for a language model
 * log_probability  [target rows]
 * Memory           target rows * vocabulary reals on the tape.
 * Errors           those of the model; QP_EDATA when its scores are not numbers. */
qp_status qp_score(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real *log_probability);

typedef struct {
    const qp_model *model; /* packed: see translate.h */
    const qp_text_codec *source, *target;
    int batch_size; /* most sentences scored together; affects the speed, never the result */
    int threads;
} qp_scorer;

typedef struct {
    int32_t *id;              /* target ids, EOS included */
    qp_real *log_probability; /* of each */
    int count;
    int tokens;        /* of the target before it was cut, without EOS; > count-1: it was cut */
    int source_tokens; /* the same of the source ... */
    int source_count;  /* ... and the tokens the model read of it, with EOS */
    int window;        /* a language model's text was longer than this and read in windows; 0: read whole */
    double total;      /* sum of log_probability, in double, first token first */
} qp_scored;

/* qp_score_lines — scored[i] for source[i], target[i]. source NULL for a language model. Sorted, batched and threaded
 *   like qp_translate; pairs are cut to --max-length like there, the text of a language model is read in windows
 *   (lib/decode/context.h). Free each with qp_scored_free, also after a failure.
 * qp_score_ids — the same for one text of a language model that is ids already.    id, log_probability [count] */
qp_status qp_score_lines(const qp_scorer *scorer, const qp_line *source, const qp_line *target, int count,
                         qp_scored *scored);
qp_status qp_score_ids(const qp_scorer *scorer, const int32_t *id, int count, qp_real *log_probability);
void qp_scored_free(qp_scored *scored);

#endif
