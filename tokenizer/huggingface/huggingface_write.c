#include "tokenizer/huggingface/huggingface_write.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/models/bpe_texts.h"
#include "tokenizer/huggingface/pipeline_build.h"
#include "tokenizer/huggingface/pipeline_length.h"
#include "tokenizer/stages/stage_list.h"

static qp_status string(qp_text_buffer *out, const char *text, size_t bytes)
{
    if (qp_json_string(out, text, bytes)) return QP_OK;
    return qp_fail(QP_EDATA, "tokenizer.json: JSON cannot hold a piece that is not UTF-8; it begins with %.20s", text);
}

/* ---- the model ---- */

static qp_status vocabulary_object(const qp_pipeline *p, qp_text_buffer *out)
{
    bool first = true;
    qp_text_format(out, ", \"vocab\": {");
    for (size_t id = 0; id < p->id_limit; id++) {
        int32_t piece = p->piece_of_id[id];
        if (piece < 0) continue;
        qp_text_format(out, "%s\n  ", first ? "" : ",");
        QP_TRY(string(out, p->token[piece], p->token_bytes[piece]));
        qp_text_format(out, ": %zu", id);
        first = false;
    }
    for (int32_t i = 0; p->shares_ids && i < p->vocabulary.count; i++) {
        if (p->piece_of_id[p->token_id[i]] == i) continue;
        qp_text_add(out, ",\n  ");
        QP_TRY(string(out, p->token[i], p->token_bytes[i]));
        qp_text_format(out, ": %d", p->token_id[i]);
    }
    qp_text_put(out, "}", 1);
    return QP_OK;
}

static qp_status unknown_token(const qp_pipeline *p, qp_text_buffer *out)
{
    qp_text_format(out, ", \"unk_token\": ");
    if (p->unknown >= 0) return string(out, p->token[p->unknown], p->token_bytes[p->unknown]);
    if (p->unknown_text) return string(out, p->unknown_text, strlen(p->unknown_text));
    qp_text_format(out, "null");
    return QP_OK;
}

static qp_status affix(qp_text_buffer *out, const char *key, const char *text)
{
    qp_text_format(out, ", \"%s\": ", key);
    if (text) return string(out, text, strlen(text));
    qp_text_format(out, "null");
    return QP_OK;
}

/* "a b" where no piece holds a space, which every version reads; else pairs. */
static qp_status merges(const qp_pipeline *p, const struct qp_merge *merge, size_t count, qp_text_buffer *out)
{
    bool spaced = false;
    for (int i = 0; i < p->vocabulary.count; i++) spaced = spaced || memchr(p->token[i], ' ', p->token_bytes[i]);
    qp_text_format(out, ", \"merges\": [");
    for (size_t i = 0; i < count; i++) {
        int32_t a = merge[i].left, b = merge[i].right;
        qp_text_format(out, "%s\n  ", i ? "," : "");
        if (spaced) {
            qp_text_put(out, "[", 1);
            QP_TRY(string(out, p->token[a], p->token_bytes[a]));
            qp_text_put(out, ", ", 2);
            QP_TRY(string(out, p->token[b], p->token_bytes[b]));
            qp_text_put(out, "]", 1);
            continue;
        }
        QP_TRY(string(out, p->token[a], p->token_bytes[a]));
        out->bytes -= !out->failed; /* the two strings become one */
        qp_text_put(out, " ", 1);
        size_t middle = out->bytes;
        QP_TRY(string(out, p->token[b], p->token_bytes[b]));
        if (out->failed) continue;
        memmove(out->text + middle, out->text + middle + 1, out->bytes - middle - 1);
        out->bytes--;
    }
    qp_text_put(out, "]", 1);
    return QP_OK;
}

static bool has_equal_ranks(const qp_bpe *bpe)
{
    for (size_t i = 0; i < bpe->count; i++) {
        if (bpe->merge[i].rank != (int32_t)i) return true;
    }
    return false;
}

/* The merges with their ranks, which no tokenizer.json has. */
static qp_status ranked_merges(const qp_pipeline *p, qp_text_buffer *out)
{
    QP_TRY(merges(p, p->bpe.merge, p->bpe.count, out));
    qp_text_add(out, ", \"ranks\": [");
    for (size_t i = 0; i < p->bpe.count; i++) qp_text_format(out, i ? ", %d" : "%d", p->bpe.merge[i].rank);
    qp_text_add(out, "]");
    return QP_OK;
}

