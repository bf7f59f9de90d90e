#ifndef QP_MODEL_CONFIG_H
#define QP_MODEL_CONFIG_H

#include <stdbool.h>

#include "lib/config/config.h"
#include "lib/model/config/model_choices.h"
#include "lib/nn/initializer.h"
#include "lib/nn/norm.h"
#include "lib/nn/recurrent_attention.h"
#include "lib/tensor/pointwise.h"

/* model_config — what a model is: enough to build it again from its file.
 * X(kind, name, default, low, high, choices, help); see lib/config/config.h */
#define QP_MODEL_FIELDS(X)                                                                                             \
    X(CHOICE, task, "translate", 0, 0, QP_CHOICES(QP_TASKS), "what the model does")                                    \
    X(CHOICE, encoder, "transformer", 0, 0, QP_KIND_CHOICES(QP_KINDS_OF_ENCODERS),                                     \
      "kind of encoder; for --task classify also text-cnn (convolutions of three widths) and bag (n-gram features)")   \
    X(CHOICE, decoder, "transformer", 0, 0, QP_KIND_CHOICES(QP_KINDS_OF_DECODERS),                                     \
      "kind of decoder; ngram: counted n-grams (--task lm), learned in one pass")                                      \
    X(INT, enc_layers, "3", 0, 128, NULL, "encoder layers")                                                            \
    X(INT, dec_layers, "3", 0, 128, NULL, "decoder layers")                                                            \
    X(INT, emb_size, "256", 1, 65536, NULL, "width of embeddings and of a transformer")                                \
    X(INT, hidden_size, "0", 0, 65536, NULL,                                                                           \
      "width of a recurrent state, or filters of text-cnn; 0: --emb-size (bag: none)")                                 \
    X(BOOL, bidirectional, "false", 0, 0, NULL, "a recurrent encoder, or mamba, reads in both directions")             \
    X(CHOICE, direction_merge, "concat", 0, 0, QP_CHOICES(QP_DIRECTION_MERGES), "how the two directions are joined")   \
    X(CHOICE, attention, "bahdanau", 0, 0, QP_CHOICES(QP_ATTEND_KINDS),                                                \
      "a recurrent decoder's attention to the source")                                                                 \
    X(INT, attention_size, "0", 0, 65536, NULL, "hidden width of bahdanau, luong-concat, coverage; 0: --hidden-size")  \
    X(REAL, coverage_weight, "1", 0, 1000, NULL,                                                                       \
      "--attention coverage: weight of the loss that keeps attention from going to the same words again")              \
    X(BOOL, input_feeding, "false", 0, 0, NULL, "a recurrent decoder reads its last output beside the token")          \
    X(BOOL, context_feeding, "false", 0, 0, NULL, "with --attention none: the source's summary is fed at every step")  \
    X(CHOICE, rnn_activation, "tanh", 0, 0, QP_CHOICES(QP_RNN_ACTIVATIONS), "nonlinearity of rnn cells")               \
    X(BOOL, rnn_residual, "false", 0, 0, NULL, "residual connections around recurrent layers of equal width")          \
    X(BOOL, highway, "false", 0, 0, NULL,                                                                              \
      "highway connections: gates mix the input and the output of recurrent and conv layers of the encoder (where "    \
      "their widths are equal); text-cnn: a highway layer over the filters")                                           \
    X(BOOL, rnn_norm, "false", 0, 0, NULL, "a norm after every recurrent layer")                                       \
    X(BOOL, learned_state, "false", 0, 0, NULL, "initial recurrent states are learned, not zero")                      \
    X(REAL, forget_bias, "1", -100, 100, NULL, "initial value of the forget bias of LSTM cells")                       \
    X(REAL, recurrent_dropout, "0", 0, 0.99, NULL,                                                                     \
      "training: dropout on recurrent states where a product reads them, one mask a sequence")                         \
    X(REAL, zoneout, "0", 0, 0.99, NULL, "training: share of a recurrent state that keeps its value at each step")     \
    X(REAL, zoneout_cell, "0", 0, 0.99, NULL, "the same for the cell state, in cells that have one (lstm ...)")        \
    X(BOOL, variational_dropout, "false", 0, 0, NULL, "between recurrent layers: one mask a sequence")                 \
    X(INT, kernel_size, "3", 1, 1024, NULL, "conv: tokens one layer sees at once; text-cnn: the smallest width")       \
    X(INT, dilation, "1", 1, 16, NULL, "conv: each layer reaches this many times as far as the one below")             \
    X(BOOL, separable, "false", 0, 0, NULL, "conv: depthwise convolution, then a linear map: fewer weights")           \
    X(INT, mamba_state, "16", 1, 4096, NULL, "mamba: numbers that each channel remembers")                             \
    X(INT, mamba_expand, "2", 1, 16, NULL, "mamba: channels inside a layer, in multiples of --emb-size")               \
    X(INT, mamba_rank, "0", 0, 65536, NULL, "mamba: numbers that steps are made of; 0: a 16th of --emb-size")          \
    X(INT, mamba_kernel, "4", 2, 1024, NULL, "mamba: rows that the filter before the scan reads")                      \
    X(INT, ff_size, "1024", 1, 1048576, NULL, "width of a transformer's feed-forward layer")                           \
    X(INT, experts, "0", 0, 1024, NULL,                                                                                \
      "transformer: feed-forward layers of which each token is read by the best ones; 0: one for all tokens")          \
    X(INT, experts_per_token, "2", 1, 1024, NULL, "--experts: how many of them read a token")                          \
    X(REAL, experts_balance, "0.01", 0, 1000, NULL,                                                                    \
      "--experts: weight of the load balance loss, which keeps all of them in use")                                    \
    X(REAL, experts_z_loss, "0.001", 0, 1000, NULL,                                                                    \
      "--experts: weight of the z loss, which keeps the scores of the experts small")                                  \
    X(INT, heads, "8", 1, 1024, NULL, "attention heads; must divide --emb-size")                                       \
    X(INT, kv_heads, "0", 0, 1024, NULL, "key/value heads; 0: as many as --heads")                                     \
    X(INT, head_size, "0", 0, 65536, NULL, "width of an attention head; 0: --emb-size over --heads")                   \
    X(REAL, attention_scale, "0", 0, 1e6, NULL, "factor on attention scores; 0: 1 over the root of a head's width")    \
    X(BOOL, attention_layer_scale, "false", 0, 0, NULL, "divide the scores of layer n (from 1) by n")                  \
    X(BOOL, qk_norm, "false", 0, 0, NULL, "self-attention: norm on each head of queries and keys, as Qwen3 has it")    \
    X(INT, attention_window, "0", 0, 1048576, NULL,                                                                    \
      "transformer: self-attention reaches this many tokens back (and ahead), itself included; 0: all")                \
    X(TEXT, window_layers, "", 0, 0, "01...",                                                                          \
      "layers with --attention-window (1) and without (0), repeated: 10 is every other one; if not given, all")        \
    X(INT, attention_sinks, "0", 0, 1048576, NULL, "--attention-window: first tokens that every token also reads")     \
    X(REAL, attention_softcap, "0", 0, 1e6, NULL,                                                                      \
      "transformer: self-attention scores s become cap * tanh(s / cap); 0: off")                                       \
    X(CHOICE, norm, "pre", 0, 0, QP_CHOICES(QP_NORM_PLACES), "norm before or after a sublayer")                        \
    X(CHOICE, norm_type, "layer", 0, 0, QP_CHOICES(QP_NORM_TYPES), "kind of normalisation")                            \
    X(REAL, norm_epsilon, "1e-5", 0, 1, NULL, "epsilon inside the norm's square root")                                 \
    X(BOOL, final_norm, "true", 0, 0, NULL, "norm after the last layer of encoder and decoder")                        \
    X(CHOICE, parallel, "none", 0, 0, QP_CHOICES(QP_PARALLELS),                                                        \
      "attention and feed-forward read the same vectors, through one norm or one each, as GPT-J and GPT-NeoX")         \
    X(INT, layer_groups, "0", 0, 128, NULL,                                                                            \
      "layers with the same weights: so many groups of successive layers (ALBERT: 1); 0: each has its own")            \
    X(BOOL, bias, "true", 0, 0, NULL, "biases in linear maps")                                                         \
    X(CHOICE, qkv_bias, "auto", 0, 0, QP_CHOICES(QP_SWITCHES), "biases of queries, keys and values; auto: --bias")     \
    X(CHOICE, attention_bias, "auto", 0, 0, QP_CHOICES(QP_SWITCHES), "bias of what attention returns; auto: --bias")   \
    X(CHOICE, ff_bias, "auto", 0, 0, QP_CHOICES(QP_SWITCHES), "biases of the feed-forward layer; auto: --bias")        \
    X(CHOICE, output_bias, "auto", 0, 0, QP_CHOICES(QP_SWITCHES),                                                      \
      "bias of a decoder's scores; auto: --bias if the output layer is not an embedding")                              \
    X(BOOL, gated_ff, "false", 0, 0, NULL, "gated feed-forward layer (GLU family)")                                    \
    X(CHOICE, pos, "sinusoidal", 0, 0, QP_CHOICES(QP_POSITIONS),                                                       \
      "positions: added to the embedding, or inside self-attention (the last three)")                                  \
    X(REAL, rope_base, "10000", 1, 1e12, NULL, "rope: base of the frequencies; the slowest is 1 over this")            \
    X(INT, rope_size, "0", 0, 65536, NULL, "rope: columns of each head that are rotated; 0: all")                      \
    X(CHOICE, rope_scaling, "none", 0, 0, QP_CHOICES(QP_ROPE_SCALINGS),                                                \
      "rope: how longer texts than learned are read")                                                                  \
    X(REAL, rope_factor, "1", 1, 1e6, NULL, "--rope-scaling: how many times longer")                                   \
    X(INT, rope_length, "0", 0, 16777216, NULL, "--rope-scaling: the length that was learned; 0: --max-length")        \
    X(REAL, rope_slow, "1", 0, 1e6, NULL, "--rope-scaling llama3, yarn: turns in that length that are stretched")      \
    X(REAL, rope_fast, "32", 0, 1e6, NULL, "--rope-scaling llama3, yarn: turns in that length that stay")              \
    X(REAL, rope_magnitude, "0", 0, 1e6, NULL, "yarn: factor on the rotated vectors; 0: 1 + ln(--rope-factor)/10")     \
    X(INT, relative_buckets, "32", 2, 65536, NULL, "--pos relative: kinds of distances")                               \
    X(INT, relative_far, "128", 1, 1048576, NULL, "--pos relative: the distance from which all count alike")           \
    X(CHOICE, sinusoid, "interleaved", 0, 0, QP_CHOICES(QP_SINUSOIDS), "--pos sinusoidal: order of sines and cosines") \
    X(INT, first_position, "0", 0, 65536, NULL, "--pos sinusoidal: number of the first position")                      \
    X(INT, word_size, "0", 0, 65536, NULL, "width of the table of words, mapped to --emb-size; 0: --emb-size")         \
    X(CHOICE, word_map, "words", 0, 0, QP_CHOICES(QP_WORD_MAPS),                                                       \
      "--word-size: map the words, or the sum of words, positions and segments (ALBERT)")                              \
    X(INT, segments, "0", 0, 65536, NULL,                                                                              \
      "kinds of segments (BERT's token types), each with a learned vector; a single text is of the first")             \
    X(BOOL, embedding_norm, "false", 0, 0, NULL, "norm on a transformer's embeddings, as BERT has it")                 \
    X(BOOL, scale_embeddings, "true", 0, 0, NULL, "multiply embeddings by sqrt(--emb-size)")                           \
    X(CHOICE, activation, "relu", 0, 0, QP_CHOICES(QP_ACTIVATIONS), "feed-forward activation")                         \
    X(BOOL, tied_embeddings, "true", 0, 0, NULL, "output layer = target embedding")                                    \
    X(BOOL, tied_embeddings_all, "false", 0, 0, NULL, "one embedding for source, target and output (--share-vocab)")   \
    X(BOOL, untied_output, "false", 0, 0, NULL,                                                                        \
      "--tied-embeddings-all: for source and target only, the output layer has weights of its own (T5 1.1)")           \
    X(BOOL, scale_output, "false", 0, 0, NULL, "divide a decoder's vectors by sqrt(--emb-size) at the output layer")   \
    X(REAL, output_softcap, "0", 0, 1e6, NULL, "a decoder's scores s become cap * tanh(s / cap); 0: off")              \
    X(BOOL, begin_token, "false", 0, 0, NULL, "a source begins with the token that begins a text")                     \
    X(INT, lm_window, "0", 0, 1048576, NULL,                                                                           \
      "lm: learn from windows of this many tokens of running text; 0: line by line")                                   \
    X(CHOICE, pooling, "auto", 0, 0, QP_CHOICES(QP_POOLINGS),                                                          \
      "one vector for a whole text; auto: last for recurrent encoders, max for text-cnn, else mean")                   \
    X(CHOICE, pooler, "none", 0, 0, QP_CHOICES(QP_POOLERS),                                                            \
      "classify, tag, match: a linear map and this function before the output layer, as BERT has it")                  \
    X(INT, word_layers, "0", 0, 128, NULL,                                                                             \
      "tag: bidirectional recurrent layers over the words, above their subword pieces")                                \
    X(BOOL, crf, "false", 0, 0, NULL,                                                                                  \
      "tag: the tags of a sentence are scored and chosen together, by a conditional random field")                     \
    X(BOOL, multi_label, "false", 0, 0, NULL,                                                                          \
      "classify: a text may have several labels, or none: LABEL,LABEL TAB text")                                       \
    X(INT, bottleneck, "0", 0, 65536, NULL,                                                                            \
      "autoencode: width of the vector between encoder and decoder; 0: --emb-size")                                    \
    X(INT, codebook, "0", 0, 1048576, NULL,                                                                            \
      "autoencode: a text becomes --codes numbers, each one of this many codes; 0: a vector")                          \
    X(INT, codes, "8", 1, 65536, NULL, "--codebook: codes of a text; must divide --bottleneck")                        \
    X(BOOL, variational, "false", 0, 0, NULL,                                                                          \
      "autoencode: the vector is drawn from a normal distribution given the text; generate samples new texts")         \
    X(REAL, kl_weight, "1", 0, 1000000, NULL,                                                                          \
      "--variational: weight of the KL divergence from N(0, 1) beside the text's -ln P")                               \
    X(BOOL, carry, "false", 0, 0, NULL,                                                                                \
      "--lm-window: a recurrent decoder starts each window in the final state of the window before")                   \
    X(INT, max_length, "512", 1, 1048576, NULL, "longest sequence in tokens; longer lines are cut with a warning")     \
    X(REAL, dropout, "0.1", 0, 0.99, NULL, "dropout on embeddings and sublayers")                                      \
    X(REAL, attention_dropout, "0", 0, 0.99, NULL, "dropout on attention weights")                                     \
    X(REAL, ff_dropout, "0", 0, 0.99, NULL, "dropout inside the feed-forward layer")                                   \
    X(REAL, input_noise, "0", 0, 100, NULL, "training: deviation of Gaussian noise on the embeddings")                 \
    X(REAL, layer_drop, "0", 0, 0.99, NULL,                                                                            \
      "training: share of a transformer's layers that is left out, drawn for each step")                               \
    X(REAL, stochastic_depth, "0", 0, 0.99, NULL,                                                                      \
      "training: share of residual branches of a transformer that is dropped, the others scaled up")                   \
    X(CHOICE, stochastic_depth_mode, "row", 0, 0, QP_CHOICES(QP_DEPTH_MODES),                                          \
      "--stochastic-depth: drop a branch for all sequences of a shard, or for each by itself")                         \
    X(REAL, embedding_dropout, "0", 0, 0.99, NULL,                                                                     \
      "training: share of the vocabulary whose embeddings are dropped wherever the words occur")                       \
    X(REAL, word_dropout_src, "0", 0, 0.99, NULL, "training: share of source words that are read as unknown")          \
    X(REAL, word_drop, "0", 0, 0.99, NULL, "training: share of source words that are left out")                        \
    X(INT, word_swap, "0", 0, 1000, NULL, "training: source words move by up to N places")                             \
    X(REAL, word_dropout_tgt, "0", 0, 0.99, NULL,                                                                      \
      "training: share of words the decoder reads as unknown (the targets are not changed)")                           \
    X(REAL, mixup, "0", 0, 100, NULL,                                                                                  \
      "training, classify: mixes two texts and their labels; the mixing weight is drawn from Beta(x, x)")              \
    X(CHOICE, init, "auto", 0, 0, QP_CHOICES(QP_INITS_AND_AUTO),                                                       \
      "initial values of matrices but embeddings; auto: xavier-uniform, recurrent ones within 1/sqrt(--hidden-size)")  \
    X(REAL, init_gain, "1", 0, 100, NULL, "factor on them; uniform: their bound, normal: their deviation")             \
    X(INT, start_id, "-1", -2, 16777215, NULL,                                                                         \
      "id that a decoder reads first; -1: the one that begins a text, -2: none, where a prompt is given")              \
    X(INT, src_vocab_size, "0", 0, 16777216, NULL, "source vocabulary (from the tokenizer)")                           \
    X(INT, tgt_vocab_size, "0", 0, 16777216, NULL, "target vocabulary (from the tokenizer)")                           \
    X(INT, labels, "0", 0, 16777216, NULL, "classify, tag: number of labels (from the data)")                          \
    X(INT, features, "0", 0, 65536, NULL, "numbers at each step of a series, or in each patch (from the data)")        \
    X(INT, horizon, "1", 1, 65536, NULL, "regress: steps to forecast")                                                 \
    X(CHOICE, loss, "auto", 0, 0, QP_CHOICES(QP_OBJECTIVES),                                                           \
      "the loss that is minimised: cross-entropy (auto) to unlikelihood for classes; mse (auto for regress) to "       \
      "quantile for --task regress; mse (auto for pairs with scores), cosine, contrastive, triplet, info-nce (auto) "  \
      "for --task match. Validation always measures cross-entropy for classes")                                        \
    X(REAL, focal_gamma, "2", 0, 100, NULL, "--loss focal: (1 - p)^X times the cross-entropy, p that of the answer")   \
    X(REAL, loss_weight, "0", 0, 1e6, NULL,                                                                            \
      "weight of the second term of --loss poly1, z-loss, confidence-penalty, unlikelihood; 0: 1, 1e-4, 0.1, 1")       \
    X(TEXT, quantiles, "", 0, 0, "N,N,...",                                                                            \
      "--loss quantile: quantiles to forecast, ascending, between 0 and 1; if not given, 0.1,0.5,0.9")                 \
    X(INT, vector_size, "0", 0, 65536, NULL, "match: width of a text's vector; 0: that of the encoder's output")       \
    X(REAL, temperature, "0.05", 0.0001, 100, NULL, "--loss info-nce: cosines are divided by this")                    \
    X(REAL, margin, "0.5", 0, 2, NULL,                                                                                 \
      "--loss triplet, contrastive, cosine: how far apart texts that do not match shall be (cosine: how similar they " \
      "may be)")

