#ifndef QP_PROGRESS_H
#define QP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* progress — the progress of a training run, as numbers and as one line of text. The library prints neither. */
typedef struct {
    int64_t update;           /* updates done */
    int64_t epoch;            /* from 1 */
    int64_t batch, batches;   /* done in this epoch, of how many */
    int64_t target_tokens;    /* since the beginning */
    double loss;              /* per target token, mean since the last reported update */
    double tokens_per_second; /* of target tokens, since the last reported update */
    double gradient_norm;     /* of the last update, before clipping */
    double rate;              /* learning rate of the last update */
    double elapsed_seconds;   /* of training, including earlier sessions of a resumed run */
    double left_seconds;      /* until the nearest limit; < 0: unknown */
    bool shown;               /* every --disp-freq updates: print a line of its own */
} qp_progress;

/* qp_progress_line — "epoch 3  update 1200  loss 2.314  8123 tokens/s  norm 0.84  rate 4.5e-04  left 12m 30s";
 * returns text. */
const char *qp_progress_line(const qp_progress *progress, char *text, size_t bytes);

/* qp_duration_text — "45s", "12m 30s", "2h 05m", "3d 04h"; "?" if negative.
 * qp_duration_parse — seconds of "90", "90s", "30m", "2h", "1h30m", "1d"; < 0: not a duration. */
const char *qp_duration_text(double seconds, char *text, size_t bytes);
double qp_duration_parse(const char *text);

#endif
