#ifndef QP_ORACLE_MODEL_H
#define QP_ORACLE_MODEL_H

#include "lib/model/model.h"
#include "tests/oracles/oracle.h"

/* oracle_model — whole models with the weights of a case.
 *
 * A kind of model is one row of the table in oracle_model.c: how to read its configuration from the case, the case's
 * names of its parameters, and the layout of a batch in the case's arrays. */

/* oracle_model_make — the model `kind` of the case with the arrays PREFIX... as weights; its gradients are compared
 * with gparam.*. It is freed with the case.
 * oracle_model_split — the case's names of its parameters.
 * oracle_model_batch — its input: in.* (step 0), or step `step` of batch.*. */
qp_model *oracle_model_make(oracle *o, const char *kind, const char *prefix);
oracle_split *oracle_model_split(oracle *o, const char *kind);
typedef struct {
    qp_batch batch;
    oracle_ragged source, target; /* rows of both in the file's arrays */
} oracle_batch;
oracle_batch oracle_model_batch(oracle *o, const char *kind, const char *prefix, int step);

/* oracle_ids — sequences of a padded array [batch, time]; length NULL: each ends before its first id 0. */
typedef struct {
    qp_ids ids;
    oracle_ragged rows;
} oracle_ids;
oracle_ids oracle_ids_of(oracle *o, int batch, int time, const int32_t *padded, const int32_t *length);

/* Names of transformer.h as PyTorch (oracle_split_layers) and LLaMA have them. */
oracle_split oracle_split_layers, oracle_split_llama;

#endif
