#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"

enum { BLOCK_BYTES = 1 << 20 };

/* What a worker made of its stretch of a block. */
typedef struct {
    char *text;
    size_t bytes;
    qp_status status;
    char message[512];
} stretch;

/* Lines of one file end to end, each with a NUL: line i is text[start[i]] .. text[start[i + 1] - 2]. */
typedef struct {
    qp_line_place *at;
    const qp_line_worker *worker;
    stretch *made;
    int workers;
    qp_status (*act)(void *self, char *line, size_t bytes);
    qp_status (*after)(void *self); /* for each worker, in order of their lines, behind each block; or NULL */
    const char *place;
    int64_t first_line;
    char *text;
    size_t *start, bytes, lines, capacity, start_capacity;
} gathering;

static qp_status no_memory(const gathering *g)
{
    return qp_fail(QP_EMEMORY, "%s:%lld: out of memory; use fewer --threads", g->at->place, (long long)g->at->line);
}

static void run_stretch(const gathering *g, int k)
{
    const qp_line_worker *w = &g->worker[k];
    stretch *made = &g->made[k];
    *made = (stretch){0};
    FILE *stream = open_memstream(&made->text, &made->bytes);
    if (!stream) made->status = no_memory(g);
    *w->at = (qp_line_place){.place = g->place, .output = stream};
    size_t share = g->bytes / (size_t)g->workers + 1;
    for (size_t i = 0; i < g->lines && made->status == QP_OK; i++) {
        if (g->start[i] / share != (size_t)k) continue;
        w->at->line = g->first_line + (int64_t)i;
        made->status = g->act(w->self, g->text + g->start[i], g->start[i + 1] - g->start[i] - 1);
    }
    if (made->status != QP_OK) strncpy(made->message, qp_error_message(), sizeof made->message - 1);
    if (stream && fclose(stream) != 0 && made->status == QP_OK) {
        made->status = QP_EMEMORY;
        strncpy(made->message, "out of memory; use fewer --threads", sizeof made->message - 1);
    }
}

/* Work on the lines gathered and write what comes of them, in their order and up to the first that fails. */
static qp_status finish_block(gathering *g)
{
    qp_status status = QP_OK;
    if (g->lines == 0) return QP_OK;
#pragma omp parallel for schedule(static, 1) num_threads(g->workers)
    for (int k = 0; k < g->workers; k++) run_stretch(g, k);
    for (int k = 0; k < g->workers; k++) {
        stretch *made = &g->made[k];
        if (status == QP_OK && made->bytes) fwrite(made->text, 1, made->bytes, g->at->output);
        if (status == QP_OK && made->status != QP_OK) status = qp_fail(made->status, "%s", made->message);
        free(made->text);
        if (status == QP_OK && g->after) status = g->after(g->worker[k].self);
    }
    g->lines = g->bytes = 0;
    return status;
}

static bool has_room(void **memory, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity) return true;
    size_t grown = wanted + wanted / 2;
    void *fresh = realloc(*memory, grown * size);
    if (!fresh) return false;
    *memory = fresh;
    *capacity = grown;
    return true;
}

static qp_status gather(void *self, char *line, size_t bytes)
{
    gathering *g = self;
    if (g->lines > 0 && (g->at->line == 1 || g->bytes + bytes > BLOCK_BYTES)) QP_TRY(finish_block(g));
    void *text = g->text, *start = g->start;
    bool room = has_room(&text, &g->capacity, g->bytes + bytes + 1, 1);
    g->text = text;
    room = room && has_room(&start, &g->start_capacity, g->lines + 2, sizeof *g->start);
    g->start = start;
    if (!room) return no_memory(g);
    if (g->lines == 0) {
        g->place = g->at->place;
        g->first_line = g->at->line;
        g->start[0] = 0;
    }
    if (bytes) memcpy(g->text + g->bytes, line, bytes);
    g->text[g->bytes + bytes] = '\0';
    g->bytes += bytes + 1;
    g->start[++g->lines] = g->bytes;
    return QP_OK;
}

static qp_status run_all(gathering *g, char *const *file, int count)
{
    g->made = calloc((size_t)g->workers, sizeof *g->made);
    if (!g->made) return no_memory(g);
    char reason[512] = {0};
    qp_status reading = qp_each_line(file, count, g->at, gather, g);
    if (reading != QP_OK) strncpy(reason, qp_error_message(), sizeof reason - 1);
    qp_status status = finish_block(g); /* of lines before the one that failed */
    if (status == QP_OK && reading != QP_OK) status = qp_fail(reading, "%s", reason);
    free(g->made);
    free(g->text);
    free(g->start);
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
    for (size_t w = 0; w < c->own.count; w++) {
        const struct qp_word *word = &c->own.word[w];
        QP_TRY(qp_word_counts_add(c->all, c->own.text + word->start, word->bytes, word->count));
    }
    qp_word_counts_free(&c->own);
    return QP_OK;
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
