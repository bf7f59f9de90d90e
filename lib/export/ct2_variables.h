#ifndef QP_CT2_VARIABLES_H
#define QP_CT2_VARIABLES_H

#include "lib/model/model.h"

/* ct2_variables — the model.bin of a model that CTranslate2 has: its arrays by the rows that read them (ct2_rows.h),
 * and its numbers.
 *
 * qp_ct2_writes_zero — whether the last word is that which lib/import/ctranslate2 adds: its decoder reads zeros first.
 *   It is not written.
 * qp_ct2_save_model — type: as in ct2_writer.h.    Errors  those of qp_ct2_save. */
bool qp_ct2_writes_zero(const qp_model *model);
qp_status qp_ct2_save_model(qp_model *model, const char *folder, int type);

#endif
