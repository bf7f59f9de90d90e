#include <stdlib.h>
#include <string.h>

#include "cli/base/text.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"
#include "tokenizer/subword_nmt/subword_nmt.h"
#include "tokenizer/subword_nmt/subword_nmt_trainer.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_formats.h"

/* Commands of other tools with their names and options: spm-train as sentencepiece's spm_train, learn-bpe and apply-bpe
 * as subword-nmt's. */

#define OUTPUT_FIELDS(X) X(TEXT, output, "-", 0, 0, "FILE", "output file")
#define LEARN_FIELDS(X)                                                                                                \
    OUTPUT_FIELDS(X)                                                                                                   \
    X(INT, symbols, "10000", 1, 16777216, NULL, "merges to learn")                                                     \
    X(INT, min_frequency, "2", 1, 1000000000, NULL, "do not merge rarer pairs")                                        \
    X(BOOL, dict_input, "false", 0, 0, NULL, "lines are: word count")                                                  \
    X(BOOL, total_symbols, "false", 0, 0, NULL, "--symbols includes the characters")
#define APPLY_FIELDS(X)                                                                                                \
    X(TEXT, codes, "", 0, 0, "FILE", "the output of learn-bpe")                                                        \
    X(INT, merges, "-1", -1, 16777216, NULL, "use only the first N merges; -1: all")                                   \
    X(TEXT, separator, "@@", 0, 0, NULL, "marks a piece whose word continues")                                         \
    X(TEXT, vocabulary, "", 0, 0, "FILE", "lines: piece count; other pieces are split again")                          \
    X(INT, vocabulary_threshold, "0", 0, 1000000000, NULL, "split rarer pieces too")

typedef struct {
    LEARN_FIELDS(QP_FIELD_DECLARE)
    APPLY_FIELDS(QP_FIELD_DECLARE)
} tool_options;

static QP_FIELD_TABLE(output_table, "output", tool_options, OUTPUT_FIELDS);
static QP_FIELD_TABLE(learn_table, "learn-bpe", tool_options, LEARN_FIELDS);
static QP_FIELD_TABLE(apply_table, "apply-bpe", tool_options, APPLY_FIELDS);
static const size_t LARGEST_FILE = (size_t)1 << 30;

/* ---- spm-train ---- */

typedef struct {
    char *const *file;
    int count, next;
    qp_reader *reader;
} file_lines;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    file_lines *lines = self;
    static const char *const standard = "-";
    *line = NULL;
    for (;;) {
        if (!lines->reader) {
            if (lines->next > 0 && lines->next >= lines->count) return QP_OK;
            QP_TRY(qp_reader_open(lines->count ? lines->file[lines->next] : standard, &lines->reader));
            lines->next++;
        }
        char *found = NULL;
        QP_TRY(qp_reader_next(lines->reader, &found, bytes));
        *line = found;
        if (found) return QP_OK;
        qp_reader_close(lines->reader);
        lines->reader = NULL;
    }
}

/* A quipu file if the name ends in .json, else the .model. */
static qp_status save_model(const char *path, const char *content, size_t bytes)
{
    size_t length = strlen(path);
    if (length < 5 || strcmp(path + length - 5, ".json") != 0) return qp_tokenizer_write_file(path, content, bytes);
    qp_tokenizer *tokenizer;
    QP_TRY(qp_tokenizer_of_content(QP_FORMAT_SENTENCEPIECE, path, content, bytes, &tokenizer));
    qp_status status = qp_tokenizer_save(tokenizer, path);
    qp_tokenizer_free(tokenizer);
    return status;
}

/* A list as spm_train reads it: names separated by commas; a name in double quotes may hold commas, and "" is a quote
 * in it. The option may also be repeated. */
typedef struct {
    char *text; /* of all names */
    const char **name;
    size_t count;
} symbol_list;

static const char *split_name(const char *at, char **out)
{
    bool quoted = *at == '"';
    for (at += quoted; *at && (quoted || *at != ','); at++) {
        if (quoted && *at == '"' && *++at != '"') {
            quoted = false;
            at--;
            continue;
        }
        *(*out)++ = *at;
    }
    *(*out)++ = '\0';
    return at + (*at == ',');
}

static qp_status split_symbols(const qp_option_list *list, symbol_list *symbols)
{
    size_t bytes = 1, names = 1;
    for (int i = 0; i < list->count; i++) {
        bytes += strlen(list->value[i]) + 1;
        for (const char *c = list->value[i]; *c; c++) names += *c == ',';
        names++;
    }
    char *out = symbols->text = malloc(bytes);
    symbols->name = malloc(names * sizeof *symbols->name);
    if (!symbols->text || !symbols->name) return qp_fail(QP_EMEMORY, "tokenizer spm-train: out of memory");
    for (int i = 0; i < list->count; i++)
        for (const char *at = list->value[i]; *at;) {
            const char *begin = out;
            at = split_name(at, &out);
            if (*begin) symbols->name[symbols->count++] = begin;
        }
    return QP_OK;
}

