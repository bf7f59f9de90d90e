#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/file.h"
#include "lib/config/config.h"

enum { PLACE_BYTES = PATH_MAX + 64 };

typedef struct {
    const char *path;
    const qp_field_table *const *table;
    void *const *object;
    int count;
    size_t **first_line; /* [table][field]: line (from 1) on which the key was given, 0 if it was not */
    yaml_parser_t parser;
} yaml_reader;

static qp_status yaml_fail(const yaml_reader *reader, size_t line, const char *what)
{
    return qp_fail(QP_EUSAGE, "%s:%zu: %s", reader->path, line + 1, what);
}

/* The next event; the caller deletes it, after a failure too. */
static qp_status yaml_next(yaml_reader *reader, yaml_event_t *event)
{
    memset(event, 0, sizeof *event);
    if (yaml_parser_parse(&reader->parser, event)) return QP_OK;
    yaml_parser_t *p = &reader->parser;
    if (p->error == YAML_MEMORY_ERROR) return qp_fail(QP_EMEMORY, "%s: no memory to read it", reader->path);
    return yaml_fail(reader, p->problem_mark.line, p->problem ? p->problem : "not YAML");
}

/* Reads a list as one text, its words joined by commas, as on the command line. */
static qp_status yaml_list(yaml_reader *reader, char *text, size_t capacity)
{
    size_t used = 0;
    text[0] = '\0';
    for (;;) {
        yaml_event_t event;
        qp_status status = yaml_next(reader, &event);
        bool end = status != QP_OK || event.type == YAML_SEQUENCE_END_EVENT;
        if (!end && event.type != YAML_SCALAR_EVENT)
            status = yaml_fail(reader, event.start_mark.line, "a list of plain words is expected");
        else if (!end && used + event.data.scalar.length + 2 > capacity)
            status = yaml_fail(reader, event.start_mark.line, "the list is too long");
        else if (!end)
            used += (size_t)snprintf(text + used, capacity - used, "%s%s", used ? "," : "",
                                     (const char *)event.data.scalar.value);
        yaml_event_delete(&event);
        if (end || status != QP_OK) return status;
    }
}

/* The table that has `key`, or -1. */
static int table_with(const yaml_reader *reader, const char *key)
{
    for (int t = 0; t < reader->count; t++)
        if (qp_config_find(reader->table[t], key)) return t;
    return -1;
}

/* The error for a key that the section `only` (or, with -1, the whole file) does not have. */
static qp_status yaml_unknown(const yaml_reader *reader, int only, const char *key, size_t line)
{
    int other = table_with(reader, key);
    if (other >= 0)
        return qp_fail(QP_EUSAGE, "%s:%zu: key '%.60s' is under '%s'; it belongs under '%s'", reader->path, line + 1,
                       key, reader->table[only]->title, reader->table[other]->title);
    const char *nearest = NULL;
    for (int t = 0; t < reader->count && !nearest; t++) {
        if (only >= 0 && t != only) continue;
        for (int i = 0; i < reader->table[t]->count && !nearest; i++)
            nearest = qp_config_suggest(key, &reader->table[t]->field[i].name, 1);
    }
    if (!nearest) return qp_fail(QP_EUSAGE, "%s:%zu: unknown key '%.60s'", reader->path, line + 1, key);
    return qp_fail(QP_EUSAGE, "%s:%zu: unknown key '%.60s'; did you mean %s?", reader->path, line + 1, key, nearest);
}

static qp_status yaml_set(const yaml_reader *reader, int only, const char *key, const char *text, size_t line)
{
    const char *other = table_with(reader, key) < 0 ? qp_config_other_name(key, 0) : NULL;
    if (other) key = other;
    for (int t = 0; t < reader->count; t++) {
        const qp_field *field = only < 0 || t == only ? qp_config_find(reader->table[t], key) : NULL;
        if (!field) continue;
        size_t *first = &reader->first_line[t][field - reader->table[t]->field];
        if (*first)
            return qp_fail(QP_EUSAGE, "%s:%zu: key '%.60s' is given twice, first on line %zu", reader->path, line + 1,
                           key, *first);
        *first = line + 1;
        char place[PLACE_BYTES];
        snprintf(place, sizeof place, "%s:%zu: %.60s", reader->path, line + 1, key);
        return qp_config_set(field, reader->object[t], place, text);
    }
    return yaml_unknown(reader, only, key, line);
}

static int yaml_section(const yaml_reader *reader, const char *title)
{
    for (int t = 0; t < reader->count; t++)
        if (qp_config_same_word(reader->table[t]->title, title)) return t;
    return -1;
}

static qp_status yaml_mapping(yaml_reader *reader, int only);

