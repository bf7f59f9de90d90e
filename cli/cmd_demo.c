#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/train/train_job.h"
#include "data/toy/toy.h"
#include "lib/base/file.h"
#include "lib/base/threads.h"
#include "lib/package/attention_picture.h"
#include "lib/picture/html.h"
#include "lib/picture/terminal.h"
#include "lib/run/validation.h"

#define QP_DEMO_FIELDS(X)                                                                                              \
    X(CHOICE, direction, "ko-en", 0, 0, "ko-en, en-ko, reverse",                                                       \
      "Korean to English, English to Korean, or numbers to the same numbers in reverse")                               \
    X(TEXT, folder, "quipu-demo", 0, 0, "DIR", "folder of the corpus, the model and the attention maps")               \
    X(INT, threads, "0", 0, 4096, NULL, "threads; 0: all CPUs; the result does not depend on it")                      \
    X(INT, seed, "1", 0, 9007199254740991, NULL, "seed of the corpus and of the training")                             \
    X(INT, steps, "0", 0, 1000000, NULL,                                                                               \
      "updates in all; the learning rate decays over them; 0: the default of the task")                                \
    X(BOOL, overwrite, "false", 0, 0, NULL, "train again even if the model exists")                                    \
    X(CHOICE, progress, "auto", 0, 0, "auto, always, never", "the live progress line")

typedef struct {
    QP_DEMO_FIELDS(QP_FIELD_DECLARE)
} demo_config;

static QP_FIELD_TABLE(table, "demo", demo_config, QP_DEMO_FIELDS);
static demo_config config;

static const qp_option_group groups[] = {{&table, &config}};
static const qp_option_alias aliases[] = {{'t', "threads"}, {'o', "folder"}};
static const qp_command demo = {
    .name = "demo",
    .summary = "train a toy Korean-English translator, try it, draw its attention (about a minute)",
    .usage = "[--direction ko-en|en-ko|reverse]",
    .notes =
        "Writes a corpus from a small grammar, trains on it, translates sentences with unseen combinations of words, "
        "and draws the attention. Run it again to see the result again; --overwrite trains again.",
    .group = groups,
    .group_count = 1,
    .alias = aliases,
    .alias_count = 2,
};

/* Paths of the demo. */
typedef struct {
    char folder[512], source[4], target[4];
    char train_source[560], train_target[560], valid_source[560], valid_target[560], test_source[560], test_target[560];
    char model[560], page[560];
} places;

static void place(char *path, size_t bytes, const places *p, const char *part, const char *side)
{
    snprintf(path, bytes, "%s/%s.%s", p->folder, part, side);
}

static void find_places(places *p)
{
    static const char *const sides[][2] = {{"ko", "en"}, {"en", "ko"}, {"src", "trg"}};
    snprintf(p->folder, sizeof p->folder, "%s", config.folder);
    snprintf(p->source, sizeof p->source, "%s", sides[config.direction][0]);
    snprintf(p->target, sizeof p->target, "%s", sides[config.direction][1]);
    place(p->train_source, sizeof p->train_source, p, "train", p->source);
    place(p->train_target, sizeof p->train_target, p, "train", p->target);
    place(p->valid_source, sizeof p->valid_source, p, "valid", p->source);
    place(p->valid_target, sizeof p->valid_target, p, "valid", p->target);
    place(p->test_source, sizeof p->test_source, p, "test", p->source);
    place(p->test_target, sizeof p->test_target, p, "test", p->target);
    snprintf(p->model, sizeof p->model, "%s/%s-%s.safetensors", p->folder, p->source, p->target);
    snprintf(p->page, sizeof p->page, "%s/%s-%s-attention.html", p->folder, p->source, p->target);
}

/* The options of `quipu train` for this demo, as in the config.yaml of its run. */
typedef const char *const setting[2];

static setting toy_recipe[] = {
    {"tokenizer", "bpe"},
    {"vocab_size", "1200"},
    {"enc_layers", "2"},
    {"dec_layers", "2"},
    {"emb_size", "128"},
    {"ff_size", "512"},
    {"heads", "4"},
    {"dropout", "0.3"},
    {"max_length", "64"},
    {"batch_size", "2048"},
    {"lr", "0.004"},
    {"lr_schedule", "cosine"},
    {"lr_warmup", "100"},
    {"steps", "800"},
    {"label_smoothing", "0.1"},
    {"epochs", "0"},
    {"valid_freq", "400"},
    {"save_freq", "200"},
    {"valid_metrics", "loss,bleu,accuracy"},
    {"disp_freq", "50"},
    {NULL, NULL},
};

static setting reverse_recipe[] = {
    {"tokenizer", "word"}, {"enc_layers", "2"},       {"dec_layers", "2"},
    {"emb_size", "128"},   {"ff_size", "256"},        {"heads", "4"},
    {"dropout", "0"},      {"max_length", "64"},      {"batch_size", "2048"},
    {"lr", "0.003"},       {"lr_schedule", "cosine"}, {"lr_warmup", "300"},
    {"steps", "2000"},     {"epochs", "0"},           {"valid_metrics", "loss,accuracy"},
    {"disp_freq", "200"},  {"valid_freq", "500"},     {"save_freq", "500"},
    {NULL, NULL},
};

static setting *const recipes[] = {toy_recipe, toy_recipe, reverse_recipe};

