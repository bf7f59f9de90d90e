#ifndef QP_REGEX_PARTS_H
#define QP_REGEX_PARTS_H

#include "tokenizer/regex.h"

/* regex_parts — the program a regular expression becomes; for regex.c and regex_compile.c. */
typedef enum {
    QP_RX_SET,
    QP_RX_LOOP,
    QP_RX_SPLIT,
    QP_RX_JUMP,
    QP_RX_LOOK,
    QP_RX_ATOMIC,
    QP_RX_END,
    QP_RX_BEGIN,
    QP_RX_MATCH
} qp_rx_code;

struct qp_regex_node {
    qp_rx_code code;
    int set;               /* SET, LOOP */
    uint32_t low, high;    /* LOOP: how often; UINT32_MAX: any number */
    bool possessive, lazy; /* LOOP */
    bool wanted;           /* LOOK: must match (or must not) */
    size_t first, second;  /* SPLIT: tried first, then; JUMP: first; LOOK, ATOMIC: body at first, goes on at second */
};

typedef enum { QP_RX_RANGE, QP_RX_CATEGORIES, QP_RX_SPACE, QP_RX_WORD, QP_RX_ANY } qp_rx_item;

struct qp_regex_item {
    qp_rx_item kind;
    bool opposite;
    int32_t low, high;   /* RANGE */
    uint32_t categories; /* CATEGORIES: bit n is utf8proc category n */
};

struct qp_regex_set {
    struct qp_regex_item item[12];
    int item_count;
    bool opposite;
    bool ascii[128]; /* the answer for each ASCII character */
};

bool qp_regex_set_has(const struct qp_regex_set *set, int32_t code);

#endif
