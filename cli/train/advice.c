#include "cli/train/advice.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/text.h"
#include "lib/run/hold_out.h"

enum {
    FEW_USES = 20,     /* a piece that occurs less often, on average, is not learned well */
    MANY_WEIGHTS = 50, /* for each token: they can hold the whole text */
    TEXT_BYTES = 300
};

typedef struct {
    const qp_train_run *run;
    int count;
} advice;

static void say(void *self, const char *text)
{
    advice *a = self;
    if (a->count++ == 0) fputs("\nwarnings\n", stdout);
    qp_text_printf(stdout, 2, "  %s", text);
}

static bool is_given(const advice *a, const char *name)
{
    const qp_train_settings *s = a->run->settings;
    return s->given && s->given(s->given_self, name);
}

/* ---- tokenizers ---- */

/* A side of the corpus and the options that chose its tokenizer. */
typedef struct {
    const char *name, *option, *type;
    const qp_corpus_side *ids;
    const qp_side_statistics *statistics;
    const qp_tokenizer *tokenizer;
} text_side;

static qp_status count_used(const text_side *side, int64_t sequences, int64_t *used)
{
    int64_t pieces = qp_tokenizer_size(side->tokenizer);
    char *seen = calloc((size_t)pieces, 1);
    *used = 0;
    if (!seen) return qp_fail(QP_EMEMORY, "out of memory for the use of %lld pieces", (long long)pieces);
    for (int64_t i = 0; i < side->ids->start[sequences]; i++) {
        int32_t id = side->ids->id[i];
        if (id < 0 || id >= pieces) continue;
        *used += !seen[id];
        seen[id] = 1;
    }
    free(seen);
    return QP_OK;
}

/* Half of the pieces; 0: less than the characters of the text (pieces of one) and as many words need. */
static int64_t half_of(const qp_tokenizer *tokenizer)
{
    int64_t characters = 300, half = qp_tokenizer_size(tokenizer) / 2; /* special and byte pieces, about */
    for (int32_t id = 0; id < qp_tokenizer_size(tokenizer); id++) {
        const char *piece = qp_tokenizer_piece(tokenizer, id);
        int points = 0; /* bytes that do not continue a code point */
        for (const char *c = piece; *c; c++) points += ((unsigned char)*c & 0xc0) != 0x80;
        characters += points == 1;
    }
    return half >= 2 * characters ? half : 0;
}

/* Smaller units of text than those of the tokenizer; NULL: there are none, or it is a file. */
static const char *smaller_units(const char *type)
{
    static const char *const smaller[][2] = {
        {"word", "bpe"}, {"space", "bpe"}, {"bpe", "char"}, {"unigram", "char"}, {"wordpiece", "char"}};
    for (size_t i = 0; i < sizeof smaller / sizeof *smaller; i++)
        if (strcmp(smaller[i][0], type) == 0) return smaller[i][1];
    return NULL;
}

static qp_status warn_of_rare_pieces(advice *a, const text_side *side, int64_t sequences)
{
    const char *smaller = smaller_units(side->type);
    int64_t used;
    char text[TEXT_BYTES], remedy[80];
    if (!smaller || !(is_given(a, "vocab-size") || is_given(a, side->option))) return QP_OK;
    QP_TRY(count_used(side, sequences, &used));
    if (used == 0 || side->statistics->tokens / used >= FEW_USES) return QP_OK;
    int64_t half = strcmp(smaller, "char") == 0 ? half_of(side->tokenizer) : 0;
    if (half > 0)
        snprintf(remedy, sizeof remedy, "--vocab-size %lld", (long long)half);
    else
        snprintf(remedy, sizeof remedy, "--%s %s", side->option, smaller);
    snprintf(text, sizeof text,
             "a piece of the %s occurs %lld times on average, and what occurs fewer than %d times is not learned well: "
             "use %s",
             side->name, (long long)(side->statistics->tokens / used), FEW_USES, remedy);
    say(a, text);
    return QP_OK;
}

static qp_status warn_of_pieces(advice *a, const text_side *side, int64_t sequences)
{
    char text[TEXT_BYTES];
    if (!side->tokenizer || !side->ids->start || side->statistics->tokens == 0) return QP_OK;
    double unknown = qp_percent(side->statistics->unknown, side->statistics->tokens);
    if (unknown > 1) {
        snprintf(text, sizeof text, "%.1f %% of the %s are unknown to the tokenizer: use --%s bpe", unknown, side->name,
                 side->option);
        say(a, text);
        return QP_OK;
    }
    return warn_of_rare_pieces(a, side, sequences);
}

static qp_status warn_of_tokenizers(advice *a)
{
    const qp_train_settings *s = a->run->settings;
    const qp_corpus *train = &a->run->data.corpus[QP_TRAINING];
    const qp_package *package = a->run->data.package;
    bool own[2] = {*s->job.src_tokenizer != '\0', *s->job.tgt_tokenizer != '\0'};
    const text_side source = {.name = "source text",
                              .option = own[0] ? "src-tokenizer" : "tokenizer",
                              .type = own[0] ? s->job.src_tokenizer : s->job.tokenizer,
                              .ids = &train->source,
                              .statistics = &train->statistics.source,
                              .tokenizer = package->source},
                    target = {.name = "target text",
                              .option = own[1] ? "tgt-tokenizer" : "tokenizer",
                              .type = own[1] ? s->job.tgt_tokenizer : s->job.tokenizer,
                              .ids = &train->target,
                              .statistics = &train->statistics.target,
                              .tokenizer = package->target};
    QP_TRY(warn_of_pieces(a, &source, train->sequences));
    if (train->answers || train->target.start == train->source.start) return QP_OK;
    return warn_of_pieces(a, &target, train->sequences);
}

