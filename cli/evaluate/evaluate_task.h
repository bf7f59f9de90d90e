#ifndef QP_EVALUATE_TASK_H
#define QP_EVALUATE_TASK_H

#include <stdbool.h>

#include "cli/base/options.h"
#include "data/text/text_pairs.h"
#include "lib/config/config.h"
#include "lib/package/package.h"

/* evaluate_task — a model and one test file: `quipu evaluate [METRICS] -m MODEL --test FILE`. The metrics follow from
 * the model's task: perplexity of language models, labels of classifiers and taggers, errors of forecasters, masked
 * tokens, and lines that an autoencoder reproduces. */
#define QP_EVALUATE_TASK_FIELDS(X)                                                                                     \
    X(TEXT, test, "", 0, 0, "FILE",                                                                                    \
      "test file: text (lm, mlm, autoencode), label TAB text, images, CoNLL, CSV, text TAB text [TAB score]; - is "    \
      "stdin")                                                                                                         \
    X(TEXT, test_labels, "", 0, 0, "FILE", "images, IDX: labels; if not given, the file beside them")                  \
    X(INT, tag_column, "0", 0, 1000, NULL, "tag: the column of the true tags; 0: the default")                         \
    X(TEXT, train, "", 0, 0, "FILE", "regress: also compare with a linear regression trained on this file")            \
    X(INT, period, "0", 0, 65536, NULL, "regress: also compare with the values N rows earlier")                        \
    X(CHOICE, holes, "refuse", 0, 0, "refuse, interpolate", "regress: what to do with empty cells")                    \
    X(TEXT, missing, "", 0, 0, NULL, "regress: text of another kind of empty cell, such as -999")                      \
    X(REAL, mask_rate, "0.15", 0.001, 0.999, NULL, "mlm: share of the tokens to mask")                                 \
    X(BOOL, whole_words, "false", 0, 0, NULL, "mlm: mask whole words, not pieces")                                     \
    X(INT, seed, "1", 0, 9007199254740991, NULL, "mlm: seed of the masks")

typedef struct {
    QP_EVALUATE_TASK_FIELDS(QP_FIELD_DECLARE)
} qp_evaluate_task_config;
extern const qp_field_table qp_evaluate_task_fields;

/* qp_evaluate_task — print the metrics on stdout, as lines or one JSON object.
 * options  the command line, whose options of other tasks are refused; NULL: none
 * metrics  a list, or NULL: the defaults of the task
 * verify   see qp_package_open
 * Errors   QP_EUSAGE for metrics the task does not have, or a model that translates; those of reading and of the
 *          model. */
qp_status qp_evaluate_task(const qp_options *options, const char *metrics, const char *model, bool verify,
                           const qp_evaluate_task_config *o, int threads, bool json);

/* qp_evaluate_translator — print the perplexity of a translator on pairs of files, see perplexity.h.
 * Errors   those of opening, reading and the model. */
qp_status qp_evaluate_translator(const char *model, bool verify, const qp_text_files *files, int threads, bool json);

/* qp_evaluate_metric — one metric of an open model and its name, metric [bytes]: perplexity of language models,
 *   accuracy of classifiers and taggers, mae of forecasters.
 * Errors   QP_EUSAGE for models of other tasks; those above. */
qp_status qp_evaluate_metric(const qp_package *m, const qp_evaluate_task_config *o, int threads, char *metric,
                             size_t bytes, double *value);

#endif
