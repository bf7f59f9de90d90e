#ifndef QP_TOKENIZER_STREAM_H
#define QP_TOKENIZER_STREAM_H

#include "cli/tokenizer/cmd_tokenizer.h"
#include "tokenizer/encode_lines.h"

/* tokenizer_stream — what `tokenizer encode` and `tokenizer decode` share: one line of output per line of input. */
#define QP_STREAM_FIELDS(X)                                                                                            \
    X(TEXT, model, "", 0, 0, "FILE",                                                                                   \
      "tokenizer: a quipu file, a sentencepiece .model, a Hugging Face tokenizer.json, a vocab.txt of BERT")           \
    X(TEXT, output, "-", 0, 0, "FILE", "output file")                                                                  \
    X(BOOL, ids, "false", 0, 0, NULL, "numbers (the default)")                                                         \
    X(BOOL, pieces, "false", 0, 0, NULL, "printable pieces instead of numbers")                                        \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object for each line")                                                \
    X(INT, threads, "1", 0, 4096, NULL, "threads; 0: all CPUs; the output does not depend on it")
#define QP_ENCODE_FIELDS(X)                                                                                            \
    QP_STREAM_FIELDS(X)                                                                                                \
    X(BOOL, offsets, "false", 0, 0, NULL, "begin:end of every piece in bytes of the line; JSON has characters too")    \
    X(BOOL, characters, "false", 0, 0, NULL, "the same in characters")                                                 \
    X(BOOL, special, "false", 0, 0, NULL, "add special tokens: [CLS] and [SEP], <s> and </s>")                         \
    X(BOOL, parse_special, "false", 0, 0, NULL, "special tokens that are in the text get their ids")                   \
    X(BOOL, pairs, "false", 0, 0, NULL, "with --special: two texts per line, separated by a TAB")                      \
    X(REAL, dropout, "0", 0, 1, NULL, "bpe: skip each merge with this probability (BPE-dropout)")                      \
    X(BOOL, sample, "false", 0, 0, NULL, "unigram: a random segmentation, drawn by --alpha")                           \
    X(REAL, alpha, "0.1", 0, 1000, NULL, "of --sample: 0 is uniform, larger values prefer the best segmentation")      \
    X(INT, n_best, "0", 0, 1000, NULL, "unigram: the N best segmentations: line ||| pieces ||| score")                 \
    X(INT, seed, "1", 0, 4294967295, NULL, "seed of --dropout and --sample")

typedef struct {
    QP_ENCODE_FIELDS(QP_FIELD_DECLARE)
    bool keep_special; /* of decode */
} qp_stream_options;

/* One thread's memory. */
typedef struct {
    const qp_tokenizer *tokenizer;
    const qp_stream_options *options;
    qp_encoding encoding, *best; /* best: of --n-best */
    double *score;
    qp_encoded_lines lines; /* of a long line, by several threads */
    qp_id_list ids;         /* of the line, for decode */
    qp_line_place at;       /* its output, too */
} qp_stream_state;

typedef struct {
    qp_stream_options options;
    qp_status (*check)(const qp_stream_options *options, const qp_tokenizer *tokenizer);
    qp_status (*act)(void *self, char *line, size_t bytes);
} qp_stream_command;

/* qp_stream_alias — the short names of QP_STREAM_FIELDS.
 * qp_stream_run   — self is a qp_stream_command, with the options that were read: loads the tokenizer, lets `check`
 *                   (may be NULL) look at it, and calls `act` with a qp_stream_state for every line. */
enum { QP_STREAM_ALIASES = 3 };
extern const qp_option_alias qp_stream_alias[QP_STREAM_ALIASES];
qp_status qp_stream_run(void *self, const qp_options *options);

#endif
