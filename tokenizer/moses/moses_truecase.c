#include "tokenizer/moses/moses_truecase.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/base/view.h"
#include "lib/text/characters.h"
#include "lib/text/letter_case.h"
#include "lib/text/text_buffer.h"
#include "lib/text/utf8.h"

typedef struct {
    qp_text *word;
    size_t count, capacity;
    qp_text_buffer *tags; /* the XML tags before each word and after the last; NULL: tags are words */
    size_t *tag_end;     /* of each word's, in `tags` */
    size_t tag_capacity;
} words;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "truecaser: out of memory"); }

void qp_truecaser_init(qp_truecaser *t)
{
    *t = (qp_truecaser){0};
    qp_vocabulary_init(&t->form);
    qp_vocabulary_init(&t->lower);
}

void qp_truecaser_free(qp_truecaser *t)
{
    qp_vocabulary_free(&t->form);
    qp_vocabulary_free(&t->lower);
    free(t->count);
    free(t->lower_of);
    free(t->best);
}

/* ---- words and tags of a line ---- */

static size_t skip_spaces(const char *line, size_t bytes, size_t at)
{
    size_t length;
    while (at < bytes && qp_is_white_space(qp_utf8_next(line + at, bytes - at, &length))) at += length;
    return at;
}

/* The end of the word at `at`: white space or, with `tags`, an angle bracket after the first character. */
static size_t word_end(const char *line, size_t bytes, size_t at, bool tags)
{
    size_t length;
    bool bracket = line[at] == '<' || line[at] == '>';
    while (at < bytes) {
        if (qp_is_white_space(qp_utf8_next(line + at, bytes - at, &length))) break;
        if (tags && !bracket && (line[at] == '<' || line[at] == '>')) break;
        at += length;
    }
    return at;
}

/* The end of the tag at `at`, or `at`: "<", no space, and anything up to the next ">". */
static size_t tag_end(const char *line, size_t bytes, size_t at)
{
    size_t length;
    if (line[at] != '<' || at + 1 >= bytes) return at;
    if (qp_is_white_space(qp_utf8_next(line + at + 1, bytes - at - 1, &length))) return at;
    const char *end = memchr(line + at + 1 + length, '>', bytes - at - 1 - length);
    return end ? (size_t)(end - line) + 1 : at;
}

static bool add_word(words *w, const char *text, size_t bytes)
{
    if (!QP_GROW(w->word, w->capacity, w->count + 1)) return false;
    w->word[w->count++] = (qp_text){text, bytes};
    if (!w->tags) return true;
    if (!QP_GROW(w->tag_end, w->tag_capacity, w->count + 1)) return false;
    w->tag_end[w->count - 1] = w->tags->bytes;
    return !w->tags->failed;
}

static qp_status cut(const char *line, size_t bytes, bool tags, words *w)
{
    for (size_t at = skip_spaces(line, bytes, 0), end; at < bytes; at = skip_spaces(line, bytes, end)) {
        end = tags ? tag_end(line, bytes, at) : at;
        if (end > at) {
            if (w->tags) qp_text_put(w->tags, line + at, end - at);
            if (w->tags) qp_text_put(w->tags, " ", 1);
            continue;
        }
        end = word_end(line, bytes, at, tags);
        if (!add_word(w, line + at, end - at)) return no_memory();
    }
    return QP_OK;
}

static bool is_any(qp_text w, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i]) == w.bytes && memcmp(list[i], w.text, w.bytes) == 0) return true;
    }
    return false;
}

static bool ends_sentence(qp_text w)
{
    static const char *const list[] = {".", ":", "?", "!"};
    return is_any(w, list, 4);
}

/* The sentence begins with the word after these. */
static bool delays_sentence(qp_text w)
{
    static const char *const list[] = {"(", "[", "\"", "'", "&apos;", "&quot;", "&#91;", "&#93;"};
    return is_any(w, list, 8);
}

/* ---- the model ---- */

static qp_status number_of(qp_vocabulary *v, const char *text, size_t bytes, int32_t *id)
{
    *id = qp_vocabulary_find(v, text, bytes);
    return *id >= 0 ? QP_OK : qp_vocabulary_add(v, QP_PIECE_NORMAL, text, bytes, id);
}

