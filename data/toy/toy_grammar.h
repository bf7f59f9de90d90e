#ifndef QP_TOY_GRAMMAR_H
#define QP_TOY_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

#include "data/toy/toy_words.h"

/* toy_grammar — the meaning of one toy sentence, drawn at random, and its sentences in both languages.
 *
 *   Korean   subject-는  time  companion-와 함께  place-에서  tool-로  object-를  verb
 *   English  subject  verb  object  tool  companion  place  time
 * The order of English is almost the reverse of the Korean order, so that a translator has to learn attention. One
 * meaning has one sentence in each language, and one sentence has one meaning: bare nouns are indefinite, 그 is "the",
 * negation is 지 않다. */

typedef enum { QP_TOY_DOES, QP_TOY_IS_A, QP_TOY_IS_LIKE, QP_TOY_THERE_IS } qp_toy_clause_kind;

/* A noun phrase; NULL or 0 = without. */
typedef struct {
    const qp_toy_noun *noun;
    const qp_toy_adjective *adjective;
    const qp_toy_pair_of_words *determiner;
    int number;
} qp_toy_phrase;

typedef struct {
    qp_toy_clause_kind kind;
    qp_toy_tense tense;
    bool negative, question, very;
    const qp_toy_person *subject, *second; /* second: "Minsu and Jieun" */
    const qp_toy_verb *verb;
    qp_toy_phrase object;            /* the object; of THERE_IS what there is, of IS_LIKE the subject */
    const qp_toy_adjective *quality; /* IS_LIKE */
    const qp_toy_person *companion, *recipient;
    const qp_toy_place *place, *origin; /* where, or whereto for motion; from where */
    const qp_toy_location *location;    /* THERE_IS */
    const qp_toy_pair_of_words *transport;
    const qp_toy_tool *tool;
    const qp_toy_time *time;
    int hour; /* 1..12, 0 = none */
} qp_toy_clause;

typedef struct {
    char korean[384], english[256];
    char combination[128]; /* the combination of content words: subject|verb|object, place or adjective */
} qp_toy_sentence;

/* qp_toy_clause_sample — the meaning with number `key`; a pure function. */
void qp_toy_clause_sample(uint64_t key, qp_toy_clause *clause);

/* qp_toy_clause_render — its sentences; false if one was too long for its buffer (none of the lexicon is). */
bool qp_toy_clause_render(const qp_toy_clause *clause, qp_toy_sentence *sentence);

#endif
