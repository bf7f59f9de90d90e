#include "lib/run/defaults.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/run/chooser.h"
#include "lib/run/train_images.h"

/* The rules, a function for each kind of data. The measurements are of two threads of a Zen 4. */

/* ---- vocabulary ---- */

/* Pieces of BPE: as many as the text has seen about `uses` times each on average, for rarer ones are not learned well;
 * but room for every character, the bytes and some merges. */
static int64_t pieces(const qp_survey_side *text, double uses, double high)
{
    double low = ceil((1.3 * (double)text->distinct_characters + 500) / 500) * 500;
    double rounded = floor((double)text->characters / uses / 500) * 500;
    return qp_within(rounded, low, fmax(low, high));
}

/* ---- translate ---- */

/* Tatoeba ko-en, 4,887 pairs; Multi30k, 29,000; Tatoeba en-fr, 137,000. */
enum { FEW_PAIRS = 15000, MANY_PAIRS = 300000 };

/* Multi30k en-de, test 2016: 29 passes, 15 minutes, 38.0 BLEU; 84 passes 41.1. */
static void choose_passes(qp_chooser *c)
{
    double passes = 28 * cbrt(450000 / fmax(1, (double)c->survey->target.words * 1.2));
    if (c->settings->training.time_limit[0] && c->survey->examples >= FEW_PAIRS)
        qp_choose(c, "run", "as many passes as there is time for, three times the usual at most",
                  "epochs=%lld average=5", (long long)qp_within(3 * passes, 3, 180));
    else
        qp_choose(c, "run", "fewer passes the more text there is", "epochs=%lld average=5",
                  (long long)qp_within(passes, 3, 60));
}

static void choose_translate(qp_chooser *c)
{
    const qp_survey *s = c->survey;
    bool shared = s->shared > 0.8; /* one script: names, numbers and cognates are one piece on both sides */
    bool few = s->examples < FEW_PAIRS, many = s->examples >= MANY_PAIRS;
    if (few) /* Tatoeba ko-en, dev: 18.7 BLEU; --preset tiny 14.9 */
        qp_choose_network(c, "few pairs: recurrent layers learn more from them than a transformer",
                          (qp_network){.encoder = QP_KIND_GRU,
                                       .decoder = QP_KIND_GRU,
                                       .layers = 1,
                                       .emb = 192,
                                       .hidden = 256,
                                       .ff = 512,
                                       .heads = 4});
    else if (!many) /* Multi30k de-en, test 2016: 41.6 BLEU; a bidirectional GRU 40.5 */
        qp_choose_network(c, "narrow and deep learns best from tens of thousands of pairs",
                          (qp_network){.encoder = QP_KIND_TRANSFORMER,
                                       .decoder = QP_KIND_TRANSFORMER,
                                       .layers = 4,
                                       .emb = 128,
                                       .hidden = 384,
                                       .ff = 256,
                                       .heads = 4});
    else
        qp_choose_network(c, "many pairs carry a wider model",
                          (qp_network){.encoder = QP_KIND_TRANSFORMER,
                                       .decoder = QP_KIND_TRANSFORMER,
                                       .layers = 4,
                                       .emb = 256,
                                       .hidden = 512,
                                       .ff = 1024,
                                       .heads = 4});
    qp_choose(c, "noise",
              few ? "few pairs: strong noise, or they are learned by heart" : "the more pairs, the less noise",
              "dropout=%s label-smoothing=0.1",
              few                    ? "0.4"
              : s->examples < 100000 ? "0.3"
              : many                 ? "0.1"
                                     : "0.2");
    qp_survey_side both = {.characters = s->source.characters + s->target.characters,
                           .distinct_characters = s->source.distinct_characters + s->target.distinct_characters};
    int64_t each = pieces(&s->target, 70, 16000), other = pieces(&s->source, 70, 16000);
    int64_t vocabulary = shared ? pieces(&both, 400, 16000) : each > other ? each : other;
    qp_choose(c, "text",
              shared ? "one script: both sides share the pieces" : "two scripts: each side has its own pieces",
              "tokenizer=bpe vocab-size=%lld share-vocab=%s tied-embeddings-all=%s", (long long)vocabulary,
              shared ? "true" : "false", shared ? "true" : "false");
    bool recurrent = qp_model_kind_is_recurrent(c->settings->model.decoder);
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "batch-size=%d lr=%s lr-schedule=cosine "
              "clip-norm=1",
              recurrent ? 1500 : 2048, recurrent ? "0.003" : "0.004");
    choose_passes(c);
}

/* ---- labels ---- */

