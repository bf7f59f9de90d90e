#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "lib/base/hash_set.h"
#include "data/toy/toy.h"
#include "data/toy/toy_grammar.h"
#include "lib/base/file.h"
#include "lib/base/random.h"

static qp_toy *corpus(uint64_t seed)
{
    qp_toy *toy;
    cr_assert_eq(qp_toy_new(seed, NULL, &toy), QP_OK, "%s", qp_error_message());
    return toy;
}

static uint64_t hash_of(const qp_toy *toy)
{
    uint64_t hash = 0;
    for (int part = 0; part < QP_TOY_PARTS; part++) {
        for (int i = 0; i < qp_toy_count(toy, (qp_toy_part)part); i++) {
            qp_toy_pair pair = qp_toy_get(toy, (qp_toy_part)part, i);
            hash = XXH64(pair.korean, strlen(pair.korean), hash);
            hash = XXH64(pair.english, strlen(pair.english), hash);
        }
    }
    return hash;
}

Test(toy, the_corpus_of_a_seed_never_changes)
{
    qp_toy *first = corpus(1), *again = corpus(1), *other = corpus(2);
    cr_expect_eq(hash_of(first), hash_of(again));
    cr_expect_neq(hash_of(first), hash_of(other));
    cr_expect_eq(hash_of(first), UINT64_C(0x289cdd9221ec00dd), "hash of seed 1: 0x%016llx",
                 (unsigned long long)hash_of(first));
    qp_toy_free(first);
    qp_toy_free(again);
    qp_toy_free(other);
}

Test(toy, parts_have_their_sizes)
{
    qp_toy *toy = corpus(3);
    cr_expect_eq(qp_toy_count(toy, QP_TOY_TRAIN), 6000);
    cr_expect_eq(qp_toy_count(toy, QP_TOY_VALID), 300);
    cr_expect_eq(qp_toy_count(toy, QP_TOY_TEST), 500);
    qp_toy_free(toy);
    cr_expect_eq(qp_toy_new(3, (const int[]){2500, 0, 17}, &toy), QP_OK);
    cr_expect_eq(qp_toy_count(toy, QP_TOY_TRAIN), 2500);
    cr_expect_eq(qp_toy_count(toy, QP_TOY_VALID), 0);
    cr_expect_eq(qp_toy_count(toy, QP_TOY_TEST), 17);
    qp_toy_free(toy);
    cr_expect_eq(qp_toy_new(3, (const int[]){100, 0, 0}, &toy), QP_EUSAGE);
    cr_expect_eq(qp_toy_new(3, (const int[]){6000, -1, 0}, &toy), QP_EUSAGE);
    cr_expect_eq(qp_toy_new(3, (const int[]){6000, 0, 2000000000}, &toy), QP_EUSAGE);
}

Test(toy, test_combinations_never_occur_in_training)
{
    qp_toy *toy = corpus(1);
    qp_hash_set seen = {0};
    for (int part = 0; part < QP_TOY_PARTS; part++) {
        qp_hash_set own = {0};
        for (int i = 0; i < qp_toy_count(toy, (qp_toy_part)part); i++) {
            const char *words = qp_toy_get(toy, (qp_toy_part)part, i).combination;
            uint64_t hash = qp_hash_text(words, strlen(words));
            cr_assert_eq(qp_hash_set_get(&seen, hash), 0, "%s is in two parts", words);
            cr_assert_eq(qp_hash_set_add(&own, hash), QP_OK);
        }
        for (size_t i = 0; own.slot && i <= own.mask; i++)
            if (own.slot[i].hash) cr_assert_eq(qp_hash_set_add(&seen, own.slot[i].hash), QP_OK);
        qp_hash_set_free(&own);
    }
    qp_hash_set_free(&seen);
    qp_toy_free(toy);
}

/* Words as any tokenizer by blanks would see them. */
static void each_word(const char *text, void (*visit)(const char *word, void *context), void *context)
{
    char copy[512], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word; (word = strsep(&rest, " .?"));)
        if (*word) visit(word, context);
}

