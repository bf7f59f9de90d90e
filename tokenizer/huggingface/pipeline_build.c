#include "tokenizer/huggingface/pipeline_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/huggingface/pipeline_bert.h"
#include "tokenizer/huggingface/pipeline_bytes.h"
#include "tokenizer/huggingface/pipeline_texts.h"
#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_json.h"

enum { HIGHEST_ID = 1 << 24, MOST_MOVED = 100 };

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer file: out of memory"); }

qp_pipeline *qp_pipeline_new(void)
{
    qp_pipeline *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    qp_vocabulary_init(&p->vocabulary);
    p->unknown = -1;
    p->longest_word = 100;
    for (int i = 0; i < 256; i++) p->byte_piece[i] = -1;
    return p;
}

static void free_template(qp_template *t)
{
    for (size_t i = 0; i < t->count; i++) free(t->part[i].id);
    free(t->part);
}

void qp_pipeline_free(qp_pipeline *p)
{
    if (!p) return;
    qp_stages_free(&p->normalizer);
    qp_stages_free(&p->splitter);
    qp_stages_free(&p->decoder);
    for (int i = 0; i < p->vocabulary.count; i++) free(p->token[i]);
    qp_vocabulary_free(&p->vocabulary);
    free(p->token_id);
    free(p->token);
    free(p->token_bytes);
    free(p->score);
    free(p->piece_of_id);
    free(p->prefix);
    free(p->suffix);
    free(p->unknown_text);
    free(p->warning);
    qp_bpe_free(&p->bpe);
    qp_trie_free(&p->trie);
    for (size_t i = 0; i < p->added_count; i++) {
        free(p->added[i].text);
        free(p->added[i].shown);
    }
    free(p->added);
    qp_trie_free(&p->raw_added);
    qp_trie_free(&p->normal_added);
    free_template(&p->single);
    free_template(&p->pair);
    free(p->length.fill_text);
    free(p->added_of_id);
    qp_pipeline_texts_free(p->texts);
    qp_pipeline_bytes_free(p->bytes);
    qp_pipeline_bert_free(p->bert);
    free(p);
}

/* A token as the model sees it: bytes instead of letters in byte-level models. False: it can never occur in text. */
static bool inner_text(const qp_pipeline *p, const char *token, size_t bytes, char *out, size_t *out_bytes)
{
    if (p->byte_level) return qp_text_of_shown(true, token, bytes, out, out_bytes);
    if (bytes) memcpy(out, token, bytes);
    *out_bytes = bytes;
    return true;
}

/* jansson cannot read a key with NUL in it, so the reader writes another character for NUL; here it turns back. */
static size_t restore_nul(const qp_pipeline *p, char *text, size_t bytes)
{
    char sign[4];
    size_t made = 0, sign_bytes = p->nul_stand_in ? qp_utf8_write(p->nul_stand_in, sign) : 0;
    for (size_t i = 0; i < bytes; i++) {
        bool nul = sign_bytes > 0 && bytes - i >= sign_bytes && memcmp(text + i, sign, sign_bytes) == 0;
        text[made++] = nul ? '\0' : text[i];
        if (nul) i += sign_bytes - 1;
    }
    return made;
}

/* A piece that is there already: text finds the first of the two, which gets the id and score of the last. */
static void swap_values(qp_pipeline *p, int32_t piece, int64_t *id, double *score)
{
    int32_t old_id = p->token_id[piece];
    double old_score = p->score[piece];
    p->token_id[piece] = (int32_t)*id;
    p->score[piece] = *score;
    *id = old_id;
    *score = old_score;
}

qp_status qp_pipeline_add_piece(const char *place, qp_pipeline *p, const char *token, size_t bytes, int64_t id,
                                double score)
{
    if (id < 0 || id >= HIGHEST_ID) return qp_fail(QP_EDATA, "%s: id %lld is out of range", place, (long long)id);
    size_t index = (size_t)p->vocabulary.count, inner_bytes = 0;
    if (!QP_GROW(p->token_id, p->id_capacity, index + 1) || !QP_GROW(p->token, p->token_capacity, index + 1) ||
        !QP_GROW(p->token_bytes, p->bytes_capacity, index + 1) || !QP_GROW(p->score, p->score_capacity, index + 1))
        return no_memory();
    char *inner = malloc(bytes + 1), *copy = qp_text_copy(token, bytes);
    qp_status status = inner && copy ? QP_OK : no_memory();
    if (status == QP_OK) {
        token = copy;
        bytes = restore_nul(p, copy, bytes);
        bool possible = bytes > 0 && inner_text(p, token, bytes, inner, &inner_bytes);
        int32_t same = possible ? qp_vocabulary_find(&p->vocabulary, inner, inner_bytes) : -1;
        status = possible && same < 0 ? qp_vocabulary_add(&p->vocabulary, QP_PIECE_NORMAL, inner, inner_bytes, NULL)
                                      : qp_vocabulary_add(&p->vocabulary, QP_PIECE_SPECIAL, bytes ? token : "\0",
                                                          bytes ? bytes : 1, NULL);
        if (same >= 0) swap_values(p, same, &id, &score);
    }
    free(inner);
    if (status != QP_OK) {
        free(copy);
        return status;
    }
    p->token[index] = copy;
    p->token_bytes[index] = bytes;
    p->token_id[index] = (int32_t)id;
    p->score[index] = score;
    if (bytes > p->longest_piece) p->longest_piece = bytes;
    return QP_OK;
}

