#ifndef QP_MODEL_TABLE_H
#define QP_MODEL_TABLE_H

#include "lib/text/json_writer.h"
#include <stdio.h>

#include "lib/model/model_cost.h"
#include "lib/train/optimizer.h"

/* model_table — a model's modules, operations and memory, for `info` and `train --dry-run`. */

/* Memory of a training step, in bytes; rank 0 needs the other ranks' moments too while it saves. */
typedef struct {
    double weights, moments, gradients, activations, total, saving;
} qp_training_memory;

/* The training to estimate: tokens of a batch (both sides), tokens of a sequence, rows of a shard, workers. The largest
 * update decides: how many shards it has, and the rows of its longest shard; 0: those of one batch of batch_rows. With
 * several ranks the memory is that of the one that needs most. */
typedef struct {
    double batch_rows, source_length, target_length, longest_shard;
    int64_t shard_rows;
    int most_shards;
    int threads, gradient_type; /* QP_GRADIENT_FP32 or _BF16 */
    bool bf16;                  /* products */
    const qp_optimizer_config *optimizer;
    qp_cluster *cluster; /* NULL: one process */
} qp_training_shape;

/* qp_training_memory_of — estimate the memory. Activations are measured: one small step runs on random tokens, and its
 * memory is scaled to a piece of the batch (lib/train/gradient/shards.h). Only for text models. The model's target sets
 * are replaced meanwhile.
 * Errors  QP_EMEMORY and those of the step. */
qp_status qp_training_memory_of(qp_model *model, const qp_training_shape *shape, qp_training_memory *memory);

/* qp_model_table_print — modules with shape, weights and FLOPs per token, and their sums.
 *   Errors  QP_EMEMORY.
 * qp_training_memory_print — a line, wrapped.   qp_model_table_json, qp_training_memory_json — the same as objects. */
qp_status qp_model_table_print(FILE *stream, const qp_model_cost *cost);
void qp_training_memory_print(FILE *stream, const qp_training_shape *shape, const qp_training_memory *memory);
void qp_model_table_json(const qp_model_cost *cost, qp_text_buffer *out);
void qp_training_memory_json(const qp_training_memory *memory, qp_text_buffer *out);

#endif
