#ifndef QP_GGUF_EXPORT_H
#define QP_GGUF_EXPORT_H

#include "lib/package/package.h"

/* gguf_export — a language model with its tokenizer as a GGUF file that llama.cpp runs: llama, qwen2 and gpt2, the
 * models that are these in Hugging Face transformers (hf_choice.h). Imported again, a file of F32 gives the same model.
 *   place  the model's file, for messages
 *   type   of matrices: QP_GGUF_F32, QP_GGUF_F16, QP_GGUF_Q8_0 (gguf_blocks.h)
 * Memory  copies of queries and keys of llama, whose rows have another order there.
 * Errors  QP_EUSAGE: the architecture, with the options that would make it one, or the tokenizer, cannot be written;
 *         QP_EMEMORY, those of qp_writer. */
qp_status qp_gguf_export(const qp_package *package, const char *place, const char *path, uint32_t type);

#endif
