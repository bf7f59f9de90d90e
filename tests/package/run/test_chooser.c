#include "lib/run/chooser.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static qp_train_settings s;
static qp_choice_list list;

static bool among(const void *self, const char *name)
{
    char marked[64];
    snprintf(marked, sizeof marked, " %s ", name);
    return strstr(self, marked) != NULL;
}

/* Settings of a task where the options between blanks were given. */
static qp_chooser begin(int task, const char *names)
{
    memset(&s, 0, sizeof s);
    memset(&list, 0, sizeof list);
    qp_train_defaults(&s);
    s.model.task = task;
    s.given = among;
    s.given_self = names;
    return (qp_chooser){.settings = &s, .list = &list};
}

/* What counts as given beside the option itself. */
Test(chooser, what_counts_as_given)
{
    static const struct {
        const char *given, *asked;
        bool answer;
    } row[] = {{" heads ", "heads", true},         {" heads ", "emb-size", false},
               {" layers ", "enc-layers", true},   {" layers ", "dec-layers", true},
               {" layers ", "word-layers", false}, {" enc-layers ", "dec-layers", false},
               {" enc-layers ", "layers", false},  {" lr-schedule ", "lr-schedule", true},
               {" teacher ", "vocab-size", false}, {"", "epochs", false}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        begin(QP_TASK_TRANSLATE, row[i].given);
        cr_expect_eq(qp_chooser_given(&s, row[i].asked), row[i].answer, "%s of '%s'", row[i].asked, row[i].given);
    }
    static const char *const taken[] = {"tokenizer",  "vocab-size",      "share-vocab", "tied-embeddings-all",
                                        "max-length", "label-smoothing", "crf",         "lower-case"};
    begin(QP_TASK_TRANSLATE, "");
    strcpy(s.job.teacher, "t.safetensors");
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) cr_expect(qp_chooser_given(&s, taken[i]), "%s", taken[i]);
    cr_expect_not(qp_chooser_given(&s, "emb-size"), "a student has a size of its own");
    begin(QP_TASK_TRANSLATE, "");
    s.given = NULL;
    cr_expect_not(qp_chooser_given(&s, "heads") || qp_chooser_given(&s, "enc-layers"), "nothing can be given");
}

