#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"
#include "lib/base/hash_set.h"
#include "lib/text/characters.h"
#include "lib/text/utf8.h"
#include "tokenizer/moses/moses.h"

/* A quotation mark that occurs in the line, and whether its next occurrence closes. */
typedef struct {
    qp_text mark;
    bool open;
} quote;

static bool quote_is_free(const quote *q) { return !q->mark.text; }

static qp_text quote_key(const void *unused, const quote *q) { return (void)unused, q->mark; }

static uint64_t quote_hash(const void *unused, qp_text mark)
{
    (void)unused;
    return qp_hash_text(mark.text, mark.bytes);
}

static bool quote_same(const void *unused, const quote *q, qp_text mark)
{
    (void)unused;
    return q->mark.bytes == mark.bytes && memcmp(q->mark.text, mark.text, mark.bytes) == 0;
}

QP_HASH(quotes, quote, qp_text, const void *, quote_is_free, quote_key, quote_hash, quote_same)

typedef struct {
    const char *language;
    qp_text *word;
    size_t count, capacity;
    qp_text_buffer out;
    bool attached; /* the last word attaches itself to the next one */
    quotes quotes;
} joining;

static bool is_word(qp_text w, const char *text)
{
    return w.bytes == strlen(text) && memcmp(w.text, text, w.bytes) == 0;
}

static void put(joining *j, qp_text w, bool to_left, bool to_right)
{
    if (!to_left) qp_text_put(&j->out, " ", 1);
    qp_text_put(&j->out, w.text, w.bytes);
    j->attached = to_right;
}

/* Typographic double quotes count as the plain one. */
static qp_text plain_mark(qp_text w)
{
    for (size_t at = 0; at < w.bytes; at += 3) {
        const char *sign = w.text + at;
        if (w.bytes - at < 3) return w;
        if (memcmp(sign, "„", 3) != 0 && memcmp(sign, "“", 3) != 0 && memcmp(sign, "”", 3) != 0) return w;
    }
    return (qp_text){"\"", 1};
}

/* The first quotation mark of a kind opens, the second closes. */
static void put_quote(joining *j, size_t i)
{
    const qp_text w = j->word[i], mark = plain_mark(w);
    quote *q = quotes_place(&j->quotes, NULL, mark);
    if (!q) {
        j->out.failed = true;
        return;
    }
    if (!q->mark.text) j->quotes.count++;
    q->mark = mark;
    bool czech = strcmp(j->language, "cs") == 0;
    if (czech && is_word(w, "„")) q->open = false;
    if (czech && is_word(w, "“")) q->open = true;
    bool after_s = i > 0 && j->word[i - 1].bytes && j->word[i - 1].text[j->word[i - 1].bytes - 1] == 's';
    bool possessive = strcmp(j->language, "en") == 0 && is_word(w, "'") && after_s;
    bool opens = !q->open && !possessive;
    put(j, w, opens ? j->attached : true, opens);
    q->open = opens;
}

static void put_lower(joining *j, qp_text w)
{
    size_t length;
    for (size_t at = 0; at < w.bytes; at += length) {
        char lower[4];
        int32_t code = qp_utf8_next(w.text + at, w.bytes - at, &length);
        if (code < 0)
            qp_text_put(&j->out, w.text + at, length);
        else
            qp_text_put(&j->out, lower, qp_utf8_write(utf8proc_tolower(code), lower));
    }
    j->attached = false;
}

/* Writes word i; *taken is the number of words written. */
static qp_status join(const qp_moses *m, joining *j, size_t i, size_t *taken)
{
    const qp_text w = j->word[i];
    qp_moses_action action;
    QP_TRY(qp_moses_rules_word(m->rules, j->word, j->count, i, &action));
    *taken = 1;
    switch (action) {
    case QP_MOSES_PLAIN: put(j, w, j->attached, false); break;
    case QP_MOSES_LEFT: put(j, w, true, false); break;
    case QP_MOSES_RIGHT: put(j, w, j->attached, true); break;
    case QP_MOSES_SPACE_LEFT: put(j, w, false, false); break;
    case QP_MOSES_QUOTE: put_quote(j, i); break;
    case QP_MOSES_LOWER: put_lower(j, w); break;
    case QP_MOSES_DASH:
        put(j, w, j->attached, false);
        put(j, j->word[i + 1], true, true);
        *taken = 2;
        break;
    }
    return QP_OK;
}

/* Cuts at single spaces; words may be empty, except at either end. */
static qp_status cut_words(const qp_text_buffer *t, joining *j)
{
    size_t bytes = t->bytes, first = 0;
    while (bytes > 0 && t->text[bytes - 1] == ' ') bytes--;
    while (first < bytes && t->text[first] == ' ') first++;
    for (size_t at = first, end; at < bytes; at = end + 1) {
        const char *space = memchr(t->text + at, ' ', bytes - at);
        end = space ? (size_t)(space - t->text) : bytes;
        if (!QP_GROW(j->word, j->capacity, j->count + 1)) return qp_fail(QP_EMEMORY, "moses: out of memory");
        j->word[j->count++] = (qp_text){t->text + at, end - at};
    }
    return QP_OK;
}

/* Tags and empty lines are left unchanged. */
static bool is_left_alone(const char *line, size_t bytes)
{
    size_t length;
    if (bytes > 2 && line[0] == '<' && line[bytes - 1] == '>') return true;
    for (size_t at = 0; at < bytes; at += length) {
        if (!qp_is_white_space(qp_utf8_next(line + at, bytes - at, &length))) return false;
    }
    return true;
}

static qp_status detokenize(const qp_moses *m, qp_text_buffer *t, joining *j)
{
    QP_TRY(qp_moses_rules_apply(m->rules, QP_MOSES_UNESCAPE, t));
    QP_TRY(cut_words(t, j));
    for (size_t i = 0, taken; i < j->count; i += taken) QP_TRY(join(m, j, i, &taken));
    return qp_moses_rules_apply(m->rules, QP_MOSES_SPACES, &j->out);
}

qp_status qp_moses_detokenize(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    qp_text_buffer t = {0};
    joining j = {.language = m->language, .attached = true}; /* no space before the first word */
    if (is_left_alone(line, bytes)) {
        qp_text_put(&t, line, bytes);
        return qp_text_finish(&t, out, out_bytes);
    }
    qp_text_put(&t, " ", 1);
    qp_text_put(&t, line, bytes);
    qp_text_put(&t, " ", 1);
    qp_status status = detokenize(m, &t, &j);
    free(j.word);
    quotes_free(&j.quotes);
    qp_text_free(&t);
    if (status == QP_OK) return qp_text_finish(&j.out, out, out_bytes);
    qp_text_free(&j.out);
    return status;
}
