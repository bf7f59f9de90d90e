#include "cli/evaluate/perplexity.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/chunks.h"
#include "cli/base/json_text.h"
#include "data/batches/tbptt_batches.h"
#include "data/batches/window_batches.h"
#include "data/text/corpus.h"
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
    if (id != QP_UNK) return;
    sums->unknown_log_probability += (double)log_probability;
    sums->unknown++;
}

/* ---- line by line ---- */

static void add_line(qp_perplexity *sums, const qp_line *line, const qp_scored *scored)
{
    sums->lines++;
    sums->cut += scored->tokens >= scored->count;
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

typedef struct {
    const qp_package *package;
    const qp_batch_source *source;
    qp_real **log_probability; /* [batches] */
} window_job;

static qp_status score_batch(void *self, qp_tape *tape, int number)
{
    window_job *job = self;
    qp_batch batch;
    QP_TRY(job->source->get(job->source->self, number, omp_get_thread_num(), &batch)); /* one slot each */
    int rows = batch.target.sequences.start[batch.target.sequences.count];
    job->log_probability[number] = malloc(((size_t)rows + 1) * sizeof(qp_real));
    if (!job->log_probability[number]) return qp_fail(QP_EMEMORY, "perplexity: out of memory for %d tokens", rows);
    return qp_score(job->package->model, tape, &batch, job->log_probability[number]);
}

/* One window per batch. */
static qp_status score_windows(const qp_package *m, const qp_corpus *corpus, const qp_batch_source *source,
                               int64_t batches, int threads, qp_perplexity *sums)
{
    window_job job = {m, source, calloc((size_t)batches + 1, sizeof *job.log_probability)};
    if (!job.log_probability)
        return qp_fail(QP_EMEMORY, "perplexity: out of memory for %lld windows", (long long)batches);
    qp_status status = batches > INT32_MAX ? qp_fail(QP_EDATA, "perplexity: the text is too long; cut it")
                                           : qp_lines_run((int)batches, threads, score_batch, &job);
    int64_t window = qp_model_config_of(m->model)->lm_window, tokens = corpus->target.start[corpus->sequences];
    for (int64_t i = 0; i < tokens && status == QP_OK; i++)
        add_token(sums, corpus->target.id[i], job.log_probability[i / window][i % window]);
    for (int64_t b = 0; b < batches; b++) free(job.log_probability[b]);
    free(job.log_probability);
    return status;
}

/* With --carry the text is one stream: a window starts with the final state of the one before. */
static qp_status score_stream(const qp_package *m, const qp_corpus *corpus, qp_perplexity *sums)
{
    qp_tbptt_batches_options options = {.window = qp_model_config_of(m->model)->lm_window,
                                        .size = 1,
                                        .carry_width = qp_model_carry_width(qp_model_config_of(m->model))};
    qp_tbptt_batches *streams = NULL;
    int64_t batches = 0;
    qp_real *log_probability = malloc((size_t)options.window * sizeof *log_probability);
    qp_tape *tape = qp_tape_new();
    qp_status status = log_probability && tape ? qp_tbptt_batches_new(corpus, &options, &streams)
                                               : qp_fail(QP_EMEMORY, "perplexity: out of memory");
    if (status == QP_OK) {
        qp_batch_source source = qp_tbptt_batches_source(streams);
        status = source.begin(source.self, 0, &batches);
        for (int64_t b = 0; b < batches && status == QP_OK; b++) {
            qp_batch batch;
            status = source.get(source.self, b, 0, &batch);
            if (status == QP_OK) status = qp_score(m->model, tape, &batch, log_probability);
            for (int r = 0; status == QP_OK && r < batch.target.sequences.start[1]; r++)
                add_token(sums, batch.target.id[r], log_probability[r]);
        }
    }
    qp_tbptt_batches_free(streams);
    qp_tape_free(tape);
    free(log_probability);
    return status;
}

static qp_status score_apart(const qp_package *m, const qp_corpus *corpus, int threads, qp_perplexity *sums)
{
    qp_window_batches_options cut = {.window = qp_model_config_of(m->model)->lm_window, .size = 1, .slots = threads};
    qp_window_batches *windows = NULL;
    int64_t batches = 0;
    QP_TRY(qp_window_batches_new(corpus, &cut, &windows));
    qp_batch_source source = qp_window_batches_source(windows);
    qp_status status = source.begin(source.self, 0, &batches);
    if (status == QP_OK) status = score_windows(m, corpus, &source, batches, threads, sums);
    qp_window_batches_free(windows);
    return status;
}

static qp_status measure_windows(const qp_package *m, const char *file, int threads, qp_perplexity *sums)
{
    qp_corpus_options options = {
        .files = {.kind = QP_TEXT_ONE_FILE, .target = file}, .target_codec = &m->target_codec, .running_text = true};
    qp_corpus corpus;
    QP_TRY(qp_corpus_load(&options, &corpus));
    sums->lines = corpus.statistics.lines;
    sums->characters = corpus.statistics.target.characters;
    qp_status status = qp_model_config_of(m->model)->carry ? score_stream(m, &corpus, sums)
                                                           : score_apart(m, &corpus, threads, sums);
    qp_corpus_free(&corpus);
    return status;
}

qp_status qp_perplexity_measure(const qp_package *m, char *file, int threads, qp_perplexity *sums)
{
    const qp_model_config *config = qp_model_config_of(m->model);
    *sums = (qp_perplexity){0};
    if (config->task != QP_TASK_LM)
        return qp_fail(QP_EUSAGE,
                       "perplexity is that of language models (train --task lm); this model has another task");
    QP_TRY(config->lm_window ? measure_windows(m, file, threads, sums) : measure_lines(m, file, threads, sums));
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
