#include "lib/train/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/file.h"
#include "lib/store/safetensors.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/text/text_buffer.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 200 };
#define PREFIX "quipu.run."

const char *qp_checkpoint_path(const char *folder, const char *kind, int64_t update, char *text, size_t bytes)
{
    snprintf(text, bytes, "%s/%s-%08" PRId64 ".safetensors", folder, kind, update);
    return text;
}

qp_status qp_run_reset_parse(const char *text, qp_run_reset *reset)
{
    *reset = (qp_run_reset){0};
    while (*text) {
        size_t bytes = strcspn(text, ", ");
        if (bytes == 9 && strncmp(text, "optimizer", 9) == 0)
            reset->optimizer = true;
        else if (bytes == 8 && strncmp(text, "schedule", 8) == 0)
            reset->schedule = true;
        else if (bytes == 8 && strncmp(text, "counters", 8) == 0)
            reset->counters = true;
        else if (bytes > 0)
            return qp_fail(QP_EUSAGE, "--reset: unknown '%.*s'; choose from optimizer, schedule, counters",
                           (int)(bytes < 40 ? bytes : 40), text);
        text += bytes + strspn(text + bytes, ", ");
    }
    return QP_OK;
}

/* ---- saving ---- */

static void put_integer(qp_safetensors_writer *writer, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    qp_safetensors_writer_metadata(writer, key, text);
}

static void put_real(qp_safetensors_writer *writer, const char *key, double value)
{
    uint64_t bits;
    char text[32];
    memcpy(&bits, &value, sizeof bits);
    snprintf(text, sizeof text, "%016" PRIx64, bits);
    qp_safetensors_writer_metadata(writer, key, text);
}

static qp_status put_models(qp_safetensors_writer *writer, const qp_run_state *state)
{
    qp_text_buffer list = {0};
    char *text;
    for (int i = 0; i < state->models; i++) qp_text_format(&list, "%s%" PRId64, i ? "," : "", state->model[i]);
    QP_TRY(qp_text_finish(&list, &text, NULL));
    qp_safetensors_writer_metadata(writer, PREFIX "models", text);
    free(text);
    return QP_OK;
}

static void put_block(qp_safetensors_writer *writer, const char *kind, const qp_params *params, const qp_real *block)
{
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        const int64_t shape[] = {p->rows, p->columns};
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s/%s", kind, p->name);
        qp_safetensors_writer_add(writer, name, QP_DTYPE_REAL, 2, shape, block + p->offset);
    }
}

qp_status qp_checkpoint_save(const qp_checkpoint *c, const qp_run_state *state)
{
    char path[PATH_BYTES];
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    if (!writer) return qp_fail(QP_EMEMORY, "%s: out of memory while saving", c->folder);
    qp_safetensors_writer_metadata(writer, PREFIX "fingerprint", c->fingerprint);
    qp_safetensors_writer_metadata(writer, PREFIX "kernels", qp_cpu_name(qp_cpu_level()));
#define PUT(name) put_integer(writer, PREFIX #name, state->name);
    QP_RUN_INTEGERS(PUT)
    QP_RUN_CLOCKS(PUT)
    QP_RUN_PORTIONS(PUT)
#undef PUT
#define PUT(name) put_real(writer, PREFIX #name, state->name);
    QP_RUN_REALS(PUT)
#undef PUT
    qp_status status = put_models(writer, state);
    const int64_t carried = (int64_t)state->carry_count;
    if (carried) qp_safetensors_writer_add(writer, "carry", QP_DTYPE_REAL, 1, &carried, state->carry);
    put_block(writer, "weights", c->params, qp_params_block(c->params));
    for (int i = 0; i < qp_optimizer_states(c->optimizer); i++)
        put_block(writer, qp_optimizer_state_name(c->optimizer, i), c->params, qp_optimizer_state(c->optimizer, i));
    if (status == QP_OK)
        return qp_safetensors_writer_save(writer,
                                          qp_checkpoint_path(c->folder, "state", state->update, path, sizeof path));
    qp_safetensors_writer_free(writer);
    return status;
}

/* ---- loading ---- */

static qp_status damaged(const qp_safetensors *file, const char *key)
{
    return qp_fail(QP_EDATA, "%s: '%s' is missing or not a number; the file is damaged", qp_safetensors_path(file),
                   key);
}

static qp_status get_integer(const qp_safetensors *file, const char *key, int64_t *value)
{
    const char *text = qp_safetensors_metadata(file, key);
    char *end = NULL;
    if (text) *value = strtoll(text, &end, 10);
    return !text || end == text || *end || *value < 0 ? damaged(file, key) : QP_OK;
}

static qp_status get_real(const qp_safetensors *file, const char *key, double *value)
{
    const char *text = qp_safetensors_metadata(file, key);
    char *end = NULL;
    uint64_t bits = text ? strtoull(text, &end, 16) : 0;
    memcpy(value, &bits, sizeof bits);
    return !text || end == text || *end ? damaged(file, key) : QP_OK;
}

