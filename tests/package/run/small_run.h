#ifndef QP_SMALL_RUN_H
#define QP_SMALL_RUN_H

#include "lib/run/train_run.h"

/* small_run — trainings prepared from options, in a folder of their own. */

/* A new folder becomes the current one.   small_run_clean — removes it. */
void small_run_folder(void);
void small_run_clean(void);

/* Writes a file. */
void put(const char *name, const char *text);

/* Settings from options: name and value in turn, then NULL. They are valid until the next call. */
qp_train_settings *small_settings(const char *const *option);

/* A run of these options that keeps nothing, up to its first update; the caller frees it with qp_train_run_free, after
 * a failure too. small_run_prepare fails the test unless it succeeds. */
qp_status small_run_try(qp_train_run *run, const char *const *option);
void small_run_prepare(qp_train_run *run, const char *const *option);

/* The lines that the last run reported. */
extern char small_run_notes[8000];

/* Sizes of a network that is made in no time. */
#define SMALL_SIZES "layers", "1", "emb_size", "8", "hidden_size", "8", "steps", "2", "quiet", "true"
#define SMALL "encoder", "gru", SMALL_SIZES
#define SMALL_LM "task", "lm", "encoder", "none", "decoder", "gru", SMALL_SIZES

#endif
