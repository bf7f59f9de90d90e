#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/base64.h"
#include "lib/text/byte_letters.h"
#include "lib/text/json_reader.h"
#include "tokenizer/huggingface/pipeline_build.h"
#include "lib/text/utf8.h"
#include "tokenizer/split/split.h"
#include "tokenizer/stages/stage_kinds.h"

/* Files of byte-level BPE without a pipeline in them: GPT-2's vocab.json and merges.txt, and tiktoken's ranks. */

/* The stages: ByteLevel with its own pattern, or another pattern and ByteLevel without. */
static qp_status add_byte_level(const char *place, qp_pipeline *p, const char *pattern, bool prefix_space)
{
    const char *gpt2 = qp_pattern_plain(qp_pattern_named("gpt2"));
    bool own = strcmp(pattern, gpt2) != 0;
    void *self;
    p->byte_level = p->has_decoder = true;
    if (own) {
        QP_TRY(qp_stages_add(&p->splitter, &qp_stage_split, &self));
        qp_pattern_splitter *splitter = self;
        splitter->behavior = QP_SPLIT_ISOLATED;
        QP_TRY(qp_pattern_regex(QP_REGEX_RUST, place, pattern, strlen(pattern), &splitter->pattern));
    }
    QP_TRY(qp_stages_add(&p->splitter, &qp_stage_byte_level, &self));
    qp_byte_level *bytes = self;
    bytes->prefix_space = prefix_space;
    bytes->use_regex = !own;
    QP_TRY(qp_pattern_regex(QP_REGEX_PERL, place, gpt2, strlen(gpt2), &bytes->pattern));
    return qp_stages_add(&p->decoder, &qp_stage_decode_byte_level, &self);
}

static qp_status hand_over(qp_status status, qp_pipeline *p, qp_pipeline **pipeline)
{
    if (status == QP_OK) {
        *pipeline = p;
    } else {
        qp_pipeline_free(p);
    }
    return status;
}

/* ---- GPT-2 ---- */

static qp_status read_gpt2_vocabulary(const char *place, const char *content, size_t bytes, qp_pipeline *p)
{
    json_t *root;
    QP_TRY(qp_json_read(place, content, bytes, JSON_ALLOW_NUL, &root));
    qp_status status = json_is_object(root) ? QP_OK : qp_fail(QP_EDATA, "%s: the vocabulary is no object", place);
    for (void *at = json_object_iter(root); at && status == QP_OK; at = json_object_iter_next(root, at)) {
        json_t *id = json_object_iter_value(at);
        if (!json_is_integer(id))
            status = qp_fail(QP_EDATA, "%s: an id of the vocabulary is no whole number", place);
        else
            status = qp_pipeline_add_piece(place, p, json_object_iter_key(at), json_object_iter_key_len(at),
                                           json_integer_value(id), 0);
    }
    json_decref(root);
    return status;
}

static qp_status read_gpt2_merges(const char *place, const char *content, size_t bytes, qp_pipeline *p)
{
    for (const char *at = content, *end; at < content + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        size_t length = (size_t)(end - at);
        if (length == 0 || (at == content && length >= 8 && memcmp(at, "#version", 8) == 0)) continue;
        const char *space = memchr(at, ' ', length);
        if (!space || memchr(space + 1, ' ', (size_t)(end - space - 1)))
            return qp_fail(QP_EDATA, "%s: a line of the merges is not two pieces with a space between them", place);
        size_t left = (size_t)(space - at);
        QP_TRY(qp_pipeline_add_merge(place, p, (qp_text){at, left}, (qp_text){space + 1, length - left - 1}, -1));
    }
    return QP_OK;
}

qp_status qp_pipeline_read_gpt2(const char *place, const char *vocabulary, size_t vocabulary_bytes, const char *merges,
                                size_t merges_bytes, bool prefix_space, qp_pipeline **pipeline)
{
    *pipeline = NULL;
    qp_pipeline *p = qp_pipeline_new();
    if (!p) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    qp_status status = add_byte_level(place, p, qp_pattern_plain(qp_pattern_named("gpt2")), prefix_space);
    if (status == QP_OK) status = read_gpt2_vocabulary(place, vocabulary, vocabulary_bytes, p);
    if (status == QP_OK) status = read_gpt2_merges(place, merges, merges_bytes, p);
    if (status == QP_OK) status = qp_pipeline_finish(place, p);
    return hand_over(status, p, pipeline);
}

/* ---- tiktoken ---- */

typedef struct {
    char *text;
    size_t bytes;
    int32_t rank;
} ranked;

typedef struct {
    ranked *list;
    size_t count, capacity;
} ranked_list;