static qp_sentencepiece_config config;

static qp_status spm_train(void *self, const qp_options *options)
{
    const tool_options *use = self;
    const qp_option_list *list = options->command->list;
    symbol_list control = {0}, user = {0};
    file_lines lines = {.file = options->file, .count = options->file_count};
    char *content = NULL;
    size_t bytes = 0;
    qp_status status = split_symbols(&list[0], &control);
    if (status == QP_OK) status = split_symbols(&list[1], &user);
    qp_sentencepiece_symbols symbols = {control.name, user.name, control.count, user.count};
    if (status == QP_OK)
        status = qp_name_files(options, qp_sentencepiece_train(&config, &symbols, next_line, &lines, &content, &bytes));
    if (status == QP_OK) status = save_model(use->output, content, bytes);
    if (lines.reader) qp_reader_close(lines.reader);
    free(content);
    free(control.text);
    free(control.name);
    free(user.text);
    free(user.name);
    return status;
}

int qp_tokenizer_spm_train_main(int argc, char **argv)
{
    static tool_options use;
    static const qp_option_group group[] = {{&qp_sentencepiece_fields, &config}, {&output_table, &use}};
    static qp_option_list list[] = {
        {.name = "control-symbols", .help = "pieces that text never produces, separated by commas"},
        {.name = "user-defined-symbols", .help = "strings that are always one piece, separated by commas"}};
    static const qp_option_alias alias[] = {{'o', "output"}};
    static const qp_command command = {.name = "tokenizer spm-train",
                                       .summary = "train a sentencepiece model as sentencepiece does",
                                       .usage = "--model-type bpe --vocab-size 8000 -o OUT.model FILE...",
                                       .notes = "BPE: the pieces of sentencepiece 0.2.3, in its order; unigram: its "
                                                "method. -o OUT.json writes a quipu file.",
                                       .group = group,
                                       .group_count = 2,
                                       .list = list,
                                       .list_count = 2,
                                       .alias = alias,
                                       .alias_count = 1,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, spm_train, &use);
}

/* ---- learn-bpe ---- */

static qp_status count_line(const void *self, char *line, size_t bytes, qp_word_counts *words)
{
    const tool_options *use = self;
    return use->dict_input ? qp_subword_nmt_count_pair(words, line, bytes) : qp_subword_nmt_count(words, line, bytes);
}

/* The pieces of a text split by the codes with their counts, most frequent first. */
typedef struct {
    qp_subword_nmt *codes;
    qp_word_counts pieces;
} piece_counter;

static qp_status count_pieces(void *self, char *line, size_t bytes)
{
    piece_counter *c = self;
    char *text;
    size_t made;
    QP_TRY(qp_subword_nmt_apply(c->codes, line, bytes, &text, &made));
    qp_status status = qp_subword_nmt_count(&c->pieces, text, made);
    free(text);
    return status;
}

static qp_status write_vocabulary(piece_counter *c, char *file, const char *output)
{
    qp_line_place at = {0};
    qp_writer *writer;
    QP_TRY(qp_each_line(&file, 1, &at, count_pieces, c));
    qp_word_counts_sort(&c->pieces);
    QP_TRY(qp_writer_open(output, &writer));
    for (size_t w = 0; w < c->pieces.count; w++) {
        const struct qp_word *word = &c->pieces.word[w];
        qp_writer_write(writer, c->pieces.text + word->start, word->bytes);
        qp_writer_printf(writer, " %lld\n", (long long)word->count);
    }
    return qp_writer_commit(writer);
}

static qp_status write_vocabularies(const qp_options *options, const qp_option_list *output, const char *codes,
                                    size_t bytes)
{
    piece_counter c = {0};
    if (output->count == 0) return QP_OK;
    if (output->count != options->file_count)
        return qp_fail(QP_EUSAGE, "tokenizer learn-bpe: %d vocabularies for %d texts; name one for each", output->count,
                       options->file_count);
    qp_status status = qp_subword_nmt_read("codes", codes, bytes, -1, &c.codes);
    for (int i = 0; status == QP_OK && i < output->count; i++) {
        status = write_vocabulary(&c, options->file[i], output->value[i]);
        qp_word_counts_free(&c.pieces);
    }
    qp_subword_nmt_free(c.codes);
    return status;
}

