#include "lib/decode/lines.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/tiles.h"
#include "lib/tensor/kernels/cpu.h"

static qp_status encode_line(const qp_text_codec *codec, const qp_line *line, int longest, qp_line_ids *ids)
{
    int32_t *id = NULL;
    int tokens = 0;
    QP_TRY(codec->encode(codec->self, line->text, line->bytes, &id, &tokens));
    int kept = tokens < longest ? tokens : longest - 1;
    int32_t *fitted = realloc(id, ((size_t)kept + 1) * sizeof *fitted);
    if (!fitted) {
        free(id);
        return qp_fail(QP_EMEMORY, "text: out of memory for a line of %d tokens", tokens);
    }
    fitted[kept] = qp_codec_special(codec).end;
    *ids = (qp_line_ids){.id = fitted, .count = kept + 1, .tokens = tokens};
    return QP_OK;
}

qp_status qp_lines_encode(const qp_text_codec *codec, const qp_line *line, int count, int longest, qp_line_ids **ids)
{
    *ids = calloc((size_t)count + 1, sizeof **ids);
    if (!*ids) return qp_fail(QP_EMEMORY, "text: out of memory for %d lines", count);
    for (int i = 0; i < count; i++) QP_TRY(encode_line(codec, &line[i], longest, &(*ids)[i]));
    return QP_OK;
}

void qp_lines_free(qp_line_ids *ids, int count)
{
    if (!ids) return;
    for (int i = 0; i < count; i++) free(ids[i].id);
    free(ids);
}

/* A line and its length, for sorting. */
typedef struct {
    int32_t length, number;
} keyed;

static int longer_first(const void *left, const void *right)
{
    const keyed *a = left, *b = right;
    if (a->length != b->length) return a->length > b->length ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

qp_status qp_lines_batch(const int32_t *length, int count, int sentences, int64_t tokens, int threads,
                         qp_line_batches *batches)
{
    *batches = (qp_line_batches){.start = malloc(((size_t)count + 2) * sizeof(int32_t)),
                                 .order = malloc(((size_t)count + 1) * sizeof(int32_t))};
    keyed *key = malloc(((size_t)count + 1) * sizeof *key);
    if (!batches->start || !batches->order || !key) {
        free(key);
        return qp_fail(QP_EMEMORY, "text: out of memory for %d lines", count);
    }
    int lines = 0;
    for (int i = 0; i < count; i++)
        if (length[i] > 0) key[lines++] = (keyed){length[i], i};
    qsort(key, (size_t)lines, sizeof *key, longer_first);
    int share = threads > 1 ? (lines + threads - 1) / threads : lines;
    if (share < sentences) sentences = share;
    int64_t sum = 0;
    for (int i = 0, first = 0; i < lines; i++) {
        if (i == 0 || i - first >= sentences || (tokens > 0 && sum + key[i].length > tokens)) {
            batches->start[batches->count++] = i;
            first = i;
            sum = 0;
        }
        sum += key[i].length;
        batches->order[i] = key[i].number;
    }
    batches->start[batches->count] = lines;
    free(key);
    return QP_OK;
}

void qp_line_batches_free(qp_line_batches *batches)
{
    free(batches->start);
    free(batches->order);
    *batches = (qp_line_batches){0};
}

/* What the threads of one run share. The error line belongs to a thread, so it is copied out of it. */
typedef struct {
    qp_status status;
    int batch;
    char message[512];
} failure;

static void note_failure(failure *failed, int batch, qp_status status)
{
#pragma omp critical(qp_lines_failure)
    if (failed->status == QP_OK || batch < failed->batch) {
        failed->status = status;
        failed->batch = batch;
        snprintf(failed->message, sizeof failed->message, "%s", qp_error_message());
    }
}

static bool has_failed(const failure *failed)
{
    bool found;
#pragma omp critical(qp_lines_failure)
    found = failed->status != QP_OK;
    return found;
}

/* One run: its threads take the next batch until there is none. */
typedef struct {
    qp_line_work *work;
    void *self;
    int batches;
    atomic_int next;
    failure failed;
} lines_run;

static void run_share(void *self, int worker)
{
    lines_run *r = self;
    (void)worker;
    qp_cpu_flush_subnormals();
    qp_tape *tape = qp_tape_new();
    if (!tape)
        note_failure(&r->failed, 0, qp_fail(QP_EMEMORY, "out of memory for a thread's work; use fewer --threads"));
    for (int b; tape && !has_failed(&r->failed) && (b = atomic_fetch_add(&r->next, 1)) < r->batches;) {
        qp_status status = r->work(r->self, tape, b);
        if (status != QP_OK) note_failure(&r->failed, b, status);
    }
    qp_tape_free(tape);
}

qp_status qp_lines_run(int batches, int threads, qp_line_work *work, void *self)
{
    if (batches <= 0) return QP_OK;
    lines_run r = {.work = work, .self = self, .batches = batches, .failed = {.status = QP_OK}};
    qp_team_run(threads, &(qp_team_work){&r, run_share});
    return r.failed.status == QP_OK ? QP_OK : qp_fail(r.failed.status, "%s", r.failed.message);
}

qp_ids qp_lines_gather(const qp_line_ids *ids, const int32_t *pick, int count, int32_t *start, int32_t *flat)
{
    int32_t rows = 0;
    for (int i = 0; i < count; i++) {
        const qp_line_ids *line = &ids[pick[i]];
        start[i] = rows;
        memcpy(flat + rows, line->id, (size_t)line->count * sizeof *flat);
        rows += line->count;
    }
    start[count] = rows;
    return (qp_ids){.sequences = {.count = count, .start = start}, .id = flat};
}
