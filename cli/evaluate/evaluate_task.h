#ifndef QP_EVALUATE_TASK_H
#define QP_EVALUATE_TASK_H

#include <stdbool.h>

#include "lib/config/config.h"

/* evaluate_task — a model and one test file: `quipu evaluate [METRICS] -m MODEL --test FILE`. What is measured follows from
 * the model's task: perplexity of language models, labels of classifiers and taggers, errors of forecasters, hidden tokens,
 * and lines that an autoencoder gives back. */
#define QP_EVALUATE_TASK_FIELDS(X)                                                                                     \
    X(TEXT, test, "", 0, 0, NULL,                                                                                      \
      "file a model is tried on: text (lm, mlm, autoencode), label TAB text, CoNLL, CSV; - is stdin")                  \
    X(INT, tag_column, "0", 0, 1000, NULL, "tag: the column of the true tags; 0: the usual one")                       \
    X(TEXT, train, "", 0, 0, NULL, "regress: also compare with a linear regression learned from this file")            \
    X(INT, period, "0", 0, 65536, NULL, "regress: also compare with the values so many rows before")                   \
    X(CHOICE, holes, "refuse", 0, 0, "refuse, interpolate", "regress: what an empty cell means")                       \
    X(TEXT, missing, "", 0, 0, NULL, "regress: a cell of this text is empty too, such as -999")                        \
    X(REAL, mask_rate, "0.15", 0.001, 0.999, NULL, "mlm: share of the tokens that are hidden")                         \
    X(BOOL, whole_words, "false", 0, 0, NULL, "mlm: hide whole words, not pieces")                                     \
    X(INT, seed, "1", 0, 9007199254740991, NULL, "mlm: which tokens are hidden")

typedef struct {
    QP_EVALUATE_TASK_FIELDS(QP_FIELD_DECLARE)
} qp_evaluate_task_config;
extern const qp_field_table qp_evaluate_task_fields;

/* qp_evaluate_task — print the figures on stdout, as lines or one JSON object.
 * metrics  a list, or NULL: the usual ones of the task
 * Errors   QP_EUSAGE for metrics the task does not have, or a model that translates; those of reading and of the model. */
qp_status qp_evaluate_task(const char *metrics, const char *model, const qp_evaluate_task_config *o, int threads,
                           bool json);

#endif
