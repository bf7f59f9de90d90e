#include "lib/model/model_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

QP_FIELD_TABLE(qp_model_fields, "model", qp_model_config, QP_MODEL_FIELDS);

_Static_assert((int)QP_KIND_CONV == (int)QP_KIND_CELLS_END && (int)QP_KIND_NGRAM == (int)QP_KIND_CELLS_END,
               "the other kinds of encoders and of decoders follow the cells");
_Static_assert((int)QP_INIT_UNIFORM == QP_INIT_AUTO + 1,
               "the choices of --init are auto and the initializers in order");

bool qp_model_kind_is_recurrent(int64_t kind) { return kind >= QP_KIND_RNN && kind < QP_KIND_CELLS_END; }

qp_cell_kind qp_model_cell(int64_t kind) { return (qp_cell_kind)(kind - QP_KIND_RNN); }

bool qp_model_reads_numbers(const qp_model_config *config)
{
    return config->task == QP_TASK_REGRESS || config->features > 0;
}

bool qp_model_switch(int choice, int otherwise)
{
    return choice == QP_SWITCH_AUTO ? otherwise != 0 : choice == QP_SWITCH_ON;
}

int qp_model_head_size(const qp_model_config *config)
{
    return (int)(config->head_size ? config->head_size : config->emb_size / config->heads);
}

int qp_model_word_size(const qp_model_config *config)
{
    return (int)(config->word_size ? config->word_size : config->emb_size);
}

bool qp_model_has_window(const qp_model_config *config, int layer)
{
    size_t pattern = strlen(config->window_layers);
    return pattern == 0 || config->window_layers[(size_t)layer % pattern] == '1';
}

int qp_model_hidden_size(const qp_model_config *config)
{
    return (int)(config->hidden_size ? config->hidden_size : config->emb_size);
}

int qp_model_carry_width(const qp_model_config *config)
{
    if (config->encoder != QP_KIND_NONE || !qp_model_kind_is_recurrent(config->decoder)) return 0;
    bool has_cell = qp_cell_shape_of(qp_model_cell(config->decoder))->has_cell;
    return (int)config->dec_layers * (has_cell ? 2 : 1) * qp_model_hidden_size(config);
}

int qp_model_source_width(const qp_model_config *config)
{
    return config->encoder == QP_KIND_BAG ? qp_model_encoder_width(config) : (int)config->emb_size;
}

int qp_model_encoder_width(const qp_model_config *config)
{
    if (config->task == QP_TASK_AUTOENCODE) return (int)(config->bottleneck ? config->bottleneck : config->emb_size);
    if (config->encoder == QP_KIND_TEXT_CNN) return QP_TEXT_CNN_WIDTHS * qp_model_hidden_size(config);
    if (config->encoder == QP_KIND_BAG) return (int)(config->hidden_size ? config->hidden_size : config->labels);
    if (!qp_model_kind_is_recurrent(config->encoder)) return (int)config->emb_size;
    bool concatenated = config->bidirectional && config->direction_merge == QP_MERGE_CONCAT;
    return (concatenated ? 2 : 1) * qp_model_hidden_size(config);
}

bool qp_model_task_has_decoder(int64_t task)
{
    return task == QP_TASK_TRANSLATE || task == QP_TASK_LM || task == QP_TASK_AUTOENCODE;
}

bool qp_model_task_pools(int64_t task)
{
    return task == QP_TASK_CLASSIFY || task == QP_TASK_REGRESS || task == QP_TASK_AUTOENCODE || task == QP_TASK_MATCH;
}

const char *qp_model_task_name(int64_t task)
{
#define NAME(id, text) [id] = text,
    static const char *const name[] = {QP_TASKS(NAME)};
#undef NAME
    return name[task];
}

int qp_model_pooling(const qp_model_config *config)
{
    if (config->pooling != QP_POOLING_AUTO) return config->pooling;
    if (qp_model_kind_is_recurrent(config->encoder)) return QP_POOLING_LAST;
    return config->encoder == QP_KIND_TEXT_CNN ? QP_POOLING_MAX : QP_POOLING_MEAN;
}

