#include "tokenizer/learn/unigram_trainer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "tokenizer/learn/unigram_internal.h"

/* unigram_trainer — seeds, expectations and losses beside those of all segmentations of short words, one by one. */

enum { WORDS = 14, LONGEST_WORD = 7, SUBSTRINGS = WORDS * LONGEST_WORD * LONGEST_WORD, PIECES = SUBSTRINGS };

typedef struct {
    int32_t code[WORDS * LONGEST_WORD];
    size_t start[WORDS + 1];
    int64_t times[WORDS];
} words;

static words random_words(uint64_t key)
{
    words w = {.start = {0}};
    uint64_t counter = 0;
    for (int i = 0; i < WORDS; i++) {
        size_t length = 1 + (size_t)qp_random_below(key, counter++, LONGEST_WORD), begin = w.start[i];
        for (size_t k = 0; k < length; k++) w.code[begin + k] = 'a' + (int32_t)qp_random_below(key, counter++, 3);
        w.start[i + 1] = begin + length;
        w.times[i] = 1 + (int64_t)qp_random_below(key, counter++, 3);
    }
    return w;
}

/* ---- seeds ---- */

typedef struct {
    char text[LONGEST_WORD + 2];
    int64_t times;
} substring;

/* How often a text occurs in all words. */
static int64_t times_of(const words *w, const char *text)
{
    int64_t times = 0;
    size_t length = strlen(text);
    for (int i = 0; i < WORDS; i++)
        for (size_t at = w->start[i]; at + length <= w->start[i + 1]; at++) {
            size_t same = 0;
            while (same < length && w->code[at + same] == text[same]) same++;
            if (same == length) times += w->times[i];
        }
    return times;
}

/* Is a substring a seed, and more than a character? It occurs twice, and each letter after it makes it rarer. */
static bool is_seed(const words *w, const substring *s, size_t longest)
{
    char longer[LONGEST_WORD + 3];
    size_t length = strlen(s->text);
    bool rarer = true;
    for (char c = 'a'; c <= 'c' && length < longest; c++) {
        snprintf(longer, sizeof longer, "%s%c", s->text, c);
        rarer = rarer && times_of(w, longer) < s->times;
    }
    return s->times > 1 && rarer;
}

/* Characters first, in their order, then by times and length. */
static int compare_seeds(const void *left, const void *right)
{
    const substring *a = left, *b = right;
    int64_t length_a = (int64_t)strlen(a->text), length_b = (int64_t)strlen(b->text);
    if ((length_a == 1) != (length_b == 1)) return length_a == 1 ? -1 : 1;
    int64_t worth = length_a == 1 ? 0 : b->times * length_b - a->times * length_a;
    return worth ? (worth > 0 ? 1 : -1) : strcmp(a->text, b->text);
}

static int seeds_by_hand(const words *w, size_t longest, substring *seed)
{
    int count = 0;
    for (int i = 0; i < WORDS; i++)
        for (size_t at = w->start[i]; at < w->start[i + 1]; at++)
            for (size_t length = 1; length <= longest && at + length <= w->start[i + 1]; length++) {
                substring s = {.text = ""};
                for (size_t k = 0; k < length; k++) s.text[k] = (char)w->code[at + k];
                s.times = times_of(w, s.text);
                bool known = false;
                for (int k = 0; k < count; k++) known = known || strcmp(seed[k].text, s.text) == 0;
                if (!known && (length == 1 || is_seed(w, &s, longest))) seed[count++] = s;
            }
    qsort(seed, (size_t)count, sizeof *seed, compare_seeds);
    return count;
}

/* Does piece p begin at this place? */
static bool begins(const qp_unigram_seeds *s, int32_t p, size_t place)
{
    for (int32_t k = 0; k < s->piece[p].length; k++)
        if (s->code[place + (size_t)k] != s->code[s->piece[p].place + (size_t)k]) return false;
    return true;
}

