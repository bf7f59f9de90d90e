#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/base64.h"
#include "tokenizer/models/bpe_texts.h"
#include "tokenizer/huggingface/file_formats.h"
#include "tokenizer/huggingface/pipeline_build.h"
#include "tokenizer/stages/stage_kinds.h"

/* Byte-level BPE into GPT-2's and tiktoken's files, BPE with </w> into subword-nmt's codes. */

static qp_status refuse(const char *what, const char *format)
{
    return qp_fail(QP_EDATA, "%s cannot be expressed in %s", what, format);
}

static qp_status stage_name(const qp_stage *s, const char *format)
{
    if (qp_stage_form(s) != QP_FORM_NONE)
        return qp_fail(QP_EDATA, "the normal form %s cannot be expressed in %s", s->kind->type, format);
    if (s->kind == &qp_stage_lowercase) return refuse("lower case", format);
    bool replaces = s->kind == &qp_stage_replace;
    if (!replaces && s->kind != &qp_stage_prepend) return refuse("a normalizer", format);
    const qp_replacement *r = s->self;
    if (replaces && (r->content.bytes != 1 || r->content.text[0] != ' ')) return refuse("a replacement", format);
    return refuse("a space before the text (train with --space-first false)", format);
}

/* What both byte-level formats ask for. */
static qp_status check_bytes(const qp_pipeline *p, const char *format)
{
    if (p->model != QP_MODEL_BPE) return refuse("a model that is not BPE", format);
    if (!p->byte_level) return refuse("BPE that is not of bytes (--type byte-bpe)", format);
    if (p->normalizer.count) return stage_name(&p->normalizer.stage[0], format);
    if (p->prefix || p->suffix) return refuse("a prefix or suffix of pieces", format);
    const qp_byte_level *last = p->splitter.stage[p->splitter.count - 1].self;
    if (last->prefix_space) return refuse("a space before texts that begin without one", format);
    if (p->has_template) return refuse("a template of special tokens", format);
    if (p->trims) return refuse("offsets without their spaces", format);
    return QP_OK;
}

/* Tokens that no merge makes are in neither file's merges; the note gives them to the user. */
static void note_token(qp_export *content, const char *text, int32_t id)
{
    size_t used = strlen(content->note);
    snprintf(content->note + used, sizeof content->note - used, "%s\"%s\": %d", used ? ", " : "special tokens: ", text,
             id);
}

static bool is_added(const qp_pipeline *p, int32_t id)
{
    for (size_t i = 0; i < p->added_count; i++) {
        if (p->added[i].id == id) return true;
    }
    return false;
}

/* ---- GPT-2 ---- */

static void put_vocabulary(const qp_pipeline *p, qp_text_buffer *out)
{
    bool first = true;
    qp_text_put(out, "{", 1);
    for (size_t id = 0; id < p->id_limit; id++) {
        int32_t piece = p->piece_of_id[id];
        if (piece < 0) continue;
        qp_text_format(out, "%s", first ? "" : ",\n");
        if (!qp_json_string(out, p->token[piece], p->token_bytes[piece])) out->failed = true;
        qp_text_format(out, ": %zu", id);
        first = false;
    }
    qp_text_put(out, "}\n", 2);
}

static void put_merges(const qp_pipeline *p, const struct qp_merge *merge, size_t count, qp_text_buffer *out)
{
    qp_text_format(out, "#version: 0.2\n");
    for (size_t i = 0; i < count; i++) {
        qp_text_put(out, p->token[merge[i].left], p->token_bytes[merge[i].left]);
        qp_text_put(out, " ", 1);
        qp_text_put(out, p->token[merge[i].right], p->token_bytes[merge[i].right]);
        qp_text_put(out, "\n", 1);
    }
}

/* The error for a token that its text is, but that its merges do not make. */
static qp_status unmade_token(const qp_pipeline *p, int32_t piece, const char *format)
{
    return qp_fail(QP_EDATA, "token %d \"%.40s\" cannot be expressed in %s: its merges do not end in it",
                   p->token_id[piece], p->token[piece], format);
}

qp_status qp_pipeline_write_gpt2(const qp_pipeline *p, qp_export *content)
{
    static const char format[] = "GPT-2's vocab.json and merges.txt";
    qp_text_buffer out = {0};
    QP_TRY(check_bytes(p, format));
    const qp_byte_level *s = qp_stages_only(&p->splitter, &qp_stage_byte_level);
    if (!s || !s->use_regex)
        return refuse("another pattern than GPT-2's (--pattern gpt2)", format);
    struct qp_merge *pair;
    size_t count;
    int32_t unreached, broken;
    QP_TRY(qp_bpe_pairs(&p->vocabulary, &p->bpe, true, &pair, &count, &unreached, &broken));
    bool by_text = p->keeps_bytes || p->ignore_merges;
    qp_status status = QP_OK;
    if (by_text && broken >= 0) status = unmade_token(p, broken, format);
    if (by_text && unreached >= 0 && !is_added(p, p->token_id[unreached])) status = unmade_token(p, unreached, format);
    if (status == QP_OK) {
        put_vocabulary(p, &out);
        status = qp_text_finish(&out, &content->text[0], &content->bytes[0]);
    }
    if (status == QP_OK) {
        by_text ? put_merges(p, pair, count, &out) : put_merges(p, p->bpe.merge, p->bpe.count, &out);
        status = qp_text_finish(&out, &content->text[1], &content->bytes[1]);
    }
    for (size_t i = 0; i < p->added_count; i++) note_token(content, p->added[i].text, p->added[i].id);
    free(pair);
    return status;
}

