#include "data/toy/toy_words.h"

#include <stddef.h>

/* clang-format off — these are tables; one word a line */

#define SIZE (QP_TOY_BIG | QP_TOY_LITTLE)
#define PRICE (QP_TOY_DEAR | QP_TOY_CHEAP)
#define AGE (QP_TOY_NEW | QP_TOY_OLD)
#define COLOUR (QP_TOY_RED | QP_TOY_BLUE | QP_TOY_WHITE | QP_TOY_BLACK | QP_TOY_YELLOW)
#define CUISINE (QP_TOY_TASTY | PRICE)
#define TEXT (QP_TOY_FUN | QP_TOY_LONG | QP_TOY_SHORT)
#define WARMTH (QP_TOY_WARM | QP_TOY_COLD)
#define GOODS (SIZE | PRICE | AGE)
#define CHARACTER (QP_TOY_FAMOUS | QP_TOY_YOUNG | QP_TOY_KIND)
#define DRAWING (QP_TOY_PENCIL | QP_TOY_PEN | QP_TOY_BRUSH)
#define WRITING (QP_TOY_PENCIL | QP_TOY_PEN)

#define FOOD (QP_TOY_FOOD | QP_TOY_LIKE)
#define JOB (QP_TOY_PERSON | QP_TOY_PROFESSION)

