#ifndef QP_TOY_H
#define QP_TOY_H

#include <stdint.h>

#include "lib/base/status.h"

/* toy — the corpora of `quipu demo` and of the tests, generated from a seed.
 *
 * Korean-English: sentences of the small grammar in toy_grammar.h, split by combination (subject, verb and object,
 * place or adjective): a combination belongs to one of the three parts and never occurs in another, so that validation
 * and test contain only unseen sentences. Every word of them occurs in training. No sentence occurs twice, and
 * no sentence of one language has two translations. */

typedef enum { QP_TOY_TRAIN, QP_TOY_VALID, QP_TOY_TEST, QP_TOY_PARTS } qp_toy_part;

typedef struct {
    const char *korean, *english, *combination;
} qp_toy_pair;

typedef struct qp_toy qp_toy;

/* qp_toy_new — generate the corpus of `seed` in memory (about 200 bytes per pair).
 * pairs   number of each part; NULL for 6,000, 300 and 500. At most 20,000 in all, at least 2,000 for training.
 * Errors  QP_EUSAGE (numbers out of bounds), QP_EMEMORY, QP_EBUG (the grammar has too few sentences).
 * qp_toy_count, qp_toy_get — number and content of the pairs of a part; borrowed, index below the count. */
qp_status qp_toy_new(uint64_t seed, const int pairs[QP_TOY_PARTS], qp_toy **toy);
int qp_toy_count(const qp_toy *toy, qp_toy_part part);
qp_toy_pair qp_toy_get(const qp_toy *toy, qp_toy_part part, int index);
void qp_toy_free(qp_toy *toy);

/* qp_toy_write — the corpus of `seed` as plain files in `folder` (created if absent): train.ko train.en valid.ko
 * valid.en test.ko test.en, one sentence per line. Errors: those of qp_toy_new, QP_ECREATE, QP_EIO. */
qp_status qp_toy_write(const char *folder, uint64_t seed, const int pairs[QP_TOY_PARTS]);

/* qp_toy_reverse_write — Joey NMT's reversal task: lines of 1..25 numbers 0..49, separated by blanks, and the same
 * numbers from last to first. Files train.src train.trg valid.src valid.trg test.src test.trg; no source of validation
 * or test occurs in training, and none occurs twice.
 * lines   number of each part; NULL for 50,000, 1,000 and 1,000; at most 10 million each.
 * Source  Kreutzer, Bastings & Riezler 2019, Joey NMT. */
qp_status qp_toy_reverse_write(const char *folder, uint64_t seed, const int lines[QP_TOY_PARTS]);

#endif
