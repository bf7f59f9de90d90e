#include "tokenizer/subword_nmt/subword_nmt_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

static qp_status no_memory(const char *place) { return qp_fail(QP_EMEMORY, "%s: out of memory", place); }

void qp_subword_nmt_free(qp_subword_nmt *c)
{
    if (!c) return;
    qp_vocabulary_free(&c->symbols);
    qp_vocabulary_free(&c->allowed);
    for (size_t i = 0; i < c->glossary_count; i++) {
        qp_regex_free(&c->glossary[i]);
        qp_regex_free(&c->whole_glossary[i]);
    }
    qp_regex_free(&c->whole_any);
    free(c->glossary);
    free(c->whole_glossary);
    free(c->code);
    qp_pair_slots_free(&c->ranks);
    free(c->split_of);
    free(c->separator);
    free(c);
}

int32_t qp_subword_nmt_rank(const qp_subword_nmt *c, int32_t left, int32_t right)
{
    const qp_pair_slot *slot = qp_pair_slots_find(&c->ranks, NULL, qp_pair(left, right));
    return slot ? (int32_t)slot->number - 1 : -1;
}

static qp_status symbol(const char *place, qp_subword_nmt *c, const char *text, size_t bytes, int32_t *id)
{
    *id = qp_vocabulary_find(&c->symbols, text, bytes);
    if (*id >= 0) return QP_OK;
    QP_TRY(qp_vocabulary_add(&c->symbols, QP_PIECE_NORMAL, text, bytes, id));
    if (!QP_GROW(c->split_of, c->split_capacity, (size_t)*id + 1)) return no_memory(place);
    c->split_of[*id] = -1;
    return QP_OK;
}

/* Reads one line. A repeated pair keeps its first rank, a symbol the first pair that makes it. */
static qp_status add_code(const char *place, qp_subword_nmt *c, const char *line, size_t bytes)
{
    int32_t left, right, joined;
    const char *space = bytes ? memchr(line, ' ', bytes) : NULL;
    if (!space || space == line || space + 1 == line + bytes ||
        memchr(space + 1, ' ', (size_t)(line + bytes - space - 1)))
        return qp_fail(QP_EDATA, "%s: line %zu of the codes is not two symbols with a space between them", place,
                       c->count + 1);
    size_t left_bytes = (size_t)(space - line), right_bytes = bytes - left_bytes - 1;
    QP_TRY(symbol(place, c, line, left_bytes, &left));
    QP_TRY(symbol(place, c, space + 1, right_bytes, &right));
    char *whole = malloc(bytes);
    if (!whole) return no_memory(place);
    memcpy(whole, line, left_bytes);
    memcpy(whole + left_bytes, space + 1, right_bytes);
    qp_status status = symbol(place, c, whole, left_bytes + right_bytes, &joined);
    free(whole);
    QP_TRY(status);
    qp_pair_slot *slot = qp_pair_slots_place(&c->ranks, NULL, qp_pair(left, right));
    if (!slot || !QP_GROW(c->code, c->capacity, c->count + 1)) return no_memory(place);
    if (slot->number) return QP_OK;
    c->code[c->count] = (struct qp_code){left, right, joined};
    if (c->split_of[joined] < 0) c->split_of[joined] = (int32_t)c->count;
    *slot = (qp_pair_slot){qp_pair(left, right), (uint32_t)++c->count};
    c->ranks.count++;
    return QP_OK;
}

static qp_status read_version(const char *place, const char *line, size_t bytes, qp_subword_nmt *c)
{
    int major = -1, minor = 0;
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)(bytes < 60 ? bytes : 60), line);
    if (sscanf(text, "#version: %d.%d", &major, &minor) < 1 || major != 0 || (minor != 1 && minor != 2))
        return qp_fail(QP_EDATA, "%s: unknown version of codes \"%s\"; 0.1 and 0.2 are known", place, text);
    c->own_end = minor == 1;
    return QP_OK;
}

static bool is_edge(char c) { return c == ' ' || c == '\r' || c == '\n'; }

static qp_status read_codes(const char *place, const char *content, size_t bytes, int64_t merges, qp_subword_nmt *c)
{
    int64_t lines = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        if (qp_utf8_next(content + at, bytes - at, &length) == QP_INVALID_CODE)
            return qp_fail(QP_EDATA, "%s: the codes are not UTF-8", place);
    }
    c->own_end = true;
    while (bytes > 0 && content[bytes - 1] == '\n') bytes--;
    for (const char *at = content, *end; at < content + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        const char *from = at, *to = end;
        if (at == content && to - at >= 9 && memcmp(at, "#version:", 9) == 0) {
            QP_TRY(read_version(place, at, (size_t)(to - at), c));
            continue;
        }
        while (from < to && is_edge(*from)) from++;
        while (to > from && is_edge(to[-1])) to--;
        if (merges >= 0 && lines++ >= merges) break;
        QP_TRY(add_code(place, c, from, (size_t)(to - from)));
    }
    return QP_OK;
}

