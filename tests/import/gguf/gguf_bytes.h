#ifndef QP_GGUF_BYTES_H
#define QP_GGUF_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* gguf_bytes — GGUF files, written byte by byte by the tests themselves.
 *
 * gguf_begin — forgets everything; alignment 0: the usual one, without its key.
 * gguf_text, _number, _real, _flag — a key with one value: text, u32, float, bool.
 * gguf_texts, _reals, _numbers — a list: texts, floats, i32.
 * gguf_raw — a key whose type and value are these bytes.
 * gguf_array — an array of type `type`; row-major shape, as everywhere in quipu; its offset follows the array before.
 * gguf_floats — an array [rows, columns] (columns 0: a vector) of F32.
 * gguf_save — writes the file; *bytes, if not NULL, gets its length. */
void gguf_begin(uint32_t alignment);
void gguf_text(const char *key, const char *value);
void gguf_number(const char *key, uint32_t value);
void gguf_real(const char *key, float value);
void gguf_flag(const char *key, int value);
void gguf_texts(const char *key, int count, const char *const *value);
void gguf_reals(const char *key, int count, const float *value);
void gguf_numbers(const char *key, int count, const int32_t *value);
void gguf_raw(const char *key, const void *value, size_t bytes);
void gguf_array(const char *name, uint32_t type, int dimensions, const int64_t *shape, const void *value, size_t bytes);
void gguf_floats(const char *name, int rows, int columns, const float *value);
void gguf_save(const char *path, size_t *bytes);

/* What the next array is given in place of its own offset; of the file, in place of 3. */
extern uint64_t gguf_offset, gguf_no_offset;
extern uint32_t gguf_version;

#endif
