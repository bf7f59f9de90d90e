#include "lib/run/train_teacher.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash_set.h"
#include "lib/model/model_file.h"
#include "lib/run/train_images.h"
#include "tokenizer/tokenizer_file.h"

static qp_status check_options(const qp_train_settings *s)
{
    const qp_model_config *m = &s->model;
    const struct {
        bool set;
        const char *option;
    } other[] = {{m->loss != QP_OBJECTIVE_AUTO && m->loss != QP_OBJECTIVE_CROSS_ENTROPY, "--loss"},
                 {s->training.label_smoothing > 0, "--label-smoothing"},
                 {m->mixup > 0, "--mixup"},
                 {m->crf, "--crf"},
                 {m->multi_label, "--multi-label"},
                 {*s->job.class_weights, "--class-weights"}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (other[i].set)
            return qp_fail(QP_EUSAGE,
                           "--teacher has a loss of its own, with which %s does not combine; leave one of "
                           "them out",
                           other[i].option);
    return QP_OK;
}

static qp_status check_task(const qp_train_settings *s, const qp_model_config *teacher)
{
    const char *path = s->job.teacher;
    if (teacher->task != s->model.task)
        return qp_fail(QP_EUSAGE,
                       "--teacher %s: a model of --task %s, and this trains --task %s; give one of the same "
                       "task",
                       path, qp_model_task_name(teacher->task), qp_model_task_name(s->model.task));
    if (teacher->crf)
        return qp_fail(QP_EUSAGE, "--teacher %s: a model with --crf, which scores whole sentences; give one without",
                       path);
    if (qp_model_reads_numbers(teacher) != qp_train_reads_images(s))
        return qp_fail(QP_EUSAGE,
                       "--teacher %s: one of the two reads texts and the other images; give one that reads "
                       "the same",
                       path);
    return QP_OK;
}

qp_status qp_train_teacher_open(const qp_train_settings *settings, qp_train_data *data, qp_package **teacher)
{
    *teacher = NULL;
    if (!*settings->job.teacher) return QP_OK;
    QP_TRY(check_options(settings));
    QP_TRY(qp_package_open(settings->job.teacher, true, teacher));
    QP_TRY(check_task(settings, qp_model_config_of((*teacher)->model)));
    const qp_labels *labels = &(*teacher)->labels;
    int number;
    for (int i = 0; i < labels->count; i++)
        QP_TRY(qp_labels_add(&data->package->labels, labels->text[i], strlen(labels->text[i]), &number));
    return QP_OK;
}

void qp_train_teacher_take(qp_train_settings *settings, const qp_package *teacher)
{
    if (!teacher || !settings->given || *settings->job.preset || *settings->job.init_from) return;
    const qp_model_config *theirs = qp_model_config_of(teacher->model);
    bool two_sides = theirs->task == QP_TASK_TRANSLATE || theirs->task == QP_TASK_AUTOENCODE;
    bool shared = two_sides && teacher->source == teacher->target;
    const struct {
        const char *name;
        int *flag;
        int value;
    } flag[] = {{"share-vocab", &settings->job.share_vocab, shared},
                {"tied-embeddings-all", &settings->model.tied_embeddings_all, shared},
                {"begin-token", &settings->model.begin_token, theirs->begin_token}};
    for (size_t i = 0; i < sizeof flag / sizeof *flag; i++)
        if (!settings->given(settings->given_self, flag[i].name)) *flag[i].flag = flag[i].value;
    if (!settings->given(settings->given_self, "max-length")) settings->model.max_length = theirs->max_length;
    if (!settings->given(settings->given_self, "encoder") && theirs->encoder == QP_KIND_BAG)
        settings->model.encoder = QP_KIND_BAG;
}

/* ---- the same words and labels ---- */

static qp_status same_words(const char *path, const char *side, const qp_tokenizer *ours, const qp_tokenizer *theirs)
{
    char *a = NULL, *b = NULL;
    size_t bytes;
    qp_status status = qp_tokenizer_to_json(ours, &a, &bytes);
    if (status == QP_OK) status = qp_tokenizer_to_json(theirs, &b, &bytes);
    bool same = status == QP_OK && strcmp(a, b) == 0;
    free(a);
    free(b);
    if (same || status != QP_OK) return status;
    return qp_fail(QP_EUSAGE,
                   "--teacher %s: its %s tokenizer (%d pieces) is not the one of this run (%d pieces); add "
                   "--tokenizer %s",
                   path, side, qp_tokenizer_size(theirs), qp_tokenizer_size(ours), path);
}

static qp_status check_words(const char *path, const qp_package *ours, const qp_package *theirs)
{
    const qp_model_config *a = qp_model_config_of(ours->model), *b = qp_model_config_of(theirs->model);
    if (ours->source) QP_TRY(same_words(path, "source", ours->source, theirs->source));
    if (qp_model_task_has_decoder(a->task)) QP_TRY(same_words(path, "target", ours->target, theirs->target));
    if (a->task == QP_TASK_TRANSLATE && a->begin_token != b->begin_token)
        return qp_fail(QP_EUSAGE, "--teacher %s: its sources begin %s a token of their own; give --begin-token=%s",
                       path, b->begin_token ? "with" : "without", b->begin_token ? "true" : "false");
    if (a->max_length > b->max_length)
        return qp_fail(QP_EUSAGE, "--teacher %s: reads up to %lld tokens; add --max-length %lld", path,
                       (long long)b->max_length, (long long)b->max_length);
    return QP_OK;
}

/* The labels began as the teacher's; the training data may have had more. */
static qp_status check_labels(const char *path, const qp_train_data *data, const qp_labels *theirs)
{
    const qp_labels *ours = &data->package->labels;
    if (ours->count == theirs->count) return QP_OK;
    return qp_fail(QP_EUSAGE,
                   "%s:%lld: label '%.80s' is none of the %d labels of --teacher %s; take out its examples, "
                   "or train the teacher with it",
                   data->files[QP_TRAINING].source, (long long)ours->line[theirs->count], ours->text[theirs->count],
                   theirs->count, path);
}

/* The student reads images cut as for the teacher, around the same mean. */
static qp_status take_images(const char *path, const qp_image_format *theirs, qp_image_format *ours)
{
    const qp_image_size *a = &ours->size, *b = &theirs->size;
    if (a->height != b->height || a->width != b->width || a->channels != b->channels ||
        ours->patch_height != theirs->patch_height || ours->patch_width != theirs->patch_width ||
        strcmp(ours->column, theirs->column) != 0)
        return qp_fail(QP_EUSAGE,
                       "--teacher %s: reads images of %dx%dx%d in patches of %dx%d, this run %dx%dx%d in "
                       "%dx%d; give the same images, --patch and --column",
                       path, b->height, b->width, b->channels, theirs->patch_height, theirs->patch_width, a->height,
                       a->width, a->channels, ours->patch_height, ours->patch_width);
    ours->mean = theirs->mean;
    ours->deviation = theirs->deviation;
    return QP_OK;
}

qp_status qp_train_teacher_set(const qp_train_settings *settings, const qp_train_data *data, const qp_package *teacher,
                               uint64_t *hash)
{
    const char *path = settings->job.teacher;
    qp_package *student = data->package;
    qp_model_texts texts;
    *hash = 0;
    if (!teacher) return QP_OK;
    QP_TRY(check_labels(path, data, &teacher->labels));
    if (qp_train_reads_images(settings))
        QP_TRY(take_images(path, &teacher->images, &student->images));
    else
        QP_TRY(check_words(path, student, teacher));
    QP_TRY(qp_model_file_texts(path, &texts));
    *hash = qp_hash_text(texts.checksum ? texts.checksum : "", texts.checksum ? strlen(texts.checksum) : 0);
    qp_model_texts_free(&texts);
    qp_model_distill(student->model, (qp_distillation){teacher->model, (qp_real)settings->job.teacher_weight,
                                                       (qp_real)settings->job.teacher_temperature});
    return QP_OK;
}
