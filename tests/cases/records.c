#include "tests/cases/records.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"

void run_path(const run_context *c, const char *value, char *path, size_t bytes)
{
    if (strncmp(value, "@set/", 5) == 0)
        snprintf(path, bytes, "%s/%s", c->root, value + 5);
    else if (strncmp(value, "@data/", 6) == 0)
        snprintf(path, bytes, "%s/../data/%s", c->root, value + 6);
    else
        snprintf(path, bytes, "%s/cases/%s/%s", c->root, c->name, value);
}

const char *run_text(const run_context *c, const char *key) { return json_string_value(json_object_get(c->run, key)); }

bool run_flag(const run_context *c, const char *option, bool fallback)
{
    json_t *value = json_object_get(json_object_get(c->run, "options"), option);
    return value ? json_is_true(value) : fallback;
}

static bool key_path(const run_context *c, const char *key, char *path, size_t bytes)
{
    const char *value = run_text(c, key);
    if (!value) return false;
    run_path(c, value, path, bytes);
    return true;
}

bool read_records(const char *path, records *r)
{
    size_t bytes, capacity = 0;
    *r = (records){0};
    if (qp_file_read(path, (size_t)1 << 30, &r->content, &bytes) != QP_OK) return false;
    for (char *at = r->content, *end = at + bytes; at < end;) {
        char *after;
        size_t length = strtoul(at, &after, 10);
        if (after == at || *after != '\n' || length > (size_t)(end - after - 1)) return false;
        if (r->count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            r->start = realloc(r->start, capacity * sizeof *r->start);
            r->bytes = realloc(r->bytes, capacity * sizeof *r->bytes);
        }
        r->start[r->count] = (size_t)(after + 1 - r->content);
        r->bytes[r->count++] = length;
        at = after + 1 + length + 1;
    }
    return true;
}

bool read_numbers(const char *path, number_lists *n)
{
    char *content;
    size_t bytes, capacity = 0, made = 0, lines = 0;
    *n = (number_lists){0};
    if (qp_file_read(path, (size_t)1 << 30, &content, &bytes) != QP_OK) return false;
    for (char *at = content; at < content + bytes;) {
        char *end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        n->start = realloc(n->start, (lines + 2) * sizeof *n->start);
        n->start[lines++] = made;
        while (at < end) {
            char *after;
            long value = strtol(at, &after, 10);
            if (after == at) break;
            if (made == capacity)
                n->number = realloc(n->number, (capacity = capacity ? 2 * capacity : 256) * sizeof(int32_t));
            n->number[made++] = (int32_t)value;
            at = after + (after < end);
        }
        n->start[lines] = made;
        at = end + 1;
    }
    n->count = lines;
    free(content);
    return true;
}

bool run_records(const run_context *c, const char *key, records *r)
{
    char path[4096];
    *r = (records){0};
    return key_path(c, key, path, sizeof path) && read_records(path, r);
}

bool run_numbers(const run_context *c, const char *key, number_lists *n)
{
    char path[4096];
    *n = (number_lists){0};
    return key_path(c, key, path, sizeof path) && read_numbers(path, n);
}

bool run_json_lines(const run_context *c, const char *key, json_t **lines)
{
    char path[4096], *content;
    size_t bytes;
    *lines = NULL;
    if (!key_path(c, key, path, sizeof path) || qp_file_read(path, (size_t)1 << 30, &content, &bytes) != QP_OK)
        return false;
    *lines = json_array();
    for (char *at = content; at < content + bytes;) {
        char *end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        json_error_t error;
        json_array_append_new(*lines, json_loadb(at, (size_t)(end - at), JSON_DECODE_ANY | JSON_ALLOW_NUL, &error));
        at = end + 1;
    }
    free(content);
    return true;
}

void free_records(records *r)
{
    free(r->content);
    free(r->start);
    free(r->bytes);
    *r = (records){0};
}

void free_numbers(number_lists *n)
{
    free(n->number);
    free(n->start);
    *n = (number_lists){0};
}

run_result run_fail(run_context *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->message, sizeof c->message, format, arguments);
    va_end(arguments);
    for (char *p = c->message; *p; p++) {
        if ((unsigned char)*p < ' ') *p = '?';
    }
    return RUN_FAILED;
}

bool run_expect_text(run_context *c, const char *what, size_t record, const char *got, size_t got_bytes,
                     const char *wanted, size_t wanted_bytes)
{
    if (got_bytes == wanted_bytes && (got_bytes == 0 || memcmp(got, wanted, got_bytes) == 0)) return true;
    if (!got) got = "";
    size_t same = 0;
    while (same < got_bytes && same < wanted_bytes && got[same] == wanted[same]) same++;
    size_t from = same > 20 ? same - 20 : 0;
    run_fail(c, "%s of record %zu: at byte %zu \"%.*s\", wanted \"%.*s\"", what, record, same,
             (int)(got_bytes - from < 60 ? got_bytes - from : 60), got + from,
             (int)(wanted_bytes - from < 60 ? wanted_bytes - from : 60), wanted + from);
    return false;
}

bool run_expect_numbers(run_context *c, const char *what, size_t record, const int32_t *got, size_t got_count,
                        const number_lists *wanted)
{
    if (record >= wanted->count) {
        run_fail(c, "%s: only %zu lists", what, wanted->count);
        return false;
    }
    const int32_t *want = wanted->number + wanted->start[record];
    size_t want_count = wanted->start[record + 1] - wanted->start[record], same = 0;
    while (same < got_count && same < want_count && got[same] == want[same]) same++;
    if (same == got_count && same == want_count) return true;
    char list[2][120] = {"", ""};
    for (int k = 0; k < 2; k++) {
        const int32_t *from = k ? want : got;
        size_t count = k ? want_count : got_count, used = 0;
        for (size_t i = same; i < count && i < same + 6; i++)
            used += (size_t)snprintf(list[k] + used, sizeof list[k] - used, "%d ", from[i]);
    }
    run_fail(c, "%s of record %zu: at number %zu of %zu: %s, wanted (of %zu): %s", what, record, same, got_count,
             list[0], want_count, list[1]);
    return false;
}
