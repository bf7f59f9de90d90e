#ifndef QP_UNICODE_TABLES_H
#define QP_UNICODE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* unicode_tables — the properties of Unicode 15.0 that utf8proc lacks: scripts and the kinds of letters. Made by
 * unicode_tables.pl from the Unicode Character Database; looked up by binary search.
 * Source: Scripts.txt, DerivedCoreProperties.txt. */

/* qp_script_of — a number for the script of a code point, in order of Scripts.txt; 0: none. Scripts are those of
 * Unicode 9.0, because they serve Hugging Face's UnicodeScripts, whose table is of that version. */
enum {
    QP_SCRIPT_NONE = 0,
    QP_SCRIPT_COMMON = 2,
    QP_SCRIPT_HIRAGANA = 34,
    QP_SCRIPT_KATAKANA = 35,
    QP_SCRIPT_HAN = 37,
    QP_SCRIPT_INHERITED = 42
};
int qp_script_of(int32_t code);

/* Cased and Case_Ignorable: what the lower case of a final sigma depends on. */
bool qp_is_cased(int32_t code);
bool qp_is_case_ignorable(int32_t code);

/* Alphabetic and Lowercase, as the standard derives them. */
bool qp_is_alphabetic(int32_t code);
bool qp_is_lower_case(int32_t code);

/* qp_table_value — what a sorted table says of a code point. Each entry is begin << 8 | value and holds up to the next;
 * the first begins at 0. */
static inline uint32_t qp_table_value(const uint32_t *table, size_t count, int32_t code)
{
    if (code < 0 || code > 0x10FFFF) return 0;
    uint32_t key = (uint32_t)code << 8 | 255;
    size_t low = 0; /* table[low] <= key < table[high] */
    for (size_t high = count; high - low > 1;) {
        size_t middle = (low + high) / 2;
        if (table[middle] <= key)
            low = middle;
        else
            high = middle;
    }
    return table[low] & 255;
}

#endif
