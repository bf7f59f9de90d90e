#include "lib/import/hf_package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/import/hf_decoding.h"
#include "lib/import/hf_import.h"
#include "lib/import/hf_languages.h"
#include "lib/import/hf_tokenizers.h"
#include "lib/package/decoding.h"
#include "lib/text/json_writer.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_special.h"

/* Whether a token was put there by the template; a vocabulary of words does not know "a". */
static bool is_put(const qp_tokenizer *tokenizer, int32_t id)
{
    return qp_tokenizer_role(tokenizer, id) == QP_TOKEN_SPECIAL && id != qp_tokenizer_special(tokenizer)->unknown;
}

/* A tokenizer.json may also fill texts up with padding, outside of these tokens. */
static qp_hf_frame frame_in(const qp_tokenizer *tokenizer, const qp_encoding *e)
{
    qp_hf_frame f = {-1, -1};
    int first = 0, last = e->count - 1;
    const int32_t pad = qp_tokenizer_special(tokenizer)->pad;
    while (first < e->count && is_put(tokenizer, e->id[first])) first++;
    while (last >= first && is_put(tokenizer, e->id[last])) last--;
    if (first > last) return f;
    if (first > 0) f.before = e->id[first - 1];
    if (last + 1 < e->count) f.after = e->id[last + 1];
    if (f.before == pad && first > 1) f.before = -1;
    if (f.after == pad && last + 2 < e->count) f.after = -1;
    return f;
}

qp_status qp_hf_frame_of(const qp_tokenizer *tokenizer, qp_hf_frame *f)
{
    qp_encoding e = {0};
    qp_status status = qp_tokenizer_encode_pair(tokenizer, "a", 1, NULL, 0, &e);
    *f = status == QP_OK ? frame_in(tokenizer, &e) : (qp_hf_frame){-1, -1};
    qp_encoding_free(&e);
    return status;
}

/* ---- the package ---- */

qp_status qp_import_set_roles(qp_tokenizer *tokenizer, int32_t begin, int32_t end, int32_t pad)
{
    const qp_special_ids *has = qp_tokenizer_special(tokenizer);
    char list[600] = "";
    const struct {
        const char *role;
        int32_t id, now;
    } role[] = {{"begin", begin, has->begin}, {"end", end, has->end}, {"pad", pad, has->pad}};
    if (qp_tokenizer_is_own(tokenizer)) return QP_OK;
    for (size_t i = 0; i < sizeof role / sizeof *role; i++) {
        const char *piece = role[i].id >= 0 ? qp_tokenizer_piece(tokenizer, role[i].id) : "";
        size_t used = strlen(list);
        if (!*piece || role[i].id == role[i].now || strpbrk(piece, ",=")) continue;
        snprintf(list + used, sizeof list - used, "%s%s=%.150s", used ? "," : "", role[i].role, piece);
    }
    if (*list) QP_TRY(qp_tokenizer_set_special(tokenizer, list));
    return QP_OK;
}

qp_status qp_import_check_rows(const char *place, const qp_tokenizer *tokenizer, int64_t rows)
{
    bool spare = !qp_tokenizer_is_own(tokenizer); /* rows without a piece, which our own models do not have */
    if (qp_tokenizer_size(tokenizer) == rows || (spare && qp_tokenizer_size(tokenizer) < rows)) return QP_OK;
    return qp_fail(QP_EDATA, "%s: its tokenizer has %d pieces, its embedding %lld rows; they do not fit each other",
                   place, qp_tokenizer_size(tokenizer), (long long)rows);
}

/* Gives the ids of the configuration, and of the frame, their roles. */
static qp_status set_roles(qp_tokenizer *tokenizer, const qp_hf_ids *ids, qp_hf_frame f, bool encodes)
{
    int32_t begin = f.before >= 0 ? f.before : ids->begin, end = encodes && f.after >= 0 ? f.after : ids->end;
    return qp_import_set_roles(tokenizer, begin, end, ids->pad);
}

/* A model of images: no tokenizer, but how it reads them. */
static qp_status finish_images(qp_hf_model *made, qp_package *p)
{
    if (made->labels) QP_TRY(qp_labels_parse(made->labels, &p->labels));
    p->images = made->images;
    qp_package_set_model(p, made->model);
    made->model = NULL;
    return QP_OK;
}

