#ifndef QP_CT2_ROWS_H
#define QP_CT2_ROWS_H

#include "lib/import/weight_map.h"
#include "lib/model/config/model_config.h"

/* ct2_rows — the variables of CTranslate2's transformers and our parameters, for reading and for writing.
 *
 * qp_ct2_tables — the tables of a model of this configuration; returns how many.
 * qp_ct2_activations — our function of each of their numbers; -1: none. */
enum { QP_CT2_TABLES = 3, QP_CT2_ACTIVATIONS = 7 };
int qp_ct2_tables(const qp_model_config *model, qp_weight_table table[QP_CT2_TABLES]);
extern const int qp_ct2_activations[QP_CT2_ACTIVATIONS];

#endif
