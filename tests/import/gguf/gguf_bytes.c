#include "tests/import/gguf/gguf_bytes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/text/text_buffer.h"

uint64_t gguf_offset, gguf_no_offset = UINT64_MAX;
uint32_t gguf_version;
static qp_text_buffer keys, arrays, data;
static uint64_t key_count, array_count;
static uint32_t align;

static void put(qp_text_buffer *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) qp_text_put(to, &(char){(char)(value >> 8 * i)}, 1);
}

static void put_text(qp_text_buffer *to, const char *text)
{
    put(to, strlen(text), 8);
    qp_text_add(to, text);
}

static void put_real(qp_text_buffer *to, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    put(to, bits, 4);
}

static void key(const char *name, uint32_t type)
{
    key_count++;
    put_text(&keys, name);
    put(&keys, type, 4);
}

void gguf_begin(uint32_t alignment)
{
    qp_text_free(&keys);
    qp_text_free(&arrays);
    qp_text_free(&data);
    key_count = array_count = 0;
    gguf_offset = gguf_no_offset;
    gguf_version = 3;
    align = alignment ? alignment : 32;
    if (alignment) gguf_number("general.alignment", alignment);
}

void gguf_text(const char *name, const char *value)
{
    key(name, 8);
    put_text(&keys, value);
}

void gguf_number(const char *name, uint32_t value)
{
    key(name, 4);
    put(&keys, value, 4);
}

void gguf_real(const char *name, float value)
{
    key(name, 6);
    put_real(&keys, value);
}

void gguf_flag(const char *name, int value)
{
    key(name, 7);
    put(&keys, (uint64_t)value, 1);
}

static void list(const char *name, uint32_t type, int count)
{
    key(name, 9);
    put(&keys, type, 4);
    put(&keys, (uint64_t)count, 8);
}

void gguf_texts(const char *name, int count, const char *const *value)
{
    list(name, 8, count);
    for (int i = 0; i < count; i++) put_text(&keys, value[i]);
}

void gguf_reals(const char *name, int count, const float *value)
{
    list(name, 6, count);
    for (int i = 0; i < count; i++) put_real(&keys, value[i]);
}

void gguf_numbers(const char *name, int count, const int32_t *value)
{
    list(name, 5, count);
    for (int i = 0; i < count; i++) put(&keys, (uint32_t)value[i], 4);
}

void gguf_raw(const char *name, const void *value, size_t bytes)
{
    key_count++;
    put_text(&keys, name);
    qp_text_put(&keys, value, bytes);
}

void gguf_array(const char *name, uint32_t type, int dimensions, const int64_t *shape, const void *value, size_t bytes)
{
    array_count++;
    while (data.bytes % align) put(&data, 0, 1);
    put_text(&arrays, name);
    put(&arrays, (uint64_t)dimensions, 4);
    for (int i = dimensions - 1; i >= 0; i--) put(&arrays, (uint64_t)shape[i], 8);
    put(&arrays, type, 4);
    put(&arrays, gguf_offset != gguf_no_offset ? gguf_offset : data.bytes, 8);
    gguf_offset = gguf_no_offset;
    qp_text_put(&data, value, bytes);
}

void gguf_floats(const char *name, int rows, int columns, const float *value)
{
    const int64_t shape[] = {rows, columns};
    gguf_array(name, 0, columns ? 2 : 1, shape, value, sizeof *value * (size_t)rows * (size_t)(columns ? columns : 1));
}

void gguf_save(const char *path, size_t *bytes)
{
    qp_text_buffer file = {0};
    qp_text_add(&file, "GGUF");
    put(&file, gguf_version, 4);
    put(&file, array_count, 8);
    put(&file, key_count, 8);
    qp_text_put(&file, keys.text, keys.bytes);
    qp_text_put(&file, arrays.text, arrays.bytes);
    while (file.bytes % align) put(&file, 0, 1);
    qp_text_put(&file, data.text, data.bytes);
    FILE *out = fopen(path, "wb");
    cr_assert(out && fwrite(file.text, 1, file.bytes, out) == file.bytes && fclose(out) == 0);
    if (bytes) *bytes = file.bytes;
    qp_text_free(&file);
}
