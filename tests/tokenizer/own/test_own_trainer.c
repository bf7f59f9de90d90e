#include "tests/tokenizer/tokenizer_help.h"

#include "lib/base/random.h"
#include "tokenizer/learn/bpe_trainer.h"
#include "tokenizer/tokenizer_file.h"

/* ---- a trainer that counts everything again for each merge ---- */

enum { WORDS = 60, LONGEST = 12, LETTERS = 3 };

typedef struct {
    int32_t symbol[WORDS][LONGEST];
    int length[WORDS];
    int64_t times[WORDS];
} naive_words;

static int64_t naive_count(const naive_words *words, int32_t left, int32_t right)
{
    int64_t count = 0;
    for (int w = 0; w < WORDS; w++) {
        for (int i = 0; i + 1 < words->length[w]; i++) {
            if (words->symbol[w][i] == left && words->symbol[w][i + 1] == right) count += words->times[w];
        }
    }
    return count;
}

static void naive_join(naive_words *words, int32_t left, int32_t right, int32_t merged)
{
    for (int w = 0; w < WORDS; w++) {
        int made = 0;
        for (int i = 0; i < words->length[w]; i++) {
            int32_t *s = words->symbol[w];
            if (i + 1 < words->length[w] && s[i] == left && s[i + 1] == right) {
                s[made++] = merged;
                i++;
            } else {
                s[made++] = s[i];
            }
        }
        words->length[w] = made;
    }
}

/* The next merge by the stated rule: most frequent, then smaller ids. False: none is frequent enough. */
static bool naive_best(const naive_words *words, int pieces, int64_t least, int32_t *left, int32_t *right)
{
    int64_t best = least - 1;
    for (int32_t a = 0; a < pieces; a++) {
        for (int32_t b = 0; b < pieces; b++) {
            int64_t count = naive_count(words, a, b);
            if (count > best) {
                best = count;
                *left = a;
                *right = b;
            }
        }
    }
    return best >= least;
}

static void fill(naive_words *words, uint64_t key, qp_vocabulary *v)
{
    qp_vocabulary_init(v);
    for (int letter = 0; letter < LETTERS; letter++) {
        char text = (char)('a' + letter);
        cr_assert_eq(qp_vocabulary_add(v, QP_PIECE_NORMAL, &text, 1, NULL), QP_OK);
    }
    for (int w = 0; w < WORDS; w++) {
        words->length[w] = 1 + (int)qp_random_below(key, (uint64_t)w, LONGEST);
        words->times[w] = 1 + (int64_t)qp_random_below(key, (uint64_t)(1000 + w), 9);
        for (int i = 0; i < words->length[w]; i++) {
            words->symbol[w][i] = (int32_t)qp_random_below(key, (uint64_t)(5000 + w * LONGEST + i), LETTERS);
        }
    }
}

static void train_fast(const naive_words *words, qp_vocabulary *v, qp_bpe *bpe, int size, int64_t least)
{
    int32_t symbol[WORDS * LONGEST];
    size_t start[WORDS + 1], made = 0;
    for (int w = 0; w < WORDS; w++) {
        start[w] = made;
        for (int i = 0; i < words->length[w]; i++) symbol[made++] = words->symbol[w][i];
    }
    start[WORDS] = made;
    qp_bpe_training input = {symbol, made, start, words->times, WORDS, size, least, 0, 0, QP_TIE_SMALLER_IDS};
    cr_assert_eq(qp_bpe_train(&input, v, bpe), QP_OK);
}

Test(bpe_trainer, equals_the_naive_trainer)
{
    for (uint64_t key = 1; key <= 40; key++) {
        naive_words words;
        qp_vocabulary v;
        qp_bpe bpe = {0};
        fill(&words, key, &v);
        train_fast(&words, &v, &bpe, 40, 2);
        int pieces = LETTERS;
        for (size_t rank = 0; rank < bpe.count; rank++) {
            int32_t left = -1, right = -1;
            cr_assert(naive_best(&words, pieces, 2, &left, &right));
            /* a pair that was learned already and came up again is joined without a new merge */
            cr_assert_eq(bpe.merge[rank].left, left, "key %d rank %zu", (int)key, rank);
            cr_assert_eq(bpe.merge[rank].right, right);
            if (bpe.merge[rank].merged >= pieces) pieces = bpe.merge[rank].merged + 1;
            naive_join(&words, left, right, bpe.merge[rank].merged);
            while (rank + 1 < bpe.count && naive_best(&words, pieces, 2, &left, &right) &&
                   qp_bpe_find(&bpe, left, right) && qp_bpe_find(&bpe, left, right)->rank <= (int32_t)rank) {
                naive_join(&words, left, right, qp_bpe_find(&bpe, left, right)->merged);
            }
        }
        cr_assert(pieces == 40 || pieces == v.count);
        qp_vocabulary_free(&v);
        qp_bpe_free(&bpe);
    }
}

