#include "lib/run/train_transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/model_file.h"
#include "lib/model/model_transfer.h"
#include "tokenizer/tokenizer_file.h"

/* Is `tokenizer` the other model's on this side? A file without tokenizers is assumed to match. */
static qp_status same_words(const qp_tokenizer *tokenizer, const char *theirs, bool *same)
{
    char *ours;
    size_t bytes;
    *same = true;
    if (!tokenizer || !theirs) return QP_OK;
    QP_TRY(qp_tokenizer_to_json(tokenizer, &ours, &bytes));
    *same = strcmp(ours, theirs) == 0;
    free(ours);
    return QP_OK;
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

qp_status qp_train_transfer(qp_package *package, const char *path, void (*note)(void *self, const char *line),
                            void *self)
{
    qp_model_texts theirs;
    qp_transfer_words words = {true, true, true};
    QP_TRY(qp_model_file_texts(path, &theirs));
    const char *source = theirs.source_tokenizer, *target = theirs.target_tokenizer;
    qp_status status = same_words(package->source, source ? source : target, &words.source);
    if (status == QP_OK) status = same_words(package->target, target ? target : source, &words.target);
    if (status == QP_OK) status = same_labels(&package->labels, theirs.labels, &words.labels);
    qp_model_texts_free(&theirs);
    QP_TRY(status);
    qp_transfer transfer;
    QP_TRY(qp_model_transfer(path, words, qp_model_params(package->model), &transfer));
    report(path, &transfer, note, self);
    qp_transfer_free(&transfer);
    return QP_OK;
}
