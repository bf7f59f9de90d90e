#ifndef QP_CORPUS_H
#define QP_CORPUS_H

#include <stdint.h>

#include "data/text/text_pairs.h"
#include "lib/base/batch.h"
#include "lib/cluster/spread.h"

/* corpus — parallel text as ids, all in memory: one block of ids and one array of offsets for each side.
 * Sequence i of a side is id[start[i]] .. id[start[i+1]-1] and ends in the end token of its
 * vocabulary. If the targets are answers about the
 * source (labels of labelled.h, tags of conll.h), a target consists of the answers alone. */
typedef struct {
    int32_t *id;
    int64_t *start;   /* [sequences + 1]; NULL: this side does not exist */
    qp_spread spread; /* of several ranks: who keeps which ids; `id` are this rank's */
} qp_corpus_side;

/* Counts of one side. tokens include the end; longest is measured before any cut. */
typedef struct {
    int64_t tokens, unknown; /* of the sequences kept */
    int64_t longest, longest_line;
    int64_t characters; /* of the sequences kept, before any cut; a line end counts as one */
} qp_side_statistics;

typedef struct {
    int64_t lines;        /* pairs read */
    int64_t empty;        /* skipped: a side without tokens */
    int64_t skipped, cut; /* longer than max_length: skipped, or shortened */
    int64_t unseen;       /* answers ignored: labels that do not occur in training */
    qp_side_statistics source, target;
} qp_corpus_statistics;

typedef struct {
    int64_t sequences;             /* pairs kept, at most 2^31 - 1 */
    qp_corpus_side source, target; /* an autoencoder shares the blocks */
    bool answers;                  /* targets are answers: the size of a batch counts source tokens */
    int32_t *source_row;           /* NULL, or for each target id the row of its source sequence that predicts it */
    qp_real *score;                /* NULL, or [sequences] of QP_TEXT_SCORED */
    qp_real *weight;               /* NULL, or [sequences] how much each counts in the loss */
    int32_t *file;                 /* NULL, or [sequences] the number of its file in the list of files */
    qp_corpus_statistics statistics;
} qp_corpus;

typedef enum { QP_LONG_SKIP, QP_LONG_CUT } qp_long_policy;

typedef struct {
    qp_text_files files;
    const qp_text_codec *source_codec, *target_codec; /* source_codec unused in ONE_FILE */
    int max_length;                                   /* tokens of a side with its end; 0: unlimited */
    qp_long_policy when_longer; /* SKIP drops the pair; CUT keeps the first max_length-1 tokens and the end */
    bool running_text;          /* ONE_FILE: an empty line is kept as its end alone */
    bool to_itself;             /* ONE_FILE: each line is also its source (autoencoders) */
    bool by_file;               /* keep the number of each sequence's file */
    bool spread;                /* of several ranks: each keeps the ids that it read (corpus_share.h) */
} qp_corpus_options;

/* qp_corpus_load — read and encode the files.
 * Memory  4 bytes per token and 8 per sequence, for each side; up to twice that while loading.
 * Errors  those of qp_text_pairs_next and of the codec, with file and line; QP_EDATA for a corpus without lines or
 *         without usable lines; QP_EUSAGE for a max_length of 1 or below 0; QP_EMEMORY. */
qp_status qp_corpus_load(const qp_corpus_options *options, qp_corpus *corpus);
void qp_corpus_free(qp_corpus *corpus);

/* qp_corpus_read — append what `text` has left to the corpus; qp_corpus_read_end — no more follows.
 * Errors  those of qp_corpus_load, but not for a corpus without lines. */
typedef struct {
    qp_corpus *corpus;                                                             /* all zero at first */
    size_t id_capacity[2], start_capacity[2], source_row_capacity, score_capacity; /* of source and target */
    size_t file_capacity, weight_capacity;
} qp_corpus_builder;
qp_status qp_corpus_read(const qp_corpus_options *options, qp_text_pairs *text, qp_corpus_builder *builder);
void qp_corpus_read_end(const qp_corpus_options *options, qp_corpus_builder *builder);

/* qp_corpus_check_length — QP_EUSAGE for a max_length that no sequence can have. */
qp_status qp_corpus_check_length(int max_length);

static inline int32_t qp_corpus_length(const qp_corpus_side *side, int64_t sequence)
{
    return (int32_t)(side->start[sequence + 1] - side->start[sequence]);
}

#endif
