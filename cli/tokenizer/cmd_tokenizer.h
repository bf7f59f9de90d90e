#ifndef QP_CMD_TOKENIZER_H
#define QP_CMD_TOKENIZER_H

#include <stddef.h>
#include <stdio.h>

#include "cli/base/options.h"
#include "tokenizer/learn/word_counts.h"
#include "tokenizer/tokenizer.h"

/* cmd_tokenizer — the commands of `quipu tokenizer`, each in a file cmd_tokenizer_*.c. argv[0] is the command. */
int qp_tokenizer_train_main(int argc, char **argv);
int qp_tokenizer_encode_main(int argc, char **argv);
int qp_tokenizer_decode_main(int argc, char **argv);
int qp_tokenizer_info_main(int argc, char **argv);
int qp_tokenizer_import_main(int argc, char **argv);
int qp_tokenizer_export_main(int argc, char **argv);
int qp_tokenizer_compare_main(int argc, char **argv);
int qp_tokenizer_spm_train_main(int argc, char **argv);
int qp_tokenizer_learn_bpe_main(int argc, char **argv);
int qp_tokenizer_apply_bpe_main(int argc, char **argv);
int qp_tokenizer_hf_train_main(int argc, char **argv);
int qp_tokenizer_moses_main(int argc, char **argv);

/* qp_name_files — returns the status of learning from the files of a command; a failure's message begins with the name
 * of the first of them, unless it names one already. */
qp_status qp_name_files(const qp_options *options, qp_status status);

/* qp_tokenizer_write_file — write a whole file or none; "-" is stdout. */
qp_status qp_tokenizer_write_file(const char *path, const char *text, size_t bytes);

/* qp_tokenizer_load_warned — qp_tokenizer_load, with its warning, if it has one, on stderr. */
qp_status qp_tokenizer_load_warned(const char *path, qp_tokenizer **tokenizer);

/* qp_each_line — call `act` for every line of the files, or of stdin (also .gz). Lines end at LF only; every other byte
 * is kept. Needs memory for one line. Stops early, with QP_OK, if `output` cannot be written (main reports it). `place`
 * and `line` give the position. Where a terminal or a pipe has no further line yet, `output` is flushed after the line,
 * so that each line is answered at once. */
typedef struct {
    const char *place;
    int64_t line;
    bool waits;   /* the next line is not there yet: answer this one */
    FILE *output; /* may be NULL */
} qp_line_place;

qp_status qp_each_line(char *const *file, int count, qp_line_place *at,
                       qp_status (*act)(void *self, char *line, size_t bytes), void *self);

/* qp_line_failed — the status of `act` for this line, its place put before the message. */
qp_status qp_line_failed(const qp_line_place *at, qp_status status);

/* qp_each_line_by — the same with several workers, a megabyte of lines at a time: `act` gets the self of a worker,
 * whose `at` has the position and the output. The outputs are written in the order of the lines, up to the first that
 * fails, so the result does not depend on the number of workers. */
typedef struct {
    void *self;
    qp_line_place *at; /* inside self */
} qp_line_worker;

qp_status qp_each_line_by(char *const *file, int count, qp_line_place *at, const qp_line_worker *worker, int workers,
                          qp_status (*act)(void *self, char *line, size_t bytes));

/* qp_count_lines — the words of all lines, counted by as many workers as OpenMP has threads; they and their order are
 * those that one finds. `count` adds the words of one line, whose end may be written to. */
qp_status qp_count_lines(char *const *file, int count_of_files, const void *self,
                         qp_status (*count)(const void *self, char *line, size_t bytes, qp_word_counts *words),
                         qp_word_counts *words);

#endif
