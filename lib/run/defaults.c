#include "lib/run/defaults.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/run/train_images.h"

/* A rule is one call of `choose`: a topic, the reason, and the options it sets, as "name=value name=value". Options
 * that were given are left out of it. The measurements are of two threads of a Zen 4. */
typedef struct {
    qp_train_settings *settings;
    const qp_survey *survey;
    qp_choice_list *list;
    qp_status status; /* the first failure */
} chooser;

static bool is_given(const qp_train_settings *s, const char *name)
{
    bool layers = strcmp(name, "enc-layers") == 0 || strcmp(name, "dec-layers") == 0;
    return s->given && (s->given(s->given_self, name) || (layers && s->given(s->given_self, "layers")));
}

/* The next "name=value" of a rule; false at its end. */
static bool next_option(const char **at, char name[40], char value[40])
{
    *at += strspn(*at, " ");
    size_t word = strcspn(*at, " "), key = strcspn(*at, "=");
    if (word == 0 || key >= word) return false;
    snprintf(name, 40, "%.*s", (int)key, *at);
    snprintf(value, 40, "%.*s", (int)(word - key - 1), *at + key + 1);
    *at += word;
    return true;
}

static void append(char *text, size_t room, const char *name, const char *value)
{
    size_t used = strlen(text);
    const char *space = used ? " " : "";
    if (strcmp(value, "true") == 0)
        snprintf(text + used, room - used, "%s--%s", space, name);
    else if (strcmp(value, "false") == 0)
        snprintf(text + used, room - used, "%s--no-%s", space, name);
    else
        snprintf(text + used, room - used, "%s--%s %s", space, name, value);
}

__attribute__((format(printf, 4, 5))) static void choose(chooser *c, const char *topic, const char *reason,
                                                         const char *options, ...)
{
    char text[400], name[40], value[40];
    qp_choice choice = {0};
    va_list arguments;
    va_start(arguments, options);
    vsnprintf(text, sizeof text, options, arguments);
    va_end(arguments);
    snprintf(choice.topic, sizeof choice.topic, "%s", topic);
    snprintf(choice.reason, sizeof choice.reason, "%s", reason);
    for (const char *at = text; c->status == QP_OK && next_option(&at, name, value);) {
        if (is_given(c->settings, name)) continue;
        c->status = qp_train_set(c->settings, name, value);
        append(choice.options, sizeof choice.options, name, value);
    }
    if (choice.options[0] && c->list->count < QP_CHOICES_MAX) c->list->choice[c->list->count++] = choice;
}

/* value, but at least low and at most high */
static int64_t within(double value, double low, double high) { return (int64_t)fmin(fmax(value, low), high); }

/* ---- networks ---- */

/* Kinds and sizes of a network; sizes that its kinds do not read are not set. */
typedef struct {
    int encoder, decoder; /* QP_KIND_...; QP_KIND_NONE where the task has none */
    int layers, emb, hidden, ff, heads;
    bool one_way;     /* a recurrent encoder reads forward alone */
    int word_layers;  /* tag: layers over words */
    const char *more; /* further options, or NULL */
} network;

static const char *kind_name(const char *side, int kind, char text[40])
{
    qp_model_config config;
    const qp_field *field = qp_config_find(&qp_model_fields, side);
    memset(&config, 0, sizeof config);
    *(int *)((char *)&config + field->offset) = kind;
    return qp_config_get(field, &config, text, 40);
}

/* Widths that fit each other whichever of them were given: heads divide the embedding. */
static void fit_widths(const qp_train_settings *s, network *n)
{
    if (is_given(s, "emb-size")) { /* the other widths keep their proportion to it */
        double factor = (double)s->model.emb_size / n->emb;
        n->emb = (int)s->model.emb_size;
        n->hidden = (int)within(n->hidden * factor, 1, 65536);
        n->ff = (int)within(n->ff * factor, 1, 1048576);
    }
    if (is_given(s, "heads")) {
        n->heads = (int)s->model.heads;
        if (!is_given(s, "emb-size")) n->emb = (n->emb + n->heads - 1) / n->heads * n->heads;
    }
    while (n->heads > 1 && n->emb % n->heads != 0) n->heads /= 2;
}

static bool any_given(const qp_train_settings *s, const char *const *name, int count)
{
    for (int i = 0; i < count; i++)
        if (is_given(s, name[i])) return true;
    return false;
}