static qp_status get_models(const qp_safetensors *file, qp_run_state *state)
{
    const char *at = qp_safetensors_metadata(file, PREFIX "models");
    if (!at) return damaged(file, PREFIX "models");
    while (*at) {
        char *end;
        int64_t update = strtoll(at, &end, 10);
        if (end == at || update < 0 || state->models == QP_CHECKPOINTS_MAX) return damaged(file, PREFIX "models");
        state->model[state->models++] = update;
        at = end + (*end == ',');
    }
    return QP_OK;
}

static qp_status get_carry(const qp_safetensors *file, qp_run_state *state)
{
    const int64_t count = (int64_t)state->carry_count;
    const qp_stored *stored;
    if (!count) return QP_OK;
    QP_TRY(qp_safetensors_need(file, "carry", 1, &count, &stored));
    return qp_safetensors_reals(file, stored, state->carry);
}

static qp_status get_block(const qp_safetensors *file, const char *kind, const qp_params *params, qp_real *block)
{
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        const int64_t shape[] = {p->rows, p->columns};
        const qp_stored *stored;
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s/%s", kind, p->name);
        QP_TRY(qp_safetensors_need(file, name, 2, shape, &stored));
        QP_TRY(qp_safetensors_reals(file, stored, block + p->offset));
    }
    return QP_OK;
}

bool qp_checkpoint_same_run(const char *saved, const char *fingerprint)
{
    size_t length = strlen(saved);
    return strncmp(saved, fingerprint, length) == 0 && (!fingerprint[length] || (length && fingerprint[length] == ' '));
}

/* Whether the save belongs to this run. With --reset it only has to belong to the same model. */
static qp_status check_fingerprint(const qp_safetensors *file, const char *fingerprint, qp_run_reset *reset)
{
    const char *text = qp_safetensors_metadata(file, PREFIX "fingerprint");
    if (text && qp_checkpoint_same_run(text, fingerprint)) {
        *reset = (qp_run_reset){0};
        return QP_OK;
    }
    bool any = reset->optimizer || reset->schedule || reset->counters;
    size_t model = strcspn(fingerprint, " ");
    if (any && text && strcspn(text, " ") == model && strncmp(text, fingerprint, model) == 0) return QP_OK;
    return qp_fail(QP_EUSAGE,
                   any ? "%s: --reset: this run has another model; --init-from takes what fits from a model file"
                       : "%s: this run was started with other options; give the same ones, --overwrite to start "
                         "again, or --reset to reset part of its state",
                   qp_safetensors_path(file));
}

static qp_status read_optimizer(const qp_safetensors *file, const qp_params *params, qp_optimizer *optimizer)
{
    for (int i = 0; i < qp_optimizer_states(optimizer); i++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s/%s", qp_optimizer_state_name(optimizer, i), qp_params_at(params, 0)->name);
        if (!qp_safetensors_find(file, name))
            return qp_fail(QP_EUSAGE, "%s: was saved with another --optimizer; add --reset optimizer",
                           qp_safetensors_path(file));
        QP_TRY(get_block(file, qp_optimizer_state_name(optimizer, i), params, qp_optimizer_state(optimizer, i)));
    }
    return QP_OK;
}

static void apply_reset(const qp_run_reset *reset, qp_run_state *state)
{
    if (reset->optimizer) state->optimizer_update = 0;
    if (reset->schedule) state->schedule_update = state->plateau_seen = 0;
    if (!reset->counters) return;
    qp_run_state old = *state;
    *state = (qp_run_state){.epoch = 1, .carry = old.carry, .carry_count = old.carry_count};
    state->optimizer_update = old.optimizer_update;
    state->schedule_update = old.schedule_update;
    state->plateau_bad = old.plateau_bad, state->plateau_rest = old.plateau_rest,
    state->plateau_seen = old.plateau_seen;
    state->plateau_rate = old.plateau_rate, state->plateau_best = old.plateau_best;
}

