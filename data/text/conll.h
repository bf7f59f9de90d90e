#ifndef QP_CONLL_H
#define QP_CONLL_H

#include <stdint.h>
#include <stdio.h>

#include "data/text/corpus.h"
#include "data/text/labels.h"
#include "lib/cluster/cluster.h"

/* conll — sentences in columns: one word per line, sentences separated by blank lines or the end of the file (also
 * .gz; "-" is standard input; a list of files, see file_list.h, is one text). All of it stays in memory, so that it
 * can be written back with other tags and nothing else changed.
 *
 * CoNLL-U   ten columns separated by TABs: the word is column 2, its tag column 4 (UPOS) by default. Lines that begin
 *           with # are comments; ranges (1-2) and empty nodes (1.1) are kept, but are not words.
 * TABs      any other number of columns; the word is column 1, the tag the last one. A word may be a space or empty.
 *           Comments begin with #, and contain no TAB or begin with "## ".
 * spaces    the same with spaces as separators, if no line has a TAB between words. A line that begins with # is a
 *           comment unless it has as many columns as the words.
 * The first line that is not blank and does not begin with # decides the format. Lines of only spaces and TABs are
 * blank. Lines of -DOCSTART- are kept, but are not words.
 * A file with one column has words without tags. */
typedef struct {
    const char *path;      /* of its file */
    int64_t line;          /* in the file, from 1 */
    size_t word, word_end; /* byte range in text */
    size_t tag, tag_end;   /* the column of the tag; empty range if there is none */
} qp_conll_word;

typedef struct {
    char *path;
    size_t begin; /* in text */
    int64_t line; /* of what begins there, from 1 */
} qp_conll_file;

typedef struct {
    qp_conll_file *file; /* [files] the first one is named in messages about all of it */
    int files;
    size_t file_capacity;
    char *text; /* all lines, each ending in LF */
    size_t bytes, capacity;
    int columns, tag_column; /* tag_column from 1; 0: words without tags; written tags follow the word */
    char separator;          /* between columns */
    qp_conll_word *word;
    int64_t words;
    size_t word_capacity;
    int64_t *start; /* [sentences + 1]: words of sentence i are start[i] .. start[i+1]-1; none is empty */
    int64_t sentences;
    size_t start_capacity;
    qp_cluster *cluster; /* ranks that have a part of the sentences each; NULL: all are here */
} qp_conll;

/* qp_conll_read — read a file. tag_column from 1; 0: the default of the format.
 * Errors  QP_EDATA: a line whose number of columns differs from the first, invalid UTF-8, no words; QP_EUSAGE: no such
 *         column, or it is the column of the words; those of qp_reader; QP_EMEMORY. */
qp_status qp_conll_read(const char *path, int tag_column, qp_conll **conll);

/* qp_conll_read_shared — by several ranks, each its part of the sentences; files that can be read only once, by all.
 * Collective.   Errors  those of qp_conll_read. */
qp_status qp_conll_read_shared(const char *path, int tag_column, qp_cluster *cluster, qp_conll **conll);

void qp_conll_free(qp_conll *conll);

/* qp_conll_keep — drop the sentences of the other part; the text stays. */
void qp_conll_keep(qp_conll *conll, qp_held_out part);

/* qp_conll_pieces — a sentence as ids for a tagger: the pieces of each word, encoded separately; a word without pieces
 * becomes the unknown token. The caller frees both arrays.
 * id          [*count] without the end
 * source_row  [words of the sentence] index of the first piece of each word
 * Errors  those of the codec, with file and line; QP_EMEMORY. */
qp_status qp_conll_pieces(const qp_conll *conll, int64_t sentence, const qp_text_codec *codec, int32_t **id, int *count,
                          int32_t **source_row);

/* qp_conll_corpus — a corpus for a tagger. source: the pieces of each sentence and the end; target: the tag of each
 * word, -1 if it is ignored (counted in statistics.unseen); source_row: the first piece of each word. corpus->answers
 * is true; statistics.lines counts sentences. A sentence longer than max_length is skipped, or keeps the words whose
 * first piece fits (QP_LONG_CUT).
 * Errors  as qp_conll_pieces and qp_labels_number; QP_EDATA for a file without tags. */
typedef struct {
    const qp_text_codec *codec;
    int max_length; /* tokens of a sentence with the end; 0: unlimited */
    qp_long_policy when_longer;
    qp_labels *labels;
    qp_label_policy policy;
    bool by_file; /* keep the number of each sentence's file */
    bool spread;  /* of several ranks: each keeps the sentences that it read (corpus_share.h) */
} qp_conll_options;
qp_status qp_conll_corpus(const qp_conll *conll, const qp_conll_options *options, qp_corpus *corpus);

/* qp_conll_write — write the file with other tags: tag[w] of word w in the tag column, or in a new last column; all
 * other lines and columns are unchanged (line ends are LF). Errors stay in the stream. */
void qp_conll_write(const qp_conll *conll, const char *const *tag, FILE *stream);

/* qp_conll_lines — the words of each sentence joined by spaces, to train a tokenizer: a source of lines whose self is
 * this struct, initialized with a qp_conll and zeros; free `line` afterwards. */
typedef struct {
    const qp_conll *conll;
    int64_t sentence;
    char *line;
    size_t capacity;
} qp_conll_lines;
qp_status qp_conll_lines_next(void *self, const char **line, size_t *bytes);

#endif