static qp_status learn_bpe(void *self, const qp_options *options)
{
    const tool_options *use = self;
    qp_word_counts words = {0};
    qp_subword_nmt_training training = {
        .symbols = use->symbols, .least_frequency = use->min_frequency, .total_symbols = use->total_symbols};
    char *codes = NULL;
    size_t bytes = 0;
    QP_TRY(qp_options_keep_inputs(options, "write-vocabulary"));
    qp_status status = qp_count_lines(options->file, options->file_count, use, count_line, &words);
    if (status == QP_OK) status = qp_name_files(options, qp_subword_nmt_learn(&training, &words, &codes, &bytes));
    if (status == QP_OK) status = write_vocabularies(options, options->command->list, codes, bytes);
    if (status == QP_OK) status = qp_tokenizer_write_file(use->output, codes, bytes);
    qp_word_counts_free(&words);
    free(codes);
    return status;
}

int qp_tokenizer_learn_bpe_main(int argc, char **argv)
{
    static tool_options use;
    static const qp_option_group group[] = {{&learn_table, &use}};
    static qp_option_list vocabulary[] = {
        {.name = "write-vocabulary",
         .kind = "FILE",
         .help = "for each of several texts trained together: file for its pieces and counts"}};
    static const qp_option_alias alias[] = {{'o', "output"}, {'s', "symbols"}, {'t', "total_symbols"}};
    static const qp_command command = {.name = "tokenizer learn-bpe",
                                       .summary = "learn codes as subword-nmt does, byte for byte",
                                       .usage = "-s 10000 -o CODES [--write-vocabulary FILE]... FILE...",
                                       .group = group,
                                       .group_count = 1,
                                       .list = vocabulary,
                                       .list_count = 1,
                                       .alias = alias,
                                       .alias_count = 3,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, learn_bpe, &use);
}

/* ---- apply-bpe ---- */

typedef struct {
    const qp_subword_nmt *codes;
    qp_line_place at;
} application;

static qp_status apply_line(void *self, char *line, size_t bytes)
{
    const application *a = self;
    char *out;
    size_t out_bytes;
    QP_TRY(qp_subword_nmt_apply(a->codes, line, bytes, &out, &out_bytes));
    fwrite(out, 1, out_bytes, a->at.output);
    putc('\n', a->at.output);
    free(out);
    return QP_OK;
}

static qp_status open_codes(const tool_options *use, const qp_option_list *glossary, qp_subword_nmt **codes)
{
    char *content;
    size_t bytes;
    if (!use->codes[0]) return qp_fail(QP_EUSAGE, "tokenizer apply-bpe: no codes given; add -c CODES");
    QP_TRY(qp_file_read(use->codes, LARGEST_FILE, &content, &bytes));
    qp_status status = qp_subword_nmt_read(use->codes, content, bytes, use->merges, codes);
    free(content);
    if (status == QP_OK) status = qp_subword_nmt_separate(*codes, use->separator);
    if (status == QP_OK && glossary->count)
        status = qp_subword_nmt_glossary("--glossaries", *codes, glossary->value, (size_t)glossary->count);
    if (status != QP_OK || !use->vocabulary[0]) return status;
    QP_TRY(qp_file_read(use->vocabulary, LARGEST_FILE, &content, &bytes));
    status = qp_subword_nmt_limit(use->vocabulary, *codes, content, bytes, use->vocabulary_threshold);
    free(content);
    return status;
}

static qp_status apply_bpe(void *self, const qp_options *options)
{
    qp_subword_nmt *codes = NULL;
    qp_status status = open_codes(self, options->command->list, &codes);
    application a = {codes, {.output = stdout}};
    if (status == QP_OK) status = qp_each_line(options->file, options->file_count, &a.at, apply_line, &a);
    qp_subword_nmt_free(codes);
    return status;
}

int qp_tokenizer_apply_bpe_main(int argc, char **argv)
{
    static tool_options use;
    static const qp_option_group group[] = {{&apply_table, &use}};
    static qp_option_list glossary[] = {
        {.name = "glossaries", .help = "a regular expression; its matches are not split"}};
    static const qp_option_alias alias[] = {{'c', "codes"}, {'m', "merges"}, {'s', "separator"}};
    static const qp_command command = {.name = "tokenizer apply-bpe",
                                       .summary = "split words by codes, as subword-nmt does",
                                       .usage = "-c CODES [--vocabulary FILE] [FILE...]",
                                       .group = group,
                                       .group_count = 1,
                                       .list = glossary,
                                       .list_count = 1,
                                       .alias = alias,
                                       .alias_count = 3,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, apply_bpe, &use);
}