/* Passes are not chosen for a run whose length is given in another way, nor a schedule for one without end. */
Test(chooser, runs_of_a_given_length)
{
    static const struct {
        const char *given, *time_limit;
        int64_t epochs, steps, tokens;
        int early_stopping;
        bool has_length, endless;
    } row[] = {
        {"", "", 0, 0, 0, 0, false, false},          {" epochs ", "", 3, 0, 0, 0, true, false},
        {"", "", 3, 0, 0, 0, false, false},          {"", "", 0, 1, 0, 0, true, false},
        {"", "", 0, 0, 1, 0, true, false},           {" epochs ", "", 0, 0, 0, 0, false, false},
        {" epochs ", "1h", 0, 0, 0, 0, true, true},  {" epochs ", "", 0, 0, 0, 1, true, true},
        {" epochs ", "1h", 0, 1, 0, 0, true, false}, {"", "1h", 0, 0, 0, 0, false, false},
        {" epochs ", "1h", 1, 0, 0, 1, true, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        begin(QP_TASK_LM, row[i].given);
        s.training.epochs = row[i].epochs, s.training.steps = row[i].steps, s.training.train_tokens = row[i].tokens;
        s.training.early_stopping = row[i].early_stopping;
        strcpy(s.training.time_limit, row[i].time_limit);
        cr_expect_eq(qp_chooser_given(&s, "epochs"), row[i].has_length, "row %zu", i);
        cr_expect_eq(qp_chooser_given(&s, "lr-schedule"), row[i].endless, "row %zu", i);
    }
}

/* --train-tokens says how many updates there are where the tokens of a pass are counted. */
Test(chooser, tokens_are_counted_of_texts_and_labels)
{
    static const struct {
        int task;
        bool images, stream, counted;
    } row[] = {{QP_TASK_LM, false, false, true},         {QP_TASK_TRANSLATE, false, false, true},
               {QP_TASK_AUTOENCODE, false, false, true}, {QP_TASK_TAG, false, false, true},
               {QP_TASK_CLASSIFY, false, false, true},   {QP_TASK_CLASSIFY, true, false, false},
               {QP_TASK_LM, false, true, false},         {QP_TASK_TAG, false, true, false},
               {QP_TASK_REGRESS, false, false, false},   {QP_TASK_MATCH, false, false, false},
               {QP_TASK_MLM, false, false, false}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        begin(row[i].task, "");
        strcpy(s.job.patch, row[i].images ? "4x4" : "");
        s.job.stream = row[i].stream;
        cr_expect_not(qp_chooser_counts_tokens(&s), "none given");
        s.training.train_tokens = 1;
        cr_expect_eq(qp_chooser_counts_tokens(&s), row[i].counted, "row %zu", i);
    }
}

Test(chooser, a_rule_sets_what_was_not_given_and_says_so)
{
    qp_chooser c = begin(QP_TASK_LM, " heads ");
    qp_choose(&c, "model", "it fits", "emb-size=%d heads=2  bidirectional=true tied-embeddings=false", 24);
    cr_expect_eq(c.status, QP_OK);
    cr_assert_eq(list.count, 1);
    cr_expect_str_eq(list.choice[0].topic, "model");
    cr_expect_str_eq(list.choice[0].reason, "it fits");
    cr_expect_str_eq(list.choice[0].options, "--emb-size 24 --bidirectional --no-tied-embeddings");
    cr_expect(s.model.emb_size == 24 && s.model.bidirectional == 1 && s.model.tied_embeddings == 0);
    cr_expect_neq(s.model.heads, 2, "was given");
    qp_choose(&c, "model", "nothing is left", "heads=2");
    cr_expect_eq(list.count, 1, "no choice, no line");
    qp_choose(&c, "run", "wrong", "emb-sise=3 seed=77");
    cr_expect_neq(c.status, QP_OK);
    cr_expect_neq(s.training.seed, 77, "nothing is set after a failure");
    c = begin(QP_TASK_LM, "");
    for (int i = 0; i < QP_CHOICES_MAX + 3; i++) qp_choose(&c, "run", "", "seed=%d", i);
    cr_expect_eq(list.count, QP_CHOICES_MAX);
    cr_expect_eq(s.training.seed, QP_CHOICES_MAX + 2, "set all the same");
    cr_expect_str_eq(list.choice[QP_CHOICES_MAX - 1].options, "--seed 15");
}

/* A choice that is taken back leaves its line, wherever it was in it, and the others stay. */
Test(chooser, choices_taken_back)
{
    static const struct {
        const char *set, *left;
    } row[] = {{"early-stopping=7", ""},
               {"early-stopping=7 epochs=4", "--epochs 4"},
               {"epochs=4 early-stopping=7", "--epochs 4"},
               {"epochs=4 early-stopping=7 seed=12", "--epochs 4 --seed 12"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_chooser c = begin(QP_TASK_LM, "");
        int64_t fallback = s.training.early_stopping;
        qp_choose(&c, "before", "", "emb-size=24");
        qp_choose(&c, "run", "", "%s", row[i].set);
        qp_choose(&c, "after", "", "heads=2");
        cr_assert_eq(s.training.early_stopping, 7);
        qp_choose_not(&s, &list, "early-stopping");
        cr_expect_eq(s.training.early_stopping, fallback);
        cr_expect_str_eq(list.choice[1].options, row[i].left);
        cr_expect_str_eq(list.choice[0].options, "--emb-size 24");
        cr_expect_str_eq(list.choice[2].options, "--heads 2");
    }
    begin(QP_TASK_LM, "");
    s.training.early_stopping = 9;
    qp_choose_not(&s, &list, "early-stopping");
    cr_expect_eq(s.training.early_stopping, 9, "was not chosen");
}

Test(chooser, values_within_limits)
{
    cr_expect_eq(qp_within(5.9, 1, 10), 5);
    cr_expect_eq(qp_within(-3, 1, 10), 1);
    cr_expect_eq(qp_within(30, 1, 10), 10);
}

/* Kinds: what was given decides, and the other side follows it. Sizes: those that the kinds read. */
Test(chooser, networks_around_what_was_given)
{
    static const struct {
        const char *given;
        int encoder, decoder; /* of settings, where given */
        const char *options;  /* chosen for GRU -> GRU of 2 layers, width 24, hidden 32, ff 48, 4 heads */
    } row[] = {
        {"", 0, 0,
         "--encoder gru --decoder gru --bidirectional --enc-layers 2 --dec-layers 2 --emb-size 24 "
         "--hidden-size 32"},
        {" encoder ", QP_KIND_LSTM, 0,
         "--decoder lstm --bidirectional --enc-layers 2 --dec-layers 2 --emb-size 24 "
         "--hidden-size 32"},
        {" decoder ", 0, QP_KIND_LSTM,
         "--encoder lstm --bidirectional --enc-layers 2 --dec-layers 2 --emb-size 24 "
         "--hidden-size 32"},
        {" encoder ", QP_KIND_TRANSFORMER, 0,
         "--decoder transformer --enc-layers 2 --dec-layers 2 --emb-size 24 "
         "--ff-size 48 --heads 4"},
        {" decoder ", 0, QP_KIND_TRANSFORMER,
         "--encoder transformer --enc-layers 2 --dec-layers 2 --emb-size 24 "
         "--ff-size 48 --heads 4"},
        {" encoder  decoder ", QP_KIND_TRANSFORMER, QP_KIND_LSTM,
         "--enc-layers 2 --dec-layers 2 --emb-size 24 "
         "--hidden-size 32 --ff-size 48 --heads 4"},
        {" pos ", 0, 0,
         "--encoder transformer --decoder transformer --enc-layers 2 --dec-layers 2 --emb-size 24 "
         "--ff-size 48 --heads 4"},
        {" norm ", 0, 0,
         "--encoder transformer --decoder transformer --enc-layers 2 --dec-layers 2 --emb-size 24 "
         "--ff-size 48 --heads 4"},
        {" layers ", 0, 0, "--encoder gru --decoder gru --bidirectional --emb-size 24 --hidden-size 32"},
    };
    const qp_network n = {
        .encoder = QP_KIND_GRU, .decoder = QP_KIND_GRU, .layers = 2, .emb = 24, .hidden = 32, .ff = 48, .heads = 4};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_chooser c = begin(QP_TASK_TRANSLATE, row[i].given);
        if (row[i].encoder) s.model.encoder = row[i].encoder;
        if (row[i].decoder) s.model.decoder = row[i].decoder;
        qp_choose_network(&c, "because", n);
        cr_assert(c.status == QP_OK && list.count == 1, "%s", qp_error_message());
        cr_expect_str_eq(list.choice[0].topic, "model");
        cr_expect_str_eq(list.choice[0].options, row[i].options, "%s: %s", row[i].given, list.choice[0].options);
    }
}

/* Options that only recurrent layers read make a transformer a GRU; where as many are for either, it stays. Encoders
 * alone have no attention to a source, and language models no source. */
Test(chooser, given_options_ask_for_their_kind_of_network)
{
    enum { TRANSFORMER = QP_KIND_TRANSFORMER, GRU = QP_KIND_GRU };
    static const struct {
        const char *given;
        int kind[3]; /* of a translator, a classifier, a language model */
    } row[] = {{"", {TRANSFORMER, TRANSFORMER, TRANSFORMER}},
               {" bidirectional ", {GRU, GRU, TRANSFORMER}},
               {" attention ", {GRU, TRANSFORMER, TRANSFORMER}},
               {" input-feeding ", {GRU, TRANSFORMER, TRANSFORMER}},
               {" context-feeding ", {GRU, TRANSFORMER, TRANSFORMER}},
               {" hidden-size ", {GRU, GRU, GRU}},
               {" rnn-residual ", {GRU, GRU, GRU}},
               {" hidden-size  heads ", {TRANSFORMER, TRANSFORMER, TRANSFORMER}},
               {" encoder  hidden-size ", {TRANSFORMER, TRANSFORMER, GRU}},
               {" hidden-size  heads  zoneout ", {GRU, GRU, GRU}},
               {" kv-heads ", {TRANSFORMER, TRANSFORMER, TRANSFORMER}},
               {" gated-ff ", {TRANSFORMER, TRANSFORMER, TRANSFORMER}}};
    for (int side = 0; side < 3; side++)
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
            qp_chooser c = begin(side == 1   ? QP_TASK_CLASSIFY
                                 : side == 2 ? QP_TASK_LM
                                             : QP_TASK_TRANSLATE,
                                 row[i].given);
            qp_choose_network(&c, "",
                              (qp_network){.encoder = side == 2 ? QP_KIND_NONE : QP_KIND_TRANSFORMER,
                                           .decoder = side == 1 ? QP_KIND_NONE : QP_KIND_TRANSFORMER,
                                           .layers = 1,
                                           .emb = 8,
                                           .hidden = 8,
                                           .ff = 8,
                                           .heads = 2});
            if (side != 2) cr_expect_eq(s.model.encoder, row[i].kind[side], "encoder, %s", row[i].given);
            if (side != 1) cr_expect_eq(s.model.decoder, row[i].kind[side], "decoder, %s", row[i].given);
        }
}

