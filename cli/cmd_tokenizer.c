#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/text.h"
#include "lib/base/file.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_trainer.h"

/* ---- options ---- */

#define ROW(kind, name, fallback, low, high, choices, help)                                                            \
    QP_FIELD_ROW(use_options, kind, name, fallback, low, high, choices, help)
#define USE_FIELDS(X)                                                                                                  \
    X(TEXT, model, "", 0, 0, NULL, "tokenizer: a file of ours, a sentencepiece .model, a Hugging Face tokenizer.json") \
    X(TEXT, output, "-", 0, 0, NULL, "where to write")                                                                 \
    X(BOOL, ids, "false", 0, 0, NULL, "numbers (the default)")                                                         \
    X(BOOL, pieces, "false", 0, 0, NULL, "printable pieces instead of numbers")                                        \
    X(BOOL, offsets, "false", 0, 0, NULL, "begin:end of every piece in bytes of the line")                             \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object for each line")

typedef struct {
    USE_FIELDS(QP_FIELD_DECLARE)
} use_options;

static const qp_field use_field[] = {USE_FIELDS(ROW)};
static const qp_field_table output_table = {"output", use_field + 1, 1};
static const qp_field_table info_table = {"output", use_field + 5, 1};
static const qp_field_table encode_table = {"output", use_field, 6};
static const qp_field_table decode_table = {"output", use_field, 4};
static const qp_option_alias alias[] = {{'m', "model"}, {'o', "output"}};

/* ---- lines ---- */

/* One way for every line of the files, or of stdin: cut at LF alone, every other byte kept. */
typedef struct {
    qp_tokenizer *tokenizer;
    const use_options *options;
    qp_encoding encoding;
    int32_t *id;
    size_t id_capacity;
    FILE *output;
    const char *place;
    int64_t line;
} stream_state;

typedef qp_status (*line_action)(stream_state *state, char *line, size_t bytes);

static qp_status each_line(stream_state *state, FILE *input, line_action act)
{
    char *line = NULL;
    size_t capacity = 0;
    qp_status status = QP_OK;
    state->line = 0;
    errno = 0;
    for (ssize_t bytes; status == QP_OK && (bytes = getline(&line, &capacity, input)) >= 0;) {
        if (bytes > 0 && line[bytes - 1] == '\n') line[--bytes] = '\0';
        state->line++;
        status = act(state, line, (size_t)bytes);
        if (status == QP_OK && ferror(state->output)) break; /* main tells what happened to stdout */
    }
    if (status == QP_OK && ferror(input)) {
        status = qp_fail(QP_EIO, "%s:%lld: cannot read: %s", state->place, (long long)state->line, strerror(errno));
    }
    free(line);
    return status;
}

static qp_status each_file(stream_state *state, const qp_options *options, line_action act)
{
    static char dash[] = "-";
    char *standard[] = {dash};
    char **file = options->file_count ? options->file : standard;
    int count = options->file_count ? options->file_count : 1;
    for (int i = 0; i < count; i++) {
        bool is_standard = strcmp(file[i], "-") == 0;
        FILE *input = is_standard ? stdin : fopen(file[i], "rb");
        if (!input) return qp_fail(QP_ENOINPUT, "%s: cannot open: %s", file[i], strerror(errno));
        state->place = is_standard ? "stdin" : file[i];
        qp_status status = each_line(state, input, act);
        if (!is_standard) fclose(input);
        QP_TRY(status);
    }
    return QP_OK;
}

