#include "lib/run/train_labelled.h"

#include <stdlib.h>

#include "data/images/image_files.h"
#include "data/text/labelled.h"
#include "lib/model/encoder_bag.h"
#include "lib/package/label_metrics.h"
#include "lib/package/token_metrics.h"
#include "lib/run/train_lines.h"
#include "lib/run/train_text.h"

static bool is_sentence(const char *label)
{
    int spaces = 0;
    for (; *label; label++) spaces += *label == ' ';
    return spaces >= 4;
}

/* Nearly as many labels as lines, or labels of five words and more: the columns may have been swapped. */
static bool look_like_texts(const qp_labels *labels, int64_t lines)
{
    enum { FEW = 10 };
    int sentences = 0;
    for (int i = 0; i < labels->count; i++) sentences += is_sentence(labels->text[i]);
    return (labels->count > FEW && 2 * (int64_t)labels->count > lines) || 2 * sentences > labels->count;
}

/* Ignored labels count neither in the loss nor in the metrics. Labels of what was held back of the training file are
 * labels too, unless they look like texts. */
static qp_label_policy validation_policy(const qp_train_settings *settings, const qp_train_data *data)
{
    bool held_out = data->files[QP_VALIDATION].part.part == QP_PART_HELD_OUT;
    if (held_out && !look_like_texts(&data->package->labels, data->corpus[QP_TRAINING].sequences))
        return QP_LABEL_LEARN;
    return settings->job.unseen_labels == 0 ? QP_LABEL_REFUSE : QP_LABEL_IGNORE;
}

/* ---- texts ---- */

qp_status qp_classify_files(const qp_train_settings *settings, qp_train_data *data)
{
    if (qp_image_files_found(settings->job.train))
        return qp_fail(QP_EUSAGE, "%s: holds images; add --patch 4x4 to cut them into patches", settings->job.train);
    return qp_text_one_file(settings, "classify", QP_TEXT_LABELLED, data);
}

qp_status qp_classify_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    qp_tokenizer_wish wish = qp_train_wish(settings, data, folder, "source", false);
    qp_tokenizer *source;
    QP_TRY(qp_text_tokenizer(&settings->job, data, &wish, false, true, &source));
    qp_package_set_tokenizers(data->package, source, NULL);
    return QP_OK;
}

qp_status qp_classify_load(const qp_train_settings *settings, qp_train_data *data)
{
    qp_labelled_options options = {.path = data->files[QP_TRAINING].source,
                                   .part = data->files[QP_TRAINING].part,
                                   .weights = data->files[QP_TRAINING].weights,
                                   .by_file = qp_train_shares(data),
                                   .codec = &data->package->source_codec,
                                   .max_length = (int)settings->model.max_length,
                                   .when_longer = QP_LONG_CUT,
                                   .labels = &data->package->labels,
                                   .policy = QP_LABEL_LEARN,
                                   .sets = settings->model.multi_label ? &data->sets : NULL,
                                   .cluster = data->cluster,
                                   .spread = true};
    QP_TRY(qp_labelled_load(&options, &data->corpus[QP_TRAINING]));
    if (!data->has_valid) return QP_OK;
    options.path = data->files[QP_VALIDATION].source;
    options.part = data->files[QP_VALIDATION].part;
    options.weights = data->files[QP_VALIDATION].weights;
    options.by_file = options.spread = false;
    options.policy = validation_policy(settings, data);
    return qp_labelled_load(&options, &data->corpus[QP_VALIDATION]);
}

typedef struct {
    const int32_t *label;
    int64_t count;
} label_list;

/* The labels that an answer is: itself, or the set of this number. */
static label_list labels_of(const qp_train_data *data, const int32_t *answer)
{
    const qp_label_sets *sets = &data->sets;
    if (!sets->count) return (label_list){answer, 1};
    return (label_list){sets->label + sets->start[*answer], sets->start[*answer + 1] - sets->start[*answer]};
}

void qp_classify_targets(const qp_train_data *data)
{
    const qp_label_sets *sets = &data->sets;
    qp_model_set_targets(data->package->model, (qp_target_sets){sets->start, sets->label, sets->count});
}

/* Counts of the features of texts, which ranks may keep parts of. */
typedef struct {
    const qp_train_data *data;
    qp_bag_counts counts;
    int64_t text; /* the next one */
} feature_counts;

static void count_features(void *self, const void *element, int64_t first, int64_t count)
{
    feature_counts *f = self;
    const qp_corpus *corpus = &f->data->corpus[QP_TRAINING];
    const int32_t *id = element;
    for (int64_t at = first; at < first + count;) {
        while (corpus->source.start[f->text + 1] <= at) f->text++;
        int64_t end = corpus->source.start[f->text + 1];
        if (end > first + count) end = first + count;
        label_list answer = labels_of(f->data, &corpus->target.id[corpus->target.start[f->text]]);
        for (int64_t k = 0; k < answer.count; k++)
            qp_bag_counts_add(&f->counts, answer.label[k], id + (at - first), (int)(end - at));
        at = end;
    }
}

