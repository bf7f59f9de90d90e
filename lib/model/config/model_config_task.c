#include "lib/model/config/model_config_internal.h"

static qp_status check_sides(const qp_model_config *config)
{
    const char *task = qp_model_task_name(config->task);
    if (qp_model_task_has_decoder(config->task) && config->decoder == QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--decoder none cannot make text; use --decoder transformer");
    if (!qp_model_task_has_decoder(config->task) && config->decoder != QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--task %s makes no text, so it has no decoder; use --decoder none", task);
    if (config->decoder == QP_KIND_NGRAM && (config->task != QP_TASK_LM || config->encoder != QP_KIND_NONE))
        return qp_fail(QP_EUSAGE, "--decoder ngram counts the n-grams of one text; add --task lm");
    if (config->decoder == QP_KIND_NGRAM && config->lm_window)
        return qp_fail(QP_EUSAGE, "--decoder ngram reads line by line; leave --lm-window out");
    if (config->task == QP_TASK_LM && config->encoder != QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--task lm has no source to encode; use --encoder none");
    if (config->task != QP_TASK_LM && config->encoder == QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--task %s needs an encoder; use --encoder transformer%s", task,
                       config->task == QP_TASK_TRANSLATE ? ", or --task lm" : "");
    return QP_OK;
}

static qp_status check_pooling(const qp_model_config *config)
{
    if (config->pooling != QP_POOLING_AUTO && !qp_model_task_pools(config->task))
        return qp_fail(QP_EUSAGE, "--pooling makes one vector of a text, which --task %s does not want; leave it out",
                       qp_model_task_name(config->task));
    if (config->pooling != QP_POOLING_CLASS_TOKEN) return QP_OK;
    if (config->encoder != QP_KIND_TRANSFORMER || config->task == QP_TASK_REGRESS)
        return qp_fail(
            QP_EUSAGE,
            "--pooling class-token is for transformers that label (the token must see all of it); use --pooling %s",
            qp_model_kind_is_recurrent(config->encoder) ? "last" : "mean");
    return QP_OK;
}

/* Whether a side of the model has cells with a product of the state, or with a c. */
static bool any_cell(const qp_model_config *config, bool with_cell)
{
    int64_t kind[] = {config->encoder, config->decoder, QP_KIND_NONE};
    if (config->word_layers) kind[2] = qp_model_kind_is_recurrent(config->encoder) ? config->encoder : QP_KIND_LSTM;
    for (int i = 0; i < 3; i++) {
        if (!qp_model_kind_is_recurrent(kind[i])) continue;
        const qp_cell_shape *shape = qp_cell_shape_of(qp_model_cell(kind[i]));
        if (with_cell ? shape->has_cell : shape->recurrent > 0) return true;
    }
    return false;
}

static qp_status check_state_noise(const qp_model_config *config)
{
    bool recurrent = qp_model_kind_is_recurrent(config->encoder) || qp_model_kind_is_recurrent(config->decoder);
    if (config->recurrent_dropout > 0 && !any_cell(config, false))
        return qp_fail(QP_EUSAGE, "--recurrent-dropout is for cells whose gates read the state; use --dropout, or "
                                  "--encoder gru");
    if (config->zoneout > 0 && !recurrent && !config->word_layers)
        return qp_fail(QP_EUSAGE, "--zoneout keeps a part of recurrent states; leave it out, or use --encoder gru");
    if (config->zoneout_cell > 0 && !any_cell(config, true))
        return qp_fail(QP_EUSAGE, "--zoneout-cell is for cells with a c; use --zoneout, or --encoder lstm");
    return QP_OK;
}

/* Words can be left out and moved where no answer belongs to a single one. */
static qp_status check_word_noise(const qp_model_config *config)
{
    bool each = config->task == QP_TASK_TAG || config->task == QP_TASK_MLM;
    if (config->word_drop == 0 && config->word_swap == 0) return QP_OK;
    if (config->encoder != QP_KIND_NONE && !qp_model_reads_numbers(config) && !each) return QP_OK;
    return qp_fail(QP_EUSAGE, "--word-drop and --word-swap change a source of words, for --task translate, classify "
                              "and autoencode; use --word-dropout-src, or leave them out");
}

/* Each regulariser has something to work on. */
static qp_status check_regularisers(const qp_model_config *config)
{
    bool transformer = config->encoder == QP_KIND_TRANSFORMER || config->decoder == QP_KIND_TRANSFORMER;
    if (config->layer_drop > 0 && !transformer)
        return qp_fail(QP_EUSAGE, "--layer-drop leaves out layers of a transformer; use --dropout, or leave it out");
    if (config->stochastic_depth > 0 && !transformer)
        return qp_fail(QP_EUSAGE,
                       "--stochastic-depth leaves out branches of a transformer; use --dropout, or leave it out");
    QP_TRY(check_state_noise(config));
    QP_TRY(check_word_noise(config));
    if (config->embedding_dropout > 0 && (qp_model_reads_numbers(config) || config->decoder == QP_KIND_NGRAM))
        return qp_fail(QP_EUSAGE,
                       "--embedding-dropout leaves out embeddings of words; there are none, so leave it out");
    if (config->word_dropout_src > 0 && (config->encoder == QP_KIND_NONE || qp_model_reads_numbers(config)))
        return qp_fail(QP_EUSAGE, "--word-dropout-src needs a source of words%s",
                       config->task == QP_TASK_LM ? "; a language model reads its own: use --word-dropout-tgt"
                                                  : "; leave it out");
    if (config->word_dropout_tgt > 0 && (config->decoder == QP_KIND_NONE || config->decoder == QP_KIND_NGRAM))
        return qp_fail(QP_EUSAGE,
                       "--word-dropout-tgt is for what a decoder reads; leave it out, or use --word-dropout-src");
    if (config->mixup > 0 && config->task != QP_TASK_CLASSIFY)
        return qp_fail(QP_EUSAGE, "--mixup mixes labelled texts; add --task classify, or leave it out");
    return QP_OK;
}

static qp_status check_loss(const qp_model_config *config)
{
#define NAME(id, text) [id] = text,
    static const char *const names[] = {QP_OBJECTIVES(NAME)};
#undef NAME
    const char *name = names[config->loss];
    bool numbers = config->loss >= QP_OBJECTIVE_MSE, regress = config->task == QP_TASK_REGRESS;
    bool pairs = config->loss >= QP_OBJECTIVE_COSINE, match = config->task == QP_TASK_MATCH;
    if (config->loss == QP_OBJECTIVE_AUTO || (match && (pairs || config->loss == QP_OBJECTIVE_MSE))) return QP_OK;
    if (match || pairs)
        return qp_fail(QP_EUSAGE, "--loss %s is %s; %s", name, pairs ? "for pairs of texts" : "not for pairs of texts",
                       pairs ? "add --task match, or leave it out" : "with --task match use --loss info-nce");
    if (regress && !numbers)
        return qp_fail(QP_EUSAGE, "--loss %s compares classes, not numbers; with --task regress use --loss mse", name);
    if (!regress && numbers)
        return qp_fail(QP_EUSAGE, "--loss %s is for series of numbers; add --task regress, or leave it out", name);
    if (config->loss == QP_OBJECTIVE_QUANTILE && qp_model_quantiles(config, NULL) == 0)
        return qp_fail(QP_EUSAGE,
                       "--quantiles %.60s: not an ascending list of at most %d numbers between 0 and 1, such as "
                       "0.1,0.5,0.9",
                       config->quantiles, QP_QUANTILES_MAX);
    if (config->decoder == QP_KIND_NGRAM)
        return qp_fail(QP_EUSAGE, "--decoder ngram counts, it minimises no loss; leave --loss out");
    if (numbers || config->loss == QP_OBJECTIVE_CROSS_ENTROPY) return QP_OK;
    if (config->crf || config->mixup > 0)
        return qp_fail(QP_EUSAGE, "--%s needs --loss cross-entropy, not %s; leave one of them out",
                       config->crf ? "crf" : "mixup", name);
    if (config->loss == QP_OBJECTIVE_UNLIKELIHOOD && config->decoder == QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--loss unlikelihood is against repeated words of a decoder; use --task lm or "
                                  "translate, or leave it out");
    return QP_OK;
}

static qp_status check_task(const qp_model_config *config)
{
    QP_TRY(check_sides(config));
    QP_TRY(check_pooling(config));
    if (config->encoder == QP_KIND_BAG && config->task != QP_TASK_CLASSIFY)
        return qp_fail(QP_EUSAGE, "--encoder bag has no order of words; it is for --task classify");
    if (config->encoder == QP_KIND_BAG && config->features)
        return qp_fail(QP_EUSAGE, "--encoder bag counts words; to read numbers use --encoder transformer");
    if (config->features && config->task != QP_TASK_CLASSIFY && config->task != QP_TASK_REGRESS &&
        config->task != QP_TASK_MATCH)
        return qp_fail(QP_EUSAGE, "rows of numbers are for --task classify, regress and match, not %s",
                       qp_model_task_name(config->task));
    if (config->word_layers && config->task != QP_TASK_TAG)
        return qp_fail(QP_EUSAGE, "--word-layers read the words of tagged sentences; add --task tag, or leave it out");
    if (config->crf && config->task != QP_TASK_TAG)
        return qp_fail(QP_EUSAGE, "--crf chooses the tags of a sentence together; add --task tag, or leave it out");
    if (config->multi_label && config->task != QP_TASK_CLASSIFY)
        return qp_fail(QP_EUSAGE, "--multi-label is for texts with labels; add --task classify, or leave it out");
    if (config->multi_label && (config->mixup > 0 || config->loss > QP_OBJECTIVE_CROSS_ENTROPY))
        return qp_fail(QP_EUSAGE, "--multi-label has the cross-entropy of each label, which %s does not combine with; "
                                  "leave one of them out",
                       config->mixup > 0 ? "--mixup" : "--loss");
    QP_TRY(check_regularisers(config));
    QP_TRY(check_loss(config));
    if (config->bottleneck && config->task != QP_TASK_AUTOENCODE)
        return qp_fail(QP_EUSAGE,
                       "--bottleneck is the vector of an autoencoder; add --task autoencode, or leave it out");
    if (config->codebook && config->task != QP_TASK_AUTOENCODE)
        return qp_fail(QP_EUSAGE, "--codebook is for autoencoders; add --task autoencode, or leave it out");
    if (config->codebook && config->variational)
        return qp_fail(QP_EUSAGE, "--codebook and --variational: a text becomes codes or a distribution; choose one");
    if (config->codebook && qp_model_encoder_width(config) % config->codes != 0)
        return qp_fail(QP_EUSAGE, "--codes %lld does not divide --bottleneck %d; choose a divisor",
                       (long long)config->codes, qp_model_encoder_width(config));
    if (config->variational && config->task != QP_TASK_AUTOENCODE)
        return qp_fail(QP_EUSAGE, "--variational is for autoencoders; add --task autoencode, or leave it out");
    if (config->lm_window && config->task != QP_TASK_LM)
        return qp_fail(QP_EUSAGE, "--lm-window cuts the text of a language model; add --task lm, or leave it out");
    if (config->carry && (!config->lm_window || !qp_model_kind_is_recurrent(config->decoder)))
        return qp_fail(QP_EUSAGE, "--carry hands the state of a recurrent decoder from window to window; add "
                                  "--lm-window and --decoder lstm, or leave it out");
    if (config->lm_window > config->max_length)
        return qp_fail(QP_EUSAGE, "--lm-window %lld is longer than --max-length %lld; make that as long",
                       (long long)config->lm_window, (long long)config->max_length);
    if (config->task == QP_TASK_AUTOENCODE && config->src_vocab_size != config->tgt_vocab_size)
        return qp_fail(QP_EUSAGE,
                       "--task autoencode makes what it reads: it needs one vocabulary, not %lld and %lld pieces",
                       (long long)config->src_vocab_size, (long long)config->tgt_vocab_size);
    if (config->untied_output && (config->task != QP_TASK_TRANSLATE || !config->tied_embeddings_all))
        return qp_fail(QP_EUSAGE, "--untied-output is for translators with --tied-embeddings-all; use "
                                  "--tied-embeddings false");
    if (!qp_model_task_has_decoder(config->task)) return QP_OK;
    if (config->tied_embeddings_all && config->src_vocab_size != config->tgt_vocab_size)
        return qp_fail(
            QP_EUSAGE,
            "--tied-embeddings-all needs one vocabulary for both sides, not %lld and %lld pieces; add --share-vocab",
            (long long)config->src_vocab_size, (long long)config->tgt_vocab_size);
    return QP_OK;
}

qp_status qp_model_config_check(const qp_model_config *config)
{
    QP_TRY(qp_model_check_layers(config));
    return check_task(config);
}
