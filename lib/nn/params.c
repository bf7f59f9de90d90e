#include "lib/nn/params.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/memory.h"
#include "lib/base/random.h"
#include "lib/grad/op_lora.h"
#include "lib/nn/params_internal.h"
#include "lib/tensor/gemm_packed.h"

enum { ALIGNMENT_REALS = 16 };

qp_params *qp_params_new(void) { return calloc(1, sizeof(qp_params)); }

void qp_params_free(qp_params *params)
{
    if (!params) return;
    qp_params_unpack(params);
    qp_params_stored_free(params);
    qp_params_map_free(params);
    free(params->block);
    free(params->parameter);
    free(params);
}

/* Vectors are biases, gains of norms and queries that start at one value. A single row that is drawn at random is
 * still a matrix: the weights of one output. */
static bool is_matrix(int rows, qp_init init)
{
    return (rows > 1 && init.kind != QP_INIT_LOG_COUNT) || !qp_init_is_vector(init);
}

int qp_params_add(qp_params *params, int rows, int columns, qp_init init, const char *name_format, ...)
{
    if (params->status != QP_OK) return -1;
    if (!QP_GROW(params->parameter, params->capacity, (size_t)params->count + 1)) {
        params->status = qp_fail(QP_EMEMORY, "out of memory for the list of parameters");
        return -1;
    }
    qp_parameter *added = &params->parameter[params->count];
    *added = (qp_parameter){
        .rows = rows, .columns = columns, .offset = params->size, .init = init, .decay = is_matrix(rows, init)};
    va_list arguments;
    va_start(arguments, name_format);
    int length = vsnprintf(added->name, sizeof added->name, name_format, arguments);
    va_end(arguments);
    size_t elements = (size_t)rows * (size_t)columns;
    if (rows <= 0 || columns <= 0 || length >= (int)sizeof added->name || elements > (size_t)1 << 40) {
        params->status = qp_fail(QP_EUSAGE, "parameter %s cannot have %d x %d weights", added->name, rows, columns);
        return -1;
    }
    params->elements += elements;
    params->size += (elements + ALIGNMENT_REALS - 1) / ALIGNMENT_REALS * ALIGNMENT_REALS;
    return params->count++;
}

void qp_params_set_statistic(qp_params *params, int index, qp_real keep)
{
    params->parameter[index].keep = keep;
    params->parameter[index].decay = false;
}

void qp_params_freeze(qp_params *params, int index) { params->parameter[index].frozen = true; }

void qp_params_adapt(qp_params *params, int index, int rank, qp_real scale)
{
    const qp_parameter p = params->parameter[index];
    const qp_init bound = {.kind = QP_INIT_UNIFORM, .gain = 1 / sqrt(p.columns)};
    int a = qp_params_add(params, rank, p.columns, bound, "%s.lora_A", p.name);
    int b = qp_params_add(params, p.rows, rank, qp_init_constant(0), "%s.lora_B", p.name);
    if (a < 0 || b < 0) return;
    params->parameter[index].adapter = a;
    params->parameter[index].adapter_scale = scale;
    params->parameter[index].frozen = true;
}

static uint64_t name_key(uint64_t seed, const char *name)
{
    uint64_t key = qp_random_key(seed, 0x706172616d);
    for (; *name; name++) key = qp_random_key(key, (unsigned char)*name);
    return key;
}

/* `count` reals at a 64-byte boundary, cleared. */
static qp_real *reals_new(size_t count)
{
    qp_real *block = qp_memory_large(count * sizeof *block);
    if (block) memset(block, 0, count * sizeof *block);
    return block;
}

qp_status qp_params_status(const qp_params *params) { return params->status; }

int qp_params_multiply(qp_params *params, int index)
{
    if (index >= 0 && params->parameter[index].rows > 1) params->parameter[index].product = true;
    return index;
}

void qp_params_look_up(qp_params *params, int index)
{
    if (index >= 0) params->parameter[index].looked_up = true;
}

qp_status qp_params_finish(qp_params *params)
{
    if (params->status != QP_OK) return params->status;
    params->block = params->size <= qp_memory_bytes() / sizeof(qp_real) ? reals_new(params->size) : NULL;
    if (!params->block)
        return qp_fail(QP_EMEMORY, "out of memory for %zu parameters (%zu MB); use a smaller model", params->elements,
                       params->size * sizeof(qp_real) >> 20);
    return QP_OK;
}

void qp_params_initialise(qp_params *params, uint64_t seed)
{
    for (int i = 0; i < params->count; i++) {
        const qp_parameter *p = &params->parameter[i];
        qp_init_fill(p->init, p->rows, p->columns, p->columns, p->rows, name_key(seed, p->name),
                     params->block + p->offset);
    }
}

int qp_params_count(const qp_params *params) { return params->count; }

size_t qp_params_size(const qp_params *params) { return params->size; }

size_t qp_params_elements(const qp_params *params) { return params->elements; }

const qp_parameter *qp_params_at(const qp_params *params, int index) { return &params->parameter[index]; }

int qp_params_find(const qp_params *params, const char *name)
{
    for (int i = 0; i < params->count; i++)
        if (strcmp(params->parameter[i].name, name) == 0) return i;
    return -1;
}

