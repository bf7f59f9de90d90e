#include "cli/train/train_ngram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/evaluate/perplexity.h"
#include "cli/evaluate/token_words.h"
#include "cli/train/train_text.h"
#include "lib/base/file.h"
#include "lib/base/threads.h"
#include "lib/ngram/ngram_train.h"

QP_FIELD_TABLE(qp_ngram_fields, "n-grams (--decoder ngram)", qp_ngram_options, QP_NGRAM_FIELDS);

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
    if (!*job->model) return qp_fail(QP_EUSAGE, "no model file to make; name it with -m MODEL.safetensors");
    if (!job->overwrite && qp_file_exists(job->model))
        return qp_fail(QP_ECREATE, "%s: exists; add --overwrite to replace it, or name another -m", job->model);
    return QP_OK;
}

/* ---- the text as lines of words ---- */

typedef struct {
    qp_text_pairs *parallel;
    qp_tokenizer *tokenizer;
    const qp_token_words *words;
    qp_encoding encoding;
    char *line;
    size_t capacity;
    int64_t lines, tokens, unknown;
} word_lines;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    word_lines *w = self;
    qp_text_pair pair;
    bool more;
    *line = NULL;
    QP_TRY(qp_text_pairs_next(w->parallel, &pair, &more));
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
        w->unknown += w->encoding.id[i] == QP_UNK;
    }
    w->lines++;
    w->tokens += w->encoding.count + 1;
    *line = w->line;
    *bytes = at;
    return QP_OK;
}

static qp_status count_ngrams(const qp_ngram_config *config, const qp_text_files *files, qp_tokenizer *tokenizer,
                              bool quiet, qp_ngram **ngram)
{
    qp_token_words words;
    QP_TRY(qp_token_words_init(tokenizer, &words));
    word_lines lines = {.tokenizer = tokenizer, .words = &words};
    qp_status status = qp_text_pairs_open(files, &lines.parallel);
    if (status == QP_OK) status = qp_ngram_train(config, next_line, &lines, NULL, ngram);
    qp_text_pairs_close(lines.parallel);
    qp_encoding_free(&lines.encoding);
    free(lines.line);
    qp_token_words_free(&words);
    if (status != QP_OK || quiet) return status;
    fprintf(stderr, "tokenizer  %d pieces\n", qp_tokenizer_size(tokenizer));
    fprintf(stderr, "training   %lld lines, %lld tokens, %lld unknown\n", (long long)lines.lines,
            (long long)lines.tokens, (long long)lines.unknown);
    for (int k = 1; k <= config->order; k++)
        fprintf(stderr, "%d-grams    %lld\n", k, (long long)qp_ngram_count(*ngram, k));
    return QP_OK;
}

/* ---- the model ---- */

qp_status qp_train_ngram_adopt(const qp_model_config *config, qp_ngram *ngram, qp_tokenizer *tokenizer,
                               qp_text_model *made)
{
    qp_model *model = NULL;
    qp_token_words words = {0};
    qp_model_config full = *config;
    *made = (qp_text_model){0};
    full.src_vocab_size = 0;
    full.tgt_vocab_size = qp_tokenizer_size(tokenizer);
    qp_status status = qp_model_new_blank(&full, &model);
    if (status == QP_OK) status = qp_token_words_init(tokenizer, &words);
    int32_t *word = status == QP_OK ? qp_token_words_find(&words, ngram) : NULL;
    if (status == QP_OK && !word) status = qp_fail(QP_EMEMORY, "n-grams: out of memory for the words of a tokenizer");
    if (status == QP_OK)
        status = qp_model_ngram_set(model, ngram, word);
    else
        qp_ngram_free(ngram);
    free(word);
    qp_token_words_free(&words);
    if (status == QP_OK) {
        qp_text_model_adopt(made, model, NULL, tokenizer);
        return QP_OK;
    }
    qp_model_free(model);
    qp_tokenizer_free(tokenizer);
    return status;
}

static qp_status report_validation(const qp_train_settings *s, const qp_text_model *made)
{
    qp_perplexity sums;
    char *file = (char *)(uintptr_t)s->job.valid;
    if (!*file) return QP_OK;
    QP_TRY(qp_perplexity_measure(made, file, qp_threads_of(s->training.threads), &sums));
    if (!s->job.quiet)
        fprintf(stderr, "validation perplexity %.4f, %.4f bits per character, %lld tokens, %lld unknown\n",
                qp_perplexity_value(&sums), qp_perplexity_bits(&sums), (long long)sums.tokens, (long long)sums.unknown);
    return QP_OK;
}

qp_status qp_train_ngram(qp_train_settings *s, const qp_ngram_options *o)
{
    qp_ngram_config config = {
        .order = (int)o->order, .interpolate_unigrams = o->interpolate_unigrams != 0, .unknown_is_word = true};
    qp_train_data data = {0};
    qp_ngram *ngram = NULL;
    qp_text_model made = {0};
    if (s->job.dry_run)
        return qp_fail(QP_EUSAGE,
                       "--dry-run: n-grams are counted at once, there are no updates to foretell; leave it out");
    QP_TRY(parse_prune(o->prune, &config));
    QP_TRY(check_place(&s->job));
    QP_TRY(qp_model_config_check(&s->model));
    QP_TRY(qp_text_files_of(s, &data));
    QP_TRY(qp_text_tokenizers(s, NULL, &data));
    qp_status status = count_ngrams(&config, &data.files[QP_TRAINING], data.target, s->job.quiet != 0, &ngram);
    if (status != QP_OK) {
        qp_tokenizer_free(data.target);
        return status;
    }
    QP_TRY(qp_train_ngram_adopt(&s->model, ngram, data.target, &made));
    status = report_validation(s, &made);
    if (status == QP_OK) status = qp_text_model_save(&made, s->job.model);
    qp_text_model_free(&made);
    return status;
}
