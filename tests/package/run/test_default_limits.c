#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/run/defaults.h"

/* Where the rules of defaults.c change: one example less chooses otherwise. test_defaults.c has all that rules set. */

/* Options given by name, for the rules to work around. */
static bool given(const void *names, const char *name)
{
    char marked[64];
    snprintf(marked, sizeof marked, " %s ", name);
    return strstr(names, marked) != NULL;
}

static void begin(qp_train_settings *s, int task, const char *names)
{
    memset(s, 0, sizeof *s);
    qp_train_defaults(s);
    s->model.task = task;
    s->given = given;
    s->given_self = names;
}

static qp_choice_list choose(qp_train_settings *s, const qp_survey *survey)
{
    qp_choice_list list = {0};
    cr_assert_eq(qp_defaults_choose(s, survey, &list), QP_OK, "%s", qp_error_message());
    return list;
}

#define SIDE(n)                                                                                                        \
    {                                                                                                                  \
        .characters = (n)*60, .words = (n)*12, .distinct_characters = 80                                               \
    }
#define PAIRS(n, share)                                                                                                \
    {                                                                                                                  \
        .examples = n, .source = SIDE(n), .target = SIDE(n), .shared = share                                           \
    }
#define WORDS(c, w, d)                                                                                                 \
    {                                                                                                                  \
        .examples = 9000, .target = {.characters = c, .words = w, .distinct_characters = d }                           \
    }
#define LABELLED(c, l)                                                                                                 \
    {                                                                                                                  \
        .examples = 9000, .target = {.characters = c, .words = 9000, .distinct_characters = 80}, .labels = l           \
    }