/* Reads what follows a key: a word, a list, or (at the top level) a section. */
static qp_status yaml_value(yaml_reader *reader, int only, const char *key, size_t line)
{
    yaml_event_t event;
    qp_status status = yaml_next(reader, &event);
    char list[QP_FIELD_TEXT_BYTES];
    if (status == QP_OK && event.type == YAML_SCALAR_EVENT) {
        const char *text = (const char *)event.data.scalar.value;
        status = strlen(text) == event.data.scalar.length ? yaml_set(reader, only, key, text, line)
                                                          : yaml_fail(reader, line, "a NUL byte in the text");
    } else if (status == QP_OK && event.type == YAML_SEQUENCE_START_EVENT) {
        status = yaml_list(reader, list, sizeof list);
        if (status == QP_OK) status = yaml_set(reader, only, key, list, line);
    } else if (status == QP_OK && event.type == YAML_MAPPING_START_EVENT && only < 0) {
        int section = yaml_section(reader, key);
        status = section >= 0 ? yaml_mapping(reader, section)
                              : qp_fail(QP_EUSAGE, "%s:%zu: unknown section '%.60s'", reader->path, line + 1, key);
    } else if (status == QP_OK) {
        status = yaml_fail(reader, line, "a word, a number or a list is expected after the key");
    }
    yaml_event_delete(&event);
    return status;
}

/* Reads the keys of one mapping whose start has been read. */
static qp_status yaml_mapping(yaml_reader *reader, int only)
{
    for (;;) {
        yaml_event_t event;
        qp_status status = yaml_next(reader, &event);
        bool end = status == QP_OK && event.type == YAML_MAPPING_END_EVENT;
        if (status == QP_OK && !end)
            status = event.type == YAML_SCALAR_EVENT
                         ? yaml_value(reader, only, (const char *)event.data.scalar.value, event.start_mark.line)
                         : yaml_fail(reader, event.start_mark.line, "'key: value' is expected");
        yaml_event_delete(&event);
        if (end || status != QP_OK) return status;
    }
}

static qp_status yaml_document(yaml_reader *reader)
{
    for (;;) {
        yaml_event_t event;
        qp_status status = yaml_next(reader, &event);
        bool end = status != QP_OK || event.type == YAML_STREAM_END_EVENT;
        bool empty = !end && event.type == YAML_SCALAR_EVENT && event.data.scalar.length == 0;
        if (!end && event.type == YAML_MAPPING_START_EVENT)
            status = yaml_mapping(reader, -1);
        else if (!end && (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_ALIAS_EVENT ||
                          (event.type == YAML_SCALAR_EVENT && !empty)))
            status = yaml_fail(reader, event.start_mark.line, "'key: value' lines are expected");
        yaml_event_delete(&event);
        if (end || status != QP_OK) return status;
    }
}

/* One zeroed line number for each field of each table, in a single block; NULL without memory. */
static size_t **new_line_numbers(const qp_field_table *const *table, int count)
{
    size_t fields = 0;
    for (int t = 0; t < count; t++) fields += (size_t)table[t]->count;
    size_t **line = calloc(1, (size_t)count * sizeof *line + fields * sizeof **line);
    size_t *next = line ? (size_t *)(void *)(line + count) : NULL;
    for (int t = 0; line && t < count; t++) {
        line[t] = next;
        next += table[t]->count;
    }
    return line;
}

qp_status qp_config_yaml_load(const char *path, const qp_field_table *const *table, void *const *object, int count)
{
    size_t **line;
    QP_TRY(qp_config_yaml_lines(path, table, object, count, &line));
    free(line);
    return QP_OK;
}

qp_status qp_config_yaml_lines(const char *path, const qp_field_table *const *table, void *const *object, int count,
                               size_t ***line)
{
    char *content;
    size_t bytes;
    *line = NULL;
    QP_TRY(qp_file_read(path, (size_t)1 << 20, &content, &bytes));
    yaml_reader reader = {.path = path, .table = table, .object = object, .count = count};
    reader.first_line = new_line_numbers(table, count);
    qp_status status = QP_OK;
    if (!reader.first_line || !yaml_parser_initialize(&reader.parser)) {
        status = qp_fail(QP_EMEMORY, "%s: no memory to read it", path);
    } else {
        yaml_parser_set_input_string(&reader.parser, (const unsigned char *)content, bytes);
        status = yaml_document(&reader);
        yaml_parser_delete(&reader.parser);
    }
    if (status == QP_OK)
        *line = reader.first_line;
    else
        free(reader.first_line);
    free(content);
    return status;
}

/* Writes a text in double quotes with YAML's escapes. */
static void yaml_write_text(FILE *stream, const char *text)
{
    fputc('"', stream);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(stream, "\\%c", *text);
        else if ((unsigned char)*text < 0x20 || *text == 0x7f)
            fprintf(stream, "\\x%02x", (unsigned)*text);
        else
            fputc(*text, stream);
    }
    fputc('"', stream);
}

void qp_config_yaml_write(FILE *stream, const qp_field_table *const *table, void *const *object, int count)
{
    for (int t = 0; t < count; t++) {
        fprintf(stream, "%s:\n", table[t]->title);
        for (int i = 0; i < table[t]->count; i++) {
            const qp_field *field = &table[t]->field[i];
            char text[QP_FIELD_TEXT_BYTES];
            fputs("  ", stream);
            for (const char *c = field->name; *c; c++) fputc(*c == '_' ? '-' : *c, stream);
            fputs(": ", stream);
            qp_config_get(field, object[t], text, sizeof text);
            if (field->kind == QP_FIELD_TEXT)
                yaml_write_text(stream, text);
            else
                fputs(text, stream);
            fputc('\n', stream);
        }
    }
}
