#include "lib/run/hold_out.h"

#include <stdio.h>

#include "lib/run/defaults.h"
#include "lib/run/train_images.h"

enum {
    LEAST = 5,      /* examples that can tell one checkpoint from another */
    MOST = 4,       /* a share of one in so many is too large */
    LOOK = 100000,  /* of many examples so many are looked at */
    FEW_EVERY = 10, /* where a smaller share has too few */
};

/* Examples of the part, and those looked at. */
static qp_status count_texts(qp_text_files files, qp_held_out part, int64_t *held, int64_t *seen)
{
    qp_text_pairs *pairs;
    qp_text_pair pair;
    bool more = true;
    files.part = part;
    QP_TRY(qp_text_pairs_open(&files, &pairs));
    qp_status status = QP_OK;
    *held = *seen = 0;
    while (status == QP_OK && more && (*seen < LOOK || *held < LEAST)) {
        status = qp_text_pairs_next(pairs, &pair, &more);
        *held += status == QP_OK && more;
        *seen = qp_text_pairs_tell(pairs).line;
    }
    qp_text_pairs_close(pairs);
    return status;
}

static qp_status count_sentences(const char *path, int column, qp_held_out part, int64_t *held, int64_t *seen)
{
    qp_conll *conll;
    QP_TRY(qp_conll_read(path, column, &conll));
    *seen = conll->sentences;
    qp_conll_keep(conll, part);
    *held = conll->sentences;
    qp_conll_free(conll);
    return QP_OK;
}

/* Examples are chosen by the hash of their text: few, or a few that are repeated often, may all be on one side. */
static qp_status settle(const qp_train_settings *settings, const qp_text_files *files, qp_held_out *part)
{
    const int64_t every[] = {part->every, FEW_EVERY};
    if (part->from || part->block || qp_train_reads_images(settings)) return QP_OK;
    for (int i = 0; i < 2; i++) {
        int64_t held, seen;
        qp_held_out tried = {.part = QP_PART_HELD_OUT, .every = every[i]};
        if (settings->model.task == QP_TASK_TAG)
            QP_TRY(count_sentences(files->source, (int)settings->job.tag_column, tried, &held, &seen));
        else
            QP_TRY(count_texts(*files, tried, &held, &seen));
        part->every = tried.every;
        if (held >= LEAST && held <= seen / MOST) return QP_OK;
    }
    *part = (qp_held_out){0};
    return QP_OK;
}

const char *qp_hold_out_remedy(const qp_train_settings *settings)
{
    return *settings->job.train_src ? "--valid-src FILE --valid-tgt FILE" : "--valid FILE";
}

static void describe(const qp_held_out *part, char *line)
{
    long long every = part->every, block = part->block;
    if (part->from)
        snprintf(line, QP_HOLD_OUT_BYTES, "validation held back from line %lld on  (--valid none: train on all)",
                 (long long)part->from);
    else if (block)
        snprintf(line, QP_HOLD_OUT_BYTES,
                 "validation one block of %lld line%s in %lld is held back  (--valid none: train on all)", block,
                 block == 1 ? "" : "s", every);
    else
        snprintf(line, QP_HOLD_OUT_BYTES, "validation one example in %lld is held back  (--valid none: train on all)",
                 every);
}

qp_status qp_hold_out(const qp_train_settings *settings, const qp_survey *survey, qp_train_data *data,
                      char line[QP_HOLD_OUT_BYTES])
{
    qp_text_files *files = data->files;
    qp_held_out part = qp_defaults_hold_out(settings, survey);
    bool few = part.part == QP_PART_ALL;
    qp_status status = QP_OK;
    line[0] = '\0';
    if (data->has_valid || data->no_valid) return QP_OK;
    if (!few && qp_cluster_rank(data->cluster) == 0) status = settle(settings, &files[QP_TRAINING], &part);
    QP_TRY(qp_cluster_agree(data->cluster, status));
    qp_cluster_broadcast(data->cluster, &part, sizeof part);
    if (part.part == QP_PART_ALL) {
        snprintf(line, QP_HOLD_OUT_BYTES,
                 "validation none, because the examples are too %s: the last update is kept  "
                 "(%s: the best)",
                 few ? "few to hold a part back" : "much alike to tell a part from the rest",
                 qp_hold_out_remedy(settings));
        return QP_OK;
    }
    files[QP_VALIDATION] = files[QP_TRAINING];
    files[QP_TRAINING].part = part;
    part.part = QP_PART_HELD_OUT;
    files[QP_VALIDATION].part = part;
    data->has_valid = true;
    describe(&part, line);
    return QP_OK;
}