/* clang-format off */
static const struct {
    int task;
    qp_survey survey;
    const char *part; /* of what is chosen */
} limits[] = {
    {QP_TASK_TRANSLATE, PAIRS(14999, 0.9), "--encoder gru"},
    {QP_TASK_TRANSLATE, PAIRS(15000, 0.9), "--encoder transformer"},
    {QP_TASK_TRANSLATE, PAIRS(99999, 0.9), "--dropout 0.3"},
    {QP_TASK_TRANSLATE, PAIRS(100000, 0.9), "--dropout 0.2"},
    {QP_TASK_TRANSLATE, PAIRS(299999, 0.9), "--emb-size 128"},
    {QP_TASK_TRANSLATE, PAIRS(299999, 0.9), "--dropout 0.2"},
    {QP_TASK_TRANSLATE, PAIRS(300000, 0.9), "--emb-size 256"},
    {QP_TASK_TRANSLATE, PAIRS(300000, 0.9), "--dropout 0.1"},
    {QP_TASK_TRANSLATE, PAIRS(5000, 0.8), "--no-share-vocab"},
    {QP_TASK_TRANSLATE, PAIRS(5000, 0.801), "--share-vocab"},
    /* of two vocabularies the larger one's size */
    {QP_TASK_TRANSLATE, {.examples = 9000, .source = {350000, 1, 1, 50}, .target = {140000, 1, 1, 50}},
        "--vocab-size 5000"},
    {QP_TASK_TRANSLATE, {.examples = 9000, .source = {140000, 1, 1, 50}, .target = {350000, 1, 1, 50}},
        "--vocab-size 5000"},
    /* features of a bag: half the characters, fewer of many labels */
    {QP_TASK_CLASSIFY, LABELLED(524288, 2), "--vocab-size 262144"},
    {QP_TASK_CLASSIFY, LABELLED(524290, 2), "--vocab-size 524288"},
    {QP_TASK_CLASSIFY, LABELLED(49999999, 2), "--vocab-size 524288"},
    {QP_TASK_CLASSIFY, LABELLED(50000000, 2), "--vocab-size 1048576"},
    {QP_TASK_CLASSIFY, LABELLED(100000, 4), "--vocab-size 262144"},
    {QP_TASK_CLASSIFY, LABELLED(100000, 5), "--vocab-size 131072"},
    {QP_TASK_CLASSIFY, LABELLED(131072, 5), "--vocab-size 262144"},
    {QP_TASK_CLASSIFY, LABELLED(1000, 5), "--vocab-size 65536"},
    {QP_TASK_CLASSIFY, LABELLED(1000000, 32), "--vocab-size 524288"},
    {QP_TASK_CLASSIFY, LABELLED(1000000, 33), "--vocab-size 262144"},
    /* passes of a bag: 120,000 texts; 32 times 1.2e10 weights */
    {QP_TASK_CLASSIFY, LABELLED(1000, 0), "--epochs 13"},
    {QP_TASK_CLASSIFY, LABELLED(1000000, 16), "--epochs 5"},
    /* words of one letter and of several; tags that are spans, and not */
    {QP_TASK_TAG, WORDS(119, 100, 80), "--tokenizer word"},
    {QP_TASK_TAG, WORDS(120, 100, 80), "--tokenizer bpe"},
    {QP_TASK_TAG, {.examples = 9, .target = {500, 100, 9, 80}, .span_tags = 0.95}, "--dropout 0.33"},
    {QP_TASK_TAG, {.examples = 9, .target = {500, 100, 9, 80}, .span_tags = 0.951}, "--crf"},
    {QP_TASK_TAG, {.examples = 9, .target = {500, 100, 9, 80}, .span_tags = 0.951}, "--dropout 0.4"},
    {QP_TASK_TAG, WORDS(100, 100, 80), "--dropout 0.4"},
    {QP_TASK_TAG, WORDS(5, 0, 80), "--tokenizer word"},
    {QP_TASK_TAG, WORDS(4000000, 800000, 80), "--epochs 4"},
    {QP_TASK_TAG, WORDS(50, 10, 80), "--epochs 30"},
    /* letters, or pieces of words */
    {QP_TASK_LM, WORDS(960000, 1, 99), "--tokenizer char"},
    {QP_TASK_LM, WORDS(960000, 1, 100), "--tokenizer bpe"},
    {QP_TASK_LM, WORDS(960000, 1, 999), "--tokenizer bpe"},
    {QP_TASK_LM, WORDS(960000, 1, 1000), "--tokenizer char --vocab-size 1400"},
    {QP_TASK_LM, WORDS(199999, 1, 100), "--tokenizer char"},
    {QP_TASK_LM, WORDS(200000, 1, 100), "--tokenizer bpe"},
    {QP_TASK_LM, WORDS(19999999, 1, 99), "--tokenizer char"},
    {QP_TASK_LM, WORDS(20000000, 1, 99), "--tokenizer bpe --vocab-size 8000"},
    {QP_TASK_LM, WORDS(768, 1, 50), "--lm-window 96"},
    {QP_TASK_LM, WORDS(767, 1, 50), "--lm-window 95"},
    {QP_TASK_LM, WORDS(8, 1, 5), "--lm-window 2"},
    {QP_TASK_LM, WORDS(1000000, 1, 50), "--epochs 7"},
    {QP_TASK_LM, WORDS(1000000, 1, 500), "--epochs 14"},
    {QP_TASK_LM, WORDS(0, 0, 0), "--epochs 40"},
    /* pieces: 500 for each 500 times `uses` characters; room for every character */
    {QP_TASK_MLM, WORDS(225000, 1000, 80), "--vocab-size 1500"},
    {QP_TASK_MLM, WORDS(224999, 1000, 80), "--vocab-size 1000"},
    {QP_TASK_MLM, WORDS(1, 1000, 384), "--vocab-size 1000"},
    {QP_TASK_MLM, WORDS(1, 1000, 385), "--vocab-size 1500"},
    {QP_TASK_MLM, WORDS(90000000, 1000, 80), "--vocab-size 8000"},
    {QP_TASK_MLM, WORDS(90000000, 1000, 9000), "--vocab-size 12500"},
    {QP_TASK_MLM, WORDS(1, 200000, 80), "--epochs 8"},
    {QP_TASK_MLM, WORDS(1, 2000000, 80), "--epochs 3"},
    {QP_TASK_MLM, WORDS(1, 1, 80), "--epochs 30"},
    {QP_TASK_AUTOENCODE, WORDS(1, 100000, 80), "--epochs 20"},
    {QP_TASK_AUTOENCODE, WORDS(1, 10000000, 80), "--epochs 4"},
    {QP_TASK_AUTOENCODE, WORDS(1, 1, 80), "--epochs 60"},
    {QP_TASK_MATCH, {.source = {30000, 60000, 9, 80}, .target = {30000, 40000, 9, 80}}, "--epochs 20"},
    {QP_TASK_MATCH, {.source = {30000, 60000, 9, 80}, .target = {60000, 40000, 9, 80}}, "--vocab-size 1500"},
    {QP_TASK_MATCH, {.source = {3, 3000000, 9, 80}, .target = {3, 4000000, 9, 80}}, "--epochs 4"},
    {QP_TASK_MATCH, {.source = {3, 1, 9, 80}, .target = {3, 1, 9, 80}}, "--epochs 40"},
    /* series: the window has an eighth of the rows at most */
    {QP_TASK_REGRESS, {.examples = 384}, "--window 48"},
    {QP_TASK_REGRESS, {.examples = 383}, "--window 47"},
    {QP_TASK_REGRESS, {.examples = 9}, "--window 2"},
    {QP_TASK_REGRESS, {.examples = 700, .trend = 1.5}, "--level fixed"},
    {QP_TASK_REGRESS, {.examples = 700, .trend = 1.51}, "--level last"},
    {QP_TASK_REGRESS, {.examples = 700, .trend = -1.51}, "--level last"},
    {QP_TASK_REGRESS, {.examples = 700, .trend = 1.51}, "--dropout 0"},
    {QP_TASK_REGRESS, {.examples = 100000}, "--epochs 2"},
    {QP_TASK_REGRESS, {.examples = 0}, "--epochs 200"},
};
/* clang-format on */

