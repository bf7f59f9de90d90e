#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/text.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"

/* ---- lines ---- */

qp_status qp_line_failed(const qp_line_place *at, qp_status status)
{
    char place[600];
    if (status == QP_OK || status == QP_EUSAGE || strstr(qp_error_message(), at->place)) return status;
    snprintf(place, sizeof place, "%.500s:%lld", at->place, (long long)at->line);
    return qp_fail_in(status, place);
}

static qp_status lines_of(qp_reader *reader, qp_line_place *at, qp_status (*act)(void *self, char *line, size_t bytes),
                          void *self)
{
    char *line;
    size_t bytes;
    for (;;) {
        QP_TRY(qp_reader_raw(reader, &line, &bytes));
        if (!line) return QP_OK;
        at->line = qp_reader_line(reader);
        at->waits = qp_reader_waits(reader);
        QP_TRY(qp_line_failed(at, act(self, line, bytes)));
        if (at->waits && at->output) fflush(at->output);
        if (at->output && ferror(at->output)) return QP_OK; /* main reports errors of stdout */
    }
}

qp_status qp_each_line(char *const *file, int count, qp_line_place *at,
                       qp_status (*act)(void *self, char *line, size_t bytes), void *self)
{
    static char dash[] = "-";
    char *const standard[] = {dash};
    if (count == 0) file = standard;
    for (int i = 0; i < (count ? count : 1); i++) {
        qp_reader *reader;
        QP_TRY(qp_reader_open(file[i], &reader));
        at->place = strcmp(file[i], "-") == 0 ? "stdin" : file[i];
        at->line = 0;
        qp_status status = lines_of(reader, at, act, self);
        qp_reader_close(reader);
        QP_TRY(status);
    }
    return QP_OK;
}

/* ---- commands ---- */

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verb[] = {{"train", "train a tokenizer on text", qp_tokenizer_train_main},
            {"encode", "text to ids or pieces", qp_tokenizer_encode_main},
            {"decode", "ids or pieces to text", qp_tokenizer_decode_main},
            {"info", "describe a tokenizer file", qp_tokenizer_info_main},
            {"import", "convert a file of another project to quipu's format", qp_tokenizer_import_main},
            {"export", "convert to the formats of other projects", qp_tokenizer_export_main},
            {"compare", "compare two tokenizers on a text", qp_tokenizer_compare_main},
            {"spm-train", "train a sentencepiece model, as sentencepiece does", qp_tokenizer_spm_train_main},
            {"learn-bpe", "learn codes, as subword-nmt does", qp_tokenizer_learn_bpe_main},
            {"apply-bpe", "cut words by codes, as subword-nmt does", qp_tokenizer_apply_bpe_main},
            {"hf-train", "learn a tokenizer.json, as Hugging Face does", qp_tokenizer_hf_train_main},
            {"moses", "text to words and back, as Moses does", qp_tokenizer_moses_main}};
enum { VERBS = sizeof verb / sizeof *verb };
#define VERB_LIST                                                                                                      \
    "train, encode, decode, info, import, export, compare, spm-train, learn-bpe, apply-bpe, hf-train or moses"

static void print_verbs(void)
{
    qp_text_wrap(stdout, "usage: quipu tokenizer COMMAND [options] [FILE...]\n\n", 0);
    for (int i = 0; i < VERBS; i++) {
        char line[120];
        snprintf(line, sizeof line, "  %-11s%s", verb[i].name, verb[i].summary);
        qp_text_wrap(stdout, line, 13);
    }
    qp_text_wrap(stdout, "\nquipu tokenizer COMMAND --help lists the options.", 0);
}

int qp_cmd_tokenizer(int argc, char **argv)
{
    static char help[] = "--help";
    if (argc < 2) {
        return qp_report(qp_fail(QP_EUSAGE, "tokenizer: no command; give " VERB_LIST));
    }
    if (strcmp(argv[1], "help") == 0 && argc > 2) { /* tokenizer help train: tokenizer train --help */
        argv[1] = argv[2];
        argv[2] = help;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_verbs();
        return 0;
    }
    const char *name[VERBS];
    for (int i = 0; i < VERBS; i++) {
        name[i] = verb[i].name;
        if (strcmp(argv[1], name[i]) == 0) return verb[i].run(argc - 1, argv + 1);
    }
    const char *near = qp_config_suggest(argv[1], name, VERBS);
    return qp_report(near ? qp_fail(QP_EUSAGE, "tokenizer: unknown command \"%s\"; did you mean \"%s\"?", argv[1], near)
                          : qp_fail(QP_EUSAGE, "tokenizer: unknown command \"%s\"; give " VERB_LIST, argv[1]));
}
