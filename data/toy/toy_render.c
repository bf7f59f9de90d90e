/* toy_render — the sentences of a clause in both languages; see toy_grammar.h */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "data/toy/hangul.h"
#include "data/toy/toy_grammar.h"

/* A text of bounded length; `full` stays set once it is exceeded. */
typedef struct {
    char *text;
    size_t used, size;
    bool full;
} line;

__attribute__((format(printf, 2, 3))) static void add(line *l, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(l->text + l->used, l->size - l->used, format, arguments);
    va_end(arguments);
    if (wanted < 0 || (size_t)wanted >= l->size - l->used)
        l->full = true;
    else
        l->used += (size_t)wanted;
}

/* A word with its particle, and a space. */
static void add_with(line *l, const char *word, qp_particle particle)
{
    add(l, "%s%s ", word, qp_hangul_particle(word, particle));
}

static const qp_toy_pair_of_words *number_words(int number) { return &qp_toy_words()->number[number - 1]; }

/* ---- Korean ---- */

static void korean_phrase(line *l, const qp_toy_phrase *p, qp_particle particle)
{
    if (p->determiner) add(l, "%s ", p->determiner->korean);
    if (p->adjective) add(l, "%s ", p->adjective->korean);
    if (!p->number) {
        add_with(l, p->noun->korean, particle);
        return;
    }
    add(l, "%s %s ", p->noun->korean, number_words(p->number)->korean);
    add_with(l, p->noun->counter, particle);
}

static void korean_subject(line *l, const qp_toy_clause *c)
{
    const qp_toy_person *last = c->second ? c->second : c->subject;
    if (c->second) add_with(l, c->subject->korean, QP_PARTICLE_WITH);
    add_with(l, last->korean, QP_PARTICLE_TOPIC);
}

/* Where, with what, to whom, whereto. */
static void korean_circumstances(line *l, const qp_toy_clause *c)
{
    qp_toy_frame frame = c->verb->frame;
    if (c->time) add(l, "%s ", c->time->korean);
    if (c->hour) add(l, "%s 시에 ", number_words(c->hour)->korean);
    if (c->companion) {
        add_with(l, c->companion->korean, QP_PARTICLE_WITH);
        add(l, "함께 ");
    }
    if (c->origin) add(l, "%s에서 ", c->origin->korean);
    if (c->transport) add_with(l, c->transport->korean, QP_PARTICLE_TOWARDS);
    if (c->place && frame == QP_TOY_MOTION)
        add(l, "%s에 ", c->place->korean);
    else if (c->place && (frame == QP_TOY_RETURN || frame == QP_TOY_MOVE))
        add_with(l, c->place->korean, QP_PARTICLE_TOWARDS);
    else if (c->place)
        add(l, "%s에서 ", c->place->korean);
    if (c->tool) add_with(l, c->tool->korean, QP_PARTICLE_TOWARDS);
    if (c->recipient) add(l, "%s에게 ", c->recipient->korean);
    if (c->object.noun) korean_phrase(l, &c->object, frame == QP_TOY_BECOME ? QP_PARTICLE_SUBJECT : QP_PARTICLE_OBJECT);
}

/* Verbs and adjectives have the same endings: stem + 지 않다, the past in 었, the future in ㄹ 것이다. */
static void korean_ending(line *l, const qp_toy_clause *c, const char *stem, const char *present, const char *past,
                          const char *future)
{
    switch (c->tense) {
    case QP_TOY_PRESENT:
        if (c->negative)
            add(l, "%s지 않습니다", stem);
        else
            add(l, "%s", present);
        break;
    case QP_TOY_PAST:
        if (c->negative)
            add(l, "%s지 않았습니다", stem);
        else
            add(l, "%s습니다", past);
        break;
    case QP_TOY_FUTURE:
        if (c->negative)
            add(l, "%s지 않을 것입니다", stem);
        else
            add(l, "%s 것입니다", future);
        break;
    case QP_TOY_PROGRESSIVE: add(l, "%s고 있%s습니다", stem, c->negative ? "지 않" : ""); break;
    }
}

