#ifndef QP_SENTENCEPIECE_H
#define QP_SENTENCEPIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/charsmap.h"
#include "lib/text/normalize.h"
#include "tokenizer/models/encoding.h"
#include "tokenizer/models/piece_texts.h"
#include "tokenizer/models/trie.h"
#include "tokenizer/models/unigram.h"
#include "tokenizer/models/vocabulary.h"

/* sentencepiece — models of Google's sentencepiece, applied as sentencepiece 0.2.3 applies them: the same ids, pieces,
 * offsets and decoded text. Source: github.com/google/sentencepiece, its file format and observed behaviour. */
enum { QP_SPM_NORMAL = 1, QP_SPM_UNKNOWN, QP_SPM_CONTROL, QP_SPM_USER_DEFINED, QP_SPM_UNUSED, QP_SPM_BYTE };
enum { QP_SPM_UNIGRAM = 1, QP_SPM_BPE, QP_SPM_WORD, QP_SPM_CHAR };

typedef struct {
    int model_type;
    bool space_as_suffix, byte_fallback;                       /* trainer_spec */
    bool add_dummy_prefix, remove_extra_spaces, escape_spaces; /* normalizer_spec */
    qp_charsmap rules, back_rules;                             /* of the normalizer and of the denormalizer */
    char *unknown_surface, *piece_name[4];                     /* names of unk, bos, eos, pad */
    qp_vocabulary vocabulary;                                  /* normal pieces are found by text, the others are not */
    float *score;                                              /* by id */
    uint8_t *type;
    size_t score_capacity, type_capacity;
    int unknown_id, bos_id, eos_id, pad_id; /* -1: none */
    int known; /* size of a vocabulary of another list (renumber); the pieces after it are found in texts, but are the
                  unknown piece; 0: of its own */
    int32_t byte_id[256];
    /* computed from the above */
    qp_trie user_defined;
    qp_unigram unigram;
    float *unigram_score, highest_score;
    int32_t *rank;       /* of each piece in BPE: by score, equal scores equal ranks */
    bool cuts_at_spaces; /* no piece crosses a space: words can be encoded one by one */
    bool has_unused;
    qp_piece_texts texts;       /* of each piece inside a line; of byte pieces the byte */
    struct qp_sentencepiece_fast *fast; /* for ids without spans (sentencepiece_ids.h), or NULL */
} qp_sentencepiece;

/* qp_sentencepiece_read — a model from the content of a .model file; `place` begins error messages.
 * Memory  proportional to the content.
 * Errors  QP_EDATA with the reason; QP_EMEMORY. */
qp_status qp_sentencepiece_read(const char *place, const char *content, size_t bytes, qp_sentencepiece **model);
void qp_sentencepiece_free(qp_sentencepiece *model);

/* qp_sentencepiece_normalize — appends the normal form to *out; out->begin gives the origin in the text of each byte,
 * and of the end. */
qp_status qp_sentencepiece_normalize(const qp_sentencepiece *model, const char *text, size_t bytes,
                                     qp_mapped_text *out);
qp_status qp_sentencepiece_encode(const qp_sentencepiece *model, const char *text, size_t bytes, qp_encoding *list);
qp_status qp_sentencepiece_decode(const qp_sentencepiece *model, const int32_t *id, size_t count, bool keep_special,
                                  char **text, size_t *bytes);

/* qp_sentencepiece_add — appends one piece of the normal form to the result; an unknown piece as bytes, or a run of
 * unknown pieces as one id: that of its text in a vocabulary of another list, else the unknown one.
 * unknown  where the run of unknown pieces before this one begins, and 1; 0: the piece before was known (at first) */
qp_status qp_sentencepiece_add(const qp_sentencepiece *model, const qp_mapped_text *normal, size_t begin, size_t end,
                               int32_t id, size_t *unknown, qp_encoding *list);

/* qp_sentencepiece_list_texts — fills model->texts; the last step of reading a model. Errors: QP_EMEMORY, QP_EDATA. */
qp_status qp_sentencepiece_list_texts(qp_sentencepiece *model);

/* qp_sentencepiece_find — the id of a piece, control and byte pieces included; the unknown id if there is none. */
int32_t qp_sentencepiece_find(const qp_sentencepiece *model, const char *piece, size_t bytes);

#endif
