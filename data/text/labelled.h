#ifndef QP_LABELLED_H
#define QP_LABELLED_H

#include "data/text/corpus.h"
#include "data/text/labels.h"

/* labelled — texts with one label each: lines of `label TAB text` (.gz as it is, "-" is standard input), the files of
 * text classification. The text may hold further TABs.
 * Lines are treated as corpus.h treats its own: a text without any token is left out and counted (statistics.empty), one
 * that is too long is left out or cut; a line without TAB, an empty label and bytes that are not UTF-8 are errors. */
typedef struct {
    const char *path;
    const qp_text_codec *codec;
    int max_length;             /* tokens of the text with QP_EOS; 0: any */
    qp_long_policy when_longer; /* CUT keeps the beginning */
    qp_labels *labels;
    qp_label_policy policy; /* LEARN for the training file */
} qp_labelled_options;

/* qp_labelled_load — source: the pieces of each text and QP_EOS; target: the number of its label, or -1 (ignored; counted
 * in statistics.unseen). corpus->answers is true.
 * Errors  those of qp_corpus_load and of qp_labels_number; QP_EDATA when training has one label alone. */
qp_status qp_labelled_load(const qp_labelled_options *options, qp_corpus *corpus);

#endif
