#ifndef QP_CONLL_H
#define QP_CONLL_H

#include <stdint.h>
#include <stdio.h>

#include "data/text/corpus.h"
#include "data/text/labels.h"

/* conll — sentences as columns: one word a line, sentences parted by blank lines (.gz as it is, "-" is standard input).
 * The whole file is held in memory, so that it can be written back with predicted tags and all else as it was.
 *
 * CoNLL-U   ten columns parted by TABs: the word is column 2, its tag column 4 (UPOS) unless told otherwise. Lines that
 *           begin with # are comments; ranges (1-2) and empty nodes (1.1) are kept, but are no words.
 * TABs      any other number of columns; the word is column 1, the tag the last one. A word may be a space, or nothing.
 *           Comments begin with #, and hold no TAB or begin with "## ".
 * spaces    the same, parted by spaces, where no line holds a TAB between words. A line beginning with # is a comment
 *           unless it has as many columns as the words.
 * Which it is is told by the first line that is neither blank nor begins with #. Lines of nothing but spaces and TABs
 * are blank. Lines of -DOCSTART- are kept, but are no words.
 * A file of one column has words alone. */
typedef struct {
    int64_t line;          /* in the file, from 1 */
    size_t word, word_end; /* bytes of text */
    size_t tag, tag_end;   /* the column of the tag; equal where the file has none */
} qp_conll_word;

typedef struct {
    char *path;
    char *text; /* every line, its end a LF */
    size_t bytes, capacity;
    int columns, tag_column; /* tag_column from 1; 0: the file has words alone, and tags are written behind them */
    char separator;          /* between columns */
    qp_conll_word *word;
    int64_t words, word_capacity;
    int64_t *start; /* [sentences + 1]: words of sentence i are start[i] .. start[i+1]-1; none is empty */
    int64_t sentences, start_capacity;
} qp_conll;

/* qp_conll_read — tag_column from 1; 0: the usual one of the format.
 * Errors  QP_EDATA: a line with another number of columns than the first (both are told, with the line), not UTF-8, no
 *         word at all; QP_EUSAGE: no such column, or it holds the words; those of qp_reader; QP_EMEMORY. */
qp_status qp_conll_read(const char *path, int tag_column, qp_conll **conll);
void qp_conll_free(qp_conll *conll);

/* qp_conll_pieces — a sentence as ids for a tagger: the pieces of each word, encoded by itself; a word that has none is a
 * QP_UNK. The caller frees both.
 * id      [*count] without QP_EOS       read    [words of the sentence] the first piece of each word
 * Errors  those of the codec, with file and line; QP_EMEMORY. */
qp_status qp_conll_pieces(const qp_conll *conll, int64_t sentence, const qp_text_codec *codec, int32_t **id, int *count,
                          int32_t **source_row);

/* qp_conll_corpus — source: the pieces of each sentence and QP_EOS; target: the tag of each word, -1 where it is ignored
 * (statistics.unseen); read: the first piece of each word. corpus->answers is true; statistics.lines counts sentences.
 * A sentence longer than max_length is left out, or keeps the words whose first piece is inside (QP_LONG_CUT).
 * Errors  as qp_conll_pieces and qp_labels_number; QP_EDATA for a file without tags. */
typedef struct {
    const qp_text_codec *codec;
    int max_length; /* tokens of a sentence with QP_EOS; 0: any */
    qp_long_policy when_longer;
    qp_labels *labels;
    qp_label_policy policy;
} qp_conll_options;
qp_status qp_conll_corpus(const qp_conll *conll, const qp_conll_options *options, qp_corpus *corpus);

/* qp_conll_write — the file with other tags: tag[w] of word w, in the column of the tag, or in a new last one; every
 * other line and column as it was read (line ends are LF). Errors stay in the stream. */
void qp_conll_write(const qp_conll *conll, const char *const *tag, FILE *stream);

/* qp_conll_lines — the words of each sentence with one space between, for learning a tokenizer: a qp_line_source
 * (tokenizer/tokenizer_trainer.h) whose self is this struct, made of a qp_conll and zeros; free `line` behind it. */
typedef struct {
    const qp_conll *conll;
    int64_t sentence;
    char *line;
    size_t capacity;
} qp_conll_lines;
qp_status qp_conll_lines_next(void *self, const char **line, size_t *bytes);

#endif
