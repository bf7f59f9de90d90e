#ifndef QP_TOY_WORDS_H
#define QP_TOY_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* toy_words — the lexicon of the toy grammar (toy_grammar.h): every Korean and English form that is not a plain
 * concatenation is written out, so that irregular verbs and plurals need no rules. */

/* clang-format off */

/* Classes of nouns: bits that verbs and locations select by. */
enum {
    QP_TOY_FOOD = 1 << 0,      QP_TOY_DRINK = 1 << 1,     QP_TOY_READ = 1 << 2,     QP_TOY_WRITE = 1 << 3,
    QP_TOY_THING = 1 << 4,     QP_TOY_WEAR = 1 << 5,      QP_TOY_PERSON = 1 << 6,   QP_TOY_SHOW = 1 << 7,
    QP_TOY_ACADEMIC = 1 << 8,  QP_TOY_MUSIC = 1 << 9,     QP_TOY_SONG = 1 << 10,    QP_TOY_DRAW = 1 << 11,
    QP_TOY_BUILD = 1 << 12,    QP_TOY_GIFT = 1 << 13,     QP_TOY_MAKE = 1 << 14,    QP_TOY_WASH = 1 << 15,
    QP_TOY_BORROW = 1 << 16,   QP_TOY_FIX = 1 << 17,      QP_TOY_RIDE = 1 << 18,    QP_TOY_SMALL = 1 << 19,
    QP_TOY_POCKET = 1 << 20,   QP_TOY_ANIMAL = 1 << 21,   QP_TOY_OUTDOOR = 1 << 22, QP_TOY_ROOM = 1 << 23,
    QP_TOY_PHOTO = 1 << 24,    QP_TOY_PROFESSION = 1 << 25, QP_TOY_LIKE = 1 << 26
};

/* Adjectives, in the order of qp_toy_adjective; a noun's mask lists those that suit it. */
enum {
    QP_TOY_BIG = 1 << 0,       QP_TOY_LITTLE = 1 << 1,    QP_TOY_NEW = 1 << 2,      QP_TOY_OLD = 1 << 3,
    QP_TOY_DEAR = 1 << 4,      QP_TOY_CHEAP = 1 << 5,     QP_TOY_PRETTY = 1 << 6,   QP_TOY_RED = 1 << 7,
    QP_TOY_BLUE = 1 << 8,      QP_TOY_WHITE = 1 << 9,     QP_TOY_BLACK = 1 << 10,   QP_TOY_YELLOW = 1 << 11,
    QP_TOY_FUN = 1 << 12,      QP_TOY_TASTY = 1 << 13,    QP_TOY_WARM = 1 << 14,    QP_TOY_COLD = 1 << 15,
    QP_TOY_LONG = 1 << 16,     QP_TOY_SHORT = 1 << 17,    QP_TOY_HARD = 1 << 18,    QP_TOY_EASY = 1 << 19,
    QP_TOY_HIGH = 1 << 20,     QP_TOY_FAMOUS = 1 << 21,   QP_TOY_YOUNG = 1 << 22,   QP_TOY_KIND = 1 << 23
};

/* Places, in the order of qp_toy_place. */
enum {
    QP_TOY_LIBRARY = 1 << 0,   QP_TOY_SCHOOL = 1 << 1,    QP_TOY_MARKET = 1 << 2,   QP_TOY_PARK = 1 << 3,
    QP_TOY_HOME = 1 << 4,      QP_TOY_RESTAURANT = 1 << 5, QP_TOY_HOSPITAL = 1 << 6, QP_TOY_CAFE = 1 << 7,
    QP_TOY_STATION = 1 << 8,   QP_TOY_CLASSROOM = 1 << 9, QP_TOY_KITCHEN = 1 << 10, QP_TOY_OFFICE = 1 << 11,
    QP_TOY_SHOP = 1 << 12,     QP_TOY_BEACH = 1 << 13,    QP_TOY_MUSEUM = 1 << 14,  QP_TOY_SEOUL = 1 << 15,
    QP_TOY_BUSAN = 1 << 16,    QP_TOY_DAEGU = 1 << 17,    QP_TOY_INCHEON = 1 << 18
};