static qp_status add_form(qp_truecaser *t, const char *text, size_t bytes, int64_t count, int32_t *form)
{
    int32_t lower;
    qp_mapped_text small = {0};
    QP_TRY(number_of(&t->form, text, bytes, form));
    qp_status status = qp_letter_case(QP_CASE_LOWER_EACH, text, bytes, &small);
    if (status == QP_OK) status = number_of(&t->lower, small.text, small.bytes, &lower);
    qp_mapped_text_free(&small);
    QP_TRY(status);
    size_t forms = t->count_capacity, lowers = t->best_capacity;
    if (!QP_GROW(t->count, t->count_capacity, (size_t)*form + 1)) return no_memory();
    if (!QP_GROW(t->lower_of, t->lower_capacity, (size_t)*form + 1)) return no_memory();
    if (!QP_GROW(t->best, t->best_capacity, (size_t)lower + 1)) return no_memory();
    for (size_t i = forms; i < t->count_capacity; i++) t->count[i] = 0;
    for (size_t i = lowers; i < t->best_capacity; i++) t->best[i] = -1;
    t->lower_of[*form] = lower;
    t->count[*form] += count;
    int32_t best = t->best[lower];
    if (best < 0 || t->count[*form] > t->count[best]) t->best[lower] = *form;
    return QP_OK;
}

static bool has_letter_case(qp_text w)
{
    size_t length;
    for (size_t at = 0; at < w.bytes; at += length) {
        int32_t code = qp_utf8_next(w.text + at, w.bytes - at, &length);
        utf8proc_category_t c = code < 0 ? UTF8PROC_CATEGORY_CO : utf8proc_category(code);
        if (c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LL || c == UTF8PROC_CATEGORY_LT) return true;
    }
    return false;
}

qp_status qp_truecaser_learn(qp_truecaser *t, const char *line, size_t bytes)
{
    words w = {0};
    qp_status status = cut(line, bytes, true, &w);
    size_t start = 0;
    while (start < w.count && delays_sentence(w.word[start])) start++;
    bool first = true;
    for (size_t i = start; i < w.count && status == QP_OK; i++) {
        int32_t form;
        if (!first && ends_sentence(w.word[i - 1])) first = true;
        if (!first && has_letter_case(w.word[i])) status = add_form(t, w.word[i].text, w.word[i].bytes, 1, &form);
        first = false;
    }
    free(w.word);
    return status;
}

qp_status qp_truecaser_write(const qp_truecaser *t, char **content, size_t *bytes)
{
    qp_text_buffer out = {0};
    int32_t forms = t->form.count, lowers = t->lower.count;
    int32_t *next = malloc(((size_t)forms + 1) * sizeof *next), *head = malloc(((size_t)lowers + 1) * sizeof *head);
    out.failed = !next || !head;
    for (int32_t i = 0; i < lowers && !out.failed; i++) head[i] = -1;
    for (int32_t f = forms; f-- > 0 && !out.failed;) {
        next[f] = head[t->lower_of[f]];
        head[t->lower_of[f]] = f;
    }
    for (int32_t l = 0; l < lowers && !out.failed; l++) {
        size_t length;
        int64_t all = 0;
        for (int32_t f = head[l]; f >= 0; f = next[f]) all += t->count[f];
        const char *text = qp_vocabulary_text(&t->form, t->best[l], &length);
        qp_text_put(&out, text, length);
        qp_text_format(&out, " (%lld/%lld)", (long long)t->count[t->best[l]], (long long)all);
        for (int32_t f = head[l]; f >= 0; f = next[f]) {
            if (f == t->best[l]) continue;
            text = qp_vocabulary_text(&t->form, f, &length);
            qp_text_put(&out, " ", 1);
            qp_text_put(&out, text, length);
            qp_text_format(&out, " (%lld)", (long long)t->count[f]);
        }
        qp_text_put(&out, "\n", 1);
    }
    free(next);
    free(head);
    return qp_text_finish(&out, content, bytes);
}

/* The first word of a line is the best form; every second word after it is another form, followed by its count. */
qp_status qp_truecaser_read(qp_truecaser *t, const char *content, size_t bytes)
{
    words w = {0};
    qp_status status = QP_OK;
    for (const char *at = content, *end; at < content + bytes && status == QP_OK; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        int32_t form;
        w.count = 0;
        status = cut(at, (size_t)(end - at), false, &w);
        for (size_t i = 0; i < w.count && status == QP_OK; i += 2) {
            if (i > 0 && i + 1 >= w.count) break; /* a word without its count */
            status = add_form(t, w.word[i].text, w.word[i].bytes, 0, &form);
            if (status == QP_OK && i == 0) t->best[t->lower_of[form]] = form;
        }
    }
    free(w.word);
    return status;
}

