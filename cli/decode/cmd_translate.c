#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/chunks.h"
#include "cli/base/commands.h"
#include "cli/base/json_text.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/base/warnings.h"
#include "cli/decode/code_lines.h"
#include "cli/decode/decode_options.h"
#include "lib/base/writer.h"
#include "lib/decode/alignment.h"
#include "lib/decode/translate.h"
#include "lib/package/package.h"

/* translate — translate source lines. One line of output per line of input, in order: an empty line gives an empty
 * line, and a line end inside a translation becomes a space. */
enum { LINES_A_THREAD = 1024 };
enum { SCORES_NONE, SCORES_SENTENCE, SCORES_TOKEN };
enum { ALIGNMENT_NONE, ALIGNMENT_HARD, ALIGNMENT_SOFT };

#define TRANSLATE_FIELDS(X)                                                                                            \
    X(TEXT, output, "-", 0, 0, "FILE", "write the translations to this file, once all are made; -: stdout")            \
    X(INT, max_length, "0", 0, 100000, NULL, "output at most N tokens; 0: by --max-length-factor and -extra")          \
    X(TEXT, tgt_prefix, "", 0, 0, "TEXT", "begin every translation with this text; empty lines stay empty")            \
    X(CHOICE, scores, "none", 0, 0, "none, sentence, token", "print log-probabilities after the text")                 \
    X(CHOICE, alignment, "none", 0, 0, "none, hard, soft", "print the alignment of each target token")                 \
    X(BOOL, from_codes, "false", 0, 0, NULL,                                                                           \
      "autoencoder with --codebook: the lines are codes, as predict writes them, not text")                            \
    X(INT, batch_size, "32", 1, 100000, NULL, "sentences searched together; changes the speed, not the text")

typedef struct {
    qp_decode_options ask;
    TRANSLATE_FIELDS(QP_FIELD_DECLARE)
    FILE *out; /* stdout, or the stream of --output */
} translate_options;

static QP_FIELD_TABLE(translate_table, "translate", translate_options, TRANSLATE_FIELDS);

static const char notes[] =
    "Plain output: TEXT, then with options  ||| SCORE  ||| LOGP LOGP ...  ||| ALIGNMENT.\n"
    "--n-best N prints N lines per sentence: ID ||| TEXT ||| features ||| SCORE, ID counting sentences from 0.\n"
    "The score is the log-probability of the whole with --length-penalty; LOGP is one number per target token, the "
    "end of the sentence included.  --alignment hard: pairs source-target of tokens, from 0 (as --json shows "
    "them); soft: for each target token its weights over the source tokens, ends included, joined by commas.\n"
    "Weights are the mean over the heads of the last decoder layer but one (of fewer than three layers: the last).";

/* ---- one translation ---- */

/* An empty line has no hypothesis; it is printed as this one, so that no field is missing. */
static const qp_hypothesis *hypothesis_of(const qp_translation *made, int h)
{
    static const qp_hypothesis empty;
    return h < made->search.count ? &made->search.best[h] : &empty;
}

/* Number of hypotheses to print, at least one. */
static int shown_count(const qp_translation *made) { return made->search.count > 0 ? made->search.count : 1; }

static void put_text(FILE *out, const qp_translation *made, int h)
{
    if (h < made->search.count) qp_line_put(out, made->best[h].text, made->best[h].bytes);
}

static void put_log_probabilities(FILE *out, const qp_hypothesis *found)
{
    for (int t = 0; t < found->count; t++) fprintf(out, " %.4f", (double)found->log_probability[t]);
}

static int tokens_but_end(const qp_translation *made, const qp_hypothesis *found)
{
    bool ended = found->count > 0 && found->id[found->count - 1] == made->end_id;
    return found->count - (ended ? 1 : 0);
}

static void put_alignment(const translate_options *o, const qp_translation *made, int h)
{
    const qp_hypothesis *found = hypothesis_of(made, h);
    const qp_real *weight = found->attention;
    if (o->alignment == ALIGNMENT_NONE) return;
    fputs(" |||", o->out);
    int tokens = o->alignment == ALIGNMENT_HARD ? tokens_but_end(made, found) : found->count;
    for (int t = 0; t < tokens; t++) {
        if (o->alignment == ALIGNMENT_HARD) {
            fprintf(o->out, " %d-%d", qp_alignment_hard(weight, made->source_count, t), t);
            continue;
        }
        for (int s = 0; s < made->source_count; s++)
            fprintf(o->out, "%s%.4f", s ? "," : " ", (double)weight[(ptrdiff_t)t * made->source_count + s]);
    }
}

