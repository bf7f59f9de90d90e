#define _GNU_SOURCE
#include "lib/config/config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/file.h"

enum { TEXT_BYTES = 512, WORD_BYTES = 64, WORDS = 64 };

static void *place_of(const qp_field *field, void *object) { return (char *)object + field->offset; }

static const void *const_place_of(const qp_field *field, const void *object)
{
    return (const char *)object + field->offset;
}

/* Same word, hyphen and underscore being one. */
static bool same_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b)) return false;
    return *a == *b;
}

void qp_config_defaults(const qp_field_table *table, void *object)
{
    for (int i = 0; i < table->count; i++) {
        const qp_field *field = &table->field[i];
        qp_config_set(field, object, field->name, field->fallback);
    }
}

const qp_field *qp_config_find(const qp_field_table *table, const char *key)
{
    for (int i = 0; i < table->count; i++)
        if (same_word(table->field[i].name, key)) return &table->field[i];
    return NULL;
}

/* Levenshtein distance; words longer than WORD_BYTES are strangers. */
static int edit_distance(const char *a, const char *b)
{
    size_t a_bytes = strlen(a), b_bytes = strlen(b);
    if (a_bytes >= WORD_BYTES || b_bytes >= WORD_BYTES) return WORD_BYTES;
    int row[WORD_BYTES];
    for (size_t j = 0; j <= b_bytes; j++) row[j] = (int)j;
    for (size_t i = 1; i <= a_bytes; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_bytes; j++) {
            char ca = a[i - 1] == '_' ? '-' : a[i - 1], cb = b[j - 1] == '_' ? '-' : b[j - 1];
            int best = diagonal + (ca != cb);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_bytes];
}

const char *qp_config_suggest(const char *wrong, const char *const *word, int count)
{
    size_t bytes = strlen(wrong);
    int limit = bytes / 3 > 2 ? (int)(bytes / 3) : 2, best = WORD_BYTES;
    if (bytes < 4) limit = 1;
    const char *nearest = NULL;
    for (int i = 0; i < count; i++) {
        int distance = edit_distance(wrong, word[i]);
        /* the beginning of a longer word is more likely than any misspelling */
        if (bytes >= 3 && strncmp(wrong, word[i], bytes) == 0) distance = 1;
        if (distance <= limit && distance < best) {
            best = distance;
            nearest = word[i];
        }
    }
    return nearest;
}

/* Numbers are written with a point, whatever the locale of the program that holds us. */
static double parse_real(const char *text, char **end)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    double value = plain ? strtod_l(text, end, plain) : strtod(text, end);
    if (plain) freelocale(plain);
    return value;
}

static void print_real(double value, char *text, size_t bytes)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = plain ? uselocale(plain) : (locale_t)0;
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, bytes, "%.*g", digits, value);
        char *end;
        double back = strtod(text, &end);
        if (back == value) break;
    }
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
}

static qp_status set_number(const qp_field *field, void *object, const char *place, const char *text)
{
    char *end = NULL;
    errno = 0;
    long long whole = 0;
    double value;
    if (field->kind == QP_FIELD_INT) {
        whole = strtoll(text, &end, 10);
        value = (double)whole;
    } else {
        value = parse_real(text, &end);
        if (errno == ERANGE && fabs(value) < 1) errno = 0; /* too small for a double: as good as it gets */
    }
    if (end == text || *end || isspace((unsigned char)text[0]) || isnan(value))
        return qp_fail(QP_EUSAGE, "%s: '%.60s' is not a %snumber", place, text,
                       field->kind == QP_FIELD_INT ? "whole " : "");
    if (errno == ERANGE || value < field->low || value > field->high)
        return qp_fail(QP_EUSAGE, "%s: %.60s is out of bounds; %.16g to %.16g is possible", place, text, field->low,
                       field->high);
    if (field->kind == QP_FIELD_INT)
        *(int64_t *)place_of(field, object) = whole;
    else
        *(double *)place_of(field, object) = value;
    return QP_OK;
}

static qp_status set_bool(const qp_field *field, void *object, const char *place, const char *text)
{
    static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no", "off", "0"};
    for (int i = 0; i < 4; i++) {
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
            *(int *)place_of(field, object) = strcasecmp(text, yes[i]) == 0;
            return QP_OK;
        }
    }
    return qp_fail(QP_EUSAGE, "%s: '%.60s' is neither true nor false", place, text);
}

/* Cut "adam, adamw, sgd" into words in `store`; returns how many. */
static int cut_choices(const char *choices, char store[][WORD_BYTES], const char **word)
{
    int count = 0;
    for (const char *at = choices; *at && count < WORDS;) {
        at += strspn(at, ", ");
        size_t bytes = strcspn(at, ", ");
        if (bytes == 0) break;
        snprintf(store[count], WORD_BYTES, "%.*s", (int)bytes, at);
        word[count] = store[count];
        count++;
        at += bytes;
    }
    return count;
}

