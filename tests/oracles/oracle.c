#include "tests/oracles/oracle.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void oracle_stop(oracle *o, const char *format, ...)
{
    va_list arguments;
    printf("%s: ", o->name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    o->failures++;
    longjmp(o->stop, 1);
}

_Noreturn void oracle_skip(oracle *o, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(o->skipped_what, sizeof o->skipped_what, format, arguments);
    va_end(arguments);
    o->skipped = true;
    longjmp(o->stop, 1);
}

void *oracle_memory(oracle *o, size_t bytes)
{
    void *memory = qp_arena_take(&o->memory, bytes);
    if (!memory) oracle_stop(o, "out of memory");
    memset(memory, 0, bytes);
    return memory;
}

/* ---- configuration ---- */

const char *oracle_text_or(oracle *o, const char *key, const char *fallback)
{
    const char *text = qp_safetensors_metadata(o->file, key);
    return !text || strcmp(text, "none") == 0 ? fallback : text;
}

const char *oracle_text(oracle *o, const char *key)
{
    const char *text = qp_safetensors_metadata(o->file, key);
    if (!text) oracle_stop(o, "no key \"%s\"", key);
    return strcmp(text, "none") == 0 ? NULL : text;
}

static double parse(oracle *o, const char *key, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end) oracle_stop(o, "\"%s\" = \"%s\" is not a number", key, text);
    return value;
}

double oracle_number_or(oracle *o, const char *key, double fallback)
{
    const char *text = oracle_text_or(o, key, NULL);
    return text ? parse(o, key, text) : fallback;
}

double oracle_number(oracle *o, const char *key)
{
    const char *text = oracle_text(o, key);
    if (!text) oracle_stop(o, "\"%s\" = \"none\" is not a number", key);
    return parse(o, key, text);
}

int oracle_int(oracle *o, const char *key)
{
    double value = oracle_number(o, key);
    if (!(fabs(value) <= 1e9) || value != floor(value)) oracle_stop(o, "\"%s\" = %g is not a whole number", key, value);
    return (int)value;
}

bool oracle_flag(oracle *o, const char *key)
{
    int value = oracle_int(o, key);
    if (value != 0 && value != 1) oracle_stop(o, "\"%s\" = %d is neither 0 nor 1", key, value);
    return value == 1;
}

bool oracle_flag_or(oracle *o, const char *key, bool fallback)
{
    return oracle_text_or(o, key, NULL) ? oracle_flag(o, key) : fallback;
}

bool oracle_is(oracle *o, const char *key, const char *text)
{
    return strcmp(oracle_text_or(o, key, "none"), text) == 0;
}

qp_activation_kind oracle_activation(oracle *o, const char *key)
{
    static const char *const name[QP_ACTIVATION_COUNT] = {
        [QP_IDENTITY] = "identity",     [QP_SIGMOID] = "sigmoid", [QP_TANH] = "tanh",         [QP_RELU] = "relu",
        [QP_LEAKY_RELU] = "leaky_relu", [QP_ELU] = "elu",         [QP_SOFTPLUS] = "softplus", [QP_GELU] = "gelu",
        [QP_GELU_TANH] = "gelu_tanh",   [QP_SILU] = "silu"};
    const char *text = oracle_text_or(o, key, "none");
    for (int kind = 0; kind < QP_ACTIVATION_COUNT; kind++)
        if (strcmp(text, name[kind]) == 0) return (qp_activation_kind)kind;
    oracle_skip(o, "%s %s %s", oracle_text(o, "op"), key, text);
}

/* ---- arrays ---- */

const qp_stored *oracle_find(oracle *o, const char *name) { return qp_safetensors_find(o->file, name); }

const qp_stored *oracle_array(oracle *o, const char *name)
{
    const qp_stored *stored = oracle_find(o, name);
    if (!stored) oracle_stop(o, "no array %s", name);
    if (stored->count > INT32_MAX) oracle_stop(o, "%s has %zu elements", name, stored->count);
    return stored;
}

int oracle_size(oracle *o, const char *name, int axis)
{
    const qp_stored *stored = oracle_array(o, name);
    if (axis < 0) axis += stored->dimensions;
    if (axis < 0 || axis >= stored->dimensions) oracle_stop(o, "%s has %d axes", name, stored->dimensions);
    return (int)stored->shape[axis];
}

