#include "lib/package/answers.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/predict.h"
#include "tests/package/small_package.h"

enum { MOST = 4000 };

static qp_line line_of(const char *text) { return (qp_line){text, strlen(text)}; }

/* A model for answers of single characters, which reads at most `longest` of them at once. */
static qp_package *answerer(const char *longest, const char *begin_token, const char *text)
{
    const char *const setting[] = {"task=tag", "decoder=none", "encoder=transformer", longest, begin_token, NULL};
    return small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, text), "[\"start\",\"end\"]");
}

/* ---- the same by definition, for texts of ASCII ---- */

typedef struct {
    int count;
    qp_answer answer[MOST];
} answer_list;

static bool is_letter(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* An answer, as whole words, with the highest of its scores. */
static void add_answer(answer_list *list, const char *context, size_t begin, size_t end, double score)
{
    while (begin < end && context[begin] == ' ') begin++;
    while (begin < end && context[end - 1] == ' ') end--;
    if (begin == end) return;
    while (begin > 0 && is_letter(context[begin - 1]) && is_letter(context[begin])) begin--;
    while (context[end] && is_letter(context[end - 1]) && is_letter(context[end])) end++;
    int i = 0;
    while (i < list->count && (list->answer[i].begin != begin || list->answer[i].end != end)) i++;
    if (i < list->count && list->answer[i].score >= score) return;
    list->answer[i] = (qp_answer){begin, end, (int64_t)begin, (int64_t)end, score};
    if (i == list->count) list->count++;
    cr_assert_lt(list->count, MOST);
}

/* Tokens first .. first+count-1 of the context with the question before them, as the model reads them. */
static void read_window(const qp_package *package, const qp_encoding *e, int context, int first, int count,
                        const char *text, int longest, answer_list *list)
{
    int skipped = (int)qp_model_config_of(package->model)->begin_token, tokens = 0, rows = 0;
    int32_t id[600], row[600], source[] = {0, 0}, target[] = {0, 0};
    qp_real score[1200];
    double p[2][600], sum[2] = {0};
    if (skipped) row[rows++] = -1;
    for (int i = skipped; i < e->count; i++) {
        if (e->sequence[i] == 1 && (i < context + first || i >= context + first + count)) continue;
        if (e->sequence[i] == 1) row[rows++] = tokens;
        id[tokens++] = e->id[i];
    }
    source[1] = tokens;
    target[1] = rows;
    cr_assert_eq(rows, count + skipped);
    qp_batch batch = {.source = {{.count = 1, .start = source}, id},
                      .target = {{.count = 1, .start = target}, NULL},
                      .source_row = row};
    cr_assert_eq(qp_predict(package->model, &batch, 1, score), QP_OK, "%s", qp_error_message());
    bool turned = strcmp(package->labels.text[0], "end") == 0;
    for (int k = 0; k < 2; k++) {
        for (int r = 0; r < rows; r++) sum[k] += p[k][r] = exp((double)score[2 * r + (turned ? 1 - k : k)]);
        for (int r = 0; r < rows; r++) p[k][r] /= sum[k];
    }
    for (int i = 0; i < count; i++)
        for (int j = i; j < count && j - i + 1 <= longest; j++)
            add_answer(list, text, e->begin[context + first + i], e->end[context + first + j],
                       p[0][i + skipped] * p[1][j + skipped]);
}

static int by_score(const void *a, const void *b)
{
    double x = ((const qp_answer *)a)->score, y = ((const qp_answer *)b)->score;
    return (x < y) - (x > y);
}

/* windows: where they begin, and -1; their length is `length`. */
static void expect_answers(const qp_package *package, const char *question, const char *text, qp_answer_wish wish,
                           const int *windows, int length)
{
    static answer_list list;
    static qp_answer answer[MOST];
    qp_encoding e = {.spans = true};
    int found, context = 0, tokens = 0;
    list.count = 0;
    cr_assert_eq(qp_tokenizer_encode_pair(package->source, question, strlen(question), text, strlen(text), &e), QP_OK);
    while (e.sequence[context] != 1) context++;
    for (int i = 0; i < e.count; i++) tokens += e.sequence[i] == 1;
    for (; *windows >= 0; windows++)
        read_window(package, &e, context, *windows, length < tokens - *windows ? length : tokens - *windows, text,
                    wish.longest, &list);
    qsort(list.answer, (size_t)list.count, sizeof *list.answer, by_score);
    cr_assert_eq(qp_find_answers(package, line_of(question), line_of(text), &wish, answer, &found), QP_OK, "%s",
                 qp_error_message());
    cr_assert_eq(found, wish.wanted < list.count ? wish.wanted : list.count);
    for (int i = 0; i < found; i++) {
        cr_expect_float_eq(answer[i].score, list.answer[i].score, 1e-6, "%d: %g", i, answer[i].score);
        cr_expect(answer[i].begin == list.answer[i].begin && answer[i].end == list.answer[i].end, "%d: %zu to %zu", i,
                  answer[i].begin, answer[i].end);
        cr_expect(answer[i].first == list.answer[i].first && answer[i].last == list.answer[i].last, "%d", i);
    }
    qp_encoding_free(&e);
}

static const char letters[] = "abcdefgh _,x12\n";
static const char context[] = " ab, cd_e fg  h1 abc x2, da";
static const int all[] = {0, -1};

/* Every part of at most `longest` tokens, the best first. */
Test(answers, all_parts_of_a_context)
{
    for (int begin = 0; begin < 2; begin++) {
        qp_package *package = answerer("max_length=60", begin ? "begin_token=true" : "begin_token=false", letters);
        expect_answers(package, "bad", context, (qp_answer_wish){.longest = 1, .wanted = 100}, all, 100);
        expect_answers(package, "bad", context, (qp_answer_wish){.longest = 4, .wanted = 200}, all, 100);
        expect_answers(package, "bad", context, (qp_answer_wish){.longest = 100, .wanted = 3}, all, 100);
        expect_answers(package, "bad", context, (qp_answer_wish){.longest = 5, .wanted = 1}, all, 100);
        expect_answers(package, "", "a", (qp_answer_wish){.longest = 5, .wanted = 5}, all, 100);
        qp_package_free(package);
    }
}

Test(answers, the_labels_in_any_order)
{
    const char *const setting[] = {"task=tag", "decoder=none", "encoder=transformer", "max_length=60", NULL};
    qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, letters), "[\"end\",\"start\"]");
    cr_assert(qp_package_answers(package));
    expect_answers(package, "bad", context, (qp_answer_wish){.longest = 4, .wanted = 20}, all, 100);
    qp_package_free(package);
}