/* Feature weights of --encoder bag, counted over the training texts. */
qp_status qp_classify_weigh(const qp_train_data *data)
{
    const qp_model *model = data->package->model;
    const qp_model_config *config = qp_model_config_of(model);
    const qp_corpus *corpus = &data->corpus[QP_TRAINING];
    if (config->encoder != QP_KIND_BAG) return QP_OK;
    feature_counts f = {.data = data};
    QP_TRY(qp_bag_counts_init(&f.counts, (int)config->src_vocab_size, (int)config->labels));
    f.counts.even_words = data->package->source && qp_tokenizer_info(data->package->source).even_words;
    for (int64_t i = 0; i < corpus->sequences; i++)
        f.counts.answers += labels_of(data, &corpus->target.id[corpus->target.start[i]]).count;
    const qp_corpus_side *texts = &corpus->source;
    qp_status status = qp_spread_each(&texts->spread, texts->id, sizeof *texts->id, texts->start[corpus->sequences], &f,
                                      count_features);
    if (status == QP_OK) status = qp_bag_counts_apply(&f.counts, model);
    qp_bag_counts_free(&f.counts);
    return status;
}

/* ---- words ---- */

qp_status qp_tag_files(const qp_train_settings *settings, qp_train_data *data)
{
    if (settings->model.crf && settings->training.label_smoothing > 0)
        return qp_fail(QP_EUSAGE, "--label-smoothing is not for --crf, which scores whole sentences; leave one of them "
                                  "out");
    return qp_text_one_file(settings, "tag", QP_TEXT_LABELLED, data);
}

qp_status qp_tag_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    qp_tokenizer_wish wish = qp_train_wish(settings, data, folder, "source", false);
    for (int part = 0; part < (data->has_valid ? QP_PARTS : 1); part++) {
        const char *path = data->files[part].source;
        qp_cluster *cluster = part == QP_TRAINING && qp_train_shares(data) ? NULL : data->cluster;
        QP_TRY(qp_conll_read_shared(path, (int)settings->job.tag_column, cluster, &data->conll[part]));
        qp_conll_keep(data->conll[part], data->files[part].part);
    }
    qp_conll_lines lines = {.conll = data->conll[QP_TRAINING]};
    qp_tokenizer *source = NULL;
    const qp_tokenizer_text text = {qp_conll_lines_next, &lines, qp_train_counts_join(lines.conll->cluster)};
    qp_status status = qp_train_tokenizer(&settings->job, &wish, &text, &source);
    free(lines.line);
    qp_package_set_tokenizers(data->package, source, NULL);
    return status;
}

qp_status qp_tag_load(const qp_train_settings *settings, qp_train_data *data)
{
    qp_conll_options options = {.codec = &data->package->source_codec,
                                .max_length = (int)settings->model.max_length,
                                .when_longer = QP_LONG_CUT,
                                .labels = &data->package->labels,
                                .policy = QP_LABEL_LEARN,
                                .by_file = qp_train_shares(data),
                                .spread = true};
    for (int part = 0; part < (data->has_valid ? QP_PARTS : 1); part++) {
        QP_TRY(qp_conll_corpus(data->conll[part], &options, &data->corpus[part]));
        qp_conll_free(data->conll[part]);
        data->conll[part] = NULL;
        options.policy = validation_policy(settings, data);
        options.by_file = options.spread = false;
    }
    return QP_OK;
}

/* ---- both ---- */

void qp_labelled_sizes(const qp_train_data *data, qp_model_config *model)
{
    qp_text_sizes(data, model);
    model->labels = data->package->labels.count;
}

qp_status qp_labelled_measure(qp_train_data *data, int threads, qp_metrics *metrics)
{
    qp_label_metrics statistics;
    bool tags = qp_model_config_of(data->package->model)->task == QP_TASK_TAG;
    qp_status status = data->sets.count ? qp_label_metrics_init_sets(&data->package->labels, &data->sets, &statistics)
                                        : qp_label_metrics_init(&data->package->labels, tags, &statistics);
    if (status == QP_OK)
        status = qp_label_metrics_measure(data->package->model, &data->batches[QP_VALIDATION], threads, data->cluster,
                                          &statistics);
    if (status == QP_OK) {
        qp_metrics_add(metrics, "accuracy", qp_label_metrics_accuracy(&statistics));
        qp_metrics_add(metrics, "f1", qp_label_metrics_f1(&statistics));
    }
    qp_label_metrics_free(&statistics);
    return status;
}

