#include "lib/import/vocabulary_file.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/file.h"
#include "lib/text/json_reader.h"

enum { LIMIT = 268435456, MOST = 16777216 };

typedef struct {
    const char *path;
    qp_vocabulary_names *names;
    int room;
} reader;

static qp_status no_memory(const char *path) { return qp_fail(QP_EMEMORY, "%s: out of memory", path); }

/* ---- filling ---- */

static qp_status make_room(reader *r, int count)
{
    if (count <= r->room) return QP_OK;
    int room = count < 1024 ? 1024 : count < MOST / 2 ? 2 * count : MOST;
    char **grown = realloc(r->names->name, (size_t)room * sizeof *grown);
    if (!grown) return no_memory(r->path);
    memset(grown + r->room, 0, (size_t)(room - r->room) * sizeof *grown);
    r->names->name = grown;
    r->room = room;
    return QP_OK;
}

static qp_status set(reader *r, long long id, const char *piece, size_t bytes)
{
    if (id < 0 || id >= MOST) return qp_fail(QP_EDATA, "%s: %lld is no id of a vocabulary", r->path, id);
    if (bytes == 0 || memchr(piece, 0, bytes))
        return qp_fail(QP_EDATA, "%s: piece %lld is empty or holds NUL", r->path, id);
    QP_TRY(make_room(r, (int)id + 1));
    if (r->names->name[id]) return qp_fail(QP_EDATA, "%s: two pieces have the id %lld", r->path, id);
    if (!(r->names->name[id] = strndup(piece, bytes))) return no_memory(r->path);
    if (id >= r->names->count) r->names->count = (int)id + 1;
    return QP_OK;
}

/* ---- the three forms ---- */

static qp_status read_json(reader *r, const char *text, size_t bytes)
{
    json_t *root, *value;
    const char *key;
    QP_TRY(qp_json_read(r->path, text, bytes, JSON_REJECT_DUPLICATES, &root));
    qp_status status = QP_OK;
    for (size_t i = 0; i < json_array_size(root) && status == QP_OK; i++) {
        value = json_array_get(root, i);
        status = set(r, (long long)i, json_is_string(value) ? json_string_value(value) : "",
                     json_string_length(value));
    }
    json_object_foreach(root, key, value)
    {
        if (status != QP_OK) break;
        status = set(r, json_is_integer(value) ? json_integer_value(value) : -1, key, strlen(key));
    }
    json_decref(root);
    return status;
}

static qp_status read_lines(reader *r, const char *text)
{
    for (long long id = 0; *text; id++) {
        size_t length = strcspn(text, "\n"), kept = length;
        if (kept && text[kept - 1] == '\r') kept--;
        QP_TRY(set(r, id, text, kept));
        text += length + (text[length] == '\n');
    }
    return QP_OK;
}

static qp_status not_yaml(const reader *r, const yaml_parser_t *parser)
{
    return qp_fail(QP_EDATA, "%s:%zu: not a list of pieces and ids; fetch the file again", r->path,
                   parser->mark.line + 1);
}

/* One flat mapping. */
static qp_status read_pairs(reader *r, yaml_parser_t *parser)
{
    char *piece = NULL;
    qp_status status = QP_OK;
    for (bool ends = false; status == QP_OK && !ends;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            status = not_yaml(r, parser);
            break;
        }
        ends = event.type == YAML_STREAM_END_EVENT;
        const char *value = event.type == YAML_SCALAR_EVENT ? (char *)event.data.scalar.value : NULL;
        char *end = NULL;
        if (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_ALIAS_EVENT) status = not_yaml(r, parser);
        if (value && !piece) {
            piece = strdup(value);
            if (!piece) status = no_memory(r->path);
        } else if (value) {
            long long id = strtoll(value, &end, 10);
            status = end == value || *end ? not_yaml(r, parser) : set(r, id, piece, strlen(piece));
            free(piece);
            piece = NULL;
        }
        yaml_event_delete(&event);
    }
    free(piece);
    return status;
}

static qp_status read_yaml(reader *r, const char *text, size_t bytes)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return no_memory(r->path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    qp_status status = read_pairs(r, &parser);
    yaml_parser_delete(&parser);
    return status;
}

/* ---- the file ---- */

static bool ends_in(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

static qp_status check(const reader *r)
{
    for (int i = 0; i < r->names->count; i++)
        if (!r->names->name[i]) return qp_fail(QP_EDATA, "%s: no piece has the id %d", r->path, i);
    return r->names->count ? QP_OK : qp_fail(QP_EDATA, "%s: no pieces are there", r->path);
}

qp_status qp_vocabulary_read(const char *path, qp_vocabulary_names *names)
{
    char *text;
    size_t bytes;
    reader r = {.path = path, .names = names};
    *names = (qp_vocabulary_names){0};
    QP_TRY(qp_file_read(path, LIMIT, &text, &bytes));
    qp_status status = ends_in(path, ".json")                              ? read_json(&r, text, bytes)
                       : ends_in(path, ".yml") || ends_in(path, ".yaml") ? read_yaml(&r, text, bytes)
                                                                           : read_lines(&r, text);
    free(text);
    if (status == QP_OK) status = check(&r);
    if (status != QP_OK) {
        names->count = r.room;
        qp_vocabulary_names_free(names);
    }
    return status;
}

qp_status qp_vocabulary_add_start(const char *place, qp_vocabulary_names *names)
{
    return qp_vocabulary_append(place, qp_vocabulary_index(names, "<pad>") < 0 ? "<pad>" : "<start>", names);
}

qp_status qp_vocabulary_append(const char *place, const char *word, qp_vocabulary_names *names)
{
    char **grown = realloc(names->name, ((size_t)names->count + 1) * sizeof *grown);
    if (grown) names->name = grown;
    if (!grown || !(grown[names->count] = strdup(word))) return no_memory(place);
    names->count++;
    return QP_OK;
}

int qp_vocabulary_index(const qp_vocabulary_names *names, const char *piece)
{
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], piece) == 0) return i;
    return -1;
}

void qp_vocabulary_names_free(qp_vocabulary_names *names)
{
    for (int i = 0; i < names->count; i++) free(names->name[i]);
    free(names->name);
    *names = (qp_vocabulary_names){0};
}
