#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/ngram/ngram_arpa.h"
#include "lib/ngram/ngram_file.h"
#include "lib/ngram/ngram_train.h"
#include "lib/ngram/ngram_words.h"

/* ---- models of a few lines ---- */

typedef struct {
    const char *const *line;
    int next;
} some_lines;

static qp_status next_of_some(void *self, const char **line, size_t *bytes)
{
    some_lines *lines = self;
    *line = lines->line[lines->next];
    *bytes = *line ? strlen(*line) : 0;
    lines->next += *line != NULL;
    return QP_OK;
}

static qp_status learn(qp_ngram_config config, const char *const *line, qp_ngram **model)
{
    some_lines lines = {line, 0};
    return qp_ngram_train(&config, next_of_some, &lines, NULL, model);
}

static const char *const two_lines[] = {"a b", " a  c", NULL};

static double probability(const qp_ngram *m, const char *before, const char *word)
{
    int32_t context = qp_ngram_find(m, before, strlen(before)), id = qp_ngram_find(m, word, strlen(word));
    return pow(10, qp_ngram_log10(m, &context, *before ? 1 : 0, id, NULL));
}

/* log10 P of a line of words, after <s> if `begin`, </s> included if `end`; *tokens counts them. */
static double score_line(const qp_ngram *m, const char *line, bool begin, bool end, int *tokens)
{
    int32_t context[256] = {QP_NGRAM_BEGIN};
    int count = begin ? 1 : 0, first = count;
    size_t at = 0, bytes;
    double sum = 0;
    for (const char *word; (word = qp_ngram_next_word(line, strlen(line), &at, &bytes)) && count < 256; count++) {
        context[count] = qp_ngram_find(m, word, bytes);
        sum += qp_ngram_log10(m, context, count, context[count], NULL);
    }
    if (tokens) *tokens = count - first + (end ? 1 : 0);
    return end ? sum + qp_ngram_log10(m, context, count, QP_NGRAM_END, NULL) : sum;
}

/* By hand: all discounts fall back to 0.5, 1, 1.5. Left neighbours: a 1, b 1, c 1, </s> 2; their gamma is
 * (3 * 0.5 + 1) / 5, shared by 5 words. gamma(a) = gamma(<s>) = gamma(b) = 0.5. */
