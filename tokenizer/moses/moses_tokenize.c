#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/characters.h"
#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"
#include "tokenizer/moses/moses.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "moses: out of memory"); }

/* ---- protected patterns ---- */

typedef struct {
    char **text;
    size_t count, capacity;
} stretches;

static qp_status find_protected(const qp_moses *m, const qp_text_buffer *t, stretches *found)
{
    qp_regex_scratch scratch = {0};
    qp_status status = qp_regex_text(&scratch, t->text, t->bytes);
    for (size_t p = 0; p < m->protected_count && status == QP_OK; p++) {
        for (size_t rest = 0; status == QP_OK && rest < t->bytes;) { /* each search sees only what is left */
            qp_regex_match match;
            status = qp_regex_part(&scratch, t->text + rest, t->bytes - rest);
            if (status == QP_OK) status = qp_regex_find(&m->protected_pattern[p], &scratch, 0, &match);
            if (status != QP_OK || !match.found || match.end == match.begin) break;
            size_t begin = match.begin, end = match.end;
            char *copy = malloc(end - begin + 1);
            if (!copy || !QP_GROW(found->text, found->capacity, found->count + 1)) {
                free(copy);
                status = no_memory();
                break;
            }
            memcpy(copy, t->text + rest + begin, end - begin);
            copy[end - begin] = '\0';
            found->text[found->count++] = copy;
            rest += end;
        }
    }
    qp_regex_scratch_free(&scratch);
    return status;
}

/* Replaces every `from` by `to`. */
static void replace(qp_text_buffer *t, const char *from, const char *to)
{
    qp_text_buffer out = {0};
    size_t from_bytes = strlen(from), done = 0;
    for (const char *at; !t->failed && t->bytes && (at = memmem(t->text + done, t->bytes - done, from, from_bytes));) {
        qp_text_put(&out, t->text + done, (size_t)(at - t->text) - done);
        qp_text_add(&out, to);
        done = (size_t)(at - t->text) + from_bytes;
    }
    if (done == 0) return;
    qp_text_put(&out, t->text + done, t->bytes - done);
    qp_text_free(t);
    *t = out;
}

static void hide_protected(qp_text_buffer *t, const stretches *found)
{
    for (size_t i = 0; i < found->count; i++) {
        char name[48];
        snprintf(name, sizeof name, " THISISPROTECTED%.3d ", (int)i);
        replace(t, found->text[i], name);
    }
}

static void show_protected(qp_text_buffer *t, const stretches *found)
{
    for (size_t i = 0; i < found->count; i++) {
        char name[48];
        snprintf(name, sizeof name, "THISISPROTECTED%.3d", (int)i);
        replace(t, name, found->text[i]);
    }
}

/* ---- white space ---- */

/* Writes the line with a space at either end, white space as single spaces and without control characters; false if it
 * has nothing but white space. */
static bool clean(const char *line, size_t bytes, qp_text_buffer *t)
{
    bool any = false, after_space = true;
    qp_text_put(t, " ", 1);
    for (size_t at = 0, length; at < bytes; at += length) {
        bool space = qp_is_white_space(qp_utf8_next(line + at, bytes - at, &length));
        bool control = (unsigned char)line[at] < 0x20 && !space;
        any = any || !space;
        if (space && !after_space) qp_text_put(t, " ", 1);
        if (!space && !control) qp_text_put(t, line + at, length);
        after_space = space;
    }
    if (!after_space) qp_text_put(t, " ", 1);
    return any;
}

/* ---- dots ---- */

static const char multi[] = "DOTMULTI";
enum { MULTI = sizeof multi - 1, DOT = 3 };

static bool is_at(const qp_text_buffer *t, size_t at, const char *word, size_t bytes)
{
    return t->bytes - at >= bytes && memcmp(t->text + at, word, bytes) == 0;
}

static size_t dots_at(const qp_text_buffer *t, size_t at)
{
    size_t end = at;
    while (end < t->bytes && t->text[end] == '.') end++;
    return end - at;
}

/* "..." becomes the word DOTDOTDOTMULTI, a DOT for each dot, so that other rules see letters. The script replaces one
 * dot of each run per pass; this takes one pass. */
static void hide_dots(qp_text_buffer *t)
{
    qp_text_buffer marked = {0}, out = {0};
    for (size_t at = 0, dots; at < t->bytes; at += dots) {
        dots = dots_at(t, at);
        if (dots > 1) qp_text_add(&marked, " DOTMULTI");
        if (dots > 1) qp_text_put(&marked, t->text + at, dots - 1);
        if (dots > 1) continue;
        qp_text_put(&marked, t->text + at, 1);
        dots = 1;
    }
    for (size_t at = 0; at < marked.bytes;) {
        size_t dots = is_at(&marked, at, multi, MULTI) ? dots_at(&marked, at + MULTI) : 0;
        if (dots == 0) {
            qp_text_put(&out, marked.text + at++, 1);
            continue;
        }
        for (size_t i = 0; i < dots; i++) qp_text_add(&out, "DOT");
        qp_text_add(&out, multi);
        at += MULTI + dots;
        if (at < marked.bytes) qp_text_put(&out, " ", 1);
    }
    if (marked.failed || t->failed) out.failed = true;
    qp_text_free(&marked);
    qp_text_free(t);
    *t = out;
}

