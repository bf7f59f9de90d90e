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

/* A time limit ends the run: a transformer gets more passes than usual; few pairs would be learned by heart. */
Test(defaults, a_time_limit_is_used)
{
    qp_train_settings s;
    qp_survey few = pairs(5000), some = pairs(30000);
    for (int i = 0; i < 2; i++) {
        const qp_survey *survey = i ? &some : &few;
        begin(&s, QP_TASK_TRANSLATE, "");
        choose(&s, survey);
        int64_t usual = s.training.epochs;
        begin(&s, QP_TASK_TRANSLATE, "");
        strcpy(s.training.time_limit, "60m");
        choose(&s, survey);
        cr_expect(i ? s.training.epochs > 2 * usual : s.training.epochs == usual);
    }
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
    cr_expect(s.model.encoder == QP_KIND_BAG && s.schedule.lr == 4, "names too");
    begin(&s, QP_TASK_CLASSIFY, " encoder ");
    s.model.encoder = QP_KIND_LSTM;
    choose(&s, &names);
    cr_expect(s.model.bidirectional && strcmp(s.job.tokenizer, "char") == 0);
    begin(&s, QP_TASK_CLASSIFY, " optimizer ");
    choose(&s, &texts);
    cr_expect(s.schedule.lr == 0.01 && s.training.epochs == 3, "the rate of Adam's family");
    begin(&s, QP_TASK_CLASSIFY, " batch-size ");
    s.job.batch_size = 8;
    choose(&s, &texts);
    cr_expect(s.schedule.lr == 1, "smaller batches, smaller steps");
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

/* Every rule, and all that it sets. Whoever changes one measures again what defaults.c says beside it. */
#define SIDE(n)                                                                                                        \
    {                                                                                                                  \
        .characters = (n)*60, .words = (n)*12, .distinct_characters = 80                                               \
    }
#define PAIRS(n, share)                                                                                                \
    {                                                                                                                  \
        .examples = n, .source = SIDE(n), .target = SIDE(n), .shared = share                                           \
    }
#define TEXTS                                                                                                          \
    {                                                                                                                  \
        .examples = 9000, .target = {.characters = 1000000, .words = 180000, .distinct_characters = 90 }               \
    }
/* clang-format off */
static const struct {
    int task;
    const char *given;
    qp_survey survey;
    const char *options;
} rules[] = {
    {QP_TASK_TRANSLATE, "", PAIRS(5000, 0.95),
        "--encoder gru --decoder gru --bidirectional --enc-layers 1 --dec-layers 1 --emb-size 192 --hidden-size "
        "256 --dropout 0.4 --label-smoothing 0.1 --tokenizer bpe --vocab-size 1500 --share-vocab "
        "--tied-embeddings-all --batch-size 1500 --lr 0.003 --lr-schedule cosine --clip-norm 1 --epochs 51 "
        "--average 5"},
    {QP_TASK_TRANSLATE, "", PAIRS(30000, 0.5),
        "--encoder transformer --decoder transformer --enc-layers 4 --dec-layers 4 --emb-size 128 --ff-size 256 "
        "--heads 4 --dropout 0.3 --label-smoothing 0.1 --tokenizer bpe --vocab-size 16000 --no-share-vocab "
        "--no-tied-embeddings-all --batch-size 2048 --lr 0.004 --lr-schedule cosine --clip-norm 1 --epochs 28 "
        "--average 5"},
    {QP_TASK_TRANSLATE, "", PAIRS(150000, 0.95),
        "--encoder transformer --decoder transformer --enc-layers 4 --dec-layers 4 --emb-size 128 --ff-size 256 "
        "--heads 4 --dropout 0.2 --label-smoothing 0.1 --tokenizer bpe --vocab-size 16000 --share-vocab "
        "--tied-embeddings-all --batch-size 2048 --lr 0.004 --lr-schedule cosine --clip-norm 1 --epochs 16 "
        "--average 5"},
    {QP_TASK_TRANSLATE, "", PAIRS(1000000, 0.95),
        "--encoder transformer --decoder transformer --enc-layers 4 --dec-layers 4 --emb-size 256 --ff-size 1024 "
        "--heads 4 --dropout 0.1 --label-smoothing 0.1 --tokenizer bpe --vocab-size 16000 --share-vocab "
        "--tied-embeddings-all --batch-size 2048 --lr 0.004 --lr-schedule cosine --clip-norm 1 --epochs 8 "
        "--average 5"},
    {QP_TASK_CLASSIFY, "", TEXTS,
        "--tokenizer ngram --vocab-size 524288 --lower-case --encoder bag --max-length 1048576 "
        "--optimizer nesterov --batch-type sentence --batch-size 32 --shard-rows 65536 --lr 4 --lr-schedule cosine "
        "--clip-norm 1 --epochs 13 --average 4"},
    {QP_TASK_CLASSIFY, " lr ", TEXTS,
        "--tokenizer ngram --vocab-size 524288 --lower-case --encoder bag --max-length 1048576 "
        "--batch-type sentence --batch-size 64 --shard-rows 65536 --lr-schedule cosine --epochs 3 --average 4"},
    {QP_TASK_CLASSIFY, "", {.examples = 15000, .target = {.characters = 110000, .words = 16000}, .labels = 18,
                            .one_word = 0.99},
        "--tokenizer ngram --vocab-size 131072 --lower-case --encoder bag --max-length 1048576 "
        "--optimizer nesterov --batch-type sentence --batch-size 32 --shard-rows 65536 --lr 4 --lr-schedule cosine "
        "--clip-norm 1 --epochs 8 --average 4"},
    {QP_TASK_CLASSIFY, " tokenizer ", TEXTS,
        "--vocab-size 6500 --encoder lstm --bidirectional --enc-layers 1 --emb-size 64 --hidden-size 128 "
        "--dropout 0.5 --batch-size 4000 --lr 0.004 --lr-schedule cosine --clip-norm 1 --epochs 6 "
        "--early-stopping-metric accuracy"},
    {QP_TASK_CLASSIFY, " encoder ",
        {.examples = 9000, .target = {.characters = 70000, .words = 9000}, .one_word = 0.99},
        "--tokenizer char --vocab-size 400 --enc-layers 1 --emb-size 64 --ff-size 256 --heads 4 --dropout 0.3 "
        "--batch-size 1000 --lr 0.004 --lr-schedule cosine --clip-norm 1 --epochs 8 --early-stopping-metric accuracy"},
    {QP_TASK_TAG, "", {.examples = 4000, .target = {.characters = 200000, .words = 200000}, .span_tags = 1},
        "--crf --tokenizer word --vocab-size 2000 --encoder lstm --bidirectional --enc-layers 2 --emb-size 96 "
        "--hidden-size 96 --dropout 0.4 --batch-size 4000 --lr 0.003 --lr-schedule linear --clip-norm 1 --epochs "
        "8 --early-stopping-metric f1"},
    {QP_TASK_TAG, "", {.examples = 4000, .target = {.characters = 150000, .words = 50000, .distinct_characters = 1900}},
        "--tokenizer bpe --vocab-size 3000 --encoder lstm --bidirectional --enc-layers 1 --emb-size 128 "
        "--hidden-size 128 --word-layers 1 --dropout 0.33 --batch-size 2000 --lr 0.003 --lr-schedule linear "
        "--clip-norm 1 --epochs 16 --early-stopping-metric accuracy"},
    {QP_TASK_LM, "", TEXTS,
        "--tokenizer char --vocab-size 399 --lm-window 96 --decoder lstm --dec-layers 1 --emb-size 128 "
        "--hidden-size 512 --no-tied-embeddings --dropout 0.2 --batch-type sentence --batch-size 32 --lr 0.003 "
        "--lr-schedule cosine --clip-norm 1 --epochs 7"},
    {QP_TASK_LM, "", {.target = {.characters = 960000, .words = 180000, .distinct_characters = 117}},
        "--tokenizer bpe --vocab-size 1000 --lm-window 96 --decoder lstm --dec-layers 1 --emb-size 128 "
        "--hidden-size 512 --no-tied-embeddings --dropout 0.2 --batch-type sentence --batch-size 32 --lr 0.003 "
        "--lr-schedule cosine --clip-norm 1 --epochs 15"},
    {QP_TASK_LM, "", {.target = {.characters = 90000000, .words = 18000000, .distinct_characters = 900}},
        "--tokenizer bpe --vocab-size 8000 --lm-window 96 --decoder lstm --dec-layers 1 --emb-size 128 "
        "--hidden-size 512 --no-tied-embeddings --dropout 0.2 --batch-type sentence --batch-size 32 --lr 0.003 "
        "--lr-schedule cosine --clip-norm 1 --epochs 1"},
    {QP_TASK_LM, " decoder ", TEXTS,
        "--tokenizer char --vocab-size 399 --lm-window 96 --dec-layers 4 --emb-size 128 --ff-size 512 --heads 4 "
        "--activation gelu --dropout 0.2 --batch-type sentence --batch-size 32 --lr 0.003 --lr-schedule cosine "
        "--clip-norm 1 --epochs 7"},
    {QP_TASK_MLM, "", TEXTS,
        "--tokenizer bpe --vocab-size 6500 --encoder lstm --bidirectional --enc-layers 1 --emb-size 96 "
        "--hidden-size 96 --dropout 0.1 --batch-size 2000 --lr 0.005 --lr-schedule cosine --clip-norm 1 --epochs "
        "8"},
    {QP_TASK_AUTOENCODE, "", TEXTS,
        "--tokenizer bpe --vocab-size 6500 --encoder gru --decoder gru --bidirectional --enc-layers 1 "
        "--dec-layers 1 --emb-size 128 --hidden-size 256 --batch-size 2000 --lr 0.003 --lr-schedule cosine "
        "--clip-norm 1 --dropout 0.1 --epochs 14"},
    {QP_TASK_REGRESS, "", {.examples = 700, .trend = 2.5},
        "--window 48 --level last --linear --encoder gru --enc-layers 1 --emb-size 32 --hidden-size 32 --dropout "
        "0 --batch-type sentence --batch-size 64 --lr 0.003 --lr-schedule cosine --clip-norm 1 --epochs 142 "
        "--average 5"},
    {QP_TASK_REGRESS, "", {.examples = 700, .trend = 0.2},
        "--window 48 --level fixed --no-linear --encoder gru --enc-layers 1 --emb-size 32 --hidden-size 32 "
        "--dropout 0.3 --batch-type sentence --batch-size 64 --lr 0.003 --lr-schedule cosine --clip-norm 1 "
        "--epochs 142 --average 5"},
    {QP_TASK_MATCH, "", PAIRS(20000, 0.95),
        "--tokenizer bpe --vocab-size 16000 --encoder gru --bidirectional --enc-layers 1 --emb-size 192 "
        "--hidden-size 192 --pooling max --dropout 0.3 --batch-type sentence --batch-size 128 --lr 0.003 "
        "--lr-schedule cosine --clip-norm 1 --epochs 9"}};
/* clang-format on */

Test(defaults, every_rule)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        qp_train_settings s;
        char all[1000] = "";
        begin(&s, rules[i].task, rules[i].given);
        if (*rules[i].given == ' ') s.model.decoder = QP_KIND_TRANSFORMER;
        qp_choice_list list = choose(&s, &rules[i].survey);
        for (int k = 0; k < list.count; k++) {
            if (k) strcat(all, " ");
            strcat(all, list.choice[k].options);
            cr_expect(list.choice[k].topic[0] && list.choice[k].reason[0], "row %zu", i);
        }
        cr_expect_str_eq(all, rules[i].options, "row %zu: %s", i, all);
    }
}

