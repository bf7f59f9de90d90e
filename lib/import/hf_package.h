#ifndef QP_HF_PACKAGE_H
#define QP_HF_PACKAGE_H

#include "lib/package/package.h"
#include "lib/text/text_buffer.h"

/* hf_package — a Hugging Face folder as a package: the model, its tokenizers, its labels.
 *
 * qp_hf_package — the tokenizers are those of the folder (hf_tokenizers.h), unless one is given. The source's
 *   tokenizer decides which tokens are put before and after a text.
 *   task       as in qp_hf_import_model
 *   tokenizer  a tokenizer file to use instead; "": the folder's
 *   left_out   what generation_config.json says and no option does (hf_decoding.h)
 * Errors  those of qp_hf_import_model and of reading tokenizers; QP_ENOINPUT: the folder has none; QP_EDATA: more
 *         pieces than the model has rows. */
qp_status qp_hf_package(const char *folder, const char *task, const char *tokenizer, qp_text_buffer *left_out,
                        qp_package **package);

/* qp_hf_frame_of — the special tokens that a tokenizer puts before and after a text; -1: none.   Errors  QP_EMEMORY. */
typedef struct {
    int32_t before, after;
} qp_hf_frame;
qp_status qp_hf_frame_of(const qp_tokenizer *tokenizer, qp_hf_frame *frame);

/* For the readers of every format:
 * qp_import_set_roles — gives ids of a tokenizer their roles; -1: none. quipu's own tokenizers have theirs.
 * qp_import_check_rows — QP_EDATA if the model has fewer rows than the tokenizer has pieces; or more, where that
 *   is one of quipu's own. */
qp_status qp_import_set_roles(qp_tokenizer *tokenizer, int32_t begin, int32_t end, int32_t pad);
qp_status qp_import_check_rows(const char *place, const qp_tokenizer *tokenizer, int64_t rows);

#endif