static void put_plain(const translate_options *o, const qp_translation *made)
{
    const qp_hypothesis *found = hypothesis_of(made, 0);
    put_text(o->out, made, 0);
    if (o->scores != SCORES_NONE) fprintf(o->out, " ||| %.4f", found->score);
    if (o->scores == SCORES_TOKEN) fputs(" |||", o->out);
    if (o->scores == SCORES_TOKEN) put_log_probabilities(o->out, found);
    put_alignment(o, made, 0);
    putc('\n', o->out);
}

static void put_n_best(const translate_options *o, const qp_translation *made, int64_t id)
{
    for (int h = 0; h < shown_count(made); h++) {
        const qp_hypothesis *found = hypothesis_of(made, h);
        fprintf(o->out, "%lld ||| ", (long long)id);
        put_text(o->out, made, h);
        fprintf(o->out, " ||| logprob= %.4f length= %d", found->total, found->count);
        if (o->scores == SCORES_TOKEN) fputs(" tokens=", o->out);
        if (o->scores == SCORES_TOKEN) put_log_probabilities(o->out, found);
        fprintf(o->out, " ||| %.4f", found->score);
        put_alignment(o, made, h);
        putc('\n', o->out);
    }
}

/* ---- JSON ---- */

/* Writes the alignment: pairs source-target, or one list of weights per target token. */
static void put_json_alignment(const translate_options *o, const qp_translation *made, int h, qp_text_buffer *out)
{
    const qp_hypothesis *found = hypothesis_of(made, h);
    const qp_real *weight = found->attention;
    int tokens = o->alignment == ALIGNMENT_HARD ? tokens_but_end(made, found) : found->count;
    qp_json_key(out, "alignment");
    qp_json_open(out, '[');
    for (int t = 0; t < tokens; t++) {
        qp_json_open(out, '[');
        if (o->alignment == ALIGNMENT_HARD) {
            qp_json_integer(out, qp_alignment_hard(weight, made->source_count, t));
            qp_json_integer(out, t);
        } else {
            for (int s = 0; s < made->source_count; s++)
                qp_json_real(out, (double)weight[(ptrdiff_t)t * made->source_count + s], 8);
        }
        qp_json_close(out, ']');
    }
    qp_json_close(out, ']');
}

/* Writes the members of a hypothesis, without the braces around them. */
static void put_hypothesis(const translate_options *o, const qp_text_codec *target, const qp_translation *made, int h,
                           qp_text_buffer *out)
{
    const qp_hypothesis *found = hypothesis_of(made, h);
    bool empty = h >= made->search.count;
    qp_json_key(out, "text");
    qp_json_repaired(out, empty ? "" : made->best[h].text, empty ? 0 : made->best[h].bytes);
    qp_json_put_real(out, "score", found->score);
    qp_json_put_real(out, "logprob", found->total);
    qp_json_key(out, "tokens");
    qp_json_open(out, '[');
    for (int t = 0; t < found->count; t++) {
        qp_json_open(out, '{');
        qp_json_put_text(out, "text", target->piece(target->self, found->id[t]));
        qp_json_put_real(out, "logprob", (double)found->log_probability[t]);
        qp_json_close(out, '}');
    }
    qp_json_close(out, ']');
    if (o->alignment != ALIGNMENT_NONE) put_json_alignment(o, made, h, out);
}

static void put_source(const qp_text_codec *codec, const qp_translation *made, qp_text_buffer *out)
{
    qp_json_key(out, "source");
    qp_json_open(out, '[');
    for (int s = 0; s < made->source_count; s++) {
        const char *piece = codec->piece(codec->self, made->source_id[s]);
        qp_json_repaired(out, piece, strlen(piece));
    }
    qp_json_close(out, ']');
}

static qp_status put_json(const translate_options *o, const qp_translator *translator, const qp_translation *made)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    put_hypothesis(o, translator->target, made, 0, &out);
    if (o->alignment != ALIGNMENT_NONE) put_source(translator->source, made, &out);
    if (translator->search.n_best > 1) {
        qp_json_key(&out, "n_best");
        qp_json_open(&out, '[');
        for (int h = 0; h < shown_count(made); h++) {
            qp_json_open(&out, '{');
            put_hypothesis(o, translator->target, made, h, &out);
            qp_json_close(&out, '}');
        }
        qp_json_close(&out, ']');
    }
    qp_json_close(&out, '}');
    return qp_json_line(o->out, &out);
}

/* ---- the loop ---- */

static void note_cut(qp_warning *cut, const qp_chunks *chunks, int i, const qp_translation *made)
{
    if (made->source_tokens >= made->source_count)
        qp_warning_add(cut, qp_chunks_path(chunks, i), qp_chunks_number(chunks, i), QP_CUT_WARNING,
                       (long long)made->source_tokens, (long long)made->source_count - 1);
}

