#include "data/toy/toy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/toy/toy_grammar.h"
#include "lib/base/file.h"
#include "lib/base/hash_set.h"
#include "lib/base/random.h"

enum { WORD_TIMES = 5 }; /* a word of validation or test occurs at least this often in training */
enum { ATTEMPTS = 2000000 };

typedef struct {
    char *text;
    uint32_t english, combination;
} entry; /* korean at 0, the others after it */

struct qp_toy {
    entry *part[QP_TOY_PARTS];
    int count[QP_TOY_PARTS];
};

/* State while a corpus is made. */
typedef struct {
    uint64_t key;
    qp_toy *toy;
    int wanted[QP_TOY_PARTS];
    qp_hash_set sentences, words;
} maker;

/* The part that owns a combination, in proportion to the parts' sizes; a pure function of seed and words. */
static qp_toy_part part_of(const maker *m, const char *combination)
{
    uint64_t key = qp_random_key(m->key, qp_hash_text(combination, strlen(combination)));
    int percent = (int)qp_random_below(key, 0, 100);
    return percent < 10 ? QP_TOY_TEST : percent < 16 ? QP_TOY_VALID : QP_TOY_TRAIN;
}

/* Call `visit` for each word of a line; punctuation at the end of the line is not part of the last one. */
static qp_status each_word(maker *m, const char *text, qp_status (*visit)(maker *m, uint64_t hash))
{
    size_t length = strcspn(text, ".?");
    for (size_t begin = 0; begin < length;) {
        size_t word = strcspn(text + begin, " .?");
        QP_TRY(visit(m, qp_hash_text(text + begin, word)));
        begin += word + 1;
    }
    return QP_OK;
}

static qp_status count_word(maker *m, uint64_t hash) { return qp_hash_set_add(&m->words, hash); }

static qp_status require_word(maker *m, uint64_t hash)
{
    return qp_hash_set_get(&m->words, hash) >= WORD_TIMES ? QP_OK : QP_EDATA;
}

static bool words_are_known(maker *m, const qp_toy_sentence *s)
{
    return each_word(m, s->korean, require_word) == QP_OK && each_word(m, s->english, require_word) == QP_OK;
}

static qp_status keep(maker *m, qp_toy_part part, const qp_toy_sentence *s)
{
    size_t korean = strlen(s->korean) + 1, english = strlen(s->english) + 1, combination = strlen(s->combination) + 1;
    char *text = malloc(korean + english + combination);
    if (!text) return qp_fail(QP_EMEMORY, "toy corpus: out of memory; ask for fewer pairs");
    memcpy(text, s->korean, korean);
    memcpy(text + korean, s->english, english);
    memcpy(text + korean + english, s->combination, combination);
    entry *e = &m->toy->part[part][m->toy->count[part]++];
    *e = (entry){text, (uint32_t)korean, (uint32_t)(korean + english)};
    QP_TRY(qp_hash_set_add(&m->sentences, qp_hash_text(s->korean, korean - 1)));
    if (part != QP_TOY_TRAIN) return QP_OK;
    QP_TRY(each_word(m, s->korean, count_word));
    return each_word(m, s->english, count_word);
}

static bool is_seen(const maker *m, const char *text)
{
    return qp_hash_set_get(&m->sentences, qp_hash_text(text, strlen(text))) > 0;
}

/* Draw sentences until the parts `from` .. `to` are complete. Training comes first, because the others may only use its
 * words. */
static qp_status fill(maker *m, qp_toy_part from, qp_toy_part to)
{
    for (uint64_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        bool full = true;
        for (int part = (int)from; part <= (int)to; part++) full &= m->toy->count[part] == m->wanted[part];
        if (full) return QP_OK;
        qp_toy_clause clause;
        qp_toy_sentence sentence;
        qp_toy_clause_sample(qp_random_key(qp_random_key(m->key, from), attempt), &clause);
        if (!qp_toy_clause_render(&clause, &sentence)) return qp_fail(QP_EBUG, "toy corpus: a sentence is too long");
        qp_toy_part part = part_of(m, sentence.combination);
        if (part < from || part > to || m->toy->count[part] == m->wanted[part]) continue;
        if (is_seen(m, sentence.korean)) continue; /* each sentence has one translation */
        if (part != QP_TOY_TRAIN && !words_are_known(m, &sentence)) continue;
        QP_TRY(keep(m, part, &sentence));
    }
    return qp_fail(QP_EBUG, "toy corpus: the grammar has too few sentences; ask for fewer pairs");
}

