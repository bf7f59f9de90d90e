#ifndef QP_SUBWORD_NMT_TRAINER_H
#define QP_SUBWORD_NMT_TRAINER_H

#include <stdbool.h>

#include "lib/base/status.h"
#include "tokenizer/learn/word_counts.h"

/* subword_nmt_trainer — codes files, learned as subword-nmt 0.3.8 learns them: of equally frequent pairs the one whose
 * texts are larger by code point. */
typedef struct {
    int64_t symbols; /* merges to learn */
    int64_t least_frequency;
    bool total_symbols; /* symbols counts the characters too, those inside and at the end of words separately */
} qp_subword_nmt_training;

/* qp_subword_nmt_count — count the words of a line; qp_subword_nmt_count_pair — of a line "word count".
 * qp_subword_nmt_learn — the content of the codes file, malloc'ed. Errors: QP_EDATA, QP_EMEMORY. */
qp_status qp_subword_nmt_count(qp_word_counts *words, const char *line, size_t bytes);
qp_status qp_subword_nmt_count_pair(qp_word_counts *words, const char *line, size_t bytes);
qp_status qp_subword_nmt_learn(const qp_subword_nmt_training *training, const qp_word_counts *words, char **codes,
                               size_t *bytes);

#endif