static void check_two_lines(const qp_ngram *m)
{
    const struct {
        const char *before, *word;
        double p;
    } expected[] = {{"", "a", 0.2},      {"", "b", 0.2},   {"", "</s>", 0.3},  {"", "?", 0.1},
                    {"<s>", "a", 0.6},   {"a", "b", 0.35}, {"a", "c", 0.35},   {"b", "</s>", 0.65},
                    {"a", "</s>", 0.15}, {"a", "?", 0.05}, {"?", "</s>", 0.3}, {"</s>", "a", 0.2}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_assert_float_eq(probability(m, expected[i].before, expected[i].word), expected[i].p, 1e-7, "P(%s|%s) = %g",
                           expected[i].word, expected[i].before, probability(m, expected[i].before, expected[i].word));
    cr_assert_float_eq(score_line(m, "a b", true, true, NULL), log10(0.6 * 0.35 * 0.65), 1e-7);
}

Test(ngram, two_lines_by_hand)
{
    qp_ngram *m;
    cr_assert_eq(learn((qp_ngram_config){.order = 2, .interpolate_unigrams = true}, two_lines, &m), QP_OK);
    cr_assert_eq(qp_ngram_vocabulary(m), 6);
    cr_assert_eq(qp_ngram_count(m, 2), 5);
    check_two_lines(m);
    qp_ngram_free(m);
}

/* 4 words come once, 3 twice, 2 three times, 1 four times, the end six times; 26 in all. Y = 4/(4 + 2*3) = 0.4, so the
 * discounts are 1 - 2 Y 3/4 = 0.4, 2 - 3 Y 2/3 = 1.2 and 3 - 4 Y 1/2 = 2.2. */
Test(ngram, discounts_by_hand)
{
    static const char *const lines[] = {"a b c d", "e f g e f g", "h i h i h i", "j j j j", "", "", NULL};
    static const double discount[] = {0, 0.4, 1.2, 2.2, 2.2};
    qp_ngram *m;
    cr_assert_eq(learn((qp_ngram_config){.order = 1, .interpolate_unigrams = true}, lines, &m), QP_OK);
    double rest = 4 * 0.4 + 3 * 1.2 + 2 * 2.2 + 2.2 + 2.2, share = rest / 26 / 12; /* of 12 words, <unk> among them */
    static const char *const word[] = {"?", "a", "e", "h", "j"};
    for (int count = 0; count <= 4; count++)
        cr_expect_float_eq(probability(m, "", word[count]), (count - discount[count]) / 26 + share, 1e-7, "%s: %g",
                           word[count], probability(m, "", word[count]));
    cr_expect_float_eq(probability(m, "", "</s>"), (6 - 2.2) / 26 + share, 1e-7);
    qp_ngram_free(m);
}

Test(ngram, unknown_takes_all_without_interpolated_unigrams)
{
    qp_ngram *m;
    cr_assert_eq(learn((qp_ngram_config){.order = 2}, two_lines, &m), QP_OK);
    cr_assert_float_eq(probability(m, "", "?"), 0.5, 1e-7);
    cr_assert_float_eq(probability(m, "", "a"), 0.1, 1e-7);
    qp_ngram_free(m);
}

/* For any order, context and pruning: the probabilities of all words but <s> sum to 1 and equal those of single
 * queries. */
static void check_sums(const qp_ngram *m)
{
    static const char *const context[][3] = {{"<s>"},           {"a"},      {"a", "b"},
                                             {"<s>", "b", "a"}, {"?", "a"}, {"c", "b", "a"}};
    int32_t words = qp_ngram_vocabulary(m);
    qp_real *log_p = malloc((size_t)words * sizeof *log_p);
    for (size_t c = 0; c <= sizeof context / sizeof *context; c++) {
        int32_t id[3];
        int count = 0;
        for (; c && count < 3 && context[c - 1][count]; count++)
            id[count] = qp_ngram_find(m, context[c - 1][count], strlen(context[c - 1][count]));
        qp_ngram_logits(m, id, count, log_p);
        double sum = 0;
        for (int32_t w = 0; w < words; w++) {
            sum += exp((double)log_p[w]);
            if (w != qp_ngram_find(m, "<s>", 3))
                cr_assert_float_eq((double)log_p[w], log(10) * qp_ngram_log10(m, id, count, w, NULL), 1e-5);
        }
        cr_assert_float_eq(sum, 1, 1e-5, "context %zu: %g", c, sum);
    }
    free(log_p);
}

Test(ngram, probabilities_add_up_to_one)
{
    static const char *const lines[] = {"a b c a b", "a b d", "b a a a c", "",  "c a b a b d",
                                        "d d",       "a",     "b c b a",   NULL};
    for (int order = 1; order <= 5; order++)
        for (int prune = 0; prune < 3; prune++) {
            qp_ngram_config config = {.order = order, .interpolate_unigrams = prune != 1};
            for (int k = 1; k < order; k++) config.prune[k] = k >= 2 ? prune : prune / 2;
            qp_ngram *m;
            cr_assert_eq(learn(config, lines, &m), QP_OK, "%s", qp_error_message());
            check_sums(m);
            qp_ngram_free(m);
        }
}

Test(ngram, wrong_text_and_options_are_reported)
{
    qp_ngram *m;
    qp_ngram_config two = {.order = 2};
    cr_assert_eq(learn(two, (const char *const[]){"a", "b <s>", NULL}, &m), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "line 2") && strstr(qp_error_message(), "<s>"), "%s", qp_error_message());
    cr_assert_eq(learn(two, (const char *const[]){NULL}, &m), QP_EDATA);
    cr_assert_eq(learn((qp_ngram_config){.order = 0}, two_lines, &m), QP_EUSAGE);
    cr_assert_eq(learn((qp_ngram_config){.order = QP_NGRAM_MAX_ORDER + 1}, two_lines, &m), QP_EUSAGE);
    cr_assert_eq(learn((qp_ngram_config){.order = 2, .prune = {1, 1}}, two_lines, &m), QP_EUSAGE);
    cr_assert_eq(learn((qp_ngram_config){.order = 3, .prune = {0, 2, 1}}, two_lines, &m), QP_EUSAGE);
    cr_assert_null(m);
}