qp_status qp_subword_nmt_read(const char *place, const char *content, size_t bytes, int64_t merges,
                              qp_subword_nmt **codes)
{
    *codes = NULL;
    qp_subword_nmt *c = calloc(1, sizeof *c);
    if (!c) return no_memory(place);
    qp_vocabulary_init(&c->symbols);
    qp_vocabulary_init(&c->allowed);
    qp_status status = qp_subword_nmt_separate(c, "@@");
    if (status == QP_OK) status = read_codes(place, content, bytes, merges, c);
    if (status == QP_OK) {
        *codes = c;
    } else {
        qp_subword_nmt_free(c);
    }
    return status;
}

qp_status qp_subword_nmt_separate(qp_subword_nmt *codes, const char *separator)
{
    char *copy = strdup(separator);
    if (!copy) return no_memory("subword-nmt");
    free(codes->separator);
    codes->separator = copy;
    return QP_OK;
}

qp_status qp_subword_nmt_limit(const char *place, qp_subword_nmt *c, const char *content, size_t bytes,
                               int64_t threshold)
{
    c->limited = true;
    for (const char *at = content, *end; at < content + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        const char *space = memchr(at, ' ', (size_t)(end - at));
        char number[24];
        if (!space || space == at)
            return qp_fail(QP_EDATA, "%s: a line of the vocabulary is not a piece and its count", place);
        snprintf(number, sizeof number, "%.*s", (int)(end - space - 1 < 20 ? end - space - 1 : 20), space + 1);
        char *after;
        long long count = strtoll(number, &after, 10);
        if (after == number)
            return qp_fail(QP_EDATA, "%s: a line of the vocabulary is not a piece and its count", place);
        if (count < threshold || qp_vocabulary_find(&c->allowed, at, (size_t)(space - at)) >= 0) continue;
        QP_TRY(qp_vocabulary_add(&c->allowed, QP_PIECE_NORMAL, at, (size_t)(space - at), NULL));
    }
    return QP_OK;
}

/* Finds a group that is not (?: ... ): subword-nmt writes the match of such a group into the text twice. */
static bool has_group(const char *pattern)
{
    bool in_class = false;
    for (const char *at = pattern; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '[' || *at == ']')
            in_class = *at == '[';
        else if (*at == '(' && !in_class && at[1] != '?')
            return true;
    }
    return false;
}

qp_status qp_subword_nmt_glossary(const char *place, qp_subword_nmt *c, const char *const *pattern, size_t count)
{
    size_t total = 16;
    for (size_t i = 0; i < count; i++) total += strlen(pattern[i]) + 16;
    char *any = malloc(total), *one = malloc(total);
    c->glossary = calloc(count + 1, sizeof *c->glossary);
    c->whole_glossary = calloc(count + 1, sizeof *c->whole_glossary);
    qp_status status = any && one && c->glossary && c->whole_glossary ? QP_OK : no_memory(place);
    size_t made = 0;
    if (status == QP_OK) made = (size_t)snprintf(any, total, "\\A(?:");
    for (size_t i = 0; i < count && status == QP_OK; i++) {
        if (has_group(pattern[i])) {
            status = qp_fail(QP_EDATA,
                             "%s: glossary \"%.60s\": subword-nmt doubles what a group ( ) matches; write (?: )", place,
                             pattern[i]);
            break;
        }
        made += (size_t)snprintf(any + made, total - made, "%s%s", i ? "|" : "", pattern[i]);
        status = qp_regex_compile(QP_REGEX_PERL, place, pattern[i], strlen(pattern[i]), &c->glossary[i]);
        snprintf(one, total, "\\A(?:%s)$", pattern[i]);
        if (status == QP_OK) status = qp_regex_compile(QP_REGEX_PERL, place, one, strlen(one), &c->whole_glossary[i]);
        if (status == QP_OK)
            c->glossary_count++;
        else
            qp_regex_free(&c->glossary[i]);
    }
    if (status == QP_OK) made += (size_t)snprintf(any + made, total - made, ")$");
    if (status == QP_OK) status = qp_regex_compile(QP_REGEX_PERL, place, any, made, &c->whole_any);
    free(any);
    free(one);
    return status;
}