static qp_status read_state(const qp_safetensors *file, const qp_checkpoint *c, qp_run_reset *reset,
                            qp_run_state *state)
{
    QP_TRY(qp_safetensors_verify(file));
    QP_TRY(check_fingerprint(file, c->fingerprint, reset));
    *state = (qp_run_state){.carry = state->carry, .carry_count = state->carry_count};
#define GET(name) QP_TRY(get_integer(file, PREFIX #name, &state->name));
    QP_RUN_INTEGERS(GET)
#undef GET
#define GET(name) QP_TRY(get_real(file, PREFIX #name, &state->name));
    QP_RUN_REALS(GET)
#undef GET
#define GET(name)                                                                                                      \
    state->name = state->update;                                                                                       \
    if (qp_safetensors_metadata(file, PREFIX #name)) QP_TRY(get_integer(file, PREFIX #name, &state->name));
    QP_RUN_CLOCKS(GET)
#undef GET
#define GET(name)                                                                                                      \
    if (qp_safetensors_metadata(file, PREFIX #name)) QP_TRY(get_integer(file, PREFIX #name, &state->name));
    QP_RUN_PORTIONS(GET)
#undef GET
    QP_TRY(get_models(file, state));
    QP_TRY(get_carry(file, state));
    QP_TRY(get_block(file, "weights", c->params, qp_params_block(c->params)));
    if (!reset->optimizer) QP_TRY(read_optimizer(file, c->params, c->optimizer));
    apply_reset(reset, state);
    qp_optimizer_set_updates(c->optimizer, state->optimizer_update);
    return QP_OK;
}

/* ---- the folder ---- */

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* The updates of the files KIND-UPDATE.safetensors of a folder. */
typedef struct {
    const char *folder, *kind;
    int64_t *update;
    size_t capacity;
    int count;
} saves;

static qp_status add_save(void *self, const char *name)
{
    saves *found = self;
    size_t bytes = strlen(found->kind);
    if (strncmp(name, found->kind, bytes) != 0 || name[bytes] != '-' || name[bytes + 1] < '0' || name[bytes + 1] > '9')
        return QP_OK;
    char *end;
    int64_t number = strtoll(name + bytes + 1, &end, 10);
    if (strcmp(end, ".safetensors") != 0) return QP_OK;
    if (!QP_GROW(found->update, found->capacity, (size_t)found->count + 1))
        return qp_fail(QP_EMEMORY, "%s: out of memory while reading the folder", found->folder);
    found->update[found->count++] = number;
    return QP_OK;
}

/* Newest first, malloc'ed; none if the folder does not exist. */
static qp_status list(const char *folder, const char *kind, int64_t **update, int *count)
{
    saves found = {.folder = folder, .kind = kind};
    qp_status status = qp_file_exists(folder) ? qp_folder_each(folder, add_save, &found) : QP_OK;
    if (found.count) qsort(found.update, (size_t)found.count, sizeof *found.update, newest_first);
    *update = found.update;
    *count = found.count;
    return status;
}

bool qp_checkpoint_fingerprint(const char *folder, char *text, size_t bytes)
{
    int64_t *update;
    int count;
    qp_safetensors *file = NULL;
    char path[PATH_BYTES];
    bool found = list(folder, "state", &update, &count) == QP_OK && count > 0 &&
                 qp_safetensors_open(qp_checkpoint_path(folder, "state", update[0], path, sizeof path), &file) == QP_OK;
    const char *saved = found ? qp_safetensors_metadata(file, PREFIX "fingerprint") : NULL;
    if (saved) snprintf(text, bytes, "%s", saved);
    qp_safetensors_close(file);
    free(update);
    return saved != NULL;
}

/* The run may continue with other kernels, but then its bits are not those of a run that was never stopped. */
static void note_kernels(const qp_safetensors *file, void (*note)(void *self, const char *line), void *self)
{
    const char *saved = qp_safetensors_metadata(file, PREFIX "kernels"), *now = qp_cpu_name(qp_cpu_level());
    char line[200];
    const int level = saved ? qp_cpu_named(saved) : -1;
    if (!note || !saved || (level >= 0 && qp_cpu_same_bits((qp_cpu)level, qp_cpu_level()))) return;
    snprintf(line, sizeof line, "saved with kernels %.20s, resuming with %s: the last digits will differ", saved, now);
    note(self, line);
}

qp_status qp_checkpoint_load(const qp_checkpoint *c, qp_run_reset *reset, void (*note)(void *self, const char *line),
                             void *self, qp_run_state *state, bool *found)
{
    int64_t *update;
    int count;
    *found = false;
    qp_status status = list(c->folder, "state", &update, &count);
    for (int i = 0; status == QP_OK && i < count && !*found; i++) {
        char path[PATH_BYTES], line[1024];
        qp_safetensors *file = NULL;
        status = qp_safetensors_open(qp_checkpoint_path(c->folder, "state", update[i], path, sizeof path), &file);
        if (status == QP_OK) status = read_state(file, c, reset, state);
        if (status == QP_OK) note_kernels(file, note, self);
        qp_safetensors_close(file);
        *found = status == QP_OK;
        if (status != QP_EDATA || i + 1 == count) continue; /* not damage, or nothing older to try: returned */
        snprintf(line, sizeof line, "%.900s; trying the save before it", qp_error_message());
        if (note) note(self, line);
        status = QP_OK;
    }
    free(update);
    return status;
}

void qp_checkpoint_prune(const char *folder, const char *kind, int64_t update, int64_t keep)
{
    int64_t *number;
    int count;
    if (list(folder, kind, &number, &count) == QP_OK)
        for (int i = 0, kept = 0; i < count; i++) {
            char path[PATH_BYTES];
            if (number[i] > update || kept++ < keep) continue;
            unlink(qp_checkpoint_path(folder, kind, number[i], path, sizeof path));
        }
    free(number);
}

void qp_checkpoint_discard(const char *folder, const char *kind, int64_t update)
{
    int64_t *number;
    int count;
    if (list(folder, kind, &number, &count) == QP_OK)
        for (int i = 0; i < count && number[i] > update; i++) {
            char path[PATH_BYTES];
            unlink(qp_checkpoint_path(folder, kind, number[i], path, sizeof path));
        }
    free(number);
}