/* ---- amounts ---- */

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* A batch has to hold the longest line. */
static qp_status warn_of_batches(advice *a)
{
    const qp_train_settings *s = a->run->settings;
    const qp_corpus *train = &a->run->data.corpus[QP_TRAINING];
    bool by_sentence = s->job.batch_type == 1;
    int64_t size = by_sentence ? train->sequences
                               : larger(train->statistics.source.tokens, train->statistics.target.tokens);
    if (size >= s->job.batch_size || !is_given(a, "batch-size")) return QP_OK;
    int64_t least = 1;
    for (int64_t i = 0; i < train->sequences && !by_sentence; i++) {
        if (train->source.start) least = larger(least, qp_corpus_length(&train->source, i));
        if (train->target.start) least = larger(least, qp_corpus_length(&train->target, i));
    }
    char text[TEXT_BYTES];
    int used = snprintf(text, sizeof text,
                        "the training text is smaller than one batch (%lld of --batch-size %lld): an epoch is one "
                        "update",
                        (long long)size, (long long)s->job.batch_size);
    int64_t better = larger(size / 16, least);
    if (better < s->job.batch_size)
        snprintf(text + used, sizeof text - (size_t)used, ": use --batch-size %lld", (long long)better);
    say(a, text);
    return QP_OK;
}

static void warn_of_lines(advice *a, const qp_overlap_statistics *overlap)
{
    const qp_train_data *data = &a->run->data;
    const qp_corpus_statistics *train = &data->corpus[QP_TRAINING].statistics;
    const qp_corpus_statistics *valid = &data->corpus[QP_VALIDATION].statistics;
    long long longest = a->run->settings->model.max_length;
    char text[TEXT_BYTES];
    if (data->has_valid && qp_percent(overlap->seen_pairs, overlap->pairs) > 1) {
        snprintf(text, sizeof text,
                 "%lld of %lld validation lines are training lines: the validation score will be too good; remove them "
                 "from one of the two",
                 (long long)overlap->seen_pairs, (long long)overlap->pairs);
        say(a, text);
    }
    if (!data->has_valid) {
        snprintf(text, sizeof text, "there is no validation data, so overfitting goes unnoticed; give %s",
                 qp_hold_out_remedy(a->run->settings));
        say(a, text);
    }
    if (qp_percent(train->skipped, train->lines) > 1) {
        snprintf(text, sizeof text, "%.1f %% of the training lines are longer than --max-length %lld and are left out",
                 qp_percent(train->skipped, train->lines), longest);
        say(a, text);
    }
    if (data->has_valid && valid->cut > 0) {
        snprintf(text, sizeof text, "%lld validation lines are cut to --max-length %lld", (long long)valid->cut,
                 longest);
        say(a, text);
    }
}

/* Weights grow with the square of the width, or slower: the remedy leads to few enough in one step or several. A bag
 * has a weight for every n-gram, most of which no text reads. */
static void warn_of_size(advice *a)
{
    const qp_train_settings *s = a->run->settings;
    if (s->model.encoder == QP_KIND_BAG) return;
    const qp_corpus_statistics *f = &a->run->data.corpus[QP_TRAINING].statistics;
    size_t weights = qp_params_elements(qp_model_params(a->run->data.package->model));
    double tokens = (double)larger(f->source.tokens, f->target.tokens), most = MANY_WEIGHTS * tokens;
    if (tokens == 0 || (double)weights <= most) return;
    char text[TEXT_BYTES];
    int used = snprintf(text, sizeof text,
                        "%zu weights for %.0f tokens: the model will learn the text by heart; more text is the best "
                        "remedy",
                        weights, tokens);
    long long width = (long long)((double)s->model.emb_size * sqrt(most / (double)weights)) / 8 * 8;
    if (is_given(a, "emb-size") && width >= 16)
        snprintf(text + used, sizeof text - (size_t)used, ", or use --emb-size %lld", width);
    say(a, text);
}

static void warn_of_warmup(advice *a)
{
    const qp_schedule_config *schedule = &a->run->settings->schedule;
    int64_t steps = a->run->settings->training.steps;
    char text[TEXT_BYTES];
    if (steps <= 0 || schedule->lr_warmup < steps || !qp_schedule_warms(schedule)) return;
    snprintf(text, sizeof text,
             "--lr-warmup %lld does not end within --steps %lld: the learning rate never reaches --lr: use --lr-warmup "
             "%lld",
             (long long)schedule->lr_warmup, (long long)steps, (long long)steps / 10);
    say(a, text);
}

qp_status qp_advice_print(const qp_train_run *run, const qp_overlap_statistics *overlap)
{
    advice a = {.run = run};
    if (run->task->warn) run->task->warn(&run->data, say, &a);
    if (run->data.corpus[QP_TRAINING].sequences > 0) {
        QP_TRY(warn_of_tokenizers(&a));
        QP_TRY(warn_of_batches(&a));
        warn_of_lines(&a, overlap);
    }
    warn_of_size(&a);
    warn_of_warmup(&a);
    if (a.count == 0) puts("\nno warnings");
    return QP_OK;
}
