#define _GNU_SOURCE
#include "lib/ngram/ngram_arpa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/ngram/ngram_internal.h"

/* ---- reading ---- */

/* The n-grams of one order in the order of the file. */
typedef struct {
    int order;
    int64_t count, capacity;
    int32_t *word; /* [count * order] */
    float *log10, *backoff;
    int64_t *place; /* [count] sorted indices */
} section;

typedef struct {
    qp_reader *reader;
    char *line; /* the current line, NULL at the end */
    size_t bytes;
    qp_ngram *model;
    int64_t declared[QP_NGRAM_MAX_ORDER]; /* numbers of n-grams in the header */
} loader;

static qp_status wrong(const loader *l, const char *what)
{
    return qp_fail(QP_EDATA, "%s:%lld: %s; an ARPA file is needed", qp_reader_path(l->reader),
                   (long long)qp_reader_line(l->reader), what);
}

static qp_status out_of_memory(const loader *l)
{
    return qp_fail(QP_EMEMORY, "%s: out of memory for its n-grams", qp_reader_path(l->reader));
}

/* The next line that is not empty. */
static qp_status next_line(loader *l)
{
    do QP_TRY(qp_reader_next(l->reader, &l->line, &l->bytes));
    while (l->line && strspn(l->line, " \t") == l->bytes);
    return QP_OK;
}

static qp_status read_header(loader *l)
{
    do QP_TRY(next_line(l));
    while (l->line && strcmp(l->line, "\\data\\") != 0);
    if (!l->line) return qp_fail(QP_EDATA, "%s: no \\data\\ line; an ARPA file is needed", qp_reader_path(l->reader));
    for (;;) {
        long long order, count;
        QP_TRY(next_line(l));
        if (!l->line || sscanf(l->line, "ngram %lld = %lld", &order, &count) != 2) break;
        if (order != l->model->order + 1 || count < 0)
            return wrong(l, "orders must be given as ngram 1=N, ngram 2=N ...");
        if (order > QP_NGRAM_MAX_ORDER) return wrong(l, "n-grams of more than 12 words");
        l->declared[l->model->order++] = count;
    }
    return l->model->order ? QP_OK : wrong(l, "no line ngram 1=N");
}

static qp_status grow(const loader *l, section *s)
{
    if (s->count < s->capacity) return QP_OK;
    int64_t capacity = 2 * s->capacity + 4096;
    size_t room = (size_t)capacity;
    int32_t *word = realloc(s->word, room * (size_t)s->order * sizeof *word);
    if (word) s->word = word;
    float *value = realloc(s->log10, room * sizeof *value);
    if (value) s->log10 = value;
    float *backoff = realloc(s->backoff, room * sizeof *backoff);
    if (backoff) s->backoff = backoff;
    if (!word || !value || !backoff) return out_of_memory(l);
    s->capacity = capacity;
    return QP_OK;
}

/* A finite number that ends at the end of a field. */
static bool read_number(const char *text, size_t bytes, float *value)
{
    char copy[64], *end;
    if (bytes == 0 || bytes >= sizeof copy) return false;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    double number = strtod(copy, &end);
    *value = (float)number;
    return *end == '\0' && isfinite(*value);
}

static qp_status read_ngram(loader *l, section *s)
{
    QP_TRY(grow(l, s));
    size_t at = 0, bytes;
    const char *field = qp_ngram_next_word(l->line, l->bytes, &at, &bytes);
    if (!field || !read_number(field, bytes, &s->log10[s->count]) || s->log10[s->count] > 0)
        return wrong(l, "no log10 of a probability at the beginning");
    for (int i = 0; i < s->order; i++) {
        int32_t *id = &s->word[s->count * s->order + i];
        field = qp_ngram_next_word(l->line, l->bytes, &at, &bytes);
        if (!field) return wrong(l, "too few words");
        if (memchr(field, '\0', bytes)) return wrong(l, "a NUL byte in a word");
        if (s->order == 1)
            QP_TRY(qp_ngram_words_add(&l->model->words, field, bytes, id));
        else
            *id = qp_ngram_words_find(&l->model->words, field, bytes);
        if (*id < 0) return wrong(l, "a word that is not among the unigrams");
    }
    s->backoff[s->count] = 0;
    field = qp_ngram_next_word(l->line, l->bytes, &at, &bytes);
    if (field && !read_number(field, bytes, &s->backoff[s->count]))
        return wrong(l, "no log10 of a back-off at the end");
    if (field && qp_ngram_next_word(l->line, l->bytes, &at, &bytes)) return wrong(l, "too many words");
    s->count++;
    return QP_OK;
}

