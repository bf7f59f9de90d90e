#include "tokenizer/encode_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/share.h"
#include "tokenizer/models/text_parts.h"

enum { BLOCK_BYTES = 1 << 15, LONG_LINE = 2 * BLOCK_BYTES };

/* Lines first .. last-1, or a part of line `first`; their ids begin at `place` of the ids of the thread that took them.
 */
typedef struct {
    size_t first, last, place, ids;
    qp_text part; /* text NULL: whole lines */
    int thread;
} block;

/* What one thread has made. */
typedef struct qp_line_thread {
    qp_encoding encoding;
    qp_id_list ids;
} maker;

typedef struct {
    const qp_tokenizer *tokenizer;
    const qp_text *line;
    block *block;
    size_t block_count;
    maker *maker;
    size_t *start;
} job;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; encode fewer lines at once"); }

void qp_encoded_lines_free(qp_encoded_lines *lines)
{
    for (int k = 0; k < lines->threads; k++) {
        qp_encoding_free(&lines->thread[k].encoding);
        free(lines->thread[k].ids.id);
    }
    free(lines->thread);
    free(lines->id);
    free(lines->start);
    *lines = (qp_encoded_lines){0};
}

static block *add_block(job *j, size_t *capacity, size_t first, size_t last)
{
    if (!QP_GROW(j->block, *capacity, j->block_count + 1)) return NULL;
    j->block[j->block_count] = (block){.first = first, .last = last};
    return &j->block[j->block_count++];
}

/* A long line in parts, where the tokenizer allows it, so that several threads encode it. */
static qp_status cut_line(job *j, size_t *capacity, size_t i)
{
    qp_safe_cut cut = qp_tokenizer_cut(j->tokenizer);
    qp_text rest = j->line[i];
    j->start[i + 1] = 0; /* the parts add to it */
    while (rest.bytes > 0) {
        block *b = add_block(j, capacity, i, i + 1);
        if (!b) return no_memory();
        b->part = qp_text_part(cut, BLOCK_BYTES, &rest);
    }
    return QP_OK;
}

static qp_status cut_into_blocks(job *j, size_t count)
{
    size_t capacity = 0;
    for (size_t i = 0; i < count;) {
        size_t first = i, bytes = 0;
        if (j->line[i].bytes > LONG_LINE && j->line[i].bytes <= INT32_MAX) {
            QP_TRY(cut_line(j, &capacity, i++));
            continue;
        }
        while (i < count && (bytes == 0 || bytes + j->line[i].bytes <= BLOCK_BYTES)) bytes += j->line[i++].bytes + 1;
        if (!add_block(j, &capacity, first, i)) return no_memory();
    }
    return QP_OK;
}

static qp_status name_line(size_t line, qp_status status)
{
    char place[40];
    snprintf(place, sizeof place, "line %zu", line + 1);
    return qp_fail_in(status, place);
}

/* The ids of one block, after those that the thread has; start[i + 1] becomes the number of ids of a whole line i. */
static qp_status encode_block(void *self, size_t part, int thread)
{
    job *j = self;
    block *b = &j->block[part];
    maker *m = &j->maker[thread];
    b->thread = thread;
    b->place = m->ids.count;
    for (size_t i = b->first; i < b->last; i++) {
        const qp_text text = b->part.text ? b->part : j->line[i];
        qp_status status = qp_tokenizer_encode_into(j->tokenizer, text.text, text.bytes, &m->encoding);
        if (status != QP_OK) return name_line(i, status);
        size_t made = (size_t)m->encoding.count;
        if (!QP_GROW(m->ids.id, m->ids.capacity, m->ids.count + made)) return no_memory();
        if (made) memcpy(m->ids.id + m->ids.count, m->encoding.id, made * sizeof *m->ids.id);
        m->ids.count += made;
        if (!b->part.text) j->start[i + 1] = made;
    }
    b->ids = m->ids.count - b->place;
    return QP_OK;
}

static qp_status gather(const job *j, size_t count, qp_encoded_lines *out)
{
    size_t total = 0;
    for (size_t k = 0; k < j->block_count; k++) total += j->block[k].ids;
    if (!QP_GROW(out->id, out->id_capacity, total + 1)) return no_memory();
    total = 0;
    for (size_t k = 0; k < j->block_count; k++) {
        const block *b = &j->block[k];
        if (b->ids) memcpy(out->id + total, j->maker[b->thread].ids.id + b->place, b->ids * sizeof *out->id);
        if (b->part.text) out->start[b->first + 1] += b->ids;
        total += b->ids;
    }
    for (size_t i = 0; i < count; i++) out->start[i + 1] += out->start[i];
    out->count = count;
    return QP_OK;
}

static qp_status take_makers(qp_encoded_lines *lines, int threads)
{
    for (int k = 0; k < lines->threads; k++) lines->thread[k].ids.count = 0;
    if (threads <= lines->threads) return QP_OK;
    maker *grown = realloc(lines->thread, (size_t)threads * sizeof *grown);
    if (!grown) return no_memory();
    lines->thread = grown;
    while (lines->threads < threads) grown[lines->threads++] = (maker){0};
    return QP_OK;
}

qp_status qp_tokenizer_encode_lines(const qp_tokenizer *tokenizer, const qp_text *line, size_t count, int threads,
                                    qp_encoded_lines *out)
{
    job j = {.tokenizer = tokenizer, .line = line};
    out->count = 0;
    if (!QP_GROW(out->start, out->start_capacity, count + 1)) return no_memory();
    out->start[0] = 0;
    j.start = out->start;
    qp_status status = cut_into_blocks(&j, count);
    if (status == QP_OK) status = take_makers(out, qp_share_threads(j.block_count, threads));
    j.maker = out->thread;
    if (status == QP_OK) status = qp_share(&(qp_shared_job){&j, encode_block, NULL}, j.block_count, threads);
    if (status == QP_OK) status = gather(&j, count, out);
    free(j.block);
    return status;
}
