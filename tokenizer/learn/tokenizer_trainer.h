#ifndef QP_TOKENIZER_TRAINER_H
#define QP_TOKENIZER_TRAINER_H

#include "lib/base/status.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/own/tokenizer_config.h"

/* tokenizer_trainer — learn a tokenizer from lines of text, read once; memory grows with distinct words.
 * The result depends on the text and the settings alone, and not on the order of the lines. */

/* Gives the next line; *line NULL at the end. A line is valid until the next call and may hold any bytes. */
typedef qp_status (*qp_line_source)(void *self, const char **line, size_t *bytes);

/* What training saw; tokens are of the text it read, cut by what it learned. progress, if set before, is called now and
 * then with what is being done and the bytes read so far. Zero it before. */
typedef struct {
    int64_t lines, bytes, words, distinct_words, characters, uncovered_characters;
    int64_t tokens, unknown_tokens, byte_tokens;
    void (*progress)(void *self, const char *stage, int64_t bytes);
    void *progress_self;
} qp_tokenizer_report;

/* qp_tokenizer_train       — from a source of lines.    qp_tokenizer_train_files — from files, plain or gzipped.
 * report   may be NULL
 * Errors   QP_EUSAGE: vocab_size cannot hold the special pieces and the characters (the message names the least size);
 *          QP_EMEMORY; what the source says. */
qp_status qp_tokenizer_train(const qp_tokenizer_config *config, qp_line_source source, void *self,
                             qp_tokenizer_report *report, qp_tokenizer **tokenizer);
qp_status qp_tokenizer_train_files(const qp_tokenizer_config *config, const char *const *path, int count,
                                   qp_tokenizer_report *report, qp_tokenizer **tokenizer);

#endif
