#ifndef QP_MARIAN_PACKAGE_H
#define QP_MARIAN_PACKAGE_H

#include "lib/import/marian/marian_model.h"
#include "lib/package/package.h"

/* marian_package — a translator of Marian, as OPUS-MT publishes it, as a package: an .npz file, its vocabularies
 * (.yml), source.spm and target.spm. decoder.yml names the model and the vocabularies, and its beam-size and normalize
 * become rules of decoding; without it they are model.npz and vocab.yml, or the only files that end in .npz and
 * vocab.yml.
 *
 * qp_marian_is — whether it is an .npz file, or a folder with decoder.yml or model.npz.
 * qp_marian_package — path: the file, or its folder.
 *   tokenizer  the folder of the vocabularies and sentencepiece models, or a sentencepiece model for both sides; "":
 *              the folder of the .npz file
 * Errors  QP_ENOINPUT, QP_EDATA naming what cannot be read, QP_EIO, QP_EMEMORY. */
bool qp_marian_is(const char *path);
qp_status qp_marian_package(const char *path, const char *tokenizer, qp_marian_maths maths, qp_package **package);

#endif
