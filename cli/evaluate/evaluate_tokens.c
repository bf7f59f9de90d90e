#include "cli/evaluate/evaluate_tokens.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/metric_names.h"
#include "cli/base/text.h"
#include "data/batches/batcher.h"
#include "data/batches/masking.h"
#include "lib/package/token_metrics.h"
#include "lib/run/validation.h"

enum { BATCH_TOKENS = 1024, METRICS = 5 };

/* ---- printing ---- */

typedef struct {
    const char *name;
    double value;
    int decimals;
    const char *what;
} metric;

static qp_status print_metrics(const metric *list, int count, const char *metrics, int64_t lines, int64_t tokens,
                               const char *tokens_are, bool json)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    for (int i = 0; i < count; i++) {
        if (!qp_metric_listed(metrics, list[i].name)) continue;
        if (json) {
            qp_json_key(&out, list[i].name);
            qp_json_open(&out, '{');
            qp_json_put_real(&out, "score", list[i].value);
            qp_json_close(&out, '}');
        } else {
            printf("%-18s%6.*f  %s\n", list[i].name, list[i].decimals, list[i].value, list[i].what);
        }
    }
    if (!json) {
        printf("%lld lines, %lld %s\n", (long long)lines, (long long)tokens, tokens_are);
        qp_text_free(&out);
        return QP_OK;
    }
    qp_json_put_integer(&out, "lines", lines);
    qp_json_put_integer(&out, "tokens", tokens);
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

static qp_status check_names(const metric *list, int count, const char *metrics, const char *of)
{
    const char *known[METRICS];
    char choose[160];
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        known[i] = list[i].name;
        used += (size_t)snprintf(choose + used, sizeof choose - used, "%s%s", i ? ", " : "", list[i].name);
    }
    return qp_metric_names_check(metrics, known, count, of, choose);
}

/* ---- reading ---- */

static qp_status load(const qp_package *m, const char *path, bool to_itself, qp_corpus *corpus)
{
    const qp_text_codec *codec = &m->source_codec;
    qp_corpus_options options = {.files = {.kind = QP_TEXT_ONE_FILE, .target = path},
                                 .source_codec = codec,
                                 .target_codec = codec,
                                 .max_length = (int)qp_model_config_of(m->model)->max_length,
                                 .when_longer = QP_LONG_CUT,
                                 .to_itself = to_itself};
    QP_TRY(qp_corpus_load(&options, corpus));
    if (corpus->statistics.cut)
        qp_warn("%s: %lld lines have more tokens than the model reads; cut", path, (long long)corpus->statistics.cut);
    if (corpus->statistics.empty) qp_warn("%s: %lld empty lines skipped", path, (long long)corpus->statistics.empty);
    return QP_OK;
}

static qp_status batches_of(const qp_corpus *corpus, qp_batcher **batcher)
{
    qp_batcher_options options = {.kind = QP_BATCH_TOKENS, .size = BATCH_TOKENS, .slots = 1};
    return qp_batcher_new(corpus, &options, batcher);
}

/* ---- masked language models ---- */

static qp_status count_masks(const qp_package *m, const qp_evaluate_task_config *o, const qp_corpus *corpus,
                             int threads, qp_token_metrics *sums)
{
    qp_batcher *batcher = NULL;
    qp_masking *masking = NULL;
    qp_status status = batches_of(corpus, &batcher);
    if (status == QP_OK) {
        qp_masking_options options = {.texts = qp_batcher_source(batcher),
                                      .codec = &m->source_codec,
                                      .rate = o->mask_rate,
                                      .whole_words = o->whole_words != 0,
                                      .fixed = true,
                                      .seed = (uint64_t)o->seed,
                                      .slots = 1};
        status = qp_masking_new(&options, &masking);
    }
    if (status == QP_OK) {
        qp_batch_source source = qp_masking_source(masking);
        status = qp_token_metrics_measure(m->model, &source, threads, sums);
    }
    qp_masking_free(masking);
    qp_batcher_free(batcher);
    return status;
}