/* ---- ARPA files ---- */

static char path[64];

static void take_path(void)
{
    snprintf(path, sizeof path, "/tmp/quipu-ngram-XXXXXX");
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    close(file);
}

static void drop_path(void) { unlink(path); }

TestSuite(ngram_arpa, .init = take_path, .fini = drop_path);

Test(ngram_arpa, saved_is_loaded)
{
    qp_ngram *m, *again;
    cr_assert_eq(learn((qp_ngram_config){.order = 2, .interpolate_unigrams = true}, two_lines, &m), QP_OK);
    cr_assert_eq(qp_ngram_arpa_save(path, m), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_ngram_arpa_load(path, &again), QP_OK, "%s", qp_error_message());
    check_two_lines(again);
    qp_ngram_free(m);
    qp_ngram_free(again);
}

static qp_status load_text(const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    qp_ngram *m;
    qp_status status = qp_ngram_arpa_load(path, &m);
    qp_ngram_free(m);
    return status;
}

#define HEAD "\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-1 <s> -0.5\n-1 </s>\n-0.5\ta -0.2\n\n"

Test(ngram_arpa, damaged_files_are_reported)
{
    cr_assert_eq(load_text(HEAD "\\2-grams:\n-0.3 a </s>\n\n\\end\\\n"), QP_OK, "%s", qp_error_message());
    static const char *const text[] = {
        "",
        "\\data\\\n",
        "\\data\\\nngram 2=1\n",
        "\\data\\\nngram 1=-4\n\\1-grams:\n",
        HEAD,
        HEAD "\\2-grams:\n-0.3 a </s>\n",
        HEAD "\\2-grams:\n\\end\\\n",
        HEAD "\\2-grams:\n-0.3 a b\n\\end\\\n",
        HEAD "\\2-grams:\n-0.3 a\n\\end\\\n",
        HEAD "\\2-grams:\n0.3 a a\n\\end\\\n",
        HEAD "\\2-grams:\n-inf a a\n\\end\\\n",
        HEAD "\\2-grams:\n-0.3 a a a a\n\\end\\\n",
        HEAD "\\2-grams:\n-0.3 a a -0.1 x\n\\end\\\n",
        "\\data\\\nngram 1=4\nngram 2=2\n\\1-grams:\n-1 a\n-1 b\n-1 c\n-1 a\n\\2-grams:\n-1 a b\n-1 a b\n\\end\\\n",
        "\\data\\\nngram 1=1\nngram 2=2\n\\1-grams:\n-1 a\n\\2-grams:\n-1 a a\n-1 a a\n\\end\\\n",
        ("\\data\\\nngram 1=2\nngram 2=1\nngram 3=1\n\\1-grams:\n-1 a\n-1 b\n\\2-grams:\n-1 a a\n\\3-grams:\n-1 a b "
         "a\n\\end\\\n"),
    };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        cr_assert_eq(load_text(text[i]), QP_EDATA, "%zu", i);
        cr_assert(strstr(qp_error_message(), path), "%s", qp_error_message());
    }
    unlink(path);
    qp_ngram *m;
    cr_assert_eq(qp_ngram_arpa_load(path, &m), QP_ENOINPUT);
}

/* ---- results of another program ---- */

#define CASES "../shared/oracles2/ngram/"

typedef struct {
    char **line;
    int count;
} text_lines;

static text_lines read_text(const char *folder, const char *name)
{
    char file[256], *line;
    size_t bytes;
    qp_reader *reader;
    text_lines text = {calloc(20000, sizeof(char *)), 0};
    snprintf(file, sizeof file, CASES "%s/%s", folder, name);
    cr_assert_eq(qp_reader_open(file, &reader), QP_OK, "%s", qp_error_message());
    while (qp_reader_next(reader, &line, &bytes) == QP_OK && line && text.count < 19999)
        text.line[text.count++] = strdup(line);
    qp_reader_close(reader);
    return text;
}