static qp_status bpe(const qp_pipeline *p, bool ranks, qp_text_buffer *out)
{
    qp_text_format(out, ", \"dropout\": null");
    QP_TRY(unknown_token(p, out));
    QP_TRY(affix(out, "continuing_subword_prefix", p->prefix));
    QP_TRY(affix(out, "end_of_word_suffix", p->suffix));
    qp_text_format(out, ", \"fuse_unk\": %s, \"byte_fallback\": %s, \"ignore_merges\": %s",
                       p->fuse_unknown ? "true" : "false", p->byte_fallback ? "true" : "false",
                       p->ignore_merges ? "true" : "false");
    QP_TRY(vocabulary_object(p, out));
    if (!has_equal_ranks(&p->bpe)) return merges(p, p->bpe.merge, p->bpe.count, out);
    struct qp_merge *pair;
    size_t count;
    int32_t unreached, broken;
    QP_TRY(qp_bpe_pairs(&p->vocabulary, &p->bpe, p->byte_level, &pair, &count, &unreached, &broken));
    qp_status status = QP_OK;
    if (broken >= 0 && ranks)
        status = ranked_merges(p, out);
    else if (broken >= 0)
        status = qp_fail(QP_EDATA,
                         "tokenizer.json: its merges are pairs, but token %d \"%.40s\" is joined in more ways than one",
                         p->token_id[broken], p->token[broken]);
    if (status == QP_OK && broken < 0) status = merges(p, pair, count, out);
    free(pair);
    return status;
}

static qp_status unigram(const qp_pipeline *p, qp_text_buffer *out)
{
    if (p->unknown >= 0)
        qp_text_format(out, ", \"unk_id\": %d", p->unknown);
    else
        qp_text_format(out, ", \"unk_id\": null");
    qp_text_format(out, ", \"byte_fallback\": %s, \"vocab\": [", p->byte_fallback ? "true" : "false");
    for (size_t id = 0; id < p->id_limit; id++) {
        int32_t i = p->piece_of_id[id];
        qp_text_format(out, "%s\n  [", id ? "," : "");
        QP_TRY(string(out, p->token[i], p->token_bytes[i]));
        qp_text_put(out, ", ", 2);
        qp_json_number(out, p->score[i]);
        qp_text_put(out, "]", 1);
    }
    qp_text_put(out, "]", 1);
    return QP_OK;
}

static qp_status model(const qp_pipeline *p, bool ranks, qp_text_buffer *out)
{
    static const char *const name[] = {"BPE", "Unigram", "WordPiece", "WordLevel"};
    qp_text_format(out, "{\"type\": \"%s\"", name[p->model]);
    if (p->model == QP_MODEL_BPE) {
        QP_TRY(bpe(p, ranks, out));
    } else if (p->model == QP_MODEL_UNIGRAM) {
        QP_TRY(unigram(p, out));
    } else {
        QP_TRY(unknown_token(p, out));
        if (p->model == QP_MODEL_WORDPIECE) {
            QP_TRY(affix(out, "continuing_subword_prefix", p->prefix ? p->prefix : ""));
            qp_text_format(out, ", \"max_input_chars_per_word\": %d", p->longest_word);
        }
        QP_TRY(vocabulary_object(p, out));
    }
    qp_text_put(out, "}", 1);
    return QP_OK;
}

/* ---- around it ---- */

static qp_status added_tokens(const qp_pipeline *p, qp_text_buffer *out)
{
    qp_text_put(out, "[", 1);
    for (size_t i = 0; i < p->added_count; i++) {
        const qp_added_token *a = &p->added[i];
        qp_text_format(out, "%s\n  {\"id\": %d, \"content\": ", i ? "," : "", a->id);
        QP_TRY(string(out, a->text, a->bytes));
        qp_text_format(
            out, ", \"single_word\": %s, \"lstrip\": %s, \"rstrip\": %s, \"normalized\": %s, \"special\": %s}",
            a->single_word ? "true" : "false", a->left_strip ? "true" : "false", a->right_strip ? "true" : "false",
            a->normalized ? "true" : "false", a->special ? "true" : "false");
    }
    qp_text_put(out, "]", 1);
    return QP_OK;
}

/* The text of an id, as added token or piece; "" where it is neither. */
static qp_status token_string(const qp_pipeline *p, int32_t id, qp_text_buffer *out)
{
    for (size_t i = 0; i < p->added_count; i++) {
        if (p->added[i].id == id) return string(out, p->added[i].text, p->added[i].bytes);
    }
    int32_t piece = id >= 0 && (size_t)id < p->id_limit ? p->piece_of_id[id] : -1;
    return piece >= 0 ? string(out, p->token[piece], p->token_bytes[piece]) : string(out, "", 0);
}

/* A special part is named by its ids; the names are explained after both templates. */
static void part_name(const qp_template_part *part, qp_text_buffer *out)
{
    qp_text_put(out, "\"special", 8);
    for (size_t k = 0; k < part->id_count; k++) qp_text_format(out, " %d", part->id[k]);
    qp_text_put(out, "\"", 1);
}

static void template(const qp_template *t, qp_text_buffer *out)
{
    qp_text_put(out, "[", 1);
    for (size_t i = 0; i < t->count; i++) {
        const qp_template_part *part = &t->part[i];
        qp_text_format(out, "%s\n  ", i ? "," : "");
        if (part->sequence >= 0) {
            qp_text_format(out, "{\"Sequence\": {\"id\": \"%s\"", part->sequence ? "B" : "A");
        } else {
            qp_text_format(out, "{\"SpecialToken\": {\"id\": ");
            part_name(part, out);
        }
        qp_text_format(out, ", \"type_id\": %d}}", part->type_id);
    }
    qp_text_put(out, "]", 1);
}