static void add_word(const char *word, void *set)
{
    cr_assert_eq(qp_hash_set_add(set, qp_hash_text(word, strlen(word))), QP_OK);
}

static void find_word(const char *word, void *set)
{
    cr_expect_geq(qp_hash_set_get(set, qp_hash_text(word, strlen(word))), 5, "%s hardly occurs in training", word);
}

Test(toy, every_word_of_the_test_occurs_in_training)
{
    qp_toy *toy = corpus(1);
    qp_hash_set words = {0};
    for (int part = 0; part < QP_TOY_PARTS; part++) {
        for (int i = 0; i < qp_toy_count(toy, (qp_toy_part)part); i++) {
            qp_toy_pair pair = qp_toy_get(toy, (qp_toy_part)part, i);
            each_word(pair.korean, part ? find_word : add_word, &words);
            each_word(pair.english, part ? find_word : add_word, &words);
        }
    }
    cr_expect_gt(words.count, 500);
    qp_hash_set_free(&words);
    qp_toy_free(toy);
}

Test(toy, text_is_utf8_in_nfc_and_one_line)
{
    qp_toy *toy = corpus(1);
    for (int part = 0; part < QP_TOY_PARTS; part++) {
        for (int i = 0; i < qp_toy_count(toy, (qp_toy_part)part); i++) {
            qp_toy_pair pair = qp_toy_get(toy, (qp_toy_part)part, i);
            utf8proc_uint8_t *normal = utf8proc_NFC((const utf8proc_uint8_t *)pair.korean);
            cr_assert(normal, "%s is not UTF-8", pair.korean);
            cr_assert_str_eq((const char *)normal, pair.korean);
            free(normal);
            for (const char *c = pair.english; *c; c++) cr_assert(*c >= ' ' && *c < 127, "%s", pair.english);
            cr_assert(!strpbrk(pair.korean, "\n\r\t") && !strstr(pair.korean, "  ") && !strstr(pair.english, "  "));
            const char *end = pair.korean + strlen(pair.korean) - strlen("니다.");
            cr_assert(!strcmp(end, "니다.") || !strcmp(end, "니까?"), "%s", pair.korean);
            cr_assert_eq(pair.english[strlen(pair.english) - 1], end[strlen(end) - 1]);
            cr_assert(pair.english[0] >= 'A' && pair.english[0] <= 'Z');
        }
    }
    qp_toy_free(toy);
}

/* The other side of each sentence, over far more sentences than a corpus holds. */
Test(toy, each_sentence_has_one_translation)
{
    enum { SENTENCES = 60000 };
    qp_hash_set pairs = {0}, korean = {0}, english = {0};
    for (uint64_t i = 0; i < SENTENCES; i++) {
        qp_toy_clause clause;
        qp_toy_sentence s;
        char both[700];
        qp_toy_clause_sample(qp_random_key(99, i), &clause);
        cr_assert(qp_toy_clause_render(&clause, &s));
        int bytes = snprintf(both, sizeof both, "%s\t%s", s.korean, s.english);
        uint64_t pair = qp_hash_text(both, (size_t)bytes);
        uint64_t k = qp_hash_text(s.korean, strlen(s.korean)), e = qp_hash_text(s.english, strlen(s.english));
        bool is_new = !qp_hash_set_get(&pairs, pair);
        cr_expect(!is_new || !qp_hash_set_get(&korean, k), "two translations of %s (%s)", s.korean, s.english);
        cr_expect(!is_new || !qp_hash_set_get(&english, e), "two translations of %s (%s)", s.english, s.korean);
        qp_hash_set_add(&pairs, pair);
        qp_hash_set_add(&korean, k);
        qp_hash_set_add(&english, e);
    }
    qp_hash_set_free(&pairs);
    qp_hash_set_free(&korean);
    qp_hash_set_free(&english);
}

