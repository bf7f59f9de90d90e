#ifndef QP_TRAIN_TOKENIZER_H
#define QP_TRAIN_TOKENIZER_H

#include "lib/run/train_data.h"
#include "tokenizer/tokenizer_trainer.h"

/* train_tokenizer — a run's tokenizer: from an earlier session of the run, a file, another model, or learned from the
 * training text. */
typedef struct {
    const char *folder; /* of the run; NULL: none, nothing is read or written there */
    const char *side;   /* "source", "target", "shared": its file in the folder is tokenizer-SIDE.json */
    const char *name;   /* of --tokenizer: a type to learn, or the file of a tokenizer or model */
    bool target;        /* of a model's two tokenizers, take the target's */
    bool mask, unknown; /* roles that this vocabulary needs */
    qp_cluster *cluster; /* ranks that make it together; NULL: this process alone */
} qp_tokenizer_wish;

/* The text to learn it from. */
typedef struct {
    qp_line_source next;
    void *self;
    qp_counts_join join; /* of the ranks, if each has a part of the text */
} qp_tokenizer_text;

/* qp_train_wish — for one side of a task.   target: of the text that the decoder writes. */
qp_tokenizer_wish qp_train_wish(const qp_train_settings *settings, const qp_train_data *data, const char *folder,
                                const char *side, bool target);

/* qp_train_tokenizer — load or learn one. Of several ranks, rank 0 has the folder, and all get the same. Collective.
 * Errors  QP_EUSAGE, QP_ENOINPUT: no such type or file; those of the parts. */
qp_status qp_train_tokenizer(const qp_job_config *job, const qp_tokenizer_wish *wish, const qp_tokenizer_text *text,
                             qp_tokenizer **tokenizer);

/* qp_train_print_special — a line about the special tokens of a tokenizer of another project; of others nothing. */
void qp_train_print_special(const qp_tokenizer *tokenizer, FILE *stream);

#endif