static qp_status translate_chunk(const translate_options *o, const qp_translator *translator, const qp_chunks *chunks,
                                 int64_t first, qp_warning *cut)
{
    qp_translation *made = malloc((size_t)chunks->count * sizeof *made);
    if (!made) return qp_fail(QP_EMEMORY, "translate: out of memory for %d lines", chunks->count);
    qp_status status = qp_translate(translator, chunks->line, chunks->count, made);
    for (int i = 0; i < chunks->count; i++) {
        if (status == QP_OK) {
            note_cut(cut, chunks, i, &made[i]);
            if (o->ask.json)
                status = put_json(o, translator, &made[i]);
            else if (translator->search.n_best > 1)
                put_n_best(o, &made[i], first + i);
            else
                put_plain(o, &made[i]);
        }
        qp_translation_free(&made[i]);
    }
    free(made);
    return status;
}

static qp_status translate_files(const translate_options *o, const qp_translator *translator, const qp_options *options)
{
    qp_chunks chunks;
    int64_t lines = 0;
    qp_warning cut = {.count = 0};
    qp_status status = qp_chunks_begin(&chunks, options->file, options->file_count,
                                       LINES_A_THREAD * translator->threads);
    while (status == QP_OK) {
        status = qp_chunks_next(&chunks);
        if (status != QP_OK || chunks.count == 0) break;
        status = translate_chunk(o, translator, &chunks, lines, &cut);
        lines += chunks.count;
        if (status == QP_OK) status = qp_output_check(o->out, o->out == stdout ? "stdout" : o->output);
    }
    qp_warning_report(&cut);
    qp_chunks_end(&chunks);
    return status;
}

/* To stdout as lines are made, or to a file that appears once all are made. */
static qp_status translate_to_output(translate_options *o, const qp_translator *translator, const qp_options *options)
{
    qp_writer *writer = NULL;
    bool file = strcmp(o->output, "-") != 0;
    if (file) QP_TRY(qp_writer_open(o->output, &writer));
    o->out = file ? qp_writer_stream(writer) : stdout;
    qp_status status = o->out ? translate_files(o, translator, options)
                              : qp_fail(QP_EMEMORY, "%s: no memory to write it", o->output);
    if (file && status == QP_OK) return qp_writer_commit(writer);
    if (file) qp_writer_abort(writer);
    return status;
}

/* Checks combinations of options. */
static qp_status settle(const qp_options *options, const translate_options *o, qp_search_config *search)
{
    if (o->max_length == 0 && qp_options_given(options, "max-length"))
        return qp_fail(QP_EUSAGE, "--max-length 0 leaves no room for a word; give more, or leave it out: then the "
                                  "length follows from the source (--max-length-factor)");
    if (o->max_length > 0) {
        search->max_length_factor = 0;
        search->max_length_extra = o->max_length;
    }
    if (search->n_best > search->beam_size) {
        if (qp_options_given(options, "beam-size"))
            return qp_fail(QP_EUSAGE, "--n-best %lld is more than --beam-size %lld; a beam has no more",
                           (long long)search->n_best, (long long)search->beam_size);
        search->beam_size = search->n_best;
    }
    if (o->max_length > 0 && search->min_length > o->max_length)
        return qp_fail(QP_EUSAGE, "--min-length %lld is more than --max-length %lld; lower one or raise the other",
                       (long long)search->min_length, (long long)o->max_length);
    return QP_OK;
}

typedef struct {
    translate_options o;
    qp_search_config search;
} translation;

static qp_status run(void *self, const qp_options *options)
{
    translation *how = self;
    translate_options *o = &how->o;
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_AUTOENCODE, -1};
    qp_package *opened;
    qp_text_codec codes;
    QP_TRY(settle(options, o, &how->search));
    QP_TRY(qp_decode_open(&o->ask, tasks, &opened));
    qp_translator translator = {.model = opened->model,
                                .source = o->from_codes ? &codes : &opened->source_codec,
                                .target = &opened->target_codec,
                                .search = how->search,
                                .prefix = {o->tgt_prefix, strlen(o->tgt_prefix)},
                                .batch_size = (int)o->batch_size,
                                .threads = (int)o->ask.threads,
                                .alignment = o->alignment != ALIGNMENT_NONE};
    qp_status status = o->from_codes ? qp_code_lines(opened, &codes) : QP_OK;
    if (status == QP_OK) status = translate_to_output(o, &translator, options);
    qp_package_free(opened);
    return status;
}

int qp_cmd_translate(int argc, char **argv)
{
    translation how;
    const qp_option_group group[] = {
        {&qp_decode_fields, &how.o.ask}, {&translate_table, &how.o}, {&qp_search_fields, &how.search}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'b', "beam-size"}, {'t', "threads"}, {'o', "output"}};
    const qp_command command = {.name = "translate",
                                .summary = "translate source lines",
                                .usage = "-m MODEL [-o FILE] [FILE...]",
                                .notes = notes,
                                .group = group,
                                .group_count = 3,
                                .alias = alias,
                                .alias_count = 4,
                                .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &how);
}