/* ---- lines ---- */

static qp_status best_of(const qp_truecaser *t, qp_text w, qp_text *best)
{
    qp_mapped_text small = {0};
    qp_status status = qp_letter_case(QP_CASE_LOWER_EACH, w.text, w.bytes, &small);
    int32_t lower = status == QP_OK ? qp_vocabulary_find(&t->lower, small.text, small.bytes) : -1;
    qp_mapped_text_free(&small);
    best->text = NULL;
    if (lower >= 0) best->text = qp_vocabulary_text(&t->form, t->best[lower], &best->bytes);
    return status;
}

static qp_status apply_words(const qp_truecaser *t, const words *w, qp_text_buffer *out)
{
    bool start = true;
    for (size_t i = 0; i < w->count; i++) {
        size_t from = i ? w->tag_end[i - 1] : 0, tag = w->tag_end[i] - from;
        if (i > 0 && tag == 0) qp_text_put(out, " ", 1);
        if (tag) qp_text_put(out, w->tags->text + from, tag);
        qp_text whole = w->word[i], best;
        const char *bar = whole.text[0] == '|' ? NULL : memchr(whole.text, '|', whole.bytes);
        qp_text own = {whole.text, bar ? (size_t)(bar - whole.text) : whole.bytes};
        QP_TRY(best_of(t, own, &best));
        bool known = qp_vocabulary_find(&t->form, own.text, own.bytes) >= 0;
        const qp_text shown = best.text && (start || !known) ? best : own;
        qp_text_put(out, shown.text, shown.bytes);
        qp_text_put(out, own.text + own.bytes, whole.bytes - own.bytes);
        if (ends_sentence(own))
            start = true;
        else if (!delays_sentence(own))
            start = false;
    }
    size_t from = w->count ? w->tag_end[w->count - 1] : 0, tag = w->tags->bytes - from;
    if (tag > 0) {
        qp_text_put(out, " ", w->count > 0);
        qp_text_put(out, w->tags->text + from, tag - 1);
    }
    return QP_OK;
}

qp_status qp_truecaser_apply(const qp_truecaser *t, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    qp_text_buffer tags = {0}, made = {0};
    words w = {.tags = &tags};
    qp_status status = cut(line, bytes, true, &w);
    if (status == QP_OK) status = apply_words(t, &w, &made);
    made.failed = made.failed || tags.failed;
    qp_text_free(&tags);
    free(w.word);
    free(w.tag_end);
    if (status == QP_OK) return qp_text_finish(&made, out, out_bytes);
    qp_text_free(&made);
    return status;
}

/* Appends a word with its first character in full upper case, which may be several characters. */
static void add_upper(qp_text_buffer *out, const char *text, size_t bytes)
{
    size_t length;
    int32_t code = qp_utf8_next(text, bytes, &length), made[16];
    int boundary = 0;
    char capital[4];
    if (code < 0) {
        qp_text_put(out, text, bytes);
        return;
    }
    utf8proc_ssize_t count = 1;
    if (utf8proc_category(code) != UTF8PROC_CATEGORY_LU)
        count = utf8proc_decompose_char(code, made, 16, UTF8PROC_STABLE | UTF8PROC_CASEFOLD, &boundary);
    if (count <= 1 || count > 16) {
        made[0] = code;
        count = 1;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++)
        qp_text_put(out, capital, qp_utf8_write(utf8proc_toupper(made[i]), capital));
    qp_text_put(out, text + length, bytes - length);
}

qp_status qp_detruecase(const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    qp_text_buffer made = {0};
    words w = {0};
    bool start = true;
    qp_status status = cut(line, bytes, false, &w);
    for (size_t i = 0; i < w.count && status == QP_OK; i++) {
        if (i > 0) qp_text_put(&made, " ", 1);
        if (start)
            add_upper(&made, w.word[i].text, w.word[i].bytes);
        else
            qp_text_put(&made, w.word[i].text, w.word[i].bytes);
        if (ends_sentence(w.word[i]))
            start = true;
        else if (!delays_sentence(w.word[i]))
            start = false;
    }
    free(w.word);
    if (status == QP_OK) return qp_text_finish(&made, out, out_bytes);
    qp_text_free(&made);
    return status;
}