qp_status qp_pipeline_find_piece(const qp_pipeline *p, const char *token, size_t bytes, int32_t *piece)
{
    char *inner = malloc(bytes + 1), *copy = qp_text_copy(token, bytes);
    size_t inner_bytes;
    const bool enough = inner && copy;
    *piece = -1;
    if (enough) bytes = restore_nul(p, copy, bytes);
    if (enough && inner_text(p, copy, bytes, inner, &inner_bytes))
        *piece = qp_vocabulary_find(&p->vocabulary, inner, inner_bytes);
    free(inner);
    free(copy);
    return enough ? QP_OK : no_memory();
}

/* A merge that is there already: its last place counts. */
static qp_status move_merge(const char *place, qp_pipeline *p, int32_t left, int32_t right)
{
    qp_bpe old = p->bpe;
    qp_status status = QP_OK;
    if (++p->moved_merges > MOST_MOVED)
        return qp_fail(QP_EDATA, "%s: more than %d merges are there twice; repair the file", place, MOST_MOVED);
    p->bpe = (qp_bpe){0};
    for (size_t i = 0, moved = old.count; i <= old.count && status == QP_OK; i++) {
        bool last = i == old.count;
        const struct qp_merge *m = &old.merge[last ? moved : i];
        bool same = m->left == left && m->right == right;
        if (same && !last) moved = i;
        if (last || !same) status = qp_bpe_add(&p->bpe, m->left, m->right, m->merged);
    }
    qp_bpe_free(&old);
    return status;
}

qp_status qp_pipeline_add_merge(const char *place, qp_pipeline *p, qp_text left, qp_text right, int32_t rank)
{
    size_t skip = p->prefix ? strlen(p->prefix) : 0;
    if (skip > right.bytes) skip = right.bytes;
    char *whole = malloc(left.bytes + right.bytes + 1);
    if (!whole) return no_memory();
    if (left.bytes) memcpy(whole, left.text, left.bytes);
    if (right.bytes > skip) memcpy(whole + left.bytes, right.text + skip, right.bytes - skip);
    int32_t a, b, merged;
    qp_status status = qp_pipeline_find_piece(p, whole, left.bytes + right.bytes - skip, &merged);
    free(whole);
    QP_TRY(status);
    QP_TRY(qp_pipeline_find_piece(p, left.text, left.bytes, &a));
    QP_TRY(qp_pipeline_find_piece(p, right.text, right.bytes, &b));
    if (left.bytes == 0 || right.bytes == 0 || a < 0 || b < 0 || merged < 0)
        return qp_fail(QP_EDATA, "%s: merge %zu: \"%.*s\" and \"%.*s\", or both together, are no pieces", place,
                       p->bpe.count, (int)(left.bytes < 40 ? left.bytes : 40), left.text,
                       (int)(right.bytes < 40 ? right.bytes : 40), right.text);
    if (rank >= 0) return qp_bpe_add_ranked(&p->bpe, a, b, merged, rank);
    return qp_bpe_find(&p->bpe, a, b) ? move_merge(place, p, a, b) : qp_bpe_add(&p->bpe, a, b, merged);
}

qp_status qp_pipeline_add_part(qp_template *list, int sequence, int32_t type_id, const int32_t *id, size_t id_count)
{
    if (!QP_GROW(list->part, list->capacity, list->count + 1)) return no_memory();
    int32_t *copy = NULL;
    if (id_count) {
        copy = malloc(id_count * sizeof *copy);
        if (!copy) return no_memory();
        memcpy(copy, id, id_count * sizeof *copy);
    }
    list->part[list->count++] = (qp_template_part){sequence, type_id, copy, id_count};
    return QP_OK;
}

qp_status qp_pipeline_add_token(qp_pipeline *p, const qp_added_token *token)
{
    if (!QP_GROW(p->added, p->added_capacity, p->added_count + 1)) return no_memory();
    qp_added_token *own = &p->added[p->added_count];
    *own = *token;
    own->shown = NULL;
    own->text = qp_text_copy(token->text, token->bytes);
    if (!own->text) return no_memory();
    p->added_count++;
    return QP_OK;
}

