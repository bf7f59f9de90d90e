#ifndef QP_DEFAULTS_H
#define QP_DEFAULTS_H

#include "lib/run/survey.h"

/* defaults — options that were not given, chosen to fit the data. defaults.c is the table of the rules with the
 * measurements they are based on. What is chosen depends on the data and the given options alone, never on the
 * machine, so that equal commands give equal bits; --time-limit shortens a run by a rule of its own
 * (train/trainer.h). */

/* One choice: options that belong together, as "--emb-size 128 --heads 4", and why. */
typedef struct {
    char topic[16], options[200], reason[120];
} qp_choice;

enum { QP_CHOICES_MAX = 16 };
typedef struct {
    int count;
    qp_choice choice[QP_CHOICES_MAX];
} qp_choice_list;

/* A pass over the training data. */
typedef struct {
    int64_t updates, tokens; /* target tokens; 0: not known */
} qp_pass;

/* qp_defaults_hold_out — which part of the training data becomes validation data where none was given; all zero if
 *   there is too little:
 *     examples      one in 20; one in 10 of few (not for a bag, whose last checkpoints are averaged); about 1,000 of
 *                   very many
 *     running text  the same share, in ten blocks spread over the text. (Training on tinyshakespeare then gives a loss
 *                   of 1.50 nats per character on the text after it; 1.68 if the end of the text is held back instead.)
 *     series        the last tenth
 * qp_defaults_choose — tokenizer, model, noise, batches and length of the run, before anything is read but the survey.
 *   Where --steps or --train-tokens is the length of the run, no number of passes is chosen.
 * qp_defaults_unvalidated — takes back the choices that only validations read, where there will be none.
 * qp_defaults_schedule — warm-up, end of the schedule, validations: once the updates of a pass over the data are known.
 *   The end of a schedule is set whatever was given: its run ends by --epochs, --steps or --train-tokens.
 * Options that were given (settings->given) are kept. With --preset or --init-from only the schedule is chosen.
 * Errors  QP_EBUG: a rule names no option. */
qp_held_out qp_defaults_hold_out(const qp_train_settings *settings, const qp_survey *survey);
qp_status qp_defaults_choose(qp_train_settings *settings, const qp_survey *survey, qp_choice_list *list);
void qp_defaults_unvalidated(qp_train_settings *settings, qp_choice_list *list);
qp_status qp_defaults_schedule(qp_train_settings *settings, bool has_valid, qp_pass pass, qp_choice_list *list);

#endif
