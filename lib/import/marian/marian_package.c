#include "lib/import/marian/marian_package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/hf_package.h"
#include "lib/import/hf_tokenizers.h"
#include "lib/import/marian/marian_yaml.h"
#include "lib/text/json_writer.h"

enum { PATH_BYTES = 4096, YAML_LIMIT = 1048576 };

typedef struct {
    char folder[PATH_BYTES], model[PATH_BYTES], list[2][PATH_BYTES];
    const char *spm;
    qp_vocabulary_names source, target; /* target without names: that of the source */
    qp_marian_facts facts;
    int64_t beams; /* of decoder.yml; 0: not said */
    double normalize;
} contents;

static bool find_file(const char *folder, const char *name, char path[PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return length > 0 && length < PATH_BYTES && qp_file_exists(path);
}

static bool ends_in(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

/* The only file of a folder whose name ends so. */
typedef struct {
    const char *ending;
    char name[256];
    int count;
} only;

static qp_status note_name(void *self, const char *name)
{
    only *o = self;
    if (!ends_in(name, o->ending) || strlen(name) >= sizeof o->name) return QP_OK;
    strcpy(o->name, name);
    o->count++;
    return QP_OK;
}

static bool find_only(const char *folder, const char *ending, char path[PATH_BYTES])
{
    only o = {.ending = ending};
    return qp_folder_each(folder, note_name, &o) == QP_OK && o.count == 1 && find_file(folder, o.name, path);
}

bool qp_marian_is(const char *path)
{
    char file[PATH_BYTES];
    if (!qp_folder_exists(path)) return ends_in(path, ".npz");
    return find_file(path, "decoder.yml", file) || find_file(path, "model.npz", file) ||
           (find_only(path, ".npz", file) && find_only(path, "vocab.yml", file));
}

/* ---- which files ---- */

/* Entry `index` of a list of names of files of the folder; the last one where there are fewer. */
static void name_of(const contents *c, qp_json_config *yaml, const char *key, size_t index, char path[PATH_BYTES])
{
    const json_t *list = qp_json_config_find(yaml, key);
    size_t count = json_array_size(list);
    const char *name = json_string_value(json_array_get(list, index < count ? index : count - 1));
    if (!name || !*name || *name == '.' || strchr(name, '/') || strchr(name, '\\'))
        qp_json_config_refuse(yaml, key, "not a list of files of this folder");
    else if (snprintf(path, PATH_BYTES, "%s/%s", c->folder, name) >= PATH_BYTES)
        qp_json_config_refuse(yaml, key, "a name that is too long");
}

/* A number with a point is a string of this YAML. */
static double number_of(qp_json_config *yaml, const char *key)
{
    const char *text = json_string_value(qp_json_config_find(yaml, key));
    char *end;
    if (!text) return qp_json_config_real(yaml, key, 0);
    double value = strtod(text, &end);
    return *end ? -1 : value;
}

static qp_status read_decoder(contents *c, const char *path)
{
    char *text;
    size_t bytes;
    qp_json_config yaml;
    QP_TRY(qp_file_read(path, YAML_LIMIT, &text, &bytes));
    qp_status status = qp_marian_yaml(path, text, bytes, &yaml);
    free(text);
    if (status != QP_OK) return status;
    if (!*c->model) name_of(c, &yaml, "models", 0, c->model);
    if (json_array_size(qp_json_config_find(&yaml, "models")) > 1)
        qp_json_config_refuse(&yaml, "models", "several, which translate together");
    for (size_t i = 0; i < 2; i++) {
        name_of(c, &yaml, "vocabs", i, c->list[i]);
        if (!ends_in(c->list[i], ".yml") && !ends_in(c->list[i], ".yaml"))
            qp_json_config_refuse(&yaml, "vocabs", "not a list of .yml files");
    }
    c->beams = qp_json_config_whole(&yaml, "beam-size", 0, 1000, 0);
    c->normalize = number_of(&yaml, "normalize");
    if (!(c->normalize >= 0 && c->normalize <= 10)) qp_json_config_refuse(&yaml, "normalize", "not from 0 to 10");
    status = yaml.status;
    qp_json_config_close(&yaml);
    return status;
}

/* The folder of the vocabularies, and the model where a file is given. */
static qp_status find_folder(contents *c, const char *path, const char *tokenizer)
{
    const char *slash = strrchr(path, '/');
    bool file = !qp_folder_exists(path), elsewhere = *tokenizer && qp_folder_exists(tokenizer);
    c->spm = elsewhere ? "" : tokenizer;
    if (strlen(path) >= PATH_BYTES || strlen(tokenizer) >= PATH_BYTES)
        return qp_fail(QP_ENOINPUT, "%.100s...: the name is too long", path);
    if (file) strcpy(c->model, path);
    if (elsewhere)
        strcpy(c->folder, tokenizer);
    else if (file)
        snprintf(c->folder, sizeof c->folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    else
        strcpy(c->folder, path);
    return QP_OK;
}

static qp_status find_files(contents *c, const char *path, const char *tokenizer)
{
    char decoder[PATH_BYTES];
    QP_TRY(find_folder(c, path, tokenizer));
    if (find_file(c->folder, "decoder.yml", decoder)) return read_decoder(c, decoder);
    if (!*c->model && !find_file(c->folder, "model.npz", c->model) && !find_only(c->folder, ".npz", c->model))
        return qp_fail(QP_ENOINPUT, "%s: neither decoder.yml nor model.npz is there", c->folder);
    if (!find_file(c->folder, "vocab.yml", c->list[0]) && !find_only(c->folder, "vocab.yml", c->list[0]))
        return qp_fail(QP_ENOINPUT, "%s: no decoder.yml, which names the vocabularies, and not one vocab.yml is there; "
                                    "name their folder with --tokenizer DIR",
                       c->folder);
    strcpy(c->list[1], c->list[0]);
    return QP_OK;
}

/* ---- the package ---- */

static qp_status read_lists(contents *c)
{
    QP_TRY(qp_vocabulary_read(c->list[0], &c->source));
    c->facts.shared = strcmp(c->list[0], c->list[1]) == 0;
    if (!c->facts.shared) QP_TRY(qp_vocabulary_read(c->list[1], &c->target));
    c->facts.source_words = c->source.count;
    c->facts.target_words = c->facts.shared ? c->source.count : c->target.count;
    return QP_OK;
}

static qp_status find_end(const char *list, const qp_vocabulary_names *names, int32_t *end)
{
    *end = qp_vocabulary_index(names, "</s>");
    return *end >= 0 ? QP_OK : qp_fail(QP_EDATA, "%s: no </s>, which ends every text of Marian", list);
}

static qp_status set_tokenizers(contents *c, qp_package *p)
{
    qp_tokenizer *source, *target;
    int32_t source_end, target_end;
    qp_vocabulary_names *names = c->facts.shared ? &c->source : &c->target;
    QP_TRY(find_end(c->list[0], &c->source, &source_end));
    QP_TRY(find_end(c->list[1], names, &target_end));
    QP_TRY(qp_vocabulary_add_start(c->folder, names));
    QP_TRY(qp_marian_tokenizers(c->folder, c->spm, &c->source, names, &source, &target));
    qp_package_set_tokenizers(p, source, target);
    QP_TRY(qp_import_set_roles(source, -1, source_end, -1));
    QP_TRY(qp_import_set_roles(target, -1, target_end, c->facts.target_words));
    qp_package_set_tokenizers(p, source, target); /* their roles have changed */
    return QP_OK;
}

/* What decoder.yml says of the search, as rules of decoding; Marian divides by length^normalize. */
static qp_status set_rules(const contents *c, qp_package *p)
{
    char text[40];
    qp_text_buffer json = {0};
    if (c->beams == 0) return QP_OK;
    qp_json_open(&json, '{');
    qp_json_key(&json, "rules");
    qp_json_open(&json, '{');
    snprintf(text, sizeof text, "%lld", (long long)c->beams);
    qp_json_put_text(&json, "beam_size", text);
    qp_json_put_text(&json, "length_rule", "power");
    snprintf(text, sizeof text, "%g", c->normalize);
    qp_json_put_text(&json, "length_penalty", text);
    qp_json_close(&json, '}');
    qp_json_close(&json, '}');
    return qp_text_finish(&json, &p->decoding, NULL);
}

static qp_status fill(contents *c, const qp_npz_file *file, qp_package *p)
{
    qp_model *model;
    QP_TRY(set_tokenizers(c, p));
    QP_TRY(qp_marian_model(file, &c->facts, &model));
    qp_package_set_model(p, model);
    QP_TRY(set_rules(c, p));
    QP_TRY(qp_import_check_rows(c->folder, p->source, qp_model_config_of(model)->src_vocab_size));
    return qp_import_check_rows(c->folder, p->target, qp_model_config_of(model)->tgt_vocab_size);
}

static qp_status read_package(contents *c, const char *path, const char *tokenizer, qp_package *p)
{
    qp_npz_file *file;
    QP_TRY(find_files(c, path, tokenizer));
    QP_TRY(qp_npz_open(c->model, &file));
    qp_status status = read_lists(c);
    if (status == QP_OK) status = fill(c, file, p);
    qp_npz_close(file);
    return status;
}

qp_status qp_marian_package(const char *path, const char *tokenizer, qp_marian_maths maths, qp_package **package)
{
    qp_package *p = NULL;
    contents *c = calloc(1, sizeof *c);
    *package = NULL;
    if (!c) return qp_fail(QP_EMEMORY, "%s: out of memory", path);
    c->facts.maths = maths;
    qp_status status = qp_package_new(&p);
    if (status == QP_OK) status = read_package(c, path, tokenizer, p);
    qp_vocabulary_names_free(&c->source);
    qp_vocabulary_names_free(&c->target);
    free(c);
    if (status == QP_OK)
        *package = p;
    else
        qp_package_free(p);
    return status;
}
