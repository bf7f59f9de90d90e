#include "lib/import/ctranslate2/ct2_model.h"

#include "lib/import/ctranslate2/ct2_rows.h"

qp_status qp_ct2_model(const qp_ct2_file *file, const qp_ct2_facts *facts, qp_model **model)
{
    const qp_weight_source arrays = qp_ct2_arrays(file);
    qp_weight_shape shape = {.missing = QP_CT2_NEVER};
    qp_weight_table table[QP_CT2_TABLES];
    qp_model_config config;
    *model = NULL;
    QP_TRY(qp_ct2_configure(file, facts, &config));
    shape.gated = config.gated_ff;
    qp_status status = qp_model_plan(&config, model);
    if (status != QP_OK) return qp_fail_in(status == QP_EUSAGE ? QP_EDATA : status, arrays.place);
    status = qp_weights_load(&arrays, table, qp_ct2_tables(&config, table), &shape, qp_model_params(*model));
    if (status == QP_OK) return QP_OK;
    qp_model_free(*model);
    *model = NULL;
    return status;
}