Test(bpe_trainer, encoding_equals_joining_in_order_of_rank)
{
    naive_words words;
    qp_vocabulary v;
    qp_bpe bpe = {0};
    qp_bpe_scratch scratch = {0};
    fill(&words, 99, &v);
    train_fast(&words, &v, &bpe, 40, 1);
    for (uint64_t n = 0; n < 600; n++) {
        enum { MOST = 300 };
        int32_t fast[MOST], slow[MOST];
        size_t count = 1 + qp_random_below(n, 0, n % 2 ? 40 : MOST), slow_count = count;
        for (size_t i = 0; i < count; i++) fast[i] = slow[i] = (int32_t)qp_random_below(n, i + 1, LETTERS);
        cr_assert_eq(qp_bpe_apply(&bpe, &scratch, fast, &count), QP_OK);
        for (;;) { /* leftmost pair of least rank, one at a time */
            size_t best = slow_count;
            int32_t rank = INT32_MAX;
            for (size_t i = 0; i + 1 < slow_count; i++) {
                const struct qp_merge_slot *slot = qp_bpe_find(&bpe, slow[i], slow[i + 1]);
                if (slot && slot->rank < rank) {
                    rank = slot->rank;
                    best = i;
                }
            }
            if (best == slow_count) break;
            slow[best] = bpe.merge[rank].merged;
            memmove(slow + best + 1, slow + best + 2, (slow_count - best - 2) * sizeof *slow);
            slow_count--;
        }
        cr_assert_eq(count, slow_count);
        cr_assert_eq(memcmp(fast, slow, count * sizeof *fast), 0);
    }
    qp_bpe_scratch_free(&scratch);
    qp_vocabulary_free(&v);
    qp_bpe_free(&bpe);
}

/* ---- the whole ---- */

static const char *const corpus[] = {
    "the cat sat on the mat",    "the cat, the hat and the bat", "a cat sat", "aaaa aaa aa",
    "학교에 간다 학교에서 온다", "\xFF bad \xFE bytes"};
enum { LINES = sizeof corpus / sizeof *corpus };

Test(tokenizer_trainer, order_of_lines_does_not_matter)
{
    const char *reversed[LINES];
    static const char *const type[] = {"char", "word", "bpe", "byte-bpe", "unigram", "wordpiece", "space"};
    for (int i = 0; i < LINES; i++) reversed[i] = corpus[LINES - 1 - i];
    for (int i = 0; i < 7; i++) {
        qp_tokenizer_config config = test_config(type[i], 330);
        qp_tokenizer *a = test_train(&config, corpus, LINES), *b = test_train(&config, reversed, LINES);
        char *x, *y;
        size_t x_bytes, y_bytes;
        cr_assert_eq(qp_tokenizer_to_json(a, &x, &x_bytes), QP_OK);
        cr_assert_eq(qp_tokenizer_to_json(b, &y, &y_bytes), QP_OK);
        cr_assert_str_eq(x, y);
        free(x);
        free(y);
        qp_tokenizer_free(a);
        qp_tokenizer_free(b);
    }
}

Test(tokenizer_trainer, most_frequent_words_first)
{
    qp_tokenizer_config config = test_config("word", 8);
    qp_tokenizer *t = test_train(&config, corpus, LINES);
    cr_assert_eq(qp_tokenizer_size(t), 8);
    cr_assert_str_eq(qp_tokenizer_piece(t, 4), "\u2581");
    cr_assert_str_eq(qp_tokenizer_piece(t, 5), "\u2581the");
    cr_assert_str_eq(qp_tokenizer_piece(t, 6), "\u2581cat");
    qp_tokenizer_free(t);
}

Test(tokenizer_trainer, too_small_a_vocabulary_is_refused)
{
    static const char *const type[] = {"bpe", "byte", "char"};
    for (int i = 0; i < 3; i++) {
        qp_tokenizer_config config = test_config(type[i], 100);
        test_lines lines = {corpus, LINES, 0};
        qp_tokenizer *t;
        cr_assert_eq(qp_tokenizer_train(&config, test_next_line, &lines, NULL, &t), QP_EUSAGE);
        cr_assert_null(t);
    }
}

Test(tokenizer_trainer, nothing_to_learn_from)
{
    static const char *const type[] = {"char", "byte", "word", "bpe", "byte-bpe", "unigram", "wordpiece", "space"};
    for (int i = 0; i < 8; i++) {
        qp_tokenizer_config config = test_config(type[i], 300);
        config.byte_fallback = QP_FALLBACK_TRUE;
        qp_tokenizer *t = test_train(&config, corpus, 0);
        test_round_trip(t, "any text", 8);
        qp_tokenizer_free(t);
    }
}

Test(tokenizer_trainer, pieces_stay_short_if_asked)
{
    qp_tokenizer_config config = test_config("bpe", 330);
    config.max_piece_length = 2;
    qp_tokenizer *t = test_train(&config, corpus, LINES);
    for (int32_t id = 260; id < qp_tokenizer_size(t); id++) {
        int length = 0;
        for (const char *p = qp_tokenizer_piece(t, id); *p; p++) length += ((unsigned char)*p & 0xC0) != 0x80;
        cr_assert(length <= 2);
    }
    qp_tokenizer_free(t);
}
