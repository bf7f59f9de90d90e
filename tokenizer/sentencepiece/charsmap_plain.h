#ifndef QP_CHARSMAP_PLAIN_H
#define QP_CHARSMAP_PLAIN_H

#include <stdbool.h>

#include "tokenizer/models/charsmap.h"
#include "tokenizer/models/trie.h"
#include "lib/text/utf8.h"

/* charsmap_plain — which characters the normalisation rules leave alone, so that nearly all text can be copied without
 * a look at the rules. One byte for each code point below U+10000: 0 ask the rules;  PLAIN no rule begins with it;
 * BEGINS only longer rules do: it is left alone where what follows stands in no rule's inside (FOLLOWS). */
enum { QP_CHAR_PLAIN = 1, QP_CHAR_BEGINS = 2, QP_CHAR_FOLLOWS = 4 };

/* qp_charsmap_plain_make — the table, malloc'ed, in *table; NULL if the rules are not such that it would be right (keys
 * or replacements that are no UTF-8, a damaged trie). Characters that begin a key of `kept` (user-defined symbols) are
 * asked for too. Errors: QP_EMEMORY. */
qp_status qp_charsmap_plain_make(const qp_charsmap *map, const qp_trie *kept, uint8_t **table);

/* qp_charsmap_is_plain — is the character of `length` bytes and number `code` at text[0] left alone? */
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