/* The tokens that a model with --max-length 16 reads beside the question <s> bad </s> and the last </s>: 10, or 11
 * where it puts <s> there itself. Windows share half of 16, or of 16 and the token that it puts there. */
Test(answers, windows)
{
    qp_package *package = answerer("max_length=16", "begin_token=false", letters);
    static const int step_of_2[] = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, -1};
    expect_answers(package, "bad", context, (qp_answer_wish){3, 50}, step_of_2, 10);
    expect_answers(package, "bad", "ab, cd fgh", (qp_answer_wish){3, 50}, all, 10); /* fits */
    expect_answers(package, "bad", "ab, cd fghx", (qp_answer_wish){3, 50}, (const int[]){0, 2, -1}, 10);
    expect_answers(package, "badbadbad", "ab, cd", (qp_answer_wish){3, 50}, (const int[]){0, 1, 2, -1}, 4);
    qp_package_free(package);
    package = answerer("max_length=16", "begin_token=true", letters);
    expect_answers(package, "bad", context, (qp_answer_wish){3, 50}, (const int[]){0, 3, 6, 9, 12, 15, 18, -1}, 11);
    expect_answers(package, "bad", "ab, cd fghx", (qp_answer_wish){3, 50}, all, 11); /* fits */
    qp_package_free(package);
    package = answerer("max_length=15", "begin_token=true", letters);
    expect_answers(package, "bad", context, (qp_answer_wish){3, 50}, step_of_2, 10);
    qp_package_free(package);
}

/* A model that reads more still reads windows of 384 tokens, which share 128. */
Test(answers, windows_of_384)
{
    char text[501] = "";
    for (int i = 0; i < 100; i++) strcat(text, i % 3 ? "ab, c" : "x d1 ");
    qp_package *package = answerer("max_length=600", "begin_token=false", letters);
    expect_answers(package, "bad", text, (qp_answer_wish){2, 30}, (const int[]){0, 250, -1}, 378);
    qp_package_free(package);
}

Test(answers, a_question_that_leaves_no_room)
{
    qp_package *package = answerer("max_length=16", "begin_token=false", letters);
    qp_answer answer[2];
    int found = 7;
    expect_answers(package, "abcdabcdabcd", "ab", (qp_answer_wish){2, 5}, (const int[]){0, 1, -1}, 1);
    cr_expect_eq(qp_find_answers(package, line_of("abcdabcdabcda"), line_of("ab"), &(qp_answer_wish){2, 2}, answer,
                                 &found),
                 QP_EDATA);
    cr_expect_str_eq(qp_error_message(),
                     "a question of 16 tokens leaves no room for its context in 16; shorten it");
    cr_expect_eq(found, 0);
    cr_expect_eq(qp_find_answers(package, line_of("abcdabcdabcda"), line_of(""), &(qp_answer_wish){2, 2}, answer,
                                 &found),
                 QP_OK);
    cr_expect_eq(found, 0);
    qp_package_free(package);
}

