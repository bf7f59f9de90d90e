#ifndef QP_HF_LANGUAGES_H
#define QP_HF_LANGUAGES_H

#include "lib/import/hf_package.h"
#include "lib/text/text_buffer.h"

/* hf_languages — the tokens of languages of m2m_100 (NLLB too) and mbart: "__de__", "de_DE", "deu_Latn".
 *
 * qp_hf_languages — members "languages", "source" and "last" of the package's rules of decoding, nothing for a model
 *   without such tokens. Where the language of a source is written follows from the class in tokenizer_config.json,
 *   else from the template of the tokenizer, else from the architecture. frame: what is put before a text, which then
 *   is the language's token, or nothing.
 * qp_hf_language_codes — the codes of M2M100, whose tokens follow the pieces of its vocab.json.
 * Errors  QP_EMEMORY, those of the tokenizer. */
qp_status qp_hf_languages(const char *folder, const qp_tokenizer *tokenizer, qp_hf_frame *frame, qp_text_buffer *json);
extern const char *const qp_hf_language_codes[];

#endif
