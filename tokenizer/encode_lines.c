#include "tokenizer/encode_lines.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

enum { BLOCK_BYTES = 1 << 15 };

/* Lines first .. last-1; their ids lie from `place` on in the buffer of the thread that took them. */
typedef struct {
    size_t first, last, place, ids;
    int owner;
} block;

/* What one thread has made. */
typedef struct qp_line_maker {
    qp_encoding encoding;
    int32_t *id;
    size_t count, capacity;
} maker;

typedef struct {
    const qp_tokenizer *tokenizer;
    const qp_text_line *line;
    block *block;
    size_t block_count;
    maker *maker;
    size_t *start;
    size_t failed; /* the first line that failed; SIZE_MAX: none */
} job;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; encode fewer lines at once"); }

void qp_encoded_lines_free(qp_encoded_lines *lines)
{
    for (int k = 0; k < lines->makers; k++) {
        qp_encoding_free(&lines->maker[k].encoding);
        free(lines->maker[k].id);
    }
    free(lines->maker);
    free(lines->id);
    free(lines->start);
    *lines = (qp_encoded_lines){0};
}

static qp_status cut_into_blocks(job *j, size_t count)
{
    size_t capacity = 0;
    for (size_t i = 0; i < count;) {
        if (!QP_GROW(j->block, capacity, j->block_count + 1)) return no_memory();
        block *b = &j->block[j->block_count++];
        size_t bytes = 0;
        *b = (block){.first = i};
        while (i < count && (bytes == 0 || bytes + j->line[i].bytes <= BLOCK_BYTES)) bytes += j->line[i++].bytes + 1;
        b->last = i;
    }
    return QP_OK;
}

/* The ids of one block behind those the maker has; start[i + 1] becomes the number of ids of line i. */
static qp_status encode_block(const job *j, block *b, maker *m, size_t *at)
{
    b->place = m->count;
    for (*at = b->first; *at < b->last; ++*at) {
        QP_TRY(qp_tokenizer_encode_into(j->tokenizer, j->line[*at].text, j->line[*at].bytes, &m->encoding));
        size_t made = (size_t)m->encoding.count;
        if (!QP_GROW(m->id, m->capacity, m->count + made)) return no_memory();
        if (made) memcpy(m->id + m->count, m->encoding.id, made * sizeof *m->id);
        m->count += made;
        j->start[*at + 1] = made;
    }
    b->ids = m->count - b->place;
    return QP_OK;
}

static void encode_blocks(job *j, int threads)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (size_t k = 0; k < j->block_count; k++) {
        size_t at = 0, failed;
#pragma omp atomic read
        failed = j->failed;
        if (j->block[k].first > failed) continue;
        j->block[k].owner = omp_get_thread_num();
        if (encode_block(j, &j->block[k], &j->maker[j->block[k].owner], &at) == QP_OK) continue;
#pragma omp critical(qp_encode_lines)
        {
            if (at < j->failed) {
#pragma omp atomic write
                j->failed = at;
            }
        }
    }
}

static qp_status gather(const job *j, size_t count, qp_encoded_lines *out)
{
    size_t total = 0;
    for (size_t k = 0; k < j->block_count; k++) total += j->block[k].ids;
    if (!QP_GROW(out->id, out->id_capacity, total + 1)) return no_memory();
    total = 0;
    for (size_t k = 0; k < j->block_count; k++) {
        const block *b = &j->block[k];
        if (b->ids) memcpy(out->id + total, j->maker[b->owner].id + b->place, b->ids * sizeof *out->id);
        total += b->ids;
    }
    for (size_t i = 0; i < count; i++) out->start[i + 1] += out->start[i];
    out->count = count;
    return QP_OK;
}

/* The message of a thread is its own: make it here once more. */
static qp_status tell(const job *j)
{
    maker *m = &j->maker[0];
    qp_status status = qp_tokenizer_encode_into(j->tokenizer, j->line[j->failed].text, j->line[j->failed].bytes,
                                                &m->encoding);
    if (status == QP_OK) return no_memory();
    char reason[512] = {0};
    strncpy(reason, qp_error_message(), sizeof reason - 1);
    return qp_fail(status, "line %zu: %s", j->failed + 1, reason);
}

static qp_status take_makers(qp_encoded_lines *lines, int threads)
{
    for (int k = 0; k < lines->makers; k++) lines->maker[k].count = 0;
    if (threads <= lines->makers) return QP_OK;
    maker *grown = realloc(lines->maker, (size_t)threads * sizeof *grown);
    if (!grown) return no_memory();
    lines->maker = grown;
    while (lines->makers < threads) grown[lines->makers++] = (maker){0};
    return QP_OK;
}

qp_status qp_tokenizer_encode_lines(const qp_tokenizer *tokenizer, const qp_text_line *line, size_t count, int threads,
                                    qp_encoded_lines *out)
{
    job j = {.tokenizer = tokenizer, .line = line, .failed = SIZE_MAX};
    if (threads < 1) threads = omp_get_max_threads();
    out->count = 0;
    if (!QP_GROW(out->start, out->start_capacity, count + 1)) return no_memory();
    out->start[0] = 0;
    j.start = out->start;
    qp_status status = cut_into_blocks(&j, count);
    if ((size_t)threads > j.block_count) threads = j.block_count ? (int)j.block_count : 1;
    if (status == QP_OK) status = take_makers(out, threads);
    j.maker = out->maker;
    if (status == QP_OK) encode_blocks(&j, threads);
    if (status == QP_OK) status = j.failed == SIZE_MAX ? gather(&j, count, out) : tell(&j);
    free(j.block);
    return status;
}