/* A linear classifier over n-grams, beside tf-idf with logistic regression on samples of 200 to 25,000 lines of ten
 * corpora (two to eighteen labels; five draws of each up to 2,000 lines): see README, "Your own data". Without the
 * inverse document frequency 0.5 % fewer are right, with Adam 1.3 %. Rows of length 1 carry a rate of 4; rate, momentum
 * and passes together are the regularization: about that of logistic regression with C 10. */
static void choose_bag(qp_chooser *c)
{
    const qp_survey *s = c->survey;
    const qp_train_settings *given = c->settings;
    double labels = (double)(s->labels > 2 ? s->labels : 2), texts = fmax(1, (double)s->examples), features = 262144;
    double characters = (double)s->target.characters, most = characters < 50000000 ? 524288 : 1048576;
    while (features < most && features < characters / 2) features *= 2;
    while (labels > 4 && features > 65536 && (features / 2 > characters || features * labels > 1 << 24)) features /= 2;
    bool linear = given->model.hidden_size == 0 || !qp_chooser_given(given, "hidden-size");
    qp_choose(c, "text", "words, pairs of words, stretches of letters",
              "tokenizer=ngram vocab-size=%.0f lower-case=true", features);
    qp_choose(c, "model", "a linear classifier: here better and faster than networks learned from scratch",
              "encoder=bag%s max-length=1048576", linear ? "" : " dropout=0");
    if (!linear || qp_chooser_given(given, "optimizer") || qp_chooser_given(given, "lr")) {
        qp_choose(c, "updates", "a high rate that falls to nothing at the end",
                  "batch-type=sentence batch-size=64 shard-rows=65536 lr=0.01 lr-schedule=cosine");
        qp_choose(c, "run", "a few passes", "epochs=%lld average=4", (long long)qp_within(25000 / texts, 3, 20));
        return;
    }
    double batch = qp_chooser_given(given, "batch-size") ? fmin(32, (double)given->job.batch_size) : 32;
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "optimizer=nesterov batch-type=sentence batch-size=32 shard-rows=65536 lr=%g lr-schedule=cosine "
              "clip-norm=1",
              batch / 8);
    /* Twice as many passes over rt-polarity: 0.5 % more are right, and with 18 % of its labels wrong 0.3 % fewer. */
    double updates = 1.2e10 / (features * labels); /* of all weights: 15 s */
    qp_choose(c, "run", "fewer passes the more text there is", "epochs=%lld average=4",
              (long long)qp_within(fmin(120000, 32 * updates) / texts, 3, 40));
}

/* An option that a bag of n-grams does not read asks for a network that does. */
static bool asks_for_network(const qp_train_settings *s)
{
    int bag = qp_chooser_unread(s, QP_KIND_BAG, QP_KIND_NONE);
    return qp_chooser_unread(s, QP_KIND_LSTM, QP_KIND_NONE) < bag ||
           qp_chooser_unread(s, QP_KIND_TRANSFORMER, QP_KIND_NONE) < bag;
}

static void choose_classify(qp_chooser *c)
{
    const qp_survey *s = c->survey;
    bool taught = *c->settings->job.teacher; /* a bag has another bag's n-grams; other teachers read pieces */
    bool is_bag = c->settings->model.encoder == QP_KIND_BAG;
    bool bag = (!taught && !qp_chooser_given(c->settings, "encoder") && !asks_for_network(c->settings)) || is_bag;
    bool ngrams = !qp_chooser_given(c->settings, "tokenizer") || strcmp(c->settings->job.tokenizer, "ngram") == 0;
    if (bag && (ngrams || taught)) {
        choose_bag(c);
        return;
    }
    bool words = s->one_word > 0.8;
    qp_choose(c, "text", words ? "single words: their letters" : "pieces of words",
              words ? "tokenizer=char vocab-size=%lld" : "tokenizer=bpe vocab-size=%lld",
              (long long)(words ? 400 : pieces(&s->target, 150, 8000)));
    qp_choose_network(
        c, "read from both ends",
        (qp_network){.encoder = QP_KIND_LSTM, .layers = 1, .emb = 64, .hidden = 128, .ff = 256, .heads = 4});
    qp_choose(c, "noise", "little text", "dropout=%s", words ? "0.3" : "0.5");
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "batch-size=%d lr=0.004 lr-schedule=cosine clip-norm=1", words ? 1000 : 4000);
    qp_choose(c, "run", "until the score stops rising", "epochs=%d early-stopping-metric=%s", words ? 8 : 6,
              c->settings->model.multi_label ? "f1" : "accuracy");
}