/* All options that are chosen, one after the other, with a space after each. */
static char *options_of(qp_train_settings *s, const qp_survey *survey)
{
    static char all[1000];
    qp_choice_list list = choose(s, survey);
    all[0] = '\0';
    for (int k = 0; k < list.count; k++) strcat(strcat(all, list.choice[k].options), " ");
    return all;
}

Test(default_limits, where_a_rule_changes)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        qp_train_settings s;
        char part[100];
        begin(&s, limits[i].task, "");
        snprintf(part, sizeof part, "%s ", limits[i].part);
        char *all = options_of(&s, &limits[i].survey);
        cr_expect(strstr(all, part), "row %zu: %s not in %s", i, part, all);
    }
}

/* A given option moves the limits of others. */
Test(default_limits, limits_that_given_options_move)
{
    qp_survey text = WORDS(960000, 1, 50), rows = {.examples = 700};
    qp_train_settings s;
    begin(&s, QP_TASK_LM, " max-length ");
    s.model.max_length = 50;
    cr_expect(strstr(options_of(&s, &text), "--lm-window 50 "), "a window is no longer than a text");
    s.model.max_length = 500;
    cr_expect(strstr(options_of(&s, &text), "--lm-window 96 "));
    begin(&s, QP_TASK_REGRESS, " horizon ");
    s.model.horizon = 30;
    cr_expect(strstr(options_of(&s, &rows), "--window 60 "), "twice the horizon");
    begin(&s, QP_TASK_CLASSIFY, " multi-label  encoder ");
    s.model.multi_label = 1, s.model.encoder = QP_KIND_LSTM;
    cr_expect(strstr(options_of(&s, &text), "--early-stopping-metric f1 "));
    begin(&s, QP_TASK_CLASSIFY, " batch-size ");
    s.job.batch_size = 64;
    cr_expect(strstr(options_of(&s, &text), "--lr 4 "), "not above that of 32");
    begin(&s, QP_TASK_CLASSIFY, " hidden-size ");
    s.model.hidden_size = 16, s.model.encoder = QP_KIND_BAG;
    cr_expect(strstr(options_of(&s, &text), "--batch-size 64 "), "a network over n-grams is no linear classifier");
    s.model.hidden_size = 0;
    cr_expect(strstr(options_of(&s, &text), "--batch-size 32 "));
    begin(&s, QP_TASK_LM, " decoder ");
    s.model.decoder = QP_KIND_NGRAM;
    cr_expect_str_eq(options_of(&s, &text), "");
}

Test(default_limits, images)
{
    for (int side = 7; side < 9; side++) {
        qp_train_settings s;
        qp_survey images = {.examples = 1500, .shortest_side = side, .labels = 10};
        char expected[400];
        begin(&s, QP_TASK_CLASSIFY, "");
        strcpy(s.job.patch, "4x4");
        snprintf(expected, sizeof expected,
                 "--image-shift %d --encoder transformer --enc-layers 2 --emb-size 64 --ff-size 256 --heads 4 "
                 "--pos learned --dropout 0.1 --label-smoothing 0.1 --batch-type sentence --batch-size 32 --lr 0.002 "
                 "--lr-schedule cosine --clip-norm 1 --epochs 80 --average 5 ",
                 side == 8);
        cr_expect_str_eq(options_of(&s, &images), expected, "%s", options_of(&s, &images));
        images.examples = 1000000;
        cr_expect(strstr(options_of(&s, &images), "--epochs 5 "));
        images.examples = 0;
        cr_expect(strstr(options_of(&s, &images), "--epochs 200 "));
    }
}

