#include "lib/run/train_ngram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/ngram/ngram_train.h"
#include "lib/package/token_words.h"
#include "lib/run/train_text.h"

/* ---- options ---- */

static qp_status parse_prune(const char *text, qp_ngram_config *config)
{
    int count = 0;
    for (const char *at = text; *at;) {
        char *end;
        int64_t value = strtoll(at, &end, 10);
        if (end == at || value < 0 || count == QP_NGRAM_MAX_ORDER || (*end && *end != ',' && *end != ' '))
            return qp_fail(QP_EUSAGE, "--prune '%.60s': not a list of numbers; write one for each order, as 0,0,1",
                           text);
        config->prune[count++] = value;
        at = end + (*end != '\0');
    }
    for (int k = count; count && k < QP_NGRAM_MAX_ORDER; k++) config->prune[k] = config->prune[count - 1];
    return QP_OK;
}

static qp_status check_place(const qp_job_config *job)
{
    if (!*job->model || job->overwrite || !qp_file_exists(job->model)) return QP_OK;
    return qp_fail(QP_ECREATE, "%s: exists; add --overwrite to replace it, or name another -m", job->model);
}

/* ---- the text as lines of words ---- */

typedef struct {
    qp_text_pairs *pairs;
    qp_tokenizer *tokenizer;
    const qp_token_words *words;
    qp_encoding encoding;
    char *line;
    size_t capacity;
    int64_t lines, tokens, unknown;
    int32_t unknown_id;
} word_lines;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    word_lines *w = self;
    qp_text_pair pair;
    bool more;
    *line = NULL;
    QP_TRY(qp_text_pairs_next(w->pairs, &pair, &more));
    if (!more) return QP_OK;
    QP_TRY(qp_tokenizer_encode_into(w->tokenizer, pair.target, pair.target_bytes, &w->encoding));
    size_t need = 1, at = 0;
    for (int i = 0; i < w->encoding.count; i++) need += strlen(qp_token_word(w->words, w->encoding.id[i])) + 1;
    if (need > w->capacity) {
        char *grown = realloc(w->line, 2 * need);
        if (!grown) return qp_fail(QP_EMEMORY, "n-grams: out of memory for a line of %zu bytes", need);
        w->line = grown;
        w->capacity = 2 * need;
    }
    for (int i = 0; i < w->encoding.count; i++) {
        const char *word = qp_token_word(w->words, w->encoding.id[i]);
        size_t length = strlen(word);
        memcpy(w->line + at, word, length);
        at += length;
        w->line[at++] = ' ';
        w->unknown += w->encoding.id[i] == w->unknown_id;
    }
    w->lines++;
    w->tokens += w->encoding.count + 1;
    *line = w->line;
    *bytes = at;
    return QP_OK;
}

static qp_status count_ngrams(const qp_ngram_config *config, const qp_text_files *files, qp_tokenizer *tokenizer,
                              const qp_train_hooks *hooks, qp_ngram **ngram)
{
    qp_token_words words;
    QP_TRY(qp_token_words_init(tokenizer, &words));
    word_lines lines = {
        .tokenizer = tokenizer, .words = &words, .unknown_id = qp_tokenizer_special(tokenizer)->unknown};
    qp_status status = qp_text_pairs_open(files, &lines.pairs);
    if (status == QP_OK) status = qp_ngram_train(config, next_line, &lines, NULL, ngram);
    qp_text_pairs_close(lines.pairs);
    qp_encoding_free(&lines.encoding);
    free(lines.line);
    qp_token_words_free(&words);
    if (status != QP_OK || !hooks->note) return status;
    char text[200];
    snprintf(text, sizeof text, "tokenizer  %d pieces", qp_tokenizer_size(tokenizer));
    hooks->note(hooks->self, text);
    snprintf(text, sizeof text, "training   %lld lines, %lld tokens, %lld unknown", (long long)lines.lines,
             (long long)lines.tokens, (long long)lines.unknown);
    hooks->note(hooks->self, text);
    for (int k = 1; k <= config->order; k++) {
        snprintf(text, sizeof text, "%d-grams    %lld", k, (long long)qp_ngram_count(*ngram, k));
        hooks->note(hooks->self, text);
    }
    return QP_OK;
}

/* ---- the model ---- */

static qp_status set_ngram(qp_package *package, const qp_model_config *config, qp_ngram *ngram)
{
    qp_token_words words;
    qp_model_config full = *config;
    full.src_vocab_size = 0;
    full.tgt_vocab_size = qp_tokenizer_size(package->target);
    qp_model *model;
    qp_status status = qp_model_new_blank(&full, &model);
    if (status == QP_OK) qp_package_set_model(package, model);
    if (status == QP_OK) status = qp_token_words_init(package->target, &words);
    if (status != QP_OK) {
        qp_ngram_free(ngram);
        return status;
    }
    int32_t *word = qp_token_words_find(&words, ngram);
    if (word) {
        status = qp_model_ngram_set(package->model, ngram, word);
    } else {
        qp_ngram_free(ngram);
        status = qp_fail(QP_EMEMORY, "n-grams: out of memory for the words of a tokenizer");
    }
    free(word);
    qp_token_words_free(&words);
    return status;
}

qp_status qp_ngram_package(const qp_model_config *config, qp_ngram *ngram, qp_tokenizer *tokenizer,
                           qp_package **package)
{
    *package = NULL;
    qp_status status = qp_package_new(package);
    if (status != QP_OK) {
        qp_ngram_free(ngram);
        qp_tokenizer_free(tokenizer);
        return status;
    }
    qp_package_set_tokenizers(*package, NULL, tokenizer);
    status = set_ngram(*package, config, ngram);
    if (status == QP_OK) return QP_OK;
    qp_package_free(*package);
    *package = NULL;
    return status;
}

static qp_status train(const qp_train_settings *s, const qp_ngram_config *config, qp_train_data *data,
                       const qp_train_hooks *hooks)
{
    qp_ngram *ngram = NULL;
    QP_TRY(qp_train_shares_check(&s->job, "n-grams are counted in one pass over all of them"));
    QP_TRY(qp_text_files_of(s, data));
    QP_TRY(qp_text_tokenizers(s, NULL, data));
    QP_TRY(count_ngrams(config, &data->files[QP_TRAINING], data->package->target, hooks, &ngram));
    return set_ngram(data->package, &s->model, ngram);
}

qp_status qp_train_ngram(const qp_train_settings *s, const qp_train_hooks *hooks, qp_package **package)
{
    qp_ngram_config config = {.order = (int)s->ngram.order,
                              .interpolate_unigrams = s->ngram.interpolate_unigrams != 0,
                              .unknown_is_word = true};
    qp_train_data data;
    *package = NULL;
    if (s->job.dry_run)
        return qp_fail(QP_EUSAGE, "--dry-run: n-grams are counted in one pass, there are no updates to time; leave it "
                                  "out");
    QP_TRY(parse_prune(s->ngram.prune, &config));
    QP_TRY(check_place(&s->job));
    QP_TRY(qp_model_config_check(&s->model));
    QP_TRY(qp_train_data_begin(&data));
    qp_status status = train(s, &config, &data, hooks);
    if (status == QP_OK) {
        *package = data.package;
        data.package = NULL;
    }
    qp_train_data_free(&data);
    return status;
}