static qp_status settings_of(const places *p, qp_train_settings *settings)
{
    qp_train_defaults(settings);
    for (setting *s = recipes[config.direction]; (*s)[0]; s++) QP_TRY(qp_train_set(settings, (*s)[0], (*s)[1]));
    const char *const files[][2] = {{"train_src", p->train_source},
                                    {"train_tgt", p->train_target},
                                    {"valid_src", p->valid_source},
                                    {"valid_tgt", p->valid_target},
                                    {"model", p->model}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) QP_TRY(qp_train_set(settings, files[i][0], files[i][1]));
    if (config.steps) settings->training.steps = config.steps;
    if (settings->schedule.lr_warmup >= settings->training.steps) settings->schedule.lr_warmup = config.steps / 10;
    settings->training.threads = config.threads;
    settings->training.seed = config.seed;
    settings->job.overwrite = config.overwrite;
    settings->job.progress = config.progress;
    return QP_OK;
}

/* ---- attention ---- */

static qp_status draw(const qp_package *m, const places *p, const char *sentence)
{
    qp_search_config search;
    qp_config_defaults(&qp_search_fields, &search);
    qp_picture picture;
    char *map = NULL, *page = NULL;
    qp_attended found = {.text = NULL};
    size_t bytes;
    QP_TRY(qp_attend_pair(m, sentence, NULL, &search, &picture, &found));
    qp_terminal_style style = {.width = qp_text_columns(stdout), .colour = qp_text_in_color(stdout)};
    int last = (int)qp_model_config_of(m->model)->dec_layers - 1;
    qp_status status = qp_terminal_draw(&picture, QP_MAP_CROSS, last, QP_OVER_MEAN, &style, &map);
    if (status == QP_OK)
        printf("\nAttention of each word of the translation (%s -> %s):\n\n%s", sentence, found.text, map);
    if (status == QP_OK) status = qp_html_draw(&picture, &page, &bytes);
    qp_writer *writer;
    if (status == QP_OK) status = qp_writer_open(p->page, &writer);
    if (status == QP_OK) {
        qp_writer_write(writer, page, bytes);
        status = qp_writer_commit(writer);
    }
    free(found.text);
    free(map);
    free(page);
    qp_picture_free(&picture);
    return status;
}

static void tell_what_next(const places *p)
{
    printf("\nThe maps of all layers and heads in one page:  %s\n", p->page);
    printf("\nWith your own data, two files of sentences that are translations of each other line by line:\n\n"
           "  quipu train --train-src train.%s --train-tgt train.%s --valid-src valid.%s --valid-tgt valid.%s -m "
           "my.safetensors\n"
           "  quipu translate -m my.safetensors new.%s\n"
           "  quipu attend -m my.safetensors --src \"...\" -o map.html\n\n",
           p->source, p->target, p->source, p->target, p->source);
}

static void print_some(const qp_validation *test, const qp_translation *translation, int shown)
{
    printf("\n%d of %d unseen sentences:\n\n", shown, test->count);
    for (int i = 0; i < shown && i < test->count; i++) {
        const char *said = translation[i].search.count ? translation[i].best[0].text : "";
        printf("  %s\n    %s\n", test->source[i].text, said);
        if (strcmp(said, test->reference[i].text) != 0) printf("    reference: %s\n", test->reference[i].text);
    }
}

/* Sentences whose combinations of words do not occur in training. */
static qp_status examine(const qp_package *m, const places *p, const qp_validation *test, qp_translation *translation)
{
    qp_metrics metrics = {0};
    QP_TRY(qp_validation_translate(test, qp_threads_of(config.threads), translation));
    QP_TRY(qp_validation_compare(test, translation, &metrics));
    print_some(test, translation, 10);
    QP_TRY(draw(m, p, test->source[0].text));
    tell_what_next(p);
    printf("BLEU: %.2f\nexact match: %.1f %%\n", metrics.entry[0].value, metrics.entry[1].value);
    return QP_OK;
}

static qp_status try_it(const places *p)
{
    qp_package *m;
    qp_validation test;
    const qp_text_files files = {.kind = QP_TEXT_TWO_FILES, .source = p->test_source, .target = p->test_target};
    QP_TRY(qp_package_load(p->model, &m));
    qp_status status = qp_validation_init(&test, &files, "bleu,accuracy");
    if (status == QP_OK) {
        test.package = m;
        qp_translation *translation = calloc((size_t)test.count + 1, sizeof *translation);
        status = translation ? examine(m, p, &test, translation) : qp_fail(QP_EMEMORY, "out of memory");
        for (int i = 0; translation && i < test.count; i++) qp_translation_free(&translation[i]);
        free(translation);
        qp_validation_free(&test);
    }
    qp_package_free(m);
    return status;
}

static qp_status write_corpus(const places *p)
{
    uint64_t seed = (uint64_t)config.seed;
    bool reverse = recipes[config.direction] == reverse_recipe;
    fprintf(stderr,
            reverse ? "Numbers and the same numbers in reverse, a toy for attention: %s/train.%s, train.%s, ...\n"
                    : "A toy translator. The corpus comes from a small grammar: %s/train.%s, train.%s, ...\n",
            p->folder, p->source, p->target);
    return reverse ? qp_toy_reverse_write(p->folder, seed, NULL) : qp_toy_write(p->folder, seed, NULL);
}

static qp_status run(void *self, const qp_options *options)
{
    (void)self;
    (void)options;
    places p;
    qp_train_settings settings = {0};
    qp_trainer_result result;
    find_places(&p);
    QP_TRY(write_corpus(&p));
    QP_TRY(settings_of(&p, &settings));
    QP_TRY(qp_train_job_run(&settings, &result));
    return try_it(&p);
}

int qp_cmd_demo(int argc, char **argv) { return qp_options_run(&demo, argc, argv, run, NULL); }
