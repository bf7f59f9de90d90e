#include "tokenizer/own/own_kind.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/batch.h"
#include "lib/text/jamo.h"
#include "tokenizer/own/own.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

/* The name of a special id, which is shown where special ids are kept; NULL: another id. */
static const char *name_of(const qp_own *t, int32_t id)
{
    return t->vocabulary.kind[id] == QP_PIECE_SPECIAL ? qp_vocabulary_shown(&t->vocabulary, id) : NULL;
}

static qp_status measure(const qp_own *t, const int32_t *id, size_t count, bool keep_special, size_t *total)
{
    *total = 0;
    for (size_t i = 0; i < count; i++) {
        if (id[i] < 0 || id[i] >= t->vocabulary.count)
            return qp_fail(QP_EDATA,
                           "tokenizer: id %d is outside the vocabulary of %d pieces; use the tokenizer that "
                           "made the ids",
                           id[i], t->vocabulary.count);
        const char *name = keep_special ? name_of(t, id[i]) : NULL;
        *total += name ? strlen(name) : qp_piece_texts_length(&t->texts, id[i]);
    }
    return QP_OK;
}

static qp_status decode(const void *self, const int32_t *id, size_t count, bool keep_special, char **text,
                        size_t *bytes)
{
    const qp_own *t = self;
    size_t total;
    *text = NULL;
    *bytes = 0;
    QP_TRY(measure(t, id, count, keep_special, &total));
    char *out = malloc(total + QP_PIECE_SPARE + 1), *end = out;
    if (!out) return no_memory();
    for (size_t i = 0; i < count; i++) {
        const char *name = keep_special ? name_of(t, id[i]) : NULL;
        end = name ? stpcpy(end, name) : qp_piece_texts_put(&t->texts, id[i], end);
    }
    size_t made = (size_t)(end - out);
    if (t->settings.space_first && made > 0 && out[0] == ' ') memmove(out, out + 1, --made);
    if (t->settings.jamo) made = qp_jamo_join(out, made);
    out[made] = '\0';
    *text = out;
    *bytes = made;
    return QP_OK;
}

/* A segment begins at a space after a letter, except where the whole text is one. */
static qp_safe_cut cut(const void *self)
{
    const qp_own *t = self;
    int type = t->settings.type;
    bool whole = t->whole_text || t->settings.pattern == QP_CUT_NONE;
    if (whole && type != QP_TOKENIZER_CHAR && type != QP_TOKENIZER_BYTE) return QP_CUT_NOWHERE;
    return t->settings.space_first ? QP_CUT_AROUND_SPACE : QP_CUT_BEFORE_SPACE;
}

static int size(const void *self)
{
    const qp_own *t = self;
    return t->vocabulary.count;
}

static const char *piece(const void *self, int32_t id)
{
    const qp_own *t = self;
    return qp_vocabulary_shown(&t->vocabulary, id);
}

static qp_token_role role(const void *self, int32_t id)
{
    const qp_own *t = self;
    return t->vocabulary.kind[id] == QP_PIECE_SPECIAL ? QP_TOKEN_SPECIAL : QP_TOKEN_NORMAL;
}

/* Normal pieces are found by their text; the others, which are few, one by one. */
static int32_t find(const void *self, const char *shown)
{
    const qp_own *t = self;
    const qp_vocabulary *v = &t->vocabulary;
    char text[256];
    size_t bytes = 0;
    if (strncmp(shown, "##", 2) != 0 && strlen(shown) < sizeof text &&
        qp_text_of_shown(v->byte_letters, shown, strlen(shown), text, &bytes)) {
        int32_t id = qp_vocabulary_find(v, text, bytes);
        if (id >= 0) return id;
    }
    for (int32_t id = 0; id < v->count; id++) {
        if (strcmp(qp_vocabulary_shown(v, id), shown) == 0) return id;
    }
    return -1;
}

static void special(const void *self, qp_special_ids *ids)
{
    (void)self;
    *ids = qp_special_own();
}

static void release(void *self) { qp_own_free(self); }

const qp_tokenizer_kind qp_own_kind = {.name = "own",
                                       .encode = qp_own_encode,
                                       .encode_pair = qp_own_encode_pair,
                                       .decode = decode,
                                       .normalize = qp_own_normalize,
                                       .sample = qp_own_sample,
                                       .nbest = qp_own_nbest,
                                       .cut = cut,
                                       .size = size,
                                       .piece = piece,
                                       .role = role,
                                       .special = special,
                                       .find = find,
                                       .info = qp_own_info,
                                       .save = qp_own_save,
                                       .load = qp_own_load,
                                       .free = release};
