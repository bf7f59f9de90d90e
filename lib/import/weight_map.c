#include "lib/import/weight_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/import/weight_names.h"

enum { PIECES = 8 };

/* One parameter and the arrays that make it. */
typedef struct {
    qp_weight_rule rule;
    int pieces, piece[PIECES]; /* numbers of arrays of the source */
} recipe;

typedef struct {
    const qp_weight_source *source;
    const qp_weight_table *table;
    int tables;
    const qp_weight_shape *shape;
    qp_params *params;
    recipe *recipe; /* [parameters] */
    bool *used;     /* [arrays] */
    qp_real *memory; /* [room] */
    size_t room;
} loader;

/* ---- names ---- */

static bool is_named(const char *stored, const char *prefix, const char *name)
{
    size_t length = prefix ? strlen(prefix) : 0;
    if (*name == '/') return strcmp(stored, name + 1) == 0;
    if (strcmp(stored, name) == 0) return true;
    return length && strncmp(stored, prefix, length) == 0 && strcmp(stored + length, name) == 0;
}

static int find(const qp_weight_source *source, const qp_weight_shape *shape, const char *name)
{
    for (int i = 0; i < source->count; i++)
        if (is_named(source->at(source->self, i).name, shape->prefix, name)) return i;
    return -1;
}

bool qp_weights_have(const qp_weight_source *source, const qp_weight_shape *shape, const char *name)
{
    return find(source, shape, name) >= 0;
}

/* ---- the plan ---- */

/* The first row whose first array is there; else the first row, for the message. */
static const qp_weight_map *row_of(const loader *l, const char *ours, int *number)
{
    const qp_weight_map *first = NULL;
    char name[QP_WEIGHT_NAME_BYTES];
    for (int t = 0; t < l->tables; t++)
        for (int i = 0; i < l->table[t].maps; i++) {
            const qp_weight_map *row = &l->table[t].map[i];
            if (!row->ours || !qp_weight_name_fits(row->ours, ours, number)) continue;
            if (!first) first = row;
            if (!*row->theirs && l->shape->lacks) return row;
            if (!qp_weight_name(row->theirs, strcspn(row->theirs, "|"), number, name)) continue;
            if (find(l->source, l->shape, name) >= 0) return row;
        }
    return first;
}

