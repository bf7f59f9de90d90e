#ifndef QP_SCORES_H
#define QP_SCORES_H

#include "lib/metric/accuracy.h"
#include "lib/metric/bleu.h"
#include "lib/metric/chrf.h"
#include "lib/metric/edit.h"
#include "lib/metric/ter.h"

/* scores — several text metrics at once, chosen by name, for `quipu evaluate` and for validation.
 * X(id, name); accuracy is that of whole lines */
#define QP_SCORE_LIST(X)                                                                                               \
    X(QP_SCORE_BLEU, "bleu")                                                                                           \
    X(QP_SCORE_CHRF, "chrf")                                                                                           \
    X(QP_SCORE_CHRF_PLUS, "chrf++")                                                                                    \
    X(QP_SCORE_TER, "ter")                                                                                             \
    X(QP_SCORE_WER, "wer")                                                                                             \
    X(QP_SCORE_CER, "cer")                                                                                             \
    X(QP_SCORE_ACCURACY, "accuracy")                                                                                   \
    X(QP_SCORE_WORD_ACCURACY, "word-accuracy")
typedef enum { QP_SCORE_LIST(QP_CHOICE_ID) QP_SCORE_KINDS } qp_score_kind;

const char *qp_score_name(qp_score_kind kind);

/* What the metrics know of some segments; start from {0}. Of metrics that were not chosen it stays 0. */
typedef struct {
    qp_bleu_sums bleu;
    qp_chrf_sums chrf, chrf_plus;
    qp_ter_sums ter;
    qp_edit_sums word_edits, character_edits;
    qp_accuracy_sums accuracy;
} qp_score_sums;

/* qp_score_sums_add — add the sums of other segments. */
void qp_score_sums_add(qp_score_sums *to, const qp_score_sums *from);

typedef struct {
    qp_score_kind kind[QP_SCORE_KINDS]; /* the chosen ones, in the given order */
    int count;
    int64_t segments;
    int references;      /* of the segments so far */
    qp_bleu_config bleu; /* may be changed before the first segment */
    qp_chrf_config chrf;
    qp_ter_config ter;
    qp_score_sums sums;
} qp_scores;

/* qp_scores_init  — chooses from a list, "bleu,chrf"; usual settings.   Errors  QP_EUSAGE for an unknown name.
 * qp_scores_reset — removes the segments, keeps choice and settings. */
qp_status qp_scores_init(qp_scores *scores, const char *names);
void qp_scores_reset(qp_scores *scores);

/* qp_scores_add — adds one segment with its references, all read in NFC (qp_nfc_view); every segment must have the same
 * number of them. */
qp_status qp_scores_add(qp_scores *scores, qp_text hypothesis, const qp_text *reference, int references);

/* qp_scores_value — the score number `index` of the list, in percent (BLEU, chrF, TER: their usual scale).
 * qp_scores_signature — the settings needed to reproduce it; returns `text`. */
double qp_scores_value(const qp_scores *scores, int index);
const char *qp_scores_signature(const qp_scores *scores, int index, char *text, size_t bytes);

#endif
