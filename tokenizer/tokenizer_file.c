#include "tokenizer/tokenizer_file.h"

#include <stdlib.h>

#include "lib/base/writer.h"
#include "tokenizer/own/ngram_kind.h"
#include "tokenizer/own/own_kind.h"
#include "tokenizer/tokenizer_formats.h"
#include "tokenizer/tokenizer_internal.h"

qp_status qp_tokenizer_save(const qp_tokenizer *tokenizer, const char *path)
{
    char *text;
    size_t bytes;
    qp_writer *writer;
    QP_TRY(qp_tokenizer_to_json(tokenizer, &text, &bytes));
    qp_status status = qp_writer_open(path, &writer);
    if (status == QP_OK) {
        qp_writer_write(writer, text, bytes);
        qp_writer_write(writer, "\n", 1);
        status = qp_writer_commit(writer);
    }
    free(text);
    return status;
}

qp_status qp_tokenizer_load(const char *path, qp_tokenizer **tokenizer)
{
    return qp_tokenizer_import(&(qp_import){.path = {path}, .count = 1}, tokenizer);
}

qp_status qp_tokenizer_load_own(const char *path, qp_tokenizer **tokenizer)
{
    QP_TRY(qp_tokenizer_load(path, tokenizer));
    if ((*tokenizer)->kind == &qp_own_kind || (*tokenizer)->kind == &qp_ngram_kind) return QP_OK;
    qp_tokenizer_free(*tokenizer);
    *tokenizer = NULL;
    return qp_fail(QP_EDATA,
                   "%s: a tokenizer of another project has its own special ids, so no model can be trained with it; "
                   "train one with quipu tokenizer train",
                   path);
}
