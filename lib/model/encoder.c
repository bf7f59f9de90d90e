#include "lib/model/encoder.h"

#include "lib/model/encoder_kinds.h"

static const qp_encoder_kind *const kinds[] = {
    [QP_KIND_NONE] = NULL,
    [QP_KIND_TRANSFORMER] = &qp_encoder_transformer,
    [QP_KIND_RNN] = &qp_encoder_recurrent,
    [QP_KIND_LSTM] = &qp_encoder_recurrent,
    [QP_KIND_GRU] = &qp_encoder_recurrent,
    [QP_KIND_CONV] = &qp_encoder_convolution,
};

qp_status qp_encoder_init(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding)
{
    *encoder = (qp_encoder){.kind = kinds[config->encoder], .params = params};
    if (!encoder->kind) return QP_OK;
    return encoder->kind->init(encoder, params, config, embedding);
}

void qp_encoder_free(qp_encoder *encoder)
{
    if (encoder->kind && encoder->self) encoder->kind->free(encoder);
    *encoder = (qp_encoder){0};
}

qp_encoded qp_encoder_forward(const qp_encoder *encoder, qp_tape *tape, qp_ids source, bool summary, qp_model_maps *maps)
{
    qp_encoded encoded = {.sequences = source.sequences};
    encoder->kind->forward(encoder, tape, source, summary, maps, &encoded);
    return encoded;
}
