#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/chunks.h"
#include "cli/base/commands.h"
#include "cli/base/json_text.h"
#include "cli/base/options.h"
#include "cli/base/ranks.h"
#include "cli/base/text.h"
#include "cli/base/warnings.h"
#include "cli/decode/decode_options.h"
#include "lib/decode/score.h"
#include "lib/package/package.h"

/* score — log-probability of given text, one line of output per line of input. */
enum { LINES_A_THREAD = 1024 };
enum { SCORES_SENTENCE, SCORES_TOKEN };

#define SCORE_FIELDS(X)                                                                                                \
    X(TEXT, src, "", 0, 0, "FILE", "file of source lines, with --tgt; instead of FILE")                                \
    X(TEXT, tgt, "", 0, 0, "FILE", "file of target lines, with --src")                                                 \
    X(CHOICE, scores, "sentence", 0, 0, "sentence, token", "token: also each token's log-probability")                 \
    X(INT, batch_size, "32", 1, 100000, NULL, "maximum number of sentences scored together; changes only the speed")

typedef struct {
    qp_decode_options ask;
    SCORE_FIELDS(QP_FIELD_DECLARE)
} score_options;

static QP_FIELD_TABLE(score_table, "score", score_options, SCORE_FIELDS);

static const char notes[] =
    "Lines of FILE are SOURCE TAB TARGET, for a language model only text. Prints the sum of the log-probabilities "
    "(natural logarithm) of the target's tokens and its end; --scores token adds  ||| LOGP LOGP ...  An empty line "
    "gives an empty line.";

/* Input of the pairs of a chunk: one file with a TAB in each line, or two files. */
typedef struct {
    qp_chunks chunks, beside;
    bool two, pairs;          /* two inputs; lines hold two texts */
    qp_line *source, *target; /* [lines of a chunk]; a target of NULL text is an empty line */
    char *file[2];
    qp_warning cut, slid;
} pair_input;

static qp_status input_begin(pair_input *in, const qp_options *options, const score_options *o, bool has_source,
                             int limit)
{
    *in = (pair_input){.two = *o->src || *o->tgt, .pairs = has_source};
    in->source = malloc((size_t)limit * sizeof *in->source);
    in->target = malloc((size_t)limit * sizeof *in->target);
    if (!in->source || !in->target) return qp_fail(QP_EMEMORY, "score: out of memory for %d lines", limit);
    if (!in->two) return qp_chunks_begin(&in->chunks, options->file, options->file_count, limit);
    if (!*o->src || !*o->tgt || !has_source)
        return qp_fail(QP_EUSAGE, has_source ? "--src and --tgt go together; give both, or a file of SOURCE TAB TARGET"
                                             : "--src and --tgt: this is a language model; give it a file of text");
    if (options->file_count > 0)
        return qp_fail(QP_EUSAGE, "%s: unexpected file with --src and --tgt; remove one of them", options->file[0]);
    in->file[0] = (char *)(uintptr_t)o->src;
    in->file[1] = (char *)(uintptr_t)o->tgt;
    QP_TRY(qp_chunks_begin(&in->chunks, &in->file[0], 1, limit));
    return qp_chunks_begin(&in->beside, &in->file[1], 1, limit);
}

static void input_end(pair_input *in)
{
    qp_chunks_end(&in->chunks);
    qp_chunks_end(&in->beside);
    free(in->source);
    free(in->target);
}

static qp_status split_line(pair_input *in, int i)
{
    qp_line line = in->chunks.line[i];
    in->source[i] = in->target[i] = line;
    if (line.bytes == 0) in->target[i].text = NULL;
    if (!in->pairs || line.bytes == 0) return QP_OK;
    const char *tab = memchr(line.text, '\t', line.bytes);
    if (!tab)
        return qp_fail(QP_EDATA,
                       "%s:%lld: no TAB between source and target; give lines SOURCE TAB TARGET, or --src and --tgt",
                       qp_chunks_path(&in->chunks, i), (long long)qp_chunks_number(&in->chunks, i));
    in->source[i].bytes = (size_t)(tab - line.text);
    in->target[i] = (qp_line){tab + 1, line.bytes - in->source[i].bytes - 1};
    return QP_OK;
}

/* Reads as many lines of the second input as of the first; at the end of the first there must be none left. */
static qp_status pair_beside(pair_input *in)
{
    in->beside.text_limit = SIZE_MAX;
    in->beside.patient = true;
    in->beside.line_limit = in->chunks.count > 0 ? in->chunks.count : 1;
    QP_TRY(qp_chunks_next(&in->beside));
    if (in->beside.count != in->chunks.count)
        return qp_fail(QP_EDATA, "%s and %s: different numbers of lines; give files that correspond line by line",
                       in->file[0], in->file[1]);
    for (int i = 0; i < in->chunks.count; i++) {
        in->source[i] = in->chunks.line[i];
        in->target[i] = in->beside.line[i];
        if (in->source[i].bytes == 0 && in->target[i].bytes == 0) in->target[i].text = NULL;
    }
    return QP_OK;
}

static qp_status input_next(pair_input *in)
{
    QP_TRY(qp_chunks_next(&in->chunks));
    if (in->two) return pair_beside(in);
    for (int i = 0; i < in->chunks.count; i++) QP_TRY(split_line(in, i));
    return QP_OK;
}