qp_status qp_evaluate_masks(const qp_package *m, const qp_evaluate_task_config *o, int threads, bool json,
                            const char *metrics)
{
    qp_corpus corpus;
    qp_token_metrics sums = {0};
    metric list[] = {{"accuracy", 0, 2, "percent of the masked tokens predicted"},
                     {"loss", 0, 4, "mean -ln P of a masked token"},
                     {"perplexity", 0, 4, "exp of it"}};
    QP_TRY(check_names(list, 3, metrics, "masked language models"));
    QP_TRY(load(m, o->test, false, &corpus));
    qp_status status = count_masks(m, o, &corpus, threads, &sums);
    if (status == QP_OK) {
        list[0].value = qp_token_metrics_accuracy(&sums);
        list[1].value = qp_token_metrics_loss(&sums);
        list[2].value = exp(list[1].value);
        status = print_metrics(list, 3, metrics, corpus.sequences, sums.tokens, "hidden tokens", json);
    }
    qp_corpus_free(&corpus);
    return status;
}

/* ---- autoencoders ---- */

/* Share of the lines that greedy decoding reproduces. */
static qp_status count_lines(const qp_package *m, const char *path, int threads, double *percent)
{
    qp_text_files files = {.kind = QP_TEXT_ONE_FILE, .target = path};
    qp_validation validation;
    qp_metrics metrics = {0};
    QP_TRY(qp_validation_init(&validation, &files, "accuracy"));
    validation.package = m;
    qp_status status = qp_validation_measure(&validation, threads, &metrics);
    *percent = metrics.count ? metrics.entry[0].value : 0;
    qp_validation_free(&validation);
    return status;
}

static qp_status count_copies(const qp_package *m, const qp_corpus *corpus, int threads, qp_token_metrics *sums,
                              double *divergence)
{
    qp_batcher *batcher = NULL;
    QP_TRY(batches_of(corpus, &batcher));
    qp_batch_source source = qp_batcher_source(batcher);
    qp_status status = qp_token_metrics_measure(m->model, &source, threads, sums);
    if (status == QP_OK && qp_model_config_of(m->model)->variational)
        status = qp_divergence_measure(m->model, &source, divergence);
    qp_batcher_free(batcher);
    return status;
}

qp_status qp_evaluate_copies(const qp_package *m, const qp_evaluate_task_config *o, int threads, bool json,
                             const char *metrics)
{
    qp_corpus corpus;
    qp_token_metrics sums = {0};
    metric list[] = {{"accuracy", 0, 2, "percent of the lines reproduced exactly"},
                     {"token-accuracy", 0, 2, "percent of the tokens, given those before them"},
                     {"loss", 0, 4, "mean -ln P of a token, ends of lines included"},
                     {"perplexity", 0, 4, "exp of it"},
                     {"divergence", 0, 4, "nats per line, from N(0, 1)"}};
    int count = qp_model_config_of(m->model)->variational ? 5 : 4;
    if (!metrics)
        metrics = count == 5 ? "accuracy,token-accuracy,loss,perplexity,divergence"
                             : "accuracy,token-accuracy,loss,perplexity";
    QP_TRY(check_names(list, count, metrics, "autoencoders"));
    if (strcmp(o->test, "-") == 0)
        return qp_fail(QP_EUSAGE, "evaluate: an autoencoder reads its test twice; name a file in place of '-'");
    QP_TRY(load(m, o->test, true, &corpus));
    qp_status status = count_copies(m, &corpus, threads, &sums, &list[4].value);
    if (status == QP_OK && qp_metric_listed(metrics, "accuracy"))
        status = count_lines(m, o->test, threads, &list[0].value);
    if (status == QP_OK) {
        list[1].value = qp_token_metrics_accuracy(&sums);
        list[2].value = qp_token_metrics_loss(&sums);
        list[3].value = exp(list[2].value);
        status = print_metrics(list, count, metrics, corpus.sequences, sums.tokens, "tokens", json);
    }
    qp_corpus_free(&corpus);
    return status;
}
