#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/quipu.h"
#include "tests/package/small_package.h"

/* quipu — the public interface: what it refuses, and that its answers agree with each other. The examples in
 * tests/examples show it in use. */

static void failed(quipu_status status, quipu_status expected, const char *why)
{
    cr_expect_eq(status, expected, "%d: %s", (int)status, quipu_error_message());
    cr_expect(strstr(quipu_error_message(), why), "'%s' is not in: %s", why, quipu_error_message());
}

static quipu_package *language_model(void)
{
    static const char *const option[] = {"task", "lm", "tokenizer", "char", "steps", "3", SMALL_MODEL, NULL};
    return trained_package(option, "abc abc\nbca cab\n");
}

Test(quipu, attention_of_a_language_model)
{
    static const char *const option[] = {"task",  "lm", "decoder",   "transformer", "tokenizer", "char",
                                         "steps", "3",  "lm-window", "16",          SMALL_MODEL, NULL};
    quipu_package *package = trained_package(option, "abc abc\nbca cab\n");
    quipu_maps *maps;
    cr_assert_eq(quipu_attend(package, NULL, "abc", NULL, &maps), QUIPU_OK, "%s", quipu_error_message());
    quipu_map_size size = quipu_maps_size(maps, QUIPU_DECODER_MAP);
    cr_expect(size.layers == 1 && size.heads == 2 && size.rows == size.columns && size.rows >= 4);
    cr_expect_eq(quipu_maps_size(maps, QUIPU_CROSS_MAP).layers, 0, "it has no source");
    const float *weight = quipu_maps_weights(maps, QUIPU_DECODER_MAP, 0, 1);
    cr_assert_not_null(weight);
    cr_expect_float_eq((double)weight[0], 1, 1e-6, "the first token sees itself");
    cr_expect_null(quipu_maps_weights(maps, QUIPU_DECODER_MAP, 0, 2));
    cr_expect_null(quipu_maps_weights(maps, QUIPU_DECODER_MAP, 1, 0));
    cr_expect_str_eq(quipu_maps_text(maps), "abc");
    quipu_maps_free(maps);
    failed(quipu_attend(package, "ab", "abc", NULL, &maps), QUIPU_EUSAGE, "a language model has no source");
    failed(quipu_attend(package, NULL, NULL, NULL, &maps), QUIPU_EUSAGE, "no text given");
    cr_expect_null(maps);
    quipu_close(package);
}

Test(quipu, training_refuses_what_it_cannot_do)
{
    static const char *const unknown[] = {"emb-sise", "8", NULL}, *const no_value[] = {"steps", NULL},
                             *const quiet[] = {"quiet", "true", NULL}, *const both[] = {"train", "x", NULL},
                             *const missing[] = {"task", "lm", "train", "no-such-file", NULL};
    quipu_training training = {.option = unknown};
    quipu_package *package = (quipu_package *)&training;
    failed(quipu_train(&training, &package, NULL), QUIPU_EUSAGE, "size");
    cr_expect_null(package);
    training.size = sizeof training;
    failed(quipu_train(&training, &package, NULL), QUIPU_EUSAGE, "did you mean emb_size?");
    training.option = no_value;
    failed(quipu_train(&training, &package, NULL), QUIPU_EUSAGE, "no value");
    training.option = quiet;
    failed(quipu_train(&training, &package, NULL), QUIPU_EUSAGE, "callbacks");
    training.option = missing;
    failed(quipu_train(&training, &package, NULL), QUIPU_ENOINPUT, "no-such-file");
    training.option = both;
    training.train_text = "a\tb\n";
    failed(quipu_train(&training, &package, NULL), QUIPU_EUSAGE, "train_text");
}

Test(quipu, given_options_override_a_preset)
{
    static const char *const option[] = {"preset", "lstm-char", "emb_size", "16", "steps", "1", NULL};
    static const char *const expected[][2] = {
        {"hidden-size", "128"}, {"emb-size", "16"}, {"decoder", "lstm"}, {"encoder", "none"}, {"lm-window", "50"}};
    quipu_package *package = trained_package(option,
                                             "some running text, as long as a few windows of it; some running text\n");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char *value;
        cr_assert_eq(quipu_setting(package, expected[i][0], &value), QUIPU_OK);
        cr_expect_str_eq(value, expected[i][1], "%s is %s", expected[i][0], value);
        quipu_free(value);
    }
    quipu_close(package);
}

