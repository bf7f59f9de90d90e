#ifndef QP_DECODING_H
#define QP_DECODING_H

#include "lib/decode/search.h"
#include "lib/package/package.h"
#include "lib/text/text_buffer.h"

/* decoding — what a model's publisher says of its use: defaults of options of translate and generate, and the tokens of
 * its languages. It is JSON text, in the package and in the model file:
 *   {"rules": {"beam_size": "4", ...}, "languages": {"de": 128020, ...}, "source": 128022, "last": true}
 * rules: options of search.h, sample.h and generate.h. source: the language of the sources where none is given.
 * last: its token follows the end of the source; else it precedes the text. Every key may be missing. */
#define QP_LANGUAGE_FIELDS(X)                                                                                          \
    X(TEXT, src_lang, "", 0, 0, "NAME", "language of the source, of a model with tokens for languages (quipu info)")   \
    X(TEXT, tgt_lang, "", 0, 0, "NAME", "language to translate into: its token begins every output")

typedef struct {
    QP_LANGUAGE_FIELDS(QP_FIELD_DECLARE)
} qp_language_config;
extern const qp_field_table qp_language_fields;

/* qp_decoding_check — QP_EDATA, beginning with place, unless the text is as above, with ids below `vocabulary`.
 * qp_decoding_apply — sets the fields of a table that have a rule; NULL: none.
 * qp_decoding_rule — calls put(self, option, value) for every rule.
 * qp_decoding_put_languages — "de, en, fr", nothing for none.
 * Errors  QP_EMEMORY, and those above. */
qp_status qp_decoding_check(const char *place, const char *json, int64_t vocabulary);
qp_status qp_decoding_apply(const char *json, const qp_field_table *table, void *object);
qp_status qp_decoding_rules(const char *json, void (*put)(void *self, const char *option, const char *value),
                            void *self);
qp_status qp_decoding_put_languages(const char *json, qp_text_buffer *out);

/* qp_decoding_set_languages — the sources of a package get the token of their language, and the search the token that
 *   begins the output: the first one that is written, or the one that the decoder reads first, where that is the token
 *   of a language.
 * Errors  QP_EUSAGE: the model has no such language, or no tokens for languages; QP_EMEMORY. */
qp_status qp_decoding_set_languages(qp_package *package, const qp_language_config *languages,
                                    qp_search_config *search);

#endif
