#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "lib/base/threads.h"
#include "lib/base/writer.h"
#include "lib/text/json_reader.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/tokenizer_file.h"

/* encode and decode: one line of output per line of input. */

#define STREAM_FIELDS(X)                                                                                               \
    X(TEXT, model, "", 0, 0, "FILE",                                                                                   \
      "tokenizer: a quipu file, a sentencepiece .model, a Hugging Face tokenizer.json, a vocab.txt of BERT")           \
    X(TEXT, output, "-", 0, 0, "FILE", "output file")                                                                  \
    X(BOOL, ids, "false", 0, 0, NULL, "numbers (the default)")                                                         \
    X(BOOL, pieces, "false", 0, 0, NULL, "printable pieces instead of numbers")                                        \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object for each line")                                                \
    X(INT, threads, "1", 0, 4096, NULL, "threads; 0: all CPUs; the output does not depend on it")
#define DECODE_FIELDS(X)                                                                                               \
    STREAM_FIELDS(X)                                                                                                   \
    X(BOOL, keep_special, "false", 0, 0, NULL, "special tokens by their names, else they give no text")
#define ENCODE_FIELDS(X)                                                                                               \
    STREAM_FIELDS(X)                                                                                                   \
    X(BOOL, offsets, "false", 0, 0, NULL, "begin:end of every piece in bytes of the line; JSON has characters too")    \
    X(BOOL, characters, "false", 0, 0, NULL, "the same in characters")                                                 \
    X(BOOL, special, "false", 0, 0, NULL, "add special tokens: [CLS] and [SEP], <s> and </s>")                         \
    X(BOOL, parse_special, "false", 0, 0, NULL, "special tokens that are in the text get their ids")                   \
    X(BOOL, pairs, "false", 0, 0, NULL, "with --special: two texts per line, separated by a TAB")                      \
    X(REAL, dropout, "0", 0, 1, NULL, "bpe: skip each merge with this probability (BPE-dropout)")                      \
    X(BOOL, sample, "false", 0, 0, NULL, "unigram: a random segmentation, drawn by --alpha")                           \
    X(REAL, alpha, "0.1", 0, 1000, NULL, "of --sample: 0 is uniform, larger values prefer the best segmentation")      \
    X(INT, n_best, "0", 0, 1000, NULL, "unigram: the N best segmentations: line ||| pieces ||| score")                 \
    X(INT, seed, "1", 0, 4294967295, NULL, "seed of --dropout and --sample")

typedef struct {
    ENCODE_FIELDS(QP_FIELD_DECLARE)
    bool keep_special; /* of DECODE_FIELDS */
} stream_options;

static QP_FIELD_TABLE(encode_table, "output", stream_options, ENCODE_FIELDS);
static QP_FIELD_TABLE(decode_table, "output", stream_options, DECODE_FIELDS);
static const qp_option_alias alias[] = {{'m', "model"}, {'o', "output"}, {'t', "threads"}};

typedef struct {
    const qp_tokenizer *tokenizer;
    const stream_options *options;
    qp_encoding encoding, *best; /* best: of --n-best */
    double *score;
    int32_t *id;
    size_t id_capacity;
    qp_line_place at; /* its output, too */
} stream_state;

typedef struct {
    stream_options options;
    qp_status (*act)(void *self, char *line, size_t bytes);
} stream_command;

static qp_status check_options(const qp_command *command, const stream_options *o)
{
    if (!o->model[0]) return qp_fail(QP_EUSAGE, "%s: no tokenizer given; add -m FILE.json", command->name);
    if (o->ids && o->pieces)
        return qp_fail(QP_EUSAGE, "%s: --ids and --pieces contradict each other; give one", command->name);
    if (o->pairs && !o->special)
        return qp_fail(QP_EUSAGE, "%s: --pairs needs the tokens between the texts; add --special", command->name);
    if (o->pairs && o->characters)
        return qp_fail(QP_EUSAGE, "%s: --characters works on one text; remove --pairs", command->name);
    if (o->parse_special && (o->special || o->sample || o->dropout > 0 || o->n_best > 0))
        return qp_fail(QP_EUSAGE,
                       "%s: --parse-special cannot be combined with --special (which finds them too), --sample, "
                       "--dropout or --n-best; remove them",
                       command->name);
    bool random = o->sample || o->dropout > 0;
    if (random && (o->special || o->n_best > 0))
        return qp_fail(QP_EUSAGE,
                       "%s: --sample and --dropout cannot be combined with --special or --n-best; remove them",
                       command->name);
    if (o->n_best > 0 && (o->special || o->offsets || o->characters))
        return qp_fail(QP_EUSAGE, "%s: --n-best cannot be combined with --special or --offsets; remove them",
                       command->name);
    return QP_OK;
}

