#ifndef QP_PREDICT_TASKS_H
#define QP_PREDICT_TASKS_H

#include "cli/base/chunks.h"
#include "cli/base/open_model.h"
#include "cli/base/warnings.h"
#include "data/text/conll.h"
#include "lib/config/config.h"
#include "lib/package/predictions.h"

/* predict_tasks — the tasks of `quipu predict`, each a row of cmd_predict.c. Output has the order of the input and is
 * written while the input is read. */
#define QP_PREDICT_FIELDS(X)                                                                                           \
    X(TEXT, model, "", 0, 0, "FILE", "model of a classifier, tagger, forecaster, masked language model, or codes")     \
    X(BOOL, all, "false", 0, 0, NULL, "classify: every label with its probability, most probable first")               \
    X(CHOICE, input, "auto", 0, 0, "auto, text, conll",                                                                \
      "tag: lines of words, or CoNLL columns; auto: by the suffix .conll, .conllu")                                    \
    X(INT, tag_column, "0", 0, 1000, NULL, "tag: the column for the tag; 0: the default")                              \
    X(INT, top, "0", 0, 1000, NULL, "mlm: N candidates for each [MASK], with probabilities; or N answers")             \
    X(INT, max_answer, "15", 1, 100000, NULL, "answers: the longest, in tokens")                                       \
    X(BOOL, pairs, "false", 0, 0, NULL, "classify: each line is two texts with a TAB between, read as one sequence")   \
    X(BOOL, rolling, "false", 0, 0, NULL, "regress: a line of forecasts for every window, not only the last")          \
    X(CHOICE, holes, "refuse", 0, 0, "refuse, interpolate", "regress: what to do with empty cells")                    \
    X(TEXT, missing, "", 0, 0, NULL, "regress: text of another kind of empty cell, such as -999")                      \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object per line")                                                     \
    X(INT, threads, "0", 0, 4096, NULL, "threads; 0: all CPUs")                                                        \
    QP_VERIFY_FIELD(X)

typedef struct {
    QP_PREDICT_FIELDS(QP_FIELD_DECLARE)
} qp_predict_config;

/* Run one task over the files (none: stdin). */
qp_status qp_predict_labels(const qp_package *m, const qp_predict_config *o, char **file, int files);
qp_status qp_predict_answered(const qp_package *m, const qp_predict_config *o, char **file, int files);
qp_status qp_predict_pairs(const qp_package *m, const qp_predict_config *o, char **file, int files);
qp_status qp_predict_images(const qp_package *m, const qp_predict_config *o, char **file, int files);
qp_status qp_predict_tags(const qp_package *m, const qp_predict_config *o, char **file, int files);
qp_status qp_predict_series(const qp_package *m, const qp_predict_config *o, char **file, int files);
qp_status qp_predict_codes(const qp_package *m, const qp_predict_config *o, char **file, int files);
qp_status qp_predict_masks(const qp_package *m, const qp_predict_config *o, char **file, int files);

/* qp_predict_put_labels — print the labels of some texts or images by their probabilities [rows, labels]. */
qp_status qp_predict_put_labels(const qp_package *m, const qp_predict_config *o, const qp_real *probability, int rows);

/* qp_predict_lines — call `one` for each chunk of the files' lines, and report its warning at the end. */
typedef qp_status qp_predict_chunk(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                                   qp_warning *warning);
qp_status qp_predict_lines(const qp_package *m, const qp_predict_config *o, char **file, int files,
                           qp_predict_chunk *one);

/* qp_predict_encoded — a chunk's lines as ids for `predict`, with a warning for those that are cut.
 * Errors  those of qp_lines_encode and of `predict`. */
typedef qp_status qp_predict_ids(const qp_package *m, const qp_predict_config *o, const qp_line_ids *ids, int count);
qp_status qp_predict_encoded(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                             qp_warning *warning, qp_predict_ids *predict);

#endif
