#include "lib/decode/context.h"

int64_t qp_context_of(const qp_model *model)
{
    const qp_model_config *config = qp_model_config_of(model);
    if (config->lm_window) return config->carry ? 0 : config->lm_window;
    return config->decoder == QP_KIND_TRANSFORMER ? config->max_length : 0;
}

/* Inputs that a window after the first one shares with the window before it. */
static int64_t shared_inputs(int64_t context) { return context > 1 ? context / 2 : 1; }

int64_t qp_context_start(int64_t context, int64_t last)
{
    if (context == 0 || last < context) return 0;
    int64_t stride = context - shared_inputs(context) + 1;
    return ((last - context) / stride + 1) * stride;
}
