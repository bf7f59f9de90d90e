#include "tokenizer/own/tokenizer_report.h"

#include "lib/base/batch.h"

qp_status qp_own_measure(const qp_own *t, const qp_word_counts *words, qp_tokenizer_report *report)
{
    qp_encoding e = {0};
    qp_own_scratch *scratch = qp_own_scratch_of(&e);
    qp_status status = scratch ? QP_OK : qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text");
    bool bytes_are_usual = t->type == QP_TOKENIZER_BYTE || t->type == QP_TOKENIZER_BYTE_BPE;
    report->tokens = report->unknown_tokens = report->byte_tokens = 0;
    for (size_t w = 0; w < words->count && status == QP_OK; w++) {
        const struct qp_word *word = &words->word[w];
        e.count = 0;
        status = qp_own_add_segment(t, words->text + word->start, word->bytes, scratch, &e);
        for (int i = 0; status == QP_OK && i < e.count; i++) {
            report->unknown_tokens += e.id[i] == QP_UNK ? word->count : 0;
            bool byte = t->vocabulary.kind[e.id[i]] == QP_PIECE_BYTE && !bytes_are_usual;
            report->byte_tokens += byte ? word->count : 0;
        }
        report->tokens += word->count * e.count;
    }
    qp_encoding_free(&e);
    return status;
}
