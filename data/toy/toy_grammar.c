#include "data/toy/toy_grammar.h"

#include <stddef.h>
#include <string.h>

#include "lib/base/random.h"

typedef struct {
    uint64_t key, counter;
} dice;

static int roll(dice *d, int sides) { return (int)qp_random_below(d->key, d->counter++, (uint64_t)sides); }

static bool chance(dice *d, int percent) { return roll(d, 100) < percent; }

/* One of the rows of a table whose first member is a mask that shares a bit with `wanted`; NULL if there is none. */
static const void *pick_masked(dice *d, const void *table, size_t row_bytes, int rows, uint32_t wanted)
{
    int fitting = 0;
    for (int i = 0; i < rows; i++)
        if (*(const uint32_t *)((const char *)table + (size_t)i * row_bytes) & wanted) fitting++;
    if (!fitting) return NULL;
    int left = roll(d, fitting);
    for (int i = 0;; i++) {
        const void *row = (const char *)table + (size_t)i * row_bytes;
        if ((*(const uint32_t *)row & wanted) && left-- == 0) return row;
    }
}

#define PICK(d, table, rows, wanted) pick_masked(d, table, sizeof *(table), rows, wanted)

static bool same_person(const qp_toy_person *a, const char *korean)
{
    return a && (strstr(a->korean, korean) || strstr(korean, a->korean));
}

/* A person other than the subjects, and not a pronoun unless pronouns are allowed. */
static const qp_toy_person *pick_person(dice *d, const qp_toy_clause *c, bool pronouns)
{
    const qp_toy_lexicon *words = qp_toy_words();
    for (;;) {
        const qp_toy_person *person = &words->person[roll(d, words->persons)];
        if (person->is_pronoun && !pronouns) continue;
        if (same_person(c->subject, person->korean) || same_person(c->second, person->korean)) continue;
        return person;
    }
}

static void choose_subject(dice *d, qp_toy_clause *c)
{
    const qp_toy_lexicon *words = qp_toy_words();
    c->subject = pick_person(d, c, true);
    if (!c->subject->is_name || !chance(d, 20)) return;
    do c->second = &words->person[roll(d, words->persons)];
    while (!c->second->is_name || c->second == c->subject);
}

static void choose_tense(dice *d, qp_toy_clause *c, uint32_t allowed)
{
    static const qp_toy_tense likely[] = {QP_TOY_PAST,    QP_TOY_PAST,   QP_TOY_PAST,   QP_TOY_PRESENT,
                                          QP_TOY_PRESENT, QP_TOY_FUTURE, QP_TOY_FUTURE, QP_TOY_PROGRESSIVE};
    do c->tense = likely[roll(d, 8)];
    while (!(QP_TOY_TENSE(c->tense) & allowed));
}

/* Statement, negation or question; questions never have a first-person subject. */
static void choose_mood(dice *d, qp_toy_clause *c)
{
    int mood = roll(d, 100);
    c->negative = mood < 20;
    c->question = mood >= 85 &&
                  !(c->subject && (c->subject->agreement == QP_TOY_FIRST || !strcmp(c->subject->english, "we")));
}

static void choose_time(dice *d, qp_toy_clause *c)
{
    const qp_toy_lexicon *words = qp_toy_words();
    if (!c->verb->needs_time && !chance(d, 55)) return;
    c->time = PICK(d, words->time, words->times, QP_TOY_TENSE(c->tense));
    if (c->time->is_day && chance(d, 25)) c->hour = 1 + roll(d, 12);
}

/* Determiner or number, and adjective, of a noun. */
static void describe(dice *d, qp_toy_phrase *phrase, bool determiners, bool numbers)
{
    const qp_toy_lexicon *words = qp_toy_words();
    const qp_toy_noun *noun = phrase->noun;
    if (noun->adjectives && chance(d, 30))
        phrase->adjective = PICK(d, words->adjective, words->adjectives, noun->adjectives);
    bool describable = noun->counter || noun->adjectives; /* nobody says "this math" */
    int how = roll(d, 100);
    if (determiners && describable && how < 25) phrase->determiner = &words->determiner[roll(d, words->determiners)];
    if (numbers && noun->counter && how >= 70) phrase->number = 1 + roll(d, 10);
}

static void choose_object(dice *d, qp_toy_clause *c)
{
    const qp_toy_lexicon *words = qp_toy_words();
    do c->object.noun = PICK(d, words->noun, words->nouns, c->verb->objects);
    while (same_person(c->subject, c->object.noun->korean));
    if (c->verb->frame != QP_TOY_BECOME) describe(d, &c->object, true, c->verb->frame != QP_TOY_GENERIC);
    uint32_t fitting = c->object.noun->tools & c->verb->tools;
    if (fitting && chance(d, 50)) c->tool = PICK(d, words->tool, words->tools, fitting);
}

