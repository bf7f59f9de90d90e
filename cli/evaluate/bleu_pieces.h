#ifndef QP_CLI_BLEU_PIECES_H
#define QP_CLI_BLEU_PIECES_H

#include "lib/metric/bleu.h"
#include "tokenizer/tokenizer.h"

/* bleu_pieces — `evaluate --tokenize FILE`: BLEU over the pieces of a tokenizer, as sacreBLEU's `spm` tokenizers
 * compute it with their own model.
 *
 * qp_bleu_pieces_open — how BLEU splits lines: `name` is one of bleu_tokenizer.h, or a tokenizer's file. The splitter
 *   is freed with qp_bleu_pieces_close and must outlive the scores.
 *   Errors  those of qp_bleu_tokenizer_find and of qp_tokenizer_load. */
typedef struct {
    qp_bleu_pieces pieces;
    qp_tokenizer *tokenizer;
    char name[80];
} qp_bleu_splitter;

qp_status qp_bleu_pieces_open(const char *name, qp_bleu_splitter *splitter, qp_bleu_config *bleu);
void qp_bleu_pieces_close(qp_bleu_splitter *splitter);

#endif