/* The widths of a network fit each other. */
Test(defaults, heads_divide_the_embedding)
{
    qp_train_settings s;
    qp_survey some = pairs(30000);
    begin(&s, QP_TASK_TRANSLATE, " emb-size ");
    s.model.emb_size = 90;
    choose(&s, &some);
    cr_expect_eq(s.model.heads, 2, "4 do not divide 90");
    begin(&s, QP_TASK_TRANSLATE, " heads ");
    s.model.heads = 6;
    choose(&s, &some);
    cr_expect(s.model.heads == 6 && s.model.emb_size == 132, "the next multiple");
}

/* A given kind on one side brings its own to the other; what is given on both sides stays. */
Test(defaults, one_side_follows_the_other)
{
    static const struct {
        const char *given;
        int encoder, decoder, expected_encoder, expected_decoder;
    } row[] = {{" encoder ", QP_KIND_LSTM, 0, QP_KIND_LSTM, QP_KIND_LSTM},
               {" decoder ", 0, QP_KIND_LSTM, QP_KIND_LSTM, QP_KIND_LSTM},
               {" encoder ", QP_KIND_CONV, 0, QP_KIND_CONV, QP_KIND_TRANSFORMER},
               {" encoder  decoder ", QP_KIND_LSTM, QP_KIND_TRANSFORMER, QP_KIND_LSTM, QP_KIND_TRANSFORMER},
               {" encoder  decoder ", QP_KIND_TRANSFORMER, QP_KIND_GRU, QP_KIND_TRANSFORMER, QP_KIND_GRU}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_settings s;
        qp_survey few = pairs(5000);
        begin(&s, QP_TASK_TRANSLATE, row[i].given);
        if (row[i].encoder) s.model.encoder = row[i].encoder;
        if (row[i].decoder) s.model.decoder = row[i].decoder;
        choose(&s, &few);
        cr_expect(s.model.encoder == row[i].expected_encoder && s.model.decoder == row[i].expected_decoder, "row %zu",
                  i);
    }
}

