#ifndef QP_BATCH_H
#define QP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/base/status.h"

/* batch — what a model reads: structs and small interfaces that `lib` declares and `data` and `tokenizer` implement, so
 * that neither includes the other. */

/* A ragged batch. Sequence i is rows start[i] .. start[i]+length(i)-1 of a matrix; there is no padding.
 * length NULL: sequences follow one another and length(i) = start[i+1]-start[i] (start has count+1 entries).
 * length given: start has at least count entries, and sequences may overlap or leave gaps (several hypotheses that
 * attend to one encoder output). */
typedef struct {
    int count;
    const int32_t *start;
    const int32_t *length;
} qp_sequences;

static inline int qp_sequence_length(qp_sequences s, int i)
{
    return s.length ? s.length[i] : s.start[i + 1] - s.start[i];
}

/* The rows of sequences that follow one another from row 0. */
static inline int qp_sequence_rows(qp_sequences s) { return s.count > 0 ? s.start[s.count] : 0; }

/* The length of the longest sequence; 0 without any. */
static inline int qp_sequence_longest(qp_sequences s)
{
    int longest = 0;
    for (int i = 0; i < s.count; i++)
        if (qp_sequence_length(s, i) > longest) longest = qp_sequence_length(s, i);
    return longest;
}

/* Token ids of a ragged batch: id[start[i]] .. ; rows = start[count]. */
typedef struct {
    qp_sequences sequences;
    const int32_t *id;
} qp_ids;

/* Special ids of the vocabularies that quipu learns. */
enum { QP_PAD = 0, QP_BOS = 1, QP_EOS = 2, QP_UNK = 3, QP_SPECIAL_COUNT = 4 };

/* The ids of a vocabulary that have a role; -1: it has none. Tokenizers of other projects have them anywhere. Every
 * vocabulary that a model uses has `end`; `begin` may be equal to it. */
typedef struct {
    int32_t pad, begin, end, unknown, mask;
} qp_special_ids;

static inline qp_special_ids qp_special_own(void) { return (qp_special_ids){QP_PAD, QP_BOS, QP_EOS, QP_UNK, -1}; }

/* Whether an id is not an ordinary token; the mask is one. */
static inline bool qp_special_has(const qp_special_ids *s, int32_t id)
{
    return id == s->pad || id == s->begin || id == s->end || id == s->unknown;
}

/* Recurrent state carried from batch to batch: row i [width] is read before sequence i and overwritten after it; no
 * gradient flows between the two (truncated back-propagation through time). */
typedef struct {
    qp_real *row; /* [sequences, width]; NULL: every sequence begins in the model's initial state */
    int width;
    bool empty; /* no state yet: start from the initial state, and write the last one */
} qp_batch_carry;

/* One batch. Source and target sequences correspond one to one and follow one another from row 0; those of translation
 * end in EOS. What a task does not use is zero. Language models have source.count = 0.
 *   translate, lm, autoencode   target.id is the text to produce (autoencode: the source itself)
 *   classify                    one target row per sequence, target.id its label
 *   tag, mlm                    each target row predicts the label, or the masked token, of its source row
 *                               `source_row`; a sequence may have no target rows
 *   regress                     source_value instead of source.id; target_value instead of target.id
 *   match                       target.id is the text that belongs to the source, or with `score` is as similar to it
 * The loss ignores a target.id of -1. Prediction needs no labels: target.id may be NULL. */
typedef struct {
    qp_ids source, target;
    const int32_t *input; /* what the decoder reads at each target row; NULL: BOS, then the target shifted right */
    const int32_t
        *source_row;        /* [target rows] the source row, counted from the first row of its sequence */
    const int32_t *segment; /* [source rows] for models with --segments; NULL: all 0 */
    const qp_real *source_value; /* [source rows, features] */
    const qp_real *target_value; /* [target rows, outputs] */
    int features, outputs;
    const qp_real *score; /* [sequences] match: 0 (different) to 1 (the same); NULL: each source has one target */
    const qp_real *weight; /* [sequences] how much the loss of each counts in training; NULL: once */
    const qp_real *noise; /* [sources, noise_columns] noise of a variational autoencoder; NULL: it draws its own */
    int noise_columns;
    qp_batch_carry carry; /* running text with --carry */
} qp_batch;

/* qp_batch_source — where the trainer gets its batches. Batches of an epoch are numbered 0 .. count-1 and are a pure
 * function of (seed, epoch, number), so that a checkpoint stores a position as two integers.
 *   begin  prepares epoch `epoch` (shuffles, buckets) and returns the number of its batches
 *   get    lends batch `number` of that epoch, until the next get of the same slot (0 .. accum-1): an accumulated
 *          update holds several batches at once
 *   more   NULL, or an epoch is too long to be prepared at once: `begin` estimates its batches, and `more` prepares
 *         portion place->portion of it, or the next one that has any: batches place->first .. *count-1. *count equal to
 *         place->first: the epoch has no more. A checkpoint then stores the place too. */
typedef struct {
    int64_t portion; /* of the epoch, from 0 */
    int64_t first;   /* number of its first batch */
} qp_batch_place;

typedef struct {
    void *self;
    qp_status (*begin)(void *self, int64_t epoch, int64_t *count);
    qp_status (*get)(void *self, int64_t number, int slot, qp_batch *batch);
    qp_status (*more)(void *self, qp_batch_place *place, int64_t *count);
    qp_real *carry;     /* [carry_count] state passed from batch to batch; saved in checkpoints */
    size_t carry_count; /* 0: none; otherwise batches must be requested in order */
} qp_batch_source;

/* qp_text_codec — text to ids and back, for validation and decoding inside `lib`.
 *   encode  ids of one line, EOS not included; *id is malloc'ed, the caller frees it
 *   decode  text of ids; *text is malloc'ed and NUL-terminated, the caller frees it
 *   piece   the printable form of one id, for maps and per-token output; borrowed
 *   special NULL: those of qp_special_own */
typedef struct {
    void *self;
    int vocabulary_size;
    qp_status (*encode)(void *self, const char *text, size_t bytes, int32_t **id, int *count);
    qp_status (*decode)(void *self, const int32_t *id, int count, char **text, size_t *bytes);
    const char *(*piece)(void *self, int32_t id);
    const qp_special_ids *special;
} qp_text_codec;

static inline qp_special_ids qp_codec_special(const qp_text_codec *codec)
{
    return codec->special ? *codec->special : qp_special_own();
}

#endif
