#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/tokenizer/tokenizer_stream.h"
#include "lib/base/threads.h"

static QP_FIELD_TABLE(encode_table, "output", qp_stream_options, QP_ENCODE_FIELDS);

static qp_status check_options(const qp_command *command, const qp_stream_options *o)
{
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

/* Options that only one type of tokenizer reads. */
static qp_status check_type(const qp_stream_options *o, const qp_tokenizer *tokenizer)
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

static qp_status write_json(qp_stream_state *s)
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

static qp_status write_best_json(qp_stream_state *s, const qp_encoding *e, double score)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_put_integer(&out, "line", (int64_t)s->at.line - 1);
    qp_json_put_real(&out, "score", score);
    put_numbers("ids", e->id, e->count, &out);
    qp_json_close(&out, '}');
    return qp_json_line(s->at.output, &out);
}

/* The N best, one per line. */
static qp_status write_best(qp_stream_state *s, const char *line, size_t bytes)
{
    const qp_stream_options *o = s->options;
    size_t wanted = (size_t)o->n_best, found;
    if (!s->best) s->best = calloc(wanted, sizeof *s->best);
    if (!s->score) s->score = calloc(wanted, sizeof *s->score);
    if (!s->best || !s->score) return qp_fail(QP_EMEMORY, "%s:%lld: out of memory", s->at.place, (long long)s->at.line);
    QP_TRY(qp_tokenizer_encode_nbest(s->tokenizer, line, bytes, wanted, s->best, s->score, &found));
    for (size_t i = 0; i < found; i++) {
        if (o->json) {
            QP_TRY(write_best_json(s, &s->best[i], s->score[i]));
            continue;
        }
        fprintf(s->at.output, "%lld ||| ", (long long)s->at.line - 1);
        for (int k = 0; k < s->best[i].count; k++) {
            if (k) putc(' ', s->at.output);
            if (o->pieces)
                fputs(qp_tokenizer_piece(s->tokenizer, s->best[i].id[k]), s->at.output);
            else
                fprintf(s->at.output, "%d", s->best[i].id[k]);
        }
        fprintf(s->at.output, " ||| %.6g\n", s->score[i]);
    }
    return QP_OK;
}

enum { LONG_LINE = 1 << 17 };

/* A long line by all threads. */
static qp_status encode_long(qp_stream_state *s, const char *line, size_t bytes)
{
    QP_TRY(qp_tokenizer_encode_lines(s->tokenizer, &(qp_text){line, bytes}, 1, qp_threads_of(s->options->threads),
                                     &s->lines));
    size_t count = s->lines.start[1];
    s->encoding.count = 0;
    QP_TRY(qp_encoding_reserve(&s->encoding, count + 1));
    memcpy(s->encoding.id, s->lines.id, count * sizeof *s->lines.id);
    s->encoding.count = (int)count;
    return QP_OK;
}

static qp_status encode(qp_stream_state *s, char *line, size_t bytes)
{
    const qp_stream_options *o = s->options;
    const qp_tokenizer_random how = {.dropout = o->dropout, .alpha = o->alpha};
    if (o->sample || o->dropout > 0)
        return qp_tokenizer_encode_random(s->tokenizer, &how, (uint64_t)o->seed, (uint64_t)s->at.line, line, bytes,
                                          &s->encoding);
    if (o->parse_special) return qp_tokenizer_encode_parsed(s->tokenizer, line, bytes, &s->encoding);
    bool parts = bytes > LONG_LINE && !s->encoding.spans && qp_tokenizer_cut(s->tokenizer) != QP_CUT_NOWHERE;
    if (!o->special && parts) return encode_long(s, line, bytes);
    if (!o->special) return qp_tokenizer_encode_into(s->tokenizer, line, bytes, &s->encoding);
    const char *tab = o->pairs ? memchr(line, '\t', bytes) : NULL;
    if (!tab) return qp_tokenizer_encode_pair(s->tokenizer, line, bytes, NULL, 0, &s->encoding);
    size_t first = (size_t)(tab - line);
    return qp_tokenizer_encode_pair(s->tokenizer, line, first, tab + 1, bytes - first - 1, &s->encoding);
}

static qp_status encode_line(void *self, char *line, size_t bytes)
{
    qp_stream_state *s = self;
    const qp_stream_options *o = s->options;
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

static qp_status run(void *self, const qp_options *options)
{
    const qp_stream_command *how = self;
    QP_TRY(check_options(options->command, &how->options));
    return qp_stream_run(self, options);
}

int qp_tokenizer_encode_main(int argc, char **argv)
{
    static qp_stream_command how = {.check = check_type, .act = encode_line};
    static const qp_option_group group[] = {{&encode_table, &how.options}};
    static const qp_command command = {.name = "tokenizer encode",
                                       .summary = "text to pieces, line by line",
                                       .usage = "-m TOKENIZER [--ids | --pieces] [--offsets] [--json] [FILE...]",
                                       .notes = "Lines end at LF; every other byte, also CR and NUL, is part of the "
                                                "line. With only --offsets each piece is "
                                                "begin:end, with --ids or --pieces it is id@begin:end.",
                                       .group = group,
                                       .group_count = 1,
                                       .alias = qp_stream_alias,
                                       .alias_count = QP_STREAM_ALIASES,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &how);
}
