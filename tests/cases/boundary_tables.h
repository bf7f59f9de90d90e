#ifndef QP_BOUNDARY_TABLES_H
#define QP_BOUNDARY_TABLES_H

#include <stdbool.h>
#include <stdint.h>

/* boundary_tables — word break classes and Indic conjuncts of Unicode 15.0. Made by lib/text/unicode_tables.pl.
 * Source: WordBreakProperty.txt, IndicSyllabicCategory.txt. */
typedef enum {
    WB_OTHER,
    WB_CR,
    WB_LF,
    WB_NEWLINE,
    WB_EXTEND,
    WB_ZWJ,
    WB_FORMAT,
    WB_REGIONAL,
    WB_KATAKANA,
    WB_HEBREW,
    WB_LETTER,
    WB_SINGLE_QUOTE,
    WB_DOUBLE_QUOTE,
    WB_MID_NUM_LET,
    WB_MID_LETTER,
    WB_MID_NUM,
    WB_NUMERIC,
    WB_EXTEND_NUM_LET,
    WB_SPACE,
    WB_HANGUL /* not in the table: boundary.c finds Hangul syllables itself */
} word_break;

word_break word_break_of(int32_t code);

/* Consonants and viramas of the Indic scripts whose conjuncts are one grapheme (rule GB9c of Annex 29). */
bool is_linking_consonant(int32_t code);
bool is_linking_virama(int32_t code);

#endif
