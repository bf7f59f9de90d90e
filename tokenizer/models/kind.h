#ifndef QP_KIND_H
#define QP_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/base/status.h"
#include "lib/base/view.h"
#include "lib/text/json_writer.h"
#include "tokenizer/models/encoding.h"

/* kind — what every kind of tokenizer implements: own (tokenizer/own), pipeline (tokenizer/huggingface) and
 * sentencepiece (tokenizer/sentencepiece). tokenizer/tokenizer.h documents what each function must do; `self` is the
 * tokenizer of that kind, which no function but `free` changes, so that threads may share it. */

/* Properties of a tokenizer, for `info`. */
typedef struct {
    const char *type, *normalization, *unicode, *pattern;
    bool lower_case, case_fold, strip_accents, jamo, space_first, byte_fallback, single_digits;
    bool even_words; /* ngram: even ids are of words and pairs of words, odd ids of characters */
    int size;
    size_t merges;
    const char *warning; /* what the file says and what is done instead; NULL: nothing */
} qp_tokenizer_facts;

/* special: control tokens and the unknown token, which decoding leaves out or replaces; added: other tokens that are
 * found in the text before everything else. */
typedef enum { QP_TOKEN_NORMAL, QP_TOKEN_SPECIAL, QP_TOKEN_ADDED } qp_token_role;

/* How to draw a random segmentation (subword regularization): number `counter` of `key`.
 * dropout  bpe, byte-bpe: probability that a merge is left out
 * alpha    unigram: P(segmentation) is proportional to exp(alpha * score)
 * among    sentencepiece unigram: draw from this many best segmentations; 0: from all
 * Sources: Provilkov, Emelianenko & Voita 2020; Kudo 2018. */
typedef struct {
    double dropout, alpha;
    int among;
} qp_tokenizer_random;

/* Where a long text can be cut so that its parts, encoded one by one, give the ids of the whole: at a single space
 * between two letters (text_parts.h): nowhere, before the space, or around it (it belongs to neither part). */
typedef enum { QP_CUT_NOWHERE, QP_CUT_BEFORE_SPACE, QP_CUT_AROUND_SPACE } qp_safe_cut;

typedef struct {
    const char *name; /* "type" of a tokenizer file; own tokenizers write their model type there instead */
    qp_status (*encode)(const void *self, qp_text text, qp_encoding *encoding);
    qp_status (*encode_pair)(const void *self, qp_text first, const qp_text *second, qp_encoding *encoding);
    qp_status (*decode)(const void *self, const int32_t *id, size_t count, bool keep_special, char **text,
                        size_t *bytes);
    qp_status (*normalize)(const void *self, qp_text text, char **normal, size_t *bytes);
    /* NULL: this kind cannot do it */
    qp_status (*encode_parsed)(const void *self, qp_text text, qp_encoding *encoding);
    qp_status (*sample)(const void *self, qp_text text, const qp_tokenizer_random *how, uint64_t key, uint64_t counter,
                        qp_encoding *encoding);
    qp_status (*nbest)(const void *self, qp_text text, size_t wanted, qp_encoding *encoding, double *score,
                       size_t *found);
    qp_safe_cut (*cut)(const void *self);
    int (*size)(const void *self);
    const char *(*piece)(const void *self, int32_t id);   /* 0 <= id < size */
    qp_token_role (*role)(const void *self, int32_t id);
    /* the special ids that the file names by role; NULL: they are found by their usual names */
    void (*special)(const void *self, qp_special_ids *special);
    /* append a special token after the vocabulary; *self may move. NULL: this kind has all it needs */
    qp_status (*append)(void **self, const char *name);
    int32_t (*find)(const void *self, const char *piece); /* NULL: all pieces are compared */
    qp_tokenizer_facts (*info)(const void *self);
    /* save: append the keys that follow "type" in a tokenizer file. load: a new tokenizer from the whole file; the
     * first `checked` bytes end where the key of the checksum begins. */
    qp_status (*save)(const void *self, qp_text_buffer *out);
    qp_status (*load)(const char *place, qp_text file, size_t checked, void **self);
    void (*free)(void *self); /* NULL is fine */
} qp_tokenizer_kind;

#endif