/* A given option that only one kind of network reads asks for that kind. */
static void fit_kinds(const qp_train_settings *s, network *n)
{
    static const char *const of_transformers[] = {"heads", "kv-heads", "ff-size", "pos", "gated-ff", "norm"};
    static const char *const of_cells[] = {"bidirectional", "attention", "input-feeding", "context-feeding",
                                           "hidden-size"};
    int kind = QP_KIND_NONE;
    if (any_given(s, of_cells, 5)) kind = QP_KIND_GRU;
    if (any_given(s, of_transformers, 6)) kind = QP_KIND_TRANSFORMER;
    if (kind == QP_KIND_NONE) return;
    bool recurrent = kind == QP_KIND_GRU;
    if (n->encoder != QP_KIND_NONE && qp_model_kind_is_recurrent(n->encoder) != recurrent) n->encoder = kind;
    if (n->decoder != QP_KIND_NONE && qp_model_kind_is_recurrent(n->decoder) != recurrent) n->decoder = kind;
}

/* The network around what was given: kinds first, then the sizes they read. A given encoder brings a decoder of its own
 * kind, and the other way round. */
static void choose_network(chooser *c, const char *reason, network n)
{
    qp_train_settings *s = c->settings;
    char options[300], encoder[40], decoder[40];
    bool encodes = n.encoder != QP_KIND_NONE, decodes = n.decoder != QP_KIND_NONE;
    fit_kinds(s, &n);
    if (is_given(s, "encoder")) n.encoder = s->model.encoder;
    if (is_given(s, "decoder")) n.decoder = s->model.decoder;
    bool free_encoder = encodes && !is_given(s, "encoder"), free_decoder = decodes && !is_given(s, "decoder");
    if (encodes && decodes && free_decoder && !free_encoder)
        n.decoder = qp_model_kind_is_recurrent(n.encoder) ? n.encoder : QP_KIND_TRANSFORMER;
    if (encodes && decodes && free_encoder && !free_decoder)
        n.encoder = qp_model_kind_is_recurrent(n.decoder) ? n.decoder : QP_KIND_TRANSFORMER;
    bool reads = qp_model_kind_is_recurrent(n.encoder), writes = qp_model_kind_is_recurrent(n.decoder);
    bool transformer = n.encoder == QP_KIND_TRANSFORMER || n.decoder == QP_KIND_TRANSFORMER;
    bool both_ways = reads && !n.one_way && (s->model.attention != QP_ATTEND_NONE || !decodes);
    fit_widths(s, &n);
    int used = snprintf(options, sizeof options, "%s%s%s%s", free_encoder ? "encoder=" : "",
                        free_encoder ? kind_name("encoder", n.encoder, encoder) : "", free_decoder ? " decoder=" : "",
                        free_decoder ? kind_name("decoder", n.decoder, decoder) : "");
#define ADD(condition, ...)                                                                                            \
    if (condition) used += snprintf(options + used, sizeof options - (size_t)used, " " __VA_ARGS__)
    ADD(both_ways, "bidirectional=true");
    ADD(n.encoder != QP_KIND_NONE, "enc-layers=%d", n.layers);
    ADD(n.decoder != QP_KIND_NONE, "dec-layers=%d", n.layers);
    ADD(true, "emb-size=%d", n.emb);
    ADD(reads || writes || n.encoder == QP_KIND_TEXT_CNN || n.word_layers, "hidden-size=%d", n.hidden);
    ADD(transformer, "ff-size=%d heads=%d", n.ff, n.heads);
    ADD(n.word_layers, "word-layers=%d", n.word_layers);
    ADD(n.more, "%s", n.more);
#undef ADD
    choose(c, "model", reason, "%s", options);
}

/* ---- vocabulary ---- */

/* Pieces of BPE: as many as the text has seen about `uses` times each on average, for rarer ones are not learned well;
 * but room for every character, the bytes and some merges. */
static int64_t pieces(const qp_survey_side *text, double uses, double high)
{
    double low = ceil((1.3 * (double)text->distinct_characters + 500) / 500) * 500;
    double rounded = floor((double)text->characters / uses / 500) * 500;
    return within(rounded, low, fmax(low, high));
}

/* ---- translate ---- */

/* Tatoeba ko-en, 4,887 pairs; Multi30k, 29,000; Tatoeba en-fr, 137,000. */
enum { FEW_PAIRS = 15000, MANY_PAIRS = 300000 };

