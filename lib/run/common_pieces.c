#include "lib/run/common_pieces.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/hash.h"

typedef struct {
    const char *piece;
    int32_t id;
    bool several; /* pieces have this form */
} entry;

static bool is_free(const entry *e) { return e->piece == NULL; }
static const char *key_of(const void *self, const entry *e) { return (void)self, e->piece; }
static uint64_t hash(const void *self, const char *piece) { return (void)self, XXH3_64bits(piece, strlen(piece)); }
static bool same(const void *self, const entry *e, const char *piece)
{
    return (void)self, strcmp(e->piece, piece) == 0;
}
QP_HASH(piece_table, entry, const char *, const void *, is_free, key_of, hash, same)

static bool fill(const qp_tokenizer *t, piece_table *table)
{
    for (int32_t id = 0, size = qp_tokenizer_size(t); id < size; id++) {
        const char *piece = qp_tokenizer_piece(t, id);
        if (!*piece) continue;
        entry *e = piece_table_place(table, NULL, piece);
        if (!e) return false;
        if (e->piece) {
            e->several = true;
            continue;
        }
        *e = (entry){piece, id, false};
        table->count++;
    }
    return true;
}

/* The id in `theirs` of a special id of `ours`. */
static int32_t by_role(const qp_special_ids *ours, const qp_special_ids *theirs, int32_t id)
{
    if (id == ours->end) return theirs->end;
    if (id == ours->begin) return theirs->begin;
    return id == ours->unknown ? theirs->unknown : theirs->pad;
}

qp_status qp_common_pieces(const qp_tokenizer *ours, const qp_tokenizer *theirs, int32_t **id, int *common)
{
    piece_table mine = {0}, other = {0};
    const qp_special_ids *special = qp_tokenizer_special(ours);
    int size = qp_tokenizer_size(ours);
    *common = 0;
    *id = malloc(((size_t)size + 1) * sizeof **id);
    bool made = *id && fill(ours, &mine) && fill(theirs, &other);
    for (int32_t i = 0; made && i < size; i++) {
        const char *piece = qp_tokenizer_piece(ours, i);
        const entry *here = piece_table_find(&mine, NULL, piece), *there = piece_table_find(&other, NULL, piece);
        (*id)[i] = here && there && !here->several && !there->several ? there->id : -1;
        if (qp_special_has(special, i)) (*id)[i] = by_role(special, qp_tokenizer_special(theirs), i);
        *common += (*id)[i] >= 0;
    }
    piece_table_free(&mine);
    piece_table_free(&other);
    if (made) return QP_OK;
    free(*id);
    *id = NULL;
    return qp_fail(QP_EMEMORY, "out of memory for the pieces of two vocabularies");
}