static int stop_at_two(void *self, const quipu_progress *progress)
{
    *(int64_t *)self = progress->update;
    return progress->update == 2;
}

Test(quipu, a_callback_stops_the_training)
{
    static const char *const option[] = {"task", "lm", "tokenizer", "char", "steps", "50", SMALL_MODEL, NULL};
    int64_t update = 0;
    quipu_training training = {
        .size = sizeof training, .option = option, .train_text = "ab\nba\n", .progress = stop_at_two, .self = &update};
    quipu_package *package;
    cr_assert_eq(quipu_train(&training, &package, NULL), QUIPU_ESTOPPED);
    cr_assert_eq(update, 2);
    cr_assert_null(package);
}

/* What is left open is chosen around the options that are given, and only then are they checked. */
Test(quipu, a_kind_is_chosen_that_reads_the_options)
{
    static const char *const read[] = {"tokenizer", "word", "emb-size", "8", "hidden-size", "8", "steps", "1", NULL};
    static const char *const unread[] = {"tokenizer", "word", "encoder", "gru", "heads", "2", "steps", "1", NULL};
    static const char *const counted[] = {"task", "lm", "decoder", "ngram", "lora", "2", NULL};
    quipu_training training = {.size = sizeof training, .option = read, .train_text = "a b\tb a\nb\tb\n"};
    quipu_package *package;
    char *decoder;
    cr_assert_eq(quipu_train(&training, &package, NULL), QUIPU_OK, "%s", quipu_error_message());
    cr_assert_eq(quipu_setting(package, "decoder", &decoder), QUIPU_OK);
    cr_expect_str_eq(decoder, "gru");
    quipu_free(decoder);
    quipu_close(package);
    training.option = unread;
    failed(quipu_train(&training, &package, NULL), QUIPU_EUSAGE, "--heads would change nothing here");
    training.option = counted;
    failed(quipu_train(&training, &package, NULL), QUIPU_EUSAGE, "--lora would change nothing here");
}

static int collect(void *self, const char *text, size_t bytes)
{
    strncat(self, text, bytes);
    return strlen(self) >= 5;
}

Test(quipu, text_is_generated_piece_by_piece)
{
    static const char *const option[] = {"tokens", "12", "seed", "3", NULL};
    quipu_options options = {.size = sizeof options, .option = option};
    quipu_package *package = language_model();
    char *whole, *part, heard[1000] = "";
    cr_assert_eq(quipu_generate(package, "ab", &options, NULL, NULL, &whole), QUIPU_OK, "%s", quipu_error_message());
    cr_assert_eq(quipu_generate(package, "ab", &options, collect, heard, &part), QUIPU_OK);
    cr_expect(strncmp(whole, heard, strlen(heard)) == 0, "'%s' and '%s'", whole, heard);
    quipu_free(whole);
    quipu_free(part);
    quipu_close(package);
}

/* "After an error, pointers handed out are NULL", whatever was in them. */
Test(quipu, nothing_is_handed_out_after_an_error)
{
    static const char *const unknown[] = {"no-such-option", "1", NULL}, *const text[] = {"a"};
    const quipu_options wrong = {.size = sizeof wrong, .option = unknown};
    quipu_package *package = language_model(), *opened = package, *trained = package;
    char garbage[1], *setting = garbage, *generated = garbage;
    quipu_translations *translations = (quipu_translations *)package;
    quipu_maps *maps = (quipu_maps *)package;
    float number, *vector = &number;
    int width;
    failed(quipu_open("absent.safetensors", &opened), QUIPU_ENOINPUT, "absent.safetensors");
    cr_expect_null(opened);
    failed(quipu_setting(package, "no-such-setting", &setting), QUIPU_EUSAGE, "no-such-setting");
    cr_expect_null(setting);
    failed(quipu_translate(package, text, 1, NULL, &translations), QUIPU_EUSAGE, "task lm");
    cr_expect_null(translations);
    failed(quipu_generate(package, "a", &wrong, NULL, NULL, &generated), QUIPU_EUSAGE, "no-such-option");
    cr_expect_null(generated);
    failed(quipu_embed(package, text, 1, &wrong, &vector, &width), QUIPU_EUSAGE, "no-such-option");
    cr_expect_null(vector);
    failed(quipu_attend(package, "a", "b", NULL, &maps), QUIPU_EUSAGE, "no source");
    cr_expect_null(maps);
    const quipu_training training = {.size = sizeof training, .option = unknown, .train_text = "ab\n"};
    failed(quipu_train(&training, &trained, NULL), QUIPU_EUSAGE, "no-such-option");
    cr_expect_null(trained);
    quipu_close(package);
}

