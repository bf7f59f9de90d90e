#ifndef QP_SUBWORD_NMT_H
#define QP_SUBWORD_NMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/pair_slots.h"
#include "tokenizer/models/vocabulary.h"
#include "tokenizer/split/regex.h"

/* subword_nmt — the codes files of subword-nmt 0.3.8: learned and applied as that tool does, byte for byte.
 * A word ends at a space; its last symbol carries "</w>" (version 0.1: "</w>" is a symbol of its own). All places of
 * the best pair are joined at once, from left to right. Source: Sennrich, Haddow & Birch 2016;
 * github.com/rsennrich/subword-nmt. */
typedef struct {
    qp_vocabulary symbols; /* every symbol the codes name */
    struct qp_code {
        int32_t left, right, joined;
    } * code; /* by rank */
    size_t count, capacity;
    qp_pair_slots ranks; /* ranks of pairs, plus 1 */
    int32_t *split_of; /* of each symbol: the rank that makes it, -1: none */
    size_t split_capacity;
    bool own_end;          /* version 0.1 */
    qp_vocabulary allowed; /* pieces allowed in the output; empty: all */
    bool limited;
    qp_regex *glossary, *whole_glossary; /* parts that are not split; as given, and matching a whole word */
    size_t glossary_count;
    qp_regex whole_any; /* any of them, matching a whole word */
    char *separator;
} qp_subword_nmt;

/* qp_subword_nmt_read — a codes file; merges: how many of its first lines count, -1: all.
 * Errors  QP_EDATA: not UTF-8, a line that is not two symbols, an unknown version; QP_EMEMORY. */
qp_status qp_subword_nmt_read(const char *place, const char *content, size_t bytes, int64_t merges,
                              qp_subword_nmt **codes);
void qp_subword_nmt_free(qp_subword_nmt *codes);

/* qp_subword_nmt_limit    — lines "piece count": only pieces counted at least `threshold` times are allowed in the
 * output. qp_subword_nmt_glossary — regular expressions whose matches are not split. Call once with all of them.
 * qp_subword_nmt_separate — the mark after a part that does not end its word; "@@" by default. */
qp_status qp_subword_nmt_limit(const char *place, qp_subword_nmt *codes, const char *content, size_t bytes,
                               int64_t threshold);
qp_status qp_subword_nmt_glossary(const char *place, qp_subword_nmt *codes, const char *const *pattern, size_t count);
qp_status qp_subword_nmt_separate(qp_subword_nmt *codes, const char *separator);

/* qp_subword_nmt_apply — one line; *out is malloc'ed and NUL-terminated. */
qp_status qp_subword_nmt_apply(const qp_subword_nmt *codes, const char *line, size_t bytes, char **out,
                               size_t *out_bytes);

#endif
