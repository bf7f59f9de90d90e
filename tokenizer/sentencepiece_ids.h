#ifndef QP_SENTENCEPIECE_IDS_H
#define QP_SENTENCEPIECE_IDS_H

#include "tokenizer/bpe.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/word_table.h"

/* sentencepiece_ids — the ids alone of a sentencepiece model, several times as fast as with spans: text that the rules
 * leave alone is copied; BPE joins ids that are known to fit instead of looking for texts, and finds a word that is a
 * piece of its own by one look. The ids are those of qp_sentencepiece_encode. */
typedef struct qp_sentencepiece_fast {
    uint8_t *plain;     /* charsmap_plain.h; NULL: the slow way for all */
    bool joins;         /* BPE by pairs is possible */
    qp_bpe bpe;         /* all ways to join two pieces to one, ranked by its score */
    uint8_t *whole;     /* of each piece: a word spelled like it becomes just this piece */
    qp_word_table word; /* these, if short */
    size_t longest;     /* of these words, in bytes */
} qp_sentencepiece_fast;

/* Memory of one caller; zero it before the first use. */
typedef struct {
    qp_mapped_text normal;
    qp_bpe_scratch bpe;
    qp_unigram_path path;
    uint32_t *covered; /* bytes of each symbol */
    size_t covered_capacity;
    qp_piece_list pieces;
} qp_sentencepiece_scratch;

void qp_sentencepiece_fast_free(qp_sentencepiece_fast *fast); /* NULL is fine */
void qp_sentencepiece_scratch_free(qp_sentencepiece_scratch *scratch);

/* qp_sentencepiece_fast_make — for a model that is otherwise complete. Errors: QP_EMEMORY. */
qp_status qp_sentencepiece_fast_make(const qp_sentencepiece *model, qp_sentencepiece_fast **fast);

/* qp_sentencepiece_ids — ids of a text into (*id)[0..*count), which grows. Errors: those of qp_sentencepiece_encode. */
qp_status qp_sentencepiece_ids(const qp_sentencepiece *model, qp_sentencepiece_scratch *scratch, const char *text,
                               size_t bytes, int32_t **id, size_t *capacity, size_t *count);

#endif