static int run_stream(const qp_command *command, use_options *use, int argc, char **argv, line_action act)
{
    qp_options options;
    int code;
    if (!qp_options_begin(&options, command, argc, argv, &code)) return code;
    stream_state state = {.options = use, .output = stdout, .encoding = {.spans = use->offsets}};
    qp_status status = QP_OK;
    if (!use->model[0]) {
        status = qp_fail(QP_EUSAGE, "%s: no tokenizer given; add -m FILE.json", command->name);
    } else if (use->ids && use->pieces) {
        status = qp_fail(QP_EUSAGE, "%s: --ids and --pieces exclude each other; give one", command->name);
    } else {
        status = qp_tokenizer_load(use->model, &state.tokenizer);
    }
    if (status == QP_OK && strcmp(use->output, "-") != 0) {
        state.output = fopen(use->output, "wb");
        if (!state.output) status = qp_fail(QP_ECREATE, "%s: cannot create: %s", use->output, strerror(errno));
    }
    if (status == QP_OK) status = each_file(&state, &options, act);
    if (state.output && state.output != stdout) {
        qp_status written = qp_output_check(state.output, use->output);
        if (fclose(state.output) != 0 && written == QP_OK) {
            written = qp_fail(QP_EIO, "%s: cannot write: %s", use->output, strerror(errno));
        }
        if (status == QP_OK) status = written;
    }
    qp_encoding_free(&state.encoding);
    free(state.id);
    qp_tokenizer_free(state.tokenizer);
    qp_options_free(&options);
    return status == QP_OK ? 0 : qp_report(status);
}

/* ---- encode ---- */

static qp_status write_json(stream_state *s)
{
    const qp_encoding *e = &s->encoding;
    json_t *ids = json_array(), *pieces = json_array(), *offsets = json_array();
    for (int i = 0; i < e->count; i++) {
        json_array_append_new(ids, json_integer(e->id[i]));
        json_array_append_new(pieces, json_string(qp_tokenizer_piece(s->tokenizer, e->id[i])));
        if (e->spans) json_array_append_new(offsets, json_pack("[i,i]", (int)e->begin[i], (int)e->end[i]));
    }
    json_t *root = json_pack("{s:o, s:o}", "ids", ids, "pieces", pieces);
    if (e->spans) {
        json_object_set_new(root, "offsets", offsets);
    } else {
        json_decref(offsets);
    }
    if (!root) return qp_fail(QP_EMEMORY, "%s:%lld: out of memory", s->place, (long long)s->line);
    json_dumpf(root, s->output, JSON_COMPACT);
    putc('\n', s->output);
    json_decref(root);
    return QP_OK;
}

static qp_status encode_line(stream_state *s, char *line, size_t bytes)
{
    QP_TRY(qp_tokenizer_encode_into(s->tokenizer, line, bytes, &s->encoding));
    const qp_encoding *e = &s->encoding;
    if (s->options->json) return write_json(s);
    bool only_offsets = e->spans && !s->options->ids && !s->options->pieces;
    for (int i = 0; i < e->count; i++) {
        if (i) putc(' ', s->output);
        if (s->options->pieces)
            fputs(qp_tokenizer_piece(s->tokenizer, e->id[i]), s->output);
        else if (!only_offsets)
            fprintf(s->output, "%d", e->id[i]);
        if (e->spans) fprintf(s->output, "%s%u:%u", only_offsets ? "" : "@", e->begin[i], e->end[i]);
    }
    putc('\n', s->output);
    return QP_OK;
}

static int encode_main(int argc, char **argv)
{
    static use_options use;
    static const qp_option_group group[] = {{&encode_table, &use}};
    static const qp_command command = {.name = "tokenizer encode",
                                       .summary = "text to pieces, line by line",
                                       .usage = "-m TOKENIZER.json [--ids | --pieces] [--offsets] [--json] [FILE...]",
                                       .notes = "Lines end at LF; every other byte, CR and NUL too, belongs to the "
                                                "line. With --offsets alone each piece is "
                                                "begin:end,\nwith --ids or --pieces it is id@begin:end.",
                                       .group = group,
                                       .group_count = 1,
                                       .alias = alias,
                                       .alias_count = 2,
                                       .takes_files = true};
    return run_stream(&command, &use, argc, argv, encode_line);
}

/* ---- decode ---- */

