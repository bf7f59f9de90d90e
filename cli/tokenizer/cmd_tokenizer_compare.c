#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "tokenizer/tokenizer_file.h"

/* compare: two tokenizers on one text, line by line. */

#define COMPARE_FIELDS(X)                                                                                              \
    X(INT, differences, "5", 0, 1000000, NULL, "number of differing lines to show")                                    \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object")

typedef struct {
    COMPARE_FIELDS(QP_FIELD_DECLARE)
} compare_options;

static QP_FIELD_TABLE(compare_table, "output", compare_options, COMPARE_FIELDS);

typedef struct {
    const compare_options *options;
    qp_tokenizer *tokenizer[2];
    qp_encoding encoding[2];
    qp_line_place at;
    int64_t lines, bytes, characters, tokens[2];
    int64_t other_ids, other_pieces, other_spans; /* lines */
    qp_text_buffer shown;                         /* the first differences, as lines or as JSON */
    int64_t shown_count;
} comparison;

static bool same_pieces(const comparison *c)
{
    const qp_encoding *a = &c->encoding[0], *b = &c->encoding[1];
    if (a->count != b->count) return false;
    for (int i = 0; i < a->count; i++) {
        if (strcmp(qp_tokenizer_piece(c->tokenizer[0], a->id[i]), qp_tokenizer_piece(c->tokenizer[1], b->id[i])) != 0)
            return false;
    }
    return true;
}

static bool same_numbers(const void *a, const void *b, int count, int other_count)
{
    return count == other_count && (count == 0 || memcmp(a, b, (size_t)count * 4) == 0);
}

/* Writes the pieces around the first difference: two before it and six from there. */
static void put_around(comparison *c, int side, int first)
{
    const qp_encoding *e = &c->encoding[side];
    bool json = c->options->json;
    if (json) qp_json_key(&c->shown, side ? "b" : "a");
    qp_text_add(&c->shown, json ? "[" : side ? "  B" : "  A");
    for (int i = first > 2 ? first - 2 : 0; i < e->count && i < first + 6; i++) {
        const char *piece = qp_tokenizer_piece(c->tokenizer[side], e->id[i]);
        if (!json) {
            qp_text_format(&c->shown, " %s(%d)", piece, e->id[i]);
            continue;
        }
        qp_json_open(&c->shown, '[');
        qp_json_integer(&c->shown, e->id[i]);
        qp_json_repaired(&c->shown, piece, strlen(piece));
        qp_json_close(&c->shown, ']');
    }
    qp_text_add(&c->shown, json ? "]" : "\n");
}

static void keep_difference(comparison *c)
{
    const qp_encoding *a = &c->encoding[0], *b = &c->encoding[1];
    int first = 0;
    while (first < a->count && first < b->count && a->id[first] == b->id[first]) first++;
    c->shown_count++;
    if (c->options->json) {
        qp_json_open(&c->shown, '{');
        qp_json_put_text(&c->shown, "file", c->at.place);
        qp_json_put_integer(&c->shown, "line", c->at.line);
        qp_json_put_integer(&c->shown, "token", first);
    } else {
        qp_text_format(&c->shown, "%s:%lld, token %d\n", c->at.place, (long long)c->at.line, first);
    }
    put_around(c, 0, first);
    put_around(c, 1, first);
    if (c->options->json) qp_json_close(&c->shown, '}');
}

static qp_status compare_line(void *self, char *line, size_t bytes)
{
    comparison *c = self;
    const qp_encoding *a = &c->encoding[0], *b = &c->encoding[1];
    for (int k = 0; k < 2; k++) {
        QP_TRY(qp_tokenizer_encode_into(c->tokenizer[k], line, bytes, &c->encoding[k]));
        c->tokens[k] += c->encoding[k].count;
    }
    c->lines++;
    c->bytes += (int64_t)bytes;
    for (size_t i = 0; i < bytes; i++) c->characters += ((unsigned char)line[i] & 0xC0) != 0x80;
    bool spans = same_numbers(a->begin, b->begin, a->count, b->count) &&
                 same_numbers(a->end, b->end, a->count, b->count);
    c->other_spans += !spans;
    c->other_pieces += !same_pieces(c);
    if (same_numbers(a->id, b->id, a->count, b->count)) return QP_OK;
    c->other_ids++;
    if (c->shown_count < c->options->differences) keep_difference(c);
    return QP_OK;
}

