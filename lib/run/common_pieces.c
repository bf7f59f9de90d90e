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

/* The pieces of one vocabulary by their texts and by their printable forms. */
typedef struct {
    const qp_tokenizer *tokenizer;
    char **text; /* [size] each malloc'ed, or NULL */
    int size;
    piece_table by_text, by_form;
} vocabulary;

/* The text that a piece adds after another one, whatever the vocabulary calls it: " dog" of "\u2581dog", "Ġdog" and,
 * where the others begin with ##, "dog". *text NULL: it has none. false: no memory. */
static bool text_of(const qp_tokenizer *t, int32_t id, char **text)
{
    const int32_t twice[] = {id, id};
    char *one = NULL, *two = NULL;
    size_t first = 0, both = 0;
    qp_status status = qp_tokenizer_decode(t, twice, 1, &one, &first);
    if (status == QP_OK) status = qp_tokenizer_decode(t, twice, 2, &two, &both);
    bool has = status == QP_OK && both > first && memcmp(one, two, first) == 0 && strlen(two) == both;
    *text = has ? strdup(two + first) : NULL;
    free(one);
    free(two);
    return status != QP_EMEMORY && (*text || !has);
}

static bool put(piece_table *table, const char *piece, int32_t id)
{
    if (!piece || !*piece) return true;
    entry *e = piece_table_place(table, NULL, piece);
    if (!e) return false;
    if (e->piece) {
        e->several = true;
        return true;
    }
    *e = (entry){piece, id, false};
    table->count++;
    return true;
}

static bool fill(const qp_tokenizer *t, vocabulary *v)
{
    v->tokenizer = t;
    v->size = qp_tokenizer_size(t);
    v->text = calloc((size_t)v->size + 1, sizeof *v->text);
    bool made = v->text != NULL;
    for (int32_t id = 0; made && id < v->size; id++) {
        made = qp_tokenizer_role(t, id) != QP_TOKEN_NORMAL || text_of(t, id, &v->text[id]);
        made = made && put(&v->by_text, v->text[id], id) && put(&v->by_form, qp_tokenizer_piece(t, id), id);
    }
    return made;
}

static void release(vocabulary *v)
{
    for (int i = 0; v->text && i < v->size; i++) free(v->text[i]);
    free(v->text);
    piece_table_free(&v->by_text);
    piece_table_free(&v->by_form);
}

/* The id in `theirs` of a special id of `ours`. */
static int32_t by_role(const qp_special_ids *ours, const qp_special_ids *theirs, int32_t id)
{
    if (id == ours->end) return theirs->end;
    if (id == ours->begin) return theirs->begin;
    return id == ours->unknown ? theirs->unknown : theirs->pad;
}

/* By the text, where no other piece of either has it (a byte piece may), else by the form. */
static int32_t find(const vocabulary *mine, const vocabulary *other, int32_t id)
{
    const char *text = mine->text[id], *form = qp_tokenizer_piece(mine->tokenizer, id);
    const entry *here = text ? piece_table_find(&mine->by_text, NULL, text) : NULL;
    const entry *there = text ? piece_table_find(&other->by_text, NULL, text) : NULL;
    if (here && !here->several && !(there && there->several)) return there ? there->id : -1;
    here = piece_table_find(&mine->by_form, NULL, form);
    there = piece_table_find(&other->by_form, NULL, form);
    return here && there && !here->several && !there->several ? there->id : -1;
}

qp_status qp_common_pieces(const qp_tokenizer *ours, const qp_tokenizer *theirs, int32_t **id, int *common)
{
    vocabulary mine = {0}, other = {0};
    const qp_special_ids *special = qp_tokenizer_special(ours);
    int size = qp_tokenizer_size(ours);
    *common = 0;
    *id = malloc(((size_t)size + 1) * sizeof **id);
    bool made = *id && fill(ours, &mine) && fill(theirs, &other);
    for (int32_t i = 0; made && i < size; i++) {
        (*id)[i] = qp_special_has(special, i) ? by_role(special, qp_tokenizer_special(theirs), i)
                                              : find(&mine, &other, i);
        *common += (*id)[i] >= 0;
    }
    release(&mine);
    release(&other);
    if (made) return QP_OK;
    free(*id);
    *id = NULL;
    return qp_fail(QP_EMEMORY, "out of memory for the pieces of two vocabularies");
}