static const qp_toy_noun nouns[] = {
    /* food */
    {FOOD | QP_TOY_WASH | QP_TOY_SMALL, "사과", "apple", "apples", "개", NULL, NULL, CUISINE | SIZE | QP_TOY_RED, 0},
    {FOOD | QP_TOY_SMALL, "오렌지", "orange", "oranges", "개", NULL, NULL, CUISINE | SIZE, 0},
    {FOOD, "달걀", "egg", "eggs", "개", NULL, NULL, PRICE | SIZE | QP_TOY_WHITE, QP_TOY_FORK | QP_TOY_SPOON},
    {FOOD | QP_TOY_WASH, "감자", "potato", "potatoes", "개", NULL, NULL, CUISINE | SIZE,
     QP_TOY_FORK | QP_TOY_CHOPSTICKS},
    {FOOD | QP_TOY_MAKE, "샌드위치", "sandwich", "sandwiches", "개", NULL, NULL, CUISINE | SIZE, 0},
    {FOOD | QP_TOY_MAKE, "만두", "dumpling", "dumplings", "개", NULL, NULL, CUISINE | SIZE | QP_TOY_WARM,
     QP_TOY_FORK | QP_TOY_CHOPSTICKS},
    {FOOD | QP_TOY_MAKE, "빵", "bread", NULL, "조각", "piece of", "pieces of", CUISINE | QP_TOY_WARM, 0},
    {FOOD | QP_TOY_MAKE, "케이크", "cake", NULL, "조각", "piece of", "pieces of", CUISINE, QP_TOY_FORK | QP_TOY_SPOON},
    {FOOD, "밥", "rice", NULL, "그릇", "bowl of", "bowls of", QP_TOY_TASTY | WARMTH, QP_TOY_SPOON | QP_TOY_CHOPSTICKS},
    {FOOD | QP_TOY_MAKE, "국", "soup", NULL, "그릇", "bowl of", "bowls of", QP_TOY_TASTY | WARMTH, QP_TOY_SPOON},
    /* drinks */
    {QP_TOY_DRINK | QP_TOY_LIKE, "물", "water", NULL, "병", "bottle of", "bottles of", WARMTH, 0},
    {QP_TOY_DRINK | QP_TOY_LIKE, "우유", "milk", NULL, "병", "bottle of", "bottles of", CUISINE | WARMTH, 0},
    {QP_TOY_DRINK | QP_TOY_LIKE, "주스", "juice", NULL, "병", "bottle of", "bottles of", CUISINE | QP_TOY_COLD, 0},
    {QP_TOY_DRINK | QP_TOY_LIKE, "커피", "coffee", NULL, "잔", "cup of", "cups of", CUISINE | WARMTH, 0},
    {QP_TOY_DRINK | QP_TOY_LIKE, "녹차", "green tea", NULL, "잔", "cup of", "cups of", CUISINE | WARMTH, 0},
    /* things to read and write */
    {QP_TOY_READ | QP_TOY_BORROW | QP_TOY_GIFT | QP_TOY_SMALL | QP_TOY_POCKET | QP_TOY_THING | QP_TOY_LIKE, "책",
     "book", "books", "권", NULL, NULL, TEXT | AGE | PRICE | QP_TOY_HARD | QP_TOY_EASY, 0},
    {QP_TOY_READ | QP_TOY_BORROW | QP_TOY_WRITE | QP_TOY_SMALL | QP_TOY_THING | QP_TOY_LIKE, "소설", "novel", "novels",
     "권", NULL, NULL, TEXT | QP_TOY_OLD | QP_TOY_HARD, 0},
    {QP_TOY_READ | QP_TOY_BORROW | QP_TOY_SMALL | QP_TOY_POCKET | QP_TOY_THING, "잡지", "magazine", "magazines", "권",
     NULL, NULL, AGE | PRICE | QP_TOY_FUN, 0},
    {QP_TOY_READ | QP_TOY_WRITE | QP_TOY_SMALL | QP_TOY_POCKET, "편지", "letter", "letters", "통", NULL, NULL,
     TEXT | QP_TOY_OLD, WRITING},
    {QP_TOY_READ | QP_TOY_WRITE, "이메일", "email", "emails", "통", NULL, NULL, QP_TOY_LONG | QP_TOY_SHORT, 0},
    /* things */
    {QP_TOY_THING | QP_TOY_MAKE | QP_TOY_SMALL | QP_TOY_GIFT, "가방", "bag", "bags", "개", NULL, NULL,
     GOODS | COLOUR | QP_TOY_PRETTY, 0},
    {QP_TOY_THING | QP_TOY_BORROW | QP_TOY_SMALL | QP_TOY_POCKET, "우산", "umbrella", "umbrellas", "개", NULL, NULL,
     GOODS | COLOUR, 0},
    {QP_TOY_THING | QP_TOY_MAKE | QP_TOY_FIX | QP_TOY_ROOM, "의자", "chair", "chairs", "개", NULL, NULL, GOODS | COLOUR,
     0},
    {QP_TOY_THING | QP_TOY_FIX | QP_TOY_SMALL, "시계", "clock", "clocks", "개", NULL, NULL, GOODS | QP_TOY_PRETTY, 0},
    {QP_TOY_THING | QP_TOY_WASH | QP_TOY_SMALL, "접시", "plate", "plates", "개", NULL, NULL,
     GOODS | QP_TOY_WHITE | QP_TOY_PRETTY, 0},
    {QP_TOY_THING | QP_TOY_MAKE | QP_TOY_GIFT | QP_TOY_SMALL, "인형", "doll", "dolls", "개", NULL, NULL,
     GOODS | QP_TOY_PRETTY, 0},
    {QP_TOY_THING | QP_TOY_GIFT | QP_TOY_POCKET, "반지", "ring", "rings", "개", NULL, NULL, PRICE | AGE | QP_TOY_PRETTY,
     0},
    {QP_TOY_GIFT | QP_TOY_SMALL | QP_TOY_POCKET, "선물", "gift", "gifts", "개", NULL, NULL,
     SIZE | PRICE | QP_TOY_PRETTY, 0},
    {QP_TOY_THING | QP_TOY_BORROW | QP_TOY_FIX | QP_TOY_POCKET, "카메라", "camera", "cameras", "대", NULL, NULL, GOODS,
     0},
    {QP_TOY_THING | QP_TOY_FIX | QP_TOY_ROOM, "컴퓨터", "computer", "computers", "대", NULL, NULL, GOODS, 0},
    {QP_TOY_THING | QP_TOY_BORROW | QP_TOY_FIX | QP_TOY_RIDE | QP_TOY_OUTDOOR, "자전거", "bicycle", "bicycles", "대",
     NULL, NULL, GOODS | COLOUR, 0},
    {QP_TOY_THING | QP_TOY_BORROW | QP_TOY_FIX | QP_TOY_OUTDOOR, "자동차", "car", "cars", "대", NULL, NULL,
     GOODS | COLOUR, 0},
    {QP_TOY_PHOTO | QP_TOY_GIFT | QP_TOY_SMALL | QP_TOY_POCKET, "사진", "photo", "photos", "장", NULL, NULL,
     QP_TOY_PRETTY, 0},
    /* clothes */
    {QP_TOY_THING | QP_TOY_WEAR | QP_TOY_MAKE, "치마", "skirt", "skirts", "벌", NULL, NULL,
     COLOUR | PRICE | QP_TOY_NEW | QP_TOY_PRETTY | QP_TOY_LONG | QP_TOY_SHORT, 0},
    {QP_TOY_THING | QP_TOY_WEAR, "셔츠", "shirt", "shirts", "벌", NULL, NULL, COLOUR | PRICE | AGE, 0},
    {QP_TOY_THING | QP_TOY_WEAR, "코트", "coat", "coats", "벌", NULL, NULL,
     COLOUR | PRICE | AGE | QP_TOY_WARM | QP_TOY_LONG, 0},
    {QP_TOY_THING | QP_TOY_WEAR | QP_TOY_SMALL, "모자", "hat", "hats", "개", NULL, NULL,
     COLOUR | GOODS | QP_TOY_PRETTY | QP_TOY_WARM, 0},
    /* people */
    {JOB, "의사", "doctor", "doctors", "명", NULL, NULL, CHARACTER, 0},
    {JOB, "학생", "student", "students", "명", NULL, NULL, QP_TOY_KIND, 0},
    {JOB, "가수", "singer", "singers", "명", NULL, NULL, CHARACTER, 0},
    {JOB, "기자", "reporter", "reporters", "명", NULL, NULL, CHARACTER, 0},
    {JOB, "화가", "painter", "painters", "명", NULL, NULL, CHARACTER, 0},
    {JOB, "배우", "actor", "actors", "명", NULL, NULL, CHARACTER, 0},
    {JOB, "경찰관", "police officer", "police officers", "명", NULL, NULL, CHARACTER, 0},
    {JOB, "간호사", "nurse", "nurses", "명", NULL, NULL, QP_TOY_YOUNG | QP_TOY_KIND, 0},
    {JOB, "요리사", "cook", "cooks", "명", NULL, NULL, CHARACTER, 0},
    /* animals and plants, houses and hills */
    {QP_TOY_ANIMAL | QP_TOY_DRAW | QP_TOY_LIKE, "고양이", "cat", "cats", "마리", NULL, NULL,
     SIZE | QP_TOY_PRETTY | QP_TOY_WHITE | QP_TOY_BLACK, DRAWING},
    {QP_TOY_ANIMAL | QP_TOY_DRAW | QP_TOY_LIKE, "강아지", "puppy", "puppies", "마리", NULL, NULL,
     SIZE | QP_TOY_PRETTY | QP_TOY_WHITE | QP_TOY_BLACK, DRAWING},
    {QP_TOY_ANIMAL | QP_TOY_DRAW | QP_TOY_LIKE, "토끼", "rabbit", "rabbits", "마리", NULL, NULL,
     SIZE | QP_TOY_PRETTY | QP_TOY_WHITE | QP_TOY_BLACK, DRAWING},
    {QP_TOY_DRAW | QP_TOY_RIDE | QP_TOY_OUTDOOR | QP_TOY_LIKE, "말", "horse", "horses", "마리", NULL, NULL,
     SIZE | QP_TOY_WHITE | QP_TOY_BLACK, DRAWING},
    {QP_TOY_DRAW | QP_TOY_THING | QP_TOY_GIFT | QP_TOY_SMALL | QP_TOY_LIKE, "꽃", "flower", "flowers", "송이", NULL,
     NULL, SIZE | COLOUR | QP_TOY_PRETTY, DRAWING},
    {QP_TOY_DRAW | QP_TOY_OUTDOOR, "나무", "tree", "trees", "그루", NULL, NULL, SIZE | QP_TOY_OLD, DRAWING},
    {QP_TOY_DRAW, "산", "mountain", "mountains", NULL, NULL, NULL, SIZE | QP_TOY_HIGH, DRAWING},
    {QP_TOY_DRAW | QP_TOY_BUILD, "집", "house", "houses", "채", NULL, NULL, GOODS | QP_TOY_WHITE | QP_TOY_PRETTY,
     DRAWING},
    {QP_TOY_DRAW | QP_TOY_BUILD, "다리", "bridge", "bridges", "개", NULL, NULL, SIZE | QP_TOY_LONG | QP_TOY_HIGH,
     DRAWING},
    {QP_TOY_DRAW | QP_TOY_BUILD, "탑", "tower", "towers", "개", NULL, NULL, SIZE | QP_TOY_HIGH | QP_TOY_WHITE, DRAWING},
    /* shows, music, lessons */
    {QP_TOY_SHOW | QP_TOY_LIKE, "영화", "movie", "movies", "편", NULL, NULL, TEXT | AGE, 0},
    {QP_TOY_SHOW | QP_TOY_LIKE, "드라마", "drama", "dramas", "편", NULL, NULL, TEXT | AGE, 0},
    {QP_TOY_SHOW | QP_TOY_LIKE, "만화", "cartoon", "cartoons", "편", NULL, NULL, TEXT | AGE, 0},
    {QP_TOY_MUSIC | QP_TOY_LIKE, "음악", "music", NULL, NULL, NULL, NULL, 0, 0},
    {QP_TOY_MUSIC | QP_TOY_SONG | QP_TOY_LIKE, "노래", "song", "songs", "곡", NULL, NULL,
     AGE | QP_TOY_LONG | QP_TOY_SHORT | QP_TOY_FAMOUS, 0},
    {QP_TOY_ACADEMIC | QP_TOY_LIKE, "한국어", "Korean", NULL, NULL, NULL, NULL, 0, 0},
    {QP_TOY_ACADEMIC | QP_TOY_LIKE, "영어", "English", NULL, NULL, NULL, NULL, 0, 0},
    {QP_TOY_ACADEMIC | QP_TOY_LIKE, "수학", "math", NULL, NULL, NULL, NULL, 0, 0},
    {QP_TOY_ACADEMIC | QP_TOY_LIKE, "역사", "history", NULL, NULL, NULL, NULL, 0, 0},
    {QP_TOY_ACADEMIC | QP_TOY_LIKE, "과학", "science", NULL, NULL, NULL, NULL, 0, 0},
};