/* Tools, in the order of qp_toy_tool. */
enum {
    QP_TOY_CHOPSTICKS = 1 << 0, QP_TOY_SPOON = 1 << 1, QP_TOY_FORK = 1 << 2,
    QP_TOY_PENCIL = 1 << 3,     QP_TOY_PEN = 1 << 4,   QP_TOY_BRUSH = 1 << 5
};

/* clang-format on */

typedef enum { QP_TOY_PRESENT, QP_TOY_PAST, QP_TOY_FUTURE, QP_TOY_PROGRESSIVE } qp_toy_tense;
#define QP_TOY_TENSE(tense) (1u << (tense))

typedef enum { QP_TOY_SINGULAR, QP_TOY_PLURAL, QP_TOY_FIRST } qp_toy_agreement;

typedef enum {
    QP_TOY_TRANSITIVE,   /* S O-을/를 V */
    QP_TOY_GENERIC,      /* the same, but a bare object is English plural: likes apples */
    QP_TOY_INTRANSITIVE, /* S place-에서 V */
    QP_TOY_MOTION,       /* S place-에 V */
    QP_TOY_RETURN,       /* S place-(으)로 V */
    QP_TOY_MOVE,         /* S place-에서 place-(으)로 V */
    QP_TOY_GIVE,         /* S person-에게 O-을/를 V */
    QP_TOY_BECOME        /* S O-이/가 V */
} qp_toy_frame;

typedef struct {
    uint32_t mask; /* its classes */
    const char *korean;
    const char *english, *plural;   /* plural NULL: not countable */
    const char *counter;            /* Korean; NULL: never counted */
    const char *measure, *measures; /* English of the counter of an uncountable noun: cup of, cups of */
    uint32_t adjectives, tools;
} qp_toy_noun;

typedef struct {
    uint32_t mask;      /* its own bit */
    const char *korean; /* before a noun: 큰 */
    const char *english;
    const char *stem, *present, *past; /* as predicate: 크(지 않습니다), 큽니다, 컸(습니다); NULL: only before a noun */
} qp_toy_adjective;

typedef struct {
    qp_toy_frame frame;
    const char *stem, *present, *past, *future; /* 읽(지, 고), 읽습니다, 읽었(습니다), 읽을 (것입니다) */
    const char *base, *third, *preterite, *ing;
    uint32_t tenses, objects, places, tools;
    bool needs_time; /* English present and past look alike: read */
} qp_toy_verb;

typedef struct {
    const char *korean, *english;
    qp_toy_agreement agreement;
    bool is_name, is_pronoun, is_child;
} qp_toy_person;

typedef struct {
    uint32_t mask;
    const char *korean, *at, *to, *from; /* from NULL: nobody moves there */
} qp_toy_place;

typedef struct {
    uint32_t mask;
    const char *korean, *english;
} qp_toy_tool;
typedef struct {
    uint32_t mask;
    const char *korean, *english;
    bool is_day;
} qp_toy_time; /* mask: tenses */
typedef struct {
    uint32_t mask;
    const char *korean, *english;
} qp_toy_location; /* mask: nouns found there */
typedef struct {
    const char *korean, *english;
} qp_toy_pair_of_words;

/* A table ends with its count in qp_toy_words. */
typedef struct {
    const qp_toy_noun *noun;
    int nouns;
    const qp_toy_adjective *adjective;
    int adjectives;
    const qp_toy_verb *verb;
    int verbs;
    const qp_toy_person *person;
    int persons;
    const qp_toy_place *place;
    int places;
    const qp_toy_tool *tool;
    int tools;
    const qp_toy_time *time;
    int times;
    const qp_toy_location *location;
    int locations;
    const qp_toy_pair_of_words *transport;
    int transports;
    const qp_toy_pair_of_words *determiner;
    int determiners;
    const qp_toy_pair_of_words *number;
    int numbers; /* one .. twelve; index + 1 is the number */
} qp_toy_lexicon;

/* qp_toy_words — the lexicon; constant. */
const qp_toy_lexicon *qp_toy_words(void);

#endif