static void choose_where(dice *d, qp_toy_clause *c)
{
    const qp_toy_lexicon *words = qp_toy_words();
    qp_toy_frame frame = c->verb->frame;
    bool moves = frame == QP_TOY_MOTION || frame == QP_TOY_RETURN || frame == QP_TOY_MOVE;
    int percent = moves ? 100 : frame == QP_TOY_INTRANSITIVE ? 75 : 40;
    if (c->verb->places && chance(d, percent)) c->place = PICK(d, words->place, words->places, c->verb->places);
    if (moves && frame != QP_TOY_MOVE && chance(d, 40)) c->transport = &words->transport[roll(d, words->transports)];
    if (frame == QP_TOY_MOVE && chance(d, 60)) {
        do c->origin = PICK(d, words->place, words->places, c->verb->places);
        while (c->origin == c->place);
    }
    bool alone = frame == QP_TOY_GENERIC || frame == QP_TOY_BECOME || frame == QP_TOY_GIVE || c->tool;
    if (!alone && chance(d, 20)) c->companion = pick_person(d, c, false);
}

static void sample_doing(dice *d, qp_toy_clause *c)
{
    const qp_toy_lexicon *words = qp_toy_words();
    c->verb = &words->verb[roll(d, words->verbs)];
    do choose_subject(d, c);
    while (c->verb->frame == QP_TOY_BECOME && (c->subject->is_child || c->subject->agreement == QP_TOY_PLURAL));
    choose_tense(d, c, c->verb->tenses);
    choose_mood(d, c);
    if (c->verb->objects) choose_object(d, c);
    if (c->verb->frame == QP_TOY_GIVE) c->recipient = pick_person(d, c, false);
    choose_where(d, c);
    choose_time(d, c);
}

static void sample_being(dice *d, qp_toy_clause *c)
{
    const qp_toy_lexicon *words = qp_toy_words();
    do choose_subject(d, c);
    while (c->subject->is_child);
    choose_tense(d, c, QP_TOY_TENSE(QP_TOY_PRESENT) | QP_TOY_TENSE(QP_TOY_PAST));
    choose_mood(d, c);
    do c->object.noun = PICK(d, words->noun, words->nouns, QP_TOY_PROFESSION);
    while (same_person(c->subject, c->object.noun->korean));
    if (chance(d, 25)) c->object.adjective = PICK(d, words->adjective, words->adjectives, c->object.noun->adjectives);
}

static void sample_quality(dice *d, qp_toy_clause *c)
{
    const qp_toy_lexicon *words = qp_toy_words();
    do c->object.noun = &words->noun[roll(d, words->nouns)];
    while (!c->object.noun->adjectives);
    c->object.determiner = &words->determiner[roll(d, words->determiners)];
    do c->quality = PICK(d, words->adjective, words->adjectives, c->object.noun->adjectives);
    while (!c->quality->stem && c->object.noun->adjectives & ~(uint32_t)(QP_TOY_NEW | QP_TOY_OLD));
    choose_tense(d, c, QP_TOY_TENSE(QP_TOY_PRESENT) | QP_TOY_TENSE(QP_TOY_PAST));
    choose_mood(d, c);
    c->very = !c->negative && chance(d, 30);
}

static void sample_existence(dice *d, qp_toy_clause *c)
{
    const qp_toy_lexicon *words = qp_toy_words();
    c->location = &words->location[roll(d, words->locations)];
    c->object.noun = PICK(d, words->noun, words->nouns, c->location->mask);
    choose_tense(d, c, QP_TOY_TENSE(QP_TOY_PRESENT) | QP_TOY_TENSE(QP_TOY_PAST));
    choose_mood(d, c);
    describe(d, &c->object, false, !c->negative);
}

void qp_toy_clause_sample(uint64_t key, qp_toy_clause *clause)
{
    dice d = {key, 0};
    memset(clause, 0, sizeof *clause);
    int kind = roll(&d, 100);
    if (kind < 76) {
        clause->kind = QP_TOY_DOES;
        sample_doing(&d, clause);
    } else if (kind < 82) {
        clause->kind = QP_TOY_IS_A;
        sample_being(&d, clause);
    } else if (kind < 91) {
        clause->kind = QP_TOY_IS_LIKE;
        sample_quality(&d, clause);
    } else {
        clause->kind = QP_TOY_THERE_IS;
        sample_existence(&d, clause);
    }
}