/* ---- one score on stdout ---- */

static qp_status put_json(FILE *stream, const qp_text_codec *codec, const qp_scored *scored)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_put_real(&out, "logprob", scored->total);
    qp_json_key(&out, "tokens");
    qp_json_open(&out, '[');
    for (int t = 0; t < scored->count; t++) {
        qp_json_open(&out, '{');
        qp_json_put_text(&out, "text", codec->piece(codec->self, scored->id[t]));
        qp_json_put_real(&out, "logprob", (double)scored->log_probability[t]);
        qp_json_close(&out, '}');
    }
    qp_json_close(&out, ']');
    qp_json_close(&out, '}');
    return qp_json_line(stream, &out);
}

static qp_status put_scored(FILE *out, const score_options *o, const qp_text_codec *codec, const qp_scored *scored,
                            bool empty)
{
    if (o->ask.json) {
        if (!empty) return put_json(out, codec, scored);
        fputs("{\"logprob\":0.0,\"tokens\":[]}\n", out);
        return QP_OK;
    }
    if (!empty) {
        fprintf(out, "%.4f", scored->total);
        if (o->scores == SCORES_TOKEN) fputs(" |||", out);
        for (int t = 0; o->scores == SCORES_TOKEN && t < scored->count; t++)
            fprintf(out, " %.4f", (double)scored->log_probability[t]);
    }
    putc('\n', out);
    return QP_OK;
}

static void note_length(pair_input *in, int i, const qp_scored *scored)
{
    bool source = in->pairs && scored->source_tokens >= scored->source_count;
    const char *path = qp_chunks_path(&in->chunks, i);
    int64_t line = qp_chunks_number(&in->chunks, i);
    if (source || scored->tokens >= scored->count)
        qp_warning_add(&in->cut, path, line, QP_CUT_WARNING,
                       (long long)(source ? scored->source_tokens : scored->tokens),
                       (long long)(source ? scored->source_count : scored->count) - 1);
    if (scored->window)
        qp_warning_add(&in->slid, path, line, QP_WINDOW_WARNING, (long long)scored->count, (long long)scored->window);
}

static qp_status score_chunk(FILE *out, const score_options *o, const qp_scorer *scorer, pair_input *in)
{
    int count = in->chunks.count;
    qp_scored *scored = malloc((size_t)count * sizeof *scored);
    if (!scored) return qp_fail(QP_EMEMORY, "score: out of memory for %d lines", count);
    for (int i = 0; i < count; i++) scored[i] = (qp_scored){0};
    qp_status status = qp_score_lines(scorer, in->pairs ? in->source : NULL, in->target, count, scored);
    for (int i = 0; i < count; i++) {
        if (status == QP_OK) {
            note_length(in, i, &scored[i]);
            status = put_scored(out, o, scorer->target, &scored[i], !in->target[i].text);
        }
        qp_scored_free(&scored[i]);
    }
    free(scored);
    return status;
}

static qp_status score_files(const score_options *o, const qp_options *options, const qp_scorer *scorer,
                             bool has_source)
{
    pair_input in;
    qp_ranks_output shared;
    int limit = LINES_A_THREAD * scorer->threads;
    bool two = *o->src || *o->tgt;
    char *const source = (char *)(uintptr_t)o->src;
    QP_TRY(
        qp_ranks_output_begin(&shared, stdout, two ? &source : options->file, two ? 1 : options->file_count, &limit));
    qp_status status = input_begin(&in, options, o, has_source, limit);
    for (bool last = status != QP_OK; !last;) {
        status = input_next(&in);
        last = status != QP_OK || in.chunks.count == 0;
        if (!last && qp_ranks_output_own(&shared)) status = score_chunk(shared.stream, o, scorer, &in);
        status = qp_ranks_output_next(&shared, status, last);
        if (status == QP_OK) status = qp_output_check(stdout, "stdout");
        last = last || status != QP_OK;
    }
    qp_ranks_output_end(&shared);
    qp_warning_report(&in.cut);
    qp_warning_report(&in.slid);
    input_end(&in);
    return status;
}

static qp_status run(void *self, const qp_options *options)
{
    score_options *o = self;
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_LM, QP_TASK_AUTOENCODE, -1};
    qp_package *opened;
    QP_TRY(qp_decode_open(&o->ask, tasks, &opened));
    bool has_source = qp_model_config_of(opened->model)->encoder != QP_KIND_NONE;
    qp_scorer scorer = {.model = opened->model,
                        .source = &opened->source_codec,
                        .target = &opened->target_codec,
                        .batch_size = (int)o->batch_size,
                        .threads = (int)o->ask.threads};
    qp_status status = score_files(o, options, &scorer, has_source);
    qp_package_free(opened);
    return status;
}

int qp_cmd_score(int argc, char **argv)
{
    score_options o;
    const qp_option_group group[] = {{&qp_decode_fields, &o.ask}, {&score_table, &o}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'t', "threads"}};
    const qp_command command = {.name = "score",
                                .summary = "log-probability of given text",
                                .usage = "-m MODEL [FILE...] | -m MODEL --src FILE --tgt FILE",
                                .notes = notes,
                                .group = group,
                                .group_count = 2,
                                .alias = alias,
                                .alias_count = 2,
                                .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &o);
}
