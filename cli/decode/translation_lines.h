#ifndef QP_TRANSLATION_LINES_H
#define QP_TRANSLATION_LINES_H

#include <stdio.h>

#include "lib/decode/translate.h"

/* translation_lines — how `quipu translate` prints one translation: the text, n-best lines, or a JSON object. */
#define QP_SCORES_SHOWN(X) X(QP_SCORES_NONE, "none") X(QP_SCORES_SENTENCE, "sentence") X(QP_SCORES_TOKEN, "token")
#define QP_ALIGNMENTS(X) X(QP_ALIGNMENT_NONE, "none") X(QP_ALIGNMENT_HARD, "hard") X(QP_ALIGNMENT_SOFT, "soft")
#define QP_ALIGNMENT_UNITS(X) X(QP_UNIT_TOKEN, "token") X(QP_UNIT_WORD, "word")
enum { QP_SCORES_SHOWN(QP_CHOICE_ID) QP_SCORES_SHOWN_COUNT };
enum { QP_ALIGNMENTS(QP_CHOICE_ID) QP_ALIGNMENT_COUNT };
enum { QP_ALIGNMENT_UNITS(QP_CHOICE_ID) QP_ALIGNMENT_UNIT_COUNT };

typedef struct {
    FILE *out;
    bool json;
    int scores, alignment, unit; /* of the lists above */
} qp_translation_style;

/* qp_translation_put — print the translation of `line`, number `id` of the input.
 * Errors  QP_EMEMORY; those of the codecs, for alignments of words. Writing errors stay in the stream. */
qp_status qp_translation_put(const qp_translation_style *style, const qp_translator *translator, const qp_line *line,
                             const qp_translation *made, int64_t id);

#endif
