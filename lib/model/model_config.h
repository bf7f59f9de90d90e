#ifndef QP_MODEL_CONFIG_H
#define QP_MODEL_CONFIG_H

#include "lib/base/config.h"

/* model_config — what a model is: enough to build it again from its file.
 * X(kind, name, default, low, high, choices, help); see base/config.h */
#define QP_MODEL_FIELDS(X)                                                                                           \
    X(CHOICE, task, "translate", 0, 0, "translate, lm", "what the model does")                                       \
    X(CHOICE, encoder, "transformer", 0, 0, "none, transformer", "kind of encoder")                                  \
    X(CHOICE, decoder, "transformer", 0, 0, "none, transformer", "kind of decoder")                                  \
    X(INT, enc_layers, "3", 0, 128, NULL, "layers of the encoder")                                                   \
    X(INT, dec_layers, "3", 0, 128, NULL, "layers of the decoder")                                                   \
    X(INT, emb_size, "256", 1, 65536, NULL, "width of embeddings and of a transformer")                              \
    X(INT, ff_size, "1024", 1, 1048576, NULL, "width of a transformer's feed-forward layer")                         \
    X(INT, heads, "8", 1, 1024, NULL, "attention heads; must divide --emb-size")                                     \
    X(INT, kv_heads, "0", 0, 1024, NULL, "key/value heads; 0: as many as --heads")                                   \
    X(CHOICE, norm, "pre", 0, 0, "pre, post", "norm before or after a sublayer")                                     \
    X(CHOICE, norm_type, "layer", 0, 0, "layer, rms", "kind of normalisation")                                       \
    X(REAL, norm_epsilon, "1e-5", 0, 1, NULL, "epsilon inside the norm's square root")                               \
    X(BOOL, final_norm, "true", 0, 0, NULL, "norm after the last layer of encoder and decoder")                      \
    X(BOOL, bias, "true", 0, 0, NULL, "biases in linear maps")                                                       \
    X(BOOL, gated_ff, "false", 0, 0, NULL, "gated feed-forward layer (GLU family)")                                  \
    X(CHOICE, pos, "sinusoidal", 0, 0, "none, sinusoidal, learned, rope, alibi, relative",                           \
      "positions: beside the embedding, or inside self-attention (the last three)")                                   \
    X(REAL, rope_base, "10000", 1, 1e12, NULL, "rope: slowest angle of turning is 1 over this")                      \
    X(BOOL, scale_embeddings, "true", 0, 0, NULL, "multiply embeddings by sqrt(--emb-size)")                         \
    X(CHOICE, activation, "relu", 0, 0,                                                                              \
      "identity, sigmoid, tanh, relu, leaky-relu, elu, softplus, gelu, gelu-tanh, silu", "feed-forward activation")  \
    X(BOOL, tied_embeddings, "true", 0, 0, NULL, "output layer = target embedding")                                  \
    X(BOOL, tied_embeddings_all, "false", 0, 0, NULL, "one embedding for source, target and output (--share-vocab)") \
    X(INT, max_length, "512", 1, 1048576, NULL, "longest sequence in tokens; longer lines are cut with a warning")   \
    X(REAL, dropout, "0.1", 0, 0.99, NULL, "dropout on embeddings and sublayers")                                    \
    X(REAL, attention_dropout, "0", 0, 0.99, NULL, "dropout on attention weights")                                   \
    X(REAL, ff_dropout, "0", 0, 0.99, NULL, "dropout inside the feed-forward layer")                                 \
    X(REAL, init_gain, "1", 0, 100, NULL, "factor on the initial weights")                                           \
    X(INT, src_vocab_size, "0", 0, 16777216, NULL, "source vocabulary (from the tokenizer)")                         \
    X(INT, tgt_vocab_size, "0", 0, 16777216, NULL, "target vocabulary (from the tokenizer)")

typedef struct {
    QP_MODEL_FIELDS(QP_FIELD_DECLARE)
} qp_model_config;

enum { QP_TASK_TRANSLATE, QP_TASK_LM };
enum { QP_KIND_NONE, QP_KIND_TRANSFORMER };
enum { QP_NORM_PRE, QP_NORM_POST };
enum { QP_NORM_LAYER, QP_NORM_RMS };
enum { QP_POS_NONE, QP_POS_SINUSOIDAL, QP_POS_LEARNED, QP_POS_ROPE, QP_POS_ALIBI, QP_POS_RELATIVE };

extern const qp_field_table qp_model_fields;

/* qp_model_config_check — combinations that make no sense are QP_EUSAGE with the two values and the way out. */
qp_status qp_model_config_check(const qp_model_config *config);

#endif