/* An encoder reads both ways where all of the text is there to read: not where the decoder has its last state alone. */
Test(chooser, which_encoders_read_both_ways)
{
    static const struct {
        int encoder, decoder, attention;
        bool one_way, both;
    } row[] = {{QP_KIND_GRU, QP_KIND_GRU, QP_ATTEND_BAHDANAU, false, true},
               {QP_KIND_GRU, QP_KIND_GRU, QP_ATTEND_NONE, false, false},
               {QP_KIND_GRU, QP_KIND_NONE, QP_ATTEND_NONE, false, true},
               {QP_KIND_GRU, QP_KIND_NONE, QP_ATTEND_BAHDANAU, true, false},
               {QP_KIND_TRANSFORMER, QP_KIND_TRANSFORMER, QP_ATTEND_BAHDANAU, false, false}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_chooser c = begin(row[i].decoder == QP_KIND_NONE ? QP_TASK_CLASSIFY : QP_TASK_TRANSLATE, "");
        s.model.attention = row[i].attention;
        qp_choose_network(&c, "",
                          (qp_network){.encoder = row[i].encoder,
                                       .decoder = row[i].decoder,
                                       .layers = 1,
                                       .emb = 8,
                                       .hidden = 8,
                                       .ff = 8,
                                       .heads = 2,
                                       .one_way = row[i].one_way});
        cr_expect_eq(strstr(list.choice[0].options, "--bidirectional") != NULL, row[i].both, "row %zu", i);
    }
}

