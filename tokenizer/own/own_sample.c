#include "lib/base/random.h"
#include "tokenizer/own/own.h"
#include "tokenizer/own/own_file.h"
#include "tokenizer/own/own_kind.h"

qp_status qp_own_sample(const void *self, qp_text text, const qp_tokenizer_random *how, uint64_t key, uint64_t counter,
                        qp_encoding *e)
{
    const qp_own *t = self;
    bool merges = t->settings.type == QP_TOKENIZER_BPE || t->settings.type == QP_TOKENIZER_BYTE_BPE;
    if (!merges && t->settings.type != QP_TOKENIZER_UNIGRAM)
        return qp_fail(QP_EUSAGE, "tokenizer: random segmentations are made by bpe, byte-bpe and unigram; this is %s",
                       qp_own_type_name[t->settings.type]);
    if (!merges && how->among > 0)
        return qp_fail(QP_EUSAGE, "tokenizer: drawing among the best is for sentencepiece models; draw from all");
    qp_own_scratch *s = qp_own_scratch_of(e);
    if (!s) return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    qp_random_merges random = {.dropout = how->dropout, .key = qp_random_key(key, counter)};
    s->random = &random;
    s->alpha = how->alpha;
    qp_status status = qp_own_encode(t, text, e);
    s->random = NULL;
    return status;
}