/* Each position has the pieces that begin there, by length. */
static void expect_matches(const qp_unigram_seeds *s)
{
    for (size_t place = 0; place < s->code_count; place++) {
        size_t at = s->match_start[place];
        for (int32_t length = 1; length <= LONGEST_WORD; length++)
            for (int32_t p = 0; p < s->piece_count; p++) {
                if (s->piece[p].length != length || !begins(s, p, place)) continue;
                cr_assert_lt(at, s->match_start[place + 1], "place %zu", place);
                cr_expect_eq(s->match[at++], p, "place %zu", place);
            }
        cr_expect_eq(at, s->match_start[place + 1], "place %zu", place);
    }
}

Test(unigram_trainer, seeds)
{
    static substring wanted[SUBSTRINGS];
    for (uint64_t key = 1; key <= 20; key++) {
        const words w = random_words(key);
        const int longest = key % 3 ? LONGEST_WORD : 3;
        const int all = seeds_by_hand(&w, (size_t)longest, wanted), characters = 3;
        const size_t most = key % 2 ? (size_t)all : (size_t)(all - characters) / 2;
        qp_unigram_seeds s;
        cr_assert_eq(qp_unigram_seeds_make(&s, w.code, w.start, w.times, WORDS, longest, most), QP_OK);
        cr_assert_eq(s.character_count, characters);
        cr_assert_eq(s.piece_count, key % 2 ? all : characters + (int)most, "key %d", (int)key);
        for (int p = 0; p < s.piece_count; p++) {
            char text[LONGEST_WORD + 1] = "";
            for (int k = 0; k < s.piece[p].length; k++) text[k] = (char)s.code[s.piece[p].place + (size_t)k];
            cr_expect_str_eq(text, wanted[p].text, "seed %d of key %d", p, (int)key);
            cr_expect_eq(s.piece[p].times, wanted[p].times, "%s", text);
        }
        expect_matches(&s);
        qp_unigram_seeds_free(&s);
    }
}

/* A character of no piece cuts a word, and words of more than 64 characters are cut. */
Test(unigram_trainer, words_are_cut)
{
    int32_t code[] = {-1, 'a', 'b', -1, -1, 'a', 'b', -1}, line[130];
    const size_t start[] = {0, 4, 8}, one[] = {0, 130};
    const int64_t times[] = {2, 3};
    qp_unigram_seeds s;
    cr_assert_eq(qp_unigram_seeds_make(&s, code, start, times, 2, 4, 10), QP_OK);
    cr_assert_eq(s.word_count, 2);
    cr_expect(s.word_start[0] == 0 && s.word_start[1] == 3 && s.word_start[2] == 6);
    cr_expect(s.word_times[0] == 2 && s.word_times[1] == 3);
    cr_expect(s.code[0] == 'a' && s.code[1] == 'b' && s.code[2] == -1);
    cr_expect(s.piece_count == 3 && s.piece[2].length == 2 && s.piece[2].times == 5);
    qp_unigram_seeds_free(&s);
    for (int i = 0; i < 130; i++) line[i] = 'a' + i % 3;
    cr_assert_eq(qp_unigram_seeds_make(&s, line, one, times, 1, 4, 10), QP_OK);
    cr_assert_eq(s.word_count, 3);
    cr_expect(s.word_start[1] == 65 && s.word_start[2] == 130 && s.word_start[3] == 133);
    qp_unigram_seeds_free(&s);
}

/* ---- expectations and losses ---- */

static qp_unigram_trainer trainer;
static qp_unigram_training training;
static double arrays[8][PIECES];
static int32_t numbers[2][PIECES];
static int64_t times[PIECES];
static uint8_t keep[PIECES];