/* final consonant, by the arithmetic of the standard, independent of data/hangul.c */
static int final_of(const char *word)
{
    const utf8proc_uint8_t *last = (const utf8proc_uint8_t *)word + strlen(word) - 3;
    utf8proc_int32_t code;
    cr_assert_eq(utf8proc_iterate(last, 3, &code), 3);
    cr_assert(code >= 0xAC00 && code <= 0xD7A3, "%s", word);
    return (code - 0xAC00) % 28;
}

static bool is_noun(const char *word)
{
    const qp_toy_lexicon *words = qp_toy_words();
    bool found = false;
    for (int i = 0; i < words->nouns; i++) {
        found |= !strcmp(word, words->noun[i].korean);
        found |= words->noun[i].counter && !strcmp(word, words->noun[i].counter);
    }
    for (int i = 0; i < words->persons; i++) {
        const char *blank = strrchr(words->person[i].korean, ' ');
        found |= !strcmp(word, blank ? blank + 1 : words->person[i].korean);
    }
    for (int i = 0; i < words->places; i++) found |= !strcmp(word, words->place[i].korean);
    for (int i = 0; i < words->tools; i++) found |= !strcmp(word, words->tool[i].korean);
    for (int i = 0; i < words->transports; i++) found |= !strcmp(word, words->transport[i].korean);
    return found;
}

static void check_particle(const char *word, void *checked)
{
    static const struct {
        const char *particle;
        bool consonant, vowel, rieul;
    } rule[] = {{"으로", true, false, false}, {"로", false, true, true},  {"을", true, false, true},
                {"를", false, true, false},   {"은", true, false, true},  {"는", false, true, false},
                {"이", true, false, true},    {"가", false, true, false}, {"과", true, false, true},
                {"와", false, true, false}};
    for (size_t i = 0; i < sizeof rule / sizeof *rule; i++) {
        size_t end = strlen(rule[i].particle), length = strlen(word);
        if (length <= end || strcmp(word + length - end, rule[i].particle)) continue;
        char stem[64] = "";
        memcpy(stem, word, length - end);
        if (!is_noun(stem) || is_noun(word)) continue; /* 토끼와, but neither 재미있는 nor 친구 in 화가 */
        int final = final_of(stem);
        cr_expect(final == 0 ? rule[i].vowel : final == 8 ? rule[i].rieul : rule[i].consonant, "%s", word);
        ++*(int *)checked;
    }
}

Test(toy, particles_agree_with_the_final_consonant)
{
    qp_toy *toy = corpus(1);
    int checked = 0;
    for (int i = 0; i < qp_toy_count(toy, QP_TOY_TRAIN); i++)
        each_word(qp_toy_get(toy, QP_TOY_TRAIN, i).korean, check_particle, &checked);
    cr_expect_gt(checked, 8000, "only %d particles were seen", checked);
    qp_toy_free(toy);
}

/* One clause made by hand. */
static void expect_sentence(qp_toy_clause clause, const char *korean, const char *english)
{
    qp_toy_sentence s;
    cr_assert(qp_toy_clause_render(&clause, &s));
    cr_expect_str_eq(s.korean, korean);
    cr_expect_str_eq(s.english, english);
}

#define FIND(table, member, word)                                                                                      \
    ({                                                                                                                 \
        int i_ = 0;                                                                                                    \
        while (strcmp(words->table[i_].member, word)) i_++;                                                            \
        &words->table[i_];                                                                                             \
    })

