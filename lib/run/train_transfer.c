#include "lib/run/train_transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/model_file.h"
#include "lib/model/model_transfer.h"
#include "lib/run/common_pieces.h"
#include "tokenizer/tokenizer_file.h"

/* One side's vocabulary beside the other model's. A file without tokenizers is assumed to match. */
typedef struct {
    qp_transfer_vocabulary same;
    int32_t *row; /* malloc'ed */
    int common;
} side;

static qp_status compare(const qp_tokenizer *tokenizer, const char *path, const char *theirs, side *s)
{
    char *ours;
    size_t bytes;
    qp_tokenizer *other;
    *s = (side){.same = {.same = true}};
    if (!tokenizer || !theirs) return QP_OK;
    QP_TRY(qp_tokenizer_to_json(tokenizer, &ours, &bytes));
    s->same.same = strcmp(ours, theirs) == 0;
    free(ours);
    if (s->same.same) return QP_OK;
    QP_TRY(qp_tokenizer_from_json(path, theirs, strlen(theirs), &other));
    s->same.rows = qp_tokenizer_size(tokenizer);
    s->same.file_rows = qp_tokenizer_size(other);
    qp_status status = qp_common_pieces(tokenizer, other, &s->row, &s->common);
    s->same.row = s->row;
    qp_tokenizer_free(other);
    return status;
}

static qp_status same_labels(const qp_labels *labels, const char *theirs, bool *same)
{
    char *ours = NULL;
    if (labels->count) QP_TRY(qp_labels_json(labels, &ours));
    *same = ours && theirs ? strcmp(ours, theirs) == 0 : !ours && !theirs;
    free(ours);
    return QP_OK;
}

static void report(const char *path, const qp_transfer *transfer, void (*note)(void *self, const char *line),
                   void *self)
{
    static const char *const what[QP_TRANSFER_GROUPS] = {[QP_TRANSFER_TAKEN] = "taken",
                                                         [QP_TRANSFER_ROWS] = "rows of common pieces taken",
                                                         [QP_TRANSFER_SHAPE] = "not taken, of another shape",
                                                         [QP_TRANSFER_REFUSED] = "not taken, of other words or labels",
                                                         [QP_TRANSFER_NEW] = "new, not in the file",
                                                         [QP_TRANSFER_LEFT] = "left in the file"};
    for (int group = 0; group < QP_TRANSFER_GROUPS; group++) {
        char line[2048];
        if (transfer->count[group] == 0) continue;
        snprintf(line, sizeof line, "init       %s: %s: %d parameters, %zu weights: %s", path, what[group],
                 transfer->count[group], transfer->weights[group], transfer->modules[group]);
        note(self, line);
    }
}

static void report_pieces(const char *path, const qp_tokenizer *tokenizer, const side *s,
                          void (*note)(void *self, const char *line), void *self)
{
    char line[1200];
    if (s->same.same) return;
    snprintf(line, sizeof line, "init       %.1000s: its vocabulary has %d of the %d pieces", path, s->common,
             qp_tokenizer_size(tokenizer));
    note(self, line);
}

/* What was taken is not trained; the adapters and what the other model lacks are trained and saved. */
static qp_status freeze_taken(qp_package *package, const char *path, const char *checksum, const qp_transfer *transfer,
                              void (*note)(void *self, const char *line), void *self)
{
    qp_params *params = qp_model_params(package->model);
    size_t trained = 0;
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (p->adapter && !transfer->taken[i])
            return qp_fail(QP_EUSAGE,
                           "--lora: %s is not in %s, so it has nothing to adapt; leave it out of --lora-layers",
                           p->name, path);
        if (transfer->taken[i]) qp_params_freeze(params, i);
        if (!p->frozen) trained += (size_t)p->rows * (size_t)p->columns;
    }
    char line[100];
    snprintf(line, sizeof line, "lora       %zu weights are trained and saved", trained);
    note(self, line);
    package->base = strdup(path);
    package->base_checksum = checksum ? strdup(checksum) : NULL;
    return package->base && (package->base_checksum || !checksum) ? QP_OK
                                                                  : qp_fail(QP_EMEMORY, "%s: out of memory", path);
}

qp_status qp_train_transfer(qp_package *package, const char *path, void (*note)(void *self, const char *line),
                            void *self)
{
    qp_model_texts theirs;
    side source = {0}, target = {0};
    qp_transfer_words words = {.labels = true};
    qp_transfer transfer = {0};
    QP_TRY(qp_model_file_texts(path, &theirs));
    const char *first = theirs.source_tokenizer, *second = theirs.target_tokenizer;
    qp_status status = compare(package->source, path, first ? first : second, &source);
    if (status == QP_OK) status = compare(package->target, path, second ? second : first, &target);
    if (status == QP_OK) status = same_labels(&package->labels, theirs.labels, &words.labels);
    words.other_head = (package->labels.count > 0) != (theirs.labels != NULL);
    char *checksum = theirs.checksum;
    theirs.checksum = NULL;
    qp_model_texts_free(&theirs);
    words.source = source.same;
    words.target = target.same;
    if (status == QP_OK) status = qp_model_transfer(path, &words, qp_model_params(package->model), &transfer);
    if (status == QP_OK) {
        report_pieces(path, package->source, &source, note, self);
        if (package->target != package->source) report_pieces(path, package->target, &target, note, self);
        report(path, &transfer, note, self);
        if (package->lora_alpha > 0) status = freeze_taken(package, path, checksum, &transfer, note, self);
    }
    free(checksum);
    qp_transfer_free(&transfer);
    free(source.row);
    free(target.row);
    return status;
}
