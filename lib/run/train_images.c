#include "lib/run/train_images.h"

#include <stdlib.h>
#include <string.h>

#include "data/images/image_files.h"
#include "lib/run/train_text.h"

qp_status qp_images_files(const qp_train_settings *settings, qp_train_data *data)
{
    if (settings->model.multi_label)
        return qp_fail(QP_EUSAGE, "--multi-label is for texts with lists of labels; images have one label each, "
                                  "leave it out");
    return qp_text_one_file(settings, "classify", QP_TEXT_LABELLED, data);
}

/* The patch that is wanted; without --patch single numbers. */
static qp_status patch_of(const qp_train_settings *settings, int *height, int *width)
{
    *height = *width = 1;
    return *settings->job.patch ? qp_image_patch_parse(settings->job.patch, height, width) : QP_OK;
}

qp_status qp_images_read(const qp_train_settings *settings, const qp_train_data *data, int part, qp_cluster *cluster,
                         qp_labels *labels, qp_images *images)
{
    const qp_job_config *job = &settings->job;
    bool training = part == QP_TRAINING, lenient = job->unseen_labels != 0;
    bool learns = training || data->files[part].part.part == QP_PART_HELD_OUT;
    int height, width;
    qp_images_options options = {.path = data->files[part].source,
                                 .labels = training || !*job->valid ? job->train_labels : job->valid_labels,
                                 .columns = job->column,
                                 .part = data->files[part].part,
                                 .dictionary = labels,
                                 .cluster = training ? cluster : NULL,
                                 .policy = learns    ? QP_LABEL_LEARN
                                           : lenient ? QP_LABEL_IGNORE
                                                     : QP_LABEL_REFUSE};
    QP_TRY(patch_of(settings, &height, &width));
    options.series = height == 1;
    if (*job->image_size) QP_TRY(qp_image_size_parse(job->image_size, &options.size));
    if (!training) options.size = data->package->images.size;
    QP_TRY(qp_cluster_agree(cluster, qp_image_files_read(&options, images)));
    QP_TRY(qp_cluster_same(options.cluster, &images->digest, sizeof images->digest, options.path));
    const qp_image_size a = images->size, b = data->package->images.size;
    if (training || (a.height == b.height && a.width == b.width && a.channels == b.channels)) return QP_OK;
    qp_images_free(images);
    return qp_fail(QP_EDATA, "%s: images of %d x %d x %d, but the training images have %d x %d x %d", options.path,
                   a.height, a.width, a.channels, b.height, b.width, b.channels);
}

/* Images have no tokenizer; they are read here, before anything is looked up in the run's folder. */
qp_status qp_images_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    qp_image_format *format = &data->package->images;
    qp_labels *labels = &data->package->labels;
    (void)folder;
    QP_TRY(qp_images_read(settings, data, QP_TRAINING, data->cluster, labels, &data->images[QP_TRAINING]));
    format->size = data->images[QP_TRAINING].size;
    QP_TRY(patch_of(settings, &format->patch_height, &format->patch_width));
    QP_TRY(qp_image_format_check(format));
    memcpy(format->column, settings->job.column, sizeof format->column);
    if (!data->has_valid) return QP_OK;
    return qp_images_read(settings, data, QP_VALIDATION, data->cluster, labels, &data->images[QP_VALIDATION]);
}

qp_status qp_images_load(const qp_train_settings *settings, qp_train_data *data)
{
    qp_image_format *format = &data->package->images;
    (void)settings;
    return qp_images_moments(&data->images[QP_TRAINING], &format->mean, &format->deviation);
}

void qp_images_sizes(const qp_train_data *data, qp_model_config *model)
{
    model->labels = data->package->labels.count;
    model->features = qp_image_features(&data->package->images);
    model->max_length = qp_image_patches(&data->package->images);
}

/* --batch-size counts patches (at least one image), or images. */
qp_status qp_images_source(const qp_train_settings *s, qp_train_data *data, int part, qp_batch_source *source)
{
    const qp_image_format *format = &data->package->images;
    int patches = qp_image_patches(format);
    qp_image_batches_options options = {.images = &data->images[part],
                                        .format = format,
                                        .shift = part == QP_TRAINING ? (int)s->job.image_shift : 0,
                                        .size = s->job.batch_size,
                                        .shuffle = part == QP_TRAINING,
                                        .seed = (uint64_t)s->training.seed,
                                        .slots = part == QP_TRAINING ? (int)s->training.accum : 1};
    if (s->job.batch_type == 0) options.size = options.size > patches ? options.size / patches : 1;
    QP_TRY(qp_image_batches_new(&options, &data->image_batches[part]));
    *source = qp_image_batches_source(data->image_batches[part]);
    return QP_OK;
}

void qp_images_print(const qp_train_data *data, FILE *stream)
{
    enum { SHOWN = 20 };
    static const char *const name[] = {"training", "validation"};
    const qp_image_format *f = &data->package->images;
    const qp_labels *labels = &data->package->labels;
    fprintf(stream, "images     %d x %d x %d", f->size.height, f->size.width, f->size.channels);
    fprintf(stream, " in %d patches of %d x %d; (x - %.4g) / %.4g\n", qp_image_patches(f), f->patch_height,
            f->patch_width, f->mean, f->deviation);
    fprintf(stream, "labels     %d:", labels->count);
    for (int i = 0; i < labels->count && i < SHOWN; i++) fprintf(stream, "%s %.60s", i ? "," : "", labels->text[i]);
    fputs(labels->count > SHOWN ? ", ...\n" : "\n", stream);
    for (int part = 0; part < (data->has_valid ? QP_PARTS : 1); part++)
        fprintf(stream, "%-10s %lld images\n", name[part], (long long)data->images[part].count);
}
