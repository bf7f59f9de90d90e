#include "tokenizer/marian_tokenizer.h"

#include <stdlib.h>

#include "lib/base/file.h"
#include "tokenizer/sentencepiece/sentencepiece_kind.h"
#include "tokenizer/sentencepiece/sentencepiece_renumber.h"
#include "tokenizer/tokenizer_internal.h"

enum { LIMIT = 268435456 };

qp_status qp_tokenizer_marian(const char *model, const char *const *name, int count, qp_tokenizer **tokenizer)
{
    char *content;
    size_t bytes;
    qp_sentencepiece *read, *made = NULL;
    *tokenizer = NULL;
    QP_TRY(qp_file_read(model, LIMIT, &content, &bytes));
    qp_status status = qp_sentencepiece_read(model, content, bytes, &read);
    free(content);
    if (status != QP_OK) return status;
    status = qp_sentencepiece_renumber(model, read, name, count, &made);
    qp_sentencepiece_free(read);
    if (status != QP_OK) return status;
    return qp_tokenizer_wrap(&qp_sentencepiece_kind, made, tokenizer);
}

bool qp_tokenizer_is_sentencepiece(const qp_tokenizer *tokenizer) { return tokenizer->kind == &qp_sentencepiece_kind; }
