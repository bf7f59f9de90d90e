#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "tokenizer/tokenizer_file.h"

/* compare: two tokenizers on one text, line by line. */

#define COMPARE_FIELDS(X)                                                                                              \
    X(INT, differences, "5", 0, 1000000, NULL, "how many lines that differ are shown")                                 \
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
    json_t *shown;
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

/* The pieces around the first place where the two part: two before it, six from it on. */
static json_t *around(const comparison *c, int side, int first)
{
    json_t *list = json_array();
    const qp_encoding *e = &c->encoding[side];
    for (int i = first > 2 ? first - 2 : 0; i < e->count && i < first + 6; i++) {
        const char *piece = qp_tokenizer_piece(c->tokenizer[side], e->id[i]);
        json_array_append_new(list, json_pack("[i,o]", e->id[i], qp_json_text(piece, strlen(piece))));
    }
    return list;
}

static void keep_difference(comparison *c)
{
    const qp_encoding *a = &c->encoding[0], *b = &c->encoding[1];
    int first = 0;
    while (first < a->count && first < b->count && a->id[first] == b->id[first]) first++;
    json_array_append_new(c->shown,
                          json_pack("{s:s, s:I, s:i, s:o, s:o}", "file", c->at.place, "line", (json_int_t)c->at.line,
                                    "token", first, "a", around(c, 0, first), "b", around(c, 1, first)));
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
    if ((int64_t)json_array_size(c->shown) < c->options->differences) keep_difference(c);
    return QP_OK;
}

/* ---- what is said ---- */

static double per_token(const comparison *c, int side, int64_t what)
{
    return c->tokens[side] ? (double)what / (double)c->tokens[side] : 0;
}

static void print_json(comparison *c, char *const *file)
{
    json_t *side[2];
    for (int k = 0; k < 2; k++)
        side[k] = json_pack("{s:s, s:s, s:i, s:I, s:f, s:f}", "file", file[k], "type",
                            qp_tokenizer_info(c->tokenizer[k]).type, "pieces", qp_tokenizer_size(c->tokenizer[k]),
                            "tokens", (json_int_t)c->tokens[k], "bytes_per_token", per_token(c, k, c->bytes),
                            "characters_per_token", per_token(c, k, c->characters));
    qp_json_line(stdout, json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:O}", "equal", c->other_ids == 0, "lines",
                                   (json_int_t)c->lines, "bytes", (json_int_t)c->bytes, "lines_with_other_ids",
                                   (json_int_t)c->other_ids, "lines_with_other_pieces", (json_int_t)c->other_pieces,
                                   "lines_with_other_offsets", (json_int_t)c->other_spans, "a", side[0], "b", side[1],
                                   "differences", c->shown));
}

static void print_pieces(const char *name, const json_t *list)
{
    printf("  %s", name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        printf(" %s(%lld)", json_string_value(json_array_get(pair, 1)),
               (long long)json_integer_value(json_array_get(pair, 0)));
    }
    putchar('\n');
}

static void print_text(const comparison *c, char *const *file)
{
    for (int k = 0; k < 2; k++) {
        printf("%c  %s: %s, %d pieces; %lld tokens, %.3f bytes and %.3f characters each\n", "AB"[k], file[k],
               qp_tokenizer_info(c->tokenizer[k]).type, qp_tokenizer_size(c->tokenizer[k]), (long long)c->tokens[k],
               per_token(c, k, c->bytes), per_token(c, k, c->characters));
    }
    printf("%lld lines, %lld bytes: ids %s in %lld, pieces in %lld, offsets in %lld\n", (long long)c->lines,
           (long long)c->bytes, c->other_ids ? "differ" : "equal; they differ", (long long)c->other_ids,
           (long long)c->other_pieces, (long long)c->other_spans);
    for (size_t i = 0; i < json_array_size(c->shown); i++) {
        const json_t *d = json_array_get(c->shown, i);
        printf("%s:%lld, token %lld\n", json_string_value(json_object_get(d, "file")),
               (long long)json_integer_value(json_object_get(d, "line")),
               (long long)json_integer_value(json_object_get(d, "token")));
        print_pieces("A", json_object_get(d, "a"));
        print_pieces("B", json_object_get(d, "b"));
    }
}

static qp_status compare(void *self, const qp_options *options)
{
    const compare_options *use = self;
    comparison c = {.options = use, .encoding = {{.spans = true}, {.spans = true}}, .shown = json_array()};
    qp_status status = QP_OK;
    if (options->file_count < 2) status = qp_fail(QP_EUSAGE, "tokenizer compare: give two tokenizers, then the text");
    for (int k = 0; k < 2 && status == QP_OK; k++) status = qp_tokenizer_load(options->file[k], &c.tokenizer[k]);
    if (status == QP_OK) status = qp_each_line(options->file + 2, options->file_count - 2, &c.at, compare_line, &c);
    if (status == QP_OK) use->json ? print_json(&c, options->file) : print_text(&c, options->file);
    for (int k = 0; k < 2; k++) {
        qp_encoding_free(&c.encoding[k]);
        qp_tokenizer_free(c.tokenizer[k]);
    }
    json_decref(c.shown);
    return status;
}

int qp_tokenizer_compare_main(int argc, char **argv)
{
    static compare_options use;
    static const qp_option_group group[] = {{&compare_table, &use}};
    static const qp_command command = {.name = "tokenizer compare",
                                       .summary = "two tokenizers on one text: ids, pieces, offsets, bytes per token",
                                       .usage = "[--json] A B [FILE...]",
                                       .notes = "A and B are files as encode -m takes them; the text is stdin or the "
                                                "files behind them.",
                                       .group = group,
                                       .group_count = 1,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, compare, &use);
}
