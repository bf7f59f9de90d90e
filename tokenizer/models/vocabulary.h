#ifndef QP_VOCABULARY_H
#define QP_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* vocabulary — pieces and their ids, both ways.
 *
 * Only normal pieces are found by their text. Special pieces never are (a line with "</s>" is ordinary text); a byte
 * piece is one byte, for text that has no normal piece. Continuing pieces (WordPiece) have an index of their own: they
 * occur only inside a word, and are shown with "##" before their text. */
typedef enum { QP_PIECE_NORMAL, QP_PIECE_SPECIAL, QP_PIECE_BYTE, QP_PIECE_CONTINUING } qp_piece_kind;

typedef struct {
    char *text; /* the pieces end to end, with plain spaces */
    size_t text_bytes, text_capacity;
    size_t *start; /* start[id] .. start[id+1]-1 of text */
    size_t start_capacity;
    uint8_t *kind;
    size_t kind_capacity;
    char *shown; /* printable forms, each NUL-terminated */
    size_t shown_bytes, shown_capacity;
    size_t *shown_start;
    size_t shown_start_capacity;
    bool byte_letters; /* every byte is shown as a letter (byte_letters.h) */
    int count;
    struct qp_vocabulary_index *index; /* finds normal and continuing pieces; NULL: none yet */
    int32_t byte_id[256];              /* -1: no piece for this byte */
    int32_t *code_page[0x1100];        /* page c/256, entry c%256: id of the piece of the one code point c, or -1 */
} qp_vocabulary;

void qp_vocabulary_init(qp_vocabulary *v);
void qp_vocabulary_free(qp_vocabulary *v);

/* qp_vocabulary_add — append a piece, its id in *id (may be NULL). A BYTE piece has the byte itself as text and is
 * shown as <0xNN>; a space is shown as U+2581.
 * Errors  QP_EDATA: empty, or a normal piece or byte that was added before, or 2^24 pieces; QP_EMEMORY. */
qp_status qp_vocabulary_add(qp_vocabulary *v, qp_piece_kind kind, const char *text, size_t bytes, int32_t *id);

/* qp_vocabulary_find — the id of the normal piece with this text, or -1.
 * qp_vocabulary_find_kind — the same for NORMAL or CONTINUING pieces.
 * qp_vocabulary_find_code — the same for one code point, without hashing. */
int32_t qp_vocabulary_find(const qp_vocabulary *v, const char *text, size_t bytes);
int32_t qp_vocabulary_find_kind(const qp_vocabulary *v, qp_piece_kind kind, const char *text, size_t bytes);

static inline int32_t qp_vocabulary_find_code(const qp_vocabulary *v, int32_t code)
{
    const int32_t *page = v->code_page[code >> 8];
    return page ? page[code & 255] : -1;
}

/* qp_vocabulary_text — the bytes of a piece; qp_vocabulary_shown — its printable form. Both are borrowed. */
static inline const char *qp_vocabulary_text(const qp_vocabulary *v, int32_t id, size_t *bytes)
{
    *bytes = v->start[id + 1] - v->start[id];
    return v->text + v->start[id];
}

static inline const char *qp_vocabulary_shown(const qp_vocabulary *v, int32_t id)
{
    return v->shown + v->shown_start[id];
}

/* qp_text_of_shown — the text of a printable form (without "##"): U+2581 is a space; with byte_letters, letters are
 * bytes. `out` has room for `bytes` bytes. False: the form contains a space, or a letter that is not a byte. */
bool qp_text_of_shown(bool byte_letters, const char *shown, size_t bytes, char *out, size_t *out_bytes);

#endif