static void choose_translate(chooser *c)
{
    const qp_survey *s = c->survey;
    bool shared = s->shared > 0.8; /* one script: names, numbers and cognates are one piece on both sides */
    double passes = 28 * cbrt(450000 / fmax(1, (double)s->target.words * 1.2));
    bool few = s->examples < FEW_PAIRS, many = s->examples >= MANY_PAIRS;
    if (few) /* Tatoeba ko-en, dev: 18.7 BLEU; --preset tiny 14.9 */
        choose_network(c, "few pairs: recurrent layers learn more from them than a transformer",
                       (network){.encoder = QP_KIND_GRU,
                                 .decoder = QP_KIND_GRU,
                                 .layers = 1,
                                 .emb = 192,
                                 .hidden = 256,
                                 .ff = 512,
                                 .heads = 4});
    else if (!many) /* Multi30k de-en, test 2016: 41.6 BLEU; a bidirectional GRU 40.5 */
        choose_network(c, "narrow and deep learns best from tens of thousands of pairs",
                       (network){.encoder = QP_KIND_TRANSFORMER,
                                 .decoder = QP_KIND_TRANSFORMER,
                                 .layers = 4,
                                 .emb = 128,
                                 .hidden = 384,
                                 .ff = 256,
                                 .heads = 4});
    else
        choose_network(c, "many pairs carry a wider model",
                       (network){.encoder = QP_KIND_TRANSFORMER,
                                 .decoder = QP_KIND_TRANSFORMER,
                                 .layers = 4,
                                 .emb = 256,
                                 .hidden = 512,
                                 .ff = 1024,
                                 .heads = 4});
    choose(c, "noise", few ? "few pairs: strong noise, or they are learned by heart" : "the more pairs, the less noise",
           "dropout=%s label-smoothing=0.1",
           few                    ? "0.4"
           : s->examples < 100000 ? "0.3"
           : many                 ? "0.1"
                                  : "0.2");
    qp_survey_side both = {.characters = s->source.characters + s->target.characters,
                           .distinct_characters = s->source.distinct_characters + s->target.distinct_characters};
    int64_t each = pieces(&s->target, 70, 16000), other = pieces(&s->source, 70, 16000);
    int64_t vocabulary = shared ? pieces(&both, 400, 16000) : each > other ? each : other;
    choose(c, "text", shared ? "one script: both sides share the pieces" : "two scripts: each side has its own pieces",
           "tokenizer=bpe vocab-size=%lld share-vocab=%s tied-embeddings-all=%s", (long long)vocabulary,
           shared ? "true" : "false", shared ? "true" : "false");
    bool recurrent = qp_model_kind_is_recurrent(c->settings->model.decoder);
    choose(c, "updates", "a high rate that falls to nothing at the end",
           "batch-size=%d lr=%s lr-schedule=cosine "
           "clip-norm=1",
           recurrent ? 1500 : 2048, recurrent ? "0.003" : "0.004");
    choose(c, "run", "fewer passes the more text there is", "epochs=%lld average=5", (long long)within(passes, 3, 60));
}

/* ---- labels ---- */

static void choose_classify(chooser *c)
{
    const qp_survey *s = c->survey;
    bool bag = !is_given(c->settings, "encoder") || c->settings->model.encoder == QP_KIND_BAG;
    bool ngrams = !is_given(c->settings, "tokenizer") || strcmp(c->settings->job.tokenizer, "ngram") == 0;
    if (!bag || !ngrams || s->one_word > 0.8) {
        bool words = s->one_word > 0.8;
        choose(c, "text", words ? "single words: their letters" : "pieces of words",
               words ? "tokenizer=char vocab-size=%lld" : "tokenizer=bpe vocab-size=%lld",
               (long long)(words ? 400 : pieces(&s->target, 150, 8000)));
        choose_network(
            c, "read from both ends",
            (network){.encoder = QP_KIND_LSTM, .layers = 1, .emb = 64, .hidden = 128, .ff = 256, .heads = 4});
        choose(c, "noise", "little text", "dropout=%s", words ? "0.3" : "0.5");
        choose(c, "updates", "a high rate that falls to nothing at the end",
               "batch-size=%d lr=0.004 lr-schedule=cosine clip-norm=1", words ? 1000 : 4000);
        choose(c, "run", "until the score stops rising", "epochs=%d early-stopping-metric=accuracy", words ? 8 : 6);
        return;
    }
    choose(c, "text", "words, pairs of words, stretches of letters", "tokenizer=ngram vocab-size=%d lower-case=true",
           s->target.characters < 50000000 ? 262144 : 1048576);
    choose(c, "model", "a linear classifier: here better and faster than networks learned from scratch",
           "encoder=bag dropout=0 max-length=1048576");
    /* dev: NSMC 86.3 %, rt-polarity 79.5, SMS spam 98.6; tf-idf with logistic regression 83.9, 77.7, 98.6 */
    choose(c, "updates", "a high rate that falls to nothing at the end",
           "batch-type=sentence batch-size=64 shard-rows=65536 lr=0.01 lr-schedule=cosine");
    choose(c, "run", "a few passes", "epochs=%lld average=4",
           (long long)within(25000 / fmax(1, (double)s->examples), 3, 20));
}

