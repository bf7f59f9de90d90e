#include "lib/import/ctranslate2/ct2_package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/ctranslate2/ct2_model.h"
#include "lib/import/hf_package.h"
#include "lib/import/hf_tokenizers.h"
#include "lib/import/json_config.h"
#include "tokenizer/tokenizer_file.h"

enum { PATH_BYTES = 4096, LONGEST = 1048576 };

typedef struct {
    const char *folder, *tokenizer;
    qp_vocabulary_names source, target; /* target without names: that of the source */
    qp_ct2_facts facts;
    bool translates;
    int32_t begin, end, pad; /* -1: none */
} contents;

static bool find_file(const char *folder, const char *name, char path[PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return length > 0 && length < PATH_BYTES && qp_file_exists(path);
}

bool qp_ct2_is(const char *folder)
{
    char path[PATH_BYTES];
    return find_file(folder, "model.bin", path);
}

/* ---- vocabularies ---- */

static bool find_list(const char *folder, const char *name, char path[PATH_BYTES])
{
    char full[64];
    snprintf(full, sizeof full, "%s.json", name);
    if (find_file(folder, full, path)) return true;
    snprintf(full, sizeof full, "%s.txt", name);
    return find_file(folder, full, path);
}

static qp_status read_lists(contents *c)
{
    char path[PATH_BYTES];
    if (!c->translates && find_list(c->folder, "vocabulary", path)) return qp_vocabulary_read(path, &c->source);
    if (!c->translates)
        return qp_fail(QP_ENOINPUT, "%s: vocabulary (.json, .txt) is not there", c->folder);
    if (find_list(c->folder, "shared_vocabulary", path)) return qp_vocabulary_read(path, &c->source);
    if (!find_list(c->folder, "source_vocabulary", path))
        return qp_fail(QP_ENOINPUT, "%s: neither shared_vocabulary nor source_vocabulary (.json, .txt) is there",
                       c->folder);
    QP_TRY(qp_vocabulary_read(path, &c->source));
    if (!find_list(c->folder, "target_vocabulary", path))
        return qp_fail(QP_ENOINPUT, "%s: target_vocabulary (.json, .txt) is not there", c->folder);
    return qp_vocabulary_read(path, &c->target);
}

static qp_vocabulary_names *target_of(contents *c) { return c->target.count ? &c->target : &c->source; }

/* The word that the decoder reads first where that is zeros. */
static qp_status add_word(contents *c)
{
    c->pad = target_of(c)->count;
    return qp_vocabulary_add_start(c->folder, target_of(c));
}

/* ---- config.json ---- */

/* A piece of the vocabulary. */
static int32_t id_of(qp_json_config *json, const char *key, const qp_vocabulary_names *names, const char *usual)
{
    const char *piece = qp_json_config_text(json, key, usual);
    int32_t id = qp_vocabulary_index(names, piece);
    if (id < 0) qp_json_config_refuse(json, key, "not a piece of the vocabulary");
    return id;
}

static qp_status read_config(contents *c)
{
    char path[PATH_BYTES];
    qp_json_config json;
    const qp_vocabulary_names *names = target_of(c);
    if (!find_file(c->folder, "config.json", path))
        return qp_fail(QP_ENOINPUT, "%s: config.json is not there; convert the model with CTranslate2 3 or later",
                       c->folder);
    QP_TRY(qp_json_config_open(path, &json));
    c->facts = (qp_ct2_facts){.source_words = c->source.count, .target_words = names->count};
    c->facts.epsilon = qp_json_config_real(&json, "layer_norm_epsilon", 1e-5);
    c->facts.begins = qp_json_config_flag(&json, "add_source_bos", false);
    c->end = id_of(&json, "eos_token", names, "</s>");
    c->facts.length = qp_json_config_whole(&json, "max_length", 1, LONGEST, LONGEST);
    if (c->translates) c->facts.start = id_of(&json, "decoder_start_token", names, "<s>");
    c->pad = qp_vocabulary_index(names, qp_json_config_text(&json, "pad_token", "")); /* of quipu's own folders */
    if (!c->translates) c->begin = qp_vocabulary_index(names, qp_json_config_text(&json, "bos_token", "<s>"));
    if (!(c->facts.epsilon >= 0 && c->facts.epsilon <= 1)) qp_json_config_refuse(&json, "layer_norm_epsilon", "?");
    qp_status status = json.status;
    qp_json_config_close(&json);
    return status;
}

/* ---- the tokenizers ---- */

/* A tokenizer of the folder that is not made of the vocabulary must have its pieces; more rows than pieces may be. */
static qp_status check_pieces(const contents *c, const qp_tokenizer *t, const qp_vocabulary_names *names)
{
    QP_TRY(qp_import_check_rows(c->folder, t, names->count));
    for (int32_t id = 0; id < qp_tokenizer_size(t); id++) {
        const char *piece = qp_tokenizer_piece(t, id);
        if (piece && *piece && strcmp(piece, names->name[id]) != 0)
            return qp_fail(QP_EDATA, "%s: id %d is '%.60s' in its vocabulary, but '%.60s' for its tokenizer; name the "
                                     "model's own tokenizer with --tokenizer FILE",
                           c->folder, (int)id, names->name[id], piece);
    }
    return QP_OK;
}

/* A folder with tokenizer.json, and a language model, are read as those of Hugging Face. */
static qp_status find_tokenizers(contents *c, qp_package *p, bool *whole)
{
    char path[PATH_BYTES];
    qp_tokenizer *source, *target;
    *whole = !c->translates || (!*c->tokenizer && find_file(c->folder, "tokenizer.json", path));
    if (!*whole)
        QP_TRY(qp_marian_tokenizers(c->folder, c->tokenizer, &c->source, target_of(c), &source, &target));
    else if (*c->tokenizer)
        QP_TRY(qp_tokenizer_load(c->tokenizer, &source));
    else
        QP_TRY(qp_hf_tokenizers(c->folder, false, &source, &target));
    if (*whole && *c->tokenizer) target = source;
    qp_package_set_tokenizers(p, source, target);
    if (!*whole) return QP_OK;
    QP_TRY(check_pieces(c, source, &c->source));
    return target != source ? check_pieces(c, target, target_of(c)) : QP_OK;
}

static qp_status set_tokenizers(contents *c, qp_package *p)
{
    bool whole;
    QP_TRY(find_tokenizers(c, p, &whole));
    qp_tokenizer *source = p->source, *target = p->target;
    if (whole) {
        qp_hf_frame frame;
        QP_TRY(qp_hf_frame_of(source, &frame));
        if (!c->translates) c->facts.start = frame.before < 0 ? QP_START_NONE : -1;
        if (c->translates && frame.before >= 0) c->facts.begins = true;
        if (frame.before >= 0) c->begin = frame.before;
    }
    if (c->translates && target != source)
        QP_TRY(qp_import_set_roles(source, c->begin, qp_vocabulary_index(&c->source, target_of(c)->name[c->end]), -1));
    QP_TRY(qp_import_set_roles(target, c->begin, c->end, c->pad));
    qp_package_set_tokenizers(p, c->translates ? source : NULL, target); /* their roles have changed */
    return QP_OK;
}

/* ---- the package ---- */

static qp_status fill(contents *c, qp_ct2_file *file, qp_package *p)
{
    qp_model *model;
    bool zero;
    QP_TRY(qp_ct2_kind(file, &c->translates));
    QP_TRY(read_lists(c));
    QP_TRY(read_config(c));
    QP_TRY(qp_ct2_starts_from_zero(file, &zero));
    if (zero) QP_TRY(add_word(c));
    QP_TRY(set_tokenizers(c, p));
    QP_TRY(qp_ct2_model(file, &c->facts, &model));
    qp_package_set_model(p, model);
    if (c->translates) QP_TRY(qp_import_check_rows(c->folder, p->source, qp_model_config_of(model)->src_vocab_size));
    return qp_import_check_rows(c->folder, p->target, qp_model_config_of(model)->tgt_vocab_size);
}

qp_status qp_ct2_package(const char *folder, const char *tokenizer, qp_package **package)
{
    char path[PATH_BYTES];
    contents c = {.folder = folder, .tokenizer = tokenizer, .begin = -1, .pad = -1};
    qp_ct2_file *file;
    qp_package *p = NULL;
    *package = NULL;
    if (!find_file(folder, "model.bin", path))
        return qp_fail(QP_ENOINPUT, "%.200s: no model.bin, or a name that is too long", folder);
    QP_TRY(qp_ct2_open(path, &file));
    qp_status status = qp_package_new(&p);
    if (status == QP_OK) status = fill(&c, file, p);
    qp_ct2_close(file);
    qp_vocabulary_names_free(&c.source);
    qp_vocabulary_names_free(&c.target);
    if (status == QP_OK)
        *package = p;
    else
        qp_package_free(p);
    return status;
}
