#ifndef QP_LABELLED_H
#define QP_LABELLED_H

#include "data/text/corpus.h"
#include "data/text/label_sets.h"
#include "data/text/labels.h"
#include "lib/cluster/cluster.h"

/* labelled — texts with one label each, for text classification: lines of `label TAB text` (also .gz; "-" is standard
 * input). The text may contain TABs.
 * As in corpus.h, a text without tokens is skipped and counted (statistics.empty), and one that is too long is skipped
 * or cut. A line without TAB, an empty label and invalid UTF-8 are errors. */
typedef struct {
    const char *path;
    qp_held_out part;
    const char *weights; /* files with a number for each line, or NULL */
    bool by_file;        /* keep the number of each text's file */
    const qp_text_codec *codec;
    int max_length;             /* tokens of the text with the end; 0: unlimited */
    qp_long_policy when_longer; /* CUT keeps the beginning */
    qp_labels *labels;
    qp_label_policy policy; /* LEARN for the training file */
    qp_label_sets *sets;    /* NULL: each text has one label; else the set of each text is appended */
    qp_cluster *cluster;    /* ranks that read a part each (corpus_share.h); NULL: this process alone */
    bool spread;            /* of several ranks: each keeps the texts that it read */
} qp_labelled_options;

/* qp_labelled_load — source: the pieces of each text and the end; target: the number of its label, or -1 if it is
 * ignored (counted in statistics.unseen); with `sets` the number of its set. corpus->answers is true.
 * Collective, with a cluster; labels, sets and corpus are those of one process.
 * Errors  those of qp_corpus_load and of qp_labels_number; QP_EDATA if training has only one label. */
qp_status qp_labelled_load(const qp_labelled_options *options, qp_corpus *corpus);

#endif
