#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/run/defaults.h"

/* Options given by name, for the rules to work around. */
static const char *given_names;

static bool given(const void *self, const char *name)
{
    char marked[64];
    (void)self;
    snprintf(marked, sizeof marked, " %s ", name);
    return strstr(given_names, marked) != NULL;
}

static void begin(qp_train_settings *s, int task, const char *names)
{
    memset(s, 0, sizeof *s);
    qp_train_defaults(s);
    s->model.task = task;
    given_names = names;
    s->given = given;
}

static qp_choice_list choose(qp_train_settings *s, const qp_survey *survey)
{
    qp_choice_list list = {0};
    cr_assert_eq(qp_defaults_choose(s, survey, &list), QP_OK, "%s", qp_error_message());
    return list;
}

static qp_survey pairs(int64_t count)
{
    const qp_survey_side side = {.characters = count * 60, .words = count * 12, .distinct_characters = 80};
    return (qp_survey){.examples = count, .source = side, .target = side, .shared = 0.95};
}

Test(defaults, a_translator_grows_with_its_corpus)
{
    qp_train_settings s;
    qp_survey few = pairs(5000), some = pairs(30000), many = pairs(1000000);
    begin(&s, QP_TASK_TRANSLATE, "");
    qp_choice_list list = choose(&s, &few);
    cr_expect_geq(list.count, 5);
    cr_expect(strlen(list.choice[0].reason) > 0 && strstr(list.choice[0].options, "--encoder gru"));
    cr_expect_eq(s.model.encoder, QP_KIND_GRU);
    int64_t passes = s.training.epochs;
    begin(&s, QP_TASK_TRANSLATE, "");
    choose(&s, &some);
    cr_expect_eq(s.model.encoder, QP_KIND_TRANSFORMER);
    cr_expect(s.job.share_vocab && s.training.epochs < passes, "fewer passes over more text");
    int64_t width = s.model.emb_size;
    begin(&s, QP_TASK_TRANSLATE, "");
    choose(&s, &many);
    cr_expect(s.model.emb_size > width && s.model.dropout < 0.2);
    cr_expect_eq(qp_model_config_check(&s.model), QP_OK, "%s", qp_error_message());
}

/* What was given is kept, and the rest fits it. */
Test(defaults, given_options_are_kept_and_the_others_fit_them)
{
    qp_train_settings s;
    qp_survey few = pairs(5000), some = pairs(30000);
    begin(&s, QP_TASK_TRANSLATE, " emb-size  lr ");
    s.model.emb_size = 96, s.schedule.lr = 0.5;
    choose(&s, &few);
    cr_expect(s.model.emb_size == 96 && s.schedule.lr == 0.5);
    cr_expect_eq(s.model.hidden_size, 128, "256 / 192 of the embedding, not %lld", (long long)s.model.hidden_size);
    begin(&s, QP_TASK_TRANSLATE, " heads ");
    s.model.heads = 3;
    choose(&s, &few);
    cr_expect_eq(s.model.encoder, QP_KIND_TRANSFORMER, "only a transformer has heads");
    cr_expect_eq(s.model.emb_size % 3, 0);
    begin(&s, QP_TASK_TRANSLATE, " attention ");
    choose(&s, &some);
    cr_expect(qp_model_kind_is_recurrent(s.model.decoder), "only a recurrent decoder has a kind of attention");
    begin(&s, QP_TASK_TRANSLATE, " preset ");
    strcpy(s.job.preset, "tiny");
    cr_expect_eq(choose(&s, &some).count, 0, "a preset says it all");
}

Test(defaults, classifiers_by_what_is_labelled)
{
    qp_train_settings s;
    qp_survey texts = {.examples = 9000, .target = {.characters = 1000000, .words = 180000, .distinct_characters = 90}};
    qp_survey names = {.examples = 9000, .target = {.characters = 70000, .words = 9000}, .one_word = 0.99};
    begin(&s, QP_TASK_CLASSIFY, "");
    choose(&s, &texts);
    cr_expect(s.model.encoder == QP_KIND_BAG && strcmp(s.job.tokenizer, "ngram") == 0);
    begin(&s, QP_TASK_CLASSIFY, "");
    choose(&s, &names);
    cr_expect(s.model.encoder == QP_KIND_LSTM && strcmp(s.job.tokenizer, "char") == 0);
    begin(&s, QP_TASK_CLASSIFY, " encoder ");
    s.model.encoder = QP_KIND_TRANSFORMER;
    choose(&s, &texts);
    cr_expect(!s.model.bidirectional && strcmp(s.job.tokenizer, "bpe") == 0);
}

Test(defaults, taggers_series_and_vocabularies)
{
    qp_train_settings s;
    qp_survey spans = {.examples = 4000, .target = {.characters = 200000, .words = 200000}, .span_tags = 1};
    qp_survey korean = {.examples = 4000,
                        .target = {.characters = 150000, .words = 50000, .distinct_characters = 1900}};
    qp_survey rising = {.examples = 700, .trend = 2.5}, level = {.examples = 700, .trend = 0.2};
    begin(&s, QP_TASK_TAG, "");
    choose(&s, &spans);
    cr_expect(s.model.crf && s.model.enc_layers == 2 && strcmp(s.job.tokenizer, "word") == 0, "tags of characters");
    begin(&s, QP_TASK_TAG, "");
    choose(&s, &korean);
    cr_expect(!s.model.crf && s.model.word_layers == 1);
    cr_expect_geq(s.job.vocab_size, 1900 + 260, "room for every character and byte");
    begin(&s, QP_TASK_REGRESS, "");
    choose(&s, &rising);
    cr_expect_eq(s.job.level, 1, "changes from the last value");
    begin(&s, QP_TASK_REGRESS, "");
    choose(&s, &level);
    cr_expect_eq(s.job.level, 0);
}

Test(defaults, a_schedule_ends_with_its_run)
{
    qp_train_settings s;
    qp_choice_list list = {0};
    begin(&s, QP_TASK_TRANSLATE, "");
    s.schedule.lr_schedule = QP_SCHEDULE_COSINE, s.training.epochs = 10;
    cr_assert_eq(qp_defaults_schedule(&s, true, 40, &list), QP_OK);
    cr_expect(s.schedule.lr_total == 400 && s.schedule.lr_warmup == 40 && s.training.valid_freq == 20);
    begin(&s, QP_TASK_TRANSLATE, " lr-schedule  epochs  lr-warmup ");
    s.schedule.lr_schedule = QP_SCHEDULE_COSINE, s.training.epochs = 30, s.schedule.lr_warmup = 7;
    s.training.steps = 100;
    cr_assert_eq(qp_defaults_schedule(&s, false, 40, &list), QP_OK);
    cr_expect(s.schedule.lr_total == 100 && s.schedule.lr_warmup == 7, "the nearer limit ends it; a given one is kept");
    begin(&s, QP_TASK_TRANSLATE, "");
    s.training.steps = 1;
    cr_assert_eq(qp_defaults_schedule(&s, true, 40, &list), QP_OK);
    cr_expect(s.schedule.lr_warmup == 0 && s.training.valid_freq == 1);
}

Test(defaults, what_is_held_back)
{
    qp_train_settings s;
    qp_survey survey = pairs(50);
    begin(&s, QP_TASK_TRANSLATE, "");
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).part, QP_PART_ALL, "too few to spare any");
    survey = pairs(5000);
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).every, 20);
    s.model.task = QP_TASK_LM;
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).block, 25, "ten blocks of running text, from all of it");
    s.model.task = QP_TASK_REGRESS;
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).from, 4501, "the last tenth of a series");
}
