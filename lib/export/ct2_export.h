#ifndef QP_CT2_EXPORT_H
#define QP_CT2_EXPORT_H

#include "lib/package/package.h"

/* ct2_export — a translator, or a language model, of transformers as a folder of CTranslate2: model.bin, config.json,
 * the vocabularies, and the tokenizers' files as in a folder of Hugging Face (hf_tokenizer_files.h). The tables of
 * sinusoidal positions are written out. lib/import/ctranslate2 reads the folder again.
 *
 * qp_ct2_export — type: QP_CT2_FLOAT32, QP_CT2_FLOAT16 or QP_CT2_INT8 (ct2_writer.h)
 * Errors  QP_EUSAGE naming the options that would make it a model of CTranslate2; QP_EDATA: its tokenizer cannot be
 *         written; QP_ECREATE, QP_EIO, QP_EMEMORY. */
qp_status qp_ct2_export(const qp_package *package, const char *place, const char *folder, int type);

#endif
