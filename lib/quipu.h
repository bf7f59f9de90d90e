#ifndef QP_QUIPU_H
#define QP_QUIPU_H

/* quipu/quipu.h - libquipu: train sequence models from text, and use them. C and C++.
 *
 *     quipu_package *package;
 *     if (quipu_open("ko-en.safetensors", &package) != QUIPU_OK) puts(quipu_error_message());
 *
 * A package is a model with its tokenizers, labels and scaling: one file, one owner. The library does not print or exit
 * and keeps no state that changes; one package may be used by several threads at once, but not while it is closed.
 * Texts are UTF-8 and end in NUL. Structs begin with `size`, which the caller sets to sizeof; zero or NULL in any other
 * member means its default. Statuses, messages, memory and tokenizers: see quipu/tokenizer.h, which is included.
 *
 * Memory  Arrays whose shape is given in brackets, row after row, are the caller's, unless a function is named that
 *         frees them. Borrowed texts belong to the object that they are asked of and are valid until it is freed.
 * Errors  QUIPU_EUSAGE for a model of another task and for options that are unknown, out of range or without a value;
 *         QUIPU_EMEMORY; and those named at each function. After an error, pointers handed out are NULL. */
#include "tokenizer/quipu_tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qp_package quipu_package;

/* quipu_open - check a model file and map it: until quipu_close it may be replaced or deleted, as quipu_save and mv do,
 *   but not written to or cut in place (SIGBUS).   quipu_close - NULL is fine.
 * quipu_save - write it; the file is complete or absent.
 * Errors  quipu_open: QUIPU_ENOINPUT; QUIPU_EDATA: not a model of quipu, damaged, or of a newer version.
 *   quipu_save: QUIPU_ECREATE, QUIPU_EIO */
QP_API quipu_status quipu_open(const char *path, quipu_package **package);
QP_API quipu_status quipu_save(const quipu_package *package, const char *path);
QP_API void quipu_close(quipu_package *package);

/* quipu_task - "translate", "lm", "classify", "tag", "regress", "autoencode", "mlm" or "match".
 * quipu_parameters - number of weights.
 * quipu_setting - a setting of the model by its option's name ("emb-size"), as text; free with quipu_free.
 *   Errors  QUIPU_EUSAGE: no such setting
 * quipu_source_tokenizer, quipu_target_tokenizer - borrowed; NULL where the model has none.
 * quipu_labels, quipu_label - of classifiers and taggers: how many; the name of one, borrowed. */
QP_API const char *quipu_task(const quipu_package *package);
QP_API size_t quipu_parameters(const quipu_package *package);
QP_API quipu_status quipu_setting(const quipu_package *package, const char *name, char **value);
QP_API const quipu_tokenizer *quipu_source_tokenizer(const quipu_package *package);
QP_API const quipu_tokenizer *quipu_target_tokenizer(const quipu_package *package);
QP_API int quipu_labels(const quipu_package *package);
QP_API const char *quipu_label(const quipu_package *package, int label);

/* Options of the functions below, which may be NULL: all defaults.
 *   option      name, value, name, value, ..., NULL: options of the command of the same name, without the hyphens in
 *               front ("beam-size", "4", NULL)
 *   threads     0: all CPUs         batch_size  texts computed together, 0: 64. Neither changes a result. */
typedef struct {
    size_t size;
    const char *const *option;
    int threads;
    int batch_size;
} quipu_options;

/* ---- text to text: tasks translate and autoencode ---- */

typedef struct quipu_translations quipu_translations;

/* quipu_translate - of `count` texts.    Options  beam-size, tgt-lang, n-best ... (`quipu translate`)
 * quipu_translations_count - hypotheses of text i, the best first; 0 for a blank text.
 * quipu_translations_text - hypothesis k of text i, borrowed.
 * quipu_translations_log_probability - sum of ln P over its tokens. */
QP_API quipu_status quipu_translate(const quipu_package *package, const char *const *text, int count,
                                    const quipu_options *options, quipu_translations **translations);
QP_API int quipu_translations_count(const quipu_translations *translations, int i);
QP_API const char *quipu_translations_text(const quipu_translations *translations, int i, int k);
QP_API double quipu_translations_log_probability(const quipu_translations *translations, int i, int k);
QP_API void quipu_translations_free(quipu_translations *translations);

/* ---- language models ---- */

/* on_text receives what was added, complete characters; not 0 ends the text there, which is no failure. */
typedef int quipu_on_text(void *self, const char *text, size_t bytes);

/* quipu_generate - the continuation of a prompt ("" or NULL: none); *text is freed with quipu_free, and may be NULL for
 *   callers that only want the callback (which may be NULL too).
 *   Options  temp, top-k, top-p, min-p, repeat-penalty ... and tokens, seed, no-repeat-ngram (`quipu generate`) */
QP_API quipu_status quipu_generate(const quipu_package *package, const char *prompt, const quipu_options *options,
                                   quipu_on_text *on_text, void *self, char **text);

/* quipu_score - log_probability[i] = ln P(target[i] | source[i]), end of the sequence included; language models take
 *   source NULL. log_probability, tokens [count]; tokens[i]: how many tokens that is, end included; may be NULL. */
QP_API quipu_status quipu_score(const quipu_package *package, const char *const *source, const char *const *target,
                                int count, const quipu_options *options, double *log_probability, int *tokens);

/* ---- labels and numbers ---- */

