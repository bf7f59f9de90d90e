#include "lib/model/config/model_config_internal.h"

#include <string.h>

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
    if (config->pooler != QP_POOLER_NONE && config->task != QP_TASK_CLASSIFY && config->task != QP_TASK_TAG &&
        config->task != QP_TASK_MATCH)
        return qp_fail(QP_EUSAGE, "--pooler is for --task classify, tag and match; leave it out");
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

qp_status qp_model_check_layers(const qp_model_config *config)
{
    QP_TRY(check_transformer(config));
    QP_TRY(check_experts(config));
    if (config->encoder == QP_KIND_TRANSFORMER || config->decoder == QP_KIND_TRANSFORMER) QP_TRY(check_heads(config));
    QP_TRY(check_layer(config));
    QP_TRY(check_embedding(config));
    QP_TRY(check_recurrent(config));
    QP_TRY(check_highway(config));
    return check_feeding(config);
}