Test(quipu, calls_for_other_tasks_are_refused)
{
    quipu_package *package = language_model();
    const char *text[] = {"a"};
    quipu_translations *translations;
    quipu_maps *maps;
    float probability[2];
    double value[4] = {0};
    int label;
    failed(quipu_translate(package, text, 1, NULL, &translations), QUIPU_EUSAGE, "task lm");
    failed(quipu_classify(package, text, 1, NULL, probability), QUIPU_EUSAGE, "task lm");
    failed(quipu_tag(package, text, 1, NULL, &label, probability), QUIPU_EUSAGE, "task lm");
    failed(quipu_forecast(package, value, 4, value), QUIPU_EUSAGE, "task lm");
    failed(quipu_score(package, text, text, 1, NULL, value, NULL), QUIPU_EUSAGE, "no source");
    failed(quipu_attend(package, "a", "b", NULL, &maps), QUIPU_EUSAGE, "no source");
    cr_expect_str_eq(quipu_task(package), "lm");
    cr_expect_eq(quipu_labels(package), 0);
    cr_expect_null(quipu_source_tokenizer(package));
    char *setting;
    cr_assert_eq(quipu_setting(package, "emb-size", &setting), QUIPU_OK);
    cr_expect_str_eq(setting, "8");
    quipu_free(setting);
    quipu_close(package);
    quipu_close(NULL);
}

Test(quipu, batches_do_not_change_scores_and_vectors)
{
    quipu_package *package = language_model();
    const char *text[] = {"abc", "", "cab bca", "b"};
    double together[4], alone;
    int tokens[4], width, one_width;
    float *vectors, *one;
    cr_assert_eq(quipu_score(package, NULL, text, 4, NULL, together, tokens), QUIPU_OK, "%s", quipu_error_message());
    cr_assert_eq(quipu_embed(package, text, 4, NULL, &vectors, &width), QUIPU_OK, "%s", quipu_error_message());
    cr_expect_eq(width, 8);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(quipu_score(package, NULL, text + i, 1, NULL, &alone, NULL), QUIPU_OK);
        cr_expect_eq(alone, together[i], "text %d", i);
        cr_assert_eq(quipu_embed(package, text + i, 1, NULL, &one, &one_width), QUIPU_OK);
        for (int c = 0; c < width; c++) cr_expect_float_eq(one[c], vectors[i * width + c], 1e-5);
        quipu_free(one);
    }
    cr_expect_eq(tokens[0], 4);
    quipu_free(vectors);
    quipu_close(package);
}

Test(quipu, a_classifier_gives_probabilities)
{
    static const char *const option[] = {"task", "classify",  "tokenizer", "word",    "steps", "60",        "lr",
                                         "0.02", "lr-warmup", "0",         "dropout", "0",     SMALL_MODEL, NULL};
    const char *text[] = {"a good day", "a bad day"};
    float probability[4];
    quipu_package *package = trained_package(option, "yes\ta good day\nno\ta bad day\nyes\tgood\nno\tbad\n");
    cr_assert_eq(quipu_labels(package), 2);
    cr_assert_eq(quipu_classify(package, text, 2, NULL, probability), QUIPU_OK, "%s", quipu_error_message());
    for (int i = 0; i < 2; i++) {
        int best = probability[2 * i + 1] > probability[2 * i];
        cr_expect_float_eq(probability[2 * i] + probability[2 * i + 1], 1, 1e-5);
        cr_expect_str_eq(quipu_label(package, best), i == 0 ? "yes" : "no");
    }
    cr_expect_str_eq(quipu_label(package, 2), "");
    const quipu_options one = {.size = sizeof one, .batch_size = 1};
    float alone[4];
    cr_assert_eq(quipu_classify(package, text, 2, &one, alone), QUIPU_OK);
    for (int i = 0; i < 4; i++) cr_expect_float_eq(alone[i], probability[i], 1e-5, "one text a batch");
    quipu_close(package);
}