qp_init qp_model_weight_init(const qp_model_config *config, int recurrent)
{
    qp_init init = {.kind = (qp_init_kind)config->init, .gain = config->init_gain};
    if (config->init != QP_INIT_AUTO) return init;
    init.kind = recurrent > 0 ? QP_INIT_UNIFORM : QP_INIT_XAVIER_UNIFORM;
    if (recurrent > 0) init.gain /= sqrt(recurrent);
    return init;
}

int qp_model_quantiles(const qp_model_config *config, double *quantile)
{
    const char *text = *config->quantiles ? config->quantiles : "0.1,0.5,0.9";
    double before = 0;
    if (config->loss != QP_OBJECTIVE_QUANTILE) return 0;
    for (int count = 0; count < QP_QUANTILES_MAX;) {
        char *end;
        double one = strtod(text, &end);
        if (end == text || !(one > before && one < 1)) return 0;
        if (quantile) quantile[count] = one;
        count++;
        if (*end == '\0') return count;
        if (*end != ',') return 0;
        before = one;
        text = end + 1;
    }
    return 0;
}

int qp_model_outputs(const qp_model_config *config)
{
    switch (config->task) {
    case QP_TASK_CLASSIFY:
    case QP_TASK_TAG: return (int)config->labels;
    case QP_TASK_REGRESS: {
        int quantiles = qp_model_quantiles(config, NULL);
        return (int)config->horizon * (quantiles > 0 ? quantiles : 1);
    }
    case QP_TASK_MLM: return (int)config->src_vocab_size;
    case QP_TASK_MATCH: return config->vector_size ? (int)config->vector_size : qp_model_encoder_width(config);
    default: return (int)config->tgt_vocab_size;
    }
}

void qp_model_config_complete(qp_model_config *config, bool (*given)(const void *self, const char *name),
                              const void *self)
{
    if (config->encoder == QP_KIND_BAG && !given(self, "max_length")) config->max_length = 1048576; /* no positions */
    if (config->task == QP_TASK_LM && !given(self, "encoder")) config->encoder = QP_KIND_NONE;
    if (!qp_model_task_has_decoder(config->task) && !given(self, "decoder")) config->decoder = QP_KIND_NONE;
    if (config->task != QP_TASK_AUTOENCODE || !qp_model_kind_is_recurrent(config->decoder)) return;
    if (!given(self, "attention") && !config->input_feeding) config->attention = QP_ATTEND_NONE;
    if (config->attention == QP_ATTEND_NONE && !given(self, "context_feeding")) config->context_feeding = true;
}

/* ---- combinations ---- */

static qp_status check_transformer(const qp_model_config *config)
{
    bool attends = config->decoder == QP_KIND_MAMBA && config->encoder != QP_KIND_NONE; /* to its source */
    if (config->encoder != QP_KIND_TRANSFORMER && config->decoder != QP_KIND_TRANSFORMER && !attends) return QP_OK;
    if (!config->head_size && config->emb_size % config->heads != 0)
        return qp_fail(QP_EUSAGE, "--heads %lld does not divide --emb-size %lld; choose a divisor, such as --heads %d",
                       (long long)config->heads, (long long)config->emb_size, config->emb_size % 4 == 0 ? 4 : 1);
    if (config->kv_heads && config->heads % config->kv_heads != 0)
        return qp_fail(QP_EUSAGE, "--kv-heads %lld does not divide --heads %lld; choose a divisor",
                       (long long)config->kv_heads, (long long)config->heads);
    if (config->pos == QP_POS_ROPE && !config->rope_size && qp_model_head_size(config) % 2 != 0)
        return qp_fail(QP_EUSAGE, "--pos rope needs heads of an even width, not %d; change --heads or --emb-size",
                       qp_model_head_size(config));
    return QP_OK;
}

