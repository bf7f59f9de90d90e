#include "lib/model/decoder.h"

#define RECURRENT(NAME, symbol, text) [QP_KIND_##NAME] = &qp_decoder_recurrent,
static const qp_decoder_kind *const kinds[] = {
    [QP_KIND_NONE] = NULL,
    [QP_KIND_TRANSFORMER] = &qp_decoder_transformer,
    [QP_KIND_MAMBA] = &qp_decoder_transformer,
    QP_CELLS(RECURRENT)[QP_KIND_NGRAM] = &qp_decoder_ngram,
};

qp_status qp_decoder_init(qp_decoder *decoder, qp_params *params, const qp_model_config *config, int embedding,
                          const qp_encoder *encoder)
{
    *decoder = (qp_decoder){.kind = kinds[config->decoder], .params = params};
    return decoder->kind->init(decoder, params, config, embedding, encoder);
}

void qp_decoder_free(qp_decoder *decoder)
{
    if (decoder->kind && decoder->self) decoder->kind->free(decoder);
    *decoder = (qp_decoder){0};
}

qp_tensor qp_decoder_forward(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_ids input,
                             const qp_batch_carry *carry, qp_model_maps *maps)
{
    return decoder->kind->forward(decoder, tape, source, input, carry && carry->row ? carry : NULL, maps);
}

qp_status qp_decoder_start(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_sequences sequences,
                           qp_state **state)
{
    *state = qp_state_new(decoder->kind->shape(decoder), sequences);
    if (!*state) return qp_fail(QP_EMEMORY, "out of memory for decoding %d sentences", sequences.count);
    qp_status status = decoder->kind->start(decoder, tape, source, *state);
    if (status == QP_OK) return QP_OK;
    qp_state_free(*state);
    *state = NULL;
    return status;
}

static qp_tensor step(const qp_decoder *decoder, qp_tape *tape, const int32_t *id, int tokens, qp_state *state,
                      qp_attention_map *attention)
{
    qp_status status = qp_state_step_begin(state, tokens);
    if (status != QP_OK) return qp_tape_fail(tape, status, "%s", qp_error_message());
    qp_tensor x = decoder->kind->step(decoder, tape, id, state, attention);
    qp_state_step_end(state);
    return x;
}

qp_tensor qp_decoder_step(const qp_decoder *decoder, qp_tape *tape, const int32_t *last_id, qp_state *state,
                          qp_attention_map *attention)
{
    return step(decoder, tape, last_id, 1, state, attention);
}

qp_tensor qp_decoder_read(const qp_decoder *decoder, qp_tape *tape, const int32_t *id, int count, qp_state *state)
{
    const int together = decoder->kind->steps_together ? count : 1;
    qp_tensor x = {0};
    for (int i = 0; i < count && !qp_tape_failed(tape); i += together)
        x = step(decoder, tape, id + i, together, state, NULL);
    return qp_tape_failed(tape) ? (qp_tensor){0} : qp_tensor_of(1, x.columns, qp_tensor_row(x, x.rows - 1));
}
