#ifndef QP_SENTENCEPIECE_TRAINER_FILE_H
#define QP_SENTENCEPIECE_TRAINER_FILE_H

#include "tokenizer/models/charsmap.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"

/* sentencepiece_trainer_file — the .model file of a trained vocabulary. Source: sentencepiece_model.proto. */
typedef struct {
    const char *text;
    size_t bytes;
    float score;
    int type; /* QP_SPM_NORMAL... */
} qp_spm_piece;

/* qp_sentencepiece_model_write — pieces in order of id, with the normalisation rules that the configuration names;
 * *content is malloc'ed.  Errors: QP_EMEMORY. */
qp_status qp_sentencepiece_model_write(const qp_sentencepiece_config *config, const qp_sentencepiece_symbols *symbols,
                                       const qp_charsmap *rules, const qp_spm_piece *piece, size_t count,
                                       char **content, size_t *bytes);

#endif