static qp_status make(maker *m, const int pairs[QP_TOY_PARTS])
{
    static const int usual[QP_TOY_PARTS] = {6000, 300, 500};
    int64_t total = 0;
    for (int part = 0; part < QP_TOY_PARTS; part++) {
        m->wanted[part] = pairs ? pairs[part] : usual[part];
        if (m->wanted[part] < 0) total = INT32_MAX;
        total += m->wanted[part];
    }
    if (m->wanted[QP_TOY_TRAIN] < 2000 || total > 20000)
        return qp_fail(QP_EUSAGE, "toy corpus: %d training pairs; 2000 or more, at most 20000 pairs in all",
                       m->wanted[QP_TOY_TRAIN]);
    for (int part = 0; part < QP_TOY_PARTS; part++) {
        m->toy->part[part] = calloc((size_t)m->wanted[part] + 1, sizeof(entry));
        if (!m->toy->part[part]) return qp_fail(QP_EMEMORY, "toy corpus: out of memory; ask for fewer pairs");
    }
    QP_TRY(fill(m, QP_TOY_TRAIN, QP_TOY_TRAIN));
    return fill(m, QP_TOY_VALID, QP_TOY_TEST);
}

qp_status qp_toy_new(uint64_t seed, const int pairs[QP_TOY_PARTS], qp_toy **toy)
{
    *toy = calloc(1, sizeof **toy);
    if (!*toy) return qp_fail(QP_EMEMORY, "toy corpus: out of memory; ask for fewer pairs");
    maker m = {.key = qp_random_key(seed, 0x746f79), .toy = *toy};
    qp_status status = make(&m, pairs);
    qp_hash_set_free(&m.sentences);
    qp_hash_set_free(&m.words);
    if (status != QP_OK) {
        qp_toy_free(*toy);
        *toy = NULL;
    }
    return status;
}

int qp_toy_count(const qp_toy *toy, qp_toy_part part) { return toy->count[part]; }

qp_toy_pair qp_toy_get(const qp_toy *toy, qp_toy_part part, int index)
{
    const entry *e = &toy->part[part][index];
    return (qp_toy_pair){e->text, e->text + e->english, e->text + e->combination};
}

void qp_toy_free(qp_toy *toy)
{
    if (!toy) return;
    for (int part = 0; part < QP_TOY_PARTS; part++) {
        for (int i = 0; i < toy->count[part]; i++) free(toy->part[part][i].text);
        free(toy->part[part]);
    }
    free(toy);
}

static qp_status write_side(const char *folder, const qp_toy *toy, qp_toy_part part, bool english)
{
    static const char *const name[QP_TOY_PARTS] = {"train", "valid", "test"};
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s.%s", folder, name[part], english ? "en" : "ko");
    if (length < 0 || (size_t)length >= sizeof path)
        return qp_fail(QP_ECREATE, "%.60s...: the path is too long; use a shorter one", folder);
    qp_writer *writer;
    QP_TRY(qp_writer_open(path, &writer));
    for (int i = 0; i < toy->count[part]; i++) {
        qp_toy_pair pair = qp_toy_get(toy, part, i);
        qp_writer_printf(writer, "%s\n", english ? pair.english : pair.korean);
    }
    return qp_writer_commit(writer);
}

qp_status qp_toy_write(const char *folder, uint64_t seed, const int pairs[QP_TOY_PARTS])
{
    qp_toy *toy;
    QP_TRY(qp_toy_new(seed, pairs, &toy));
    qp_status status = qp_folder_make(folder);
    for (int file = 0; file < 2 * QP_TOY_PARTS && status == QP_OK; file++)
        status = write_side(folder, toy, (qp_toy_part)(file / 2), file % 2);
    qp_toy_free(toy);
    return status;
}
