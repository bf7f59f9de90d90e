#ifndef QP_SENTENCEPIECE_FAST_H
#define QP_SENTENCEPIECE_FAST_H

#include "lib/base/view.h"
#include "tokenizer/models/bpe.h"
#include "tokenizer/models/word_table.h"
#include "tokenizer/sentencepiece/sentencepiece.h"

/* sentencepiece_fast — what a model prepares to give the ids alone, and the ids while they are made. */
typedef struct qp_sentencepiece_fast {
    uint8_t *plain;     /* charsmap_plain.h; NULL: every text goes through the rules */
    bool joins;         /* BPE can join pairs of ids */
    qp_bpe bpe;         /* all ways to join two pieces, ranked by the score of the result */
    int32_t *letter;    /* of each code point below U+10000: its piece in BPE, any number >= 0 in unigram; -1: the rules
                         * may change it, or it is no piece. NULL: the input cannot be read without a copy */
    int32_t sign_id;    /* the piece of the space sign alone */
    qp_word_table word; /* words after one space that are a single piece for certain */
} qp_sentencepiece_fast;

/* A word of a unigram table is certain while the absolute score of the path before it is below QP_CERTAIN_SCORE: a path
 * through the word makes at most 19 additions, each with an error of at most 2^-7, and the word beats every other path
 * by QP_CERTAIN_MARGIN. */
enum { QP_CERTAIN_SCORE = 1 << 17, QP_CERTAIN_MARGIN = 1 };

/* Memory of one thread; all zero before the first use. */
typedef struct {
    qp_mapped_text normal;
    qp_bpe_scratch bpe;
    qp_unigram_path path;
    uint32_t *covered; /* bytes of each symbol */
    size_t covered_capacity;
    qp_encoding pieces;
} qp_sentencepiece_scratch;

void qp_sentencepiece_fast_free(qp_sentencepiece_fast *fast); /* NULL is fine */
void qp_sentencepiece_scratch_free(qp_sentencepiece_scratch *scratch);

/* The ids of a text while they are made. */
typedef struct {
    const qp_sentencepiece *model;
    qp_sentencepiece_scratch *scratch;
    qp_id_list ids; /* has room for one id per byte of text left, and two more */
    float score;    /* of the unigram path so far */
    bool after_unknown;
} qp_sentencepiece_run;

/* qp_sentencepiece_put — appends the id of text[0..bytes); an unknown text becomes byte pieces, or one id for a run of
 * unknown texts. */
static inline void qp_sentencepiece_put(qp_sentencepiece_run *list, const char *text, size_t bytes, int32_t id)
{
    const qp_sentencepiece *m = list->model;
    if (id >= 0 && id != m->unknown_id) {
        list->ids.id[list->ids.count++] = id;
        list->after_unknown = false;
        return;
    }
    if (m->byte_fallback) {
        for (size_t i = 0; i < bytes; i++) list->ids.id[list->ids.count++] = m->byte_id[(unsigned char)text[i]];
    } else if (!list->after_unknown) {
        list->ids.id[list->ids.count++] = m->unknown_id;
    }
    list->after_unknown = true;
}

/* qp_sentencepiece_fast_make — for a model that is otherwise complete.  Errors: QP_EMEMORY. */
qp_status qp_sentencepiece_fast_make(const qp_sentencepiece *model, qp_sentencepiece_fast **fast);

#endif
