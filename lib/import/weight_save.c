#include "lib/import/weight_save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

typedef struct {
    const qp_weight_shape *shape;
    const qp_weight_map *row;
    const qp_parameter *parameter;
    const qp_real *value;
    int number[QP_WEIGHT_NUMBERS];
    bool names; /* no values are wanted */
    qp_weight_list *list;
} writer;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for the arrays of a model"); }

static const qp_weight_map *row_of(const qp_weight_table *table, int tables, bool gated, const char *ours, int *number)
{
    for (int t = 0; t < tables; t++)
        for (int i = 0; i < table[t].maps; i++) {
            const qp_weight_map *row = &table[t].map[i];
            if (!row->ours || row->rule == QP_WEIGHT_READ || row->rule == QP_WEIGHT_TWICE ||
                (row->rule == QP_WEIGHT_GATED && !gated))
                continue;
            if (qp_weight_name_fits(row->ours, ours, number)) return row;
        }
    return NULL;
}

/* A vector has no weight decay. */
static bool is_matrix(const writer *w)
{
    return w->parameter->rows > 1 || w->parameter->decay || w->row->rule == QP_WEIGHT_ROW;
}

qp_status qp_weight_list_add(qp_weight_list *list, const qp_weight_written *array)
{
    if (QP_GROW(list->array, list->room, list->count + 1)) {
        list->array[list->count++] = *array;
        return QP_OK;
    }
    free(array->made);
    return no_memory();
}

/* Appends an array of this name; a vector has 1 row. */
static qp_status append(const writer *w, const char *pattern, size_t length, int rows, int columns,
                        qp_weight_written **made)
{
    qp_weight_list *list = w->list;
    char name[QP_WEIGHT_NAME_BYTES];
    bool root = *pattern == '/';
    qp_weight_written a = {.dimensions = is_matrix(w) ? 2 : 1};
    if (!qp_weight_name(pattern + root, length - root, w->number, name) ||
        snprintf(a.name, sizeof a.name, "%s%s", root || !w->shape->prefix ? "" : w->shape->prefix, name) >=
            (int)sizeof a.name)
        return qp_fail(QP_EDATA, "the name that %s has there is too long", w->parameter->name);
    a.shape[0] = a.dimensions == 1 ? columns : rows;
    a.shape[1] = columns;
    QP_TRY(qp_weight_list_add(list, &a));
    *made = &list->array[list->count - 1];
    return QP_OK;
}

/* Parts with '|' between them share the rows of a matrix, or the columns of a vector. */
static qp_status write_parts(const writer *w)
{
    const qp_parameter *p = w->parameter;
    const qp_real *value = w->value;
    bool vector = p->rows == 1 && !p->decay;
    int left = (vector ? p->columns : p->rows) - (w->row->rule == QP_WEIGHT_FEWER ? w->shape->unwritten : 0);
    int parts = 1, keys = w->shape->kv_heads * w->shape->head_width;
    for (const char *at = w->row->theirs; *at; at++) parts += *at == '|';
    if (parts == 2) keys = left / 2;
    for (const char *at = w->row->theirs; *at; parts--) {
        size_t length = strcspn(at, "|");
        qp_weight_written *a;
        int rows = parts > 2 ? left - 2 * keys : parts == 2 ? keys : left;
        QP_TRY(append(w, at, length, vector ? 1 : rows, vector ? rows : p->columns, &a));
        a->value = value;
        value += (size_t)rows * (size_t)(vector ? 1 : p->columns);
        left -= rows;
        at += length + (at[length] == '|');
    }
    return QP_OK;
}

static qp_status write_made(const writer *w, int rows, int columns, qp_weight_written **a)
{
    QP_TRY(append(w, w->row->theirs, strlen(w->row->theirs), rows, columns, a));
    if (w->names) return QP_OK;
    (*a)->value = (*a)->made = calloc((size_t)rows * (size_t)columns, sizeof *(*a)->made);
    return (*a)->made ? QP_OK : no_memory();
}

static qp_status write_one(const writer *w)
{
    const qp_parameter *p = w->parameter;
    qp_weight_written *a;
    if (w->row->rule <= QP_WEIGHT_ROW || w->row->rule == QP_WEIGHT_FEWER) return write_parts(w);
    if (w->row->rule == QP_WEIGHT_TRANSPOSED) {
        QP_TRY(write_made(w, p->columns, p->rows, &a));
        if (!w->names) qp_weight_transpose(w->value, p->columns, p->rows, a->made);
        return QP_OK;
    }
    if (w->row->rule != QP_WEIGHT_POSITIONS) return qp_fail(QP_EBUG, "%s: this rule only reads", p->name);
    QP_TRY(write_made(w, p->rows + w->shape->skipped, p->columns, &a));
    if (w->names) return QP_OK;
    memcpy(a->made + (size_t)w->shape->skipped * (size_t)p->columns, w->value,
           (size_t)p->rows * (size_t)p->columns * sizeof *a->made);
    return QP_OK;
}

/* The rows that write a parameter once more. */
static qp_status write_again(writer *w, const qp_weight_table *table, int tables)
{
    for (int t = 0; t < tables; t++)
        for (int i = 0; i < table[t].maps; i++) {
            w->row = &table[t].map[i];
            if (w->row->rule == QP_WEIGHT_TWICE && qp_weight_name_fits(w->row->ours, w->parameter->name, w->number))
                QP_TRY(write_one(w));
        }
    return QP_OK;
}

qp_status qp_weight_list_make(qp_params *params, const qp_weight_table *table, int tables,
                              const qp_weight_shape *shape, bool names, qp_weight_list *list)
{
    for (int i = 0; i < qp_params_count(params); i++) {
        writer w = {.shape = shape, .parameter = qp_params_at(params, i), .value = qp_params_value(params, i),
                    .names = names, .list = list};
        w.row = row_of(table, tables, shape->gated, w.parameter->name, w.number);
        if (w.row)
            QP_TRY(write_one(&w));
        else if (!list->without)
            list->without = w.parameter->name;
        if (shape->twice) QP_TRY(write_again(&w, table, tables));
    }
    return QP_OK;
}

void qp_weight_list_free(qp_weight_list *list)
{
    for (size_t i = 0; i < list->count; i++) free(list->array[i].made);
    free(list->array);
    *list = (qp_weight_list){0};
}

/* ---- as a source ---- */

static qp_weight_array array_at(const void *self, int index)
{
    const qp_weight_written *a = &((const qp_weight_list *)self)->array[index];
    size_t count = (size_t)a->shape[0] * (size_t)(a->dimensions > 1 ? a->shape[1] : 1);
    return (qp_weight_array){a->name, a->dimensions, {a->shape[0], a->shape[1]}, count};
}

static qp_status read_nothing(const void *self, int index, qp_real *value)
{
    (void)value;
    return qp_fail(QP_EBUG, "%s: only its name is known", array_at(self, index).name);
}

qp_weight_source qp_weight_list_source(const qp_weight_list *list, const char *place)
{
    return (qp_weight_source){(void *)list, place, (int)list->count, array_at, read_nothing};
}
