#ifndef QP_MODEL_CONFIG_H
#define QP_MODEL_CONFIG_H

#include <stdbool.h>

#include "lib/config/config.h"
#include "lib/grad/recurrent/op_recurrent.h"
#include "lib/nn/initializer.h"

/* Every cell is a kind of encoder and of decoder: ", rnn, lstm ..." */
#define QP_RECURRENT_KIND(NAME, symbol, text) ", " text
#define QP_RECURRENT_KINDS QP_CELLS(QP_RECURRENT_KIND)

/* model_config — what a model is: enough to build it again from its file.
 * X(kind, name, default, low, high, choices, help); see base/config.h */
#define QP_MODEL_FIELDS(X)                                                                                             \
    X(CHOICE, task, "translate", 0, 0, "translate, lm, classify, tag, regress, autoencode, mlm",                       \
      "what the model does")                                                                                           \
    X(CHOICE, encoder, "transformer", 0, 0, "none, transformer" QP_RECURRENT_KINDS ", conv, text-cnn",                 \
      "kind of encoder; text-cnn: convolutions of three widths side by side, made for --task classify")                \
    X(CHOICE, decoder, "transformer", 0, 0, "none, transformer" QP_RECURRENT_KINDS ", ngram",                          \
      "kind of decoder; ngram: a table of counted n-grams (--task lm), learned at once")                               \
    X(INT, enc_layers, "3", 0, 128, NULL, "layers of the encoder")                                                     \
    X(INT, dec_layers, "3", 0, 128, NULL, "layers of the decoder")                                                     \
    X(INT, emb_size, "256", 1, 65536, NULL, "width of embeddings and of a transformer")                                \
    X(INT, hidden_size, "0", 0, 65536, NULL, "width of a recurrent state, or filters of text-cnn; 0: --emb-size")      \
    X(BOOL, bidirectional, "false", 0, 0, NULL, "a recurrent encoder reads in both directions")                        \
    X(CHOICE, direction_merge, "concat", 0, 0, "concat, sum", "how the two directions are joined")                     \
    X(CHOICE, attention, "bahdanau", 0, 0, "none, bahdanau, luong-dot, luong-general, luong-concat",                   \
      "how a recurrent decoder looks at the source")                                                                   \
    X(INT, attention_size, "0", 0, 65536, NULL, "hidden width of bahdanau and luong-concat; 0: --hidden-size")         \
    X(BOOL, input_feeding, "false", 0, 0, NULL, "a recurrent decoder reads its last output beside the token")          \
    X(BOOL, context_feeding, "false", 0, 0, NULL, "with --attention none: the source's summary is fed at every step")  \
    X(CHOICE, rnn_activation, "tanh", 0, 0, "tanh, relu", "nonlinearity of rnn cells")                                 \
    X(BOOL, rnn_residual, "false", 0, 0, NULL, "connections around recurrent layers of equal width")                   \
    X(BOOL, rnn_norm, "false", 0, 0, NULL, "layer norm after every recurrent layer")                                   \
    X(BOOL, learned_state, "false", 0, 0, NULL, "initial recurrent states are learned, not zero")                      \
    X(REAL, forget_bias, "1", -100, 100, NULL, "first value of the forget bias of LSTM cells")                         \
    X(REAL, recurrent_dropout, "0", 0, 0.99, NULL,                                                                     \
      "training: dropout on recurrent states where a product reads them, one mask a sequence")                         \
    X(REAL, zoneout, "0", 0, 0.99, NULL, "training: share of a recurrent state that stays as it was at each step")     \
    X(REAL, zoneout_cell, "0", 0, 0.99, NULL, "the same share of the cell, in cells that have one (lstm ...)")         \
    X(BOOL, variational_dropout, "false", 0, 0, NULL, "between recurrent layers: one mask a sequence")                 \
    X(INT, kernel_size, "3", 1, 1024, NULL, "conv: tokens that one layer sees at once; text-cnn: the least")           \
    X(INT, dilation, "1", 1, 16, NULL, "conv: each layer looks so many times as far as the one below")                 \
    X(BOOL, separable, "false", 0, 0, NULL, "conv: each column by itself, then a linear map: fewer weights")           \
    X(INT, ff_size, "1024", 1, 1048576, NULL, "width of a transformer's feed-forward layer")                           \
    X(INT, heads, "8", 1, 1024, NULL, "attention heads; must divide --emb-size")                                       \
    X(INT, kv_heads, "0", 0, 1024, NULL, "key/value heads; 0: as many as --heads")                                     \
    X(INT, attention_window, "0", 0, 1048576, NULL,                                                                    \
      "transformer: self-attention reads only so many tokens back (and ahead), itself counted; 0: all")                \
    X(INT, attention_sinks, "0", 0, 1048576, NULL, "--attention-window: the first tokens that all read beside it")     \
    X(REAL, attention_softcap, "0", 0, 1e6, NULL,                                                                      \
      "transformer: scores of self-attention are bent to stay within +- this; 0: off")                                 \
    X(CHOICE, norm, "pre", 0, 0, "pre, post", "norm before or after a sublayer")                                       \
    X(CHOICE, norm_type, "layer", 0, 0, "layer, rms", "kind of normalisation")                                         \
    X(REAL, norm_epsilon, "1e-5", 0, 1, NULL, "epsilon inside the norm's square root")                                 \
    X(BOOL, final_norm, "true", 0, 0, NULL, "norm after the last layer of encoder and decoder")                        \
    X(BOOL, bias, "true", 0, 0, NULL, "biases in linear maps")                                                         \
    X(BOOL, gated_ff, "false", 0, 0, NULL, "gated feed-forward layer (GLU family)")                                    \
    X(CHOICE, pos, "sinusoidal", 0, 0, "none, sinusoidal, learned, rope, alibi, relative",                             \
      "positions: beside the embedding, or inside self-attention (the last three)")                                    \
    X(REAL, rope_base, "10000", 1, 1e12, NULL, "rope: slowest angle of turning is 1 over this")                        \
    X(INT, segments, "0", 0, 65536, NULL,                                                                              \
      "kinds of segments (BERT's token types), each with a vector that is added; a text by itself is of the first")    \
    X(BOOL, embedding_norm, "false", 0, 0, NULL, "norm on a transformer's embeddings, as BERT has it")                 \
    X(BOOL, scale_embeddings, "true", 0, 0, NULL, "multiply embeddings by sqrt(--emb-size)")                           \
    X(CHOICE, activation, "relu", 0, 0,                                                                                \
      "identity, sigmoid, tanh, relu, leaky-relu, elu, softplus, gelu, gelu-tanh, silu", "feed-forward activation")    \
    X(BOOL, tied_embeddings, "true", 0, 0, NULL, "output layer = target embedding")                                    \
    X(BOOL, tied_embeddings_all, "false", 0, 0, NULL, "one embedding for source, target and output (--share-vocab)")   \
    X(INT, lm_window, "0", 0, 1048576, NULL,                                                                           \
      "lm: learn from windows of so many tokens of running text; 0: line by line")                                     \
    X(CHOICE, pooling, "auto", 0, 0, "auto, last, mean, max, attention, class-token",                                  \
      "one vector for a whole text; auto: last for recurrent encoders, max for text-cnn, else mean")                   \
    X(INT, word_layers, "0", 0, 128, NULL,                                                                             \
      "tag: recurrent layers in both directions over the words, above their pieces")                                   \
    X(BOOL, crf, "false", 0, 0, NULL,                                                                                  \
      "tag: the tags of a sentence are scored and chosen together, by a conditional random field")                     \
    X(INT, bottleneck, "0", 0, 65536, NULL,                                                                            \
      "autoencode: width of the vector between encoder and decoder; 0: --emb-size")                                    \
    X(BOOL, variational, "false", 0, 0, NULL,                                                                          \
      "autoencode: the vector is drawn from a normal distribution that the text tells; generate makes new texts")      \
    X(REAL, kl_weight, "1", 0, 1000000, NULL,                                                                          \
      "--variational: weight of the distribution's divergence from N(0, 1) beside the text's -ln P")                   \
    X(BOOL, carry, "false", 0, 0, NULL,                                                                                \
      "--lm-window: a recurrent decoder goes on in the state the window before left it in")                            \
    X(INT, max_length, "512", 1, 1048576, NULL, "longest sequence in tokens; longer lines are cut with a warning")     \
    X(REAL, dropout, "0.1", 0, 0.99, NULL, "dropout on embeddings and sublayers")                                      \
    X(REAL, attention_dropout, "0", 0, 0.99, NULL, "dropout on attention weights")                                     \
    X(REAL, ff_dropout, "0", 0, 0.99, NULL, "dropout inside the feed-forward layer")                                   \
    X(REAL, input_noise, "0", 0, 100, NULL, "training: deviation of Gaussian noise on the embeddings")                 \
    X(REAL, layer_drop, "0", 0, 0.99, NULL,                                                                            \
      "training: share of a transformer's layers that is left out, drawn for each step")                               \
    X(REAL, stochastic_depth, "0", 0, 0.99, NULL,                                                                      \
      "training: share of the branches around a transformer's residuals that is left out, the others scaled up")       \
    X(CHOICE, stochastic_depth_mode, "row", 0, 0, "layer, row",                                                        \
      "--stochastic-depth: a branch is left out for all sequences of a shard, or for each by itself")                  \
    X(REAL, embedding_dropout, "0", 0, 0.99, NULL,                                                                     \
      "training: share of a vocabulary whose embeddings are left out, wherever the words stand")                       \
    X(REAL, word_dropout_src, "0", 0, 0.99, NULL, "training: share of source words that are read as unknown")          \
    X(REAL, word_dropout_tgt, "0", 0, 0.99, NULL,                                                                      \
      "training: share of words read as unknown by the decoder (those to make stay)")                                  \
    X(REAL, mixup, "0", 0, 100, NULL,                                                                                  \
      "training, classify: two texts and their labels in one, in shares from Beta(this, this)")                        \
    X(CHOICE, init, "auto", 0, 0,                                                                                      \
      "auto, uniform, normal, xavier-uniform, xavier-normal, he-uniform, he-normal, lecun-uniform, lecun-normal, "     \
      "orthogonal",                                                                                                    \
      "first values of matrices but embeddings; auto: xavier-uniform, recurrent ones within 1/sqrt(--hidden-size)")    \
    X(REAL, init_gain, "1", 0, 100, NULL, "factor on them; uniform: their bound, normal: their deviation")             \
    X(INT, src_vocab_size, "0", 0, 16777216, NULL, "source vocabulary (from the tokenizer)")                           \
    X(INT, tgt_vocab_size, "0", 0, 16777216, NULL, "target vocabulary (from the tokenizer)")                           \
    X(INT, labels, "0", 0, 16777216, NULL, "classify, tag: number of labels (from the data)")                          \
    X(INT, features, "0", 0, 65536, NULL, "regress: numbers at each step (from the data)")                             \
    X(INT, horizon, "1", 1, 65536, NULL, "regress: steps to foretell")                                                 \
    X(CHOICE, series_loss, "mse", 0, 0, "mse, mae, huber",                                                             \
      "regress: what is made small; huber: squares up to an error of 1")

