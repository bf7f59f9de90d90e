#include "lib/export/ct2_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/half.h"
#include "lib/base/writer.h"

enum { VERSION = 6, CHUNK = 4096 };

typedef struct {
    qp_writer *writer; /* remembers the first failure */
    int type;
} output;

/* ---- entries ---- */

static void add(qp_ct2_entries *entries, const qp_ct2_entry *entry)
{
    entries->failed = entries->failed || !QP_GROW(entries->entry, entries->room, entries->count + 1);
    if (!entries->failed) entries->entry[entries->count++] = *entry;
}

void qp_ct2_put(qp_ct2_entries *entries, const char *name, int type, double value)
{
    qp_ct2_entry entry = {.type = type, .value = value};
    snprintf(entry.name, sizeof entry.name, "%s", name);
    add(entries, &entry);
}

void qp_ct2_alias(qp_ct2_entries *entries, const char *name, const char *of)
{
    qp_ct2_entry entry = {0};
    snprintf(entry.name, sizeof entry.name, "%s", name);
    snprintf(entry.of, sizeof entry.of, "%s", of);
    add(entries, &entry);
    entries->aliases += !entries->failed;
}

/* ---- pieces of the file ---- */

static void put(const output *o, uint64_t value, size_t bytes)
{
    unsigned char byte[8];
    for (size_t i = 0; i < bytes; i++) byte[i] = (unsigned char)(value >> 8 * i);
    (void)!qp_writer_write(o->writer, byte, bytes);
}

static void put_text(const output *o, const char *text, const char *ending)
{
    put(o, strlen(text) + strlen(ending) + 1, 2);
    (void)!qp_writer_write(o->writer, text, strlen(text));
    (void)!qp_writer_write(o->writer, ending, strlen(ending) + 1);
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void put_number(const output *o, const qp_ct2_entry *e)
{
    bool real = e->type == QP_CT2_FLOAT32;
    put_text(o, e->name, "");
    put(o, 0, 1);
    put(o, (uint64_t)e->type, 1);
    put(o, qp_ct2_type_bytes[e->type], 4);
    put(o, real ? bits_of((float)e->value) : (uint64_t)(int64_t)e->value, qp_ct2_type_bytes[e->type]);
}

static size_t count_of(const qp_weight_written *a)
{
    return (size_t)a->shape[0] * (a->dimensions > 1 ? (size_t)a->shape[1] : 1);
}

static bool ends_in(const char *name, const char *tail)
{
    size_t length = strlen(name), bytes = strlen(tail);
    return length >= bytes && strcmp(name + length - bytes, tail) == 0;
}

/* Matrices that a scale may be beside. */
static bool is_packed(const output *o, const qp_weight_written *a)
{
    return o->type == QP_CT2_INT8 && a->dimensions == 2 && ends_in(a->name, "/weight");
}

static int type_of(const output *o, const qp_weight_written *a)
{
    if (o->type != QP_CT2_INT8) return o->type;
    return is_packed(o, a) ? QP_CT2_INT8 : QP_CT2_FLOAT32;
}

/* 127 over the largest magnitude of a row; 1 for zeros. */
static float scale_of(const qp_weight_written *a, int64_t row)
{
    const qp_real *value = a->value + row * a->shape[1];
    float most = 0;
    for (int64_t i = 0; i < a->shape[1]; i++) most = fmaxf(most, fabsf((float)value[i]));
    return most > 0 ? 127 / fmaxf(most, 127 / 3.402823466e38f) : 1;
}

static void put_packed(const output *o, const qp_weight_written *a)
{
    unsigned char chunk[CHUNK];
    size_t used = 0;
    for (int64_t row = 0; row < a->shape[0]; row++) {
        const float scale = scale_of(a, row);
        for (int64_t i = 0; i < a->shape[1]; i++) {
            chunk[used++] = (unsigned char)(int8_t)rintf((float)a->value[row * a->shape[1] + i] * scale);
            if (used < sizeof chunk) continue;
            (void)!qp_writer_write(o->writer, chunk, used);
            used = 0;
        }
    }
    (void)!qp_writer_write(o->writer, chunk, used);
}

static void put_values(const output *o, const qp_weight_written *a)
{
    unsigned char chunk[CHUNK];
    const size_t count = count_of(a), width = (size_t)qp_ct2_type_bytes[o->type == QP_CT2_FLOAT16 ? o->type : 0];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = width == 2 ? qp_half_of((float)a->value[i]) : bits_of((float)a->value[i]);
        for (size_t b = 0; b < width; b++) chunk[used++] = (unsigned char)(bits >> 8 * b);
        if (used < sizeof chunk && i + 1 < count) continue;
        (void)!qp_writer_write(o->writer, chunk, used);
        used = 0;
    }
}

static void put_array(const output *o, const qp_weight_written *a)
{
    const int type = type_of(o, a);
    put_text(o, a->name, "");
    put(o, (uint64_t)a->dimensions, 1);
    for (int i = 0; i < a->dimensions; i++) put(o, (uint64_t)a->shape[i], 4);
    put(o, (uint64_t)type, 1);
    put(o, count_of(a) * qp_ct2_type_bytes[type], 4);
    if (type != QP_CT2_INT8) {
        put_values(o, a);
        return;
    }
    put_packed(o, a);
    put_text(o, a->name, "_scale");
    put(o, 1, 1);
    put(o, (uint64_t)a->shape[0], 4);
    put(o, QP_CT2_FLOAT32, 1);
    put(o, (uint64_t)a->shape[0] * 4, 4);
    for (int64_t row = 0; row < a->shape[0]; row++) put(o, bits_of(scale_of(a, row)), 4);
}

/* ---- the file ---- */

static void put_all(const output *o, const qp_ct2_entries *entries, const qp_weight_list *list)
{
    size_t variables = entries->count - entries->aliases + list->count;
    for (size_t i = 0; i < list->count; i++) variables += is_packed(o, &list->array[i]);
    put(o, variables, 4);
    for (size_t i = 0; i < entries->count; i++)
        if (!*entries->entry[i].of) put_number(o, &entries->entry[i]);
    for (size_t i = 0; i < list->count; i++) put_array(o, &list->array[i]);
    put(o, entries->aliases, 4);
    for (size_t i = 0; i < entries->count; i++) {
        if (!*entries->entry[i].of) continue;
        put_text(o, entries->entry[i].name, "");
        put_text(o, entries->entry[i].of, "");
    }
}

qp_status qp_ct2_save(const char *path, const char *spec, int revision, const qp_ct2_entries *entries,
                      const qp_weight_list *list, int type)
{
    output o = {.type = type};
    if (entries->failed) return qp_fail(QP_EMEMORY, "%s: out of memory for its variables", path);
    for (size_t i = 0; i < list->count; i++)
        if (count_of(&list->array[i]) > UINT32_MAX / 4)
            return qp_fail(QP_EUSAGE, "%s: %s is larger than 4 GB, which model.bin cannot hold", path,
                           list->array[i].name);
    QP_TRY(qp_writer_open(path, &o.writer));
    put(&o, VERSION, 4);
    put_text(&o, spec, "");
    put(&o, (uint64_t)revision, 4);
    put_all(&o, entries, list);
    return qp_writer_commit(o.writer);
}