static void choose_tag(qp_chooser *c)
{
    const qp_survey *s = c->survey;
    double letters = s->target.words ? (double)s->target.characters / (double)s->target.words : 0;
    bool spans = s->span_tags > 0.95, characters = letters < 1.2;
    if (spans) qp_choose(c, "tags", "B-, I- and O make spans: tags are chosen together", "crf=true");
    if (characters) {
        qp_choose(c, "text", "words are single characters", "tokenizer=word vocab-size=2000");
        qp_choose_network(
            c, "characters need two layers to see words",
            (qp_network){.encoder = QP_KIND_LSTM, .layers = 2, .emb = 96, .hidden = 96, .ff = 256, .heads = 4});
    } else {
        qp_choose(c, "text", "pieces, so that rare words are read too", "tokenizer=bpe vocab-size=%lld",
                  (long long)pieces(&s->target, 100, 8000));
        qp_choose_network(c, "a layer over pieces, one over words",
                          (qp_network){.encoder = QP_KIND_LSTM,
                                       .layers = 1,
                                       .emb = 128,
                                       .hidden = 128,
                                       .ff = 256,
                                       .heads = 4,
                                       .word_layers = 1});
    }
    qp_choose(c, "noise", "little text", "dropout=%s", characters || spans ? "0.4" : "0.33");
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "batch-size=%d lr=0.003 lr-schedule=linear clip-norm=1", characters ? 4000 : 2000);
    qp_choose(c, "run", "fewer passes the more text there is", "epochs=%lld early-stopping-metric=%s",
              (long long)qp_within(8 * sqrt(200000 / fmax(1, (double)s->target.words)), 4, 30),
              spans ? "f1" : "accuracy");
}

/* ---- running text ---- */

enum { MANY_CHARACTERS = 20000000 };

static void choose_lm(qp_chooser *c)
{
    const qp_survey_side *text = &c->survey->target;
    const qp_model_config *model = &c->settings->model;
    bool transformer = qp_chooser_given(c->settings, "decoder") && model->decoder == QP_KIND_TRANSFORMER;
    int64_t longest = qp_chooser_given(c->settings, "max-length") ? model->max_length : 96;
    int64_t window = qp_within((double)text->characters / 8, 2, fmin(96, (double)longest));
    /* Wikipedia, 1 MB of 117 characters, five minutes: 1.40 nats per character by characters, 1.35 by 1,000 pieces. */
    bool plain = text->distinct_characters < 100 || text->distinct_characters >= 1000 || text->characters < 200000;
    bool little = text->characters < MANY_CHARACTERS, letters = little && plain;
    if (qp_chooser_given(c->settings, "decoder") && model->decoder == QP_KIND_NGRAM) return;
    int64_t characters = qp_within((double)text->distinct_characters * 1.1 + 300, 300, 8000);
    qp_choose(c, "text", letters ? "characters: too little text for words" : "pieces of words",
              letters ? "tokenizer=char vocab-size=%lld lm-window=%lld"
                      : "tokenizer=bpe vocab-size=%lld lm-window=%lld",
              (long long)(letters  ? characters
                          : little ? pieces(text, 1000, 8000)
                                   : 8000),
              (long long)window);
    if (transformer)
        qp_choose_network(c, "nanoGPT's for a CPU",
                          (qp_network){.decoder = QP_KIND_TRANSFORMER,
                                       .layers = 4,
                                       .emb = 128,
                                       .ff = 512,
                                       .heads = 4,
                                       .more = "activation=gelu"});
    else /* tinyshakespeare: 1.52 nats after 7.4 million characters */
        qp_choose_network(c, "one wide recurrent layer learns most in its time",
                          (qp_network){.decoder = QP_KIND_LSTM,
                                       .layers = 1,
                                       .emb = 128,
                                       .hidden = 512,
                                       .ff = 512,
                                       .heads = 4,
                                       .more = "tied-embeddings=false"});
    qp_choose(c, "noise", "each line is seen several times", "dropout=0.2");
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "batch-type=sentence batch-size=32 lr=0.003 lr-schedule=cosine clip-norm=1");
    qp_choose(c, "run", "fewer passes the more text there is", "epochs=%lld",
              (long long)qp_within((letters ? 7.4e6 : 14.4e6) / fmax(1, (double)text->characters), 1, 40));
}

static void choose_mlm(qp_chooser *c)
{
    const qp_survey *s = c->survey;
    qp_choose(c, "text", "pieces of words", "tokenizer=bpe vocab-size=%lld", (long long)pieces(&s->target, 150, 8000));
    qp_choose_network(
        c, "read from both ends",
        (qp_network){.encoder = QP_KIND_LSTM, .layers = 1, .emb = 96, .hidden = 96, .ff = 256, .heads = 4});
    qp_choose(c, "noise", "masks are noise enough", "dropout=0.1");
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "batch-size=2000 lr=0.005 lr-schedule=cosine clip-norm=1");
    qp_choose(c, "run", "fewer passes the more text there is", "epochs=%lld",
              (long long)qp_within(8 * sqrt(200000 / fmax(1, (double)s->target.words)), 3, 30));
}

