#ifndef QP_ENCODING_H
#define QP_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/array.h"
#include "lib/base/status.h"

/* encoding — the result of encoding one text, and the memory that making it needs.
 *
 * Zero it before the first use (set `spans` if they are wanted); use it for any number of texts, by one thread at a
 * time. Piece i came from bytes begin[i] .. end[i]-1 of the text as given. */
typedef struct {
    int count;
    int32_t *id;
    bool spans;
    uint32_t *begin, *end;
    int32_t *type_id, *sequence;                /* filled by encode_pair; sequence -1: a special token was added */
    uint32_t *first_character, *last_character; /* filled by qp_encoding_characters */
    size_t id_capacity, begin_capacity, end_capacity, type_capacity, sequence_capacity;
    size_t first_capacity, last_capacity;
    void *scratch; /* of the kind of tokenizer that encoded last; see qp_encoding_scratch */
    void (*scratch_free)(void *scratch);
} qp_encoding;

void qp_encoding_free(qp_encoding *encoding);

/* qp_encoding_characters — spans in characters beside those in bytes (first_character .. last_character-1 of `text`,
 * the text that was encoded): a piece that covers only some bytes of a character covers the character. A byte that is
 * not UTF-8 counts as a character. Errors: QP_EMEMORY; QP_EUSAGE: there are no spans. */
qp_status qp_encoding_characters(const char *text, size_t bytes, qp_encoding *encoding);

/* One place of an encoding with everything that may be known of it. */
typedef struct {
    int32_t id, type_id, sequence;
    uint32_t begin, end;
} qp_token;

/* For the kinds of tokenizers, which fill encodings:
 * qp_encoding_reserve — room for `count` ids, and for as many spans where they are wanted.
 * qp_encoding_add     — append an id; its span is set later.
 * qp_encoding_add_span — append an id with its span, whether spans are wanted or not.
 * qp_encoding_add_token, qp_encoding_token — append an id with all that is known of it; get token i back. An encoding
 *                       is filled by one of the three functions that add.
 * qp_encoding_insert  — insert `count` equal tokens before token `at`.
 * qp_encoding_keep    — drop all but tokens first .. first+count-1.
 * qp_encoding_scratch — the working memory of one kind, `bytes` long, zeroed at first and kept from text to text;
 *                       `release` frees it and identifies its kind. NULL: no memory.
 * Errors  QP_EMEMORY. */
qp_status qp_encoding_reserve(qp_encoding *encoding, size_t count);
qp_status qp_encoding_add_span(qp_encoding *encoding, int32_t id, uint32_t begin, uint32_t end);
qp_status qp_encoding_add_token(qp_encoding *encoding, qp_token token);
qp_status qp_encoding_insert(qp_encoding *encoding, int at, int count, qp_token token);
void qp_encoding_keep(qp_encoding *encoding, int first, int count);
void *qp_encoding_scratch(qp_encoding *encoding, size_t bytes, void (*release)(void *scratch));

static inline qp_token qp_encoding_token(const qp_encoding *e, int i)
{
    return (qp_token){e->id[i], e->type_id[i], e->sequence[i], e->begin[i], e->end[i]};
}

static inline qp_status qp_encoding_add(qp_encoding *encoding, int32_t id)
{
    size_t count = (size_t)encoding->count + 1;
    if (count > encoding->id_capacity) QP_TRY(qp_encoding_reserve(encoding, count));
    encoding->id[encoding->count++] = id;
    return QP_OK;
}

#endif
