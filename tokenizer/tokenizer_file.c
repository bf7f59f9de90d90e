#include "tokenizer/tokenizer_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/file.h"
#include "lib/base/writer.h"
#include "tokenizer/tokenizer_formats.h"

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

/* The files of a folder, the most complete description first. */
static qp_status load_folder(const char *folder, qp_tokenizer **tokenizer)
{
    static const char *const single[] = {"tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
                                         "vocab.txt"};
    char first[1100], second[1100];
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        snprintf(first, sizeof first, "%s/%s", folder, single[i]);
        if (qp_file_exists(first)) return qp_tokenizer_import(&(qp_import){.path = {first}, .count = 1}, tokenizer);
    }
    snprintf(first, sizeof first, "%s/vocab.json", folder);
    snprintf(second, sizeof second, "%s/merges.txt", folder);
    if (qp_file_exists(first) && qp_file_exists(second))
        return qp_tokenizer_import(&(qp_import){.path = {first, second}, .count = 2}, tokenizer);
    return qp_fail(
        QP_ENOINPUT,
        "%s: no tokenizer in this folder; it needs tokenizer.json, tokenizer.model, spiece.model, vocab.txt, "
        "or vocab.json and merges.txt",
        folder);
}

qp_status qp_tokenizer_load(const char *path, qp_tokenizer **tokenizer)
{
    *tokenizer = NULL;
    if (qp_folder_exists(path)) return load_folder(path, tokenizer);
    return qp_tokenizer_import(&(qp_import){.path = {path}, .count = 1}, tokenizer);
}
