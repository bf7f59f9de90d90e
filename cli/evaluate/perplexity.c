#include "cli/evaluate/perplexity.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/chunks.h"
#include "cli/base/json_text.h"
#include "data/text/corpus.h"
#include "lib/decode/context.h"
#include "lib/decode/score.h"

enum { LINES_AT_ONCE = 4096 };

double qp_perplexity_value(const qp_perplexity *sums) { return exp(-sums->log_probability / (double)sums->tokens); }

double qp_perplexity_bits(const qp_perplexity *sums)
{
    return -sums->log_probability / (double)sums->characters / M_LN2;
}

static void add_token(qp_perplexity *sums, int32_t id, qp_real log_probability)
{
    sums->log_probability += (double)log_probability;
    sums->tokens++;
    if (id != sums->unknown_id) return;
    sums->unknown_log_probability += (double)log_probability;
    sums->unknown++;
}

/* ---- line by line ---- */

static void add_line(qp_perplexity *sums, const qp_line *line, const qp_scored *scored)
{
    sums->lines++;
    sums->cut += scored->tokens >= scored->count;
    sums->slid += scored->window > 0;
    if (scored->window > 0) sums->window = scored->window;
    sums->characters++;
    for (size_t i = 0; i < line->bytes; i++) sums->characters += ((unsigned char)line->text[i] & 0xC0) != 0x80;
    for (int t = 0; t < scored->count; t++) add_token(sums, scored->id[t], scored->log_probability[t]);
}

static qp_status add_chunk(const qp_scorer *scorer, const qp_chunks *chunks, qp_perplexity *sums)
{
    qp_scored *scored = calloc((size_t)chunks->count, sizeof *scored);
    if (!scored) return qp_fail(QP_EMEMORY, "perplexity: out of memory for %d lines", chunks->count);
    bool empty_counts = qp_model_config_of(scorer->model)->decoder == QP_KIND_NGRAM;
    qp_status status = qp_score_lines(scorer, NULL, chunks->line, chunks->count, scored);
    for (int i = 0; i < chunks->count; i++) {
        if (status == QP_OK && (empty_counts || chunks->line[i].bytes > 0))
            add_line(sums, &chunks->line[i], &scored[i]);
        qp_scored_free(&scored[i]);
    }
    free(scored);
    return status;
}

static qp_status measure_lines(const qp_package *m, char *file, int threads, qp_perplexity *sums)
{
    qp_scorer scorer = {.model = m->model, .target = &m->target_codec, .batch_size = 64, .threads = threads};
    qp_chunks chunks;
    qp_status status = qp_chunks_begin(&chunks, &file, 1, LINES_AT_ONCE);
    while (status == QP_OK) {
        status = qp_chunks_next(&chunks);
        if (status != QP_OK || chunks.count == 0) break;
        status = add_chunk(&scorer, &chunks, sums);
    }
    qp_chunks_end(&chunks);
    return status;
}

/* ---- running text ---- */

static qp_status score_text(const qp_package *m, const qp_corpus *corpus, int threads, qp_perplexity *sums)
{
    qp_scorer scorer = {.model = m->model, .target = &m->target_codec, .batch_size = 16, .threads = threads};
    int64_t tokens = corpus->target.start[corpus->sequences];
    if (tokens >= INT_MAX) return qp_fail(QP_EDATA, "perplexity: the text is too long; cut it");
    qp_real *log_probability = malloc(((size_t)tokens + 1) * sizeof *log_probability);
    qp_status status = log_probability
                           ? qp_score_ids(&scorer, corpus->target.id, (int)tokens, log_probability)
                           : qp_fail(QP_EMEMORY, "perplexity: out of memory for %lld tokens", (long long)tokens);
    for (int64_t i = 0; i < tokens && status == QP_OK; i++) add_token(sums, corpus->target.id[i], log_probability[i]);
    free(log_probability);
    return status;
}

static qp_status measure_text(const qp_package *m, const char *file, int threads, qp_perplexity *sums)
{
    qp_corpus_options options = {
        .files = {.kind = QP_TEXT_ONE_FILE, .target = file}, .target_codec = &m->target_codec, .running_text = true};
    qp_corpus corpus;
    QP_TRY(qp_corpus_load(&options, &corpus));
    sums->lines = corpus.statistics.lines;
    sums->characters = corpus.statistics.target.characters;
    int64_t context = qp_context_of(m->model);
    sums->window = context && corpus.target.start[corpus.sequences] > context ? context : 0;
    qp_status status = score_text(m, &corpus, threads, sums);
    qp_corpus_free(&corpus);
    return status;
}

qp_status qp_perplexity_measure(const qp_package *m, char *file, int threads, qp_perplexity *sums)
{
    const qp_model_config *config = qp_model_config_of(m->model);
    *sums = (qp_perplexity){.unknown_id = qp_codec_special(&m->target_codec).unknown};
    if (config->task != QP_TASK_LM)
        return qp_fail(QP_EUSAGE,
                       "perplexity is that of language models (train --task lm); this model has another task");
    QP_TRY(config->lm_window ? measure_text(m, file, threads, sums) : measure_lines(m, file, threads, sums));
    return sums->tokens ? QP_OK : qp_fail(QP_EDATA, "%s: no line with text", file);
}

qp_status qp_perplexity_print(const qp_perplexity *sums, bool json)
{
    double known =
        exp(-(sums->log_probability - sums->unknown_log_probability) / (double)(sums->tokens - sums->unknown));
    if (!json) {
        printf("perplexity    %.4f\nwithout unknown tokens  %.4f\nbits per character  %.4f\n",
               qp_perplexity_value(sums), known, qp_perplexity_bits(sums));
        printf("%lld lines, %lld tokens, %lld unknown\n", (long long)sums->lines, (long long)sums->tokens,
               (long long)sums->unknown);
        return QP_OK;
    }
    qp_text_buffer out = {0};
    qp_text_add(&out, "{\"perplexity\":{");
    qp_json_put_real(&out, "score", qp_perplexity_value(sums));
    if (sums->tokens > sums->unknown) qp_json_put_real(&out, "without_unknown", known);
    qp_json_put_real(&out, "bits_per_character", qp_perplexity_bits(sums));
    qp_json_put_real(&out, "logprob", sums->log_probability);
    qp_json_put_integer(&out, "lines", sums->lines);
    qp_json_put_integer(&out, "tokens", sums->tokens);
    qp_json_put_integer(&out, "unknown", sums->unknown);
    qp_text_add(&out, "}}");
    return qp_json_line(stdout, &out);
}
