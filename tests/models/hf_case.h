#ifndef QP_HF_CASE_H
#define QP_HF_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "data/images/image_format.h"
#include "lib/model/model.h"
#include "lib/store/safetensors.h"

/* hf_case — one folder of a Hugging Face model with what transformers computed with it:
 *   expected.safetensors   inputs, hidden states, attention maps, scores
 *   generate.json          sequences that generate() made
 *   tokenizer_cases.json   texts and their ids
 * Differences are printed, one line each. */
typedef struct {
    const char *folder, *name;
    qp_safetensors *file;
    qp_model *model; /* reads sequences as they are: no class token is put before them */
    qp_image_format images; /* of a model of images */
    qp_tape *tape;
    int differences;
    bool skipped;
} hf_case;

/* hf_differs — prints "name: ..." and counts it. */
void hf_differs(hf_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* hf_load — the model of a folder, for `task` or, NULL, the first that its class has; false: printed why not. */
bool hf_load(hf_case *c, const char *task);

/* hf_skips — prints what of a model cannot be read, and counts the model as skipped. */
void hf_skips(hf_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* hf_check_arrays — compares every out. array of expected.safetensors.
 * hf_check_generation, hf_check_tokenizer — the same for the other two files, if they are there. */
void hf_check_arrays(hf_case *c);
void hf_check_generation(hf_case *c);
void hf_check_tokenizer(hf_case *c);

#endif