/* A transformer without layers over words has no recurrent state, whose width would be refused. */
Test(defaults, taggers_without_layers_over_words)
{
    qp_train_settings s;
    qp_survey words = {.examples = 4000, .target = {.characters = 200000, .words = 40000}};
    begin(&s, QP_TASK_TAG, " encoder word-layers ");
    s.model.encoder = QP_KIND_TRANSFORMER;
    s.model.decoder = QP_KIND_NONE;
    choose(&s, &words);
    cr_expect_eq(s.model.word_layers, 0);
    cr_expect_eq(s.model.hidden_size, 0);
    begin(&s, QP_TASK_TAG, "");
    choose(&s, &words);
    cr_expect(s.model.word_layers == 1 && s.model.hidden_size > 0);
}

Test(defaults, a_schedule_ends_with_its_run)
{
    qp_train_settings s;
    qp_choice_list list = {0};
    begin(&s, QP_TASK_TRANSLATE, "");
    s.schedule.lr_schedule = QP_SCHEDULE_COSINE, s.training.epochs = 10;
    cr_assert_eq(qp_defaults_schedule(&s, true, (qp_pass){40, 4000}, &list), QP_OK);
    cr_expect(s.schedule.lr_total == 400 && s.schedule.lr_warmup == 40 && s.training.valid_freq == 20);
    begin(&s, QP_TASK_TRANSLATE, " lr-schedule  epochs  lr-warmup ");
    s.schedule.lr_schedule = QP_SCHEDULE_COSINE, s.training.epochs = 30, s.schedule.lr_warmup = 7;
    s.training.steps = 100;
    cr_assert_eq(qp_defaults_schedule(&s, false, (qp_pass){40, 4000}, &list), QP_OK);
    cr_expect(s.schedule.lr_total == 100 && s.schedule.lr_warmup == 7, "the nearer limit ends it; a given one is kept");
    begin(&s, QP_TASK_TRANSLATE, "");
    s.training.steps = 1;
    cr_assert_eq(qp_defaults_schedule(&s, true, (qp_pass){40, 4000}, &list), QP_OK);
    cr_expect(s.schedule.lr_warmup == 0 && s.training.valid_freq == 1);
}