/* The nearest of the limits of a run ends its schedule; limits that are 0 are none. */
Test(default_limits, the_nearest_limit_ends_a_schedule)
{
    static const struct {
        int64_t epochs, steps, train_tokens, tokens, total; /* a pass has 40 updates */
    } row[] = {{3, 0, 0, 4000, 120}, {0, 70, 0, 4000, 70}, {3, 70, 0, 4000, 70}, {1, 70, 0, 4000, 40},
               {0, 0, 500, 4000, 5}, {0, 0, 501, 4000, 6}, {0, 3, 500, 4000, 3}, {3, 0, 500, 4000, 5},
               {3, 0, 500, 0, 120},  {0, 0, 500, 0, 0},    {0, 0, 0, 4000, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_settings s;
        qp_choice_list list = {0};
        begin(&s, QP_TASK_TRANSLATE, "");
        s.schedule.lr_schedule = QP_SCHEDULE_COSINE;
        s.training.epochs = row[i].epochs, s.training.steps = row[i].steps;
        s.training.train_tokens = row[i].train_tokens;
        cr_assert_eq(qp_defaults_schedule(&s, true, (qp_pass){40, row[i].tokens}, &list), QP_OK);
        cr_expect_eq(s.schedule.lr_total, row[i].total, "row %zu: %d", i, (int)s.schedule.lr_total);
    }
}

/* Warm-up and validations by the length of the run, and no more than 2,000 updates. */
Test(default_limits, warm_up_and_validations)
{
    static const struct {
        int kind;
        int64_t steps, warmup, freq;
    } row[] = {{QP_KIND_GRU, 400, 20, 20},       {QP_KIND_TRANSFORMER, 400, 40, 20},
               {QP_KIND_GRU, 19, 0, 1},          {QP_KIND_TRANSFORMER, 19, 1, 1},
               {QP_KIND_GRU, 50000, 2000, 2000}, {QP_KIND_TRANSFORMER, 50000, 2000, 2000}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int side = 0; side < 2; side++)
            for (int valid = 0; valid < 2; valid++) {
                qp_train_settings s;
                qp_choice_list list = {0};
                begin(&s, QP_TASK_TRANSLATE, "");
                int64_t before = s.training.valid_freq;
                s.model.encoder = side ? QP_KIND_GRU : row[i].kind;
                s.model.decoder = side ? row[i].kind : QP_KIND_GRU;
                s.training.steps = row[i].steps;
                cr_assert_eq(qp_defaults_schedule(&s, valid, (qp_pass){10, 0}, &list), QP_OK);
                cr_expect_eq(s.schedule.lr_warmup, row[i].warmup, "row %zu: %d", i, (int)s.schedule.lr_warmup);
                cr_expect_eq(s.training.valid_freq, valid ? row[i].freq : before, "row %zu", i);
                cr_expect_eq(list.count, 1 + valid);
            }
}

Test(default_limits, how_much_is_held_back)
{
    static const struct {
        int task;
        int64_t examples, every, block, from; /* all 0: nothing */
    } row[] = {{QP_TASK_TRANSLATE, 99, 0, 0, 0},     {QP_TASK_TRANSLATE, 100, 10, 0, 0},
               {QP_TASK_TRANSLATE, 1999, 10, 0, 0},  {QP_TASK_TRANSLATE, 2000, 20, 0, 0},
               {QP_TASK_TRANSLATE, 19999, 20, 0, 0}, {QP_TASK_TRANSLATE, 21000, 21, 0, 0},
               {QP_TASK_LM, 100, 10, 1, 0},          {QP_TASK_LM, 1000, 10, 10, 0},
               {QP_TASK_LM, 4000, 20, 20, 0},        {QP_TASK_REGRESS, 249, 0, 0, 0},
               {QP_TASK_REGRESS, 250, 0, 0, 226},    {QP_TASK_REGRESS, 1000000, 0, 0, 995001}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_settings s;
        begin(&s, row[i].task, "");
        s.job.window = 24, s.model.horizon = 1;
        qp_survey survey = {.examples = row[i].examples};
        qp_held_out held = qp_defaults_hold_out(&s, &survey);
        bool any = row[i].every || row[i].from;
        cr_expect_eq(held.part, any ? QP_PART_TRAINING : QP_PART_ALL, "row %zu", i);
        cr_expect(held.every == row[i].every && held.block == row[i].block && held.from == row[i].from,
                  "row %zu: %d %d %d", i, (int)held.every, (int)held.block, (int)held.from);
    }
}
