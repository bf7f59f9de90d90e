#ifndef QP_HF_TOKENIZER_FILES_H
#define QP_HF_TOKENIZER_FILES_H

#include "lib/package/package.h"

/* hf_tokenizer_files — tokenizer.json and tokenizer_config.json of a model: what transformers' AutoTokenizer opens. The
 * template adds the tokens that the model reads before and after a text. A translator with a sentencepiece model for
 * each side gets source.spm, target.spm and their pieces instead, as Marian's tokenizer reads them.
 *
 * qp_hf_save_tokenizers — those of the texts that the model reads; of a translator with two vocabularies, those of its
 *   target in the folder "target".
 * Errors  QP_EDATA, naming what a tokenizer.json cannot express; QP_ECREATE, QP_EIO, QP_EMEMORY. */
qp_status qp_hf_save_tokenizers(const qp_package *package, const char *folder);

#endif
