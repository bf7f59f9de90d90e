#ifndef QP_SENTENCEPIECE_IDS_H
#define QP_SENTENCEPIECE_IDS_H

#include "tokenizer/models/bpe.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/models/word_table.h"

/* sentencepiece_ids — the ids alone of a sentencepiece model, several times as fast as with spans: text that the rules
 * leave alone is read word by word as it stands; a word that is a piece of its own is found by one look, BPE joins the
 * others on ids that are known to fit instead of looking for texts. The ids are those of qp_sentencepiece_encode. */
typedef struct qp_sentencepiece_fast {
    uint8_t *plain;     /* charsmap_plain.h; NULL: the slow way for all */
    bool joins;         /* BPE by pairs is possible */
    qp_bpe bpe;         /* all ways to join two pieces to one, ranked by its score */
    int32_t *letter;    /* of each code point below U+10000: 0 and up left alone by the rules and, in BPE, the piece of
                         * it; -1: not so. NULL: words cannot be read as they stand */
    int32_t sign_id;    /* the piece that shows a space alone */
    qp_word_table word; /* words behind one space that are a piece: in BPE always, in unigram beyond rounding errors */
} qp_sentencepiece_fast;

/* Up to this absolute score of the path before it, a word of a unigram table wins for certain: each of the at most 19
 * additions of a way through it errs by 2^-7 at most, and it beats every other way by QP_CERTAIN_MARGIN. */
enum { QP_CERTAIN_SCORE = 1 << 17, QP_CERTAIN_MARGIN = 1 };

/* Memory of one caller; zero it before the first use. */
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

/* The ids of a text under way. */
typedef struct {
    const qp_sentencepiece *model;
    qp_sentencepiece_scratch *scratch;
    int32_t *id;
    size_t count, capacity; /* there is always room for one id for each byte of the text left, and two */
    float score;            /* of the unigram path up to here */
    bool after_unknown;
} qp_sentencepiece_id_list;

/* The next id; text[0..bytes) is what it stands for: an unknown becomes bytes, or one id for a whole run of them. */
static inline void qp_sentencepiece_put(qp_sentencepiece_id_list *list, const char *text, size_t bytes, int32_t id)
{
    const qp_sentencepiece *m = list->model;
    if (id >= 0 && id != m->unknown_id) {
        list->id[list->count++] = id;
        list->after_unknown = false;
        return;
    }
    if (m->byte_fallback) {
        for (size_t i = 0; i < bytes; i++) list->id[list->count++] = m->byte_id[(unsigned char)text[i]];
    } else if (!list->after_unknown) {
        list->id[list->count++] = m->unknown_id;
    }
    list->after_unknown = true;
}

/* qp_sentencepiece_chunk_ids — what begins at text[*at], which is the beginning of the text or a space behind a word, up to
 * the next such space, by the rules; *at moves on. Only of use where words can be read as they stand; else and with
 * *at = 0 the whole text. Errors: QP_EDATA (2^29 bytes), QP_EMEMORY.
 * qp_sentencepiece_word_ids — the whole text, word by word; needs fast->letter. Errors: the same. */
qp_status qp_sentencepiece_chunk_ids(qp_sentencepiece_id_list *list, const char *text, size_t bytes, size_t *at);
qp_status qp_sentencepiece_word_ids(qp_sentencepiece_id_list *list, const char *text, size_t bytes);

/* qp_sentencepiece_plain_normal — what qp_sentencepiece_normalize makes, without the way back, in *out, which need not be
 * empty; for models with fast->plain that show spaces as signs before words. Errors: QP_EDATA (2^29 bytes), QP_EMEMORY. */
qp_status qp_sentencepiece_plain_normal(const qp_sentencepiece *model, const char *text, size_t bytes,
                                        qp_mapped_text *out);

/* qp_sentencepiece_fast_make — for a model that is otherwise complete. Errors: QP_EMEMORY. */
qp_status qp_sentencepiece_fast_make(const qp_sentencepiece *model, qp_sentencepiece_fast **fast);

/* qp_sentencepiece_ids — ids of a text into (*id)[0..*count), which grows. Errors: those of qp_sentencepiece_encode. */
qp_status qp_sentencepiece_ids(const qp_sentencepiece *model, qp_sentencepiece_scratch *scratch, const char *text,
                               size_t bytes, int32_t **id, size_t *capacity, size_t *count);

#endif
