#include "lib/import/ctranslate2/ct2_package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/ctranslate2/ct2_model.h"
#include "lib/import/hf_package.h"
#include "lib/import/hf_tokenizers.h"
#include "lib/import/json_config.h"

enum { PATH_BYTES = 4096 };

typedef struct {
    const char *folder, *tokenizer;
    qp_vocabulary_names source, target; /* target without names: that of the source */
    qp_ct2_facts facts;
    int32_t end, pad;
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
    c->facts.start = id_of(&json, "decoder_start_token", names, "<s>");
    if (!(c->facts.epsilon >= 0 && c->facts.epsilon <= 1)) qp_json_config_refuse(&json, "layer_norm_epsilon", "?");
    qp_status status = json.status;
    qp_json_config_close(&json);
    return status;
}

/* ---- the package ---- */

static qp_status fill(contents *c, qp_ct2_file *file, qp_package *p)
{
    qp_tokenizer *source, *target;
    qp_model *model;
    bool zero;
    QP_TRY(read_lists(c));
    QP_TRY(read_config(c));
    QP_TRY(qp_ct2_starts_from_zero(file, &zero));
    if (zero) QP_TRY(add_word(c));
    QP_TRY(qp_marian_tokenizers(c->folder, c->tokenizer, &c->source, target_of(c), &source, &target));
    qp_package_set_tokenizers(p, source, target);
    QP_TRY(qp_import_set_roles(source, -1, qp_vocabulary_index(&c->source, target_of(c)->name[c->end]), -1));
    QP_TRY(qp_import_set_roles(target, -1, c->end, c->pad));
    QP_TRY(qp_ct2_model(file, &c->facts, &model));
    qp_package_set_tokenizers(p, source, target); /* their roles have changed */
    qp_package_set_model(p, model);
    QP_TRY(qp_import_check_rows(c->folder, source, qp_model_config_of(model)->src_vocab_size));
    return qp_import_check_rows(c->folder, target, qp_model_config_of(model)->tgt_vocab_size);
}

qp_status qp_ct2_package(const char *folder, const char *tokenizer, qp_package **package)
{
    char path[PATH_BYTES];
    contents c = {.folder = folder, .tokenizer = tokenizer, .pad = -1};
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