typedef struct {
    QP_MODEL_FIELDS(QP_FIELD_DECLARE)
} qp_model_config;

enum { QP_TEXT_CNN_WIDTHS = 3 }; /* convolutions of the text-cnn encoder */
enum { QP_QUANTILES_MAX = 32 };

enum { QP_START_NONE = -2 }; /* start_id: a prompt has no token before it */

extern const qp_field_table qp_model_fields;

/* qp_model_kind_is_recurrent — the encoder or decoder kinds rnn, lstm, gru and every other cell.
 * qp_model_cell — the cell of such a kind (rnn: with tanh). */
bool qp_model_kind_is_recurrent(int64_t kind);
qp_cell_kind qp_model_cell(int64_t kind);

/* qp_model_switch — a choice of QP_SWITCHES, `otherwise` where it is auto.
 * qp_model_ties_output — whether the output layer of a decoder is its embedding.
 * qp_model_head_size — columns of one attention head.
 * qp_model_word_size — columns of the table of words of a transformer.
 * qp_model_has_window — whether layer `layer` of a transformer has --attention-window. */
bool qp_model_switch(int choice, int otherwise);
bool qp_model_ties_output(const qp_model_config *config);
int qp_model_head_size(const qp_model_config *config);
int qp_model_word_size(const qp_model_config *config);
bool qp_model_has_window(const qp_model_config *config, int layer);

