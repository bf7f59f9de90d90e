#ifndef QP_GGUF_TOKENS_H
#define QP_GGUF_TOKENS_H

#include "lib/export/gguf_writer.h"
#include "tokenizer/tokenizer.h"

/* gguf_tokens — the tokenizer of a GGUF file (gguf_vocabulary.h): "llama" for BPE that a sentencepiece model can
 * express, "gpt2" for byte-level BPE whose words one of tokenizer.ggml.pre cuts.
 * rows  of the embedding: llama.cpp wants as many tokens, so unused ones follow
 * Errors  QP_EUSAGE naming what would fit; QP_EMEMORY. */
qp_status qp_gguf_put_tokens(qp_gguf_keys *keys, const char *place, const qp_tokenizer *tokenizer, int rows);

#endif