/* ---- output ---- */

static double per_token(const comparison *c, int side, int64_t what)
{
    return c->tokens[side] ? (double)what / (double)c->tokens[side] : 0;
}

static qp_status print_json(comparison *c, char *const *file)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_put_bool(&out, "equal", c->other_ids == 0);
    qp_json_put_integer(&out, "lines", c->lines);
    qp_json_put_integer(&out, "bytes", c->bytes);
    qp_json_put_integer(&out, "lines_with_other_ids", c->other_ids);
    qp_json_put_integer(&out, "lines_with_other_pieces", c->other_pieces);
    qp_json_put_integer(&out, "lines_with_other_offsets", c->other_spans);
    for (int k = 0; k < 2; k++) {
        qp_json_key(&out, k ? "b" : "a");
        qp_json_open(&out, '{');
        qp_json_put_text(&out, "file", file[k]);
        qp_json_put_text(&out, "type", qp_tokenizer_info(c->tokenizer[k]).type);
        qp_json_put_integer(&out, "pieces", qp_tokenizer_size(c->tokenizer[k]));
        qp_json_put_integer(&out, "tokens", c->tokens[k]);
        qp_json_put_real(&out, "bytes_per_token", per_token(c, k, c->bytes));
        qp_json_put_real(&out, "characters_per_token", per_token(c, k, c->characters));
        qp_json_close(&out, '}');
    }
    qp_json_key(&out, "differences");
    qp_text_add(&out, "[");
    qp_text_join(&out, &c->shown);
    qp_text_add(&out, "]}");
    return qp_json_line(stdout, &out);
}

static qp_status print_text(const comparison *c, char *const *file)
{
    for (int k = 0; k < 2; k++) {
        printf("%c  %s: %s, %d pieces; %lld tokens, %.3f bytes and %.3f characters each\n", "AB"[k], file[k],
               qp_tokenizer_info(c->tokenizer[k]).type, qp_tokenizer_size(c->tokenizer[k]), (long long)c->tokens[k],
               per_token(c, k, c->bytes), per_token(c, k, c->characters));
    }
    printf("%lld lines, %lld bytes: ids %s in %lld, pieces in %lld, offsets in %lld\n", (long long)c->lines,
           (long long)c->bytes, c->other_ids ? "differ" : "equal; they differ", (long long)c->other_ids,
           (long long)c->other_pieces, (long long)c->other_spans);
    if (c->shown.failed) return qp_fail(QP_EMEMORY, "tokenizer compare: out of memory");
    if (c->shown.bytes) fwrite(c->shown.text, 1, c->shown.bytes, stdout);
    return QP_OK;
}

static qp_status compare(void *self, const qp_options *options)
{
    const compare_options *use = self;
    comparison c = {.options = use, .encoding = {{.spans = true}, {.spans = true}}};
    qp_status status = QP_OK;
    if (options->file_count < 2) status = qp_fail(QP_EUSAGE, "tokenizer compare: give two tokenizers, then the text");
    for (int k = 0; k < 2 && status == QP_OK; k++) status = qp_tokenizer_load_warned(options->file[k], &c.tokenizer[k]);
    if (status == QP_OK) status = qp_each_line(options->file + 2, options->file_count - 2, &c.at, compare_line, &c);
    if (status == QP_OK) status = use->json ? print_json(&c, options->file) : print_text(&c, options->file);
    for (int k = 0; k < 2; k++) {
        qp_encoding_free(&c.encoding[k]);
        qp_tokenizer_free(c.tokenizer[k]);
    }
    qp_text_free(&c.shown);
    return status;
}

int qp_tokenizer_compare_main(int argc, char **argv)
{
    static compare_options use;
    static const qp_option_group group[] = {{&compare_table, &use}};
    static const qp_command command = {
        .name = "tokenizer compare",
        .summary = "compare two tokenizers on a text: ids, pieces, offsets, bytes per token",
        .usage = "[--json] A B [FILE...]",
        .notes = "A and B are tokenizer files as for encode -m; the text is stdin or the "
                 "files after them.",
        .group = group,
        .group_count = 1,
        .takes_files = true};
    return qp_options_run(&command, argc, argv, compare, &use);
}