/* Training examples of each label, malloc'ed; NULL: out of memory. */
static int64_t *count_labels(const qp_train_data *data)
{
    const qp_corpus *corpus = &data->corpus[QP_TRAINING];
    int64_t *examples = calloc((size_t)data->package->labels.count + 1, sizeof *examples);
    for (int64_t i = 0; examples && i < corpus->target.start[corpus->sequences]; i++) {
        label_list answer = labels_of(data, &corpus->target.id[i]);
        for (int64_t k = 0; k < answer.count; k++)
            if (answer.label[k] >= 0) examples[answer.label[k]]++;
    }
    return examples;
}

void qp_labelled_print(const qp_train_data *data, FILE *stream)
{
    enum { SHOWN = 20 };
    const qp_labels *labels = &data->package->labels;
    int64_t *examples = count_labels(data);
    fprintf(stream, "tokenizer  %d pieces\n", qp_tokenizer_size(data->package->source));
    qp_train_print_special(data->package->source, stream);
    fprintf(stream, "labels     %d:", labels->count);
    for (int i = 0; i < labels->count && i < SHOWN; i++)
        fprintf(stream, "%s %.60s %lld", i ? "," : "", labels->text[i], examples ? (long long)examples[i] : 0);
    fputs(labels->count > SHOWN ? ", ...\n" : "\n", stream);
    free(examples);
    qp_text_print_corpora(data, stream);
}

void qp_labelled_warn(const qp_train_data *data, void (*say)(void *self, const char *line), void *self)
{
    const qp_labels *labels = &data->package->labels;
    const qp_corpus *corpus = &data->corpus[QP_TRAINING];
    const char *path = data->files[QP_TRAINING].source;
    bool texts = !corpus->source_row;
    char line[700];
    if (texts && look_like_texts(labels, corpus->sequences)) {
        snprintf(line, sizeof line,
                 "%.300s: its labels look like texts (%d of them, such as '%.80s'); each line is label TAB text, are "
                 "the columns swapped?",
                 path, labels->count, labels->text[0]);
        say(self, line);
        return;
    }
    int64_t *examples = count_labels(data);
    int rare = -1, others = -1; /* the first label of the fewest examples, and how many others have as few */
    for (int i = 0; examples && i < labels->count; i++) {
        bool fewer = examples[i] <= 1 && (rare < 0 || examples[i] < examples[rare]);
        others = fewer ? 0 : others + (rare >= 0 && examples[i] == examples[rare]);
        if (fewer) rare = i;
    }
    bool none = rare >= 0 && examples[rare] == 0;
    free(examples);
    if (rare < 0) return;
    const char *too = others ? ", as have others" : "";
    bool first = texts && labels->line[rare] == 1;
    if (none)
        snprintf(line, sizeof line,
                 "%.300s:%lld: label '%.80s' has examples only in the part held back for validation%s; --valid none "
                 "trains on them too",
                 path, (long long)labels->line[rare], labels->text[rare], too);
    else
        snprintf(line, sizeof line, "%.300s:%lld: label '%.80s' has only this example%s; is it %smisspelled?", path,
                 (long long)labels->line[rare], labels->text[rare], too, first ? "a header line, or " : "");
    say(self, line);
}

/* ---- masked tokens ---- */

qp_status qp_mlm_files(const qp_train_settings *settings, qp_train_data *data)
{
    return qp_text_one_file(settings, "mlm", QP_TEXT_ONE_FILE, data);
}

qp_status qp_mlm_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    QP_TRY(qp_classify_tokenizers(settings, folder, data));
    data->package->target_codec = data->package->source_codec; /* the corpus has one side, which is masked later */
    return QP_OK;
}

qp_status qp_mlm_source(const qp_train_settings *s, qp_train_data *data, int part, qp_batch_source *source)
{
    qp_masking_options options = {.codec = &data->package->source_codec,
                                  .rate = s->job.mask_rate,
                                  .whole_words = s->job.whole_words != 0,
                                  .fixed = part == QP_VALIDATION,
                                  .seed = (uint64_t)s->training.seed,
                                  .slots = part == QP_TRAINING ? (int)s->training.accum : 1};
    QP_TRY(qp_text_source(s, data, part, &options.texts));
    QP_TRY(qp_masking_new(&options, &data->masking[part]));
    *source = qp_masking_source(data->masking[part]);
    return QP_OK;
}

qp_status qp_mlm_measure(qp_train_data *data, int threads, qp_metrics *metrics)
{
    qp_token_metrics sums = {0};
    QP_TRY(qp_token_metrics_measure(data->package->model, &data->batches[QP_VALIDATION], threads, &sums));
    if (sums.tokens > 0) qp_metrics_add(metrics, "accuracy", qp_token_metrics_accuracy(&sums));
    return QP_OK;
}