/* Widths and patterns of attention that no row of the table can check. */
static qp_status check_heads(const qp_model_config *config)
{
    int head = qp_model_head_size(config);
    if (config->rope_size % 2 != 0 || config->rope_size > head)
        return qp_fail(QP_EUSAGE, "--rope-size %lld: an even number up to the width of a head, %d",
                       (long long)config->rope_size, head);
    if (strspn(config->window_layers, "01") != strlen(config->window_layers))
        return qp_fail(QP_EUSAGE, "--window-layers %.40s: a 0 or a 1 for each layer, such as 10",
                       config->window_layers);
    if (*config->window_layers && !config->attention_window)
        return qp_fail(QP_EUSAGE, "--window-layers names layers with a window; add --attention-window or leave it out");
    if (config->rope_scaling != QP_ROPE_PLAIN && config->pos != QP_POS_ROPE)
        return qp_fail(QP_EUSAGE, "--rope-scaling is for rotary positions; add --pos rope, or leave it out");
    if ((config->rope_scaling == QP_ROPE_LLAMA3 || config->rope_scaling == QP_ROPE_YARN) &&
        config->rope_slow >= config->rope_fast)
        return qp_fail(QP_EUSAGE, "--rope-slow %g is not below --rope-fast %g", config->rope_slow, config->rope_fast);
    if (config->relative_buckets % 2 != 0)
        return qp_fail(QP_EUSAGE, "--relative-buckets %lld: an even number", (long long)config->relative_buckets);
    return QP_OK;
}

