#include "cli/evaluate/perplexity.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/chunks.h"
#include "cli/base/json_text.h"
#include "data/text/corpus.h"
#include "lib/decode/context.h"
#include "lib/decode/score.h"
#include "lib/text/normalize.h"
#include "lib/text/utf8_repair.h"

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
    bool cut_source = scored->source_count > 0 && scored->source_tokens >= scored->source_count;
    sums->cut += cut_source || scored->tokens >= scored->count;
    sums->slid += scored->window > 0;
    if (scored->window > 0) sums->window = scored->window;
    sums->characters += 1 + qp_nfc_characters(line->text, line->bytes);
    for (int t = 0; t < scored->count; t++) add_token(sums, scored->id[t], scored->log_probability[t]);
}

/* source [count]; NULL for a language model */
static qp_status add_lines(const qp_scorer *scorer, const qp_line *source, const qp_line *line, int count,
                           qp_perplexity *sums)
{
    qp_scored *scored = calloc((size_t)count + 1, sizeof *scored);
    if (!scored) return qp_fail(QP_EMEMORY, "perplexity: out of memory for %d lines", count);
    bool empty_counts = qp_model_config_of(scorer->model)->decoder == QP_KIND_NGRAM;
    qp_status status = qp_score_lines(scorer, source, line, count, scored);
    for (int i = 0; i < count; i++) {
        if (status == QP_OK && (empty_counts || line[i].bytes > 0)) add_line(sums, &line[i], &scored[i]);
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
        status = add_lines(&scorer, NULL, chunks.line, chunks.count, sums);
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

/* ---- pairs ---- */

/* Copies of pairs, until there are enough to score. */
typedef struct {
    qp_line source[LINES_AT_ONCE], target[LINES_AT_ONCE];
    int count;
} pair_chunk;

static bool copy_line(const char *text, size_t bytes, qp_line *line)
{
    char *copy = malloc(bytes + 1);
    if (!copy) return false;
    memcpy(copy, text, bytes);
    *line = (qp_line){copy, bytes};
    return true;
}

static void chunk_empty(pair_chunk *chunk)
{
    for (int i = 0; i < chunk->count; i++) {
        free((char *)(uintptr_t)chunk->source[i].text);
        free((char *)(uintptr_t)chunk->target[i].text);
    }
    chunk->count = 0;
}

/* The next pairs that have two texts; none are left when fewer than LINES_AT_ONCE come. */
static qp_status chunk_fill(qp_text_pairs *pairs, pair_chunk *chunk)
{
    bool more = true;
    while (chunk->count < LINES_AT_ONCE) {
        qp_text_pair pair;
        QP_TRY(qp_text_pairs_next(pairs, &pair, &more));
        if (!more) break;
        if (qp_utf8_is_blank(pair.source, pair.source_bytes) || qp_utf8_is_blank(pair.target, pair.target_bytes))
            continue;
        qp_line *source = &chunk->source[chunk->count], *target = &chunk->target[chunk->count];
        *source = *target = (qp_line){0};
        chunk->count++;
        if (!copy_line(pair.source, pair.source_bytes, source) || !copy_line(pair.target, pair.target_bytes, target))
            return qp_fail(QP_EMEMORY, "perplexity: out of memory for a pair of lines");
    }
    return QP_OK;
}

static qp_status measure_pairs(const qp_scorer *scorer, qp_text_pairs *pairs, pair_chunk *chunk, qp_perplexity *sums)
{
    int count;
    do {
        QP_TRY(chunk_fill(pairs, chunk));
        count = chunk->count;
        QP_TRY(add_lines(scorer, chunk->source, chunk->target, count, sums));
        chunk_empty(chunk);
    } while (count == LINES_AT_ONCE);
    return QP_OK;
}

qp_status qp_perplexity_measure_pairs(const qp_package *m, const qp_text_files *files, int threads, qp_perplexity *sums)
{
    const qp_scorer scorer = {.model = m->model,
                              .source = &m->source_codec,
                              .target = &m->target_codec,
                              .batch_size = 64,
                              .threads = threads};
    qp_text_pairs *pairs;
    *sums = (qp_perplexity){.unknown_id = qp_codec_special(&m->target_codec).unknown};
    QP_TRY(qp_text_pairs_open(files, &pairs));
    pair_chunk *chunk = calloc(1, sizeof *chunk);
    qp_status status = chunk ? measure_pairs(&scorer, pairs, chunk, sums)
                             : qp_fail(QP_EMEMORY, "perplexity: out of memory for pairs of lines");
    if (chunk) chunk_empty(chunk);
    free(chunk);
    qp_text_pairs_close(pairs);
    if (status != QP_OK || sums->tokens) return status;
    return qp_fail(QP_EDATA, "%s, %s: no pair of lines with text", files->source, files->target);
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
