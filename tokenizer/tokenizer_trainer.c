#include "tokenizer/tokenizer_trainer.h"

#include "tokenizer/own/ngram_kind.h"
#include "tokenizer/own/own_kind.h"
#include "tokenizer/tokenizer_internal.h"

qp_status qp_tokenizer_train(const qp_tokenizer_config *config, qp_line_source source, void *self,
                             qp_tokenizer_report *report, qp_tokenizer **tokenizer)
{
    qp_own *own = NULL;
    *tokenizer = NULL;
    if (config->type == QP_TOKENIZER_NGRAM) {
        if (config->vocab_size < QP_SPECIAL_COUNT + 2)
            return qp_fail(QP_EUSAGE, "--vocab-size %lld: n-grams need %d or more", (long long)config->vocab_size,
                           QP_SPECIAL_COUNT + 2);
        void *ngrams = qp_ngram_new((int)config->vocab_size, config->lower_case != 0);
        if (!ngrams) return qp_fail(QP_EMEMORY, "out of memory for a tokenizer");
        return qp_tokenizer_wrap(&qp_ngram_kind, ngrams, tokenizer);
    }
    QP_TRY(qp_own_train(config, source, self, report, &own));
    return qp_tokenizer_wrap(&qp_own_kind, own, tokenizer);
}

/* N-grams are not learned; the text is read all the same, so that a file that is missing or damaged is reported. */
static qp_status look_through(qp_file_lines *files)
{
    const char *line = "";
    size_t bytes;
    while (line) QP_TRY(qp_file_lines_next(files, &line, &bytes));
    return QP_OK;
}

qp_status qp_tokenizer_train_files(const qp_tokenizer_config *config, const char *const *path, int count,
                                   qp_tokenizer_report *report, qp_tokenizer **tokenizer)
{
    qp_file_lines files = {.path = path, .count = count};
    qp_status status = config->type == QP_TOKENIZER_NGRAM ? look_through(&files) : QP_OK;
    *tokenizer = NULL;
    if (status == QP_OK) status = qp_tokenizer_train(config, qp_file_lines_next, &files, report, tokenizer);
    qp_file_lines_close(&files);
    return status;
}