static const qp_toy_adjective adjectives[] = {
    {QP_TOY_BIG, "큰", "big", "크", "큽니다", "컸"},
    {QP_TOY_LITTLE, "작은", "small", "작", "작습니다", "작았"},
    {QP_TOY_NEW, "새", "new", NULL, NULL, NULL},
    {QP_TOY_OLD, "오래된", "old", NULL, NULL, NULL},
    {QP_TOY_DEAR, "비싼", "expensive", "비싸", "비쌉니다", "비쌌"},
    {QP_TOY_CHEAP, "싼", "cheap", "싸", "쌉니다", "쌌"},
    {QP_TOY_PRETTY, "예쁜", "pretty", "예쁘", "예쁩니다", "예뻤"},
    {QP_TOY_RED, "빨간", "red", "빨갛", "빨갛습니다", "빨갰"},
    {QP_TOY_BLUE, "파란", "blue", "파랗", "파랗습니다", "파랬"},
    {QP_TOY_WHITE, "하얀", "white", "하얗", "하얗습니다", "하얬"},
    {QP_TOY_BLACK, "검은", "black", "검", "검습니다", "검었"},
    {QP_TOY_YELLOW, "노란", "yellow", "노랗", "노랗습니다", "노랬"},
    {QP_TOY_FUN, "재미있는", "interesting", "재미있", "재미있습니다", "재미있었"},
    {QP_TOY_TASTY, "맛있는", "delicious", "맛있", "맛있습니다", "맛있었"},
    {QP_TOY_WARM, "따뜻한", "warm", "따뜻하", "따뜻합니다", "따뜻했"},
    {QP_TOY_COLD, "차가운", "cold", "차갑", "차갑습니다", "차가웠"},
    {QP_TOY_LONG, "긴", "long", "길", "깁니다", "길었"},
    {QP_TOY_SHORT, "짧은", "short", "짧", "짧습니다", "짧았"},
    {QP_TOY_HARD, "어려운", "difficult", "어렵", "어렵습니다", "어려웠"},
    {QP_TOY_EASY, "쉬운", "easy", "쉽", "쉽습니다", "쉬웠"},
    {QP_TOY_HIGH, "높은", "high", "높", "높습니다", "높았"},
    {QP_TOY_FAMOUS, "유명한", "famous", "유명하", "유명합니다", "유명했"},
    {QP_TOY_YOUNG, "젊은", "young", "젊", "젊습니다", "젊었"},
    {QP_TOY_KIND, "친절한", "kind", "친절하", "친절합니다", "친절했"},
};