static qp_status finish(const char *folder, qp_hf_model *made, qp_hf_frame f, qp_package *p)
{
    qp_tokenizer *tokenizer = p->source;
    const qp_model_config *m = qp_model_config_of(made->model);
    bool encodes = m->encoder != QP_KIND_NONE;
    if (m->task != QP_TASK_TRANSLATE && p->target != tokenizer) { /* one vocabulary is all that it has */
        qp_tokenizer_free(p->target);
        qp_package_set_tokenizers(p, tokenizer, tokenizer);
    }
    int64_t rows = encodes ? m->src_vocab_size : m->tgt_vocab_size;
    if (made->labels) QP_TRY(qp_labels_parse(made->labels, &p->labels));
    QP_TRY(set_roles(tokenizer, &made->ids, f, encodes && !qp_model_task_has_decoder(m->task)));
    QP_TRY(qp_import_check_rows(folder, tokenizer, rows));
    if (p->target != p->source) {
        QP_TRY(set_roles(p->target, &made->ids, (qp_hf_frame){-1, -1}, false));
        QP_TRY(qp_import_check_rows(folder, p->target, m->tgt_vocab_size));
    }
    qp_package_set_tokenizers(p, encodes ? tokenizer : NULL, p->target);
    qp_package_set_model(p, made->model);
    made->model = NULL;
    return QP_OK;
}

/* Languages, which are members of a JSON object, and rules; an empty object is none. */
static qp_status set_decoding(const char *folder, const qp_text_buffer *languages, qp_text_buffer *left_out,
                              qp_package *p)
{
    const qp_model_config *m = qp_model_config_of(p->model);
    qp_text_buffer rules = {0}, json = {0};
    qp_status status = qp_hf_generation(folder, m, &rules, left_out);
    if (status == QP_OK && (rules.failed || languages->failed || left_out->failed))
        status = qp_fail(QP_EMEMORY, "%s: out of memory for its rules of generation", folder);
    if (status == QP_OK && (rules.bytes || languages->bytes)) {
        qp_json_open(&json, '{');
        if (rules.bytes) {
            qp_json_key(&json, "rules");
            qp_json_open(&json, '{');
            qp_text_put(&json, rules.text, rules.bytes);
            qp_json_close(&json, '}');
        }
        if (rules.bytes && languages->bytes) qp_text_add(&json, ",");
        if (languages->bytes) qp_text_put(&json, languages->text, languages->bytes);
        qp_json_close(&json, '}');
        status = qp_text_finish(&json, &p->decoding, NULL);
        int64_t ids = m->src_vocab_size > m->tgt_vocab_size ? m->src_vocab_size : m->tgt_vocab_size;
        if (status == QP_OK) status = qp_decoding_check(folder, p->decoding, ids);
    }
    qp_text_free(&rules);
    qp_text_free(&json);
    return status;
}

static qp_status read_model(const char *folder, const char *task, qp_hf_frame f, bool images, qp_package *p)
{
    qp_hf_model made;
    QP_TRY(qp_hf_import_model(folder, &(qp_hf_wish){task, true, f.before, f.after}, &made));
    qp_status status = images ? finish_images(&made, p) : finish(folder, &made, f, p);
    qp_hf_model_free(&made);
    return status;
}

static qp_status read_package(const char *folder, const char *task, bool images, qp_text_buffer *left_out,
                              qp_package *p)
{
    qp_hf_frame f = {-1, -1};
    qp_text_buffer languages = {0};
    qp_status status = images ? QP_OK : qp_hf_frame_of(p->source, &f);
    if (status == QP_OK && !images) status = qp_hf_languages(folder, p->source, &f, &languages);
    if (status == QP_OK) status = read_model(folder, task, f, images, p);
    if (status == QP_OK && !images) status = set_decoding(folder, &languages, left_out, p);
    qp_text_free(&languages);
    return status;
}

/* Those of the folder, or one file for both sides; none for images. */
static qp_status read_tokenizers(const char *folder, const char *file, bool images, qp_package *p)
{
    qp_tokenizer *source = NULL, *target = NULL;
    if (images) return QP_OK;
    if (*file) {
        QP_TRY(qp_tokenizer_load(file, &source));
        target = source;
    } else {
        bool pegasus;
        QP_TRY(qp_hf_is(folder, "pegasus", &pegasus));
        QP_TRY(qp_hf_tokenizers(folder, pegasus, &source, &target));
    }
    qp_package_set_tokenizers(p, source, target);
    return QP_OK;
}

qp_status qp_hf_package(const char *folder, const char *task, const char *tokenizer, qp_text_buffer *left_out,
                        qp_package **package)
{
    qp_package *p;
    bool images;
    *package = NULL;
    QP_TRY(qp_hf_is(folder, "vit", &images));
    if (images && *tokenizer)
        return qp_fail(QP_EUSAGE, "%s: reads images, which have no tokenizer; leave --tokenizer out", folder);
    QP_TRY(qp_package_new(&p));
    qp_status status = read_tokenizers(folder, tokenizer, images, p);
    if (status == QP_OK) status = read_package(folder, task, images, left_out, p);
    if (status == QP_OK)
        *package = p;
    else
        qp_package_free(p);
    return status;
}
