#ifndef QP_CT2_PACKAGE_H
#define QP_CT2_PACKAGE_H

#include "lib/package/package.h"

/* ct2_package — a folder of CTranslate2 as a package: model.bin, config.json, shared_vocabulary or source_vocabulary
 * and target_vocabulary (.json or .txt), source.spm and target.spm or tokenizer.json; of a language model vocabulary
 * (.json or .txt) and the tokenizer of a Hugging Face folder.
 *
 * qp_ct2_is — whether it is such a folder: it has a model.bin.
 * qp_ct2_package — tokenizer: a sentencepiece model for both sides, or a language model's tokenizer, instead of those
 *   of the folder; "": these.
 * Errors  QP_ENOINPUT, QP_EDATA naming what cannot be read, QP_EIO, QP_EMEMORY. */
bool qp_ct2_is(const char *folder);
qp_status qp_ct2_package(const char *folder, const char *tokenizer, qp_package **package);

#endif
