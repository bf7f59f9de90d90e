#ifndef QP_SURVEY_H
#define QP_SURVEY_H

#include "lib/run/train_data.h"

/* survey — what the training data is like, from one pass over it before anything is chosen (defaults.h). */
typedef struct {
    int64_t characters, words, longest; /* words: what white space separates; longest line in characters */
    int64_t distinct_characters;
} qp_survey_side;

typedef struct {
    int64_t examples;            /* pairs, lines, labelled texts, tagged sentences, or rows of a series */
    qp_survey_side source, target; /* one text (lm, mlm, autoencode, classify) and tagged words: target alone */
    int64_t labels;              /* classify, tag: different ones */
    double one_word;             /* share of the examples that are a single word */
    double span_tags;            /* tag: share of tags that read O, B-... or I-... */
    double shared;               /* translate: share of a side's characters that the other uses too, the lower */
    int shortest_side;           /* of an image; a series: 1 */
    double trend;                /* regress: rise from the first fifth to the last, in deviations of the whole */
} qp_survey;

/* qp_survey_take — read the training files that `data` names for the task of `settings`; what is held out is
 *   passed over. Of a text that is streamed the first part alone; its counts are scaled to the whole.
 * Memory   that of one line; the whole file for tag and regress.
 * Errors   those of the readers, with file and line. */
qp_status qp_survey_take(const qp_train_settings *settings, const qp_train_data *data, qp_survey *survey);

#endif
