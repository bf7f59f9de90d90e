#ifndef QP_HF_EXPORT_H
#define QP_HF_EXPORT_H

#include "lib/export/hf_choice.h"
#include "lib/package/package.h"

/* hf_export — a model as a folder of Hugging Face transformers: config.json, generation_config.json,
 * model.safetensors in float32, the files of its tokenizers, README.md. `AutoModel...from_pretrained(folder)` computes
 * the same scores, and reading the folder again (hf_package.h) gives the same model.
 *
 * qp_hf_export — folder: made if absent; its files of these names are replaced, config.json last.
 *   place  the model's file, for messages
 * qp_hf_export_model — the same without tokenizers; *choice is the architecture, whose config the caller frees.
 * Memory  copies of the arrays that have another layout there.
 * Errors  QP_EUSAGE, naming the nearest architecture and the options with which the model would be of it; QP_EDATA: a
 *         tokenizer that a tokenizer.json cannot express; QP_EIO, QP_EMEMORY. */
qp_status qp_hf_export(const qp_package *package, const char *place, const char *folder);
qp_status qp_hf_export_model(const qp_hf_written *written, const char *folder, qp_hf_choice *choice);

#endif