static qp_status number_ids(const char *place, qp_pipeline *p)
{
    int32_t highest = -1;
    for (int i = 0; i < p->vocabulary.count; i++) highest = p->token_id[i] > highest ? p->token_id[i] : highest;
    p->id_limit = (size_t)(highest + 1);
    free(p->piece_of_id);
    p->piece_of_id = malloc((p->id_limit + 1) * sizeof *p->piece_of_id);
    if (!p->piece_of_id) return no_memory();
    for (size_t i = 0; i < p->id_limit; i++) p->piece_of_id[i] = -1;
    for (int i = 0; i < p->vocabulary.count; i++) {
        if (p->piece_of_id[p->token_id[i]] >= 0) {
            if (p->model != QP_MODEL_WORD_LEVEL)
                return qp_fail(QP_EDATA, "%s: two tokens have the id %d", place, p->token_id[i]);
            p->shares_ids = true;
        }
        p->piece_of_id[p->token_id[i]] = i;
    }
    return QP_OK;
}

/* Of two added tokens with one id the first counts. */
static qp_status number_added(qp_pipeline *p)
{
    p->added_limit = 0;
    for (size_t i = 0; i < p->added_count; i++) {
        size_t id = (size_t)p->added[i].id;
        if (id >= p->added_limit) p->added_limit = id + 1;
    }
    free(p->added_of_id);
    p->added_of_id = malloc((p->added_limit + 1) * sizeof *p->added_of_id);
    if (!p->added_of_id) return no_memory();
    for (size_t id = 0; id < p->added_limit; id++) p->added_of_id[id] = -1;
    for (size_t i = p->added_count; i-- > 0;) p->added_of_id[p->added[i].id] = (int32_t)i;
    return QP_OK;
}

static qp_status index_pieces(qp_pipeline *p)
{
    qp_vocabulary *v = &p->vocabulary;
    for (int byte = 0; byte < 256; byte++) {
        char name[8];
        p->byte_piece[byte] = qp_vocabulary_find(v, name,
                                                 (size_t)snprintf(name, sizeof name, "<0x%02X>", (unsigned)byte));
    }
    if (p->model != QP_MODEL_UNIGRAM) return QP_OK;
    qp_trie_key *key = malloc(((size_t)v->count + 1) * sizeof *key);
    if (!key) return no_memory();
    double least = v->count ? INFINITY : 0;
    size_t count = 0;
    for (int i = 0; i < v->count; i++) {
        least = fmin(least, p->score[i]);
        if (v->kind[i] != QP_PIECE_NORMAL) continue;
        key[count].text = qp_vocabulary_text(v, i, &key[count].bytes);
        key[count++].value = i;
    }
    p->unknown_score = least - 10;
    qp_trie_free(&p->trie);
    qp_status status = qp_trie_build(&p->trie, key, count);
    free(key);
    return status;
}

/* The two tries of added tokens: found in the raw text, or (as they look normalised) in the normalised one. */
static qp_status index_added(qp_pipeline *p)
{
    size_t raw_count = 0, normal_count = 0;
    qp_trie_key *raw = calloc(p->added_count + 1, sizeof *raw), *normal = calloc(p->added_count + 1, sizeof *normal);
    qp_status status = raw && normal ? QP_OK : no_memory();
    for (size_t i = 0; i < p->added_count && status == QP_OK; i++) {
        qp_added_token *a = &p->added[i];
        if (!a->normalized) {
            raw[raw_count++] = (qp_trie_key){a->text, a->bytes, (int32_t)i};
            continue;
        }
        char *text;
        size_t bytes;
        status = qp_pipeline_normalize(p, a->text, a->bytes, &text, &bytes);
        if (status != QP_OK) break;
        free(a->shown);
        a->shown = text;
        a->shown_bytes = bytes;
        normal[normal_count++] = (qp_trie_key){text, bytes, (int32_t)i};
    }
    qp_trie_free(&p->raw_added);
    qp_trie_free(&p->normal_added);
    if (status == QP_OK && raw_count) status = qp_trie_build(&p->raw_added, raw, raw_count);
    if (status == QP_OK && normal_count) status = qp_trie_build(&p->normal_added, normal, normal_count);
    free(raw);
    free(normal);
    return status;
}

qp_status qp_pipeline_finish(const char *place, qp_pipeline *p)
{
    QP_TRY(number_ids(place, p));
    QP_TRY(index_pieces(p));
    QP_TRY(index_added(p));
    QP_TRY(number_added(p));
    qp_pipeline_texts_free(p->texts);
    QP_TRY(qp_pipeline_texts_make(p, &p->texts));
    qp_pipeline_bytes_free(p->bytes);
    qp_pipeline_bert_free(p->bert);
    QP_TRY(qp_pipeline_bert_prepare(p, &p->bert));
    return qp_pipeline_bytes_prepare(p, &p->bytes);
}
