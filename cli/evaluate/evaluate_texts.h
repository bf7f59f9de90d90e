#ifndef QP_EVALUATE_TEXTS_H
#define QP_EVALUATE_TEXTS_H

#include "cli/base/open_model.h"
#include "cli/base/options.h"
#include "cli/evaluate/score_table.h"
#include "lib/package/decoding.h"

/* evaluate_texts — files of hypotheses, or a model's translations of a source file, against files of references. */
#define QP_EVALUATE_FIELDS(X)                                                                                          \
    X(TEXT, compare, "", 0, 0, "FILE",                                                                                 \
      "another file of hypotheses; how sure is the difference from it (paired bootstrap resampling)")                  \
    X(TEXT, model, "", 0, 0, "FILE", "or a model file, to compare its translations of --src")                          \
    X(TEXT, src, "", 0, 0, "FILE", "file of source lines for the model")                                               \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object instead of lines")                                             \
    X(BOOL, sentence_level, "false", 0, 0, NULL, "scores of every line, tab-separated; BLEU with --effective-order")   \
    X(INT, batch_size, "32", 1, 100000, NULL, "sentences translated together; changes the speed, not the text")        \
    X(INT, threads, "0", 0, 1024, NULL, "threads; 0: all")                                                             \
    QP_VERIFY_FIELD(X)

typedef struct {
    QP_EVALUATE_FIELDS(QP_FIELD_DECLARE)
} qp_evaluate_options;

/* How a model translates. */
typedef struct {
    qp_search_config search;
    qp_language_config languages;
} qp_evaluate_search;

/* qp_evaluate_texts — score and print text [count]: that of --compare first, then those of --hyp or the model.
 * reference, hypothesis  the files; a reference is read again for every text
 * search  of the model, if there is one
 * text    its `scores` are configured and empty; the caller frees each `line`
 * Errors  QP_EDATA: different numbers of lines, bytes that are not UTF-8; those of reading and translating */
qp_status qp_evaluate_texts(qp_evaluate_options *options, qp_evaluate_search *search,
                            const qp_option_list *reference, const qp_option_list *hypothesis, qp_scored_text *text,
                            int count);

#endif