static int compare_ngrams(const void *a, const void *b, void *self)
{
    const section *s = self;
    const int32_t *x = s->word + *(const int64_t *)a * s->order, *y = s->word + *(const int64_t *)b * s->order;
    for (int i = 0; i < s->order; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

static qp_status sort_section(const loader *l, section *s)
{
    s->place = malloc((size_t)(s->count + 1) * sizeof *s->place);
    if (!s->place) return out_of_memory(l);
    for (int64_t i = 0; i < s->count; i++) s->place[i] = i;
    qsort_r(s->place, (size_t)s->count, sizeof *s->place, compare_ngrams, s);
    for (int64_t i = 1; i < s->count; i++)
        if (compare_ngrams(&s->place[i - 1], &s->place[i], s) == 0)
            return qp_fail(QP_EDATA, "%s: a %d-gram occurs twice, the last word is %.100s", qp_reader_path(l->reader),
                           s->order,
                           qp_ngram_words_text(&l->model->words, s->word[s->place[i] * s->order + s->order - 1]));
    return QP_OK;
}

/* Level 0: a word without a line, <unk> of a closed vocabulary, is practically impossible. */
static qp_status keep_unigrams(loader *l, const section *s)
{
    qp_ngram_level *level = &l->model->level[0];
    QP_TRY(qp_ngram_level_new(level, l->model->words.count, l->model->order == 1));
    for (int32_t w = 0; w < l->model->words.count; w++) {
        level->word[w] = w;
        level->log10[w] = -100;
    }
    for (int64_t i = 0; i < s->count; i++) {
        level->log10[s->word[i]] = s->log10[i];
        if (level->backoff) level->backoff[s->word[i]] = s->backoff[i];
    }
    return QP_OK;
}

static qp_status keep_section(loader *l, const section *s)
{
    int k = s->order - 1;
    qp_ngram_level *level = &l->model->level[k], *below = &l->model->level[k - 1];
    QP_TRY(qp_ngram_level_new(level, s->count, s->order == l->model->order));
    int64_t open = 0; /* contexts below `open` have their first child */
    for (int64_t i = 0; i < s->count; i++) {
        const int32_t *word = s->word + s->place[i] * s->order;
        int64_t context = qp_ngram_node(l->model, word, k);
        if (context < 0)
            return qp_fail(QP_EDATA, "%s: the words before %.100s in a %d-gram are not a %d-gram",
                           qp_reader_path(l->reader), qp_ngram_words_text(&l->model->words, word[k]), s->order, k);
        while (open <= context) below->child[open++] = i;
        level->word[i] = word[k];
        level->log10[i] = s->log10[s->place[i]];
        if (level->backoff) level->backoff[i] = s->backoff[s->place[i]];
    }
    while (open <= below->count) below->child[open++] = s->count;
    return QP_OK;
}

static qp_status read_section(loader *l, int order)
{
    char title[32];
    snprintf(title, sizeof title, "\\%d-grams:", order);
    if (!l->line || strcmp(l->line, title) != 0) return wrong(l, "the section of the next order should begin here");
    section s = {.order = order};
    qp_status status;
    while ((status = next_line(l)) == QP_OK && l->line && l->line[0] != '\\')
        if ((status = read_ngram(l, &s)) != QP_OK) break;
    if (status == QP_OK && s.count != l->declared[order - 1]) {
        char what[128];
        snprintf(what, sizeof what, "%lld %d-grams, not %lld as counted at the beginning", (long long)s.count, order,
                 (long long)l->declared[order - 1]);
        status = wrong(l, what);
    }
    if (status == QP_OK) status = sort_section(l, &s);
    if (status == QP_OK) status = order == 1 ? keep_unigrams(l, &s) : keep_section(l, &s);
    free(s.word);
    free(s.log10);
    free(s.backoff);
    free(s.place);
    return status;
}

static qp_status load(loader *l)
{
    QP_TRY(qp_ngram_words_init(&l->model->words));
    QP_TRY(read_header(l));
    for (int order = 1; order <= l->model->order; order++) QP_TRY(read_section(l, order));
    return l->line && strcmp(l->line, "\\end\\") == 0 ? QP_OK : wrong(l, "no \\end\\; the file was cut");
}

qp_status qp_ngram_arpa_load(const char *path, qp_ngram **model)
{
    *model = NULL;
    loader l = {.model = calloc(1, sizeof *l.model)};
    if (!l.model) return qp_fail(QP_EMEMORY, "%s: out of memory", path);
    qp_status status = qp_reader_open(path, &l.reader);
    if (status == QP_OK) {
        status = load(&l);
        qp_reader_close(l.reader);
    }
    if (status == QP_OK)
        *model = l.model;
    else
        qp_ngram_free(l.model);
    return status;
}

/* ---- writing ---- */

typedef struct {
    const qp_ngram *model;
    qp_writer *writer;
    int order;
} saver;

static qp_status write_ngram(void *self, int64_t node, const int32_t *word)
{
    const saver *s = self;
    const qp_ngram_level *level = &s->model->level[s->order - 1];
    QP_TRY(qp_writer_printf(s->writer, "%.8g", (double)level->log10[node]));
    for (int i = 0; i < s->order; i++)
        QP_TRY(qp_writer_printf(s->writer, "%c%s", i ? ' ' : '\t', qp_ngram_words_text(&s->model->words, word[i])));
    if (level->backoff) return qp_writer_printf(s->writer, "\t%.8g\n", (double)level->backoff[node]);
    return qp_writer_printf(s->writer, "\n");
}

static qp_status write_all(saver *s)
{
    QP_TRY(qp_writer_printf(s->writer, "\\data\\\n"));
    for (int k = 1; k <= s->model->order; k++)
        QP_TRY(qp_writer_printf(s->writer, "ngram %d=%lld\n", k, (long long)s->model->level[k - 1].count));
    for (s->order = 1; s->order <= s->model->order; s->order++) {
        QP_TRY(qp_writer_printf(s->writer, "\n\\%d-grams:\n", s->order));
        QP_TRY(qp_ngram_walk(s->model, s->order, write_ngram, s));
    }
    return qp_writer_printf(s->writer, "\n\\end\\\n");
}

qp_status qp_ngram_arpa_save(const char *path, const qp_ngram *model)
{
    saver s = {.model = model};
    QP_TRY(qp_writer_open(path, &s.writer));
    (void)write_all(&s); /* commit reports the first failure */
    return qp_writer_commit(s.writer);
}