#define ALWAYS 15u
#define ONCE (QP_TOY_TENSE(QP_TOY_PAST) | QP_TOY_TENSE(QP_TOY_FUTURE))
#define SLOWLY (ONCE | QP_TOY_TENSE(QP_TOY_PROGRESSIVE))
#define STATE (QP_TOY_TENSE(QP_TOY_PRESENT) | QP_TOY_TENSE(QP_TOY_PAST))
#define TOWN (QP_TOY_SEOUL | QP_TOY_BUSAN)
#define CITY (TOWN | QP_TOY_DAEGU | QP_TOY_INCHEON)
#define EATING (QP_TOY_RESTAURANT | QP_TOY_HOME | QP_TOY_CAFE | QP_TOY_PARK | QP_TOY_SCHOOL | QP_TOY_KITCHEN)
#define READING (QP_TOY_LIBRARY | QP_TOY_HOME | QP_TOY_CAFE | QP_TOY_SCHOOL | QP_TOY_PARK | QP_TOY_OFFICE)
#define SELLING (QP_TOY_MARKET | QP_TOY_SHOP | QP_TOY_STATION | TOWN)
#define MEETING (QP_TOY_CAFE | QP_TOY_STATION | QP_TOY_PARK | QP_TOY_HOSPITAL | QP_TOY_MUSEUM | QP_TOY_SCHOOL | TOWN)
#define LEARNING (QP_TOY_SCHOOL | QP_TOY_LIBRARY | QP_TOY_HOME | QP_TOY_CLASSROOM)
#define OUTDOORS (QP_TOY_PARK | QP_TOY_BEACH)
#define ANYWHERE 0x7FFFFu

