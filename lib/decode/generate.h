#ifndef QP_GENERATE_H
#define QP_GENERATE_H

#include "lib/base/batch.h"
#include "lib/decode/sample.h"
#include "lib/model/model.h"

/* generate — a language model continues a text token by token; the text is handed out while it is made.
 *
 * A model of lines (no --lm-window) begins after the begin and ends with the end. For a model of running text it is the
 * end of a line: it begins after one, and line feeds of the text are it.
 * A text longer than the model reads at once is read in overlapping windows: lib/decode/context.h. */
#define QP_GENERATE_FIELDS(X)                                                                                          \
    X(INT, tokens, "256", 0, 1000000000, NULL, "maximum number of tokens; 0: until the text ends by itself")           \
    X(INT, max_length, "0", 0, 1000000000, NULL, "maximum number of tokens with those of the prompt; 0: any")          \
    X(INT, min_length, "0", 0, 1000000000, NULL, "minimum number of tokens before the text may end")                   \
    X(INT, no_repeat_ngram, "0", 0, 100, NULL, "no n-gram of N tokens twice; 0: off")                                  \
    X(TEXT, forbid, "", 0, 0, "IDS", "sequences of tokens that no text contains: ids, such as '7, 3 5'")               \
    X(TEXT, ends, "", 0, 0, "IDS", "more tokens that end the text: ids, such as '7, 3'")

typedef struct {
    QP_GENERATE_FIELDS(QP_FIELD_DECLARE)
} qp_generate_config;
extern const qp_field_table qp_generate_fields;

typedef struct {
    const qp_model *model; /* without encoder; packed parameters make the text independent of batches */
    const qp_text_codec *codec;
    const qp_sample_config *sample;
    qp_generate_config limit;
    const char *const *stop; /* [stops] the text ends before the first of these strings */
    int stops;
    uint64_t seed;
} qp_generator;

typedef enum { QP_GENERATED_END, QP_GENERATED_STOP, QP_GENERATED_LENGTH } qp_generated_why; /* end, stop, tokens */

typedef struct {
    char *text; /* what follows the prompt, NUL-terminated; bytes that are not UTF-8 are U+FFFD */
    size_t bytes;
    int64_t tokens;
    int64_t window; /* the prompt was longer than this and read in windows; 0: read whole */
    qp_generated_why why;
} qp_generated;

/* qp_generate_emit — text[0..bytes) is the final text so far: complete characters, no part of a stop string. Not
 * called when nothing was added. Any status but QP_OK ends the text and is returned. */
typedef qp_status qp_generate_emit(void *self, int number, const char *text, size_t bytes);

/* qp_generate_prompt — ids of a prompt; the caller frees *id. For running text every '\n' becomes the end and each
 *   line is encoded by itself.
 * qp_generate — text `number` of a seed, by a language model, or by a variational autoencoder from a vector drawn
 *   from N(0, 1). It depends on model, prompt, options, seed and number alone.
 *   prompt  [count]
 *   result  the caller frees it with qp_generated_free, after a failure too
 * Memory  4 bytes a token, the text, 24 bytes for each entry of the vocabulary.
 * Errors  QP_EMEMORY; QP_EDATA for scores that are not numbers; errors of emit and codec. */
qp_status qp_generate_prompt(const qp_generator *generator, const char *text, size_t bytes, int32_t **id, int *count);
qp_status qp_generate(const qp_generator *generator, qp_tape *tape, const int32_t *prompt, int count, int number,
                      qp_generate_emit *emit, void *self, qp_generated *result);
void qp_generated_free(qp_generated *generated);

#endif
