#ifndef QP_RUN_KINDS_H
#define QP_RUN_KINDS_H

#include "tests/cases/records.h"
#include "tokenizer/sentencepiece/sentencepiece.h"

/* run_kinds — one function for each kind of case: runs it and compares. RUN_SKIPPED: unknown op. */
run_result run_sentencepiece(run_context *c);
run_result run_nbest(run_context *c, const qp_sentencepiece *m); /* of sentencepiece */
run_result run_sample(run_context *c, const qp_sentencepiece *m);
run_result run_subword_nmt(run_context *c);
run_result run_unicode(run_context *c);
run_result run_segment(run_context *c); /* graphemes and words */
run_result run_spm_bpe_training(run_context *c);
run_result run_spm_unigram_training(run_context *c);
run_result run_hf_training(run_context *c);
run_result run_moses(run_context *c);
run_result run_pipeline(run_context *c); /* hf, gpt2, tiktoken */

/* run_corners — the files of tests/tokenizer/corners.h, as they are in `folder`; calls `count` for each. */
void run_corners(const char *folder,
                 void (*count)(run_result result, const char *name, const char *run, const char *message));

/* hostile_probe — open the file (or "a+b") as `kind` and encode the probe texts; true: the file was loaded. The ids of
 * record i are compared with `wanted` unless it is NULL. */
typedef struct {
    bool loaded, equal;
    char message[600];
} hostile_result;

hostile_result hostile_sentencepiece(const char *content, size_t bytes, const records *probe,
                                     const number_lists *wanted);

/* hostile_pipeline — kind hf, gpt2 (`second` is the merges file) or tiktoken. */
hostile_result hostile_pipeline(const char *kind, const char *content, size_t bytes, const char *second,
                                size_t second_bytes, const records *probe, const number_lists *wanted);

/* hostile_codes — a codes file; `wanted` holds lines of output. */
hostile_result hostile_codes(const char *content, size_t bytes, const records *probe, const records *wanted);

#endif