static void choose_tag(chooser *c)
{
    const qp_survey *s = c->survey;
    double letters = s->target.words ? (double)s->target.characters / (double)s->target.words : 0;
    bool spans = s->span_tags > 0.95, characters = letters < 1.2;
    if (spans) choose(c, "tags", "B-, I- and O make spans: tags are chosen together", "crf=true");
    if (characters) {
        choose(c, "text", "words are single characters", "tokenizer=word vocab-size=2000");
        choose_network(c, "characters need two layers to see words",
                       (network){.encoder = QP_KIND_LSTM, .layers = 2, .emb = 96, .hidden = 96, .ff = 256, .heads = 4});
    } else {
        choose(c, "text", "pieces, so that rare words are read too", "tokenizer=bpe vocab-size=%lld",
               (long long)pieces(&s->target, 100, 8000));
        choose_network(c, "a layer over pieces, one over words",
                       (network){.encoder = QP_KIND_LSTM,
                                 .layers = 1,
                                 .emb = 128,
                                 .hidden = 128,
                                 .ff = 256,
                                 .heads = 4,
                                 .word_layers = 1});
    }
    choose(c, "noise", "little text", "dropout=%s", characters || spans ? "0.4" : "0.33");
    choose(c, "updates", "a high rate that falls to nothing at the end",
           "batch-size=%d lr=0.003 lr-schedule=linear clip-norm=1", characters ? 4000 : 2000);
    choose(c, "run", "fewer passes the more text there is", "epochs=%lld early-stopping-metric=%s",
           (long long)within(8 * sqrt(200000 / fmax(1, (double)s->target.words)), 4, 30), spans ? "f1" : "accuracy");
}

/* ---- running text ---- */

enum { MANY_CHARACTERS = 20000000 };

static void choose_lm(chooser *c)
{
    const qp_survey_side *text = &c->survey->target;
    const qp_model_config *model = &c->settings->model;
    bool transformer = is_given(c->settings, "decoder") && model->decoder == QP_KIND_TRANSFORMER;
    int64_t longest = is_given(c->settings, "max-length") ? model->max_length : 96;
    int64_t window = within((double)text->characters / 8, 2, fmin(96, (double)longest));
    bool letters = text->characters < MANY_CHARACTERS;
    if (is_given(c->settings, "decoder") && model->decoder == QP_KIND_NGRAM) return;
    choose(c, "text", letters ? "characters: too little text for words" : "pieces of words",
           letters ? "tokenizer=char vocab-size=%lld lm-window=%lld" : "tokenizer=bpe vocab-size=%lld lm-window=%lld",
           (long long)(letters ? within((double)text->distinct_characters * 1.1 + 300, 300, 8000) : 8000),
           (long long)window);
    if (transformer)
        choose_network(c, "nanoGPT's for a CPU",
                       (network){.decoder = QP_KIND_TRANSFORMER,
                                 .layers = 4,
                                 .emb = 128,
                                 .ff = 512,
                                 .heads = 4,
                                 .more = "activation=gelu"});
    else /* tinyshakespeare: 1.52 nats after 7.4 million characters */
        choose_network(c, "one wide recurrent layer learns most in its time",
                       (network){.decoder = QP_KIND_LSTM,
                                 .layers = 1,
                                 .emb = 128,
                                 .hidden = 512,
                                 .ff = 512,
                                 .heads = 4,
                                 .more = "tied-embeddings=false"});
    choose(c, "noise", "each line is seen several times", "dropout=0.2");
    choose(c, "updates", "a high rate that falls to nothing at the end",
           "batch-type=sentence batch-size=32 lr=0.003 lr-schedule=cosine clip-norm=1");
    choose(c, "run", "fewer passes the more text there is", "epochs=%lld",
           (long long)within(7.4e6 / fmax(1, (double)text->characters), 1, 40));
}

