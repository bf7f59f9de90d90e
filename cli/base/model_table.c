#include "cli/base/model_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/text.h"
#include "cli/base/text_table.h"
#include "lib/base/random.h"
#include "lib/run/model_objective.h"
#include "lib/train/gradient/gradient_exchange.h"
#include "lib/train/gradient/gradient_tree.h"
#include "lib/train/gradient/shards.h"

/* ---- memory ---- */

enum { PROBE_ROWS = 128 };

typedef struct {
    int32_t *start, *id, *source_row;
    qp_real *value;
    qp_batch batch;
    double rows, sequence; /* in all, and of a sequence on both sides */
} probe;

/* Tasks of an encoder have answers as targets: one per sequence, or one per row of the source. */
static void ask(const qp_model_config *c, int length, int count, probe *p)
{
    p->rows = count * length;
    for (int r = 0; r < count * length; r++) p->source_row[r] = r % length;
    if (c->task == QP_TASK_TAG || c->task == QP_TASK_MLM) p->batch.source_row = p->source_row;
    bool once = c->task == QP_TASK_CLASSIFY || c->task == QP_TASK_REGRESS;
    for (int i = 0; once && i <= count; i++) p->start[i] = i;
    p->batch.source_value = p->batch.target_value = p->value;
    p->batch.features = (int)c->features;
    p->batch.outputs = (int)c->horizon;
}

static qp_status probe_make(const qp_model *model, const qp_training_shape *shape, probe *p)
{
    const qp_model_config *c = qp_model_config_of(model);
    bool reads = c->encoder != QP_KIND_NONE;
    double longest = (double)c->max_length;
    int length = (int)(shape->target_length < longest ? shape->target_length : longest);
    int source = (int)(shape->source_length < longest ? shape->source_length : longest);
    if (length < 1) length = 1;
    if (source < 1) source = 1;
    if (!qp_model_task_has_decoder(c->task)) length = source;
    int count = PROBE_ROWS / (length + source) + 1, rows = count * (length + source);
    *p = (probe){.rows = count * (length + (reads ? source : 0))};
    p->start = malloc(2 * ((size_t)count + 1) * sizeof *p->start);
    p->id = malloc((size_t)rows * sizeof *p->id);
    p->source_row = malloc((size_t)rows * sizeof *p->source_row);
    p->value = calloc((size_t)rows * (size_t)(c->features + c->horizon), sizeof *p->value);
    if (!p->start || !p->id || !p->source_row || !p->value)
        return qp_fail(QP_EMEMORY, "out of memory while measuring a training step");
    bool words_in = reads && !qp_model_reads_numbers(c);
    int64_t words = qp_model_outputs(c) < c->src_vocab_size || !words_in ? qp_model_outputs(c) : c->src_vocab_size;
    for (int r = 0; words > 0 && r < rows; r++) p->id[r] = (int32_t)qp_random_below(1, (uint64_t)r, (uint64_t)words);
    for (int i = 0; i <= count; i++) {
        p->start[i] = i * length;
        p->start[count + 1 + i] = i * source;
    }
    p->batch.target = (qp_ids){{.count = count, .start = p->start}, p->id};
    if (!qp_model_task_has_decoder(c->task)) ask(c, length, count, p);
    p->sequence = p->rows / count;
    if (reads) p->batch.source = (qp_ids){{.count = count, .start = p->start + count + 1}, p->id};
    return QP_OK;
}

/* Bytes of one tape while the model runs on `p`, without gradient blocks. */
static qp_status probe_run(const qp_model *model, const probe *p, double *bytes)
{
    const qp_params *params = qp_model_params(model);
    qp_model_objective objective = {model, 0};
    qp_loss_function loss = qp_model_objective_loss(&objective);
    qp_shards *shards;
    qp_shards_result result;
    QP_TRY(qp_shards_new(params, 1, 1 << 30, &shards));
    qp_status status = qp_shards_run(shards, &loss, &p->batch, 1, 1, &result);
    double blocks = (double)qp_shards_blocks(shards) * (double)qp_params_size(params) * (double)sizeof(qp_real);
    *bytes = (double)qp_shards_bytes(shards) - blocks;
    qp_shards_free(shards);
    return status;
}

/* probe_run of a model whose answers are sets of labels: meanwhile every set is empty, because a finished model has no
 * sets and its labels change no size. */
