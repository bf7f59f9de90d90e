#include "tests/tokenizer/tokenizer_help.h"

#include <math.h>

#include "lib/base/random.h"
#include "tokenizer/models/unigram.h"
#include "tokenizer/models/unigram_lattice.h"

static const char *const piece[] = {"a", "b", "ab", "ba", "aab", "bb", "abab"};
enum { PIECES = sizeof piece / sizeof *piece };
static const float score[PIECES] = {-1.1f, -1.3f, -2.0f, -2.2f, -3.1f, -2.9f, -3.7f};
static const float unknown_score = -13.7f;

static void build(qp_unigram *u)
{
    qp_trie_key key[PIECES];
    for (int i = 0; i < PIECES; i++) key[i] = (qp_trie_key){piece[i], strlen(piece[i]), i};
    cr_assert_eq(qp_trie_build(&u->trie, key, PIECES), QP_OK);
    u->score = score;
    u->unknown_score = unknown_score;
}

static float score_of(const void *self, int32_t id, const char *text, size_t bytes)
{
    (void)self;
    cr_assert(bytes == strlen(piece[id]) && memcmp(text, piece[id], bytes) == 0, "%.*s", (int)bytes, text);
    return score[id];
}

/* The scores of all segmentations of text[at..), added to `before`. */
static void enumerate(const char *text, size_t at, double before, double *all, int *count)
{
    if (text[at] == '\0') {
        all[(*count)++] = before;
        return;
    }
    bool single = false;
    for (int i = 0; i < PIECES; i++) {
        size_t bytes = strlen(piece[i]);
        if (strncmp(text + at, piece[i], bytes) != 0) continue;
        single = single || bytes == 1;
        enumerate(text, at + bytes, before + (double)score[i], all, count);
    }
    if (!single) enumerate(text, at + 1, before + (double)unknown_score, all, count);
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

Test(unigram, best_and_n_best_equal_enumeration)
{
    enum { WANTED = 12, MOST = 4096 };
    qp_unigram u = {0};
    qp_unigram_path best = {0};
    qp_unigram_lattice lattice = {0};
    build(&u);
    for (uint64_t n = 0; n < 300; n++) {
        char text[16] = "";
        size_t bytes = 1 + qp_random_below(n, 0, 10), found;
        for (size_t i = 0; i < bytes; i++) text[i] = "aabbx"[qp_random_below(n, i + 1, 5)];
        static double all[MOST];
        int count = 0;
        enumerate(text, 0, 0, all, &count);
        qsort(all, (size_t)count, sizeof *all, falling);
        cr_assert_eq(qp_unigram_apply(&u, text, bytes, &best), QP_OK);
        double sum = 0;
        size_t end = 0;
        for (size_t i = 0; i < best.count; i++) {
            cr_assert_eq(best.piece[i].begin, end);
            end += best.piece[i].bytes;
            sum += best.piece[i].id < 0 ? (double)unknown_score : (double)score[best.piece[i].id];
        }
        cr_assert_eq(end, bytes);
        cr_assert(fabs(sum - all[0]) < 1e-4);
        qp_lattice_path path[WANTED] = {0};
        cr_assert_eq(qp_unigram_lattice_build(&lattice, &u.trie, score_of, NULL, unknown_score, text, bytes), QP_OK);
        cr_assert_eq(qp_unigram_lattice_best(&lattice, WANTED, path, &found), QP_OK);
        cr_assert_eq(found, (size_t)(count < WANTED ? count : WANTED));
        for (size_t i = 0; i < found; i++) cr_assert(fabs(path[i].score - all[i]) < 1e-4);
        for (size_t i = 0; i < WANTED; i++) qp_lattice_path_free(&path[i]);
    }
    qp_unigram_lattice_free(&lattice);
    qp_unigram_path_free(&best);
    qp_unigram_free(&u);
}

Test(unigram, draws_follow_their_probabilities)
{
    enum { DRAWS = 40000 };
    qp_unigram u = {0};
    qp_unigram_lattice lattice = {0};
    qp_lattice_path path = {0};
    double all[64], total = 0, seen[64] = {0};
    int count = 0;
    build(&u);
    enumerate("abab", 0, 0, all, &count);
    for (int i = 0; i < count; i++) total += exp(0.5 * all[i]);
    cr_assert_eq(qp_unigram_lattice_build(&lattice, &u.trie, score_of, NULL, unknown_score, "abab", 4), QP_OK);
    qp_unigram_lattice_weigh(&lattice, 0.5);
    for (uint64_t n = 0; n < DRAWS; n++) {
        cr_assert_eq(qp_unigram_lattice_draw(&lattice, 7, n, &path), QP_OK);
        int nearest = 0;
        for (int i = 1; i < count; i++)
            nearest = fabs(all[i] - path.score) < fabs(all[nearest] - path.score) ? i : nearest;
        seen[nearest]++;
    }
    for (int i = 0; i < count; i++) {
        double wanted = 0, got = 0;
        for (int k = 0; k < count; k++) { /* equal scores share their draws */
            if (fabs(all[k] - all[i]) > 1e-4) continue;
            wanted += DRAWS * exp(0.5 * all[k]) / total;
            got += seen[k];
        }
        cr_assert(fabs(got - wanted) < 5 * sqrt(wanted) + 1, "%.0f draws, wanted %.0f", got, wanted);
    }
    qp_lattice_path_free(&path);
    qp_unigram_lattice_free(&lattice);
    qp_unigram_free(&u);
}
