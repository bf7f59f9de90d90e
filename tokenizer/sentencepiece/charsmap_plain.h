#ifndef QP_CHARSMAP_PLAIN_H
#define QP_CHARSMAP_PLAIN_H

#include <stdbool.h>

#include "lib/text/utf8.h"
#include "tokenizer/models/charsmap.h"
#include "tokenizer/models/trie.h"

/* charsmap_plain — which characters the normalisation rules do not change, so that nearly all text is copied without
 * searching the rules. One byte per code point below U+10000: 0, search the rules; PLAIN, no rule begins with it;
 * BEGINS, only longer rules do: it is unchanged if the next character is inside no rule (FOLLOWS). */
enum { QP_CHAR_PLAIN = 1, QP_CHAR_BEGINS = 2, QP_CHAR_FOLLOWS = 4 };

/* qp_charsmap_plain_make — the table, malloc'ed, in *table; NULL if the rules do not allow one (keys or
 * replacements that are not UTF-8, a damaged trie). Characters that begin a key of `kept` (user-defined symbols) count
 * as changed. Errors: QP_EMEMORY. */
qp_status qp_charsmap_plain_make(const qp_charsmap *map, const qp_trie *kept, uint8_t **table);

/* qp_charsmap_is_plain — whether the rules leave the first character of text[0 .. bytes) unchanged; it has the code
 * point `code` and takes `length` bytes. */
static inline bool qp_charsmap_is_plain(const uint8_t *table, const char *text, size_t bytes, int32_t code,
                                        size_t length)
{
    if (code < 0 || code > 0xFFFF) return false;
    if (table[code] & QP_CHAR_PLAIN) return true;
    if (!(table[code] & QP_CHAR_BEGINS)) return false;
    if (length == bytes) return true;
    size_t next_length;
    int32_t next = qp_utf8_next(text + length, bytes - length, &next_length);
    return next >= 0 && next <= 0xFFFF && !(table[next] & QP_CHAR_FOLLOWS);
}

#endif
