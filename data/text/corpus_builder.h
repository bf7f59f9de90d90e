#ifndef QP_CORPUS_BUILDER_H
#define QP_CORPUS_BUILDER_H

#include "data/text/corpus.h"

/* corpus_builder — appends pairs of sequences to a qp_corpus; all readers of corpora (corpus.h, labelled.h, conll.h)
 * use it. */

/* Position of a line, for messages. */
typedef struct {
    const char *path;
    int64_t line;
} qp_corpus_place;

/* One side of a pair. */
typedef struct {
    int32_t *id;
    int count;
    int64_t characters;     /* of the text, including the line end */
    qp_special_ids special; /* of its vocabulary */
    bool without_end;       /* no end is appended: labels */
} qp_corpus_line;

/* qp_corpus_encode — encode text[0..bytes) and count its characters; the caller frees line->id.
 * Errors  those of the codec, with file and line before them; QP_EDATA for 2^31 tokens. */
qp_status qp_corpus_encode(const qp_text_codec *codec, qp_corpus_place place, const char *text, size_t bytes,
                           qp_corpus_line *line);

/* qp_corpus_builder_add — append one pair and count its tokens in the statistics of the corpus.
 * source, target  either may be NULL for all pairs: this side does not exist
 * source_row      [target->count], or NULL for all pairs; see qp_corpus.source_row
 * qp_corpus_builder_end — shrink the blocks to their final size.
 * Errors  QP_EMEMORY; QP_EDATA for 2^31 sequences; both name the place. */
qp_status qp_corpus_builder_add(qp_corpus_builder *builder, qp_corpus_place place, const qp_corpus_line *source,
                                const qp_corpus_line *target, const int32_t *source_row);
void qp_corpus_builder_end(qp_corpus_builder *builder);

/* qp_corpus_builder_keep — what else is known of the sequence added last: the number of its file, its weight; NULL for
 *   all sequences: not wanted.   Errors  QP_EMEMORY. */
qp_status qp_corpus_builder_keep(qp_corpus_builder *builder, const int *file, const double *weight);

/* qp_corpus_builder_fits — whether a pair whose longer side has `tokens` tokens (without their end) is kept under
 * max_length; counts it as skipped or cut if it is longer.
 * qp_corpus_builder_note — update the longest text of one side, before any cut. */
bool qp_corpus_builder_fits(qp_corpus_builder *builder, int tokens, int max_length, qp_long_policy when_longer);
void qp_corpus_builder_note(qp_side_statistics *statistics, int tokens, int64_t line);

/* qp_corpus_builder_check — QP_EDATA if no pair was kept: training on an empty corpus is an error. */
qp_status qp_corpus_builder_check(const qp_corpus_builder *builder, const char *path, int max_length);

#endif
