#ifndef QP_GENERATE_H
#define QP_GENERATE_H

#include "lib/base/batch.h"
#include "lib/decode/sample.h"
#include "lib/model/model.h"

/* generate — a language model goes on with a text, token by token, and the text is handed out as it is made.
 *
 * A model of lines (no --lm-window) begins after QP_BOS and ends with QP_EOS. To a model of running text QP_EOS is the
 * end of a line, before and inside the text.
 * Context: a transformer reads at most its window (--lm-window, else --max-length). When that is full, the last half of
 * it is read again from the beginning of the positions, and the text goes on from there; a recurrent decoder keeps its
 * state, and n-grams their last words, and need none of this. */
typedef struct {
    const qp_model *model; /* without encoder; packed, so that the text does not depend on batches */
    const qp_text_codec *codec;
    const qp_sample_config *sample;
    int no_repeat_ngram;     /* no n-gram of so many tokens twice; 0: off */
    int64_t tokens;          /* at most; 0: no limit */
    const char *const *stop; /* [stops] the text ends before the first of these strings */
    int stops;
    uint64_t seed;
} qp_generator;

typedef enum { QP_GENERATED_END, QP_GENERATED_STOP, QP_GENERATED_LENGTH } qp_generated_why; /* QP_EOS, stop, tokens */

typedef struct {
    char *text; /* what follows the prompt: always UTF-8, bytes that are none are U+FFFD; NUL-terminated */
    size_t bytes;
    int64_t tokens;
    qp_generated_why why;
} qp_generated;

/* qp_generate_emit — text[0..bytes) is what there is so far and will stay; complete characters, no part of a stop string.
 * Not called when nothing was added. Any status but QP_OK ends the text and is returned. */
typedef qp_status qp_generate_emit(void *self, int number, const char *text, size_t bytes);

/* qp_generate_prompt — ids of a prompt; the caller frees *id. For running text every '\n' is QP_EOS and the lines between
 * are encoded each by itself.
 * qp_generate — of a language model, or of a variational autoencoder from a vector drawn for it; text `number` of a seed: depends on model, prompt, options, seed and number alone.
 *   prompt  [count]      result  the caller frees it with qp_generated_free, after a failure too
 * Memory  4 bytes a token, the text, 24 bytes for each of the vocabulary.
 * Errors  QP_EMEMORY; QP_EDATA for scores that are not numbers; what emit and codec return. */
qp_status qp_generate_prompt(const qp_generator *generator, const char *text, size_t bytes, int32_t **id, int *count);
qp_status qp_generate(const qp_generator *generator, qp_tape *tape, const int32_t *prompt, int count, int number,
                      qp_generate_emit *emit, void *self, qp_generated *result);
void qp_generated_free(qp_generated *generated);

#endif
