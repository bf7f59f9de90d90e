#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_formats.h"

/* import, export and info: tokenizers as files. */

#define FILE_MODEL(X) X(TEXT, model, "", 0, 0, "FILE", "the tokenizer; may also be given without --model")
#define FILE_SHARED(X)                                                                                                 \
    X(TEXT, output, "-", 0, 0, "FILE", "output file; for gpt2 a folder")                                               \
    X(CHOICE, format, "auto", 0, 0, QP_FORMAT_NAMES, "format of the file; auto: detected from the content")
#define FILE_RANKS(X)                                                                                                  \
    X(TEXT, pattern, "", 0, 0, NULL, "tiktoken: gpt2, gpt4, gpt4o or a regular expression")                            \
    X(TEXT, special_tokens, "", 0, 0, NULL, "tiktoken: special tokens, as NAME=ID,NAME=ID")                            \
    X(BOOL, cased, "false", 0, 0, NULL, "bert: the vocabulary is cased and has accents")
#define INFO_FIELDS(X)                                                                                                 \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object for each file")                                                \
    X(BOOL, vocab, "false", 0, 0, NULL, "also list the vocabulary: id, piece and role, separated by TABs")
#define IMPORT_FIELDS(X) FILE_SHARED(X) FILE_RANKS(X)
#define EXPORT_FIELDS(X) FILE_MODEL(X) FILE_SHARED(X)

typedef struct {
    EXPORT_FIELDS(QP_FIELD_DECLARE)
    FILE_RANKS(QP_FIELD_DECLARE)
    INFO_FIELDS(QP_FIELD_DECLARE)
} file_options;

static QP_FIELD_TABLE(import_table, "file", file_options, IMPORT_FIELDS);
static QP_FIELD_TABLE(export_table, "file", file_options, EXPORT_FIELDS);
static QP_FIELD_TABLE(info_table, "output", file_options, INFO_FIELDS);
static const qp_option_alias alias[] = {{'m', "model"}, {'o', "output"}};

static void warn(const qp_tokenizer *tokenizer)
{
    const char *warning = qp_tokenizer_info(tokenizer).warning;
    if (warning) fprintf(stderr, "warning: %s\n", warning);
}

qp_status qp_tokenizer_load_warned(const char *path, qp_tokenizer **tokenizer)
{
    QP_TRY(qp_tokenizer_load(path, tokenizer));
    warn(*tokenizer);
    return QP_OK;
}

/* ---- import ---- */

static qp_status import(void *self, const qp_options *options)
{
    const file_options *use = self;
    qp_import in = {.format = (qp_tokenizer_format)use->format,
                    .pattern = use->pattern,
                    .special_tokens = use->special_tokens,
                    .cased = use->cased};
    qp_tokenizer *tokenizer;
    if (options->file_count < 1 || options->file_count > 2)
        return qp_fail(QP_EUSAGE, "tokenizer import: give one file, or vocab.json and merges.txt");
    for (int i = 0; i < options->file_count; i++) in.path[in.count++] = options->file[i];
    QP_TRY(qp_tokenizer_import(&in, &tokenizer));
    qp_status status = qp_tokenizer_save(tokenizer, use->output);
    if (status == QP_EDATA) status = qp_fail_in(status, in.path[0]); /* the format cannot hold what is in the file */
    warn(tokenizer);
    if (status == QP_OK)
        fprintf(stderr, "%s: %d pieces\n", qp_tokenizer_info(tokenizer).type, qp_tokenizer_size(tokenizer));
    qp_tokenizer_free(tokenizer);
    return status;
}

int qp_tokenizer_import_main(int argc, char **argv)
{
    static file_options use;
    static const qp_option_group group[] = {{&import_table, &use}};
    static const qp_command command = {
        .name = "tokenizer import",
        .summary = "convert a file of another project to quipu's format: same ids, offsets and text",
        .usage = "[--format NAME] FILE [merges.txt] -o TOKENIZER.json",
        .notes = "sentencepiece .model, Hugging Face tokenizer.json, GPT-2 vocab.json and merges.txt, tiktoken ranks "
                 "with --pattern, BERT vocab.txt.",
        .group = group,
        .group_count = 1,
        .alias = alias + 1,
        .alias_count = 1,
        .takes_files = true};
    return qp_options_run(&command, argc, argv, import, &use);
}

/* ---- export ---- */

qp_status qp_name_files(const qp_options *options, qp_status status)
{
    char reason[1024];
    if (status == QP_OK) return QP_OK;
    snprintf(reason, sizeof reason, "%s", qp_error_message());
    for (int i = 0; i < options->file_count; i++) {
        size_t bytes = strlen(options->file[i]);
        if (strncmp(reason, options->file[i], bytes) == 0 && reason[bytes] == ':') return status;
    }
    return qp_fail(status, "%s: %s", options->file_count ? options->file[0] : "stdin", reason);
}