/* A trainer with random scores; with given seeds, "a" is no piece. */
static void begin(const words *w, bool given, uint64_t key)
{
    static const int32_t code[] = {'b', 'c', 'b', 'c', 'a', 'b', 'a', 'b', 'a', 'c', 'c'};
    static const size_t start[] = {0, 1, 2, 4, 6, 9, 11};
    static const int64_t of_given[] = {5, 4, 3, 3, 2, 2};
    static const qp_unigram_given six = {code, start, of_given, 6, 2};
    training = (qp_unigram_training){.code = w->code,
                                     .word_start = w->start,
                                     .word_times = w->times,
                                     .word_count = WORDS,
                                     .shrinking_factor = 0.5,
                                     .given = given ? &six : NULL};
    trainer =
        (qp_unigram_trainer){.in = &training, .times = times, .keep = keep, .number = numbers[0], .by_end = numbers[1]};
    double **const array[] = {&trainer.score,   &trainer.probability, &trainer.expected, &trainer.loss,
                              &trainer.forward, &trainer.backward,    &trainer.best};
    for (int i = 0; i < 7; i++) *array[i] = arrays[i];
    cr_assert_eq(given ? qp_unigram_seeds_match(&trainer.seeds, w->code, w->start, w->times, WORDS, &six)
                       : qp_unigram_seeds_make(&trainer.seeds, w->code, w->start, w->times, WORDS, 4, 30),
                 QP_OK, "%s", qp_error_message());
    for (int p = 0; p < trainer.seeds.piece_count; p++)
        trainer.score[p] = -1 - (double)qp_random_below(key, 1000 + (uint64_t)p, 1000) / 200;
}

/* One segmentation after the other: its score, and its pieces, -1 for an unknown. */
typedef struct {
    int32_t piece[LONGEST_WORD], without;
    double best, sum, expected[PIECES];
    int32_t best_piece[LONGEST_WORD];
    int best_count;
    bool sums; /* the second time: shares of the sum */
} segmentations;

static void each(segmentations *s, size_t at, size_t end, int count, double score)
{
    const qp_unigram_seeds *seeds = &trainer.seeds;
    if (at == end) {
        for (int i = 0; i < count && s->sums; i++)
            if (s->piece[i] >= 0) s->expected[s->piece[i]] += exp(score) / s->sum;
        if (!s->sums) s->sum += exp(score);
        if (score <= s->best) return;
        s->best = score;
        s->best_count = count;
        memcpy(s->best_piece, s->piece, sizeof s->piece);
        return;
    }
    bool character = false;
    for (int32_t p = 0; p < seeds->piece_count; p++) {
        size_t length = (size_t)seeds->piece[p].length;
        if (!begins(seeds, p, at)) continue;
        character = character || length == 1;
        if (at + length > end || p == s->without) continue;
        s->piece[count] = p;
        each(s, at + length, end, count + 1, score + trainer.score[p]);
    }
    if (character || !training.given) return;
    s->piece[count] = -1;
    each(s, at + 1, end, count + 1, score + trainer.unknown);
}

static void all_of(segmentations *s, size_t begin, size_t end, int32_t without)
{
    *s = (segmentations){.best = -INFINITY, .without = without};
    each(s, begin, end, 0, 0);
    s->sums = true;
    each(s, begin, end, 0, 0);
}

/* psi(x), as the slope of the logarithm of the gamma function. */
static double digamma(double x) { return (lgamma(x * (1 + 1e-6)) - lgamma(x * (1 - 1e-6))) / (2e-6 * x); }