static const qp_toy_verb verbs[] = {
    {QP_TOY_TRANSITIVE, "먹", "먹습니다", "먹었", "먹을", "eat", "eats", "ate", "eating", ALWAYS, QP_TOY_FOOD, EATING,
     QP_TOY_CHOPSTICKS | QP_TOY_SPOON | QP_TOY_FORK, false},
    {QP_TOY_TRANSITIVE, "마시", "마십니다", "마셨", "마실", "drink", "drinks", "drank", "drinking", ALWAYS,
     QP_TOY_DRINK, EATING | QP_TOY_OFFICE, 0, false},
    {QP_TOY_TRANSITIVE, "사", "삽니다", "샀", "살", "buy", "buys", "bought", "buying", ALWAYS,
     QP_TOY_FOOD | QP_TOY_DRINK | QP_TOY_THING | QP_TOY_GIFT, SELLING, 0, false},
    {QP_TOY_TRANSITIVE, "팔", "팝니다", "팔았", "팔", "sell", "sells", "sold", "selling", ALWAYS,
     QP_TOY_FOOD | QP_TOY_THING, SELLING, 0, false},
    {QP_TOY_TRANSITIVE, "읽", "읽습니다", "읽었", "읽을", "read", "reads", "read", "reading", ALWAYS, QP_TOY_READ,
     READING, 0, true},
    {QP_TOY_TRANSITIVE, "쓰", "씁니다", "썼", "쓸", "write", "writes", "wrote", "writing", ALWAYS, QP_TOY_WRITE,
     READING, WRITING, false},
    {QP_TOY_TRANSITIVE, "보", "봅니다", "보았", "볼", "watch", "watches", "watched", "watching", ALWAYS, QP_TOY_SHOW,
     QP_TOY_HOME | QP_TOY_SCHOOL | TOWN, 0, false},
    {QP_TOY_TRANSITIVE, "만나", "만납니다", "만났", "만날", "meet", "meets", "met", "meeting", ALWAYS, QP_TOY_PERSON,
     MEETING, 0, false},
    {QP_TOY_TRANSITIVE, "돕", "돕습니다", "도왔", "도울", "help", "helps", "helped", "helping", ALWAYS, QP_TOY_PERSON,
     MEETING, 0, false},
    {QP_TOY_TRANSITIVE, "만들", "만듭니다", "만들었", "만들", "make", "makes", "made", "making", ALWAYS, QP_TOY_MAKE,
     QP_TOY_HOME | QP_TOY_KITCHEN | QP_TOY_SCHOOL, 0, false},
    {QP_TOY_TRANSITIVE, "배우", "배웁니다", "배웠", "배울", "learn", "learns", "learned", "learning", ALWAYS,
     QP_TOY_ACADEMIC, LEARNING, 0, false},
    {QP_TOY_TRANSITIVE, "가르치", "가르칩니다", "가르쳤", "가르칠", "teach", "teaches", "taught", "teaching", ALWAYS,
     QP_TOY_ACADEMIC, LEARNING | TOWN, 0, false},
    {QP_TOY_TRANSITIVE, "듣", "듣습니다", "들었", "들을", "listen to", "listens to", "listened to", "listening to",
     ALWAYS, QP_TOY_MUSIC, QP_TOY_HOME | QP_TOY_CAFE | QP_TOY_PARK | QP_TOY_OFFICE, 0, false},
    {QP_TOY_TRANSITIVE, "부르", "부릅니다", "불렀", "부를", "sing", "sings", "sang", "singing", ALWAYS, QP_TOY_SONG,
     QP_TOY_HOME | QP_TOY_SCHOOL | OUTDOORS, 0, false},
    {QP_TOY_TRANSITIVE, "그리", "그립니다", "그렸", "그릴", "draw", "draws", "drew", "drawing", ALWAYS, QP_TOY_DRAW,
     QP_TOY_HOME | QP_TOY_SCHOOL | OUTDOORS | QP_TOY_CLASSROOM, DRAWING, false},
    {QP_TOY_TRANSITIVE, "씻", "씻습니다", "씻었", "씻을", "wash", "washes", "washed", "washing", ALWAYS, QP_TOY_WASH,
     QP_TOY_HOME | QP_TOY_KITCHEN | QP_TOY_RESTAURANT, 0, false},
    {QP_TOY_TRANSITIVE, "빌리", "빌립니다", "빌렸", "빌릴", "borrow", "borrows", "borrowed", "borrowing", ALWAYS,
     QP_TOY_BORROW, QP_TOY_LIBRARY | QP_TOY_SCHOOL | QP_TOY_OFFICE, 0, false},
    {QP_TOY_TRANSITIVE, "고르", "고릅니다", "골랐", "고를", "choose", "chooses", "chose", "choosing", ALWAYS,
     QP_TOY_WEAR | QP_TOY_GIFT, QP_TOY_SHOP | QP_TOY_MARKET, 0, false},
    {QP_TOY_TRANSITIVE, "고치", "고칩니다", "고쳤", "고칠", "fix", "fixes", "fixed", "fixing", ALWAYS, QP_TOY_FIX,
     QP_TOY_HOME | QP_TOY_SCHOOL | QP_TOY_SHOP, 0, false},
    {QP_TOY_TRANSITIVE, "타", "탑니다", "탔", "탈", "ride", "rides", "rode", "riding", ALWAYS, QP_TOY_RIDE,
     OUTDOORS | TOWN, 0, false},
    {QP_TOY_TRANSITIVE, "찍", "찍습니다", "찍었", "찍을", "take", "takes", "took", "taking", ALWAYS, QP_TOY_PHOTO,
     OUTDOORS | QP_TOY_MUSEUM | TOWN, 0, false},
    {QP_TOY_TRANSITIVE, "짓", "짓습니다", "지었", "지을", "build", "builds", "built", "building", SLOWLY, QP_TOY_BUILD,
     CITY, 0, false},
    {QP_TOY_GENERIC, "좋아하", "좋아합니다", "좋아했", "좋아할", "like", "likes", "liked", "liking", STATE, QP_TOY_LIKE,
     0, 0, false},
    {QP_TOY_BECOME, "되", "됩니다", "되었", "될", "become", "becomes", "became", "becoming", ONCE, QP_TOY_PROFESSION, 0,
     0, false},
    {QP_TOY_INTRANSITIVE, "자", "잡니다", "잤", "잘", "sleep", "sleeps", "slept", "sleeping", ALWAYS, 0,
     QP_TOY_HOME | QP_TOY_OFFICE | QP_TOY_CLASSROOM, 0, false},
    {QP_TOY_INTRANSITIVE, "걷", "걷습니다", "걸었", "걸을", "walk", "walks", "walked", "walking", ALWAYS, 0,
     OUTDOORS | TOWN, 0, false},
    {QP_TOY_INTRANSITIVE, "일하", "일합니다", "일했", "일할", "work", "works", "worked", "working", ALWAYS, 0,
     QP_TOY_OFFICE | QP_TOY_HOSPITAL | QP_TOY_RESTAURANT | QP_TOY_MARKET | QP_TOY_LIBRARY | QP_TOY_MUSEUM | TOWN, 0,
     false},
    {QP_TOY_INTRANSITIVE, "놀", "놉니다", "놀았", "놀", "play", "plays", "played", "playing", ALWAYS, 0,
     OUTDOORS | QP_TOY_HOME | QP_TOY_SCHOOL, 0, false},
    {QP_TOY_INTRANSITIVE, "공부하", "공부합니다", "공부했", "공부할", "study", "studies", "studied", "studying", ALWAYS,
     0, LEARNING | QP_TOY_CAFE, 0, false},
    {QP_TOY_INTRANSITIVE, "쉬", "쉽니다", "쉬었", "쉴", "rest", "rests", "rested", "resting", ALWAYS, 0,
     OUTDOORS | QP_TOY_HOME | QP_TOY_CAFE, 0, false},
    {QP_TOY_INTRANSITIVE, "수영하", "수영합니다", "수영했", "수영할", "swim", "swims", "swam", "swimming", ALWAYS, 0,
     QP_TOY_BEACH | QP_TOY_BUSAN | QP_TOY_SCHOOL, 0, false},
    {QP_TOY_INTRANSITIVE, "춤추", "춤춥니다", "춤추었", "춤출", "dance", "dances", "danced", "dancing", ALWAYS, 0,
     OUTDOORS | QP_TOY_SCHOOL, 0, false},
    {QP_TOY_INTRANSITIVE, "울", "웁니다", "울었", "울", "cry", "cries", "cried", "crying", ALWAYS, 0,
     QP_TOY_HOME | QP_TOY_HOSPITAL | QP_TOY_STATION | QP_TOY_CLASSROOM, 0, false},
    {QP_TOY_INTRANSITIVE, "웃", "웃습니다", "웃었", "웃을", "laugh", "laughs", "laughed", "laughing", ALWAYS, 0,
     QP_TOY_HOME | QP_TOY_CLASSROOM | QP_TOY_CAFE, 0, false},
    {QP_TOY_INTRANSITIVE, "달리", "달립니다", "달렸", "달릴", "run", "runs", "ran", "running", ALWAYS, 0,
     OUTDOORS | QP_TOY_SCHOOL, 0, false},
    {QP_TOY_INTRANSITIVE, "기다리", "기다립니다", "기다렸", "기다릴", "wait", "waits", "waited", "waiting", ALWAYS, 0,
     MEETING | QP_TOY_RESTAURANT, 0, false},
    {QP_TOY_MOTION, "가", "갑니다", "갔", "갈", "go", "goes", "went", "going", ALWAYS, 0, ANYWHERE, 0, false},
    {QP_TOY_MOTION, "오", "옵니다", "왔", "올", "come", "comes", "came", "coming", ALWAYS, 0, ANYWHERE, 0, false},
    {QP_TOY_RETURN, "돌아가", "돌아갑니다", "돌아갔", "돌아갈", "go back", "goes back", "went back", "going back",
     SLOWLY, 0, QP_TOY_HOME | QP_TOY_SCHOOL | QP_TOY_HOSPITAL | QP_TOY_OFFICE | QP_TOY_LIBRARY | CITY, 0, false},
    {QP_TOY_MOVE, "이사하", "이사합니다", "이사했", "이사할", "move", "moves", "moved", "moving", ONCE, 0, CITY, 0,
     false},
    {QP_TOY_GIVE, "주", "줍니다", "주었", "줄", "give", "gives", "gave", "giving", ALWAYS, QP_TOY_GIFT,
     QP_TOY_SCHOOL | QP_TOY_STATION | QP_TOY_CAFE, 0, false},
    {QP_TOY_GIVE, "보내", "보냅니다", "보냈", "보낼", "send", "sends", "sent", "sending", ALWAYS,
     QP_TOY_GIFT | QP_TOY_WRITE, 0, 0, false},
    {QP_TOY_GIVE, "보여 주", "보여 줍니다", "보여 주었", "보여 줄", "show", "shows", "showed", "showing", ALWAYS,
     QP_TOY_GIFT | QP_TOY_WEAR, QP_TOY_SCHOOL | QP_TOY_CAFE, 0, false},
};