static int by_place(const void *a, const void *b)
{
    size_t x = ((const qp_answer *)a)->begin, y = ((const qp_answer *)b)->begin;
    return (x > y) - (x < y);
}

/* Chinese characters are words of their own, Korean words are whole; places are counted in characters too. */
Test(answers, words_of_other_scripts)
{
    static const char text[] = "漢字 가나 a1\u3000é";
    static const qp_answer known[] = {{0, 3, 0, 1, 0}, {3, 6, 1, 2, 0}, {7, 13, 3, 5, 0}, {14, 16, 6, 8, 0},
                                      {19, 21, 9, 10, 0}};
    qp_package *package = answerer("max_length=60", "begin_token=false", "漢字 가나 a1\u3000é\n");
    qp_answer answer[20];
    int found;
    cr_assert_eq(qp_find_answers(package, line_of("a"), line_of(text), &(qp_answer_wish){1, 20}, answer, &found),
                 QP_OK);
    cr_assert_eq(found, 5);
    qsort(answer, 5, sizeof *answer, by_place);
    for (int i = 0; i < 5; i++) {
        cr_expect(answer[i].begin == known[i].begin && answer[i].end == known[i].end, "%d: %zu to %zu", i,
                  answer[i].begin, answer[i].end);
        cr_expect(answer[i].first == known[i].first && answer[i].last == known[i].last, "%d: %d to %d", i,
                  (int)answer[i].first, (int)answer[i].last);
    }
    qp_package_free(package);
}

Test(answers, which_models_answer)
{
    static const struct {
        const char *task, *labels;
        bool answers;
    } known[] = {{"task=tag", "[\"start\",\"end\"]", true},
                 {"task=tag", "[\"end\",\"start\"]", true},
                 {"task=tag", "[\"start\",\"stop\"]", false},
                 {"task=tag", "[\"begin\",\"end\"]", false},
                 {"task=tag", "[\"start\",\"end\",\"O\"]", false},
                 {"task=classify", "[\"start\",\"end\"]", false}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *const setting[] = {known[i].task, "decoder=none", "encoder=gru", NULL};
        qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, letters), known[i].labels);
        cr_expect_eq(qp_package_answers(package), known[i].answers, "%s %s", known[i].task, known[i].labels);
        qp_package_free(package);
    }
}

/* The classes of a pair are those of its tokens, with the kinds of the texts where the model has them. */
Test(answers, classes_of_a_pair)
{
    for (int begin = 0; begin < 2; begin++)
        for (int segments = 1; segments < 3; segments++) {
            const char *const setting[] = {"task=classify", "decoder=none", "encoder=transformer", "max_length=10",
                                           begin ? "begin_token=true" : "begin_token=false",
                                           segments > 1 ? "segments=2" : "segments=1", NULL};
            qp_package *package =
                small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, letters), "[\"a\",\"b\",\"c\"]");
            qp_encoding e = {.spans = true};
            qp_real made[3], wanted[3];
            cr_assert_eq(qp_tokenizer_encode_pair(package->source, "ab", 2, "xcd", 3, &e), QP_OK);
            int32_t source[] = {0, e.count - begin}, target[] = {0, 1};
            qp_batch batch = {.source = {{.count = 1, .start = source}, e.id + begin},
                              .target = {{.count = 1, .start = target}, NULL},
                              .segment = segments > 1 ? e.type_id + begin : NULL};
            cr_assert_eq(qp_predict(package->model, &batch, 1, wanted), QP_OK);
            qp_predict_probabilities(wanted, 3);
            cr_assert_eq(qp_classify_pair(package, line_of("ab"), line_of("xcd"), made), QP_OK, "%s",
                         qp_error_message());
            for (int i = 0; i < 3; i++) cr_expect_eq(made[i], wanted[i]);
            /* the longest pair: 10 tokens of 2 texts, </s> twice, and <s> */
            const char *text = "abcdab";
            qp_line most = {text, (size_t)(4 - (begin ? 0 : 1))};
            cr_expect_eq(qp_classify_pair(package, most, (qp_line){text, 4}, made), QP_OK, "%s", qp_error_message());
            cr_expect_eq(qp_classify_pair(package, most, (qp_line){text, 5}, made), QP_EDATA);
            cr_expect_str_eq(qp_error_message(),
                             "11 tokens are more than the model reads (10); shorten the texts");
            qp_encoding_free(&e);
            qp_package_free(package);
        }
}
