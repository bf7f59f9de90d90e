#ifndef QP_REGEX_INTERNAL_H
#define QP_REGEX_INTERNAL_H

#include "tokenizer/split/regex.h"

/* regex_parts — the program a regular expression becomes; for regex.c and regex_compile.c. */
typedef enum {
    QP_RX_SET,
    QP_RX_LOOP,
    QP_RX_SPLIT,
    QP_RX_JUMP,
    QP_RX_LOOK,
    QP_RX_ATOMIC,
    QP_RX_BEHIND,
    QP_RX_HERE, /* where the look back was asked from */
    QP_RX_END,
    QP_RX_BEGIN,
    QP_RX_LINE_END,
    QP_RX_LINE_BEGIN,
    QP_RX_EDGE,
    QP_RX_MATCH
} qp_rx_code;

struct qp_regex_node {
    qp_rx_code code;
    int set;               /* SET, LOOP */
    uint32_t low, high;    /* LOOP: how often; UINT32_MAX: any number. BEHIND: high, the most characters back.
                            * EDGE: low 1, by Oniguruma's \w */
    bool possessive, lazy; /* LOOP */
    bool wanted;           /* LOOK, BEHIND, EDGE: must match (or must not) */
    size_t first,
        second; /* SPLIT: tried first, then; JUMP: first; LOOK, BEHIND, ATOMIC: body at first, goes on at second */
};

typedef enum {
    QP_RX_RANGE,
    QP_RX_CATEGORIES,
    QP_RX_SPACE,
    QP_RX_WORD,
    QP_RX_ANY,
    QP_RX_SCRIPT,
    QP_RX_ALPHABETIC,
    QP_RX_LOWER,
    QP_RX_SUBSET
} qp_rx_item;

struct qp_regex_item {
    qp_rx_item kind;
    bool opposite;
    int32_t low, high;   /* RANGE; SCRIPT, SUBSET: its number in low; WORD: low 1, Oniguruma's alone, 2, in a class */
    uint32_t categories; /* CATEGORIES: bit n is utf8proc category n */
};

struct qp_regex_set {
    struct qp_regex_item *item;
    size_t item_count, capacity;
    bool all; /* a character must be in every item, else in one */
    bool opposite;
    bool ascii[128]; /* the answer for each ASCII character */
};

/* Subsets are looked up in the expression. */
bool qp_regex_set_has(const qp_regex *regex, const struct qp_regex_set *set, int32_t code);

#endif
