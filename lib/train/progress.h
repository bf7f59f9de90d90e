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
    double done;              /* of the run, 0 to 1, by the nearest limit; < 0: unknown */
    double loss;              /* per target token, mean since the last reported update */
    bool smoothed;            /* the loss includes label smoothing; that of validation does not */
    double tokens_per_second; /* of target tokens, since the last reported update */
    double gradient_norm;     /* of the last update, before clipping */
    double rate;              /* learning rate of the last update */
    double elapsed_seconds;   /* of training, including earlier sessions of a resumed run */
    double left_seconds;      /* until the nearest limit; < 0: unknown */
    bool shown;               /* every --disp-freq updates: print a line of its own */
} qp_progress;

/* qp_progress_line — " 35 %  loss 2.314  left 12m 30s  8123 tokens/s  epoch 3  update 1200  lr 4.50e-04  grad norm
 * 0.84": as many of these fields, in this order, as fit into `columns` (0: all of them); returns text. */
const char *qp_progress_line(const qp_progress *progress, int columns, char *text, size_t bytes);

/* qp_duration_text — "45s", "12m 30s", "2h 05m", "3d 04h"; "?" if negative.
 * qp_duration_parse — seconds of "90", "90s", "30m", "2h", "1h30m", "1d"; < 0: not a duration. */
const char *qp_duration_text(double seconds, char *text, size_t bytes);
double qp_duration_parse(const char *text);

#endif