qp_real *qp_params_block(qp_params *params) { return params->block; }

static qp_real *value_of(const qp_params *params, int index)
{
    return params->mapped ? params->mapped[index] : params->block + params->parameter[index].offset;
}

qp_real *qp_params_value(qp_params *params, int index) { return value_of(params, index); }

static qp_tensor values(const qp_params *params, int index)
{
    const qp_parameter *p = &params->parameter[index];
    return qp_tensor_of(p->rows, p->columns, value_of(params, index));
}

qp_tensor qp_param(qp_tape *tape, const qp_params *params, int index)
{
    if (index < 0) return (qp_tensor){0};
    const qp_parameter *p = &params->parameter[index];
    qp_tensor weight = values(params, index);
    if (p->adapter && (qp_tape_training(tape) || !params->packed))
        return qp_lora_weight(tape, weight, qp_param(tape, params, p->adapter), qp_param(tape, params, p->adapter + 1),
                              p->adapter_scale);
    if (p->adapter) weight.value = params->merged[index];
    if (qp_tape_training(tape))
        weight.node = qp_tape_parameter_node(tape, index);
    else if (params->packed && params->packed[index].n)
        weight.packed = &params->packed[index];
    return weight;
}

/* Only matrices are packed: a row vector is a bias or a norm. */
static size_t packed_reals(const qp_params *params, int index)
{
    const qp_parameter *p = &params->parameter[index];
    return p->rows > 1 && (p->adapter || !qp_params_stored(params, index)) ? qp_packed_count(p->rows, p->columns) : 0;
}

qp_status qp_params_pack(qp_params *params)
{
    if (params->map) return qp_params_map_finish(params);
    if (!params->packed) {
        size_t total = 0, adapted = 0;
        for (int i = 0; i < params->count; i++) {
            const qp_parameter *p = &params->parameter[i];
            total += packed_reals(params, i);
            if (p->adapter) adapted += (size_t)p->rows * (size_t)p->columns;
        }
        params->packed = calloc((size_t)params->count + 1, sizeof *params->packed);
        params->packed_block = reals_new(total);
        params->merged = calloc((size_t)params->count + 1, sizeof *params->merged);
        params->merged_block = reals_new(adapted);
        if (!params->packed || !params->packed_block || !params->merged || !params->merged_block) {
            qp_params_unpack(params);
            return qp_fail(QP_EMEMORY, "out of memory for packed weights (%zu MB)", total * sizeof(qp_real) >> 20);
        }
    }
    qp_real *memory = params->packed_block, *merged = params->merged_block;
    for (int i = 0; i < params->count; i++) {
        const qp_parameter *p = &params->parameter[i];
        const qp_packed *stored = qp_params_stored(params, i);
        if (stored && !p->adapter) params->packed[i] = *stored;
        if (packed_reals(params, i) == 0) continue;
        qp_tensor weight = values(params, i);
        if (p->adapter) {
            size_t count = (size_t)p->rows * (size_t)p->columns;
            memcpy(merged, weight.value, count * sizeof *merged);
            weight.value = params->merged[i] = merged;
            qp_lora_merge(weight, values(params, p->adapter), values(params, p->adapter + 1), p->adapter_scale);
            merged += count;
        }
        params->packed[i] = qp_packed_init(memory, qp_tensor_matrix(weight), false);
        memory += packed_reals(params, i);
    }
    qp_params_pack_late(params);
    return QP_OK;
}

void qp_params_unpack(qp_params *params)
{
    qp_params_late_free(params);
    free(params->packed);
    free(params->packed_block);
    free(params->merged);
    free(params->merged_block);
    params->packed = NULL;
    params->packed_block = params->merged_block = NULL;
    params->merged = NULL;
}

qp_status qp_gradient_init(qp_gradient *gradient, const qp_params *params)
{
    gradient->block = reals_new(params->size);
    gradient->node = calloc((size_t)params->count + 1, sizeof *gradient->node);
    if (!gradient->block || !gradient->node) {
        qp_gradient_free(gradient);
        return qp_fail(QP_EMEMORY, "out of memory for a block of gradients (%zu MB); use a smaller model",
                       params->size * sizeof(qp_real) >> 20);
    }
    qp_gradient_begin(gradient, params);
    return QP_OK;
}

void qp_gradient_free(qp_gradient *gradient)
{
    free(gradient->block);
    free(gradient->node);
    *gradient = (qp_gradient){0};
}

void qp_gradient_begin(qp_gradient *gradient, const qp_params *params)
{
    for (int i = 0; i < params->count; i++) {
        const qp_parameter *p = &params->parameter[i];
        gradient->node[i] = (qp_node){.value = params->block + p->offset,
                                      .grad = gradient->block + p->offset,
                                      .count = (size_t)p->rows * (size_t)p->columns,
                                      .parameter = true};
    }
}

void qp_gradient_clear(qp_gradient *gradient, int index)
{
    const qp_node *node = &gradient->node[index];
    if (!node->filled) memset(node->grad, 0, node->count * sizeof *node->grad);
}

void qp_gradient_finish(qp_gradient *gradient, const qp_params *params)
{
    for (int i = 0; i < params->count; i++) qp_gradient_clear(gradient, i);
}
