#ifndef QP_DECODING_H
#define QP_DECODING_H

#include "lib/decode/search.h"
#include "lib/package/decoding_rules.h"
#include "lib/package/package.h"
#include "lib/text/text_buffer.h"

/* decoding — translation between the languages of a model that has tokens for them (decoding_rules.h). */
#define QP_LANGUAGE_FIELDS(X)                                                                                          \
    X(TEXT, src_lang, "", 0, 0, "NAME", "language of the source, of a model with tokens for languages (quipu info)")   \
    X(TEXT, tgt_lang, "", 0, 0, "NAME", "language to translate into: its token begins every output")

typedef struct {
    QP_LANGUAGE_FIELDS(QP_FIELD_DECLARE)
} qp_language_config;
extern const qp_field_table qp_language_fields;

/* qp_decoding_put_languages — "de, en, fr", nothing for none.
 * qp_decoding_set_languages — the sources of a package get the token of their language, and the search the token that
 *   begins the output: the first one that is written, or the one that the decoder reads first, where that is the token
 *   of a language.
 * Errors  QP_EUSAGE: the model has no such language, or no tokens for languages; QP_EMEMORY. */
qp_status qp_decoding_put_languages(const char *json, qp_text_buffer *out);
qp_status qp_decoding_set_languages(qp_package *package, const qp_language_config *languages,
                                    qp_search_config *search);

#endif