Test(toy, sentences_made_by_hand)
{
    const qp_toy_lexicon *words = qp_toy_words();
    qp_toy_clause c = {
        .kind = QP_TOY_DOES,
        .tense = QP_TOY_PAST,
        .subject = FIND(person, english, "Minsu"),
        .verb = FIND(verb, base, "read"),
        .object = {.noun = FIND(noun, english, "book"), .adjective = FIND(adjective, english, "interesting")},
        .place = FIND(place, korean, "도서관"),
        .time = FIND(time, korean, "어제")};
    expect_sentence(c, "민수는 어제 도서관에서 재미있는 책을 읽었습니다.",
                    "Minsu read an interesting book at the library yesterday.");
    c.negative = true;
    c.object.adjective = NULL;
    c.object.number = 3;
    expect_sentence(c, "민수는 어제 도서관에서 책 세 권을 읽지 않았습니다.",
                    "Minsu did not read three books at the library yesterday.");
    c = (qp_toy_clause){.kind = QP_TOY_DOES,
                        .tense = QP_TOY_FUTURE,
                        .question = true,
                        .subject = FIND(person, korean, "그 아이들"),
                        .verb = FIND(verb, base, "move"),
                        .place = FIND(place, korean, "서울"),
                        .origin = FIND(place, korean, "부산")};
    expect_sentence(c, "그 아이들은 부산에서 서울로 이사할 것입니까?", "Will the children move from Busan to Seoul?");
    c = (qp_toy_clause){
        .kind = QP_TOY_DOES,
        .tense = QP_TOY_PRESENT,
        .subject = FIND(person, english, "she"),
        .verb = FIND(verb, base, "drink"),
        .object = {.noun = FIND(noun, english, "coffee"), .adjective = FIND(adjective, english, "warm"), .number = 2}};
    expect_sentence(c, "그녀는 따뜻한 커피 두 잔을 마십니다.", "She drinks two cups of warm coffee.");
    c = (qp_toy_clause){.kind = QP_TOY_IS_A,
                        .tense = QP_TOY_PAST,
                        .subject = FIND(person, english, "Minsu"),
                        .second = FIND(person, english, "Jieun"),
                        .object = {.noun = FIND(noun, english, "student")}};
    expect_sentence(c, "민수와 지은은 학생이었습니다.", "Minsu and Jieun were students.");
    c = (qp_toy_clause){.kind = QP_TOY_THERE_IS,
                        .tense = QP_TOY_PRESENT,
                        .negative = true,
                        .location = FIND(location, korean, "책상 위"),
                        .object = {.noun = FIND(noun, english, "apple")}};
    expect_sentence(c, "책상 위에 사과가 없습니다.", "There is no apple on the desk.");
}

static void expect_lines(const char *folder, const char *name, int wanted)
{
    char path[300], *line;
    size_t bytes;
    qp_reader *reader;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(qp_reader_open(path, &reader), QP_OK, "%s", qp_error_message());
    int lines = 0;
    while (qp_reader_next(reader, &line, &bytes) == QP_OK && line) lines++;
    cr_expect_eq(lines, wanted, "%s: %d lines", name, lines);
    qp_reader_close(reader);
}

Test(toy, writes_plain_files)
{
    char folder[] = "/tmp/qp_toy_XXXXXX", path[300], *text;
    size_t bytes;
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/made/here", folder);
    cr_assert_eq(qp_toy_write(path, 5, NULL), QP_OK, "%s", qp_error_message());
    for (size_t part = 0; part < 3; part++) {
        static const char *const name[] = {"train", "valid", "test"};
        static const int lines[] = {6000, 300, 500};
        char file[32];
        snprintf(file, sizeof file, "%s.ko", name[part]);
        expect_lines(path, file, lines[part]);
        snprintf(file, sizeof file, "%s.en", name[part]);
        expect_lines(path, file, lines[part]);
    }
    qp_toy *toy = corpus(5);
    snprintf(path, sizeof path, "%s/made/here/test.en", folder);
    cr_assert_eq(qp_file_read(path, 1 << 20, &text, &bytes), QP_OK);
    const char *first = qp_toy_get(toy, QP_TOY_TEST, 0).english;
    cr_expect_eq(strncmp(text, first, strlen(first)), 0);
    free(text);
    qp_toy_free(toy);
    qp_file_remove_tree(folder);
    cr_expect_neq(qp_toy_write("/proc/no such place", 5, NULL), QP_OK);
}