Test(unigram_trainer, expectations)
{
    static segmentations s;
    static double expected[PIECES], score[PIECES];
    for (uint64_t key = 1; key <= 16; key++) {
        const words w = random_words(key);
        const bool given = key % 2;
        double sum = 0;
        begin(&w, given, key);
        const int32_t pieces = trainer.seeds.piece_count, characters = trainer.seeds.character_count;
        memset(expected, 0, sizeof expected);
        trainer.unknown = 0;
        for (int32_t p = 0; p < pieces; p++) trainer.unknown = fmin(trainer.unknown, trainer.score[p] - 10);
        for (size_t i = 0; i < trainer.seeds.word_count; i++) {
            all_of(&s, trainer.seeds.word_start[i], trainer.seeds.word_start[i + 1] - 1, -1);
            for (int32_t p = 0; p < pieces; p++) expected[p] += s.expected[p] * (double)trainer.seeds.word_times[i];
        }
        for (int32_t p = 0; p < pieces; p++) {
            bool stays = expected[p] >= 0.5 || (!given && p < characters);
            score[p] = stays ? fmax(expected[p], 0.5) : -1;
            if (stays) sum += score[p];
        }
        qp_unigram_em_round(&trainer);
        for (int32_t p = 0; p < pieces; p++) {
            const int32_t now = trainer.number[p];
            cr_assert_eq(now >= 0, score[p] > 0, "piece %d of key %d: %g", (int)p, (int)key, expected[p]);
            if (now < 0) continue;
            cr_expect_float_eq(trainer.expected[now], expected[p], 1e-9 * (1 + expected[p]), "piece %d", (int)p);
            cr_expect_float_eq(trainer.score[now], digamma(score[p]) - digamma(sum), 1e-6, "piece %d", (int)p);
        }
        qp_unigram_seeds_free(&trainer.seeds);
    }
}

/* A long word of one letter, after one that is unknown: all ways to lay it with "b" and "bb". */
Test(unigram_trainer, expectations_of_a_long_word)
{
    enum { LENGTH = 99 };
    static int32_t word[LENGTH + 1] = {'x'};
    static const int32_t code[] = {'b', 'b', 'b'};
    static const size_t start[] = {0, 1, 3}, one[] = {0, LENGTH + 1};
    static const int64_t of_given[] = {1, 1}, seven[] = {7};
    static const qp_unigram_given two = {code, start, of_given, 2, 1};
    const words w = random_words(1);
    double ways[LENGTH + 1] = {1, exp(-1)}, twice = 0;
    begin(&w, false, 1);
    qp_unigram_seeds_free(&trainer.seeds);
    training.given = &two;
    for (int i = 1; i <= LENGTH; i++) word[i] = 'b';
    cr_assert_eq(qp_unigram_seeds_match(&trainer.seeds, word, one, seven, 1, &two), QP_OK);
    trainer.score[0] = -1;
    trainer.score[1] = -1.5;
    for (int i = 2; i <= LENGTH; i++) ways[i] = exp(-1) * ways[i - 1] + exp(-1.5) * ways[i - 2];
    for (int i = 0; i + 2 <= LENGTH; i++) twice += ways[i] * exp(-1.5) * ways[LENGTH - 2 - i] / ways[LENGTH];
    qp_unigram_em_round(&trainer);
    cr_expect_float_eq(trainer.expected[1], 7 * twice, 1e-9 * twice);
    cr_expect_float_eq(trainer.expected[0], 7 * (LENGTH - 2 * twice), 1e-9 * LENGTH);
    qp_unigram_seeds_free(&trainer.seeds);
}

/* By Kudo's rule: what the likelihood loses when the best other segmentation of a piece takes its place. */
static double loss_by_hand(int32_t p, const double *of, double sum)
{
    static segmentations s;
    size_t place = trainer.seeds.piece[p].place;
    if (p < trainer.seeds.character_count && !training.given) return INFINITY;
    if (of[p] == 0) return -1;
    all_of(&s, place, place + (size_t)trainer.seeds.piece[p].length, p);
    if (s.best == -INFINITY) return INFINITY;
    double loss = of[p] * log(of[p] / sum), whole = sum + of[p] * (s.best_count - 1);
    for (int i = 0; i < s.best_count; i++) {
        double others = s.best_piece[i] < 0 ? 0 : of[s.best_piece[i]];
        loss -= of[p] * log((others + of[p]) / whole);
    }
    return loss;
}

