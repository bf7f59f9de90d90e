#ifndef QP_VALIDATION_H
#define QP_VALIDATION_H

#include "data/text/text_pairs.h"
#include "lib/decode/translate.h"
#include "lib/metric/scores.h"
#include "lib/package/package.h"
#include "lib/train/trainer.h"

/* validation — translate the validation text with the current weights and compare with its references, as the finished
 * model would. */
typedef struct {
    const qp_package *package;
    qp_line *source, *reference; /* [count], owned */
    int count;
    qp_scores scores; /* the chosen metrics; scores.count 0: none */
    bool lower_case;  /* BLEU and chrF compare in lower case */
    int beam_size;
    qp_cluster *cluster; /* ranks that share the lines; NULL: this process alone */
} qp_validation;

/* qp_validation_init — read the files; `metrics` is the list of --valid-metrics: loss, and the names of scores.h.
 * Errors  QP_EUSAGE for an unknown metric; those of qp_text_pairs. */
qp_status qp_validation_init(qp_validation *validation, const qp_text_files *files, const char *metrics);
void qp_validation_free(qp_validation *validation);

/* qp_validation_translate — translation[i] of source[i], [count]; the caller frees each with qp_translation_free.
 * qp_validation_compare — add the chosen metrics of these translations. */
qp_status qp_validation_translate(const qp_validation *validation, int threads, qp_translation *translation);
qp_status qp_validation_compare(const qp_validation *validation, const qp_translation *translation,
                                qp_metrics *metrics);

/* qp_validation_measure — the trainer's hook: self is a qp_validation. Collective. */
qp_status qp_validation_measure(void *self, int threads, qp_metrics *metrics);

#endif