static void korean_being(line *l, const qp_toy_clause *c)
{
    const char *noun = c->object.noun->korean;
    bool past = c->tense == QP_TOY_PAST;
    if (c->object.adjective) add(l, "%s ", c->object.adjective->korean);
    if (c->negative) {
        add_with(l, noun, QP_PARTICLE_SUBJECT);
        add(l, past ? "아니었습니다" : "아닙니다");
    } else if (past) {
        add(l, "%s%s습니다", noun, qp_hangul_particle(noun, QP_PARTICLE_WAS));
    } else {
        add(l, "%s입니다", noun);
    }
}

static void korean_sentence(line *l, const qp_toy_clause *c)
{
    switch (c->kind) {
    case QP_TOY_DOES:
        korean_subject(l, c);
        korean_circumstances(l, c);
        korean_ending(l, c, c->verb->stem, c->verb->present, c->verb->past, c->verb->future);
        break;
    case QP_TOY_IS_A:
        korean_subject(l, c);
        korean_being(l, c);
        break;
    case QP_TOY_IS_LIKE:
        korean_phrase(l, &c->object, QP_PARTICLE_TOPIC);
        if (c->very) add(l, "매우 ");
        korean_ending(l, c, c->quality->stem, c->quality->present, c->quality->past, NULL);
        break;
    case QP_TOY_THERE_IS:
        add(l, "%s에 ", c->location->korean);
        korean_phrase(l, &c->object, QP_PARTICLE_SUBJECT);
        add(l, "%s%s습니다", c->negative ? "없" : "있", c->tense == QP_TOY_PAST ? "었" : "");
        break;
    }
    if (c->question) l->used -= strlen("다"); /* every ending above is ...니다 */
    add(l, c->question ? "까?" : ".");
}

/* ---- English ---- */

static void english_phrase(line *l, const qp_toy_phrase *p, bool generic)
{
    const qp_toy_noun *noun = p->noun;
    char described[96];
    bool plural = noun->plural && (p->number > 1 || (generic && !p->determiner));
    snprintf(described, sizeof described, "%s%s%s", p->adjective ? p->adjective->english : "", p->adjective ? " " : "",
             plural ? noun->plural : noun->english);
    if (p->determiner)
        add(l, "%s ", p->determiner->english);
    else if (p->number)
        add(l, "%s ", number_words(p->number)->english);
    else if (noun->plural && !plural)
        add(l, "%s ", strchr("aeiou", described[0]) ? "an" : "a");
    if (p->number && !noun->plural) add(l, "%s ", p->number > 1 ? noun->measures : noun->measure);
    add(l, "%s", described);
}

static void english_subject(line *l, const qp_toy_clause *c)
{
    if (c->kind == QP_TOY_IS_LIKE)
        english_phrase(l, &c->object, false);
    else if (c->kind == QP_TOY_THERE_IS)
        add(l, "there");
    else if (c->second)
        add(l, "%s and %s", c->subject->english, c->second->english);
    else
        add(l, "%s", c->subject->english);
}

static qp_toy_agreement agreement(const qp_toy_clause *c)
{
    if (c->kind == QP_TOY_IS_LIKE) return QP_TOY_SINGULAR;
    if (c->kind == QP_TOY_THERE_IS) return c->object.number > 1 ? QP_TOY_PLURAL : QP_TOY_SINGULAR;
    return c->second ? QP_TOY_PLURAL : c->subject->agreement;
}

static const char *be(const qp_toy_clause *c)
{
    static const char *const is[] = {"is", "are", "am"}, *const was[] = {"was", "were", "was"};
    return (c->tense == QP_TOY_PAST ? was : is)[agreement(c)];
}