void oracle_matrix(oracle *o, const char *name, int *rows, int *columns)
{
    const qp_stored *stored = oracle_array(o, name);
    *columns = stored->dimensions > 0 ? (int)stored->shape[stored->dimensions - 1] : 1;
    *rows = *columns > 0 ? (int)stored->count / *columns : 0;
}

qp_real *oracle_reals(oracle *o, const char *name)
{
    const qp_stored *stored = oracle_array(o, name);
    qp_real *value = oracle_memory(o, stored->count * sizeof *value);
    if (stored->dtype != QP_DTYPE_F32) oracle_stop(o, "%s is %s, not F32", name, qp_dtype_name(stored->dtype));
    if (qp_safetensors_reals(o->file, stored, value) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    return value;
}

int32_t *oracle_ints(oracle *o, const char *name)
{
    const qp_stored *stored = oracle_array(o, name);
    int64_t *wide = oracle_memory(o, stored->count * sizeof *wide);
    int32_t *value = oracle_memory(o, stored->count * sizeof *value);
    if (qp_safetensors_integers(o->file, stored, wide) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    for (size_t i = 0; i < stored->count; i++) {
        if (wide[i] < INT32_MIN || wide[i] > INT32_MAX) oracle_stop(o, "%s[%zu] = %lld", name, i, (long long)wide[i]);
        value[i] = (int32_t)wide[i];
    }
    return value;
}

/* ---- leaves ---- */

static const char *joined(oracle *o, const char *prefix, const char *name)
{
    size_t bytes = strlen(prefix) + strlen(name) + 1;
    char *text = oracle_memory(o, bytes);
    snprintf(text, bytes, "%s%s", prefix, name);
    return text;
}

static oracle_part *new_leaf(oracle *o, const char *prefix, const char *name)
{
    if (o->leaves == ORACLE_LEAVES) oracle_stop(o, "more than %d inputs and parameters", ORACLE_LEAVES);
    oracle_part *leaf = &o->leaf[o->leaves++];
    *leaf = (oracle_part){0};
    snprintf(leaf->name, sizeof leaf->name, "g%s%s", prefix, name);
    return leaf;
}

static qp_tensor load(oracle *o, const char *prefix, const char *name, int rows, int columns, const int32_t *map)
{
    const char *full = joined(o, prefix, name);
    const qp_stored *stored = oracle_array(o, full);
    size_t count = (size_t)rows * (size_t)columns;
    const qp_real *from = oracle_reals(o, full);
    qp_real *value = oracle_memory(o, count * sizeof *value);
    if (!map && count != stored->count) oracle_stop(o, "%s has %zu elements, not %zu", full, stored->count, count);
    for (size_t i = 0; i < count; i++) value[i] = from[map ? (size_t)map[i] : i];
    oracle_part *leaf = new_leaf(o, prefix, name);
    qp_node *node = oracle_memory(o, sizeof *node);
    *node =
        (qp_node){.value = value, .grad = oracle_memory(o, count * sizeof *value), .count = count, .parameter = true};
    leaf->map = map;
    leaf->tensor = qp_tensor_of(rows, columns, value);
    leaf->tensor.node = node;
    return leaf->tensor;
}

qp_tensor oracle_input(oracle *o, const char *name, int rows, int columns, const int32_t *map)
{
    return load(o, "in.", name, rows, columns, map);
}

qp_tensor oracle_param(oracle *o, const char *name)
{
    const char *gradient = joined(o, "gparam.", name);
    for (int i = 0; i < o->leaves; i++)
        if (strcmp(o->leaf[i].name, gradient) == 0) return o->leaf[i].tensor;
    int rows, columns;
    oracle_matrix(o, joined(o, "param.", name), &rows, &columns);
    return load(o, "param.", name, rows, columns, NULL);
}

qp_tensor oracle_param_or_none(oracle *o, const char *name)
{
    return oracle_find(o, joined(o, "param.", name)) ? oracle_param(o, name) : (qp_tensor){0};
}

qp_params *oracle_params(oracle *o)
{
    o->params = qp_params_new();
    if (!o->params) oracle_stop(o, "out of memory");
    return o->params;
}

static void bind_piece(oracle *o, int index, const char *prefix, const oracle_piece *piece)
{
    const char *full = joined(o, prefix, piece->name);
    const qp_stored *stored = oracle_array(o, full);
    if (piece->at + piece->count > stored->count)
        oracle_stop(o, "%s has %zu elements; ours needs %zu from %zu", full, stored->count, piece->count, piece->at);
    oracle_part *leaf = new_leaf(o, prefix, piece->name);
    qp_real *value = qp_params_value(o->params, index) + piece->first;
    memcpy(value, oracle_reals(o, full) + piece->at, piece->count * sizeof *value);
    int32_t *map = oracle_memory(o, piece->count * sizeof *map);
    for (size_t i = 0; i < piece->count; i++) map[i] = (int32_t)(piece->at + i);
    leaf->map = map;
    leaf->tensor = qp_tensor_of(1, (int)piece->count, value);
    leaf->tensor.node = &o->gradient.node[index];
}

void oracle_bind(oracle *o, const char *prefix, oracle_split *split)
{
    if ((!o->model && qp_params_finish(o->params) != QP_OK) || qp_gradient_init(&o->gradient, o->params) != QP_OK)
        oracle_stop(o, "%s", qp_error_message());
    for (int i = 0; i < qp_params_count(o->params); i++) {
        const qp_parameter *ours = qp_params_at(o->params, i);
        oracle_piece piece[ORACLE_PIECES] = {0};
        size_t covered = 0;
        int pieces = split(ours, piece);
        for (int k = 0; k < pieces; k++) {
            bind_piece(o, i, prefix, &piece[k]);
            covered += piece[k].count;
        }
        if (covered != (size_t)ours->rows * (size_t)ours->columns) oracle_stop(o, "%s is not filled", ours->name);
    }
    qp_gradient_begin(&o->gradient, o->params);
    qp_tape_bind(o->tape, o->gradient.node);
}

void oracle_output(oracle *o, const char *name, qp_tensor y, const int32_t *map)
{
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    if (o->outs == ORACLE_PARTS) oracle_stop(o, "more than %d results", ORACLE_PARTS);
    oracle_part *out = &o->out[o->outs++];
    snprintf(out->name, sizeof out->name, "out.%s", name);
    out->tensor = y;
    out->map = map;
}

/* ---- comparing ---- */

static void tolerances(oracle *o, const char *name, double *rtol, double *atol)
{
    const char *pair = qp_safetensors_metadata(o->file, joined(o, "tol.", name));
    if (!pair) {
        *rtol = oracle_number(o, "rtol");
        *atol = oracle_number(o, "atol");
        return;
    }
    char *end, *last;
    *rtol = strtod(pair, &end);
    *atol = strtod(end, &last);
    if (end == pair || *end != ' ' || last == end || *last)
        oracle_stop(o, "tol.%s = \"%s\" is not two numbers", name, pair);
}

void oracle_compare(oracle *o, const char *name, size_t count, const qp_real *value)
{
    const qp_stored *stored = oracle_array(o, name), *mask = oracle_find(o, joined(o, "cmp.", name));
    if (stored->count != count) oracle_stop(o, "%s has %zu elements, ours %zu", name, stored->count, count);
    const qp_real *expected = oracle_reals(o, name);
    const int32_t *wanted = mask ? oracle_ints(o, joined(o, "cmp.", name)) : NULL;
    if (mask && mask->count != count) oracle_stop(o, "cmp.%s has %zu elements, not %zu", name, mask->count, count);
    double rtol, atol, worst = 0, worst_error = 0, worst_allowed = 0;
    size_t wrong = 0, worst_at = 0;
    tolerances(o, name, &rtol, &atol);
    for (size_t i = 0; i < count; i++) {
        double x = (double)value[i], r = (double)expected[i], error = fabs(x - r), allowed = atol + rtol * fabs(r);
        if ((wanted && !wanted[i]) || x == r || error <= allowed) continue;
        double excess = isnan(error) ? INFINITY : error / allowed;
        if (wrong++ == 0 || excess > worst) {
            worst = excess;
            worst_error = error;
            worst_allowed = allowed;
            worst_at = i;
        }
    }
    o->compared[stored - qp_safetensors_at(o->file, 0)] = true;
    if (wrong == 0) return;
    o->failures++;
    printf("%s: %s: worst error %.3g, allowed %.3g (%zu of %zu elements; element %zu is %.8g, should be %.8g)\n",
           o->name, name, worst_error, worst_allowed, wrong, count, worst_at, (double)value[worst_at],
           (double)expected[worst_at]);
}

void oracle_expect(oracle *o, const char *name, bool right, const char *format, ...)
{
    o->compared[oracle_array(o, name) - qp_safetensors_at(o->file, 0)] = true;
    if (right) return;
    va_list arguments;
    printf("%s: %s: ", o->name, name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    o->failures++;
}

/* Merges the parts of one array: values are copied, gradients summed. */
static void compare_parts(oracle *o, const oracle_part *part, int parts, int first, bool gradients)
{
    const char *name = part[first].name;
    for (int i = 0; i < first; i++)
        if (strcmp(part[i].name, name) == 0) return;
    if (gradients && !oracle_find(o, name)) return;
    const qp_stored *stored = oracle_array(o, name);
    qp_real *whole = oracle_memory(o, stored->count * sizeof *whole);
    for (int i = first; i < parts; i++) {
        const qp_tensor x = part[i].tensor;
        if (strcmp(part[i].name, name) != 0 || (gradients && !x.node->filled)) continue;
        size_t count = (size_t)x.rows * (size_t)x.columns;
        if (!part[i].map && count != stored->count)
            oracle_stop(o, "%s has %zu elements, ours %zu", name, stored->count, count);
        for (size_t e = 0; e < count; e++) {
            size_t at = part[i].map ? (size_t)part[i].map[e] : e;
            if (gradients)
                whole[at] += x.node->grad[(size_t)(x.value - x.node->value) + e];
            else
                whole[at] = x.value[(e / (size_t)x.columns) * (size_t)x.stride + e % (size_t)x.columns];
        }
    }
    oracle_compare(o, name, stored->count, whole);
}

void oracle_compare_weights(oracle *o, const char *prefix)
{
    for (int i = 0; i < o->leaves; i++) {
        const char *name = joined(o, prefix, strchr(o->leaf[i].name, '.') + 1);
        snprintf(o->leaf[i].name, sizeof o->leaf[i].name, "%s", name);
    }
    for (int i = 0; i < o->leaves; i++) compare_parts(o, o->leaf, o->leaves, i, false);
}

static void give_upstream(oracle *o, const oracle_part *out)
{
    const char *name = joined(o, "g", out->name);
    if (!oracle_find(o, name)) return;
    const qp_real *from = oracle_reals(o, name);
    qp_real beta, *grad = qp_tape_grad(o->tape, out->tensor, &beta);
    if (!grad) return; /* no gradient, as for the row of the padding id */
    const qp_tensor y = out->tensor;
    for (int r = 0; r < y.rows; r++)
        for (int c = 0; c < y.columns; c++) {
            ptrdiff_t e = (ptrdiff_t)r * y.columns + c, at = (ptrdiff_t)r * y.stride + c;
            grad[at] = (beta != 0 ? grad[at] : 0) + from[out->map ? out->map[e] : e];
        }
}

static bool is_result(const char *name)
{
    static const char *const prefix[] = {"out.", "gin.", "gparam.", "p.", "ema.", "final."};
    static const char *const whole[] = {"loss", "grad_norm", "lr"};
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
        if (strncmp(name, prefix[i], strlen(prefix[i])) == 0) return true;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(name, whole[i]) == 0) return true;
    return false;
}

void oracle_finish(oracle *o)
{
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    /* Values first: the backward pass may overwrite them with gradients. */
    for (int i = 0; i < o->outs; i++) compare_parts(o, o->out, o->outs, i, false);
    for (int i = 0; i < o->outs; i++) give_upstream(o, &o->out[i]);
    if (qp_tape_backward_from(o->tape) != QP_OK) oracle_stop(o, "%s", qp_tape_message(o->tape));
    for (int i = 0; i < o->leaves; i++) compare_parts(o, o->leaf, o->leaves, i, true);
    for (int i = 0; i < qp_safetensors_count(o->file); i++)
        if (is_result(qp_safetensors_at(o->file, i)->name) && !o->compared[i])
            oracle_stop(o, "%s was not compared", qp_safetensors_at(o->file, i)->name);
}
