#include "cli/tokenizer/tokenizer_stream.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/threads.h"
#include "lib/base/writer.h"
#include "tokenizer/tokenizer_file.h"

const qp_option_alias qp_stream_alias[QP_STREAM_ALIASES] = {{'m', "model"}, {'o', "output"}, {'t', "threads"}};

static void free_state(qp_stream_state *s)
{
    qp_encoding_free(&s->encoding);
    qp_encoded_lines_free(&s->lines);
    for (int64_t i = 0; s->best && i < s->options->n_best; i++) qp_encoding_free(&s->best[i]);
    free(s->best);
    free(s->score);
    free(s->ids.id);
}

static qp_status change_lines(const qp_stream_command *how, const qp_options *options, const qp_tokenizer *tokenizer,
                              FILE *output)
{
    const qp_stream_options *o = &how->options;
    int workers = qp_threads_of(o->threads);
    qp_stream_state *state = calloc((size_t)workers, sizeof *state);
    qp_line_worker *worker = calloc((size_t)workers, sizeof *worker);
    qp_status status = state && worker ? QP_OK : qp_fail(QP_EMEMORY, "out of memory; use fewer --threads");
    for (int k = 0; status == QP_OK && k < workers; k++) {
        state[k] = (qp_stream_state){.options = o, .tokenizer = tokenizer, .at = {.output = output}};
        state[k].encoding.spans = o->offsets || o->characters;
        worker[k] = (qp_line_worker){&state[k], &state[k].at};
    }
    qp_line_place at = {.output = output};
    if (status == QP_OK && workers == 1)
        status = qp_each_line(options->file, options->file_count, &state->at, how->act, state);
    else if (status == QP_OK)
        status = qp_each_line_by(options->file, options->file_count, &at, worker, workers, how->act);
    for (int k = 0; state && k < workers; k++) free_state(&state[k]);
    free(state);
    free(worker);
    return status;
}

static qp_status change_files(const qp_stream_command *how, const qp_options *options, const qp_tokenizer *tokenizer)
{
    const char *path = how->options.output;
    if (strcmp(path, "-") == 0) return change_lines(how, options, tokenizer, stdout);
    qp_writer *writer;
    QP_TRY(qp_writer_open(path, &writer));
    FILE *output = qp_writer_stream(writer);
    qp_status status = output ? change_lines(how, options, tokenizer, output)
                              : qp_fail(QP_EMEMORY, "%s: out of memory", path);
    if (status == QP_OK) return qp_writer_commit(writer);
    qp_writer_abort(writer);
    return status;
}

qp_status qp_stream_run(void *self, const qp_options *options)
{
    const qp_stream_command *how = self;
    qp_tokenizer *tokenizer = NULL;
    const qp_stream_options *o = &how->options;
    if (!o->model[0]) return qp_fail(QP_EUSAGE, "%s: no tokenizer given; add -m FILE.json", options->command->name);
    if (o->ids && o->pieces)
        return qp_fail(QP_EUSAGE, "%s: --ids and --pieces contradict each other; give one", options->command->name);
    QP_TRY(qp_tokenizer_load_warned(o->model, &tokenizer));
    qp_status status = how->check ? how->check(o, tokenizer) : QP_OK;
    if (status == QP_OK) status = change_files(how, options, tokenizer);
    qp_tokenizer_free(tokenizer);
    return status;
}