static void choose_mlm(chooser *c)
{
    const qp_survey *s = c->survey;
    choose(c, "text", "pieces of words", "tokenizer=bpe vocab-size=%lld", (long long)pieces(&s->target, 150, 8000));
    choose_network(c, "read from both ends",
                   (network){.encoder = QP_KIND_LSTM, .layers = 1, .emb = 96, .hidden = 96, .ff = 256, .heads = 4});
    choose(c, "noise", "masks are noise enough", "dropout=0.1");
    choose(c, "updates", "a high rate that falls to nothing at the end",
           "batch-size=2000 lr=0.005 lr-schedule=cosine clip-norm=1");
    choose(c, "run", "fewer passes the more text there is", "epochs=%lld",
           (long long)within(8 * sqrt(200000 / fmax(1, (double)s->target.words)), 3, 30));
}

static void choose_autoencode(chooser *c)
{
    const qp_survey *s = c->survey;
    choose(c, "text", "pieces of words", "tokenizer=bpe vocab-size=%lld", (long long)pieces(&s->target, 150, 8000));
    choose_network(c, "one vector between two recurrent layers",
                   (network){.encoder = QP_KIND_GRU,
                             .decoder = QP_KIND_GRU,
                             .layers = 1,
                             .emb = 128,
                             .hidden = 256,
                             .ff = 256,
                             .heads = 4});
    choose(c, "updates", "a high rate that falls to nothing at the end",
           "batch-size=2000 lr=0.003 lr-schedule=cosine clip-norm=1 dropout=0.1");
    choose(c, "run", "fewer passes the more text there is", "epochs=%lld",
           (long long)within(20 * sqrt(100000 / fmax(1, (double)s->target.words)), 4, 60));
}

/* ---- pairs of texts ---- */

static void choose_match(chooser *c)
{
    const qp_survey_side *a = &c->survey->source, *b = &c->survey->target;
    qp_survey_side both = {.characters = a->characters + b->characters,
                           .distinct_characters = a->distinct_characters + b->distinct_characters};
    choose(c, "text", "both texts of a pair share the pieces", "tokenizer=bpe vocab-size=%lld",
           (long long)pieces(&both, 60, 16000));
    choose_network(c, "one encoder for both texts, read from both ends",
                   (network){.encoder = QP_KIND_GRU, .layers = 1, .emb = 192, .hidden = 192, .ff = 512, .heads = 4});
    choose(c, "vector", "the strongest value of each feature anywhere in the text", "pooling=max dropout=0.3");
    choose(c, "updates", "a pair is compared with the others of its batch: many at once",
           "batch-type=sentence batch-size=128 lr=0.003 lr-schedule=cosine clip-norm=1");
    choose(c, "run", "fewer passes the more text there is", "epochs=%lld",
           (long long)within(20 * sqrt(100000 / fmax(1, (double)(a->words + b->words))), 4, 40));
}

/* ---- numbers ---- */

static void choose_regress(chooser *c)
{
    const qp_survey *s = c->survey;
    int64_t horizon = c->settings->model.horizon;
    int64_t window = within(fmax(48, 2 * (double)horizon), 2, fmax(2, (double)s->examples / 8));
    /* Mean absolute error 12 steps ahead, without and with a linear part: CO2 0.67, 0.40 (linear regression 0.38);
     * sunspots 18.8, 20.4: where the level stays, the network finds more by itself. */
    bool rises = fabs(s->trend) > 1.5;
    choose(c, "data",
           rises ? "the level moves: the network corrects a linear regression on the window" : "the level stays",
           "window=%lld level=%s linear=%s", (long long)window, rises ? "last" : "fixed", rises ? "true" : "false");
    choose_network(
        c, "a small recurrent layer",
        (network){.encoder = QP_KIND_GRU, .layers = 1, .emb = 32, .hidden = 32, .ff = 64, .heads = 4, .one_way = true});
    choose(c, "noise", "few rows", "dropout=%s", rises ? "0" : "0.3");
    choose(c, "updates", "a high rate that falls to nothing at the end",
           "batch-type=sentence batch-size=64 lr=0.003 lr-schedule=cosine clip-norm=1");
    /* sunspots, three seeds: the best of 20 validations 18.6 to 19.5, the mean of the last five 17.9 to 18.2 */
    choose(c, "run", "about 1,500 updates; the mean of the last validations forecasts better than the best",
           "epochs=%lld average=5", (long long)within(100000 / fmax(1, (double)s->examples), 2, 200));
}