typedef struct {
    QP_MODEL_FIELDS(QP_FIELD_DECLARE)
} qp_model_config;

enum { QP_TASK_TRANSLATE, QP_TASK_LM, QP_TASK_CLASSIFY, QP_TASK_TAG, QP_TASK_REGRESS, QP_TASK_AUTOENCODE, QP_TASK_MLM };
enum {
    QP_POOLING_AUTO,
    QP_POOLING_LAST,
    QP_POOLING_MEAN,
    QP_POOLING_MAX,
    QP_POOLING_ATTENTION,
    QP_POOLING_CLASS_TOKEN
};
#define QP_KIND_ENUM(NAME, symbol, text) QP_KIND_##NAME,
enum { QP_KIND_NONE, QP_KIND_TRANSFORMER, QP_CELLS(QP_KIND_ENUM) QP_KIND_CONV, QP_KIND_TEXT_CNN, QP_KIND_COUNT };
#undef QP_KIND_ENUM
enum { QP_KIND_NGRAM = QP_KIND_CONV }; /* decoders and encoders share the kinds before */
enum { QP_TEXT_CNN_WIDTHS = 3 };
enum { QP_SERIES_MSE, QP_SERIES_MAE, QP_SERIES_HUBER };
enum { QP_MERGE_CONCAT, QP_MERGE_SUM };
enum { QP_RNN_TANH, QP_RNN_RELU };
enum {
    QP_ATTENTION_NONE,
    QP_ATTENTION_BAHDANAU,
    QP_ATTENTION_LUONG_DOT,
    QP_ATTENTION_LUONG_GENERAL,
    QP_ATTENTION_LUONG_CONCAT
};
enum { QP_NORM_PRE, QP_NORM_POST };
enum { QP_DEPTH_LAYER, QP_DEPTH_ROW };
enum { QP_NORM_LAYER, QP_NORM_RMS };
enum { QP_POS_NONE, QP_POS_SINUSOIDAL, QP_POS_LEARNED, QP_POS_ROPE, QP_POS_ALIBI, QP_POS_RELATIVE };

