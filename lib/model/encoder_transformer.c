#include <stdlib.h>

#include "lib/grad/op_sequence.h"
#include "lib/model/encoder.h"
#include "lib/model/stack.h"

/* encoder_transformer — a stack of layers; its summary is the mean of the memory. */

static qp_status init(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding)
{
    qp_stack *stack = encoder->self = calloc(1, sizeof *stack);
    if (!stack) return qp_fail(QP_EMEMORY, "out of memory for an encoder");
    encoder->output_width = encoder->summary_width = (int)config->emb_size;
    return qp_stack_init(stack, params, config, "encoder", (int)config->enc_layers, embedding, 0, QP_MAP_ENCODER);
}

static void free_stack(qp_encoder *encoder)
{
    qp_stack_free(encoder->self);
    free(encoder->self);
}

static void forward(const qp_encoder *encoder, qp_tape *tape, const qp_encoder_input *input, bool summary,
                    qp_model_maps *maps, qp_encoded *encoded)
{
    const qp_stack *stack = encoder->self;
    qp_transformer_pass pass = {.tape = tape, .params = encoder->params, .sequences = input->sequences};
    qp_tensor x = qp_encoder_embed(encoder, tape, &stack->embedding, input);
    encoded->output = qp_stack_layers(stack, pass, x, 0, (qp_stack_maps){.all = maps});
    if (summary) encoded->summary = qp_sequence_mean(tape, encoded->output, input->sequences);
}

const qp_encoder_kind qp_encoder_transformer = {.init = init, .free = free_stack, .forward = forward};