/* The length of a run that was given is kept: no number of passes ends it earlier. */
Test(defaults, no_passes_are_chosen_beside_steps)
{
    qp_train_settings s;
    qp_survey survey = pairs(300);
    begin(&s, QP_TASK_TRANSLATE, " steps ");
    s.training.steps = 100000;
    choose(&s, &survey);
    cr_expect_eq(s.training.epochs, 0);
    begin(&s, QP_TASK_TRANSLATE, " train-tokens ");
    s.training.train_tokens = 100000;
    qp_choice_list list = choose(&s, &survey);
    cr_expect_eq(s.training.epochs, 0);
    cr_assert_eq(qp_defaults_schedule(&s, true, (qp_pass){40, 3000}, &list), QP_OK);
    cr_expect_eq(s.schedule.lr_total, 1334, "100,000 tokens, 75 an update: %lld", (long long)s.schedule.lr_total);
    begin(&s, QP_TASK_REGRESS, " train-tokens ");
    s.training.train_tokens = 100000;
    choose(&s, &survey);
    cr_expect_gt(s.training.epochs, 0, "no updates follow from it");
    begin(&s, QP_TASK_TRANSLATE, " epochs ");
    choose(&s, &survey);
    cr_expect_gt(s.training.epochs, 0, "--epochs 0 alone is no length");
    begin(&s, QP_TASK_TRANSLATE, " epochs  time-limit ");
    strcpy(s.training.time_limit, "1m");
    choose(&s, &survey);
    cr_expect(s.training.epochs == 0 && !qp_schedule_ends(&s.schedule), "as long as the time limit, no passes counted");
}