extern const qp_field_table qp_model_fields;

/* qp_model_kind_is_recurrent — rnn, lstm, gru ...   qp_model_cell — the cell of such a kind (rnn: with tanh).
 * qp_model_hidden_size — the width of a recurrent state.
 * qp_model_carry_width — reals of one sequence's state in a qp_batch_carry (lib/base/batch.h): of every layer of a
 *   recurrent decoder without source; else 0.
 * qp_model_encoder_width — columns of what a decoder or a head is handed. */
bool qp_model_kind_is_recurrent(int64_t kind);
qp_cell_kind qp_model_cell(int64_t kind);
int qp_model_hidden_size(const qp_model_config *config);
int qp_model_carry_width(const qp_model_config *config);
int qp_model_encoder_width(const qp_model_config *config);

/* qp_model_task_has_decoder — translate, lm, autoencode: it makes text; the others put a head on the encoder.
 * qp_model_pooling — the pooling meant by `auto`.
 * qp_model_outputs — columns of the scores: target vocabulary, source vocabulary (mlm), labels or horizon.
 * qp_model_config_complete — the fields that follow from the task and that the user did not choose: lm has no encoder,
 *   classify, tag, regress and mlm no decoder; autoencode feeds a recurrent decoder its vector instead of attention.
 *   given(self, flag) tells whether the user chose the field with that name ("encoder", "decoder" ...). */
bool qp_model_task_has_decoder(int64_t task);
int qp_model_pooling(const qp_model_config *config);
int qp_model_outputs(const qp_model_config *config);

/* qp_model_weight_init — the first values of a matrix, by --init and --init-gain; initializer.h has the equations. `recurrent`
 *   is the width of the recurrent layer it belongs to, 0 if none: --init auto means uniform on +-gain/sqrt(recurrent)
 *   there (as PyTorch's cells) and Xavier's uniform elsewhere. */
qp_init qp_model_weight_init(const qp_model_config *config, int recurrent);
void qp_model_config_complete(qp_model_config *config, bool (*given)(const void *self, const char *name),
                              const void *self);

/* qp_model_config_check — combinations that make no sense are QP_EUSAGE with the two values and the way out. */
qp_status qp_model_config_check(const qp_model_config *config);

#endif