static void show_dots(qp_text_buffer *t)
{
    qp_text_buffer out = {.failed = t->failed};
    for (size_t at = 0; at < t->bytes;) {
        size_t end = at, dots = 0;
        while (is_at(t, end, "DOT", DOT) && !is_at(t, end, multi, MULTI)) {
            end += DOT;
            dots++;
        }
        if (!is_at(t, end, multi, MULTI)) {
            qp_text_put(&out, t->text + at, 1);
            at++;
            continue;
        }
        for (size_t i = 0; i <= dots; i++) qp_text_put(&out, ".", 1);
        at = end + MULTI;
    }
    qp_text_free(t);
    *t = out;
}

/* ---- periods ---- */

static bool has_letter(const char *text, size_t bytes)
{
    bool letter = false;
    size_t length;
    for (size_t at = 0; at < bytes && !letter; at += length)
        letter = qp_is_alphabetic(qp_utf8_next(text + at, bytes - at, &length));
    return letter;
}

/* Does the period after pre[0..bytes) belong to it? next: the word that follows. */
static bool keeps_period(const qp_moses *m, const char *pre, size_t bytes, const char *next, size_t next_bytes)
{
    size_t length;
    qp_moses_prefix_kind kind = qp_moses_prefix_of(m, pre, bytes);
    if (kind == QP_MOSES_PREFIX || (memchr(pre, '.', bytes) && has_letter(pre, bytes))) return true;
    if (next_bytes && qp_is_lower_case(qp_utf8_next(next, next_bytes, &length))) return true;
    return kind == QP_MOSES_NUMBER_PREFIX && next_bytes && *next >= '0' && *next <= '9';
}

/* Separates the period of each word, unless the word is an abbreviation; the last word's always. */
static void separate_periods(const qp_moses *m, qp_text_buffer *t)
{
    qp_text_buffer out = {.failed = t->failed};
    size_t bytes = t->bytes;
    while (bytes > 0 && t->text[bytes - 1] == ' ') bytes--;
    for (size_t at = 0, end; at < bytes; at = end + 1) {
        const char *space = memchr(t->text + at, ' ', bytes - at);
        end = space ? (size_t)(space - t->text) : bytes;
        bool period = end - at >= 2 && t->text[end - 1] == '.', last = end == bytes;
        if (period && !last) {
            const char *next = t->text + end + 1, *stop = memchr(next, ' ', bytes - end - 1);
            size_t next_bytes = stop ? (size_t)(stop - next) : bytes - end - 1;
            period = !keeps_period(m, t->text + at, end - at - 1, next, next_bytes);
        }
        qp_text_put(&out, t->text + at, end - at - period);
        if (period) qp_text_put(&out, " .", 2);
        qp_text_put(&out, " ", 1);
    }
    qp_text_free(t);
    *t = out;
}

/* ---- the script ---- */

static qp_status apply_rules(const qp_moses *m, const stretches *found, qp_text_buffer *t)
{
    hide_protected(t, found);
    QP_TRY(qp_moses_rules_apply(m->rules, QP_MOSES_SPACES, t));
    QP_TRY(qp_moses_rules_apply(m->rules, QP_MOSES_SIGNS, t));
    if (m->aggressive) QP_TRY(qp_moses_rules_apply(m->rules, QP_MOSES_HYPHENS, t));
    hide_dots(t);
    QP_TRY(qp_moses_rules_apply(m->rules, QP_MOSES_MARKS, t));
    separate_periods(m, t);
    QP_TRY(qp_moses_rules_apply(m->rules, QP_MOSES_SPACES, t));
    QP_TRY(qp_moses_rules_apply(m->rules, QP_MOSES_FINAL_QUOTE, t));
    show_protected(t, found);
    show_dots(t);
    return m->escape ? qp_moses_rules_apply(m->rules, QP_MOSES_ESCAPE, t) : QP_OK;
}

qp_status qp_moses_tokenize(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    qp_text_buffer t = {0};
    stretches found = {0};
    if (!clean(line, bytes, &t)) {
        t.bytes = 0;
        qp_text_put(&t, line, bytes);
        return qp_text_finish(&t, out, out_bytes);
    }
    qp_status status = t.failed ? no_memory() : find_protected(m, &t, &found);
    if (status == QP_OK) status = apply_rules(m, &found, &t);
    for (size_t i = 0; i < found.count; i++) free(found.text[i]);
    free(found.text);
    if (status == QP_OK) return qp_text_finish(&t, out, out_bytes);
    qp_text_free(&t);
    return status;
}