static const qp_toy_person persons[] = {
    {"저", "I", QP_TOY_FIRST, false, true, false},
    {"우리", "we", QP_TOY_PLURAL, false, true, false},
    {"그", "he", QP_TOY_SINGULAR, false, true, false},
    {"그녀", "she", QP_TOY_SINGULAR, false, true, false},
    {"그들", "they", QP_TOY_PLURAL, false, true, false},
    {"민수", "Minsu", QP_TOY_SINGULAR, true, false, false},
    {"지은", "Jieun", QP_TOY_SINGULAR, true, false, false},
    {"서연", "Seoyeon", QP_TOY_SINGULAR, true, false, false},
    {"현우", "Hyunwoo", QP_TOY_SINGULAR, true, false, false},
    {"유나", "Yuna", QP_TOY_SINGULAR, true, false, false},
    {"하늘", "Haneul", QP_TOY_SINGULAR, true, false, false},
    {"제 형", "my brother", QP_TOY_SINGULAR, false, false, false},
    {"제 누나", "my sister", QP_TOY_SINGULAR, false, false, false},
    {"제 삼촌", "my uncle", QP_TOY_SINGULAR, false, false, false},
    {"제 친구", "my friend", QP_TOY_SINGULAR, false, false, false},
    {"제 친구들", "my friends", QP_TOY_PLURAL, false, false, false},
    {"그 학생", "the student", QP_TOY_SINGULAR, false, false, false},
    {"그 의사", "the doctor", QP_TOY_SINGULAR, false, false, false},
    {"그 아이", "the child", QP_TOY_SINGULAR, false, false, true},
    {"그 아이들", "the children", QP_TOY_PLURAL, false, false, true},
};