static qp_status read_id(stream_state *s, const char *word, int32_t *id)
{
    if (s->options->pieces) {
        *id = qp_tokenizer_find(s->tokenizer, word);
        if (*id >= 0) return QP_OK;
        return qp_fail(QP_EDATA, "%s:%lld: \"%.40s\" is no piece of this tokenizer", s->place, (long long)s->line,
                       word);
    }
    char *end;
    errno = 0;
    long number = strtol(word, &end, 10);
    if (end == word || *end || errno || number < 0 || number >= qp_tokenizer_size(s->tokenizer))
        return qp_fail(QP_EDATA, "%s:%lld: \"%.40s\" is no id of this tokenizer (0 to %d); for pieces add --pieces",
                       s->place, (long long)s->line, word, qp_tokenizer_size(s->tokenizer) - 1);
    *id = (int32_t)number;
    return QP_OK;
}

static qp_status decode_line(stream_state *s, char *line, size_t bytes)
{
    int count = 0;
    char *end = line + bytes;
    for (char *word = line; word < end;) {
        if (*word == ' ') {
            word++;
            continue;
        }
        char *after = memchr(word, ' ', (size_t)(end - word));
        if (!after) after = end;
        *after = '\0';
        if ((size_t)count == s->id_capacity) {
            size_t capacity = s->id_capacity ? 2 * s->id_capacity : 256;
            int32_t *grown = realloc(s->id, capacity * sizeof *grown);
            if (!grown) return qp_fail(QP_EMEMORY, "%s:%lld: out of memory", s->place, (long long)s->line);
            s->id = grown;
            s->id_capacity = capacity;
        }
        QP_TRY(read_id(s, word, &s->id[count++]));
        word = after + 1;
    }
    char *text;
    size_t text_bytes;
    QP_TRY(qp_tokenizer_decode(s->tokenizer, s->id, count, &text, &text_bytes));
    fwrite(text, 1, text_bytes, s->output);
    putc('\n', s->output);
    free(text);
    return QP_OK;
}

static int decode_main(int argc, char **argv)
{
    static use_options use;
    static const qp_option_group group[] = {{&decode_table, &use}};
    static const qp_command command = {.name = "tokenizer decode",
                                       .summary = "pieces back to text, line by line",
                                       .usage = "-m TOKENIZER.json [--ids | --pieces] [FILE...]",
                                       .group = group,
                                       .group_count = 1,
                                       .alias = alias,
                                       .alias_count = 2,
                                       .takes_files = true};
    return run_stream(&command, &use, argc, argv, decode_line);
}

/* ---- train ---- */

static void tell_report(const qp_tokenizer *tokenizer, const qp_tokenizer_report *r)
{
    fprintf(stderr, "%lld lines, %lld bytes, %lld words (%lld distinct); %d pieces, %zu merges\n", (long long)r->lines,
            (long long)r->bytes, (long long)r->words, (long long)r->distinct_words, qp_tokenizer_size(tokenizer),
            qp_tokenizer_info(tokenizer).merges);
    if (r->characters > 0) {
        fprintf(stderr, "characters with a piece of their own: %.4f %%\n",
                100.0 * (double)(r->characters - r->uncovered_characters) / (double)r->characters);
    }
}

static int train_main(int argc, char **argv)
{
    static use_options use;
    static qp_tokenizer_config config;
    static const qp_option_group group[] = {{&qp_tokenizer_fields, &config}, {&output_table, &use}};
    static const qp_command command = {.name = "tokenizer train",
                                       .summary = "learn a tokenizer from text",
                                       .usage = "--type bpe --vocab-size 8000 -o TOKENIZER.json FILE...",
                                       .group = group,
                                       .group_count = 2,
                                       .alias = alias + 1,
                                       .alias_count = 1,
                                       .takes_files = true};
    qp_options options;
    int code;
    if (!qp_options_begin(&options, &command, argc, argv, &code)) return code;
    static const char *const standard[] = {"-"};
    const char *const *file = options.file_count ? (const char *const *)options.file : standard;
    qp_tokenizer *tokenizer = NULL;
    qp_tokenizer_report report = {0};
    qp_status status =
        qp_tokenizer_train_files(&config, file, options.file_count ? options.file_count : 1, &report, &tokenizer);
    if (status == QP_OK) status = qp_tokenizer_save(tokenizer, use.output);
    if (status == QP_OK) tell_report(tokenizer, &report);
    qp_tokenizer_free(tokenizer);
    qp_options_free(&options);
    return status == QP_OK ? 0 : qp_report(status);
}

