#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/files/line_block.h"
#include "lib/base/share.h"

enum { BLOCK_BYTES = 1 << 20 };

/* Output of a worker for its part of a block. */
typedef struct {
    char *text;
    size_t bytes;
} output;

/* Lines of one file, gathered into a block; each worker has a part of it. */
typedef struct {
    qp_line_place *at;
    const qp_line_worker *worker;
    output *made;
    int workers;
    size_t parts; /* of this block */
    qp_status (*act)(void *self, char *line, size_t bytes);
    qp_status (*after)(void *self); /* called for each worker in order after each block; or NULL */
    const char *place;
    int64_t first_line;
    qp_line_block block;
} gathering;

static qp_status no_memory(const gathering *g)
{
    return qp_fail(QP_EMEMORY, "%s:%lld: out of memory; use fewer --threads", g->at->place, (long long)g->at->line);
}

static qp_status act_on_lines(const gathering *g, const qp_line_worker *w, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        char *line = g->block.text + g->block.start[i]; /* the worker may write to it */
        w->at->line = g->first_line + (int64_t)i;
        QP_TRY(qp_line_failed(w->at, g->act(w->self, line, qp_line_block_line(&g->block, i).bytes)));
    }
    return QP_OK;
}

static qp_status run_part(void *self, size_t k, int thread)
{
    gathering *g = self;
    const qp_line_worker *w = &g->worker[k];
    (void)thread;
    FILE *stream = open_memstream(&g->made[k].text, &g->made[k].bytes);
    if (!stream) return no_memory(g);
    *w->at = (qp_line_place){.place = g->place, .output = stream};
    qp_status status = act_on_lines(g, w, qp_line_block_part(&g->block, k, g->parts),
                                    qp_line_block_part(&g->block, k + 1, g->parts));
    if (fclose(stream) != 0 && status == QP_OK) status = no_memory(g);
    return status;
}

static qp_status take_part(void *self, size_t k)
{
    gathering *g = self;
    if (g->made[k].bytes) fwrite(g->made[k].text, 1, g->made[k].bytes, g->at->output);
    return g->after ? g->after(g->worker[k].self) : QP_OK;
}

/* Process the gathered lines and write the results in order, up to the first line that fails. */
static qp_status finish_block(gathering *g)
{
    if (g->block.count == 0) return QP_OK;
    g->parts = g->block.count == 1 ? 1 : (size_t)g->workers; /* one long line: `act` may use all threads */
    qp_status status = qp_share(&(qp_shared_job){g, run_part, take_part}, g->parts, g->workers);
    for (int k = 0; k < g->workers; k++) {
        free(g->made[k].text);
        g->made[k] = (output){0};
    }
    qp_line_block_clear(&g->block);
    return status;
}

static qp_status gather(void *self, char *line, size_t bytes)
{
    gathering *g = self;
    const qp_line_block *b = &g->block;
    if (b->count > 0 && (g->at->line == 1 || b->bytes + bytes > BLOCK_BYTES)) QP_TRY(finish_block(g));
    if (b->count == 0) {
        g->place = g->at->place;
        g->first_line = g->at->line;
    }
    if (qp_line_block_add(&g->block, line, bytes) != QP_OK) return no_memory(g);
    return g->at->waits && g->at->output ? finish_block(g) : QP_OK;
}

static qp_status run_all(gathering *g, char *const *file, int count)
{
    g->made = calloc((size_t)g->workers, sizeof *g->made);
    if (!g->made) return no_memory(g);
    char reason[512] = {0};
    qp_status reading = qp_each_line(file, count, g->at, gather, g);
    if (reading != QP_OK) strncpy(reason, qp_error_message(), sizeof reason - 1);
    qp_status status = finish_block(g); /* the lines before the one that failed */
    if (status == QP_OK && reading != QP_OK) status = qp_fail(reading, "%s", reason);
    free(g->made);
    qp_line_block_free(&g->block);
    return status;
}

qp_status qp_each_line_by(char *const *file, int count, qp_line_place *at, const qp_line_worker *worker, int workers,
                          qp_status (*act)(void *self, char *line, size_t bytes))
{
    gathering g = {.at = at, .worker = worker, .workers = workers, .act = act};
    return run_all(&g, file, count);
}

/* ---- words ---- */

typedef struct {
    const void *self;
    qp_status (*count)(const void *self, char *line, size_t bytes, qp_word_counts *words);
    qp_word_counts own, *all;
    qp_line_place at;
} word_counter;

static qp_status count_line(void *self, char *line, size_t bytes)
{
    word_counter *c = self;
    return c->count(c->self, line, bytes, &c->own);
}

static qp_status hand_over(void *self)
{
    word_counter *c = self;
    return qp_word_counts_move(c->all, &c->own);
}

qp_status qp_count_lines(char *const *file, int count_of_files, const void *self,
                         qp_status (*count)(const void *self, char *line, size_t bytes, qp_word_counts *words),
                         qp_word_counts *words)
{
    int workers = omp_get_max_threads();
    qp_line_place at = {0};
    word_counter *counter = calloc((size_t)workers, sizeof *counter);
    qp_line_worker *worker = calloc((size_t)workers, sizeof *worker);
    qp_status status = counter && worker ? QP_OK : qp_fail(QP_EMEMORY, "out of memory; set OMP_NUM_THREADS lower");
    for (int k = 0; status == QP_OK && k < workers; k++) {
        counter[k] = (word_counter){.self = self, .count = count, .all = words};
        worker[k] = (qp_line_worker){&counter[k], &counter[k].at};
    }
    gathering g = {.at = &at, .worker = worker, .workers = workers, .act = count_line, .after = hand_over};
    if (status == QP_OK) status = run_all(&g, file, count_of_files);
    for (int k = 0; counter && k < workers; k++) qp_word_counts_free(&counter[k].own);
    free(counter);
    free(worker);
    return status;
}
