#ifndef QP_CORPUS_H
#define QP_CORPUS_H

#include <stdint.h>

#include "data/text/text_pairs.h"
#include "lib/base/batch.h"

/* corpus — parallel text as ids, all of it in memory: one block of ids and one array of places for each side.
 * Sequence i of a side is id[start[i]] .. id[start[i+1]-1] and ends in QP_EOS; where the targets are answers about the
 * source (labels of labelled.h, tags of conll.h), a target is the answers alone, without QP_EOS. */
typedef struct {
    int32_t *id;
    int64_t *start; /* [sequences + 1]; NULL: this side does not exist */
} qp_corpus_side;

/* What was seen while one side was read. Tokens count QP_EOS; longest is that of the text, before any cut. */
typedef struct {
    int64_t tokens, unknown; /* of the sequences kept */
    int64_t longest, longest_line;
    int64_t characters; /* of the text of the sequences kept, before any cut; the end of a line is one */
} qp_side_statistics;

typedef struct {
    int64_t lines;        /* pairs read */
    int64_t empty;        /* left out: a side without any token */
    int64_t skipped, cut; /* longer than max_length: left out, or shortened */
    int64_t unseen;       /* answers left out: labels that training did not have */
    qp_side_statistics source, target;
} qp_corpus_statistics;

typedef struct {
    int64_t sequences;             /* pairs kept, at most 2^31 - 1 */
    qp_corpus_side source, target; /* may be the same blocks: an autoencoder's */
    bool answers;                  /* targets are answers: the size of a batch counts source tokens */
    int32_t *source_row;           /* NULL, or for each target id the row of its source sequence that answers it */
    qp_corpus_statistics statistics;
} qp_corpus;

typedef enum { QP_LONG_SKIP, QP_LONG_CUT } qp_long_policy;

typedef struct {
    qp_text_files files;
    const qp_text_codec *source_codec, *target_codec; /* source_codec unused in ONE_FILE */
    int max_length;                                   /* tokens of a side with QP_EOS; 0: any */
    qp_long_policy when_longer; /* SKIP leaves the pair out; CUT keeps the first max_length-1 tokens and QP_EOS */
    bool running_text;          /* ONE_FILE: empty lines are kept, as a QP_EOS alone */
    bool to_itself;             /* ONE_FILE: the source of each line is the line itself (autoencoders) */
} qp_corpus_options;

/* qp_corpus_load — read and encode the files.
 * Memory  4 bytes a token and 8 a sequence, for each side; while loading up to twice that.
 * Errors  those of qp_text_pairs_next and of the codec, with file and line; QP_EDATA for a corpus without any line, or of
 *         which no line can be used; QP_EUSAGE for a max_length of 1 or below 0; QP_EMEMORY. */
qp_status qp_corpus_load(const qp_corpus_options *options, qp_corpus *corpus);
void qp_corpus_free(qp_corpus *corpus);

/* qp_corpus_check_length — QP_EUSAGE for a max_length no sequence can have. */
qp_status qp_corpus_check_length(int max_length);

static inline int32_t qp_corpus_length(const qp_corpus_side *side, int64_t sequence)
{
    return (int32_t)(side->start[sequence + 1] - side->start[sequence]);
}

#endif