/* The layer's other shapes. */
static qp_status check_layer(const qp_model_config *config)
{
    bool reads = config->encoder == QP_KIND_TRANSFORMER, makes = config->decoder == QP_KIND_TRANSFORMER;
    if (config->parallel != QP_PARALLEL_NONE && (config->norm != QP_NORM_PRE || (reads && makes)))
        return qp_fail(QP_EUSAGE, "--parallel is for layers with --norm pre that read no source; leave it out");
    if (config->word_size && !reads && !makes)
        return qp_fail(QP_EUSAGE, "--word-size is for the embeddings of a transformer; leave it out");
    if (config->word_size && qp_model_reads_numbers(config))
        return qp_fail(QP_EUSAGE, "--word-size is for words, not for numbers; leave it out");
    if (config->word_size && reads != makes && config->decoder != QP_KIND_NONE && config->encoder != QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--word-size needs transformers on both sides; leave it out");
    if (config->pooler != QP_POOLER_NONE && config->task != QP_TASK_CLASSIFY && config->task != QP_TASK_TAG)
        return qp_fail(QP_EUSAGE, "--pooler is for --task classify and tag; leave it out");
    return QP_OK;
}

static qp_status check_experts(const qp_model_config *config)
{
    bool transformer = config->encoder == QP_KIND_TRANSFORMER || config->decoder == QP_KIND_TRANSFORMER;
    if (config->experts == 0) return QP_OK;
    if (!transformer)
        return qp_fail(QP_EUSAGE, "--experts are feed-forward layers of a transformer; leave them out, or use "
                                  "--encoder transformer");
    if (config->experts == 1 || config->experts_per_token > config->experts)
        return qp_fail(QP_EUSAGE,
                       "--experts %lld with --experts-per-token %lld: a token chooses among more than one expert; use "
                       "--experts 4 --experts-per-token 2",
                       (long long)config->experts, (long long)config->experts_per_token);
    return QP_OK;
}

static qp_status check_embedding(const qp_model_config *config)
{
    bool reads = config->encoder == QP_KIND_TRANSFORMER, makes = config->decoder == QP_KIND_TRANSFORMER;
    if (config->segments && (!reads || qp_model_reads_numbers(config)))
        return qp_fail(QP_EUSAGE, "--segments are for a transformer that encodes text; add --encoder transformer, or "
                                  "leave them out");
    if (config->embedding_norm && !reads && !makes)
        return qp_fail(QP_EUSAGE, "--embedding-norm is for the embeddings of a transformer; leave it out");
    return QP_OK;
}

static qp_status check_recurrent(const qp_model_config *config)
{
    bool encoder = qp_model_kind_is_recurrent(config->encoder), decoder = qp_model_kind_is_recurrent(config->decoder);
    if (encoder && config->enc_layers < 1)
        return qp_fail(QP_EUSAGE, "--enc-layers 0: a recurrent encoder has at least one layer; use --enc-layers 1");
    if (decoder && config->dec_layers < 1)
        return qp_fail(QP_EUSAGE, "--dec-layers 0: a recurrent decoder has at least one layer; use --dec-layers 1");
    if (decoder && qp_cell_shape_of(qp_model_cell(config->decoder))->window > 1)
        return qp_fail(QP_EUSAGE, "--decoder qrnn reads two tokens at a time, which a decoder that goes token by token "
                                  "does not remember; use --decoder sru, or qrnn as --encoder");
    if (config->bidirectional && !encoder && config->encoder != QP_KIND_MAMBA)
        return qp_fail(QP_EUSAGE, "--bidirectional is for recurrent encoders (a transformer sees both directions, a "
                                  "decoder must not); leave it out or use --encoder gru");
    if (config->hidden_size && !encoder && !decoder && !config->word_layers && config->encoder != QP_KIND_TEXT_CNN &&
        config->encoder != QP_KIND_BAG)
        return qp_fail(QP_EUSAGE,
                       "--hidden-size is the width of recurrent states; a transformer's width is --emb-size");
    return QP_OK;
}

/* Highway connections have a layer to go around. */
static qp_status check_highway(const qp_model_config *config)
{
    bool recurrent = qp_model_kind_is_recurrent(config->encoder);
    bool twice = config->bidirectional && config->direction_merge == QP_MERGE_CONCAT;
    int width = (twice ? 2 : 1) * qp_model_hidden_size(config);
    if (!config->highway) return QP_OK;
    if (!recurrent && config->encoder != QP_KIND_CONV && config->encoder != QP_KIND_TEXT_CNN)
        return qp_fail(QP_EUSAGE, "--highway is for encoders of recurrent or convolution layers; leave it out, or use "
                                  "--encoder lstm");
    if (recurrent && config->rnn_residual)
        return qp_fail(QP_EUSAGE, "--highway and --rnn-residual both go around recurrent layers; leave one of them "
                                  "out");
    if (recurrent && config->enc_layers < 2 && config->emb_size != width)
        return qp_fail(QP_EUSAGE,
                       "--highway goes around layers whose input and output are equally wide; use --enc-layers 2 or "
                       "--emb-size %d",
                       width);
    return QP_OK;
}

static qp_status check_feeding(const qp_model_config *config)
{
    bool reads = qp_model_kind_is_recurrent(config->decoder) && config->encoder != QP_KIND_NONE;
    if (config->input_feeding && (!reads || config->attention == QP_ATTEND_NONE))
        return qp_fail(
            QP_EUSAGE,
            "--input-feeding is for a recurrent decoder with attention; add --attention luong-general or leave it out");
    if (config->context_feeding && (!reads || config->attention != QP_ATTEND_NONE))
        return qp_fail(QP_EUSAGE, "--context-feeding gives a recurrent decoder without attention the source's summary; "
                                  "add --attention none or leave it out");
    if (reads && config->attention == QP_ATTEND_LUONG_DOT &&
        qp_model_hidden_size(config) != qp_model_encoder_width(config))
        return qp_fail(QP_EUSAGE,
                       "--attention luong-dot needs equal widths of decoder and encoder, not %d and %d; use "
                       "--attention luong-general%s",
                       qp_model_hidden_size(config), qp_model_encoder_width(config),
                       config->bidirectional ? ", or --direction-merge sum" : "");
    return QP_OK;
}

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
    if (config->features && config->task != QP_TASK_CLASSIFY && config->task != QP_TASK_REGRESS)
        return qp_fail(QP_EUSAGE, "rows of numbers are for --task classify and regress, not %s",
                       qp_model_task_name(config->task));
    if (config->word_layers && config->task != QP_TASK_TAG)
        return qp_fail(QP_EUSAGE, "--word-layers read the words of tagged sentences; add --task tag, or leave it out");
    if (config->crf && config->task != QP_TASK_TAG)
        return qp_fail(QP_EUSAGE, "--crf chooses the tags of a sentence together; add --task tag, or leave it out");
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
    QP_TRY(check_transformer(config));
    QP_TRY(check_experts(config));
    if (config->encoder == QP_KIND_TRANSFORMER || config->decoder == QP_KIND_TRANSFORMER) QP_TRY(check_heads(config));
    QP_TRY(check_layer(config));
    QP_TRY(check_embedding(config));
    QP_TRY(check_recurrent(config));
    QP_TRY(check_highway(config));
    QP_TRY(check_feeding(config));
    return check_task(config);
}
