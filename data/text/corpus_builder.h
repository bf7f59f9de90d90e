#ifndef QP_CORPUS_BUILDER_H
#define QP_CORPUS_BUILDER_H

#include "data/text/corpus.h"

/* corpus_builder — a qp_corpus that grows, one pair of sequences after the other: what every reader of a corpus
 * (corpus.h, labelled.h, conll.h) puts its lines into. */

/* Where a line stands, for messages. */
typedef struct {
    const char *path;
    int64_t line;
} qp_corpus_place;

/* One side of a pair. */
typedef struct {
    int32_t *id;
    int count;
    int64_t characters; /* of the text, the end of the line included */
    bool without_end;   /* no QP_EOS is put behind the ids: labels */
} qp_corpus_line;

typedef struct {
    qp_corpus *corpus;
    int64_t id_capacity[2], start_capacity[2], read_capacity; /* of source and target */
} qp_corpus_builder;

/* qp_corpus_encode — the ids of text[0..bytes) and its characters; line->id is malloc'ed, the caller frees it.
 * Errors  those of the codec, which knows no file, behind file and line; QP_EDATA for 2^31 tokens. */
qp_status qp_corpus_encode(const qp_text_codec *codec, qp_corpus_place place, const char *text, size_t bytes,
                           qp_corpus_line *line);

/* qp_corpus_builder_add — append one pair and count its tokens in the corpus' statistics.
 * source, target  either may be NULL, always the same one: this side does not exist
 * source_row      [target->count] or NULL, always or never: qp_corpus.source_row
 * qp_corpus_builder_end — give back what doubling took too much.
 * Errors  QP_EMEMORY; QP_EDATA for 2^31 sequences; both name the place. */
qp_status qp_corpus_builder_add(qp_corpus_builder *builder, qp_corpus_place place, const qp_corpus_line *source,
                                const qp_corpus_line *target, const int32_t *source_row);
void qp_corpus_builder_end(qp_corpus_builder *builder);

/* qp_corpus_builder_fits — whether a pair whose longer side has `tokens` tokens (QP_EOS apart) is kept under max_length;
 * counts it as skipped or cut if it is longer.
 * qp_corpus_builder_note — remember the longest text of one side, before any cut. */
bool qp_corpus_builder_fits(qp_corpus_builder *builder, int tokens, int max_length, qp_long_policy when_longer);
void qp_corpus_builder_note(qp_side_statistics *statistics, int tokens, int64_t line);

/* qp_corpus_builder_check — QP_EDATA if nothing was kept: a corpus nothing can be learned from is an error, not a loop
 * without steps. */
qp_status qp_corpus_builder_check(const qp_corpus_builder *builder, const char *path, int max_length);

#endif
