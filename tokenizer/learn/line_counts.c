#include "tokenizer/learn/line_counts.h"

#include <omp.h>
#include <stdlib.h>

#include "lib/base/files/line_block.h"
#include "lib/base/share.h"

enum { BLOCK_BYTES = 4 << 20, LEAST_FOR_THREADS = 1 << 16, MOST_THREADS = 256 };

/* The counts and the memory of one part of a block. */
typedef struct {
    qp_word_counts words;
    qp_mapped_text work;
} part_counts;

typedef struct {
    const qp_line_counter *counter;
    qp_line_block block;
    part_counts *part;
    size_t parts;
    qp_word_counts *words;
} counting;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text"); }

static size_t line_bytes(const qp_line_block *b) { return b->bytes - b->count; }

static qp_status fill(qp_line_block *b, qp_line_source source, void *self, bool *more)
{
    qp_line_block_clear(b);
    for (*more = true; line_bytes(b) < BLOCK_BYTES;) {
        const char *line = NULL;
        size_t bytes = 0;
        QP_TRY(source(self, &line, &bytes));
        *more = line != NULL;
        if (!line) break;
        if (qp_line_block_add(b, line, bytes) != QP_OK) return no_memory();
    }
    return QP_OK;
}

static qp_status count_range(const counting *c, size_t first, size_t last, qp_mapped_text *work, qp_word_counts *words)
{
    for (size_t i = first; i < last; i++)
        QP_TRY(c->counter->count(c->counter->self, qp_line_block_line(&c->block, i), work, words));
    return QP_OK;
}

static qp_status count_part(void *self, size_t k, int thread)
{
    counting *c = self;
    part_counts *part = &c->part[k];
    (void)thread;
    return count_range(c, qp_line_block_part(&c->block, k, c->parts), qp_line_block_part(&c->block, k + 1, c->parts),
                       &part->work, &part->words);
}

static qp_status take_part(void *self, size_t k)
{
    counting *c = self;
    return qp_word_counts_move(c->words, &c->part[k].words);
}

static qp_status count_block(counting *c)
{
    if (c->parts == 1 || line_bytes(&c->block) < LEAST_FOR_THREADS)
        return count_range(c, 0, c->block.count, &c->part[0].work, c->words);
    return qp_share(&(qp_shared_job){c, count_part, take_part}, c->parts, (int)c->parts);
}

static qp_status count_all(counting *c, qp_line_counter *counter, qp_line_source source, void *source_self)
{
    for (bool more = true; more;) {
        if (counter->progress) counter->progress(counter->progress_self, "counting words", counter->bytes);
        QP_TRY(fill(&c->block, source, source_self, &more));
        QP_TRY(count_block(c));
        counter->lines += (int64_t)c->block.count;
        counter->bytes += (int64_t)line_bytes(&c->block);
        if (counter->most_words > 0 && c->words->count > (size_t)counter->most_words)
            QP_TRY(qp_word_counts_forget(c->words, (size_t)counter->most_words / 2));
    }
    return QP_OK;
}

static qp_status join(qp_line_counter *counter, qp_status status, qp_word_counts *words)
{
    int64_t sum[] = {counter->lines, counter->bytes};
    if (counter->join.join) status = counter->join.join(counter->join.self, status, words, sum, 2);
    counter->lines = sum[0];
    counter->bytes = sum[1];
    counter->words = words->total;
    return status;
}

qp_status qp_line_counts(qp_line_counter *counter, qp_line_source source, void *source_self, qp_word_counts *words)
{
    int threads = omp_get_max_threads();
    counting c = {.counter = counter, .words = words};
    c.parts = (size_t)(threads < MOST_THREADS ? threads : MOST_THREADS);
    c.part = calloc(c.parts, sizeof *c.part);
    if (!c.part) return no_memory();
    qp_status status = join(counter, count_all(&c, counter, source, source_self), words);
    for (size_t k = 0; k < c.parts; k++) {
        qp_word_counts_free(&c.part[k].words);
        qp_mapped_text_free(&c.part[k].work);
    }
    free(c.part);
    qp_line_block_free(&c.block);
    return status;
}