/* ---- images ---- */

static void choose_images(chooser *c)
{
    const qp_survey *s = c->survey;
    bool small = s->shortest_side < 8; /* or a series */
    /* the 1,797 digits of scikit-learn, a tenth held out, three times: 98.9 %; without shifts 97.0 % */
    choose(c, "data", "what is shown does not depend on a pixel more or less", "image-shift=%d", small ? 0 : 1);
    network vit = {.encoder = QP_KIND_TRANSFORMER, .layers = 2, .emb = 64, .ff = 256, .heads = 4};
    vit.more = "pos=learned";
    choose_network(c, "a small vision transformer", vit);
    choose(c, "noise", "few images", "dropout=0.1 label-smoothing=0.1");
    choose(c, "updates", "a high rate that falls to nothing at the end",
           "batch-type=sentence batch-size=32 lr=0.002 lr-schedule=cosine clip-norm=1");
    choose(c, "run", "fewer passes the more images there are", "epochs=%lld average=5",
           (long long)within(120000 / fmax(1, (double)s->examples), 5, 200));
}

/* ---- all ---- */

static bool chooses(const qp_train_settings *s) { return s->given && !*s->job.preset && !*s->job.init_from; }

qp_status qp_defaults_choose(qp_train_settings *settings, const qp_survey *survey, qp_choice_list *list)
{
    static void (*const rule[QP_TASK_COUNT])(chooser *) = {[QP_TASK_TRANSLATE] = choose_translate,
                                                           [QP_TASK_LM] = choose_lm,
                                                           [QP_TASK_CLASSIFY] = choose_classify,
                                                           [QP_TASK_TAG] = choose_tag,
                                                           [QP_TASK_REGRESS] = choose_regress,
                                                           [QP_TASK_AUTOENCODE] = choose_autoencode,
                                                           [QP_TASK_MLM] = choose_mlm,
                                                           [QP_TASK_MATCH] = choose_match};
    chooser c = {.settings = settings, .survey = survey, .list = list};
    if (!chooses(settings)) return QP_OK;
    if (qp_images_wanted(settings))
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
        held.from = n - within((double)n / 10, 1, 5000) + 1;
    else
        held.every = n < 2000 ? 10 : n < 20000 ? 20 : n / 1000;
    if (settings->model.task == QP_TASK_LM) held.block = within((double)n / (10 * (double)held.every), 1, 1000);
    return held;
}

/* Updates of the whole run, by its nearest limit; 0: it has none that is known. */
static int64_t updates_of(const qp_train_settings *s, int64_t updates)
{
    const qp_training_config *t = &s->training;
    int64_t by_epochs = t->epochs ? t->epochs * updates : 0;
    if (t->steps && (!by_epochs || t->steps < by_epochs)) return t->steps;
    return by_epochs;
}

qp_status qp_defaults_schedule(qp_train_settings *s, bool has_valid, int64_t updates, qp_choice_list *list)
{
    chooser c = {.settings = s, .list = list};
    int64_t total = updates_of(s, updates);
    if (total == 0) return QP_OK;
    if (qp_schedule_ends(&s->schedule) && s->schedule.lr_total == 0) s->schedule.lr_total = total;
    if (!chooses(s)) return QP_OK;
    bool transformer = s->model.encoder == QP_KIND_TRANSFORMER || s->model.decoder == QP_KIND_TRANSFORMER;
    char why[80];
    snprintf(why, sizeof why, "the run has %lld updates", (long long)total);
    if (qp_schedule_warms(&s->schedule))
        choose(&c, "warm-up", transformer ? "a tenth of the run" : "a twentieth of the run", "lr-warmup=%lld",
               (long long)within((double)total / (transformer ? 10 : 20), 0, 2000));
    if (has_valid) choose(&c, "validation", why, "valid-freq=%lld", (long long)within((double)total / 20, 1, 2000));
    return c.status;
}
