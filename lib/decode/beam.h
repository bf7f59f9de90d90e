#ifndef QP_BEAM_H
#define QP_BEAM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/batch.h"
#include "lib/config/config.h"
#include "lib/decode/hypothesis.h"

/* beam — one source's part of a search: its live hypotheses, its finished ones, and the trellis that records how
 * each was reached. Greedy search is a beam of width 1. The caller (search.c) allocates the memory once for a whole
 * search.
 *
 * The live hypothesis in slot j has `length` tokens; its last one is node[(length-1)*width + j], whose parent is the
 * slot it continued. Nodes are written once, so a finished hypothesis is only a node number. */
#define QP_LENGTH_RULES(X) X(QP_LENGTH_WU, "wu") X(QP_LENGTH_POWER, "power")
enum { QP_LENGTH_RULES(QP_CHOICE_ID) QP_LENGTH_RULE_COUNT };
#define QP_BEAM_STOPS(X) X(QP_STOP_FULL, "full") X(QP_STOP_BOUND, "bound") X(QP_STOP_LONGEST, "longest")
enum { QP_BEAM_STOPS(QP_CHOICE_ID) QP_BEAM_STOP_COUNT };

/* How finished hypotheses are ranked, and when there are enough of them; see search.h. A coverage penalty needs the
 * beam's attention. */
typedef struct {
    double length_penalty, coverage_penalty;
    int n_best, length_rule, stop;
} qp_beam_ranking;

typedef struct {
    int32_t parent; /* slot one token earlier */
    int32_t id;
    qp_real log_probability;
} qp_beam_node;

typedef struct {
    double total, score;
    int32_t slot;                /* of its last token before EOS */
    int32_t length;              /* tokens before EOS */
    bool ended;                  /* EOS follows ... */
    qp_real end_log_probability; /* ... with this log-probability */
} qp_beam_end;

typedef struct {
    int32_t end_id; /* the token that ends a hypothesis */
    int width;   /* k */
    int enough;  /* finished hypotheses that end the search, at least k */
    int longest; /* tokens a hypothesis may have, EOS included */
    int length, live;
    double *total, *next_total; /* [width] of the live ones, best first */
    qp_beam_node *node;         /* [longest, width] */
    qp_beam_end *end;           /* [enough + width] */
    int ends;
    bool done, over; /* over: no live hypothesis can be among the best (--beam-stop bound, longest) */
    const qp_beam_ranking *ranking; /* NULL: --beam-stop full */
    int source_tokens;
    qp_real *
        *attention; /* [longest] of [live, source_tokens]: attention in the step that read the hypotheses of so many
                            tokens, by slot; NULL: not recorded */
} qp_beam;

/* Candidates of the live hypotheses of one beam: hypothesis j has count[j] of them from id[j*stride], best first. */
typedef struct {
    int stride; /* width + 1: the first k of a row that do not end, and one that does */
    int32_t *id;
    qp_real *log_probability;
    int *count;
    int *taken; /* scratch of qp_beam_expand */
} qp_candidates;

/* qp_beam_history — the tokens of live hypothesis `slot`, oldest first; id [length]. */
void qp_beam_history(const qp_beam *beam, int slot, int32_t *id);

/* qp_beam_expand — one step: finished and live hypotheses out of live x candidates, by the rule in search.h.
 * Afterwards slot j continues the old slot node[(length-1)*width + j].parent; `done` says whether the search of this
 * source is over. */
void qp_beam_expand(qp_beam *beam, const qp_candidates *candidates);

/* qp_beam_finish — rank what was found the best live hypotheses filling up to width; the n best of
 * them into result.      Errors  QP_EMEMORY. */
qp_status qp_beam_finish(qp_beam *beam, const qp_beam_ranking *ranking, qp_search_result *result);

#endif
