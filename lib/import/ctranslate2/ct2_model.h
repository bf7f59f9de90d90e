#ifndef QP_CT2_MODEL_H
#define QP_CT2_MODEL_H

#include "lib/import/ctranslate2/ct2_config.h"
#include "lib/model/model.h"

/* ct2_model — a transformer of CTranslate2 as one of our models, its weights converted to qp_real.
 * Errors  those of qp_ct2_configure; QP_EDATA naming a variable that is missing, has another shape, or that no model of
 *         this configuration has; QP_EMEMORY, QP_EIO. */
qp_status qp_ct2_model(const qp_ct2_file *file, const qp_ct2_facts *facts, qp_model **model);

#endif
