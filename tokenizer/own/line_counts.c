#include "tokenizer/own/line_counts.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/own/own.h"

enum { BLOCK_BYTES = 4 << 20, LEAST_FOR_THREADS = 1 << 16, MOST_THREADS = 256 };

/* Lines end to end: line i is text[start[i] .. start[i + 1]). */
typedef struct {
    char *text;
    size_t *start;
    size_t bytes, lines, capacity, start_capacity;
} block;

/* What one thread has counted of the block. */
typedef struct {
    qp_word_counts words;
    qp_mapped_text work;
    int64_t seen;
    qp_status status;
    char message[512];
} counter;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text"); }

static qp_status fill(block *b, qp_line_source source, void *self, bool *more)
{
    b->bytes = b->lines = 0;
    if (!QP_GROW(b->start, b->start_capacity, 1)) return no_memory();
    b->start[0] = 0;
    for (*more = true; b->bytes < BLOCK_BYTES;) {
        const char *line = NULL;
        size_t bytes = 0;
        QP_TRY(source(self, &line, &bytes));
        *more = line != NULL;
        if (!line) break;
        if (!QP_GROW(b->text, b->capacity, b->bytes + bytes + 1)) return no_memory();
        if (!QP_GROW(b->start, b->start_capacity, b->lines + 2)) return no_memory();
        if (bytes) memcpy(b->text + b->bytes, line, bytes);
        b->bytes += bytes;
        b->start[++b->lines] = b->bytes;
    }
    return QP_OK;
}

static qp_status count_line(const qp_own *t, const char *line, size_t bytes, counter *c, qp_word_counts *words)
{
    QP_TRY(qp_own_prepare(t, line, bytes, &c->work));
    for (size_t at = 0, end; at < c->work.bytes; at = end) {
        end = qp_split_next(&t->rules, c->work.text, c->work.bytes, at);
        QP_TRY(qp_word_counts_add(words, c->work.text + at, end - at, 1));
        c->seen++;
    }
    return QP_OK;
}

static void count_stretch(const qp_own *t, const block *b, size_t first, size_t last, counter *c,
                          qp_word_counts *words)
{
    for (size_t i = first; i < last && c->status == QP_OK; i++)
        c->status = count_line(t, b->text + b->start[i], b->start[i + 1] - b->start[i], c, words);
    if (c->status != QP_OK) strncpy(c->message, qp_error_message(), sizeof c->message - 1); /* a thread's own */
}

/* The first line that begins at or behind this share of the block. */
static size_t line_at(const block *b, int part, int parts)
{
    size_t place = b->bytes / (size_t)parts * (size_t)part, low = 0, high = b->lines;
    if (part == parts) return b->lines;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->start[middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Add what a thread has found to the whole, and begin anew. */
static qp_status hand_over(counter *c, qp_word_counts *words)
{
    const qp_word_counts *own = &c->words;
    if (c->status != QP_OK) return qp_fail(c->status, "%s", c->message);
    for (size_t w = 0; w < own->count; w++) {
        const struct qp_word *word = &own->word[w];
        QP_TRY(qp_word_counts_add(words, own->text + word->start, word->bytes, word->count));
    }
    qp_word_counts_free(&c->words);
    return QP_OK;
}

static qp_status count_block(const qp_own *t, const block *b, counter *c, int threads, qp_word_counts *words)
{
    if (threads == 1 || b->bytes < LEAST_FOR_THREADS) {
        count_stretch(t, b, 0, b->lines, &c[0], words);
        return c[0].status;
    }
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int k = 0; k < threads; k++)
        count_stretch(t, b, line_at(b, k, threads), line_at(b, k + 1, threads), &c[k], &c[k].words);
    for (int k = 0; k < threads; k++) QP_TRY(hand_over(&c[k], words));
    return QP_OK;
}

static qp_status count_all(const qp_own *t, qp_line_source source, void *self, int64_t most_words, counter *c,
                           int threads, block *b, qp_tokenizer_report *report, qp_word_counts *words)
{
    for (bool more = true; more;) {
        if (report->progress) report->progress(report->progress_self, "counting words", report->bytes);
        QP_TRY(fill(b, source, self, &more));
        QP_TRY(count_block(t, b, c, threads, words));
        report->lines += (int64_t)b->lines;
        report->bytes += (int64_t)b->bytes;
        if (most_words > 0 && words->count > (size_t)most_words)
            QP_TRY(qp_word_counts_forget(words, (size_t)most_words / 2));
    }
    for (int k = 0; k < threads; k++) report->words += c[k].seen;
    report->distinct_words = (int64_t)words->count;
    return QP_OK;
}

qp_status qp_line_counts(const qp_own *tokenizer, qp_line_source source, void *self, int64_t most_words,
                         qp_tokenizer_report *report, qp_word_counts *words)
{
    int threads = omp_get_max_threads();
    if (threads > MOST_THREADS) threads = MOST_THREADS;
    counter *c = calloc((size_t)threads, sizeof *c);
    block b = {0};
    if (!c) return no_memory();
    qp_status status = count_all(tokenizer, source, self, most_words, c, threads, &b, report, words);
    for (int k = 0; k < threads; k++) {
        qp_word_counts_free(&c[k].words);
        qp_mapped_text_free(&c[k].work);
    }
    free(c);
    free(b.text);
    free(b.start);
    return status;
}
