#ifndef QP_OWN_TRAINER_H
#define QP_OWN_TRAINER_H

#include "lib/base/status.h"
#include "tokenizer/learn/line_counts.h"
#include "tokenizer/own/own.h"
#include "tokenizer/own/tokenizer_config.h"

/* own_trainer — learn an own tokenizer from lines of text, read once. Memory grows with the distinct words. The result
 * depends only on the text and the settings, not on the order of the lines. */

/* What training saw. The token counts are those of the training text, encoded by the new tokenizer; with `text_only`
 * they stay 0, which saves that encoding. `progress`, if it is set, is called from time to time with the current stage
 * and the bytes read so far. `join`: the source has a part of the text (line_counts.h). Zero the rest before. */
typedef struct {
    int64_t lines, bytes, words, distinct_words, characters, uncovered_characters;
    int64_t tokens, unknown_tokens, byte_tokens;
    bool text_only;
    void (*progress)(void *self, const char *stage, int64_t bytes);
    void *progress_self;
    qp_counts_join join;
} qp_tokenizer_report;

/* qp_own_train — learn a tokenizer; report may be NULL.
 * Errors   QP_EUSAGE: vocab_size is too small for the special pieces and the characters (the message has the minimum);
 *          QP_EMEMORY; those of the source. */
qp_status qp_own_train(const qp_tokenizer_config *config, qp_line_source source, void *self,
                       qp_tokenizer_report *report, qp_own **tokenizer);

#endif