static qp_status set_choice(const qp_field *field, void *object, const char *place, const char *text)
{
    char store[WORDS][WORD_BYTES];
    const char *word[WORDS];
    int count = cut_choices(field->choices, store, word);
    for (int i = 0; i < count; i++) {
        if (!same_word(word[i], text)) continue;
        *(int *)place_of(field, object) = i;
        return QP_OK;
    }
    const char *nearest = qp_config_suggest(text, word, count);
    if (nearest)
        return qp_fail(QP_EUSAGE, "%s: '%.60s' is unknown; did you mean %s? (%s)", place, text, nearest,
                       field->choices);
    return qp_fail(QP_EUSAGE, "%s: '%.60s' is unknown; choose one of: %s", place, text, field->choices);
}

qp_status qp_config_set(const qp_field *field, void *object, const char *place, const char *text)
{
    switch (field->kind) {
    case QP_FIELD_INT:
    case QP_FIELD_REAL: return set_number(field, object, place, text);
    case QP_FIELD_BOOL: return set_bool(field, object, place, text);
    case QP_FIELD_CHOICE: return set_choice(field, object, place, text);
    case QP_FIELD_TEXT:
        if (strlen(text) >= TEXT_BYTES)
            return qp_fail(QP_EUSAGE, "%s: a text of %zu bytes is too long; %d are possible", place, strlen(text),
                           TEXT_BYTES - 1);
        strcpy(place_of(field, object), text);
        return QP_OK;
    }
    return qp_fail(QP_EBUG, "%s: unknown kind of field", place);
}

const char *qp_config_get(const qp_field *field, const void *object, char *text, size_t bytes)
{
    const void *place = const_place_of(field, object);
    char store[WORDS][WORD_BYTES];
    const char *word[WORDS];
    int index;
    switch (field->kind) {
    case QP_FIELD_INT: snprintf(text, bytes, "%lld", (long long)*(const int64_t *)place); break;
    case QP_FIELD_REAL: print_real(*(const double *)place, text, bytes); break;
    case QP_FIELD_BOOL: snprintf(text, bytes, "%s", *(const int *)place ? "true" : "false"); break;
    case QP_FIELD_TEXT: snprintf(text, bytes, "%s", (const char *)place); break;
    case QP_FIELD_CHOICE:
        index = *(const int *)place;
        snprintf(text, bytes, "%s", index >= 0 && index < cut_choices(field->choices, store, word) ? word[index] : "?");
        break;
    }
    return text;
}

/* ---- YAML ---- */

typedef struct {
    const char *path;
    const qp_field_table *const *table;
    void *const *object;
    int count;
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

/* A list becomes one text, its words joined by commas, as on the command line. */
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

/* Nothing of that name: say which key might have been meant. */
static qp_status yaml_unknown(const yaml_reader *reader, int only, const char *key, size_t line)
{
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
    for (int t = 0; t < reader->count; t++) {
        const qp_field *field = only < 0 || t == only ? qp_config_find(reader->table[t], key) : NULL;
        if (!field) continue;
        char place[PATH_MAX + WORD_BYTES];
        snprintf(place, sizeof place, "%s:%zu: %.60s", reader->path, line + 1, key);
        return qp_config_set(field, reader->object[t], place, text);
    }
    return yaml_unknown(reader, only, key, line);
}

static int yaml_section(const yaml_reader *reader, const char *title)
{
    for (int t = 0; t < reader->count; t++)
        if (same_word(reader->table[t]->title, title)) return t;
    return -1;
}

static qp_status yaml_mapping(yaml_reader *reader, int only);

/* What follows a key: a word, a list, or (at the top) a section. */
static qp_status yaml_value(yaml_reader *reader, int only, const char *key, size_t line)
{
    yaml_event_t event;
    qp_status status = yaml_next(reader, &event);
    char list[TEXT_BYTES];
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
        status = yaml_fail(reader, line, "a word, a number or a list is expected behind the key");
    }
    yaml_event_delete(&event);
    return status;
}

/* The keys of one mapping, its start having been read. */
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

qp_status qp_config_yaml_load(const char *path, const qp_field_table *const *table, void *const *object, int count)
{
    char *content;
    size_t bytes;
    QP_TRY(qp_file_read(path, (size_t)1 << 20, &content, &bytes));
    yaml_reader reader = {.path = path, .table = table, .object = object, .count = count};
    if (!yaml_parser_initialize(&reader.parser)) {
        free(content);
        return qp_fail(QP_EMEMORY, "%s: no memory to read it", path);
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)content, bytes);
    qp_status status = QP_OK;
    for (bool end = false; !end && status == QP_OK;) {
        yaml_event_t event;
        status = yaml_next(&reader, &event);
        end = status == QP_OK && event.type == YAML_STREAM_END_EVENT;
        bool empty = status == QP_OK && event.type == YAML_SCALAR_EVENT && event.data.scalar.length == 0;
        if (status == QP_OK && event.type == YAML_MAPPING_START_EVENT)
            status = yaml_mapping(&reader, -1);
        else if (status == QP_OK && (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_ALIAS_EVENT ||
                                     (event.type == YAML_SCALAR_EVENT && !empty)))
            status = yaml_fail(&reader, event.start_mark.line, "'key: value' lines are expected");
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&reader.parser);
    free(content);
    return status;
}

/* A text in double quotes, as YAML and JSON escape it. */
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
            char text[TEXT_BYTES];
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