static const qp_toy_place places[] = {
    {QP_TOY_LIBRARY, "도서관", "at the library", "to the library", NULL},
    {QP_TOY_SCHOOL, "학교", "at school", "to school", NULL},
    {QP_TOY_MARKET, "시장", "at the market", "to the market", NULL},
    {QP_TOY_PARK, "공원", "in the park", "to the park", NULL},
    {QP_TOY_HOME, "집", "at home", "home", NULL},
    {QP_TOY_RESTAURANT, "식당", "at the restaurant", "to the restaurant", NULL},
    {QP_TOY_HOSPITAL, "병원", "at the hospital", "to the hospital", NULL},
    {QP_TOY_CAFE, "카페", "at the cafe", "to the cafe", NULL},
    {QP_TOY_STATION, "역", "at the station", "to the station", NULL},
    {QP_TOY_CLASSROOM, "교실", "in the classroom", "to the classroom", NULL},
    {QP_TOY_KITCHEN, "부엌", "in the kitchen", "to the kitchen", NULL},
    {QP_TOY_OFFICE, "회사", "at the office", "to the office", NULL},
    {QP_TOY_SHOP, "가게", "at the shop", "to the shop", NULL},
    {QP_TOY_BEACH, "바닷가", "at the beach", "to the beach", NULL},
    {QP_TOY_MUSEUM, "박물관", "at the museum", "to the museum", NULL},
    {QP_TOY_SEOUL, "서울", "in Seoul", "to Seoul", "from Seoul"},
    {QP_TOY_BUSAN, "부산", "in Busan", "to Busan", "from Busan"},
    {QP_TOY_DAEGU, "대구", "in Daegu", "to Daegu", "from Daegu"},
    {QP_TOY_INCHEON, "인천", "in Incheon", "to Incheon", "from Incheon"},
};

