#ifndef QP_BATCH_H
#define QP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/base/status.h"

/* batch — how text reaches the numbers: structs and small interfaces that `lib` declares and that `data` and
 * `tokenizer` implement, so that neither floor includes the other. */

/* A ragged batch. Sequence i is rows start[i] .. start[i]+length(i)-1 of a matrix; there is no padding.
 * length NULL: sequences lie end to end and length(i) = start[i+1]-start[i] (start has count+1 entries).
 * length given: start has at least count entries, stretches may overlap or leave gaps (several hypotheses that
 * read one memory). */
typedef struct {
    int count;
    const int32_t *start;
    const int32_t *length;
} qp_sequences;

static inline int qp_sequence_length(qp_sequences s, int i)
{
    return s.length ? s.length[i] : s.start[i + 1] - s.start[i];
}

/* Token ids of a ragged batch: id[start[i]] .. ; rows = start[count]. */
typedef struct {
    qp_sequences sequences;
    const int32_t *id;
} qp_ids;

/* Special ids, the same in every vocabulary of ours. */
enum { QP_PAD = 0, QP_BOS = 1, QP_EOS = 2, QP_UNK = 3, QP_SPECIAL_COUNT = 4 };

/* The state in which each sequence goes on: row i [width] is read before sequence i and written behind it, without a
 * gradient between the two (truncated back-propagation through time). */
typedef struct {
    qp_real *row; /* [sequences, width]; NULL: every sequence begins in the model's initial state */
    int width;
    bool empty; /* there is nothing to go on from yet: the initial state, but written behind it */
} qp_batch_carry;

/* One batch. Sequences of source and target correspond one to one and lie end to end from row 0; those of translation end
 * in EOS. What a task has no use for is zero. Language models leave source.count = 0.
 *   translate, lm, autoencode   target.id is the text to make (autoencode: the source's own)
 *   classify                    targets of one row, target.id the label
 *   tag, mlm                    a target row answers the source row `source_row` of it; target.id the label, the token hidden.
 *                               A sequence may have no target row.
 *   regress                     source_value instead of source.id; target_value instead of target.id
 * A target.id of -1 is not counted by the loss. Labels alone are not needed to predict: target.id may be NULL then. */
typedef struct {
    qp_ids source, target;
    const int32_t *input; /* what the decoder reads at each target row; NULL: the target shifted right behind BOS */
    const int32_t
        *source_row;        /* [target rows] the source row that answers, counted from the first of its own sequence */
    const int32_t *segment; /* [source rows] of models with --segments; NULL: all of segment 0 */
    const qp_real *source_value; /* [source rows, features] */
    const qp_real *target_value; /* [target rows, outputs] */
    int features, outputs;
    const qp_real *noise; /* [sources, noise_columns] what a variational autoencoder draws; NULL: it draws itself */
    int noise_columns;
    qp_batch_carry carry; /* running text with --carry */
} qp_batch;

/* qp_batch_source — what the trainer asks for batches. Batches of an epoch are numbered 0 .. count-1 and are a pure
 * function of (seed, epoch, number): the place in the data is two integers in a checkpoint.
 *   begin  prepare epoch `epoch` (shuffle, bucket) and tell the number of its batches
 *   get    lend batch `number` of that epoch; valid until the next get of the same slot (slots 0..accum-1), because
 *          an accumulated update holds several batches at once */
typedef struct {
    void *self;
    qp_status (*begin)(void *self, int64_t epoch, int64_t *count);
    qp_status (*get)(void *self, int64_t number, int slot, qp_batch *batch);
    qp_real *carry;     /* [carry_count] what batches hand to those behind them; a checkpoint keeps it */
    size_t carry_count; /* 0: nothing; else batches are to be asked for in order */
} qp_batch_source;

/* qp_text_codec — text to ids and back, for validation and decoding inside `lib`.
 *   encode  ids of one line, EOS not included; *id is malloc'ed, the caller frees it
 *   decode  text of ids; *text is malloc'ed and NUL-terminated, the caller frees it
 *   piece   the printable form of one id, for maps and per-token output; borrowed */
typedef struct {
    void *self;
    int vocabulary_size;
    qp_status (*encode)(void *self, const char *text, size_t bytes, int32_t **id, int *count);
    qp_status (*decode)(void *self, const int32_t *id, int count, char **text, size_t *bytes);
    const char *(*piece)(void *self, int32_t id);
} qp_text_codec;

#endif
