#ifndef QP_ENTITY_H
#define QP_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/metric/classes.h"

/* entity — how well named entities are found: an entity is correct if its type and both of its ends are.
 *   precision = correct / predicted,  recall = correct / true,  F1 = 2 P R / (P + R);  a ratio 0/0 is 0
 * A tag is a prefix of one letter, a hyphen and a type: B-PER; O is outside.
 *
 * DEFAULT reads IOB1, IOB2, IOE and BIOES and repairs malformed tags as the CoNLL shared tasks do: an entity begins at
 *   B or S, at a new type, and at I or E after O, E or S; it ends before O, B, S or a new type, and after E or S.
 * The others accept only well-formed entities of their scheme ("strict"); B, I, E, L, S, U are begin, inside, end,
 *   last, single, unit.
 * Source   Tjong Kim Sang & De Meulder 2003 (conlleval); Ramshaw & Marcus 1995 (IOB1); both ways as in seqeval. */
typedef enum {
    QP_ENTITY_DEFAULT,
    QP_ENTITY_IOB1,
    QP_ENTITY_IOB2,
    QP_ENTITY_IOE1,
    QP_ENTITY_IOE2,
    QP_ENTITY_IOBES,
    QP_ENTITY_BILOU
} qp_entity_scheme;

/* Words first .. last of a sentence; type is borrowed from a tag. */
typedef struct {
    const char *type;
    size_t type_bytes;
    int first, last;
} qp_entity_span;

/* qp_entity_spans — the entities of tag[0..count) in span [count], *spans of them, in order.
 * Errors  QP_EDATA: a prefix that the scheme (not DEFAULT) does not have. */
qp_status qp_entity_spans(qp_entity_scheme scheme, const char *const *tag, int count, qp_entity_span *span, int *spans);

/* qp_entity_has_prefixes — whether these are tags of entities: each is O, or one of BIESLU and a hyphen, and at least
 * one is not O. */
bool qp_entity_has_prefixes(const char *const *tag, int count);

/* Counts of one type that was true or predicted. */
typedef struct {
    char *type;
    int64_t truth, predicted, right;
} qp_entity_type;

typedef struct {
    qp_entity_scheme scheme;
    qp_entity_type *type; /* [types], in order of appearance */
    int types;
    size_t capacity;
    int64_t tags, right_tags;
    qp_entity_span *scratch;
    int scratch_count;
} qp_entity_sums; /* all zero except the scheme = empty */

/* qp_entity_add — adds one sentence: its true and its predicted tags.   Errors  those of qp_entity_spans; QP_EMEMORY.
 * */
qp_status qp_entity_add(qp_entity_sums *sums, const char *const *truth, const char *const *predicted, int count);
void qp_entity_free(qp_entity_sums *sums);

/* qp_entity_scores_of — of one type;   qp_entity_micro    — of all entities
 * qp_entity_macro     — mean of types;  qp_entity_weighted — weighted by the number of true entities
 * qp_entity_accuracy  — fraction of correct tags */
qp_class_scores qp_entity_scores_of(const qp_entity_type *type);
qp_class_scores qp_entity_micro(const qp_entity_sums *sums);
qp_class_scores qp_entity_macro(const qp_entity_sums *sums);
qp_class_scores qp_entity_weighted(const qp_entity_sums *sums);
double qp_entity_accuracy(const qp_entity_sums *sums);

#endif
