#include "tokenizer/moses/moses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/moses/moses_prefixes.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "moses: out of memory"); }

void qp_moses_free(qp_moses *m)
{
    for (size_t i = 0; i < m->prefix_count; i++) free(m->prefix[i].text);
    for (size_t i = 0; i < m->protected_count; i++) qp_regex_free(&m->protected_pattern[i]);
    qp_moses_rules_free(m->rules);
    free(m->prefix);
    free(m->protected_pattern);
    *m = (qp_moses){0};
}

/* ---- abbreviations ---- */

static int by_text(const void *left, const void *right)
{
    const struct qp_moses_prefix *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order != 0 ? order : a->line < b->line ? -1 : a->line > b->line;
}

static qp_status add_prefix(qp_moses *m, const char *text, size_t bytes, bool before_numbers)
{
    char *copy = malloc(bytes + 1);
    if (!copy || !QP_GROW(m->prefix, m->prefix_capacity, m->prefix_count + 1)) {
        free(copy);
        return no_memory();
    }
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    m->prefix[m->prefix_count] = (struct qp_moses_prefix){copy, m->prefix_count, before_numbers};
    m->prefix_count++;
    return QP_OK;
}

/* The offset of the white space before the last "#NUMERIC_ONLY#" of a line, or `bytes`. */
static size_t numeric_only(const char *line, size_t bytes)
{
    static const char mark[] = "#NUMERIC_ONLY#";
    size_t length = sizeof mark - 1;
    for (size_t at = bytes; at-- > 1;) {
        if (bytes - at < length || memcmp(line + at, mark, length) != 0) continue;
        if (line[at - 1] == ' ' || line[at - 1] == '\t' || line[at - 1] == '\r') return at - 1;
    }
    return bytes;
}

qp_status qp_moses_prefixes(qp_moses *m, const char *content, size_t bytes)
{
    for (size_t i = 0; i < m->prefix_count; i++) free(m->prefix[i].text);
    m->prefix_count = 0;
    for (const char *at = content, *end; at < content + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        size_t length = (size_t)(end - at), word = numeric_only(at, length);
        if (length == 0 || *at == '#' || (length == 1 && *at == '0')) continue;
        QP_TRY(add_prefix(m, at, word, word < length));
    }
    if (m->prefix_count) qsort(m->prefix, m->prefix_count, sizeof *m->prefix, by_text);
    return QP_OK;
}

qp_moses_prefix_kind qp_moses_prefix_of(const qp_moses *m, const char *text, size_t bytes)
{
    char name[256];
    if (bytes >= sizeof name || m->prefix_count == 0 || memchr(text, '\0', bytes)) return QP_MOSES_NO_PREFIX;
    memcpy(name, text, bytes);
    name[bytes] = '\0';
    size_t low = 0; /* the first entry greater than the name */
    for (size_t high = m->prefix_count; low < high;) {
        size_t middle = (low + high) / 2;
        if (strcmp(m->prefix[middle].text, name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || strcmp(m->prefix[low - 1].text, name) != 0) return QP_MOSES_NO_PREFIX;
    return m->prefix[low - 1].before_numbers ? QP_MOSES_NUMBER_PREFIX : QP_MOSES_PREFIX;
}

qp_status qp_moses_init(qp_moses *m, const char *language)
{
    *m = (qp_moses){.escape = true};
    if (strlen(language) >= sizeof m->language)
        return qp_fail(QP_EUSAGE, "moses: \"%.40s\" is not the name of a language; give one like en", language);
    snprintf(m->language, sizeof m->language, "%s", language);
    QP_TRY(qp_moses_rules_new(language, &m->rules));
    qp_text_buffer prefixes = {0};
    qp_moses_prefixes_of(language, &prefixes);
    qp_status status = prefixes.failed ? no_memory() : qp_moses_prefixes(m, prefixes.text, prefixes.bytes);
    qp_text_free(&prefixes);
    return status;
}

qp_status qp_moses_protect(const char *place, qp_moses *m, const char *content, size_t bytes)
{
    for (const char *at = content, *end; at < content + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        if (end == at) continue;
        if (!QP_GROW(m->protected_pattern, m->protected_capacity, m->protected_count + 1)) return no_memory();
        QP_TRY(qp_regex_compile(QP_REGEX_PERL, place, at, (size_t)(end - at),
                                &m->protected_pattern[m->protected_count]));
        m->protected_count++;
    }
    return QP_OK;
}

/* ---- punctuation ---- */

qp_status qp_moses_normalize_punctuation(const qp_moses *m, const char *line, size_t bytes, char **out,
                                         size_t *out_bytes)
{
    qp_text_buffer t = {0};
    qp_text_put(&t, line, bytes);
    qp_status status = qp_moses_rules_apply(m->rules, QP_MOSES_PUNCTUATION, &t);
    if (status == QP_OK) return qp_text_finish(&t, out, out_bytes);
    qp_text_free(&t);
    return status;
}
