#ifndef QP_WORD_VECTORS_H
#define QP_WORD_VECTORS_H

#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/view.h"

/* word_vectors — reads files of word vectors in the memory of one record, plain or gzipped.
 *
 * word2vec, fastText .vec   "WORDS WIDTH" in the first line, then one line per word: the word, WIDTH numbers
 * GloVe                     the same without the first line; a word may hold spaces
 * word2vec, binary          "WORDS WIDTH" in the first line, then per word: LFs (may be absent), the word, a space,
 *                           WIDTH little-endian floats
 * Which of them a file is follows from its first two records. It is opened twice, so it cannot be a pipe.
 * Sources: Mikolov et al. 2013; Pennington et al. 2014; Bojanowski et al. 2017 and the programs they describe. */
typedef struct qp_word_vectors qp_word_vectors;

enum { QP_WORD_VECTORS_WIDEST = 65536 };

/* qp_word_vectors_open  — *width is the number of values of every word, 1 .. QP_WORD_VECTORS_WIDEST.
 * qp_word_vectors_next  — the next word, borrowed until the next call; word->text NULL at the end.
 * qp_word_vectors_value — the values of that word, value[width].
 * Errors  QP_EUSAGE: a pipe; QP_EDATA with file and line or record: a header that cannot be true of a file of this
 * size, another number of words than it says, a line with too few or too many numbers, what is not a finite number
 * (words whose values are not asked for are only checked for their form), a word that is empty or not UTF-8, a file
 * that ends inside a record; those of qp_reader. */
qp_status qp_word_vectors_open(const char *path, qp_word_vectors **vectors, int *width);
qp_status qp_word_vectors_next(qp_word_vectors *vectors, qp_text *word);
qp_status qp_word_vectors_value(qp_word_vectors *vectors, float *value);
void qp_word_vectors_close(qp_word_vectors *vectors);

#endif