qp_status qp_tokenizer_write_file(const char *path, const char *text, size_t bytes)
{
    qp_writer *writer;
    QP_TRY(qp_writer_open(path, &writer));
    qp_writer_write(writer, text, bytes);
    return qp_writer_commit(writer);
}

/* input: the tokenizer that is exported */
static qp_status write_export(const file_options *use, const char *input, const qp_export *out)
{
    char path[2][600];
    if (!out->text[1]) return qp_tokenizer_write_file(use->output, out->text[0], out->bytes[0]);
    if (strcmp(use->output, "-") == 0)
        return qp_fail(QP_EUSAGE, "tokenizer export: two files are written; name their folder with -o");
    snprintf(path[0], sizeof path[0], "%s/vocab.json", use->output);
    snprintf(path[1], sizeof path[1], "%s/merges.txt", use->output);
    for (int i = 0; i < 2; i++) QP_TRY(qp_options_keep_input(input, path[i]));
    QP_TRY(qp_folder_make(use->output));
    QP_TRY(qp_tokenizer_write_file(path[0], out->text[0], out->bytes[0]));
    return qp_tokenizer_write_file(path[1], out->text[1], out->bytes[1]);
}

static qp_status export(void *self, const qp_options *options)
{
    const file_options *use = self;
    const char *path = use->model[0] ? use->model : options->file_count == 1 ? options->file[0] : NULL;
    qp_tokenizer *tokenizer;
    qp_export out = {0};
    if (!path || (use->model[0] && options->file_count))
        return qp_fail(QP_EUSAGE, "tokenizer export: give one tokenizer, as a word or with -m");
    QP_TRY(qp_tokenizer_load_warned(path, &tokenizer));
    qp_status status = qp_tokenizer_export(tokenizer, (qp_tokenizer_format)use->format, &out);
    if (status == QP_EDATA) status = qp_fail_in(status, path);
    if (status == QP_OK) status = write_export(use, path, &out);
    if (status == QP_OK && out.note[0]) fprintf(stderr, "not in the file: %s\n", out.note);
    qp_export_free(&out);
    qp_tokenizer_free(tokenizer);
    return status;
}

int qp_tokenizer_export_main(int argc, char **argv)
{
    static file_options use;
    static const qp_option_group group[] = {{&export_table, &use}};
    static const qp_command command = {
        .name = "tokenizer export",
        .summary = "convert to a format of another project: same ids, offsets and text",
        .usage = "--format NAME TOKENIZER -o OUT",
        .notes = "What a format cannot express is an error. Settings that the file does not contain (special "
                 "tokens, a pattern) are listed on stderr.",
        .group = group,
        .group_count = 1,
        .alias = alias,
        .alias_count = 2,
        .takes_files = true};
    return qp_options_run(&command, argc, argv, export, &use);
}

/* ---- info ---- */

/* Number of pieces of one character, and the length of the longest piece in characters. */
static void look_through(const qp_tokenizer *tokenizer, int *single, int *longest)
{
    *single = *longest = 0;
    for (int32_t id = 0; id < qp_tokenizer_size(tokenizer); id++) {
        const char *piece = qp_tokenizer_piece(tokenizer, id);
        int characters = 0;
        for (const char *at = piece; *at; at++) characters += ((unsigned char)*at & 0xC0) != 0x80;
        *single += characters == 1;
        if (characters > *longest) *longest = characters;
    }
}

static const char *const role_name[] = {
    [QP_TOKEN_NORMAL] = "normal", [QP_TOKEN_SPECIAL] = "special", [QP_TOKEN_ADDED] = "added"};

static void put_tokens(const qp_tokenizer *tokenizer, qp_token_role role, const char *key, qp_text_buffer *out)
{
    qp_json_key(out, key);
    qp_json_open(out, '[');
    for (int32_t id = 0; id < qp_tokenizer_size(tokenizer); id++) {
        if (qp_tokenizer_role(tokenizer, id) != role) continue;
        const char *piece = qp_tokenizer_piece(tokenizer, id);
        qp_json_open(out, '{');
        qp_json_put_integer(out, "id", id);
        qp_json_key(out, "piece");
        qp_json_repaired(out, piece, strlen(piece));
        qp_json_close(out, '}');
    }
    qp_json_close(out, ']');
}

