#ifndef QP_OWN_ALPHABET_H
#define QP_OWN_ALPHABET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokenizer/learn/word_counts.h"

/* own_alphabet — the characters that get a piece of their own: the most frequent ones that together make up a wanted
 * share of the text. U+2581, which shows a space, and NUL, which ends strings, never get one: they become bytes. */
typedef struct {
    struct qp_alphabet_code {
        int32_t code;
        int64_t count;
    } * entry; /* most frequent first, or by code point after qp_own_alphabet_sort */
    size_t count;
    int64_t characters, uncovered; /* of the text, with repetitions */
} qp_own_alphabet;

/* qp_own_alphabet_make — coverage: the share; least: rarer characters are left out. Zero *alphabet before.
 * Errors  QP_EMEMORY. */
qp_status qp_own_alphabet_make(const qp_word_counts *words, double coverage, int64_t least, qp_own_alphabet *alphabet);
void qp_own_alphabet_sort(qp_own_alphabet *alphabet);
void qp_own_alphabet_free(qp_own_alphabet *alphabet);

/* qp_own_may_be_piece — may this code point be part of a piece? Not if it is invalid, NUL or U+2581. */
static inline bool qp_own_may_be_piece(int32_t code) { return code > 0 && code != 0x2581; }

#endif