Test(defaults, what_only_validations_read_is_taken_back)
{
    qp_train_settings s;
    qp_survey survey = pairs(50);
    begin(&s, QP_TASK_TRANSLATE, "");
    qp_choice_list list = choose(&s, &survey);
    cr_expect_eq(s.training.average, 5);
    qp_defaults_unvalidated(&s, &list);
    cr_expect_eq(s.training.average, 1);
    bool named = false, passes = false;
    for (int i = 0; i < list.count; i++) {
        named |= strstr(list.choice[i].options, "average") != NULL;
        passes |= strcmp(list.choice[i].options, "--epochs 60") == 0;
    }
    cr_expect(!named && passes);
}

Test(defaults, what_is_held_back)
{
    qp_train_settings s;
    qp_survey survey = pairs(50);
    begin(&s, QP_TASK_TRANSLATE, "");
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).part, QP_PART_ALL, "too few to spare any");
    survey = pairs(100);
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).every, 10);
    survey = pairs(1999);
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).every, 10);
    s.model.encoder = QP_KIND_BAG;
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).every, 20, "a bag needs no best checkpoint");
    s.model.encoder = QP_KIND_TRANSFORMER;
    survey = pairs(20000);
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).every, 20, "a thousand");
    survey = pairs(30000);
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).every, 30);
    survey = pairs(5000);
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).every, 20);
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).block, 0, "single pairs, spread over the corpus");
    s.model.task = QP_TASK_LM;
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).block, 25, "ten blocks of running text, from all of it");
    s.model.task = QP_TASK_REGRESS;
    cr_expect_eq(qp_defaults_hold_out(&s, &survey).from, 4501, "the last tenth of a series");
}
