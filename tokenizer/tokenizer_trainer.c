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
        void *ngrams = qp_ngram_new((int)config->vocab_size, config->lower_case != 0);
        if (!ngrams) return qp_fail(QP_EMEMORY, "out of memory for a tokenizer");
        return qp_tokenizer_wrap(&qp_ngram_kind, ngrams, tokenizer);
    }
    QP_TRY(qp_own_train(config, source, self, report, &own));
    return qp_tokenizer_wrap(&qp_own_kind, own, tokenizer);
}

qp_status qp_tokenizer_train_files(const qp_tokenizer_config *config, const char *const *path, int count,
                                   qp_tokenizer_report *report, qp_tokenizer **tokenizer)
{
    qp_file_lines files = {.path = path, .count = count};
    qp_status status = qp_tokenizer_train(config, qp_file_lines_next, &files, report, tokenizer);
    qp_file_lines_close(&files);
    return status;
}
