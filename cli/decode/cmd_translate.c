#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/chunks.h"
#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/ranks.h"
#include "cli/base/text.h"
#include "cli/base/warnings.h"
#include "cli/decode/code_lines.h"
#include "cli/decode/decode_options.h"
#include "cli/decode/translation_lines.h"
#include "lib/base/writer.h"
#include "lib/decode/translate.h"
#include "lib/package/decoding.h"
#include "lib/package/package.h"

/* translate — translate source lines. One line of output per line of input, in order: an empty line gives an empty
 * line, and a line end inside a translation becomes a space. */
enum { LINES_A_THREAD = 1024 };

#define TRANSLATE_FIELDS(X)                                                                                            \
    X(TEXT, output, "-", 0, 0, "FILE", "write the translations to this file, once all are made; -: stdout")            \
    X(INT, max_length, "0", 0, 100000, NULL,                                                                           \
      "output at most N tokens; not given: as many as --max-length-factor and -extra say")                             \
    X(TEXT, tgt_prefix, "", 0, 0, "TEXT", "begin every translation with this text; empty lines stay empty")            \
    X(CHOICE, scores, "none", 0, 0, QP_CHOICES(QP_SCORES_SHOWN), "print log-probabilities after the text")             \
    X(CHOICE, alignment, "none", 0, 0, QP_CHOICES(QP_ALIGNMENTS), "print the alignment of each target token")          \
    X(CHOICE, alignment_unit, "token", 0, 0, QP_CHOICES(QP_ALIGNMENT_UNITS),                                           \
      "--alignment of tokens, or of words between white space")                                                        \
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
    "--alignment-unit word: the same for words; the weights of a word are the mean over its tokens of their sums over "
    "the tokens of each source word.\n"
    "A model that was imported has its publisher's --beam-size, --length-penalty and other rules as defaults; quipu "
    "info shows them, and its languages.\n"
    "Weights are the mean over the heads of the last decoder layer but one (of fewer than three layers: the last).";

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
    if (o->from_codes) QP_TRY(qp_code_lines_check(translator->model, chunks));
    qp_translation *made = malloc((size_t)chunks->count * sizeof *made);
    if (!made) return qp_fail(QP_EMEMORY, "translate: out of memory for %d lines", chunks->count);
    const qp_translation_style style = {
        .out = o->out, .json = o->ask.json, .scores = o->scores, .alignment = o->alignment, .unit = o->alignment_unit};
    qp_status status = qp_translate(translator, chunks->line, chunks->count, made);
    for (int i = 0; i < chunks->count; i++) {
        if (status == QP_OK) {
            note_cut(cut, chunks, i, &made[i]);
            status = qp_translation_put(&style, translator, &chunks->line[i], &made[i], first + i);
        }
        qp_translation_free(&made[i]);
    }
    free(made);
    return status;
}

static qp_status translate_files(translate_options *o, const qp_translator *translator, const qp_options *options)
{
    qp_chunks chunks;
    qp_ranks_output shared;
    int64_t lines = 0;
    qp_warning cut = {.count = 0};
    int limit = LINES_A_THREAD * translator->threads;
    FILE *out = o->out;
    QP_TRY(qp_ranks_output_begin(&shared, out, options->file, options->file_count, &limit));
    qp_status status = qp_chunks_begin(&chunks, options->file, options->file_count, limit);
    for (bool last = status != QP_OK; !last;) {
        status = qp_chunks_next(&chunks);
        last = status != QP_OK || chunks.count == 0;
        o->out = shared.stream;
        if (!last && qp_ranks_output_own(&shared)) status = translate_chunk(o, translator, &chunks, lines, &cut);
        lines += chunks.count;
        status = qp_ranks_output_next(&shared, status, last);
        if (status == QP_OK) status = qp_output_check(out, out == stdout ? "stdout" : o->output);
        last = last || status != QP_OK;
    }
    qp_ranks_output_end(&shared);
    qp_warning_report(&cut);
    qp_chunks_end(&chunks);
    return status;
}

/* To stdout as lines are made, or to a file that appears once all are made. */
static qp_status translate_to_output(translate_options *o, const qp_translator *translator, const qp_options *options)
{
    qp_writer *writer = NULL;
    bool file = strcmp(o->output, "-") != 0 && qp_cluster_rank(qp_ranks()) == 0;
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
    if (o->alignment_unit != QP_UNIT_TOKEN && o->alignment == QP_ALIGNMENT_NONE)
        return qp_fail(QP_EUSAGE, "--alignment-unit is that of --alignment; add --alignment hard or soft");
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
    qp_language_config languages;
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
    const int64_t threads = o->ask.threads; /* as opening has set them */
    qp_status status = qp_model_rules(opened->decoding, options);
    o->ask.threads = threads;
    if (status == QP_OK) status = settle(options, o, &how->search);
    if (status == QP_OK) status = qp_decoding_set_languages(opened, &how->languages, &how->search);
    qp_translator translator = {.model = opened->model,
                                .source = o->from_codes ? &codes : &opened->source_codec,
                                .target = &opened->target_codec,
                                .search = how->search,
                                .prefix = {o->tgt_prefix, strlen(o->tgt_prefix)},
                                .batch_size = (int)o->batch_size,
                                .threads = (int)o->ask.threads,
                                .alignment = o->alignment != QP_ALIGNMENT_NONE};
    if (status == QP_OK && o->from_codes) status = qp_code_lines(opened, &codes);
    if (status == QP_OK) status = translate_to_output(o, &translator, options);
    qp_package_free(opened);
    return status;
}

int qp_cmd_translate(int argc, char **argv)
{
    translation how;
    const qp_option_group group[] = {{&qp_decode_fields, &how.o.ask},
                                     {&translate_table, &how.o},
                                     {&qp_search_fields, &how.search},
                                     {&qp_language_fields, &how.languages}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'b', "beam-size"}, {'t', "threads"}, {'o', "output"}};
    const qp_command command = {.name = "translate",
                                .summary = "translate source lines",
                                .usage = "-m MODEL [-o FILE] [FILE...]",
                                .notes = notes,
                                .group = group,
                                .group_count = 4,
                                .alias = alias,
                                .alias_count = 4,
                                .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &how);
}