/* The letter of a word says its tag, whatever the words around it. */
Test(quipu, a_tagger_reads_words)
{
    static const char *const option[] = {"task", "tag",       "tokenizer", "word",    "steps", "80",        "lr",
                                         "0.02", "lr-warmup", "0",         "dropout", "0",     SMALL_MODEL, NULL};
    const char *word[] = {"bird", "the", "sees", "cat", "bird", "the"}, *expected[] = {"N", "D", "V", "N", "N", "D"};
    const char *empty[] = {"the", ""};
    int label[6];
    float probability[6];
    quipu_package *package = trained_package(option,
                                             "the\tD\ncat\tN\nsees\tV\nthe\tD\nbird\tN\n\nthe\tD\nbird\tN\nsees\tV\n\n"
                                             "cat\tN\nsees\tV\nthe\tD\nbird\tN\n");
    cr_assert_eq(quipu_labels(package), 3);
    cr_assert_eq(quipu_tag(package, word, 6, NULL, label, probability), QUIPU_OK, "%s", quipu_error_message());
    for (int i = 0; i < 6; i++) {
        cr_expect_str_eq(quipu_label(package, label[i]), expected[i], "%s", word[i]);
        cr_expect(probability[i] > 1 / 3.0F && probability[i] <= 1);
    }
    int alone[6];
    cr_assert_eq(quipu_tag(package, word, 6, NULL, alone, NULL), QUIPU_OK);
    cr_expect_arr_eq(alone, label, sizeof label);
    cr_expect_eq(quipu_tag(package, word, 0, NULL, alone, NULL), QUIPU_OK, "no words have no tags");
    failed(quipu_tag(package, empty, 2, NULL, label, NULL), QUIPU_EUSAGE, "word 1 is empty");
    quipu_close(package);
}

Test(quipu, a_forecaster_continues_a_series)
{
    static const char *const option[] = {"task", "regress", "window", "4", "steps", "5", SMALL_MODEL, NULL};
    char text[4000] = "x\n";
    double value[8], forecast[8];
    int columns, window, horizon;
    for (int i = 0; i < 60; i++) sprintf(text + strlen(text), "%.3f\n", sin(i));
    for (int i = 0; i < 8; i++) value[i] = sin(i);
    quipu_package *package = trained_package(option, text);
    cr_assert_eq(quipu_forecast_sizes(package, &columns, &window, &horizon), QUIPU_OK);
    cr_expect(columns == 1 && window == 4 && horizon == 1, "%d %d %d", columns, window, horizon);
    cr_assert_eq(quipu_forecast(package, value, 8, forecast), QUIPU_OK, "%s", quipu_error_message());
    cr_expect(fabs(forecast[0]) < 3);
    failed(quipu_forecast(package, value, 3, forecast), QUIPU_EDATA, "3 rows");
    quipu_close(package);
}

/* ---- several threads ---- */

typedef struct {
    const quipu_package *package;
    double log_probability;
    int failures;
} reader;

static void *read_often(void *self)
{
    reader *r = self;
    const char *text = "abc abc";
    quipu_options options = {.size = sizeof options, .threads = 1};
    for (int i = 0; i < 20; i++) {
        double now = 0;
        r->failures += quipu_score(r->package, NULL, &text, 1, &options, &now, NULL) != QUIPU_OK;
        if (i > 0 && now != r->log_probability) r->failures++;
        r->log_probability = now;
    }
    return NULL;
}

Test(quipu, threads_share_a_package)
{
    pthread_t thread[3];
    reader r[3];
    quipu_package *package = language_model();
    for (int i = 0; i < 3; i++) {
        r[i] = (reader){.package = package};
        cr_assert_eq(pthread_create(&thread[i], NULL, read_often, &r[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], NULL);
        cr_expect_eq(r[i].failures, 0);
        cr_expect_eq(r[i].log_probability, r[0].log_probability);
    }
    quipu_close(package);
}
