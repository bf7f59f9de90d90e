#include "lib/import/gguf/gguf_package.h"

#include "lib/import/gguf/gguf_model.h"
#include "lib/import/gguf/gguf_vocabulary.h"
#include "lib/import/hf_package.h"
#include "tokenizer/tokenizer_file.h"

/* The tokenizer with its roles; another one than that of the file puts nothing before a text. */
static qp_status read_tokenizer(const qp_gguf *file, const char *other, qp_gguf_roles *roles, qp_tokenizer **tokenizer)
{
    *roles = (qp_gguf_roles){-1, -1, -1, -1, false};
    if (*other) return qp_tokenizer_load(other, tokenizer);
    QP_TRY(qp_gguf_read_roles(file, roles));
    QP_TRY(qp_gguf_tokenizer(file, roles, tokenizer));
    qp_status status = qp_import_set_roles(*tokenizer, roles->begin, roles->end, roles->pad);
    if (status != QP_OK) qp_tokenizer_free(*tokenizer);
    return status;
}

static qp_status read_package(const char *path, const qp_gguf *file, const char *other, qp_package *p)
{
    qp_gguf_roles roles;
    qp_tokenizer *tokenizer;
    qp_model *model;
    QP_TRY(read_tokenizer(file, other, &roles, &tokenizer));
    qp_package_set_tokenizers(p, NULL, tokenizer);
    if (qp_tokenizer_special(tokenizer)->end < 0)
        return qp_fail(QP_EDATA, "%s: tokenizer.ggml.eos_token_id: missing; no token ends a text", path);
    QP_TRY(qp_gguf_model(file, roles.begins, &model));
    qp_package_set_model(p, model);
    return qp_import_check_rows(path, tokenizer, qp_model_config_of(model)->tgt_vocab_size);
}

qp_status qp_gguf_package(const char *path, const char *tokenizer, qp_package **package)
{
    qp_gguf *file;
    qp_package *p = NULL;
    *package = NULL;
    QP_TRY(qp_gguf_open(path, &file));
    qp_status status = qp_package_new(&p);
    if (status == QP_OK) status = read_package(path, file, tokenizer, p);
    qp_gguf_close(file);
    if (status == QP_OK)
        *package = p;
    else
        qp_package_free(p);
    return status;
}