static bool same_ids(const qp_template_part *a, const qp_template_part *b)
{
    return b->sequence < 0 && a->id_count == b->id_count &&
           (a->id_count == 0 || memcmp(a->id, b->id, a->id_count * sizeof *a->id) == 0);
}

static bool explained(const qp_pipeline *p, int list, size_t index)
{
    const qp_template *t[] = {&p->single, &p->pair};
    for (int k = 0; k <= list; k++) {
        for (size_t i = 0; i < (k == list ? index : t[k]->count); i++) {
            if (same_ids(&t[list]->part[index], &t[k]->part[i])) return true;
        }
    }
    return false;
}

static qp_status special_tokens(const qp_pipeline *p, qp_text_buffer *out)
{
    const qp_template *t[] = {&p->single, &p->pair};
    bool first = true;
    qp_text_put(out, "{", 1);
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < t[k]->count; i++) {
            const qp_template_part *part = &t[k]->part[i];
            if (part->sequence >= 0 || explained(p, k, i)) continue;
            qp_text_format(out, "%s\n  ", first ? "" : ",");
            part_name(part, out);
            qp_text_put(out, ": {\"id\": ", 9);
            part_name(part, out);
            qp_text_format(out, ", \"ids\": [");
            for (size_t j = 0; j < part->id_count; j++) qp_text_format(out, "%s%d", j ? ", " : "", part->id[j]);
            qp_text_format(out, "], \"tokens\": [");
            for (size_t j = 0; j < part->id_count; j++) {
                if (j) qp_text_put(out, ", ", 2);
                QP_TRY(token_string(p, part->id[j], out));
            }
            qp_text_put(out, "]}", 2);
            first = false;
        }
    }
    qp_text_put(out, "}", 1);
    return QP_OK;
}

static qp_status post_processor(const qp_pipeline *p, qp_text_buffer *out)
{
    if (!p->trims && !p->has_template) {
        qp_text_format(out, "null");
        return QP_OK;
    }
    qp_text_format(out, "{\"type\": \"Sequence\", \"processors\": [");
    if (p->trims)
        qp_text_format(out,
                           "\n {\"type\": \"ByteLevel\", \"add_prefix_space\": %s, \"trim_offsets\": true, "
                           "\"use_regex\": true}%s",
                           p->trim_prefix_space ? "true" : "false", p->has_template ? "," : "");
    if (p->has_template) {
        qp_text_format(out, "\n {\"type\": \"TemplateProcessing\", \"single\": ");
        template(&p->single, out);
        qp_text_format(out, ", \"pair\": ");
        template(&p->pair, out);
        qp_text_format(out, ", \"special_tokens\": ");
        QP_TRY(special_tokens(p, out));
        qp_text_put(out, "}", 1);
    }
    qp_text_put(out, "]}", 2);
    return QP_OK;
}

static qp_status file(const qp_pipeline *p, bool ranks, qp_text_buffer *out)
{
    qp_text_format(out, "{\"version\": \"1.0\",\n");
    QP_TRY(qp_pipeline_write_length(&p->length, out));
    qp_text_format(out, ",\n \"added_tokens\": ");
    QP_TRY(added_tokens(p, out));
    qp_text_format(out, ",\n \"normalizer\": ");
    QP_TRY(qp_stages_write(&p->normalizer, QP_ROLE_NORMALIZER, p->normalizer.count > 0, out));
    qp_text_format(out, ",\n \"pre_tokenizer\": ");
    QP_TRY(qp_stages_write(&p->splitter, QP_ROLE_SPLITTER, p->splitter.count > 0, out));
    qp_text_format(out, ",\n \"post_processor\": ");
    QP_TRY(post_processor(p, out));
    qp_text_format(out, ",\n \"decoder\": ");
    QP_TRY(qp_stages_write(&p->decoder, QP_ROLE_DECODER, p->has_decoder, out));
    qp_text_format(out, ",\n \"model\": ");
    QP_TRY(model(p, ranks, out));
    qp_text_format(out, "}\n");
    return QP_OK;
}

static qp_status write(const qp_pipeline *p, bool ranks, char **text, size_t *bytes)
{
    qp_text_buffer out = {0};
    *text = NULL;
    *bytes = 0;
    qp_status status = file(p, ranks, &out);
    if (status == QP_OK) return qp_text_finish(&out, text, bytes);
    qp_text_free(&out);
    return status;
}

qp_status qp_pipeline_write_huggingface(const qp_pipeline *p, char **text, size_t *bytes)
{
    return write(p, false, text, bytes);
}

qp_status qp_pipeline_write_ranked(const qp_pipeline *p, char **text, size_t *bytes)
{
    return write(p, true, text, bytes);
}