/* qp_model_reads_numbers — whether the encoder reads rows of numbers (regress; classify and match with
 * features), not words. */
bool qp_model_reads_numbers(const qp_model_config *config);

/* qp_model_hidden_size — the width of a recurrent state.
 * qp_model_carry_width — reals of one sequence's state in a qp_batch_carry (lib/base/batch.h): that of every layer
 *   of a recurrent decoder without source; else 0.
 * qp_model_encoder_width — columns of the encoder output that a decoder or a head reads; of an autoencoder, the
 *   width of its bottleneck.
 * qp_model_source_width — columns of the source embedding: --emb-size; of bag the width of its output.
 * qp_model_outputs — columns of the scores: target vocabulary, source vocabulary (mlm), labels, numbers of a vector
 *   (match), or horizon (times the quantiles: block q of horizon columns is the forecast of quantile q). */
int qp_model_hidden_size(const qp_model_config *config);
int qp_model_carry_width(const qp_model_config *config);
int qp_model_encoder_width(const qp_model_config *config);
int qp_model_source_width(const qp_model_config *config);
int qp_model_outputs(const qp_model_config *config);

/* qp_model_quantiles — the quantiles that a forecaster with --loss quantile learns, ascending; returns how many.
 *   0: another loss, or a list that qp_model_config_check refuses. quantile [QP_QUANTILES_MAX], or NULL. */