static void text_free(text_lines *text)
{
    for (int i = 0; i < text->count; i++) free(text->line[i]);
    free(text->line);
}

static void near(double ours, json_t *theirs, const char *what, int line)
{
    double value = json_number_value(theirs);
    cr_assert(fabs(ours - value) <= 2e-4 + 1e-5 * fabs(value), "%s, line %d: %.7g, not %.7g", what, line + 1, ours,
              value);
}

/* Four digits of the perplexity: relative, because the file's sums are of floats. */
static void same_perplexity(double ours, json_t *theirs, int line)
{
    double value = json_number_value(theirs);
    cr_assert(fabs(ours - value) <= 1e-4 * value, "perplexity, line %d: %.9g, not %.9g", line + 1, ours, value);
}

static void check_words(const qp_ngram *m, const char *line, json_t *words)
{
    int32_t context[256] = {qp_ngram_find(m, "<s>", 3)};
    int count = 1, matched;
    size_t at = 0, bytes, index;
    json_t *expected;
    json_array_foreach (words, index, expected) {
        const char *word = qp_ngram_next_word(line, strlen(line), &at, &bytes);
        int32_t id = word ? qp_ngram_find(m, word, bytes) : qp_ngram_find(m, "</s>", 4);
        near(qp_ngram_log10(m, context, count, id, &matched), json_array_get(expected, 0), "word", (int)index);
        cr_assert_eq(matched, json_integer_value(json_array_get(expected, 1)), "%s, word %zu", line, index + 1);
        cr_assert_eq(id == 0, json_is_true(json_array_get(expected, 2)));
        if (count < 255) context[count++] = id;
    }
}

static void check_sentences(const qp_ngram *m, const text_lines *test, json_t *sentences)
{
    json_t *expected;
    size_t i;
    cr_assert_eq(json_array_size(sentences), (size_t)test->count);
    json_array_foreach (sentences, i, expected) {
        const char *line = test->line[i];
        int tokens;
        double all = score_line(m, line, true, true, &tokens);
        near(all, json_object_get(expected, "log10"), "whole", (int)i);
        near(score_line(m, line, true, false, NULL), json_object_get(expected, "log10_no_eos"), "no end", (int)i);
        near(score_line(m, line, false, true, NULL), json_object_get(expected, "log10_no_bos"), "no beginning", (int)i);
        same_perplexity(pow(10, -all / tokens), json_object_get(expected, "perplexity"), (int)i);
        check_words(m, line, json_object_get(expected, "words"));
    }
}

/* "2 2461 D1=0.83 D2=0.93 D3+=1.2", or "3 267/3363 ..." where n-grams were pruned. */
static void check_messages(const qp_ngram *m, qp_ngram_discounts discounts, json_t *messages)
{
    json_t *message;
    size_t i;
    json_array_foreach (messages, i, message) {
        int order;
        long long count;
        double d[4];
        const char *text = json_string_value(message), *from = strstr(text, "D1");
        cr_assert_eq(sscanf(text, "%d %lld", &order, &count), 2);
        cr_assert_eq(sscanf(from, "D1=%lf D2=%lf D3+=%lf", &d[1], &d[2], &d[3]), 3);
        cr_assert_eq(qp_ngram_count(m, order), count, "order %d: %lld, not %lld", order,
                     (long long)qp_ngram_count(m, order), count);
        for (int j = 1; j <= 3; j++)
            cr_assert_float_eq(discounts[order - 1][j], d[j], 1e-5 * d[j] + 1e-9, "order %d: D%d %g", order, j,
                               discounts[order - 1][j]);
    }
}

