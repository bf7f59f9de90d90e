#include <stdlib.h>
#include <string.h>

#include "cli/base/text.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "lib/base/writer.h"
#include "tokenizer/moses/moses.h"
#include "tokenizer/moses/moses_truecase.h"

/* moses: text to text by the rules of the Moses scripts, line by line. */

#define MOSES_FIELDS(X)                                                                                                \
    X(CHOICE, action, "tokenize", 0, 0, "tokenize, detokenize, punctuation, truecase, detruecase, learn-truecase",     \
      "what to do with each line")                                                                                     \
    X(TEXT, language, "en", 0, 0, "NAME", "language of the text, which selects the rules")                             \
    X(TEXT, prefixes, "", 0, 0, "FILE", "nonbreaking_prefix file: abbreviations, instead of the built-in ones")        \
    X(TEXT, protect, "", 0, 0, "FILE", "file of regular expressions; their matches are not split")                     \
    X(BOOL, aggressive, "false", 0, 0, NULL, "hyphens inside words become @-@")                                        \
    X(BOOL, escape, "true", 0, 0, NULL, "tokenize: & | < > ' \" [ ] become entities")                                  \
    X(TEXT, model, "", 0, 0, "FILE", "truecase: the model that learn-truecase wrote")                                  \
    X(TEXT, output, "-", 0, 0, "FILE", "output file")

typedef struct {
    MOSES_FIELDS(QP_FIELD_DECLARE)
} moses_options;

static QP_FIELD_TABLE(moses_table, "moses", moses_options, MOSES_FIELDS);

enum { TOKENIZE, DETOKENIZE, PUNCTUATION, TRUECASE, DETRUECASE, LEARN };

typedef struct {
    const moses_options *options;
    qp_moses moses;
    qp_truecaser truecaser;
    qp_writer *writer;
    qp_line_place at;
} moses_state;

static qp_status read_into(const char *path, char **content, size_t *bytes)
{
    return qp_file_read(path, (size_t)1 << 30, content, bytes);
}

static qp_status prepare(moses_state *s)
{
    const moses_options *o = s->options;
    char *content = NULL;
    size_t bytes;
    if (o->action == TRUECASE && !o->model[0])
        return qp_fail(QP_EUSAGE, "tokenizer moses: truecase needs --model; learn-truecase makes one");
    QP_TRY(qp_moses_init(&s->moses, o->language));
    s->moses.aggressive = o->aggressive;
    s->moses.escape = o->escape;
    qp_status status = QP_OK;
    if (o->prefixes[0]) {
        status = read_into(o->prefixes, &content, &bytes);
        if (status == QP_OK) status = qp_moses_prefixes(&s->moses, content, bytes);
        free(content);
        content = NULL;
    }
    if (status == QP_OK && o->protect[0]) {
        status = read_into(o->protect, &content, &bytes);
        if (status == QP_OK) status = qp_moses_protect(o->protect, &s->moses, content, bytes);
        free(content);
        content = NULL;
    }
    if (status == QP_OK && o->action == TRUECASE) {
        status = read_into(o->model, &content, &bytes);
        if (status == QP_OK) status = qp_truecaser_read(&s->truecaser, content, bytes);
        free(content);
    }
    return status;
}

static qp_status change_line(void *self, char *line, size_t bytes)
{
    moses_state *s = self;
    char *out;
    size_t made;
    qp_status status;
    switch (s->options->action) {
    case TOKENIZE: status = qp_moses_tokenize(&s->moses, line, bytes, &out, &made); break;
    case DETOKENIZE: status = qp_moses_detokenize(&s->moses, line, bytes, &out, &made); break;
    case PUNCTUATION: status = qp_moses_normalize_punctuation(&s->moses, line, bytes, &out, &made); break;
    case TRUECASE: status = qp_truecaser_apply(&s->truecaser, line, bytes, &out, &made); break;
    case DETRUECASE: status = qp_detruecase(line, bytes, &out, &made); break;
    default: return qp_truecaser_learn(&s->truecaser, line, bytes);
    }
    QP_TRY(status);
    qp_writer_write(s->writer, out, made);
    status = qp_writer_write(s->writer, "\n", 1);
    free(out);
    return status == QP_OK && s->at.waits ? qp_writer_flush(s->writer) : status;
}

static qp_status change_files(moses_state *s, const qp_options *options)
{
    QP_TRY(prepare(s));
    QP_TRY(qp_writer_open(s->options->output, &s->writer));
    QP_TRY(qp_each_line(options->file, options->file_count, &s->at, change_line, s));
    if (s->options->action == LEARN) {
        char *content;
        size_t bytes;
        QP_TRY(qp_truecaser_write(&s->truecaser, &content, &bytes));
        qp_writer_write(s->writer, content, bytes);
        free(content);
    }
    qp_writer *writer = s->writer;
    s->writer = NULL;
    return qp_writer_commit(writer);
}

static qp_status run(void *self, const qp_options *options)
{
    moses_state state = {.options = self};
    qp_truecaser_init(&state.truecaser);
    qp_status status = change_files(&state, options);
    if (state.writer) qp_writer_abort(state.writer);
    qp_moses_free(&state.moses);
    qp_truecaser_free(&state.truecaser);
    return status;
}

int qp_tokenizer_moses_main(int argc, char **argv)
{
    static const qp_option_alias alias[] = {{'m', "model"}, {'o', "output"}, {'l', "language"}};
    static moses_options use;
    static const qp_option_group group[] = {{&moses_table, &use}};
    static const qp_command command = {
        .name = "tokenizer moses",
        .summary = "tokenize and detokenize as the Moses scripts do; truecasing; punctuation",
        .usage = "--action tokenize --language de [FILE...]",
        .group = group,
        .group_count = 1,
        .alias = alias,
        .alias_count = 3,
        .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &use);
}
