#include "lib/grad/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/arena.h"
#include "lib/base/random.h"
#include "lib/grad/tape_internal.h"

/* One operation of the step. */
typedef struct entry {
    struct entry *before;
    qp_node *out[QP_TAPE_OUT_MAX]; /* NULL after the last */
    qp_backward *backward;
    void *context;
} entry;

/* Memory of gradients that are no longer needed, for the next tensor of the same size. */
typedef struct spare {
    struct spare *next;
} spare;

typedef struct {
    size_t bytes;
    spare *first;
} spare_list;

enum { SPARE_SIZES = 64 };

struct qp_tape {
    qp_arena arena;
    qp_mode mode;
    uint64_t key, operations;
    qp_real expected_scale;
    bool bf16;
    qp_node *parameter_node;
    entry *last;
    const qp_tape_watcher *watcher;   /* NULL: none */
    const qp_tape_profiler *profiler; /* NULL: none */
    double since;                     /* when its last operation ended */
    int uses, late;                 /* entries of watcher->use: those to come first, and last those that are late */
    qp_steps steps;
    qp_tensor penalty;
    spare_list spare[SPARE_SIZES];
    int spare_count;
    qp_status status;
    char message[512];
};

qp_tape *qp_tape_new(void)
{
    qp_tape *tape = calloc(1, sizeof *tape);
    if (!tape) return NULL;
    if (qp_arena_init(&tape->arena, 0)) return tape;
    free(tape);
    return NULL;
}

void qp_tape_free(qp_tape *tape)
{
    if (!tape) return;
    qp_arena_free(&tape->arena);
    free(tape);
}

void qp_tape_profile(qp_tape *tape, const qp_tape_profiler *profiler) { tape->profiler = profiler; }

static void profile(qp_tape *tape, qp_backward *operation, bool backward)
{
    struct timespec t;
    if (!tape->profiler) return;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    double now = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
    if (operation) tape->profiler->spent(tape->profiler->self, operation, backward, now - tape->since);
    tape->since = now;
}

void qp_tape_begin(qp_tape *tape, qp_mode mode, uint64_t key)
{
    profile(tape, NULL, false);
    qp_arena_rewind(&tape->arena, 0);
    tape->mode = mode;
    tape->key = key;
    tape->operations = 0;
    tape->expected_scale = 0;
    tape->bf16 = false;
    tape->parameter_node = NULL;
    tape->last = NULL;
    tape->watcher = NULL;
    tape->steps = (qp_steps){0};
    tape->penalty = (qp_tensor){0};
    tape->spare_count = 0;
    tape->status = QP_OK;
    tape->message[0] = '\0';
}

void qp_tape_bind(qp_tape *tape, qp_node *parameter_node) { tape->parameter_node = parameter_node; }

void qp_tape_expect_scale(qp_tape *tape, qp_real scale) { tape->expected_scale = scale; }

qp_real qp_tape_expected_scale(const qp_tape *tape) { return tape->expected_scale; }

void qp_tape_use_bf16(qp_tape *tape) { tape->bf16 = true; }

bool qp_tape_uses_bf16(const qp_tape *tape) { return tape->bf16; }

void qp_tape_watch(qp_tape *tape, const qp_tape_watcher *watcher)
{
    tape->watcher = watcher;
    tape->uses = 0;
}

qp_tape_paused qp_tape_pause(qp_tape *tape)
{
    qp_tape_paused paused = {tape->mode, tape->parameter_node, tape->operations};
    tape->mode = QP_INFER;
    tape->parameter_node = NULL;
    return paused;
}

void qp_tape_resume(qp_tape *tape, qp_tape_paused paused)
{
    tape->mode = paused.mode;
    tape->parameter_node = paused.parameter_node;
    tape->operations = paused.operations;
}

bool qp_tape_training(const qp_tape *tape) { return tape->mode == QP_TRAIN; }

qp_node *qp_tape_parameter_node(qp_tape *tape, int index)
{
    if (!tape->parameter_node) return NULL;
    qp_node *node = &tape->parameter_node[index];
    if (tape->watcher && !node->used) {
        tape->watcher->use[tape->uses++] = (qp_tape_use){tape->last, index};
        node->used = true;
    }
    return node;
}

uint64_t qp_tape_next_key(qp_tape *tape) { return qp_random_key(tape->key, tape->operations++); }

qp_steps *qp_tape_steps(qp_tape *tape) { return &tape->steps; }

qp_tensor *qp_tape_penalty(qp_tape *tape) { return &tape->penalty; }

qp_status qp_tape_status(const qp_tape *tape) { return tape->status; }

const char *qp_tape_message(const qp_tape *tape) { return tape->message; }

bool qp_tape_failed(const qp_tape *tape) { return tape->status != QP_OK; }

size_t qp_tape_peak_bytes(const qp_tape *tape) { return tape->arena.peak_bytes; }

qp_tensor qp_tape_fail(qp_tape *tape, qp_status status, const char *format, ...)
{
    if (tape->status == QP_OK) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(tape->message, sizeof tape->message, format, arguments);
        va_end(arguments);
        tape->status = status;
        qp_fail(status, "%s", tape->message);
    }
    return (qp_tensor){0};
}

