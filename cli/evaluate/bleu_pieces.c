#include "cli/evaluate/bleu_pieces.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "tokenizer/tokenizer_file.h"

/* Pieces with spaces between them; unknown ones are the text that they came from, so that different ones differ. */
static qp_status split(const void *self, const char *text, size_t bytes, qp_codes *out)
{
    const qp_bleu_splitter *s = self;
    int32_t unknown = qp_tokenizer_special(s->tokenizer)->unknown;
    qp_encoding encoding = {.spans = true};
    qp_status status = qp_tokenizer_encode_into(s->tokenizer, text, bytes, &encoding);
    for (int i = 0; status == QP_OK && i < encoding.count; i++) {
        const char *piece = qp_tokenizer_piece(s->tokenizer, encoding.id[i]);
        qp_text view = {piece, strlen(piece)};
        if (encoding.id[i] == unknown) view = (qp_text){text + encoding.begin[i], encoding.end[i] - encoding.begin[i]};
        if (i) qp_codes_push(out, ' ');
        qp_codes_read(out, view, false);
    }
    qp_encoding_free(&encoding);
    return status;
}

qp_status qp_bleu_pieces_open(const char *name, qp_bleu_splitter *splitter, qp_bleu_config *bleu)
{
    *splitter = (qp_bleu_splitter){.tokenizer = NULL};
    bleu->pieces = NULL;
    if (!qp_file_exists(name)) return qp_bleu_tokenizer_find(name, &bleu->tokenizer);
    QP_TRY(qp_tokenizer_load(name, &splitter->tokenizer));
    const char *slash = strrchr(name, '/');
    snprintf(splitter->name, sizeof splitter->name, "%.79s", slash ? slash + 1 : name);
    splitter->pieces = (qp_bleu_pieces){splitter->name, splitter, split};
    bleu->pieces = &splitter->pieces;
    return QP_OK;
}

void qp_bleu_pieces_close(qp_bleu_splitter *splitter)
{
    qp_tokenizer_free(splitter->tokenizer);
    *splitter = (qp_bleu_splitter){.tokenizer = NULL};
}
