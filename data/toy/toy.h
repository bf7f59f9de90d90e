#ifndef QP_TOY_H
#define QP_TOY_H

#include <stdint.h>

#include "lib/base/status.h"

/* toy — the corpora of `quipu demo` and of the tests: made here, from nothing but a seed.
 *
 * Korean-English: sentences of the small grammar in toy_grammar.h, split by combination (subject, verb and object,
 * place or adjective): a combination belongs to one of the three parts and never occurs in another, so that validation
 * and test ask for sentences nobody has ever seen. Every word of them occurs in training. No sentence occurs twice, and
 * no sentence of one language has two translations. */

typedef enum { QP_TOY_TRAIN, QP_TOY_VALID, QP_TOY_TEST, QP_TOY_PARTS } qp_toy_part;

typedef struct {
    const char *korean, *english, *combination;
} qp_toy_pair;

typedef struct qp_toy qp_toy;

/* qp_toy_new — make the corpus that belongs to `seed`, in memory (about 200 bytes a pair).
 * pairs   how many of each part; NULL for 6,000, 300 and 500. At most 20,000 in all, at least 2,000 for training.
 * Errors  QP_EUSAGE (numbers out of bounds), QP_EMEMORY, QP_EBUG (the grammar has not so many sentences).
 * qp_toy_count, qp_toy_get — number and content of the pairs of a part; borrowed, index below the count. */
qp_status qp_toy_new(uint64_t seed, const int pairs[QP_TOY_PARTS], qp_toy **toy);
int qp_toy_count(const qp_toy *toy, qp_toy_part part);
qp_toy_pair qp_toy_get(const qp_toy *toy, qp_toy_part part, int index);
void qp_toy_free(qp_toy *toy);

/* qp_toy_write — the corpus of `seed` as plain files in `folder` (made if absent): train.ko train.en valid.ko valid.en
 * test.ko test.en, one sentence a line. Errors: those of qp_toy_new, QP_ECREATE, QP_EIO. */
qp_status qp_toy_write(const char *folder, uint64_t seed, const int pairs[QP_TOY_PARTS]);

/* qp_toy_reverse_write — JoeyNMT's task of reversing: lines of 1..25 numbers 0..49, separated by blanks, and the same
 * numbers from last to first. Files train.src train.trg valid.src valid.trg test.src test.trg; no source of validation
 * or test occurs in training, none twice.
 * lines   how many of each part; NULL for 50,000, 1,000 and 1,000; at most 10 million each.
 * Source  Kreutzer, Bastings & Riezler 2019, Joey NMT. */
qp_status qp_toy_reverse_write(const char *folder, uint64_t seed, const int lines[QP_TOY_PARTS]);

#endif
