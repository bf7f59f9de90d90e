#include "tokenizer/models/charsmap.h"

#include <stdlib.h>
#include <string.h>

void qp_charsmap_free(qp_charsmap *map)
{
    free(map->unit);
    free(map->replacement);
    *map = (qp_charsmap){0};
}

static uint32_t little_endian(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

qp_status qp_charsmap_read(const char *place, const char *content, size_t bytes, qp_charsmap *map)
{
    *map = (qp_charsmap){0};
    if (bytes == 0) return QP_OK;
    size_t trie_bytes = bytes >= 4 ? little_endian(content) : 0;
    if (bytes < 4 || trie_bytes > bytes - 4 || trie_bytes % 4 != 0 || trie_bytes < 4)
        return qp_fail(QP_EDATA, "%s: the normalisation rules are damaged: trie of %zu bytes in %zu", place, trie_bytes,
                       bytes);
    const char *replacement = content + 4 + trie_bytes;
    size_t replacement_bytes = bytes - 4 - trie_bytes;
    if (replacement_bytes == 0 || replacement[replacement_bytes - 1] != '\0')
        return qp_fail(QP_EDATA, "%s: the normalisation rules are damaged: the last replacement has no end", place);
    map->unit_count = trie_bytes / 4;
    map->unit = malloc(trie_bytes);
    map->replacement = malloc(replacement_bytes);
    if (!map->unit || !map->replacement) {
        qp_charsmap_free(map);
        return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    }
    for (size_t i = 0; i < map->unit_count; i++) map->unit[i] = little_endian(content + 4 + 4 * i);
    memcpy(map->replacement, replacement, replacement_bytes);
    map->replacement_bytes = replacement_bytes;
    return QP_OK;
}

qp_status qp_charsmap_write(const qp_charsmap *map, char **content, size_t *bytes)
{
    size_t trie_bytes = 4 * map->unit_count;
    *bytes = map->unit_count ? 4 + trie_bytes + map->replacement_bytes : 0;
    *content = malloc(*bytes + 1);
    if (!*content) return qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
    for (size_t i = 0; *bytes && i <= map->unit_count; i++) {
        uint32_t value = i ? map->unit[i - 1] : (uint32_t)trie_bytes;
        for (size_t k = 0; k < 4; k++) (*content)[4 * i + k] = (char)(value >> 8 * k & 0xFF);
    }
    if (*bytes) memcpy(*content + 4 + trie_bytes, map->replacement, map->replacement_bytes);
    return QP_OK;
}

/* A unit of darts-clone: bit 8 a value follows, low 31 bits a value, bit 31 and low 8 bits the label, the rest where
 * the children are. */
static uint32_t offset_of(uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }

size_t qp_charsmap_longest(const qp_charsmap *map, const char *text, size_t bytes, const char **out, size_t *out_bytes)
{
    size_t longest = 0, node = 0;
    if (map->unit_count == 0) return 0;
    node ^= offset_of(map->unit[0]);
    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        node ^= byte;
        if (node >= map->unit_count) break;
        uint32_t unit = map->unit[node];
        if ((unit & (1u << 31 | 0xFF)) != byte) break;
        node ^= offset_of(unit);
        if (!(unit >> 8 & 1)) continue;
        if (node >= map->unit_count) break;
        uint32_t value = map->unit[node] & 0x7FFFFFFF;
        if (value >= map->replacement_bytes) continue;
        longest = i + 1;
        *out = map->replacement + value;
    }
    if (longest) *out_bytes = strlen(*out);
    return longest;
}