void *qp_tape_memory(qp_tape *tape, size_t bytes)
{
    if (tape->status != QP_OK) return NULL;
    void *memory = qp_arena_take(&tape->arena, bytes);
    if (!memory)
        qp_tape_fail(tape, QP_EMEMORY, "out of memory: this step needs more than %zu MB; use a smaller --batch-size",
                     tape->arena.reserved_bytes >> 20);
    return memory;
}

size_t qp_tape_mark(const qp_tape *tape) { return qp_arena_mark(&tape->arena); }

void qp_tape_rewind(qp_tape *tape, size_t mark) { qp_arena_rewind(&tape->arena, mark); }

qp_tensor qp_tape_keep(qp_tape *tape, size_t mark, qp_tensor x)
{
    if (tape->mode != QP_INFER || tape->status != QP_OK || x.stride != x.columns) return x;
    qp_arena_rewind(&tape->arena, mark);
    qp_tensor kept = qp_tape_constant(tape, x.rows, x.columns);
    if (kept.value) memmove(kept.value, x.value, (size_t)x.rows * (size_t)x.columns * sizeof *x.value);
    return kept;
}

qp_tensor qp_tape_constant(qp_tape *tape, int rows, int columns)
{
    if (rows < 0 || columns < 0)
        return qp_tape_fail(tape, QP_ESHAPE, "tensor of %d rows and %d columns", rows, columns);
    size_t count = (size_t)rows * (size_t)columns;
    qp_real *value = qp_tape_memory(tape, count * sizeof *value);
    if (!value) return (qp_tensor){0};
    return qp_tensor_of(rows, columns, value);
}

static qp_tensor add_node(qp_tape *tape, qp_tensor made)
{
    if (!made.value || tape->mode != QP_TRAIN) return made;
    made.node = qp_tape_memory(tape, sizeof *made.node);
    if (!made.node) return (qp_tensor){0};
    *made.node = (qp_node){.value = made.value, .count = (size_t)made.rows * (size_t)made.columns};
    return made;
}

qp_tensor qp_tape_tensor(qp_tape *tape, int rows, int columns)
{
    return add_node(tape, qp_tape_constant(tape, rows, columns));
}

qp_tensor qp_tape_reuse(qp_tape *tape, qp_tensor x)
{
    const char *memory = (const char *)x.value;
    bool ours = memory >= tape->arena.base && memory < tape->arena.base + tape->arena.used_bytes;
    if (!ours || x.stride != x.columns) return qp_tape_tensor(tape, x.rows, x.columns);
    return add_node(tape, qp_tensor_of(x.rows, x.columns, x.value));
}

void qp_tape_record(qp_tape *tape, qp_tensor out, qp_backward *backward, const void *context, size_t context_bytes)
{
    qp_tape_record_several(tape, &out, 1, backward, context, context_bytes);
}

void qp_tape_record_several(qp_tape *tape, const qp_tensor *out, int count, qp_backward *backward, const void *context,
                            size_t context_bytes)
{
    if (tape->mode != QP_TRAIN || tape->status != QP_OK) return;
    entry *made = qp_tape_memory(tape, sizeof *made);
    void *copy = qp_tape_memory(tape, context_bytes);
    if (!made || !copy) return;
    memcpy(copy, context, context_bytes);
    *made = (entry){.before = tape->last, .backward = backward, .context = copy};
    for (int i = 0; i < count && i < QP_TAPE_OUT_MAX; i++) made->out[i] = out[i].node;
    tape->last = made;
    profile(tape, backward, false);
}

/* ---- gradients ---- */

static size_t grad_bytes(const qp_node *node)
{
    size_t bytes = node->count * sizeof(qp_real);
    return bytes < sizeof(spare) ? sizeof(spare) : bytes;
}

static spare_list *spares_of(qp_tape *tape, size_t bytes)
{
    for (int i = 0; i < tape->spare_count; i++)
        if (tape->spare[i].bytes == bytes) return &tape->spare[i];
    if (tape->spare_count == SPARE_SIZES) return NULL;
    tape->spare[tape->spare_count] = (spare_list){.bytes = bytes};
    return &tape->spare[tape->spare_count++];
}

static bool grad_take(qp_tape *tape, qp_node *node)
{
    if (node->grad) return true;
    spare_list *list = spares_of(tape, grad_bytes(node));
    if (list && list->first) {
        node->grad = (qp_real *)list->first;
        list->first = list->first->next;
        return true;
    }
    node->grad = qp_tape_memory(tape, grad_bytes(node));
    return node->grad != NULL;
}

/* The backward of the operation that made the tensor has run: its gradient is not read again. */
static void grad_release(qp_tape *tape, qp_node *node)
{
    if (!node || !node->grad || node->parameter || node->grad == node->value) return;
    spare_list *list = spares_of(tape, grad_bytes(node));
    if (!list) return;
    spare *released = (spare *)node->grad;
    released->next = list->first;
    list->first = released;
    node->grad = NULL;
    node->filled = false;
}

