#include "tokenizer/sentencepiece/sentencepiece_renumber.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/sentencepiece/sentencepiece_write.h"

enum { UNK, BOS, EOS, PAD };

/* A piece of a text: not a control piece or the unknown one. */
static bool is_text(const qp_sentencepiece *m, int32_t id)
{
    return id >= 0 && m->type[id] != QP_SPM_CONTROL && m->type[id] != QP_SPM_UNKNOWN && m->type[id] != QP_SPM_BYTE;
}

/* "__de__", the token of a language, is no text. */
static bool is_mark(const char *name, size_t bytes)
{
    return bytes > 5 && strncmp(name, "__", 2) == 0 && strcmp(name + bytes - 2, "__") == 0 &&
           strspn(name + 2, "abcdefghijklmnopqrstuvwxyz") == bytes - 4;
}

static void put_name(const qp_sentencepiece *m, const char *name, int32_t id, int special[4], bool *used,
                     qp_text_buffer *out)
{
    static const char *const role[] = {"<unk>", "<s>", "</s>", "<pad>"};
    size_t bytes = strlen(name);
    int32_t old = qp_vocabulary_find(&m->vocabulary, name, bytes);
    int type = QP_SPM_UNUSED;
    for (int i = UNK; i <= PAD; i++) {
        if (strcmp(name, role[i]) != 0) continue;
        type = i == UNK ? QP_SPM_UNKNOWN : QP_SPM_CONTROL;
        special[i] = id;
    }
    bool known = type == QP_SPM_UNUSED && is_text(m, old);
    if (known) used[old] = true;
    if (!known && type == QP_SPM_UNUSED && is_mark(name, bytes)) type = QP_SPM_CONTROL;
    qp_spm_put_piece(out, name, bytes, known ? m->score[old] : 0, known ? m->type[old] : type);
}

/* Pieces of the model that the list does not have; how many pieces there are then. */
static int put_rest(const qp_sentencepiece *m, const bool *used, int count, qp_text_buffer *out)
{
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        size_t bytes;
        const char *piece = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        if (used[id] || !is_text(m, id)) continue;
        qp_spm_put_piece(out, piece, bytes, m->score[id], m->type[id]);
        count++;
    }
    return count;
}

qp_status qp_sentencepiece_renumber(const char *place, const qp_sentencepiece *m, const char *const *name, int count,
                                    qp_sentencepiece **made)
{
    int special[] = {-1, -1, -1, -1};
    char *content = NULL;
    size_t bytes = 0;
    qp_text_buffer out = {0};
    *made = NULL;
    if (m->byte_fallback) return qp_fail(QP_EDATA, "%s: byte pieces cannot have ids of another vocabulary", place);
    bool *used = calloc((size_t)m->vocabulary.count + 1, sizeof *used);
    if (!used) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    for (int i = 0; i < count; i++) put_name(m, name[i], i, special, used, &out);
    int pieces = put_rest(m, used, count, &out);
    free(used);
    qp_status status = qp_sentencepiece_put_settings(m, pieces, special, &out);
    if (status == QP_OK) status = qp_text_finish(&out, &content, &bytes);
    qp_text_free(&out);
    if (status == QP_OK) status = qp_sentencepiece_read(place, content, bytes, made);
    free(content);
    if (status == QP_OK) (*made)->known = count;
    return status;
}