static qp_status read_rank_line(const char *place, const char *at, size_t length, ranked *out)
{
    const char *space = memchr(at, ' ', length);
    size_t letters = space ? (size_t)(space - at) : 0, digits = space ? length - letters - 1 : 0;
    int64_t rank = 0;
    if (letters == 0 || digits == 0 || digits > 10)
        return qp_fail(QP_EDATA, "%s: a line is not base64, a space and a rank; give a tiktoken file", place);
    for (size_t i = 0; i < digits; i++) {
        if (space[1 + i] < '0' || space[1 + i] > '9') return qp_fail(QP_EDATA, "%s: a rank is no number", place);
        rank = rank * 10 + (space[1 + i] - '0');
    }
    if (rank >= 1 << 24) return qp_fail(QP_EDATA, "%s: rank %lld is out of range", place, (long long)rank);
    out->rank = (int32_t)rank;
    QP_TRY(qp_base64_read(place, at, letters, &out->text, &out->bytes));
    if (out->bytes > 1 << 16) return qp_fail(QP_EDATA, "%s: a token of more than 64 kB", place);
    return out->bytes ? QP_OK : qp_fail(QP_EDATA, "%s: an empty token", place);
}

static qp_status read_ranks(const char *place, const char *content, size_t bytes, ranked_list *list)
{
    for (const char *at = content, *end; at < content + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        size_t length = (size_t)(end - at);
        if (length > 0 && at[length - 1] == '\r') length--;
        if (length == 0) continue;
        if (list->count == list->capacity) {
            size_t capacity = list->capacity ? 2 * list->capacity : 1024;
            ranked *grown = realloc(list->list, capacity * sizeof *grown);
            if (!grown) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
            list->list = grown;
            list->capacity = capacity;
        }
        list->list[list->count] = (ranked){0};
        QP_TRY(read_rank_line(place, at, length, &list->list[list->count++]));
    }
    return QP_OK;
}

/* Every way to cut a token into two tokens is a merge of the token's own rank. Tokens are long as a rule of thumb at
 * most a hundred bytes; for one of n bytes this is n look-ups. */
static qp_status add_ways(qp_pipeline *p, const ranked *token, int32_t merged)
{
    const qp_vocabulary *v = &p->vocabulary;
    for (size_t cut = 1; cut < token->bytes; cut++) {
        if (cut > p->longest_piece || token->bytes - cut > p->longest_piece) continue;
        int32_t left = qp_vocabulary_find(v, token->text, cut);
        if (left < 0) continue;
        int32_t right = qp_vocabulary_find(v, token->text + cut, token->bytes - cut);
        if (right >= 0) QP_TRY(qp_bpe_add_ranked(&p->bpe, left, right, merged, token->rank));
    }
    return QP_OK;
}

static qp_status add_ranks(const char *place, const ranked_list *list, qp_pipeline *p)
{
    bool byte[256] = {false};
    for (size_t i = 0; i < list->count; i++) {
        const ranked *t = &list->list[i];
        if (t->bytes == 1) byte[(unsigned char)t->text[0]] = true;
        char *shown = malloc(4 * t->bytes + 1);
        if (!shown) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
        size_t made = 0;
        for (size_t k = 0; k < t->bytes; k++)
            made += qp_utf8_write(qp_byte_letter((unsigned char)t->text[k]), shown + made);
        qp_status status = qp_pipeline_add_piece(place, p, shown, made, t->rank, 0);
        free(shown);
        QP_TRY(status);
    }
    for (int i = 0; i < 256; i++) {
        if (!byte[i]) return qp_fail(QP_EDATA, "%s: byte %02X has no token", place, (unsigned)i);
    }
    for (size_t i = 0; i < list->count; i++) QP_TRY(add_ways(p, &list->list[i], (int32_t)i));
    return QP_OK;
}

qp_status qp_pipeline_read_tiktoken(const char *place, const char *content, size_t bytes, const char *pattern,
                                    qp_pipeline **pipeline)
{
    *pipeline = NULL;
    ranked_list list = {0};
    qp_pipeline *p = qp_pipeline_new();
    if (!p) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    qp_status status = add_byte_level(place, p, pattern, false);
    p->keeps_bytes = true;
    p->ignore_merges = true; /* a piece of text that is a token is that token */
    if (status == QP_OK) status = read_ranks(place, content, bytes, &list);
    if (status == QP_OK) status = add_ranks(place, &list, p);
    if (status == QP_OK) status = qp_pipeline_finish(place, p);
    for (size_t i = 0; i < list.count; i++) free(list.list[i].text);
    free(list.list);
    return hand_over(status, p, pipeline);
}
