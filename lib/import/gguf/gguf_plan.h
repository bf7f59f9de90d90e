#ifndef QP_GGUF_PLAN_H
#define QP_GGUF_PLAN_H

#include <stdbool.h>

#include "lib/import/json_config.h"
#include "lib/import/weight_map.h"
#include "lib/model/config/model_config.h"

/* gguf_plan — the architectures of GGUF files, as data: how the keys of a file become our configuration, and which
 * arrays make which of our parameters. The same rows name the arrays of a file that is written. */
typedef struct {
    qp_json_config json; /* the keys; wrong values are remembered in its status */
    const qp_weight_source *source;
    const struct qp_gguf_architecture *architecture;
    qp_model_config *model;
    qp_weight_shape shape;
    char key[120];
} qp_gguf_plan;

typedef struct qp_gguf_architecture {
    const char *name; /* general.architecture */
    qp_weight_table table;
    void (*configure)(qp_gguf_plan *plan);
} qp_gguf_architecture;

/* llama (also the name in files of mistral), qwen2, gemma, gpt2; a NULL name ends the list. */
enum { QP_GGUF_LLAMA };
extern const qp_gguf_architecture qp_gguf_architectures[];

/* qp_gguf_key — the key of the plan's architecture: "llama.context_length"; until the next call.
 * qp_gguf_whole, qp_gguf_need, qp_gguf_real, qp_gguf_refuse — as in json_config.h, of such a key; integers from 0, or
 *   from 1 where one is needed.
 * qp_gguf_array_index — the array of this name; -1: none. */
const char *qp_gguf_key(qp_gguf_plan *plan, const char *name);
int64_t qp_gguf_whole(qp_gguf_plan *plan, const char *name, int64_t high, int64_t fallback);
int64_t qp_gguf_need(qp_gguf_plan *plan, const char *name, int64_t high);
double qp_gguf_real(qp_gguf_plan *plan, const char *name, double fallback);
void qp_gguf_refuse(qp_gguf_plan *plan, const char *name, const char *why);
int qp_gguf_array_index(const qp_gguf_plan *plan, const char *name);

/* qp_gguf_decoder — the default configuration of a language model that is a decoder, without dropout.
 * qp_gguf_gated — RMS norms, gated feed-forward layers with silu, no biases. */
void qp_gguf_decoder(qp_model_config *model);
void qp_gguf_gated(qp_model_config *model);

/* qp_gguf_rope — rotary positions: base, columns, scaling. Llama 3's scaling is in the array rope_freqs.weight. */
void qp_gguf_rope(qp_gguf_plan *plan);

/* qp_gguf_llama3_divisor — what the angle of pair i is divided by in --rope-scaling llama3. */
double qp_gguf_llama3_divisor(const qp_model_config *model, int pair, int pairs);

#endif
