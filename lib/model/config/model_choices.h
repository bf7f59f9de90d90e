#ifndef QP_MODEL_CHOICES_H
#define QP_MODEL_CHOICES_H

#include "lib/config/config.h"
#include "lib/grad/recurrent/op_recurrent.h"
#include "lib/nn/position_table.h"

/* model_choices — the choices of the fields of model_config.h, each list X(ID, text) written once: it makes the
 * enum and the words of the option. Those of --attention, --init, --activation and --norm-type come from
 * the modules that implement them (QP_ATTEND_KINDS, QP_INITS, QP_ACTIVATIONS, QP_NORM_TYPES). */
#define QP_TASKS(X)                                                                                                    \
    X(QP_TASK_TRANSLATE, "translate")                                                                                  \
    X(QP_TASK_LM, "lm")                                                                                                \
    X(QP_TASK_CLASSIFY, "classify")                                                                                    \
    X(QP_TASK_TAG, "tag")                                                                                              \
    X(QP_TASK_REGRESS, "regress")                                                                                      \
    X(QP_TASK_AUTOENCODE, "autoencode")                                                                                \
    X(QP_TASK_MLM, "mlm")                                                                                              \
    X(QP_TASK_MATCH, "match")
enum { QP_TASKS(QP_CHOICE_ID) QP_TASK_COUNT };

/* Kinds of encoder and decoder: every cell of a recurrent layer is a kind of both, QP_KIND_RNN and so on. */
#define QP_KINDS_FIRST(X) X(QP_KIND_NONE, "none") X(QP_KIND_TRANSFORMER, "transformer") X(QP_KIND_MAMBA, "mamba")
#define QP_KINDS_OF_ENCODERS(X) X(QP_KIND_CONV, "conv") X(QP_KIND_TEXT_CNN, "text-cnn") X(QP_KIND_BAG, "bag")
#define QP_KINDS_OF_DECODERS(X) X(QP_KIND_NGRAM, "ngram")
#define QP_KIND_ID(NAME, symbol, text) QP_KIND_##NAME,
#define QP_KIND_WORD(NAME, symbol, text) ", " text
enum { QP_KINDS_FIRST(QP_CHOICE_ID) QP_CELLS(QP_KIND_ID) QP_KIND_CELLS_END };
enum { QP_KIND_LAST_CELL_E = QP_KIND_CELLS_END - 1, QP_KINDS_OF_ENCODERS(QP_CHOICE_ID) QP_KIND_COUNT };
enum { QP_KIND_LAST_CELL_D = QP_KIND_CELLS_END - 1, QP_KINDS_OF_DECODERS(QP_CHOICE_ID) };
#define QP_KIND_CHOICES(OTHERS) &("" QP_KINDS_FIRST(QP_CHOICE_WORD) QP_CELLS(QP_KIND_WORD) OTHERS(QP_CHOICE_WORD))[2]

#define QP_DIRECTION_MERGES(X) X(QP_MERGE_CONCAT, "concat") X(QP_MERGE_SUM, "sum")
enum { QP_DIRECTION_MERGES(QP_CHOICE_ID) };

#define QP_RNN_ACTIVATIONS(X) X(QP_RNN_TANH, "tanh") X(QP_RNN_RELU, "relu")
enum { QP_RNN_ACTIVATIONS(QP_CHOICE_ID) };

#define QP_NORM_PLACES(X) X(QP_NORM_PRE, "pre") X(QP_NORM_POST, "post") X(QP_NORM_BOTH, "both")
enum { QP_NORM_PLACES(QP_CHOICE_ID) };

#define QP_PARALLELS(X) X(QP_PARALLEL_NONE, "none") X(QP_PARALLEL_SHARED, "shared") X(QP_PARALLEL_SEPARATE, "separate")
enum { QP_PARALLELS(QP_CHOICE_ID) };

#define QP_SWITCHES(X) X(QP_SWITCH_AUTO, "auto") X(QP_SWITCH_OFF, "false") X(QP_SWITCH_ON, "true")
enum { QP_SWITCHES(QP_CHOICE_ID) };

