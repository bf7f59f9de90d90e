#ifndef QP_GGUF_WRITER_H
#define QP_GGUF_WRITER_H

#include "lib/base/view.h"
#include "lib/import/weight_save.h"
#include "lib/text/text_buffer.h"

/* gguf_writer — writes GGUF files of version 3 (gguf_file.h).
 *
 * qp_gguf_put_text, _number, _real, _flag — a key with one value: text, u32, float, bool.
 * qp_gguf_open_list — a list of `count` elements of this type; they follow, by qp_gguf_put_item (texts) or
 *   qp_gguf_put_word (4 bytes).
 * qp_gguf_save — the file. type: of matrices, one of gguf_blocks.h that can be packed; a matrix whose rows are not
 *   whole blocks of it is F16, and vectors are F32.    Errors  QP_EMEMORY, those of qp_writer. */
typedef struct {
    qp_text_buffer keys;
    uint64_t count;
} qp_gguf_keys;

void qp_gguf_put_text(qp_gguf_keys *keys, const char *key, const char *value);
void qp_gguf_put_number(qp_gguf_keys *keys, const char *key, uint32_t value);
void qp_gguf_put_real(qp_gguf_keys *keys, const char *key, double value);
void qp_gguf_put_flag(qp_gguf_keys *keys, const char *key, bool value);
void qp_gguf_open_list(qp_gguf_keys *keys, const char *key, uint32_t type, uint64_t count);
void qp_gguf_put_item(qp_gguf_keys *keys, qp_text text);
void qp_gguf_put_word(qp_gguf_keys *keys, uint32_t word);
uint32_t qp_gguf_float_word(float value);
qp_status qp_gguf_save(const char *path, qp_gguf_keys *keys, const qp_weight_list *list, uint32_t type);

#endif
