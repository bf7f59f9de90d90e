#ifndef QP_GGUF_VOCABULARY_H
#define QP_GGUF_VOCABULARY_H

#include "lib/import/gguf/gguf_file.h"
#include "tokenizer/tokenizer.h"

/* gguf_vocabulary — the tokenizer of a GGUF file. tokenizer.ggml.model is
 *   llama  pieces with scores, of which the pair with the best score is merged first, and bytes for what has no piece:
 *          a sentencepiece model of type BPE
 *   gpt2   byte-level BPE with merges, over words that tokenizer.ggml.pre names: a tokenizer.json of Hugging Face */

/* How texts are cut into words before byte-level BPE, by tokenizer.ggml.pre. */
typedef struct {
    const char *name;                       /* "gpt-2" */
    const char *normalizer, *pre_tokenizer; /* as in a tokenizer.json; normalizer "null": none */
    bool ignore_merges, begins; /* whole words first; the usual answer of tokenizer.ggml.add_bos_token */
} qp_gguf_pre;

extern const qp_gguf_pre qp_gguf_pres[]; /* the last has no name; of equal ones the first is written */

/* The ids with a role; -1: none. begins: a text begins with `begin`. */
typedef struct {
    int32_t begin, end, pad, unknown;
    bool begins;
} qp_gguf_roles;

/* qp_gguf_read_roles — of the file's keys.
 * qp_gguf_tokenizer — the tokenizer; the roles are not in it yet.
 * Errors  QP_EDATA naming the key: another kind of tokenizer, an id that the vocabulary does not have, lists that do
 *         not fit each other; QP_EMEMORY; those of the readers of tokenizers. */
qp_status qp_gguf_read_roles(const qp_gguf *file, qp_gguf_roles *roles);
qp_status qp_gguf_tokenizer(const qp_gguf *file, const qp_gguf_roles *roles, qp_tokenizer **tokenizer);

#endif