static void choose_autoencode(qp_chooser *c)
{
    const qp_survey *s = c->survey;
    qp_choose(c, "text", "pieces of words", "tokenizer=bpe vocab-size=%lld", (long long)pieces(&s->target, 150, 8000));
    qp_choose_network(c, "one vector between two recurrent layers",
                      (qp_network){.encoder = QP_KIND_GRU,
                                   .decoder = QP_KIND_GRU,
                                   .layers = 1,
                                   .emb = 128,
                                   .hidden = 256,
                                   .ff = 256,
                                   .heads = 4});
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "batch-size=2000 lr=0.003 lr-schedule=cosine clip-norm=1 dropout=0.1");
    qp_choose(c, "run", "fewer passes the more text there is", "epochs=%lld",
              (long long)qp_within(20 * sqrt(100000 / fmax(1, (double)s->target.words)), 4, 60));
}

/* ---- pairs of texts ---- */

static void choose_match(qp_chooser *c)
{
    const qp_survey_side *a = &c->survey->source, *b = &c->survey->target;
    qp_survey_side both = {.characters = a->characters + b->characters,
                           .distinct_characters = a->distinct_characters + b->distinct_characters};
    qp_choose(c, "text", "both texts of a pair share the pieces", "tokenizer=bpe vocab-size=%lld",
              (long long)pieces(&both, 60, 16000));
    qp_choose_network(
        c, "one encoder for both texts, read from both ends",
        (qp_network){.encoder = QP_KIND_GRU, .layers = 1, .emb = 192, .hidden = 192, .ff = 512, .heads = 4});
    qp_choose(c, "vector", "the strongest value of each feature anywhere in the text", "pooling=max dropout=0.3");
    qp_choose(c, "updates", "a pair is compared with the others of its batch: many at once",
              "batch-type=sentence batch-size=128 lr=0.003 lr-schedule=cosine clip-norm=1");
    qp_choose(c, "run", "fewer passes the more text there is", "epochs=%lld",
              (long long)qp_within(20 * sqrt(100000 / fmax(1, (double)(a->words + b->words))), 4, 40));
}

/* ---- numbers ---- */

static void choose_regress(qp_chooser *c)
{
    const qp_survey *s = c->survey;
    int64_t horizon = c->settings->model.horizon;
    int64_t window = qp_within(fmax(48, 2 * (double)horizon), 2, fmax(2, (double)s->examples / 8));
    /* Mean absolute error 12 steps ahead, without and with a linear part: CO2 0.67, 0.40 (linear regression 0.38);
     * sunspots 18.8, 20.4: where the level stays, the network finds more by itself. */
    bool rises = fabs(s->trend) > 1.5;
    qp_choose(c, "data",
              rises ? "the level moves: the network corrects a linear regression on the window" : "the level stays",
              "window=%lld level=%s linear=%s", (long long)window, rises ? "last" : "fixed", rises ? "true" : "false");
    qp_choose_network(
        c, "a small recurrent layer",
        (qp_network){
            .encoder = QP_KIND_GRU, .layers = 1, .emb = 32, .hidden = 32, .ff = 64, .heads = 4, .one_way = true});
    qp_choose(c, "noise", "few rows", "dropout=%s", rises ? "0" : "0.3");
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "batch-type=sentence batch-size=64 lr=0.003 lr-schedule=cosine clip-norm=1");
    /* sunspots, three seeds: the best of 20 validations 18.6 to 19.5, the mean of the last five 17.9 to 18.2 */
    qp_choose(c, "run", "about 1,500 updates; the mean of the last validations forecasts better than the best",
              "epochs=%lld average=5", (long long)qp_within(100000 / fmax(1, (double)s->examples), 2, 200));
}

/* ---- images ---- */

