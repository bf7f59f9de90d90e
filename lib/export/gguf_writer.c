#include "lib/export/gguf_writer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/writer.h"
#include "lib/import/gguf/gguf_blocks.h"
#include "lib/import/gguf/gguf_file.h"

enum { ALIGNMENT = 32, PIECE = 8192 }; /* values; a multiple of every block */

static void put(qp_text_buffer *to, uint64_t value, int bytes)
{
    unsigned char byte[8];
    for (int i = 0; i < bytes; i++) byte[i] = (unsigned char)(value >> 8 * i);
    qp_text_put(to, byte, (size_t)bytes);
}

static void put_text(qp_text_buffer *to, qp_text text)
{
    put(to, text.bytes, 8);
    qp_text_put(to, text.text, text.bytes);
}

/* ---- keys ---- */

static void open_key(qp_gguf_keys *keys, const char *key, uint32_t type)
{
    keys->count++;
    put_text(&keys->keys, (qp_text){key, strlen(key)});
    put(&keys->keys, type, 4);
}

void qp_gguf_put_text(qp_gguf_keys *keys, const char *key, const char *value)
{
    open_key(keys, key, QP_GGUF_TEXT);
    put_text(&keys->keys, (qp_text){value, strlen(value)});
}

void qp_gguf_put_number(qp_gguf_keys *keys, const char *key, uint32_t value)
{
    open_key(keys, key, QP_GGUF_U32);
    put(&keys->keys, value, 4);
}

uint32_t qp_gguf_float_word(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

void qp_gguf_put_real(qp_gguf_keys *keys, const char *key, double value)
{
    open_key(keys, key, QP_GGUF_FLOAT);
    put(&keys->keys, qp_gguf_float_word((float)value), 4);
}

void qp_gguf_put_flag(qp_gguf_keys *keys, const char *key, bool value)
{
    open_key(keys, key, QP_GGUF_BOOL);
    put(&keys->keys, value, 1);
}

void qp_gguf_open_list(qp_gguf_keys *keys, const char *key, uint32_t type, uint64_t count)
{
    open_key(keys, key, QP_GGUF_LIST);
    put(&keys->keys, type, 4);
    put(&keys->keys, count, 8);
}

void qp_gguf_put_item(qp_gguf_keys *keys, qp_text text) { put_text(&keys->keys, text); }

void qp_gguf_put_word(qp_gguf_keys *keys, uint32_t word) { put(&keys->keys, word, 4); }

/* ---- arrays ---- */

static size_t count_of(const qp_weight_written *a)
{
    return (size_t)a->shape[0] * (a->dimensions > 1 ? (size_t)a->shape[1] : 1);
}

static uint32_t type_of(const qp_weight_written *a, uint32_t wanted)
{
    if (a->dimensions < 2) return QP_GGUF_F32;
    return a->shape[1] % qp_gguf_type_of(wanted)->values == 0 ? wanted : QP_GGUF_F16;
}

static uint64_t bytes_of(const qp_weight_written *a, uint32_t wanted)
{
    const qp_gguf_type *type = qp_gguf_type_of(type_of(a, wanted));
    return count_of(a) / (size_t)type->values * (size_t)type->bytes;
}

static uint64_t aligned(uint64_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

static void put_arrays(qp_text_buffer *out, const qp_weight_list *list, uint32_t wanted)
{
    uint64_t offset = 0;
    for (size_t i = 0; i < list->count; i++) {
        const qp_weight_written *a = &list->array[i];
        put_text(out, (qp_text){a->name, strlen(a->name)});
        put(out, (uint64_t)a->dimensions, 4);
        for (int d = a->dimensions - 1; d >= 0; d--) put(out, (uint64_t)a->shape[d], 8);
        put(out, type_of(a, wanted), 4);
        put(out, offset, 8);
        offset += aligned(bytes_of(a, wanted));
    }
}

/* Failures are remembered by the writer. */
static void write_array(qp_writer *writer, const qp_weight_written *a, uint32_t wanted)
{
    static const unsigned char zero[ALIGNMENT];
    unsigned char piece[PIECE * 4];
    const uint32_t number = type_of(a, wanted);
    const qp_gguf_type *type = qp_gguf_type_of(number);
    const size_t count = count_of(a);
    const uint64_t bytes = bytes_of(a, wanted);
    for (size_t done = 0, some; done < count; done += some) {
        some = count - done < PIECE ? count - done : PIECE;
        qp_gguf_pack(number, a->value + done, some, piece);
        (void)!qp_writer_write(writer, piece, some / (size_t)type->values * (size_t)type->bytes);
    }
    (void)!qp_writer_write(writer, zero, (size_t)(aligned(bytes) - bytes));
}

qp_status qp_gguf_save(const char *path, qp_gguf_keys *keys, const qp_weight_list *list, uint32_t type)
{
    qp_text_buffer out = {0};
    qp_writer *writer;
    char *header;
    size_t bytes;
    qp_text_add(&out, "GGUF");
    put(&out, 3, 4);
    put(&out, list->count, 8);
    put(&out, keys->count, 8);
    qp_text_join(&out, &keys->keys);
    put_arrays(&out, list, type);
    while (!out.failed && out.bytes % ALIGNMENT) put(&out, 0, 1);
    QP_TRY(qp_text_finish(&out, &header, &bytes));
    qp_status status = qp_writer_open(path, &writer);
    if (status == QP_OK) {
        (void)!qp_writer_write(writer, header, bytes);
        for (size_t i = 0; i < list->count; i++) write_array(writer, &list->array[i], type);
        status = qp_writer_commit(writer);
    }
    free(header);
    return status;
}