static qp_status probe_run_sets(qp_model *model, const probe *p, double *bytes)
{
    const int32_t sets = (int32_t)qp_model_outputs(qp_model_config_of(model));
    const qp_target_sets before = qp_model_targets(model);
    int64_t *start = calloc((size_t)sets + 1, sizeof *start);
    if (!start) return qp_fail(QP_EMEMORY, "out of memory while measuring a training step");
    qp_model_set_targets(model, (qp_target_sets){start, NULL, sets});
    qp_status status = probe_run(model, p, bytes);
    qp_model_set_targets(model, before);
    free(start);
    return status;
}

/* Blocks of the optimizer's states on a rank, and of gradients: its own, and those that it receives. */
static qp_status blocks_of(const qp_training_shape *shape, int shards, qp_training_memory *blocks)
{
    qp_optimizer *optimizer;
    qp_optimizer_span span = {.rows = 1, .columns = 1};
    QP_TRY(qp_optimizer_new_parts(shape->optimizer, 16, &span, 1, shape->cluster, 1, &optimizer));
    const qp_gradient_exchange_options options = {
        .cluster = shape->cluster, .type = shape->gradient_type, .parts = qp_optimizer_parts(optimizer)};
    const int ranks = qp_cluster_ranks(shape->cluster);
    int own = 0;
    for (int r = 0; r < ranks; r++) {
        int first = qp_cluster_share(shape->cluster, shards, r), end = qp_cluster_share(shape->cluster, shards, r + 1);
        int needed = qp_gradient_tree_need(shards, first, end, shape->threads, shape->gradient_type);
        if (needed > own) own = needed;
    }
    const double states = qp_optimizer_states(optimizer);
    blocks->moments = states / (options.parts ? ranks : 1);
    blocks->saving = states - blocks->moments;
    blocks->gradients = own + qp_gradient_exchange_need(&options, shards);
    qp_optimizer_free(optimizer);
    return QP_OK;
}

qp_status qp_training_memory_of(qp_model *model, const qp_training_shape *shape, qp_training_memory *memory)
{
    probe p;
    double bytes = 0;
    qp_status status = probe_make(model, shape, &p);
    if (status == QP_OK)
        status = qp_model_config_of(model)->multi_label ? probe_run_sets(model, &p, &bytes)
                                                        : probe_run(model, &p, &bytes);
    free(p.start);
    free(p.id);
    free(p.source_row);
    free(p.value);
    QP_TRY(status);
    const int of_mean = qp_shards_count((int64_t)shape->batch_rows, 1 << 30, shape->shard_rows);
    const int shards = shape->most_shards ? shape->most_shards : of_mean, ranks = qp_cluster_ranks(shape->cluster);
    const int own = (shards + ranks - 1) / ranks, workers = shape->threads < own ? shape->threads : own;
    qp_model_objective objective = {model, 0};
    const qp_loss_function loss = qp_model_objective_loss(&objective);
    double piece = shape->longest_shard > 0 ? shape->longest_shard : shape->batch_rows / of_mean;
    const int most = qp_shards_piece_rows(&loss, shape->bf16);
    piece /= qp_shard_pieces((int64_t)piece, (int)fmax(1, piece / p.sequence), most);
    double block = (double)qp_params_size(qp_model_params(model)) * (double)sizeof(qp_real);
    qp_training_memory blocks = {0};
    QP_TRY(blocks_of(shape, shards, &blocks));
    *memory = (qp_training_memory){.weights = block,
                                   .moments = block * blocks.moments,
                                   .gradients = block * blocks.gradients,
                                   .activations = bytes / p.rows * piece * workers,
                                   .saving = block * blocks.saving};
    memory->total = memory->weights + memory->moments + memory->gradients + memory->activations;
    return QP_OK;
}

/* ---- output ---- */

/* A number of operations or weights as "1.23 G". */
static const char *short_number(double value, char *text, size_t bytes)
{
    static const char *const unit[] = {"", " k", " M", " G", " T"};
    int u = 0;
    while (value >= 999.5 && u < 4) value /= 1000, u++;
    snprintf(text, bytes,
             u == 0          ? "%.0f%s"
             : value < 9.995 ? "%.2f%s"
             : value < 99.95 ? "%.1f%s"
                             : "%.0f%s",
             value, unit[u]);
    return text;
}

static const char *shape_text(const qp_module_cost *m, char *text, size_t bytes)
{
    char copies[16] = "";
    if (m->copies > 1) snprintf(copies, sizeof copies, "%d x ", m->copies);
    if (m->rows == 0)
        snprintf(text, bytes, "-");
    else if (m->rows == 1)
        snprintf(text, bytes, "%s[%d]", copies, m->columns);
    else
        snprintf(text, bytes, "%s[%d, %d]", copies, m->rows, m->columns);
    return text;
}

enum { TABLE_COLUMNS = 5, LEFT_COLUMNS = 2, CELL_BYTES = 64 };

