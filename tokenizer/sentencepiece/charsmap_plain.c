#include "tokenizer/sentencepiece/charsmap_plain.h"

#include <stdlib.h>
#include <string.h>

/* ASK: while the table is made, a character for which the rules must be searched; 0 in the finished table. */
enum { CODES = 0x10000, DEEPEST = 64, ASK = 8 };

/* The children of each base of the trie as lists: unit i with label c is a child of base i ^ c. */
typedef struct {
    const qp_charsmap *map;
    int32_t *head, *next;
    uint8_t *table;
    unsigned char key[DEEPEST];
    size_t budget; /* of steps: keys share suffixes, and a damaged trie may have cycles */
} walker;

static uint32_t offset_of(uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }

static bool list_children(walker *w)
{
    size_t count = w->map->unit_count, room = (count | 255) + 1;
    w->head = malloc(room * sizeof *w->head);
    w->next = malloc(room * sizeof *w->next);
    if (!w->head || !w->next) return false;
    memset(w->head, -1, room * sizeof *w->head);
    for (size_t i = count; i-- > 0;) {
        uint32_t unit = w->map->unit[i];
        if (unit >> 31 || (unit & 0xFF) == 0) continue; /* a value, or an unused unit */
        size_t base = i ^ (unit & 0xFF);
        w->next[i] = w->head[base];
        w->head[base] = (int32_t)i;
    }
    return true;
}

/* Marks the characters of one key; false: it is not UTF-8. */
static bool note_key(walker *w, size_t bytes)
{
    const char *key = (const char *)w->key;
    size_t length, at = 0;
    int32_t first = qp_utf8_next(key, bytes, &length);
    if (first < 0) return false;
    if (first < CODES) w->table[first] |= length == bytes ? ASK : QP_CHAR_BEGINS;
    for (at = length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(key + at, bytes - at, &length);
        if (code < 0) return false;
        if (code < CODES) w->table[code] |= QP_CHAR_FOLLOWS;
    }
    return true;
}

/* Is the replacement of the rule with the value at `place` UTF-8? */
static bool writes_text(const walker *w, size_t place)
{
    size_t value = place < w->map->unit_count ? w->map->unit[place] & 0x7FFFFFFF : w->map->replacement_bytes, length;
    if (value >= w->map->replacement_bytes) return true; /* no rule */
    const char *text = w->map->replacement + value;
    for (size_t left = strlen(text); left > 0; left -= length, text += length) {
        if (qp_utf8_next(text, left, &length) < 0) return false;
    }
    return true;
}

/* Visits all keys below `base`, of which `depth` bytes are known. The limit on depth bounds the stack. */
static bool walk(walker *w, size_t base, size_t depth)
{
    if (depth == DEEPEST || base > (w->map->unit_count | 255)) return false;
    for (int32_t i = w->head[base]; i >= 0; i = w->next[i]) {
        uint32_t unit = w->map->unit[i];
        if (w->budget-- == 0) return false;
        w->key[depth] = (unsigned char)unit;
        size_t below = (size_t)i ^ offset_of(unit);
        if ((unit >> 8 & 1) && (!writes_text(w, below) || !note_key(w, depth + 1))) return false;
        if (below < w->map->unit_count && !walk(w, below, depth + 1)) return false;
    }
    return true;
}

/* Marks characters that begin a user-defined symbol, or whose first bytes are one: it stays, whatever the rules say. */
static void ask_for_kept(const qp_trie *kept, uint8_t *table)
{
    for (int32_t code = 0; code < CODES; code++) {
        char text[4];
        int32_t node = 0;
        size_t bytes = qp_utf8_write(code, text), i = 0;
        bool value = false;
        while (i < bytes && qp_trie_step(kept, &node, (unsigned char)text[i])) {
            value = value || kept->unit[node].value >= 0;
            i++;
        }
        if (value || i == bytes) table[code] |= ASK;
    }
}

qp_status qp_charsmap_plain_make(const qp_charsmap *map, const qp_trie *kept, uint8_t **table)
{
    walker w = {.map = map, .budget = 32 * map->unit_count + 1024};
    *table = NULL;
    w.table = calloc(CODES, 1);
    bool memory = w.table && (map->unit_count == 0 || list_children(&w)), good = memory;
    if (good && map->unit_count) good = walk(&w, offset_of(map->unit[0]), 0);
    free(w.head);
    free(w.next);
    if (good) {
        if (kept->count) ask_for_kept(kept, w.table);
        w.table[0] |= ASK | QP_CHAR_FOLLOWS; /* NUL may lead through units not in use: the walk left it out */
        for (int32_t code = 0; code < CODES; code++) {
            bool asked = (w.table[code] & ASK) || (code >= 0xD800 && code < 0xE000);
            if (asked)
                w.table[code] &= QP_CHAR_FOLLOWS;
            else if (!(w.table[code] & QP_CHAR_BEGINS))
                w.table[code] |= QP_CHAR_PLAIN;
        }
        *table = w.table;
    } else {
        free(w.table);
    }
    return memory ? QP_OK : qp_fail(QP_EMEMORY, "sentencepiece: out of memory");
}
