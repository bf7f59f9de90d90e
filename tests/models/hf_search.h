#ifndef QP_HF_SEARCH_H
#define QP_HF_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/grad/tape.h"
#include "lib/model/model.h"

/* hf_search — generate() of transformers over the steps of a model: greedy and beam search with the processors of
 * scores in its order (repetition penalty, n-grams, bad words, shortest text, suppressed and forced tokens). One step
 * after the other, rows reordered as search.c does it; scores are not renormalised. */
typedef struct {
    int beams, returned, tokens, shortest, no_repeat;
    int32_t pad, forced_first, forced_last; /* -1: none */
    double length_penalty, repetition_penalty;
    enum { STOP_BOUND, STOP_ENOUGH, STOP_NEVER } early; /* early_stopping false, true, "never" */
    const int32_t *end, *suppressed;
    int end_count, suppressed_count;
    const int32_t *const *bad; /* [bad_count], each of bad_length tokens */
    const int *bad_length;
    int bad_count;
} hf_options;

typedef struct {
    int32_t *id; /* [count] prompt or start token first */
    int count;
    double score;
} hf_found;

/* hf_generate — the best sequences of one input, found [returned]; false: the model failed.
 * source [count]: the source of a translator, or the prompt of a language model */
bool hf_generate(const qp_model *model, qp_tape *tape, const int32_t *source, int count, const hf_options *options,
                 hf_found *found);

#endif