static void choose_images(qp_chooser *c)
{
    const qp_survey *s = c->survey;
    bool small = s->shortest_side < 8; /* or a series */
    /* the 1,797 digits of scikit-learn, a tenth held out, three times: 98.9 %; without shifts 97.0 % */
    qp_choose(c, "data", "what is shown does not depend on a pixel more or less", "image-shift=%d", small ? 0 : 1);
    qp_network vit = {.encoder = QP_KIND_TRANSFORMER, .layers = 2, .emb = 64, .ff = 256, .heads = 4};
    vit.more = "pos=learned";
    qp_choose_network(c, "a small vision transformer", vit);
    qp_choose(c, "noise", "few images", "dropout=0.1 label-smoothing=0.1");
    qp_choose(c, "updates", "a high rate that falls to nothing at the end",
              "batch-type=sentence batch-size=32 lr=0.002 lr-schedule=cosine clip-norm=1");
    qp_choose(c, "run", "fewer passes the more images there are", "epochs=%lld average=5",
              (long long)qp_within(120000 / fmax(1, (double)s->examples), 5, 200));
}

/* ---- all ---- */

static bool chooses(const qp_train_settings *s) { return s->given && !*s->job.preset && !*s->job.init_from; }

qp_status qp_defaults_choose(qp_train_settings *settings, const qp_survey *survey, qp_choice_list *list)
{
    static void (*const rule[QP_TASK_COUNT])(qp_chooser *) = {[QP_TASK_TRANSLATE] = choose_translate,
                                                              [QP_TASK_LM] = choose_lm,
                                                              [QP_TASK_CLASSIFY] = choose_classify,
                                                              [QP_TASK_TAG] = choose_tag,
                                                              [QP_TASK_REGRESS] = choose_regress,
                                                              [QP_TASK_AUTOENCODE] = choose_autoencode,
                                                              [QP_TASK_MLM] = choose_mlm,
                                                              [QP_TASK_MATCH] = choose_match};
    qp_chooser c = {.settings = settings, .survey = survey, .list = list};
    if (!chooses(settings)) return QP_OK;
    if (qp_train_reads_images(settings))
        choose_images(&c);
    else
        rule[settings->model.task](&c);
    return c.status;
}

qp_held_out qp_defaults_hold_out(const qp_train_settings *settings, const qp_survey *survey)
{
    int64_t n = survey->examples;
    qp_held_out held = {0};
    bool series = settings->model.task == QP_TASK_REGRESS;
    if (series && n < 10 * (settings->job.window + settings->model.horizon)) return held;
    if (n < 100) return held;
    held.part = QP_PART_TRAINING;
    if (series)
        held.from = n - qp_within((double)n / 10, 1, 5000) + 1;
    else
        held.every = n < 2000 && settings->model.encoder != QP_KIND_BAG ? 10 : n < 20000 ? 20 : n / 1000;
    if (settings->model.task == QP_TASK_LM) held.block = qp_within((double)n / (10 * (double)held.every), 1, 1000);
    return held;
}

void qp_defaults_unvalidated(qp_train_settings *settings, qp_choice_list *list)
{
    qp_choose_not(settings, list, "average");
    qp_choose_not(settings, list, "early-stopping-metric");
}

/* Updates of the whole run, by its nearest limit; 0: it has none that is known. */
static int64_t updates_of(const qp_train_settings *s, qp_pass pass)
{
    const qp_training_config *t = &s->training;
    double by_tokens = 0;
    if (pass.tokens > 0 && qp_chooser_counts_tokens(s))
        by_tokens = ceil((double)t->train_tokens * (double)pass.updates / (double)pass.tokens);
    const double limit[] = {(double)t->epochs * (double)pass.updates, (double)t->steps, by_tokens};
    double nearest = 0;
    for (int i = 0; i < 3; i++)
        if (limit[i] > 0 && (nearest == 0 || limit[i] < nearest)) nearest = limit[i];
    return (int64_t)nearest;
}

qp_status qp_defaults_schedule(qp_train_settings *s, bool has_valid, qp_pass pass, qp_choice_list *list)
{
    qp_chooser c = {.settings = s, .list = list};
    int64_t total = updates_of(s, pass);
    if (total == 0) return QP_OK;
    if (qp_schedule_ends(&s->schedule) && s->schedule.lr_total == 0) s->schedule.lr_total = total;
    if (!chooses(s)) return QP_OK;
    bool transformer = s->model.encoder == QP_KIND_TRANSFORMER || s->model.decoder == QP_KIND_TRANSFORMER;
    char why[80];
    snprintf(why, sizeof why, "the run has %s%lld update%s", *s->training.time_limit ? "at most " : "",
             (long long)total, total == 1 ? "" : "s");
    if (qp_schedule_warms(&s->schedule))
        qp_choose(&c, "warm-up", transformer ? "a tenth of the run" : "a twentieth of the run", "lr-warmup=%lld",
                  (long long)qp_within((double)total / (transformer ? 10 : 20), 0, 2000));
    if (has_valid)
        qp_choose(&c, "validation", why, "valid-freq=%lld", (long long)qp_within((double)total / 20, 1, 2000));
    return c.status;
}
