#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/tokenizer/tokenizer_stream.h"
#include "lib/base/array.h"
#include "lib/text/json_reader.h"

#define DECODE_FIELDS(X)                                                                                               \
    QP_STREAM_FIELDS(X)                                                                                                \
    X(BOOL, keep_special, "false", 0, 0, NULL, "special tokens by their names, else they give no text")

static QP_FIELD_TABLE(decode_table, "output", qp_stream_options, DECODE_FIELDS);

static qp_status read_id(qp_stream_state *s, const char *word, int32_t *id)
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

static qp_status append(qp_stream_state *s, int32_t id)
{
    qp_id_list *ids = &s->ids;
    if (QP_GROW(ids->id, ids->capacity, ids->count + 1)) {
        ids->id[ids->count++] = id;
        return QP_OK;
    }
    return qp_fail(QP_EMEMORY, "%s:%lld: out of memory", s->at.place, (long long)s->at.line);
}

/* The ids of an object as encode --json writes it. */
static qp_status read_object(qp_stream_state *s, const char *line, size_t bytes)
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
        if (status == QP_OK) status = append(s, (int32_t)id);
    }
    json_decref(root);
    return status;
}

static qp_status read_words(qp_stream_state *s, char *line, size_t bytes)
{
    char *end = line + bytes;
    for (char *word = line; word < end;) {
        if (*word == ' ') {
            word++;
            continue;
        }
        char *after = memchr(word, ' ', (size_t)(end - word));
        if (!after) after = end;
        *after = '\0';
        int32_t id = -1;
        QP_TRY(read_id(s, word, &id));
        QP_TRY(append(s, id));
        word = after + 1;
    }
    return QP_OK;
}

static qp_status decode_line(void *self, char *line, size_t bytes)
{
    qp_stream_state *s = self;
    s->ids.count = 0;
    QP_TRY(s->options->json && bytes > 0 && line[0] == '{' ? read_object(s, line, bytes) : read_words(s, line, bytes));
    int count = (int)s->ids.count;
    char *text;
    size_t text_bytes;
    QP_TRY(s->options->keep_special ? qp_tokenizer_decode_all(s->tokenizer, s->ids.id, count, &text, &text_bytes)
                                    : qp_tokenizer_decode(s->tokenizer, s->ids.id, count, &text, &text_bytes));
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
    static qp_stream_command how = {.act = decode_line};
    static const qp_option_group group[] = {{&decode_table, &how.options}};
    static const qp_command command = {.name = "tokenizer decode",
                                       .summary = "pieces back to text, line by line",
                                       .usage = "-m TOKENIZER [--ids | --pieces] [--json] [FILE...]",
                                       .notes = "--json also reads what encode --json writes.",
                                       .group = group,
                                       .group_count = 1,
                                       .alias = qp_stream_alias,
                                       .alias_count = QP_STREAM_ALIASES,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, qp_stream_run, &how);
}