static qp_real *grad_view(qp_tensor x) { return x.node->grad + (x.value - x.node->value); }

static bool is_band(qp_tensor x)
{
    return x.columns != x.stride || (size_t)x.rows * (size_t)x.columns != x.node->count;
}

const qp_real *qp_tape_upstream(qp_tensor y) { return grad_view(y); }

qp_real *qp_tape_grad(qp_tape *tape, qp_tensor x, qp_real *beta)
{
    *beta = 1;
    if (!x.node || tape->status != QP_OK) return NULL;
    if (is_band(x)) return qp_tape_grad_zeroed(tape, x);
    if (!grad_take(tape, x.node)) return NULL;
    if (!x.node->filled) *beta = 0;
    x.node->filled = true;
    return grad_view(x);
}

qp_real *qp_tape_grad_zeroed(qp_tape *tape, qp_tensor x)
{
    if (!x.node || tape->status != QP_OK || !grad_take(tape, x.node)) return NULL;
    if (!x.node->filled) memset(x.node->grad, 0, x.node->count * sizeof *x.node->grad);
    x.node->filled = true;
    return grad_view(x);
}

/* Whether the bands of the matrix of `first` among band[0 .. count-1] cover all its rows and columns without
 * overlap. */
static bool bands_cover(const qp_tensor *band, int count, qp_tensor first)
{
    const qp_node *node = first.node;
    int columns = 0;
    for (int i = 0; i < count; i++) {
        if (band[i].node != node) continue;
        if (band[i].stride != first.stride || (size_t)band[i].rows * (size_t)band[i].stride != node->count)
            return false;
        for (int j = 0; j < i; j++)
            if (band[j].node == node && band[i].value < band[j].value + band[j].columns &&
                band[j].value < band[i].value + band[i].columns)
                return false;
        columns += band[i].columns;
    }
    return columns == first.stride;
}

void qp_tape_grad_bands(qp_tape *tape, const qp_tensor *band, int count, qp_real **grad, qp_real *beta)
{
    for (int i = 0; i < count; i++) {
        grad[i] = NULL;
        beta[i] = 1;
    }
    for (int i = 0; i < count; i++) {
        qp_node *node = band[i].node;
        if (!node || tape->status != QP_OK || !grad_take(tape, node)) continue;
        if (node->filled) {
            grad[i] = grad_view(band[i]);
            continue;
        }
        bool covered = bands_cover(band + i, count - i, band[i]);
        if (!covered) memset(node->grad, 0, node->count * sizeof *node->grad);
        node->filled = true;
        for (int j = i; j < count; j++)
            if (band[j].node == node) beta[j] = covered ? 0 : 1;
        grad[i] = grad_view(band[i]);
    }
}

static bool wanted(const entry *step)
{
    for (int i = 0; i < QP_TAPE_OUT_MAX; i++)
        if (step->out[i] && step->out[i]->filled) return true;
    return false;
}

/* Reports the parameters that no operation up to `step` has used. Late ones move to the end of the list, [uses]. */
static void report_done(qp_tape *tape, const entry *step, int uses)
{
    const qp_tape_watcher *w = tape->watcher;
    if (!w || tape->status != QP_OK) return;
    while (tape->uses > 0 && w->use[tape->uses - 1].before == step) {
        qp_tape_use use = w->use[--tape->uses];
        if (tape->parameter_node[use.parameter].late)
            w->use[uses - ++tape->late] = use;
        else
            w->done(w->self, use.parameter);
    }
}

static void report_late(qp_tape *tape, int uses)
{
    const qp_tape_watcher *w = tape->watcher;
    if (!w || tape->status != QP_OK) return;
    for (int i = uses - tape->late; i < uses; i++) w->done(w->self, w->use[i].parameter);
}

qp_status qp_tape_backward_from(qp_tape *tape)
{
    int uses = tape->uses;
    tape->late = 0;
    for (entry *step = tape->last; step && tape->status == QP_OK; step = step->before) {
        report_done(tape, step, uses);
        if (!wanted(step)) continue;
        profile(tape, NULL, true);
        step->backward(tape, step->context);
        profile(tape, step->backward, true);
        for (int i = 0; i < QP_TAPE_OUT_MAX; i++) grad_release(tape, step->out[i]);
    }
    if (tape->steps.finish) tape->steps.finish(tape);
    report_done(tape, NULL, uses);
    report_late(tape, uses);
    return tape->status;
}

qp_status qp_tape_backward(qp_tape *tape, qp_tensor loss, qp_real scale)
{
    if (tape->status != QP_OK) return tape->status;
    if (loss.rows != 1 || loss.columns != 1 || !loss.node) {
        qp_tape_fail(tape, QP_ESHAPE, "backward from a tensor of %d rows and %d columns; a loss is [1, 1]", loss.rows,
                     loss.columns);
        return tape->status;
    }
    qp_real beta;
    qp_real *grad = qp_tape_grad(tape, loss, &beta);
    if (grad) grad[0] = scale;
    return qp_tape_backward_from(tape);
}