static const qp_toy_tool tools[] = {
    {QP_TOY_CHOPSTICKS, "젓가락", "with chopsticks"},
    {QP_TOY_SPOON, "숟가락", "with a spoon"},
    {QP_TOY_FORK, "포크", "with a fork"},
    {QP_TOY_PENCIL, "연필", "with a pencil"},
    {QP_TOY_PEN, "볼펜", "with a pen"},
    {QP_TOY_BRUSH, "붓", "with a brush"},
};

static const qp_toy_time times[] = {
    {QP_TOY_TENSE(QP_TOY_PAST), "어제", "yesterday", true},
    {QP_TOY_TENSE(QP_TOY_PAST), "지난주에", "last week", false},
    {QP_TOY_TENSE(QP_TOY_PAST), "오늘 아침에", "this morning", false},
    {QP_TOY_TENSE(QP_TOY_PAST), "작년에", "last year", false},
    {QP_TOY_TENSE(QP_TOY_PRESENT), "매일", "every day", true},
    {QP_TOY_TENSE(QP_TOY_PRESENT), "매주", "every week", false},
    {QP_TOY_TENSE(QP_TOY_PRESENT), "일요일마다", "every Sunday", true},
    {QP_TOY_TENSE(QP_TOY_PRESENT), "아침마다", "every morning", false},
    {QP_TOY_TENSE(QP_TOY_FUTURE), "내일", "tomorrow", true},
    {QP_TOY_TENSE(QP_TOY_FUTURE), "다음 주에", "next week", false},
    {QP_TOY_TENSE(QP_TOY_FUTURE), "오늘 밤에", "tonight", false},
    {QP_TOY_TENSE(QP_TOY_FUTURE), "내년에", "next year", false},
    {QP_TOY_TENSE(QP_TOY_PROGRESSIVE), "지금", "now", false},
};

static const qp_toy_location locations[] = {
    {QP_TOY_SMALL, "책상 위", "on the desk"},
    {QP_TOY_SMALL | QP_TOY_WEAR | QP_TOY_ANIMAL, "침대 위", "on the bed"},
    {QP_TOY_FOOD | QP_TOY_DRINK, "식탁 위", "on the table"},
    {QP_TOY_SMALL | QP_TOY_ANIMAL, "의자 아래", "under the chair"},
    {QP_TOY_SMALL | QP_TOY_ANIMAL | QP_TOY_ROOM, "침대 옆", "next to the bed"},
    {QP_TOY_POCKET, "가방 안", "in the bag"},
    {QP_TOY_FOOD | QP_TOY_DRINK, "냉장고 안", "in the fridge"},
    {QP_TOY_ANIMAL | QP_TOY_PERSON | QP_TOY_OUTDOOR, "문 앞", "in front of the door"},
    {QP_TOY_ANIMAL | QP_TOY_OUTDOOR, "집 뒤", "behind the house"},
    {QP_TOY_ANIMAL | QP_TOY_PERSON | QP_TOY_OUTDOOR, "공원", "in the park"},
    {QP_TOY_PERSON | QP_TOY_ROOM, "교실", "in the classroom"},
    {QP_TOY_PERSON, "병원", "at the hospital"},
    {QP_TOY_PERSON | QP_TOY_ROOM, "도서관", "at the library"},
};

static const qp_toy_pair_of_words transports[] = {
    {"버스", "by bus"}, {"기차", "by train"}, {"지하철", "by subway"}, {"자전거", "by bicycle"}, {"택시", "by taxi"},
};

static const qp_toy_pair_of_words determiners[] = {{"그", "the"}, {"이", "this"}, {"저", "that"}};

static const qp_toy_pair_of_words numbers[] = {
    {"한", "one"},     {"두", "two"},     {"세", "three"},  {"네", "four"}, {"다섯", "five"},   {"여섯", "six"},
    {"일곱", "seven"}, {"여덟", "eight"}, {"아홉", "nine"}, {"열", "ten"},  {"열한", "eleven"}, {"열두", "twelve"},
};

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

const qp_toy_lexicon *qp_toy_words(void)
{
    static const qp_toy_lexicon lexicon = {
        nouns,       COUNT(nouns),       adjectives, COUNT(adjectives), verbs,      COUNT(verbs),
        persons,     COUNT(persons),     places,     COUNT(places),     tools,      COUNT(tools),
        times,       COUNT(times),       locations,  COUNT(locations),  transports, COUNT(transports),
        determiners, COUNT(determiners), numbers,    COUNT(numbers),
    };
    return &lexicon;
}