#define QP_WORD_MAPS(X) X(QP_WORD_MAP_WORDS, "words") X(QP_WORD_MAP_SUM, "sum")
enum { QP_WORD_MAPS(QP_CHOICE_ID) };

#define QP_POOLERS(X)                                                                                                  \
    X(QP_POOLER_NONE, "none") X(QP_POOLER_TANH, "tanh") X(QP_POOLER_RELU, "relu") X(QP_POOLER_GELU, "gelu")
enum { QP_POOLERS(QP_CHOICE_ID) };

#define QP_POSITIONS(X)                                                                                                \
    X(QP_POS_NONE, "none")                                                                                             \
    X(QP_POS_SINUSOIDAL, "sinusoidal")                                                                                 \
    X(QP_POS_LEARNED, "learned")                                                                                       \
    X(QP_POS_ROPE, "rope")                                                                                             \
    X(QP_POS_ALIBI, "alibi")                                                                                           \
    X(QP_POS_RELATIVE, "relative")
enum { QP_POSITIONS(QP_CHOICE_ID) };

#define QP_POOLINGS(X)                                                                                                 \
    X(QP_POOLING_AUTO, "auto")                                                                                         \
    X(QP_POOLING_LAST, "last")                                                                                         \
    X(QP_POOLING_MEAN, "mean")                                                                                         \
    X(QP_POOLING_MAX, "max")                                                                                           \
    X(QP_POOLING_ATTENTION, "attention")                                                                               \
    X(QP_POOLING_CLASS_TOKEN, "class-token")                                                                           \
    X(QP_POOLING_FIRST, "first")
enum { QP_POOLINGS(QP_CHOICE_ID) };

#define QP_DEPTH_MODES(X) X(QP_DEPTH_LAYER, "layer") X(QP_DEPTH_ROW, "row")
enum { QP_DEPTH_MODES(QP_CHOICE_ID) };

/* --loss: "auto", losses of scores of classes, losses of numbers from QP_OBJECTIVE_MSE on, losses of pairs of texts
 * from QP_OBJECTIVE_COSINE on. */
#define QP_OBJECTIVES(X)                                                                                               \
    X(QP_OBJECTIVE_AUTO, "auto")                                                                                       \
    X(QP_OBJECTIVE_CROSS_ENTROPY, "cross-entropy")                                                                     \
    X(QP_OBJECTIVE_FOCAL, "focal")                                                                                     \
    X(QP_OBJECTIVE_HINGE, "hinge")                                                                                     \
    X(QP_OBJECTIVE_POLY1, "poly1")                                                                                     \
    X(QP_OBJECTIVE_Z, "z-loss")                                                                                        \
    X(QP_OBJECTIVE_CONFIDENCE, "confidence-penalty")                                                                   \
    X(QP_OBJECTIVE_UNLIKELIHOOD, "unlikelihood")                                                                       \
    X(QP_OBJECTIVE_MSE, "mse")                                                                                         \
    X(QP_OBJECTIVE_MAE, "mae")                                                                                         \
    X(QP_OBJECTIVE_HUBER, "huber")                                                                                     \
    X(QP_OBJECTIVE_LOG_COSH, "log-cosh")                                                                               \
    X(QP_OBJECTIVE_QUANTILE, "quantile")                                                                               \
    X(QP_OBJECTIVE_COSINE, "cosine")                                                                                   \
    X(QP_OBJECTIVE_CONTRASTIVE, "contrastive")                                                                         \
    X(QP_OBJECTIVE_TRIPLET, "triplet")                                                                                 \
    X(QP_OBJECTIVE_INFO_NCE, "info-nce")
enum { QP_OBJECTIVES(QP_CHOICE_ID) QP_OBJECTIVE_COUNT };

/* --init: "auto", then the choices of initializer.h; its other values are numbers of qp_init_kind. */
enum { QP_INIT_AUTO };
#define QP_INITS_AND_AUTO(X) X(QP_INIT_AUTO, "auto") QP_INITS(X)

#endif