/* ---- tiktoken ---- */

static qp_status find_pattern(const qp_pipeline *p, const char **pattern)
{
    static const char format[] = "tiktoken's ranks";
    const qp_stage *s = p->splitter.stage;
    const qp_byte_level *alone = qp_stages_only(&p->splitter, &qp_stage_byte_level);
    if (alone) {
        *pattern = alone->use_regex ? alone->pattern.text.text : "[\\s\\S]+";
        return QP_OK;
    }
    if (p->splitter.count == 2 && s[0].kind == &qp_stage_split && s[1].kind == &qp_stage_byte_level) {
        const qp_pattern_splitter *splitter = s[0].self;
        const qp_byte_level *bytes = s[1].self;
        *pattern = splitter->pattern.text.text;
        if (splitter->pattern.is_regex && !splitter->invert && splitter->behavior == QP_SPLIT_ISOLATED &&
            !bytes->use_regex)
            return QP_OK;
    }
    return refuse("a way to split text that is not one expression", format);
}

/* Of every piece with its rank: its bytes in base64 and its id, in order of ids. */
static qp_status put_ranks(const qp_pipeline *p, const bool *has_rank, qp_export *content)
{
    qp_text_buffer out = {0};
    for (size_t id = 0; id < p->id_limit; id++) {
        int32_t piece = p->piece_of_id[id];
        size_t bytes;
        if (piece < 0) continue;
        const char *text = qp_vocabulary_text(&p->vocabulary, piece, &bytes);
        if (!has_rank[piece]) {
            note_token(content, p->token[piece], (int32_t)id);
            continue;
        }
        qp_base64_write(&out, text, bytes);
        qp_text_format(&out, " %zu\n", id);
    }
    return qp_text_finish(&out, &content->text[0], &content->bytes[0]);
}

/* Ranks are ids: they must grow as the merges do. */
static qp_status check_order(const qp_pipeline *p, const struct qp_merge *pair, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (p->token_id[pair[i].merged] < p->token_id[pair[i - 1].merged])
            return refuse("ids in another order than the merges", "tiktoken's ranks");
    }
    return QP_OK;
}

qp_status qp_pipeline_write_tiktoken(const qp_pipeline *p, qp_export *content)
{
    static const char format[] = "tiktoken's ranks";
    const char *pattern = "";
    QP_TRY(check_bytes(p, format));
    QP_TRY(find_pattern(p, &pattern));
    struct qp_merge *pair;
    size_t count;
    int32_t unreached, broken;
    QP_TRY(qp_bpe_pairs(&p->vocabulary, &p->bpe, true, &pair, &count, &unreached, &broken));
    bool *has_rank = calloc((size_t)p->vocabulary.count + 1, sizeof *has_rank);
    qp_status status = has_rank ? QP_OK : qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
    if (status == QP_OK && !p->keeps_bytes) {
        if (broken >= 0) status = unmade_token(p, broken, format);
        if (status == QP_OK) status = check_order(p, pair, count);
    }
    for (int i = 0; status == QP_OK && i < p->vocabulary.count; i++) {
        size_t bytes;
        qp_vocabulary_text(&p->vocabulary, i, &bytes);
        has_rank[i] = p->vocabulary.kind[i] == QP_PIECE_NORMAL && (bytes == 1 || p->keeps_bytes);
    }
    for (size_t i = 0; status == QP_OK && i < count; i++) has_rank[pair[i].merged] = true;
    for (int byte = 0; status == QP_OK && byte < 256; byte++) {
        char one = (char)byte;
        if (qp_vocabulary_find(&p->vocabulary, &one, 1) < 0) status = refuse("a byte without a token", format);
    }
    if (status == QP_OK) status = put_ranks(p, has_rank, content);
    for (size_t i = 0; i < p->added_count; i++) {
        int32_t id = p->added[i].id;
        if ((size_t)id >= p->id_limit || p->piece_of_id[id] < 0) note_token(content, p->added[i].text, id);
    }
    size_t used = strlen(content->note);
    snprintf(content->note + used, sizeof content->note - used, "%spattern: %s", used ? "; " : "", pattern);
    free(has_rank);
    free(pair);
    return status;
}

/* ---- subword-nmt ---- */

qp_status qp_pipeline_write_codes(const qp_pipeline *p, qp_export *content)
{
    static const char format[] = "subword-nmt codes";
    if (p->model != QP_MODEL_BPE) return refuse("a model that is not BPE", format);
    if (p->byte_level) return refuse("BPE of bytes", format);
    if (p->byte_fallback) return refuse("byte fallback", format);
    if (p->normalizer.count) return stage_name(&p->normalizer.stage[0], format);
    if (p->prefix || !p->suffix || strcmp(p->suffix, "</w>") != 0)
        return refuse("words whose end is not marked by </w>", format);
    const qp_delimiter *d = qp_stages_only(&p->splitter, &qp_stage_delimiter);
    if (!d || d->character.bytes != 1 || d->character.text[0] != ' ')
        return refuse("words that end elsewhere than at spaces", format);
    if (p->unknown >= 0 || p->ignore_merges) return refuse("an unknown token, or words kept whole,", format);
    if (p->has_template) return refuse("a template of special tokens", format);
    qp_text_buffer out = {0};
    put_merges(p, p->bpe.merge, p->bpe.count, &out);
    snprintf(content->note, sizeof content->note, "codes name no ids: keep the vocabulary where ids are needed");
    return qp_text_finish(&out, &content->text[0], &content->bytes[0]);
}