/* subject, verb and not; auxiliary first in a question. */
static void english_predicate(line *l, const qp_toy_clause *c)
{
    const qp_toy_verb *verb = c->kind == QP_TOY_DOES ? c->verb : NULL;
    bool third = agreement(c) == QP_TOY_SINGULAR, plain = !c->negative && !c->question;
    const char *auxiliary = "", *main = "";
    if (!verb) {
        auxiliary = be(c);
    } else if (c->tense == QP_TOY_PROGRESSIVE) {
        auxiliary = be(c);
        main = verb->ing;
    } else if (c->tense == QP_TOY_FUTURE) {
        auxiliary = "will";
        main = verb->base;
    } else if (plain) {
        main = c->tense == QP_TOY_PAST ? verb->preterite : third ? verb->third : verb->base;
    } else {
        auxiliary = c->tense == QP_TOY_PAST ? "did" : third ? "does" : "do";
        main = verb->base;
    }
    if (c->question) add(l, "%s ", auxiliary);
    english_subject(l, c);
    if (!c->question && *auxiliary) add(l, " %s", auxiliary);
    if (c->negative) add(l, c->kind == QP_TOY_THERE_IS ? " no" : " not");
    if (*main) add(l, " %s", main);
}

static void english_circumstances(line *l, const qp_toy_clause *c)
{
    qp_toy_frame frame = c->verb->frame;
    bool moves = frame == QP_TOY_MOTION || frame == QP_TOY_RETURN || frame == QP_TOY_MOVE;
    if (c->object.noun) {
        add(l, " ");
        english_phrase(l, &c->object, frame == QP_TOY_GENERIC);
    }
    if (c->recipient) add(l, " to %s", c->recipient->english);
    if (c->origin) add(l, " %s", c->origin->from);
    if (c->place && moves) add(l, " %s", c->place->to);
    if (c->transport) add(l, " %s", c->transport->english);
    if (c->tool) add(l, " %s", c->tool->english);
    if (c->companion) add(l, " with %s", c->companion->english);
    if (c->place && !moves) add(l, " %s", c->place->at);
    if (c->hour) add(l, " at %s o'clock", number_words(c->hour)->english);
    if (c->time) add(l, " %s", c->time->english);
}

static void english_complement(line *l, const qp_toy_clause *c)
{
    if (c->kind == QP_TOY_IS_LIKE) {
        add(l, " %s%s", c->very ? "very " : "", c->quality->english);
        return;
    }
    add(l, " ");
    if (c->kind == QP_TOY_THERE_IS && c->negative) { /* "no" replaces the article */
        if (c->object.adjective) add(l, "%s ", c->object.adjective->english);
        add(l, "%s", c->object.noun->english);
    } else {
        english_phrase(l, &c->object, c->kind == QP_TOY_IS_A && agreement(c) == QP_TOY_PLURAL);
    }
    if (c->kind == QP_TOY_THERE_IS) add(l, " %s", c->location->english);
}

static void english_sentence(line *l, const qp_toy_clause *c)
{
    english_predicate(l, c);
    if (c->kind == QP_TOY_DOES)
        english_circumstances(l, c);
    else
        english_complement(l, c);
    add(l, c->question ? "?" : ".");
    if (l->text[0] >= 'a' && l->text[0] <= 'z') l->text[0] = (char)(l->text[0] - 'a' + 'A');
}

static void combination(line *l, const qp_toy_clause *c)
{
    const char *first = c->kind == QP_TOY_THERE_IS  ? c->location->korean
                        : c->kind == QP_TOY_IS_LIKE ? c->object.determiner->korean
                                                    : c->subject->korean;
    const char *second = c->kind == QP_TOY_DOES ? c->verb->stem : c->kind == QP_TOY_THERE_IS ? "있" : "이";
    add(l, "%s%s%s|%s|", first, c->second ? "+" : "", c->second ? c->second->korean : "", second);
    if (c->object.noun)
        add(l, "%s", c->object.noun->korean);
    else if (c->place)
        add(l, "%s", c->place->korean);
    if (c->quality) add(l, "|%s", c->quality->stem);
}

bool qp_toy_clause_render(const qp_toy_clause *clause, qp_toy_sentence *sentence)
{
    line korean = {sentence->korean, 0, sizeof sentence->korean, false};
    line english = {sentence->english, 0, sizeof sentence->english, false};
    line words = {sentence->combination, 0, sizeof sentence->combination, false};
    korean_sentence(&korean, clause);
    english_sentence(&english, clause);
    combination(&words, clause);
    return !korean.full && !english.full && !words.full;
}
