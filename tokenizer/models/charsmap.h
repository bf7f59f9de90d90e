#ifndef QP_CHARSMAP_H
#define QP_CHARSMAP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* charsmap — sentencepiece's compiled normalisation rules: which byte strings are replaced by which.
 *
 * Layout: u32 bytes of the trie; the trie, a double array of u32 (darts-clone); the replacements, each ended by NUL.
 * All numbers little-endian. Every step is checked against the size of the array, so a damaged map does no harm. */
typedef struct {
    uint32_t *unit;
    size_t unit_count;
    char *replacement;
    size_t replacement_bytes;
} qp_charsmap;

/* qp_charsmap_read — from the content of precompiled_charsmap; nothing in it means no rules.
 * Errors  QP_EDATA: sizes that do not fit, replacements without an end; QP_EMEMORY. */
qp_status qp_charsmap_read(const char *place, const char *content, size_t bytes, qp_charsmap *map);
void qp_charsmap_free(qp_charsmap *map);

/* qp_charsmap_write — the content that qp_charsmap_read reads, malloc'ed; nothing for no rules. Errors: QP_EMEMORY. */
qp_status qp_charsmap_write(const qp_charsmap *map, char **content, size_t *bytes);

/* qp_charsmap_longest — the longest rule that fits text[0..bytes): its length, its replacement in *out (borrowed);
 * 0: no rule fits. */
size_t qp_charsmap_longest(const qp_charsmap *map, const char *text, size_t bytes, const char **out, size_t *out_bytes);

#endif
