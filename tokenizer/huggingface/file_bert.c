#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/huggingface/file_formats.h"
#include "tokenizer/huggingface/pipeline_build.h"
#include "tokenizer/stages/stage_kinds.h"

/* vocab.txt of BERT: one piece a line; the number of the line is the id. The pipeline does what BERT does: cleaning,
 * words and punctuation, ## inside words, [CLS] A [SEP] B [SEP]. */

static const char *const special[] = {"[UNK]", "[SEP]", "[CLS]", "[PAD]", "[MASK]"};

static qp_status no_memory(const char *place) { return qp_fail(QP_EMEMORY, "%s: out of memory", place); }

static qp_status add_stages(const char *place, bool cased, qp_pipeline *p)
{
    void *self;
    QP_TRY(qp_stages_add(&p->normalizer, &qp_stage_bert_normalizer, &self));
    *(qp_bert_normalizer *)self =
        (qp_bert_normalizer){.clean = true, .isolates_han = true, .strips_accents = !cased, .lowers = !cased};
    QP_TRY(qp_stages_add(&p->splitter, &qp_stage_bert_splitter, &self));
    QP_TRY(qp_stages_add(&p->decoder, &qp_stage_decode_wordpiece, &self));
    qp_wordpiece_decoder *decoder = self;
    decoder->cleanup = true;
    QP_TRY(qp_stage_string_set(&decoder->prefix, "##", 2));
    p->has_decoder = true;
    p->model = QP_MODEL_WORDPIECE;
    p->prefix = qp_text_copy("##", 2);
    return p->prefix ? QP_OK : no_memory(place);
}

static qp_status add_lines(const char *place, const char *content, size_t bytes, qp_pipeline *p)
{
    int64_t id = 0;
    for (const char *at = content, *end; at < content + bytes; at = end + 1, id++) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        size_t length = (size_t)(end - at);
        while (length > 0 && (at[length - 1] == '\r' || at[length - 1] == ' ' || at[length - 1] == '\t')) length--;
        if (length == 0) continue; /* a piece that no text has */
        QP_TRY(qp_pipeline_add_piece(place, p, at, length, id, 0));
    }
    QP_TRY(qp_pipeline_find_piece(p, "[UNK]", 5, &p->unknown));
    if (p->unknown < 0) return qp_fail(QP_EDATA, "%s: no line is [UNK]; give a vocab.txt of BERT", place);
    return QP_OK;
}

/* [CLS] A [SEP], and B [SEP] of type 1. */
static qp_status add_template(qp_pipeline *p)
{
    int32_t cls, sep;
    QP_TRY(qp_pipeline_find_piece(p, "[CLS]", 5, &cls));
    QP_TRY(qp_pipeline_find_piece(p, "[SEP]", 5, &sep));
    if (cls < 0 || sep < 0) return QP_OK;
    cls = p->token_id[cls];
    sep = p->token_id[sep];
    p->has_template = true;
    qp_template *t[] = {&p->single, &p->pair};
    for (int i = 0; i < 2; i++) {
        QP_TRY(qp_pipeline_add_part(t[i], -1, 0, &cls, 1));
        QP_TRY(qp_pipeline_add_part(t[i], 0, 0, NULL, 0));
        QP_TRY(qp_pipeline_add_part(t[i], -1, 0, &sep, 1));
    }
    QP_TRY(qp_pipeline_add_part(&p->pair, 1, 1, NULL, 0));
    return qp_pipeline_add_part(&p->pair, -1, 1, &sep, 1);
}

static qp_status add_special(qp_pipeline *p)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        int32_t piece;
        QP_TRY(qp_pipeline_find_piece(p, special[i], strlen(special[i]), &piece));
        if (piece < 0) continue;
        char text[8];
        memcpy(text, special[i], strlen(special[i]) + 1);
        qp_added_token token = {.text = text, .bytes = strlen(text), .id = p->token_id[piece], .special = true};
        QP_TRY(qp_pipeline_add_token(p, &token));
    }
    return QP_OK;
}

qp_status qp_pipeline_read_bert(const char *place, const char *content, size_t bytes, bool cased,
                                qp_pipeline **pipeline)
{
    *pipeline = NULL;
    qp_pipeline *p = qp_pipeline_new();
    if (!p) return no_memory(place);
    qp_status status = add_stages(place, cased, p);
    if (status == QP_OK) status = add_lines(place, content, bytes, p);
    if (status == QP_OK) status = add_special(p);
    if (status == QP_OK) status = add_template(p);
    if (status == QP_OK) status = qp_pipeline_finish(place, p);
    if (status == QP_OK)
        *pipeline = p;
    else
        qp_pipeline_free(p);
    return status;
}

/* ---- writing ---- */

static qp_status refuse(const char *what)
{
    return qp_fail(QP_EDATA, "%s cannot be expressed in a vocab.txt of BERT", what);
}

static bool is_special(const char *text)
{
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (strcmp(special[i], text) == 0) return true;
    }
    return false;
}

static qp_status check(const qp_pipeline *p)
{
    const qp_bert_normalizer *n = qp_stages_only(&p->normalizer, &qp_stage_bert_normalizer);
    if (p->model != QP_MODEL_WORDPIECE) return refuse("a model that is not WordPiece");
    if (!n || !n->clean || !n->isolates_han || n->strips_accents != n->lowers)
        return refuse("another normalizer than BERT's");
    if (!qp_stages_only(&p->splitter, &qp_stage_bert_splitter))
        return refuse("another way to split words than BERT's");
    if (!p->prefix || strcmp(p->prefix, "##") != 0) return refuse("another prefix than ##");
    if (p->longest_word != 100) return refuse("another longest word than 100 characters");
    if (p->unknown < 0 || strcmp(p->token[p->unknown], "[UNK]") != 0) return refuse("another unknown token than [UNK]");
    for (size_t i = 0; i < p->added_count; i++) {
        const qp_added_token *a = &p->added[i];
        bool inside = a->id >= 0 && (size_t)a->id < p->id_limit && p->piece_of_id[a->id] >= 0;
        if (!inside || !is_special(a->text)) return refuse("an added token beside [UNK] [SEP] [CLS] [PAD] [MASK]");
    }
    return QP_OK;
}

qp_status qp_pipeline_write_bert(const qp_pipeline *p, qp_export *content)
{
    qp_text_buffer out = {0};
    qp_status status = check(p);
    for (size_t id = 0; status == QP_OK && id < p->id_limit; id++) {
        int32_t piece = p->piece_of_id[id];
        const char *text = piece >= 0 ? p->token[piece] : "";
        size_t bytes = piece >= 0 ? p->token_bytes[piece] : 0;
        if (bytes && (memchr(text, '\n', bytes) || memchr(text, '\r', bytes) || text[bytes - 1] == ' ' ||
                      text[bytes - 1] == '\t'))
            status = refuse("a piece that ends in white space");
        qp_text_put(&out, text, bytes);
        qp_text_put(&out, "\n", 1);
    }
    if (status == QP_OK) {
        const qp_bert_normalizer *n = p->normalizer.stage[0].self;
        snprintf(content->note, sizeof content->note, "open it as %s",
                 n->lowers ? "lower case (do_lower_case true)" : "cased (do_lower_case false)");
        return qp_text_finish(&out, &content->text[0], &content->bytes[0]);
    }
    qp_text_free(&out);
    return status;
}
