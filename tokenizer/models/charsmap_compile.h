#ifndef QP_CHARSMAP_COMPILE_H
#define QP_CHARSMAP_COMPILE_H

#include "tokenizer/models/charsmap.h"

/* charsmap_compile — from a list of rules to the double array of charsmap.h.
 *
 * The keys become a minimal acyclic automaton, whose states with equal continuations are one; each state is placed once
 * in the array, the widest first. Equal replacements are stored once. sentencepiece's own rules take 240 kB.
 * Source: Daciuk et al. 2000 (minimal automata), Aoe 1989 (double arrays); the layout is that of darts-clone. */
typedef struct {
    const char *from, *to; /* NUL-terminated; from is not empty */
} qp_charsmap_rule;

/* qp_charsmap_compile — sorts `rule`; no two may have the same `from`. Errors: QP_EMEMORY; QP_EBUG: 2^21 units. */
qp_status qp_charsmap_compile(qp_charsmap_rule *rule, size_t count, qp_charsmap *map);

#endif
