#ifndef QP_CHOOSER_H
#define QP_CHOOSER_H

#include "lib/run/defaults.h"

/* chooser — how the rules of defaults.c set options: each keeps what was given, and says what it set and why. */
typedef struct {
    qp_train_settings *settings;
    const qp_survey *survey;
    qp_choice_list *list;
    qp_status status; /* the first failure */
} qp_chooser;

/* qp_chooser_given — whether the option was given on the command line or in the configuration; "epochs" also where
 *   --steps or --train-tokens is the length of the run, "lr-schedule" where it has none.
 * qp_chooser_unread — how many of the given options a model of these kinds would not read.
 * qp_chooser_counts_tokens — --train-tokens was given, and the data say how many updates that takes. */
bool qp_chooser_given(const qp_train_settings *settings, const char *name);
int qp_chooser_unread(const qp_train_settings *settings, int encoder, int decoder);
bool qp_chooser_counts_tokens(const qp_train_settings *settings);

/* qp_choose — one rule: a topic, the reason, and the options it sets, as "name=value name=value", printed by printf's
 * rules. Options that were given are left out of it.    Errors  in chooser->status: a value that is not allowed. */
void qp_choose(qp_chooser *chooser, const char *topic, const char *reason, const char *options, ...)
    __attribute__((format(printf, 4, 5)));

/* qp_choose_not — takes a choice of an option of the training back: it has its fallback again. */
void qp_choose_not(qp_train_settings *settings, qp_choice_list *list, const char *name);

/* Kinds and sizes of a network; sizes that its kinds do not read are not set. */
typedef struct {
    int encoder, decoder; /* QP_KIND_...; QP_KIND_NONE where the task has none */
    int layers, emb, hidden, ff, heads;
    bool one_way;     /* a recurrent encoder reads forward alone */
    int word_layers;  /* tag: layers over words */
    const char *more; /* further options, or NULL */
} qp_network;

/* qp_choose_network — the network around what was given: kinds first, then the sizes they read. A given encoder brings
 * a decoder of its own kind, and the other way round. Where one width was given, the others keep their proportion to
 * it, and heads divide the embedding. */
void qp_choose_network(qp_chooser *chooser, const char *reason, qp_network network);

/* qp_within — value, but at least low and at most high. */
int64_t qp_within(double value, double low, double high);

#endif