/* Rows of `cell` for modules and their sum; `text` holds what is formatted, three or four cells a row. */
static void fill_table(const qp_model_cost *cost, const char **cell, char (*text)[CELL_BYTES])
{
    static const char *const title[] = {"module", "shape", "parameters", "forward", "training"};
    for (int c = 0; c < TABLE_COLUMNS; c++) cell[c] = title[c];
    for (int i = 0; i <= cost->count; i++) {
        const qp_module_cost all = {.weights = cost->weights, .forward = cost->forward};
        const qp_module_cost *m = i < cost->count ? &cost->module[i] : &all;
        const char **row = cell + (ptrdiff_t)(i + 1) * TABLE_COLUMNS;
        char(*to)[CELL_BYTES] = text + (ptrdiff_t)i * TABLE_COLUMNS;
        row[0] = i < cost->count ? m->name : "all, per target token";
        row[1] = i < cost->count ? shape_text(m, to[1], CELL_BYTES) : "";
        snprintf(to[2], CELL_BYTES, "%zu", m->weights);
        row[2] = to[2];
        row[3] = short_number(m->forward, to[3], CELL_BYTES);
        row[4] = short_number(3 * m->forward, to[4], CELL_BYTES);
    }
}

qp_status qp_model_table_print(FILE *stream, const qp_model_cost *cost)
{
    size_t rows = (size_t)cost->count + 2;
    const char **cell = malloc(rows * TABLE_COLUMNS * sizeof *cell);
    char(*text)[CELL_BYTES] = malloc(rows * TABLE_COLUMNS * sizeof *text);
    if (cell && text) {
        fill_table(cost, cell, text);
        qp_text_wrap(stream, "\nparameters, and FLOPs per target token: forward, and in training", 0);
        qp_text_table(stream, cell, (int)rows, TABLE_COLUMNS, LEFT_COLUMNS);
    }
    qp_status status = cell && text ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for a table of %zu rows", rows);
    free(cell);
    free(text);
    return status;
}

void qp_training_memory_print(FILE *stream, const qp_training_shape *shape, const qp_training_memory *memory)
{
    char total[32], weights[32], moments[32], gradients[32], activations[32], more[32], each[100] = "";
    int ranks = qp_cluster_ranks(shape->cluster), written = 0;
    if (ranks > 1) written = snprintf(each, sizeof each, " on each of %d ranks", ranks);
    if (memory->saving > 0)
        snprintf(each + written, sizeof each - (size_t)written, " (%s more on rank 0 during a save)",
                 qp_text_size(memory->saving, more, sizeof more));
    qp_text_printf(
        stream, 11,
        "memory     %s%s to train with batches of %.0f tokens and %d thread%s: weights %s, optimizer %s, gradients "
        "%s, activations %s",
        qp_text_size(memory->total, total, sizeof total), each, shape->batch_rows, shape->threads,
        shape->threads == 1 ? "" : "s", qp_text_size(memory->weights, weights, sizeof weights),
        qp_text_size(memory->moments, moments, sizeof moments),
        qp_text_size(memory->gradients, gradients, sizeof gradients),
        qp_text_size(memory->activations, activations, sizeof activations));
}

void qp_model_table_json(const qp_model_cost *cost, qp_text_buffer *out)
{
    qp_json_open(out, '[');
    for (int i = 0; i < cost->count; i++) {
        const qp_module_cost *m = &cost->module[i];
        qp_json_open(out, '{');
        qp_json_put_text(out, "name", m->name);
        qp_json_put_integer(out, "copies", m->copies);
        qp_json_key(out, "shape");
        if (m->rows > 0) {
            qp_json_open(out, '[');
            if (m->rows > 1) qp_json_integer(out, m->rows);
            qp_json_integer(out, m->columns);
            qp_json_close(out, ']');
        } else {
            qp_json_null(out);
        }
        qp_json_put_integer(out, "parameters", (int64_t)m->weights);
        qp_json_put_number(out, "forward_flops", m->forward);
        qp_json_put_number(out, "training_flops", 3 * m->forward);
        qp_json_close(out, '}');
    }
    qp_json_close(out, ']');
}

void qp_training_memory_json(const qp_training_memory *memory, qp_text_buffer *out)
{
    qp_json_open(out, '{');
    qp_json_put_number(out, "weights", memory->weights);
    qp_json_put_number(out, "optimizer", memory->moments);
    qp_json_put_number(out, "gradients", memory->gradients);
    qp_json_put_number(out, "activations", memory->activations);
    qp_json_put_number(out, "total", memory->total);
    qp_json_close(out, '}');
}