/* Widths keep their proportion to a given one, and heads divide the embedding. */
Test(chooser, widths_that_fit_each_other)
{
    static const struct {
        const char *given;
        int64_t emb, heads; /* given */
        int64_t emb_size, ff_size, heads_chosen;
    } row[] = {{"", 0, 0, 24, 48, 4},
               {" emb-size ", 12, 0, 12, 24, 4},
               {" emb-size ", 96, 0, 96, 192, 4},
               {" emb-size ", 10, 0, 10, 20, 2},
               {" emb-size ", 9, 0, 9, 18, 1},
               {" heads ", 0, 5, 25, 48, 5},
               {" heads ", 0, 6, 24, 48, 6},
               {" emb-size  heads ", 20, 5, 20, 40, 5}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_chooser c = begin(QP_TASK_LM, row[i].given);
        if (row[i].emb) s.model.emb_size = row[i].emb;
        if (row[i].heads) s.model.heads = row[i].heads;
        qp_choose_network(
            &c, "",
            (qp_network){.decoder = QP_KIND_TRANSFORMER, .layers = 1, .emb = 24, .hidden = 12, .ff = 48, .heads = 4});
        cr_expect_eq(s.model.emb_size, row[i].emb_size, "row %zu: %d", i, (int)s.model.emb_size);
        cr_expect_eq(s.model.ff_size, row[i].ff_size, "row %zu: %d", i, (int)s.model.ff_size);
        cr_expect_eq(s.model.heads, row[i].heads_chosen, "row %zu: %d", i, (int)s.model.heads);
    }
}

/* Sizes that the kinds do not read are left out, and further options are added. */
Test(chooser, sizes_that_a_network_reads)
{
    static const struct {
        int encoder, word_layers;
        const char *given, *options;
    } row[] = {
        {QP_KIND_TEXT_CNN, 0, "", "--encoder text-cnn --enc-layers 1 --emb-size 8 --hidden-size 6"},
        {QP_KIND_TRANSFORMER, 2, "",
         "--encoder transformer --enc-layers 1 --emb-size 8 --hidden-size 6 --ff-size 16 --heads 2 --word-layers 2"},
        {QP_KIND_TRANSFORMER, 2, " word-layers ", /* 0 given */
         "--encoder transformer --enc-layers 1 --emb-size 8 --ff-size 16 --heads 2"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_chooser c = begin(QP_TASK_TAG, row[i].given);
        s.model.word_layers = 0;
        qp_network n = {.encoder = row[i].encoder,
                        .layers = 1,
                        .emb = 8,
                        .hidden = 6,
                        .ff = 16,
                        .heads = 2,
                        .word_layers = row[i].word_layers};
        qp_choose_network(&c, "", n);
        cr_expect_str_eq(list.choice[0].options, row[i].options, "%s", list.choice[0].options);
    }
    qp_chooser c = begin(QP_TASK_CLASSIFY, "");
    qp_choose_network(
        &c, "",
        (qp_network){
            .encoder = QP_KIND_TRANSFORMER, .layers = 1, .emb = 8, .ff = 16, .heads = 2, .more = "pooling=max"});
    cr_expect(strstr(list.choice[0].options, " --pooling max"), "%s", list.choice[0].options);
}