/* ---- info ---- */

static void print_info(const qp_tokenizer *tokenizer, bool as_json)
{
    qp_tokenizer_facts f = qp_tokenizer_info(tokenizer);
    if (as_json) {
        json_t *root =
            json_pack("{s:s, s:i, s:i, s:s, s:b, s:b, s:s, s:s}", "type", f.type, "pieces", f.size, "merges",
                      (int)f.merges, "normalization", f.normalization, "lower_case", f.lower_case, "byte_fallback",
                      f.byte_fallback, "digits", f.single_digits ? "single" : "together", "unicode", f.unicode);
        json_dumpf(root, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(root);
        return;
    }
    printf(
        "type           %s\npieces         %d\nmerges         %zu\nnormalization  %s (Unicode %s)\nlower case     %s\n"
        "byte fallback  %s\ndigits         %s\n",
        f.type, f.size, f.merges, f.normalization, f.unicode, f.lower_case ? "yes" : "no",
        f.byte_fallback ? "yes" : "no", f.single_digits ? "single" : "together");
}

static int info_main(int argc, char **argv)
{
    static use_options use;
    static const qp_option_group group[] = {{&info_table, &use}};
    static const qp_command command = {.name = "tokenizer info",
                                       .summary = "what a tokenizer file holds",
                                       .usage = "[--json] TOKENIZER.json...",
                                       .group = group,
                                       .group_count = 1,
                                       .takes_files = true};
    qp_options options;
    int code;
    if (!qp_options_begin(&options, &command, argc, argv, &code)) return code;
    qp_status status = QP_OK;
    if (options.file_count == 0) status = qp_fail(QP_EUSAGE, "tokenizer info: no file given; add TOKENIZER.json");
    for (int i = 0; status == QP_OK && i < options.file_count; i++) {
        qp_tokenizer *tokenizer;
        status = qp_tokenizer_load(options.file[i], &tokenizer);
        if (status != QP_OK) break;
        print_info(tokenizer, use.json);
        qp_tokenizer_free(tokenizer);
    }
    qp_options_free(&options);
    return status == QP_OK ? 0 : qp_report(status);
}

/* ---- the verb ---- */

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verb[] = {{"train", "learn a tokenizer from text", train_main},
            {"encode", "text to ids or pieces", encode_main},
            {"decode", "ids or pieces to text", decode_main},
            {"info", "what a tokenizer file holds", info_main}};
enum { VERBS = sizeof verb / sizeof *verb };

static void print_verbs(FILE *stream)
{
    fprintf(stream, "usage: quipu tokenizer COMMAND [options] [FILE...]\n\n");
    for (int i = 0; i < VERBS; i++) fprintf(stream, "  %-8s %s\n", verb[i].name, verb[i].summary);
    fprintf(stream, "\nquipu tokenizer COMMAND --help tells the options.\n");
}

int qp_cmd_tokenizer(int argc, char **argv)
{
    if (argc < 2) {
        print_verbs(stderr);
        return qp_report(qp_fail(QP_EUSAGE, "tokenizer: what to do is missing; say train, encode, decode or info"));
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_verbs(stdout);
        return 0;
    }
    const char *name[VERBS];
    for (int i = 0; i < VERBS; i++) {
        name[i] = verb[i].name;
        if (strcmp(argv[1], name[i]) == 0) return verb[i].run(argc - 1, argv + 1);
    }
    const char *near = qp_config_suggest(argv[1], name, VERBS);
    return qp_report(
        near ? qp_fail(QP_EUSAGE, "tokenizer: unknown command \"%s\"; did you mean \"%s\"?", argv[1], near)
             : qp_fail(QP_EUSAGE, "tokenizer: unknown command \"%s\"; say train, encode, decode or info", argv[1]));
}