Test(unigram_trainer, what_is_pruned)
{
    static segmentations s;
    static double of[PIECES], loss[PIECES];
    for (uint64_t key = 1; key <= 16; key++) {
        const words w = random_words(key);
        double sum = 0;
        begin(&w, key % 2, key);
        const int32_t pieces = trainer.seeds.piece_count, least = key % 3 ? 2 : pieces - 2;
        const int32_t target = pieces / 2 > least ? pieces / 2 : least;
        memset(of, 0, sizeof of);
        trainer.unknown = 0;
        for (int32_t p = 0; p < pieces; p++) trainer.unknown = fmin(trainer.unknown, trainer.score[p] - 10);
        for (size_t i = 0; i < trainer.seeds.word_count; i++) {
            all_of(&s, trainer.seeds.word_start[i], trainer.seeds.word_start[i + 1] - 1, -1);
            for (int k = 0; k < s.best_count; k++)
                if (s.best_piece[k] >= 0) of[s.best_piece[k]] += (double)trainer.seeds.word_times[i];
        }
        for (int32_t p = 0; p < pieces; p++) sum += of[p];
        for (int32_t p = 0; p < pieces; p++) loss[p] = loss_by_hand(p, of, sum);
        cr_assert_eq(qp_unigram_prune(&trainer, least), QP_OK);
        for (int32_t p = 0; p < pieces; p++) {
            int rank = 0;
            for (int32_t q = 0; q < pieces; q++) rank += loss[q] > loss[p] || (loss[q] == loss[p] && q < p);
            if (loss[p] == INFINITY)
                cr_expect_eq(trainer.loss[p], INFINITY, "piece %d of key %d", (int)p, (int)key);
            else
                cr_expect_float_eq(trainer.loss[p], loss[p], 1e-9 * (1 + fabs(loss[p])), "piece %d of key %d", (int)p,
                                   (int)key);
            bool stays = loss[p] == INFINITY || (rank < target && loss[p] >= 0);
            cr_expect_eq(trainer.number[p] >= 0, stays, "piece %d of key %d: rank %d", (int)p, (int)key, rank);
        }
        qp_unigram_seeds_free(&trainer.seeds);
    }
}

/* ---- the whole training ---- */

/* All characters and the most probable pieces, the best first. */
Test(unigram_trainer, the_best_pieces)
{
    enum { WANTED = 8 };
    for (uint64_t key = 1; key <= 8; key++) {
        const words w = random_words(key);
        qp_unigram_training in = {.code = w.code,
                                  .word_start = w.start,
                                  .word_times = w.times,
                                  .word_count = WORDS,
                                  .piece_count = WANTED,
                                  .longest_piece = 4,
                                  .seed_count = 100,
                                  .shrinking_factor = 0.75,
                                  .rounds = 2};
        qp_unigram_pieces pieces;
        cr_assert_eq(qp_unigram_train(&in, &pieces), QP_OK, "%s", qp_error_message());
        cr_assert(pieces.count >= 3 && pieces.count <= WANTED, "%d", pieces.count);
        int characters = 0;
        double sum = 0;
        for (int i = 0; i < pieces.count; i++) {
            characters += pieces.start[i + 1] - pieces.start[i] == 1;
            sum += exp((double)pieces.score[i]);
            cr_expect(i == 0 || pieces.score[i] <= pieces.score[i - 1]);
            cr_expect_geq(pieces.score[i], pieces.least);
        }
        cr_expect_eq(characters, 3);
        cr_expect(sum > 0.4 && sum < 1.1, "%g", sum);
        qp_unigram_pieces_free(&pieces);
        cr_expect(!pieces.code && pieces.count == 0);
        in.piece_count = 2;
        cr_expect_eq(qp_unigram_train(&in, &pieces), QP_EUSAGE);
        cr_expect(strstr(qp_error_message(), "2 pieces wanted, but the text has 3 characters"));
    }
}
