#include "lib/model/encoder.h"

#include <string.h>

#define RECURRENT(NAME, symbol, text) [QP_KIND_##NAME] = &qp_encoder_recurrent,
static const qp_encoder_kind *const kinds[] = {
    [QP_KIND_NONE] = NULL,
    [QP_KIND_TRANSFORMER] = &qp_encoder_transformer,
    [QP_KIND_MAMBA] = &qp_encoder_transformer,
    QP_CELLS(RECURRENT)[QP_KIND_CONV] = &qp_encoder_convolution,
    [QP_KIND_TEXT_CNN] = &qp_encoder_text_cnn,
    [QP_KIND_BAG] = &qp_encoder_bag,
};

qp_status qp_encoder_init(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding)
{
    *encoder = (qp_encoder){.kind = kinds[config->encoder], .params = params, .value_bias = -1, .class_token = -1};
    if (!encoder->kind) return QP_OK;
    if (qp_model_reads_numbers(config)) {
        encoder->features = (int)config->features;
        encoder->value_bias = qp_params_add(params, 1, (int)config->emb_size, qp_init_constant(0), "src_embed.bias");
        if (config->pooling == QP_POOLING_CLASS_TOKEN || config->begin_token)
            encoder->class_token =
                qp_params_add(params, 1, (int)config->emb_size, (qp_init){.kind = QP_INIT_NORMAL, .gain = 0.02},
                              "src_embed.class_token");
    }
    return encoder->kind->init(encoder, params, config, embedding);
}

void qp_encoder_free(qp_encoder *encoder)
{
    if (encoder->kind && encoder->self) encoder->kind->free(encoder);
    *encoder = (qp_encoder){0};
}

qp_encoded qp_encoder_forward(const qp_encoder *encoder, qp_tape *tape, const qp_encoder_input *input, bool summary,
                              qp_model_maps *maps)
{
    qp_encoded encoded = {.sequences = input->sequences};
    encoder->kind->forward(encoder, tape, input, summary, maps, &encoded);
    return encoded;
}

qp_tensor qp_encoder_embed(const qp_encoder *encoder, qp_tape *tape, const qp_embedding_module *embedding,
                           const qp_encoder_input *input)
{
    qp_sequences s = input->sequences;
    int rows = qp_sequence_rows(s);
    if (!encoder->features)
        return qp_embedding_forward_segments(embedding, tape, encoder->params, s, rows, input->id, input->segment);
    if (encoder->class_token >= 0) rows -= s.count;
    qp_tensor value = qp_tape_constant(tape, rows, encoder->features);
    if (!value.value) return value;
    memcpy(value.value, input->value, (size_t)rows * (size_t)encoder->features * sizeof *value.value);
    return qp_embedding_forward_values(embedding, tape, encoder->params, s, value,
                                       (qp_embedding_values){encoder->value_bias, encoder->class_token});
}