static void free_state(stream_state *s)
{
    qp_encoding_free(&s->encoding);
    for (int64_t i = 0; s->best && i < s->options->n_best; i++) qp_encoding_free(&s->best[i]);
    free(s->best);
    free(s->score);
    free(s->id);
}

static qp_status change_lines(const stream_command *how, const qp_options *options, const qp_tokenizer *tokenizer,
                              FILE *output)
{
    const stream_options *o = &how->options;
    int workers = qp_threads_of(o->threads);
    stream_state *state = calloc((size_t)workers, sizeof *state);
    qp_line_worker *worker = calloc((size_t)workers, sizeof *worker);
    qp_status status = state && worker ? QP_OK : qp_fail(QP_EMEMORY, "out of memory; use fewer --threads");
    for (int k = 0; status == QP_OK && k < workers; k++) {
        state[k] = (stream_state){.options = o, .tokenizer = tokenizer, .at = {.output = output}};
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

static qp_status change_files(const stream_command *how, const qp_options *options, const qp_tokenizer *tokenizer)
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

/* Options that only one type of tokenizer reads. */
static qp_status check_type(const stream_options *o, const qp_tokenizer *tokenizer)
{
    const char *type = qp_tokenizer_info(tokenizer).type; /* "byte-bpe" is a kind of bpe */
    bool bpe = strstr(type, "bpe"), unigram = strstr(type, "unigram");
    if (o->sample && !unigram)
        return qp_fail(QP_EUSAGE, "%s: is a %s tokenizer; --sample needs a unigram one%s", o->model, type,
                       bpe ? ", this one --dropout" : "");
    if (o->dropout > 0 && !bpe)
        return qp_fail(QP_EUSAGE, "%s: is a %s tokenizer; --dropout needs a bpe one%s", o->model, type,
                       unigram ? ", this one --sample" : "");
    return QP_OK;
}

static qp_status run(void *self, const qp_options *options)
{
    const stream_command *how = self;
    qp_tokenizer *tokenizer = NULL;
    QP_TRY(check_options(options->command, &how->options));
    QP_TRY(qp_tokenizer_load_warned(how->options.model, &tokenizer));
    qp_status status = check_type(&how->options, tokenizer);
    if (status == QP_OK) status = change_files(how, options, tokenizer);
    qp_tokenizer_free(tokenizer);
    return status;
}

/* ---- encode ---- */

static void put_spans(const char *key, const uint32_t *begin, const uint32_t *end, int count, qp_text_buffer *out)
{
    qp_json_key(out, key);
    qp_json_open(out, '[');
    for (int i = 0; i < count; i++) {
        qp_json_open(out, '[');
        qp_json_integer(out, begin[i]);
        qp_json_integer(out, end[i]);
        qp_json_close(out, ']');
    }
    qp_json_close(out, ']');
}

static void put_numbers(const char *key, const int32_t *number, int count, qp_text_buffer *out)
{
    qp_json_key(out, key);
    qp_json_open(out, '[');
    for (int i = 0; i < count; i++) qp_json_integer(out, number[i]);
    qp_json_close(out, ']');
}

static qp_status write_json(stream_state *s)
{
    const qp_encoding *e = &s->encoding;
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    put_numbers("ids", e->id, e->count, &out);
    qp_json_key(&out, "pieces");
    qp_json_open(&out, '[');
    for (int i = 0; i < e->count; i++) {
        const char *piece = qp_tokenizer_piece(s->tokenizer, e->id[i]);
        qp_json_repaired(&out, piece, strlen(piece));
    }
    qp_json_close(&out, ']');
    if (e->spans) put_spans("offsets", e->begin, e->end, e->count, &out);
    if (e->spans && !s->options->pairs) put_spans("characters", e->first_character, e->last_character, e->count, &out);
    if (s->options->special) put_numbers("type_ids", e->type_id, e->count, &out);
    qp_json_close(&out, '}');
    return qp_json_line(s->at.output, &out);
}

/* The N best, one per line. */
static qp_status write_best(stream_state *s, const char *line, size_t bytes)
{
    const stream_options *o = s->options;
    size_t wanted = (size_t)o->n_best, found;
    if (!s->best) s->best = calloc(wanted, sizeof *s->best);
    if (!s->score) s->score = calloc(wanted, sizeof *s->score);
    if (!s->best || !s->score) return qp_fail(QP_EMEMORY, "%s:%lld: out of memory", s->at.place, (long long)s->at.line);
    QP_TRY(qp_tokenizer_encode_nbest(s->tokenizer, line, bytes, wanted, s->best, s->score, &found));
    for (size_t i = 0; i < found; i++) {
        if (o->json)
            fprintf(s->at.output, "{\"line\":%lld,\"score\":%.6g,\"ids\":[", (long long)s->at.line - 1, s->score[i]);
        else
            fprintf(s->at.output, "%lld ||| ", (long long)s->at.line - 1);
        for (int k = 0; k < s->best[i].count; k++) {
            if (k) putc(o->json ? ',' : ' ', s->at.output);
            if (o->pieces && !o->json)
                fputs(qp_tokenizer_piece(s->tokenizer, s->best[i].id[k]), s->at.output);
            else
                fprintf(s->at.output, "%d", s->best[i].id[k]);
        }
        if (o->json)
            fputs("]}\n", s->at.output);
        else
            fprintf(s->at.output, " ||| %.6g\n", s->score[i]);
    }
    return QP_OK;
}

static qp_status encode(stream_state *s, char *line, size_t bytes)
{
    const stream_options *o = s->options;
    const qp_tokenizer_random how = {.dropout = o->dropout, .alpha = o->alpha};
    if (o->sample || o->dropout > 0)
        return qp_tokenizer_encode_random(s->tokenizer, &how, (uint64_t)o->seed, (uint64_t)s->at.line, line, bytes,
                                          &s->encoding);
    if (o->parse_special) return qp_tokenizer_encode_parsed(s->tokenizer, line, bytes, &s->encoding);
    if (!o->special) return qp_tokenizer_encode_into(s->tokenizer, line, bytes, &s->encoding);
    const char *tab = o->pairs ? memchr(line, '\t', bytes) : NULL;
    if (!tab) return qp_tokenizer_encode_pair(s->tokenizer, line, bytes, NULL, 0, &s->encoding);
    size_t first = (size_t)(tab - line);
    return qp_tokenizer_encode_pair(s->tokenizer, line, first, tab + 1, bytes - first - 1, &s->encoding);
}

static qp_status encode_line(void *self, char *line, size_t bytes)
{
    stream_state *s = self;
    const stream_options *o = s->options;
    const qp_encoding *e = &s->encoding;
    if (o->n_best > 0) return write_best(s, line, bytes);
    QP_TRY(encode(s, line, bytes));
    if (e->spans && !o->pairs && (o->characters || o->json)) QP_TRY(qp_encoding_characters(line, bytes, &s->encoding));
    if (o->json) return write_json(s);
    bool only_offsets = e->spans && !o->ids && !o->pieces;
    const uint32_t *begin = o->characters ? e->first_character : e->begin;
    const uint32_t *end = o->characters ? e->last_character : e->end;
    for (int i = 0; i < e->count; i++) {
        if (i) putc(' ', s->at.output);
        if (o->pieces)
            fputs(qp_tokenizer_piece(s->tokenizer, e->id[i]), s->at.output);
        else if (!only_offsets)
            fprintf(s->at.output, "%d", e->id[i]);
        if (e->spans) fprintf(s->at.output, "%s%u:%u", only_offsets ? "" : "@", begin[i], end[i]);
    }
    putc('\n', s->at.output);
    return QP_OK;
}

int qp_tokenizer_encode_main(int argc, char **argv)
{
    static stream_command how = {.act = encode_line};
    static const qp_option_group group[] = {{&encode_table, &how.options}};
    static const qp_command command = {.name = "tokenizer encode",
                                       .summary = "text to pieces, line by line",
                                       .usage = "-m TOKENIZER [--ids | --pieces] [--offsets] [--json] [FILE...]",
                                       .notes = "Lines end at LF; every other byte, also CR and NUL, is part of the "
                                                "line. With only --offsets each piece is "
                                                "begin:end,\nwith --ids or --pieces it is id@begin:end.",
                                       .group = group,
                                       .group_count = 1,
                                       .alias = alias,
                                       .alias_count = 3,
                                       .rewrites = true,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &how);
}

/* ---- decode ---- */

static qp_status read_id(stream_state *s, const char *word, int32_t *id)
{
    if (s->options->pieces) {
        *id = qp_tokenizer_find(s->tokenizer, word);
        if (*id >= 0) return QP_OK;
        return qp_fail(QP_EDATA, "%s:%lld: \"%.40s\" is not a piece of this tokenizer", s->at.place,
                       (long long)s->at.line, word);
    }
    char *end;
    errno = 0;
    long number = strtol(word, &end, 10);
    if (end == word || *end || errno || number < 0 || number >= qp_tokenizer_size(s->tokenizer))
        return qp_fail(QP_EDATA, "%s:%lld: \"%.40s\" is not an id of this tokenizer (0 to %d); for pieces add --pieces",
                       s->at.place, (long long)s->at.line, word, qp_tokenizer_size(s->tokenizer) - 1);
    *id = (int32_t)number;
    return QP_OK;
}

static qp_status make_room(stream_state *s, size_t count)
{
    if (count == s->id_capacity) {
        size_t capacity = s->id_capacity ? 2 * s->id_capacity : 256;
        int32_t *grown = realloc(s->id, capacity * sizeof *grown);
        if (!grown) return qp_fail(QP_EMEMORY, "%s:%lld: out of memory", s->at.place, (long long)s->at.line);
        s->id = grown;
        s->id_capacity = capacity;
    }
    return QP_OK;
}

/* The ids of an object as encode --json writes it. */
static qp_status read_object(stream_state *s, const char *line, size_t bytes, int *count)
{
    char place[600];
    json_t *root, *number;
    size_t i;
    snprintf(place, sizeof place, "%.500s:%lld", s->at.place, (long long)s->at.line);
    QP_TRY(qp_json_read(place, line, bytes, JSON_REJECT_DUPLICATES, &root));
    const json_t *ids = json_object_get(root, "ids");
    qp_status status = json_is_array(ids) ? QP_OK : qp_fail(QP_EDATA, "%s: the object has no list of \"ids\"", place);
    json_array_foreach (ids, i, number) {
        json_int_t id = json_is_integer(number) ? json_integer_value(number) : -1;
        if (status == QP_OK && (id < 0 || id >= qp_tokenizer_size(s->tokenizer)))
            status = qp_fail(QP_EDATA, "%s: number %zu of \"ids\" is not an id of this tokenizer (0 to %d)", place, i,
                             qp_tokenizer_size(s->tokenizer) - 1);
        if (status == QP_OK) status = make_room(s, i);
        if (status == QP_OK) s->id[i] = (int32_t)id;
    }
    *count = (int)json_array_size(ids);
    json_decref(root);
    return status;
}

static qp_status read_words(stream_state *s, char *line, size_t bytes, int *count)
{
    char *end = line + bytes;
    *count = 0;
    for (char *word = line; word < end;) {
        if (*word == ' ') {
            word++;
            continue;
        }
        char *after = memchr(word, ' ', (size_t)(end - word));
        if (!after) after = end;
        *after = '\0';
        QP_TRY(make_room(s, (size_t)*count));
        QP_TRY(read_id(s, word, &s->id[*count]));
        ++*count;
        word = after + 1;
    }
    return QP_OK;
}

static qp_status decode_line(void *self, char *line, size_t bytes)
{
    stream_state *s = self;
    int count;
    QP_TRY(s->options->json && bytes > 0 && line[0] == '{' ? read_object(s, line, bytes, &count)
                                                           : read_words(s, line, bytes, &count));
    char *text;
    size_t text_bytes;
    QP_TRY(s->options->keep_special ? qp_tokenizer_decode_all(s->tokenizer, s->id, count, &text, &text_bytes)
                                    : qp_tokenizer_decode(s->tokenizer, s->id, count, &text, &text_bytes));
    if (s->options->json) {
        qp_text_buffer out = {0};
        qp_json_open(&out, '{');
        qp_json_key(&out, "text");
        qp_json_repaired(&out, text, text_bytes);
        qp_json_close(&out, '}');
        free(text);
        return qp_json_line(s->at.output, &out);
    }
    fwrite(text, 1, text_bytes, s->at.output);
    putc('\n', s->at.output);
    free(text);
    return QP_OK;
}

int qp_tokenizer_decode_main(int argc, char **argv)
{
    static stream_command how = {.act = decode_line};
    static const qp_option_group group[] = {{&decode_table, &how.options}};
    static const qp_command command = {.name = "tokenizer decode",
                                       .summary = "pieces back to text, line by line",
                                       .usage = "-m TOKENIZER [--ids | --pieces] [--json] [FILE...]",
                                       .notes = "--json also reads what encode --json writes.",
                                       .group = group,
                                       .group_count = 1,
                                       .alias = alias,
                                       .alias_count = 3,
                                       .rewrites = true,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &how);
}