static void check_case(const char *folder, json_t *one)
{
    text_lines train = read_text(folder, "train.txt"), test = read_text(folder, "test.txt");
    json_t *options = json_object_get(one, "options"), *sentences = json_object_get(one, "sentences");
    qp_ngram_config config = {.order = (int)json_integer_value(json_object_get(one, "order")),
                              .interpolate_unigrams = json_is_true(json_object_get(options, "interpolate_unigrams"))};
    const char *prune = json_string_value(json_object_get(options, "prune"));
    for (int k = 0; prune && k < config.order && *prune; k++) {
        char *end;
        config.prune[k] = strtoll(prune, &end, 10);
        prune = end;
    }
    some_lines lines = {(const char *const *)train.line, 0};
    qp_ngram_discounts discounts;
    qp_ngram *learned, *loaded;
    cr_assert_eq(qp_ngram_train(&config, next_of_some, &lines, &discounts, &learned), QP_OK, "%s", qp_error_message());
    check_messages(learned, discounts, json_object_get(one, "lmplz_messages"));
    check_sentences(learned, &test, sentences);
    char file[256];
    snprintf(file, sizeof file, CASES "%s/%s", folder, json_string_value(json_object_get(one, "arpa")));
    cr_assert_eq(qp_ngram_arpa_load(file, &loaded), QP_OK, "%s", qp_error_message());
    check_sentences(loaded, &test, sentences);
    for (int k = 1; k <= config.order; k++) cr_assert_eq(qp_ngram_count(learned, k), qp_ngram_count(loaded, k));
    qp_ngram_free(learned);
    qp_ngram_free(loaded);
    text_free(&train);
    text_free(&test);
}

Test(ngram, equals_kenlm)
{
    static const char *const folder[] = {"en", "ko", "toy"};
    int cases = 0;
    if (access(CASES, R_OK) != 0) cr_skip_test(CASES " is absent");
    for (int f = 0; f < 3; f++) {
        char file[256];
        snprintf(file, sizeof file, CASES "%s/cases.json", folder[f]);
        json_t *all = json_load_file(file, 0, NULL), *one;
        size_t i;
        cr_assert(all);
        json_array_foreach (json_object_get(all, "cases"), i, one) {
            if (strcmp(json_string_value(json_object_get(one, "tool")), "kenlm") != 0) continue;
            check_case(folder[f], one);
            cases++;
        }
        json_decref(all);
    }
    cr_assert_geq(cases, 1);
}

/* More words than the hash table has slots at first. */
Test(ngram, thousands_of_words)
{
    enum { WORDS = 3000 };
    static char text[WORDS * 8];
    const char *line[] = {text, NULL};
    size_t bytes = 0;
    for (int i = 0; i < WORDS; i++) bytes += (size_t)sprintf(text + bytes, "w%d ", i);
    qp_ngram *model;
    cr_assert_eq(learn((qp_ngram_config){.order = 2}, line, &model), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_ngram_vocabulary(model), WORDS + 3);
    for (int i = 0; i < WORDS; i++) {
        char word[16];
        size_t length = (size_t)sprintf(word, "w%d", i);
        cr_assert_str_eq(qp_ngram_word(model, qp_ngram_find(model, word, length)), word);
    }
    qp_ngram_free(model);
}

/* The three special words must be in the file. */
Test(ngram, a_file_without_the_end_of_lines_is_damaged)
{
    static const char words[] = "<unk>\0<s>";
    const float log10[] = {-1, -1, -1};
    char file_path[64];
    qp_safetensors *file;
    qp_ngram *model = NULL;
    int arrays;
    snprintf(file_path, sizeof file_path, "/tmp/quipu-ngram-%d.safetensors", (int)getpid());
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    qp_safetensors_writer_add(writer, "ngram.words", QP_DTYPE_U8, 1, (int64_t[]){sizeof words}, words);
    qp_safetensors_writer_add(writer, "ngram.1.log10", QP_DTYPE_F32, 1, (int64_t[]){3}, log10);
    cr_assert_eq(qp_safetensors_writer_save(writer, file_path), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_safetensors_open(file_path, &file), QP_OK);
    cr_assert_eq(qp_ngram_file_get(file, &model, &arrays), QP_EDATA);
    qp_safetensors_close(file);
    unlink(file_path);
}