int qp_model_quantiles(const qp_model_config *config, double *quantile);

/* qp_model_task_has_decoder — translate, lm and autoencode make text; the other tasks have a head on the encoder.
 * qp_model_task_pools — classify, regress, autoencode and match make one vector of a text.
 * qp_model_task_name — "translate" ...
 * qp_model_pooling — the pooling to use, `auto` resolved. */
bool qp_model_task_has_decoder(int64_t task);
bool qp_model_task_pools(int64_t task);
const char *qp_model_task_name(int64_t task);
int qp_model_pooling(const qp_model_config *config);

/* qp_model_weight_init — how a matrix is initialised, by --init and --init-gain; equations in initializer.h.
 *   recurrent  the width of the recurrent layer the matrix belongs to, 0 if none: --init auto is uniform on
 *              +-gain/sqrt(recurrent) there (as PyTorch's cells) and Xavier's uniform elsewhere. */
qp_init qp_model_weight_init(const qp_model_config *config, int recurrent);

/* qp_model_config_complete — set the fields that follow from the task unless the user gave them: lm has no encoder;
 *   classify, tag, regress, mlm and match have no decoder; autoencode feeds a recurrent decoder its vector instead of
 *   attention. given(self, name) says whether the user gave the field of that name ("encoder", "decoder" ...). */
void qp_model_config_complete(qp_model_config *config, bool (*given)(const void *self, const char *name),
                              const void *self);

/* qp_model_config_check — QP_EUSAGE for combinations that make no sense; the message names the options and the way
 *   out. */
qp_status qp_model_config_check(const qp_model_config *config);

#endif