static void print_shape(const qp_weight_array *a, char *text, size_t bytes)
{
    size_t used = (size_t)snprintf(text, bytes, "[");
    for (int i = 0; i < a->dimensions && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%lld", i ? ", " : "", (long long)a->shape[i]);
    if (used < bytes) snprintf(text + used, bytes - used, "]");
}

static qp_status wrong_shape(const loader *l, const qp_weight_array *a, const qp_parameter *p)
{
    char text[128];
    print_shape(a, text, sizeof text);
    return qp_fail(QP_EDATA,
                   "%s: %.100s is %s, which does not fit %s [%d, %d]; the weights are not of this configuration",
                   l->source->place, a->name, text, p->name, p->rows, p->columns);
}

/* Elements of an array that its rule takes. */
static size_t taken(const loader *l, const recipe *r, const qp_weight_array *a, const qp_parameter *p)
{
    if (r->rule == QP_WEIGHT_FIRST_HALF || r->rule == QP_WEIGHT_SECOND_HALF) return a->count / 2;
    if (r->rule == QP_WEIGHT_POSITIONS) {
        size_t skipped = (size_t)l->shape->skipped * (size_t)p->columns;
        return a->count > skipped ? a->count - skipped : 0;
    }
    return a->count;
}

/* Rows follow one another, so the last dimension of every matrix is our number of columns (the first, transposed). */
static bool columns_fit(const recipe *r, const qp_weight_array *a, const qp_parameter *p)
{
    if (a->dimensions < 1) return p->rows == 1 && p->columns == 1;
    int64_t last = a->shape[a->dimensions - 1];
    if (r->rule == QP_WEIGHT_TRANSPOSED) return a->dimensions == 2 && a->shape[0] == p->columns;
    if (p->rows == 1) return true; /* the total is compared */
    if (a->dimensions <= 2) return last == p->columns;
    int64_t inner = 1;
    for (int i = 1; i < a->dimensions; i++) inner *= a->shape[i];
    return inner == p->columns || last == p->columns; /* a filter's window, or leading dimensions of 1 */
}

static qp_status check_recipe(const loader *l, const recipe *r, const qp_parameter *p)
{
    size_t total = 0, wanted = (size_t)p->rows * (size_t)p->columns;
    qp_weight_array a = {0};
    if (r->rule == QP_WEIGHT_ZEROS || r->rule == QP_WEIGHT_ONES) return QP_OK;
    if (r->rule == QP_WEIGHT_LAST_ROW) wanted = p->rows == 1 ? 1 : (size_t)p->columns; /* a bias: one number */
    for (int i = 0; i < r->pieces; i++) {
        a = l->source->at(l->source->self, r->piece[i]);
        if (!columns_fit(r, &a, p)) return wrong_shape(l, &a, p);
        total += taken(l, r, &a, p);
        if (total > wanted) return wrong_shape(l, &a, p);
    }
    if (r->rule == QP_WEIGHT_FEWER && total > 0) return QP_OK;
    return total == wanted ? QP_OK : wrong_shape(l, &a, p);
}

static qp_status plan_one(loader *l, int index)
{
    const qp_parameter *p = qp_params_at(l->params, index);
    recipe *r = &l->recipe[index];
    char name[QP_WEIGHT_NAME_BYTES];
    int number[QP_WEIGHT_NUMBERS] = {0};
    const qp_weight_map *row = row_of(l, p->name, number);
    if (!row)
        return qp_fail(QP_EDATA, "%s: no array of this architecture makes %s; it cannot be read", l->source->place,
                       p->name);
    r->rule = row->rule;
    for (const char *at = row->theirs; *at;) {
        size_t length = strcspn(at, "|");
        if (r->pieces == PIECES || !qp_weight_name(at, length, number, name))
            return qp_fail(QP_EDATA, "%s: too many parts of %s", l->source->place, p->name);
        int found = find(l->source, l->shape, name);
        if (found < 0)
            return qp_fail(QP_EDATA, "%s: array %s is missing; fetch all files of the model again", l->source->place,
                           name + (*name == '/'));
        l->used[found] = true;
        r->piece[r->pieces++] = found;
        at += length + (at[length] == '|');
    }
    return check_recipe(l, r, p);
}

static bool is_unused(const loader *l, const char *name)
{
    int number[QP_WEIGHT_NUMBERS];
    size_t length = l->shape->prefix ? strlen(l->shape->prefix) : 0;
    const char *bare = length && strncmp(name, l->shape->prefix, length) == 0 ? name + length : name;
    for (int t = 0; t < l->tables; t++)
        for (int i = 0; i < l->table[t].maps; i++) {
            const qp_weight_map *row = &l->table[t].map[i];
            if (row->ours) continue;
            bool root = *row->theirs == '/';
            if (qp_weight_name_fits(row->theirs + root, name, number)) return true;
            if (!root && qp_weight_name_fits(row->theirs, bare, number)) return true;
        }
    return false;
}

static qp_status check_leftovers(const loader *l)
{
    for (int i = 0; i < l->source->count; i++) {
        const char *name = l->source->at(l->source->self, i).name;
        if (!l->used[i] && !is_unused(l, name))
            return qp_fail(QP_EDATA, "%s: array %.100s is not of the architecture that the configuration names; it "
                                     "cannot be read without it",
                           l->source->place, name);
    }
    return QP_OK;
}

/* ---- the rules ---- */

void qp_weight_transpose(const qp_real *from, int rows, int columns, qp_real *to)
{
    enum { BLOCK = 32 };
    for (int r0 = 0; r0 < rows; r0 += BLOCK)
        for (int c0 = 0; c0 < columns; c0 += BLOCK)
            for (int r = r0; r < rows && r < r0 + BLOCK; r++)
                for (int c = c0; c < columns && c < c0 + BLOCK; c++)
                    to[(ptrdiff_t)r * columns + c] = from[(ptrdiff_t)c * rows + r];
}

/* The place among our rows (all q; all k; all v) of row r that is grouped by key/value head. */
static int ungrouped(const qp_weight_shape *s, int r)
{
    int queries = s->heads / s->kv_heads, group = (queries + 2) * s->head_width;
    int g = r / group, inside = r % group, head = inside / s->head_width, column = inside % s->head_width;
    if (head < queries) return (g * queries + head) * s->head_width + column;
    return (s->heads + (head - queries) * s->kv_heads + g) * s->head_width + column;
}

/* The place of row r whose rotary pairs are neighbours. Values, after the queries and keys, stay. */
static int unpaired(const qp_weight_shape *s, int r)
{
    int head = r / s->head_width, column = r % s->head_width;
    if (head >= s->heads + s->kv_heads || column >= s->rotated) return r;
    return head * s->head_width + column / 2 + column % 2 * (s->rotated / 2);
}

static void permute(const loader *l, const recipe *r, const qp_parameter *p, const qp_real *from, qp_real *to)
{
    bool vector = p->rows == 1;
    int rows = vector ? p->columns : p->rows;
    size_t width = vector ? 1 : (size_t)p->columns;
    for (int i = 0; i < rows; i++) {
        int place = r->rule == QP_WEIGHT_GROUPED ? ungrouped(l->shape, i) : unpaired(l->shape, i);
        memcpy(to + (size_t)place * width, from + (size_t)i * width, width * sizeof *to);
    }
}

/* ---- filling ---- */

static bool reserve(loader *l, size_t count)
{
    if (count <= l->room) return true;
    free(l->memory);
    l->memory = malloc(count * sizeof *l->memory);
    l->room = l->memory ? count : 0;
    return l->memory != NULL;
}

/* Reads the pieces one after the other. */
static qp_status read_pieces(const loader *l, const recipe *r, qp_real *to)
{
    for (int i = 0; i < r->pieces; i++) {
        QP_TRY(l->source->read(l->source->self, r->piece[i], to));
        to += l->source->at(l->source->self, r->piece[i]).count;
    }
    return QP_OK;
}

/* The pieces in memory, [columns, rows of each] one after the other. */
static void transpose_pieces(const loader *l, const recipe *r, int columns, qp_real *to)
{
    const qp_real *from = l->memory;
    for (int i = 0; i < r->pieces; i++) {
        size_t count = l->source->at(l->source->self, r->piece[i]).count;
        qp_weight_transpose(from, (int)(count / (size_t)columns), columns, to);
        from += count;
        to += count;
    }
}

static qp_status fill_one(loader *l, int index)
{
    const qp_parameter *p = qp_params_at(l->params, index);
    const recipe *r = &l->recipe[index];
    qp_real *to = qp_params_value(l->params, index);
    size_t total = 0, wanted = (size_t)p->rows * (size_t)p->columns;
    for (int i = 0; i < r->pieces; i++) total += l->source->at(l->source->self, r->piece[i]).count;
    if (r->rule == QP_WEIGHT_ZEROS) return QP_OK; /* as qp_params_finish made it */
    if (r->rule == QP_WEIGHT_ONES) {
        for (size_t i = 0; i < wanted; i++) to[i] = 1;
        return QP_OK;
    }
    if (r->rule <= QP_WEIGHT_ROW) return read_pieces(l, r, to);
    if (r->rule == QP_WEIGHT_LAST_ROW) return read_pieces(l, r, to + wanted - total);
    if (r->rule == QP_WEIGHT_FEWER) {
        for (size_t i = total; i < wanted; i++) to[i] = p->rows == 1 ? l->shape->missing : 0;
        return read_pieces(l, r, to);
    }
    if (r->rule == QP_WEIGHT_ADD_ONE) {
        QP_TRY(read_pieces(l, r, to));
        for (size_t i = 0; i < wanted; i++) to[i] += 1;
        return QP_OK;
    }
    if (!reserve(l, total)) return qp_fail(QP_EMEMORY, "%s: out of memory for %s", l->source->place, p->name);
    QP_TRY(read_pieces(l, r, l->memory));
    if (r->rule == QP_WEIGHT_TRANSPOSED)
        transpose_pieces(l, r, p->columns, to);
    else if (r->rule == QP_WEIGHT_GROUPED || r->rule == QP_WEIGHT_PAIRS)
        permute(l, r, p, l->memory, to);
    else /* the second half, or the rows after those that are skipped; the first half begins at 0 */
        memcpy(to, l->memory + (r->rule == QP_WEIGHT_FIRST_HALF ? 0 : total - wanted), wanted * sizeof *to);
    return QP_OK;
}

static qp_status load(loader *l)
{
    int count = qp_params_count(l->params);
    for (int i = 0; i < count; i++) QP_TRY(plan_one(l, i));
    QP_TRY(check_leftovers(l));
    QP_TRY(qp_params_finish(l->params));
    for (int i = 0; i < count; i++) QP_TRY(fill_one(l, i));
    return QP_OK;
}

qp_status qp_weights_load(const qp_weight_source *source, const qp_weight_table *table, int tables,
                          const qp_weight_shape *shape, qp_params *params)
{
    loader l = {.source = source, .table = table, .tables = tables, .shape = shape, .params = params};
    l.recipe = calloc((size_t)qp_params_count(params) + 1, sizeof *l.recipe);
    l.used = calloc((size_t)source->count + 1, sizeof *l.used);
    qp_status status = QP_EMEMORY;
    if (l.recipe && l.used)
        status = load(&l);
    else
        qp_fail(QP_EMEMORY, "%s: out of memory", source->place);
    free(l.recipe);
    free(l.used);
    free(l.memory);
    return status;
}