/* quipu_classify - probability [count, labels].
 * quipu_tag - one sentence of `count` words: label [count] and its probability [count], which may be NULL.
 * quipu_forecast_sizes - columns and rows that a forecaster reads, values it returns; each may be NULL.
 * quipu_forecast - forecast [horizon] of the first column after the last of `rows` rows of value [rows, columns];
 *   of a model of quantiles the one nearest to the median.
 * Errors  quipu_tag: QUIPU_EUSAGE: an empty word; quipu_forecast: QUIPU_EDATA: fewer rows than the window */
QP_API quipu_status quipu_classify(const quipu_package *package, const char *const *text, int count,
                                   const quipu_options *options, float *probability);
QP_API quipu_status quipu_tag(const quipu_package *package, const char *const *word, int count,
                              const quipu_options *options, int *label, float *probability);
QP_API quipu_status quipu_forecast_sizes(const quipu_package *package, int *columns, int *window, int *horizon);
QP_API quipu_status quipu_forecast(const quipu_package *package, const double *value, int rows, double *forecast);

/* quipu_embed - one vector per text, *vector [count, *width]: of length 1 for --task match; else the mean of the
 *   encoder's outputs, or of a language model's decoder outputs. Free with quipu_free. */
QP_API quipu_status quipu_embed(const quipu_package *package, const char *const *text, int count,
                                const quipu_options *options, float **vector, int *width);

/* ---- attention ---- */

typedef struct quipu_maps quipu_maps;
typedef enum { QUIPU_ENCODER_MAP, QUIPU_DECODER_MAP, QUIPU_CROSS_MAP } quipu_map_kind;

/* quipu_attend - the attention of the model reading `source` and writing `target`; target NULL: its own translation.
 *   Language models take source NULL.   Options  beam-size ... of that translation
 * quipu_maps_size - layers, heads, rows (queries) and columns (keys) of one kind of map; layers 0: the model has none.
 * quipu_maps_weights - the weights of one head, [rows, columns]; NULL outside the sizes.
 * quipu_maps_row, quipu_maps_column - the tokens along the sides.   quipu_maps_text - the target text.   Borrowed.
 * quipu_maps_save - into a file, the kind by its end: .html .json .npz (all maps), .svg .txt (the last layer, mean
 *   over heads, of cross attention or what there is).   Errors  QUIPU_EUSAGE: another end; QUIPU_ECREATE, QUIPU_EIO */
typedef struct {
    int layers, heads, rows, columns;
} quipu_map_size;

QP_API quipu_status quipu_attend(const quipu_package *package, const char *source, const char *target,
                                 const quipu_options *options, quipu_maps **maps);
QP_API quipu_map_size quipu_maps_size(const quipu_maps *maps, quipu_map_kind kind);
QP_API const float *quipu_maps_weights(const quipu_maps *maps, quipu_map_kind kind, int layer, int head);
QP_API const char *quipu_maps_row(const quipu_maps *maps, quipu_map_kind kind, int row);
QP_API const char *quipu_maps_column(const quipu_maps *maps, quipu_map_kind kind, int column);
QP_API const char *quipu_maps_text(const quipu_maps *maps);
QP_API quipu_status quipu_maps_save(const quipu_maps *maps, const char *path);
QP_API void quipu_maps_free(quipu_maps *maps);

/* ---- training ---- */

typedef struct {
    int64_t update, epoch, target_tokens; /* done; epochs from 1 */
    double loss;                          /* per target token, mean since the last reported update */
    double gradient_norm;                 /* L2, before clipping */
    double rate;                          /* the learning rate */
    double tokens_per_second;             /* target tokens */
    double elapsed_seconds, left_seconds; /* left < 0: unknown */
    int reported;                         /* 1 every disp-freq updates */
} quipu_progress;

/* One training.
 *   option    name, value, ..., NULL: the options of `quipu train` without the hyphens in front ("task", "lm", "train",
 *             "text.txt", "steps", "500", NULL); a flag's value is "true" or "false". With "model" the run is kept
 *             beside that file and resumed by an equal call; without it nothing is written.
 *   train_text, valid_text   the training and validation data in memory instead of the options train and valid, in the
 *             same formats, ended by NUL
 *   progress  after every update; not 0 stops the training: QUIPU_ESTOPPED
 *   note      one line worth reporting: data, model, validations, saves; without a line end */
typedef struct {
    size_t size;
    const char *const *option;
    const char *train_text, *valid_text;
    int (*progress)(void *self, const quipu_progress *progress);
    void (*note)(void *self, const char *line);
    void *self;
} quipu_training;

typedef struct {
    size_t size;
    int64_t updates, epochs, target_tokens;
    double seconds;
    double loss;        /* per target token, of the last reported interval */
    double best_metric; /* of the best validation; 0 without any */
    int64_t best_update;
} quipu_training_result;

/* quipu_train - train or resume; *package is the finished model, and may be NULL, as may result. n-grams ("decoder",
 *   "ngram") are counted in one pass: no progress is reported.
 *   Errors  QUIPU_ENOINPUT, QUIPU_EDATA: a file, or its content; QUIPU_EDATA also: the loss is not finite;
 *   QUIPU_ECREATE, QUIPU_EIO: what is written beside the model; QUIPU_ESTOPPED, with the run saved */
QP_API quipu_status quipu_train(const quipu_training *training, quipu_package **package, quipu_training_result *result);

#ifdef __cplusplus
}
#endif

#endif