static void put_vocabulary(const qp_tokenizer *tokenizer, qp_text_buffer *out)
{
    qp_json_key(out, "vocabulary");
    qp_json_open(out, '[');
    for (int32_t id = 0; id < qp_tokenizer_size(tokenizer); id++) {
        const char *piece = qp_tokenizer_piece(tokenizer, id);
        qp_json_repaired(out, piece, strlen(piece));
    }
    qp_json_close(out, ']');
}

static void print_tokens(const qp_tokenizer *tokenizer, qp_token_role role, const char *title)
{
    int found = 0;
    for (int32_t id = 0; id < qp_tokenizer_size(tokenizer); id++) {
        if (qp_tokenizer_role(tokenizer, id) != role) continue;
        printf("%s%s %d", found++ ? ", " : title, qp_tokenizer_piece(tokenizer, id), id);
    }
    if (found) putchar('\n');
}

static void print_vocabulary(const qp_tokenizer *tokenizer)
{
    for (int32_t id = 0; id < qp_tokenizer_size(tokenizer); id++)
        printf("%d\t%s\t%s\n", id, qp_tokenizer_piece(tokenizer, id), role_name[qp_tokenizer_role(tokenizer, id)]);
}

static qp_status print_info(const qp_tokenizer *tokenizer, const file_options *use)
{
    qp_tokenizer_facts f = qp_tokenizer_info(tokenizer);
    int single, longest;
    look_through(tokenizer, &single, &longest);
    if (use->json) {
        qp_text_buffer out = {0};
        qp_json_open(&out, '{');
        qp_json_put_text(&out, "type", f.type);
        qp_json_put_integer(&out, "pieces", f.size);
        qp_json_put_integer(&out, "merges", (int64_t)f.merges);
        qp_json_put_integer(&out, "pieces_of_one_character", single);
        qp_json_put_integer(&out, "longest_piece", longest);
        qp_json_put_text(&out, "normalization", f.normalization);
        qp_json_put_bool(&out, "lower_case", f.lower_case);
        qp_json_put_bool(&out, "case_fold", f.case_fold);
        qp_json_put_bool(&out, "strip_accents", f.strip_accents);
        qp_json_put_bool(&out, "jamo", f.jamo);
        qp_json_put_bool(&out, "space_first", f.space_first);
        qp_json_put_bool(&out, "byte_fallback", f.byte_fallback);
        qp_json_put_text(&out, "pattern", f.pattern);
        qp_json_put_text(&out, "digits", f.single_digits ? "single" : "together");
        qp_json_put_text(&out, "unicode", f.unicode);
        put_tokens(tokenizer, QP_TOKEN_SPECIAL, "special_tokens", &out);
        put_tokens(tokenizer, QP_TOKEN_ADDED, "added_tokens", &out);
        if (use->vocab) put_vocabulary(tokenizer, &out);
        qp_json_close(&out, '}');
        return qp_json_line(stdout, &out);
    }
    printf("type           %s\npieces         %d\nmerges         %zu\nnormalization  %s (Unicode %s)%s%s%s%s\n", f.type,
           f.size, f.merges, f.normalization, f.unicode, f.lower_case ? ", lower case" : "",
           f.case_fold ? ", case folded" : "", f.strip_accents ? ", without accents" : "", f.jamo ? ", in jamo" : "");
    printf("one character  %d pieces; the longest has %d\n", single, longest);
    printf("byte fallback  %s\npattern        %s%s\nspace first    %s\n", f.byte_fallback ? "yes" : "no", f.pattern,
           f.single_digits ? ", digits single" : "", f.space_first ? "yes" : "no");
    print_tokens(tokenizer, QP_TOKEN_SPECIAL, "special tokens ");
    print_tokens(tokenizer, QP_TOKEN_ADDED, "added tokens   ");
    if (use->vocab) print_vocabulary(tokenizer);
    return QP_OK;
}

static qp_status info(void *self, const qp_options *options)
{
    const file_options *use = self;
    if (options->file_count == 0) return qp_fail(QP_EUSAGE, "tokenizer info: no file given; add TOKENIZER.json");
    for (int i = 0; i < options->file_count; i++) {
        qp_tokenizer *tokenizer;
        QP_TRY(qp_tokenizer_load_warned(options->file[i], &tokenizer));
        qp_status status = print_info(tokenizer, use);
        qp_tokenizer_free(tokenizer);
        QP_TRY(status);
    }
    return QP_OK;
}

int qp_tokenizer_info_main(int argc, char **argv)
{
    static file_options use;
    static const qp_option_group group[] = {{&info_table, &use}};
    static const qp_command command = {.name = "tokenizer info",
                                       .summary = "describe a tokenizer file",
                                       .usage = "[--json] [--vocab] TOKENIZER...",
                                       .group = group,
                                       .group_count = 1,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, info, &use);
}
