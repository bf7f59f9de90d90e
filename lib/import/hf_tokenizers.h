#ifndef QP_HF_TOKENIZERS_H
#define QP_HF_TOKENIZERS_H

#include <stdbool.h>

#include "lib/import/vocabulary_file.h"
#include "tokenizer/tokenizer.h"

/* hf_tokenizers — the tokenizers in a folder of Hugging Face: tokenizer.json (and target/tokenizer.json), a
 * sentencepiece model, vocab.json with merges.txt, vocab.txt, or source.spm and target.spm with vocab.json, or with one
 * such list for each side (Marian).
 *
 * qp_hf_tokenizers — *target is *source where one serves both sides. The caller frees them.
 *   moved  the model's ids are not those of its spiece.model, as in Pegasus
 * Errors  QP_ENOINPUT: none is there; QP_EDATA: only a sentencepiece model whose ids the model moves; those of reading
 *         tokenizers and vocabularies. */
qp_status qp_hf_tokenizers(const char *folder, bool moved, qp_tokenizer **source, qp_tokenizer **target);

/* qp_marian_tokenizers — source.spm and target.spm of a folder, with the ids of these lists.
 *   model  a sentencepiece model for both sides instead; "": those of the folder
 * Errors  QP_ENOINPUT: they are not there; those of reading them. */
qp_status qp_marian_tokenizers(const char *folder, const char *model, const qp_vocabulary_names *source_names,
                               const qp_vocabulary_names *target_names, qp_tokenizer **source, qp_tokenizer **target);

#endif
