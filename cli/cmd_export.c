#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/base/unread.h"
#include "lib/base/file.h"
#include "lib/export/ct2_export.h"
#include "lib/export/ct2_writer.h"
#include "lib/export/gguf_export.h"
#include "lib/export/hf_export.h"
#include "lib/import/gguf/gguf_blocks.h"
#include "lib/ngram/ngram_arpa.h"
#include "lib/package/package.h"
#include "lib/store/npz.h"
#include "tokenizer/tokenizer_file.h"

/* export — a model file becomes files of other projects. */
#define EXPORT_FORMATS(X)                                                                                              \
    X(BY_NAME, "by-name") X(HUGGINGFACE, "huggingface") X(GGUF, "gguf") X(CTRANSLATE2, "ctranslate2") X(NPZ, "npz")
enum { EXPORT_FORMATS(QP_CHOICE_ID) };
#define EXPORT_TYPES(X) X(F32, "f32") X(F16, "f16") X(Q8_0, "q8_0") X(INT8, "int8")
enum { EXPORT_TYPES(QP_CHOICE_ID) };

#define EXPORT_FIELDS(X)                                                                                               \
    X(TEXT, model, "", 0, 0, "FILE", "model file (.safetensors)")                                                      \
    X(TEXT, out, "", 0, 0, "FILE|DIR",                                                                                 \
      "what to make: .arpa the n-grams, .json the (target) tokenizer; --format huggingface, ctranslate2: a folder")    \
    X(CHOICE, format, "by-name", 0, 0, QP_CHOICES(EXPORT_FORMATS), "of what is made; by-name: as --out ends")          \
    X(CHOICE, type, "f32", 0, 0, QP_CHOICES(EXPORT_TYPES), "--format gguf, ctranslate2: numbers of matrices")          \
    X(BOOL, source, "false", 0, 0, NULL, ".json: the tokenizer of the source side")

typedef struct {
    EXPORT_FIELDS(QP_FIELD_DECLARE)
} export_options;

static QP_FIELD_TABLE(table, "export", export_options, EXPORT_FIELDS);

static bool ends_in(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

static qp_status export_gguf(const export_options *o, const qp_package *m)
{
    static const uint32_t type[] = {[F32] = QP_GGUF_F32, [F16] = QP_GGUF_F16, [Q8_0] = QP_GGUF_Q8_0};
    if (o->type == INT8)
        return qp_fail(QP_EUSAGE, "export: --format gguf has no --type int8; its 8 bits are --type q8_0");
    return qp_gguf_export(m, o->model, o->out, type[o->type]);
}

static qp_status export_ctranslate2(const export_options *o, const qp_package *m)
{
    static const int type[] = {[F32] = QP_CT2_FLOAT32, [F16] = QP_CT2_FLOAT16, [INT8] = QP_CT2_INT8};
    if (o->type == Q8_0)
        return qp_fail(QP_EUSAGE, "export: --format ctranslate2 has no --type q8_0; its 8 bits are --type int8");
    return qp_ct2_export(m, o->model, o->out, type[o->type]);
}

/* Every parameter under its name. */
static qp_status export_npz(const export_options *o, const qp_package *m)
{
    qp_params *params = qp_model_params(m->model);
    qp_npz *npz = sizeof(qp_real) == sizeof(float) ? qp_npz_new() : NULL;
    if (!npz) return qp_fail(QP_EMEMORY, "%s: out of memory", o->model);
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        bool vector = p->rows == 1 && !p->decay;
        const int64_t shape[] = {vector ? p->columns : p->rows, p->columns};
        qp_npz_add_floats(npz, p->name, vector ? 1 : 2, shape, (const void *)qp_params_value(params, i));
    }
    return qp_npz_save(npz, o->out);
}

static qp_status export_from(const export_options *o, const qp_package *m)
{
    if (o->format == HUGGINGFACE) return qp_hf_export(m, o->model, o->out);
    if (o->format == GGUF) return export_gguf(o, m);
    if (o->format == CTRANSLATE2) return export_ctranslate2(o, m);
    if (o->format == NPZ) return export_npz(o, m);
    const qp_ngram *ngram = qp_model_ngram(m->model, NULL);
    if (ends_in(o->out, ".arpa") && !ngram)
        return qp_fail(QP_EUSAGE, "%s: only n-gram models can be written as ARPA; train one with --decoder ngram",
                       o->model);
    if (ends_in(o->out, ".arpa")) return qp_ngram_arpa_save(o->out, ngram);
    if (!ends_in(o->out, ".json"))
        return qp_fail(QP_EUSAGE,
                       "export: %s: unknown kind of file; name it .arpa (n-grams) or .json (tokenizer), or "
                       "give --format",
                       o->out);
    if (o->source && !m->source)
        return qp_fail(QP_EUSAGE, "%s: this model has no source side; leave --source out", o->model);
    const qp_tokenizer *tokenizer = o->source || !m->target ? m->source : m->target;
    if (!tokenizer) return qp_fail(QP_EUSAGE, "%s: reads numbers, not text, and has no tokenizer", o->model);
    return qp_tokenizer_save(tokenizer, o->out);
}

/* The model itself is not replaced, under its own name or in the folder that is made. */
static qp_status keep_model(const export_options *o)
{
    static const char *const made[] = {"model.safetensors", "model.bin", "config.json", "tokenizer.json"};
    bool lost = qp_file_same(o->out, o->model);
    for (size_t i = 0; !lost && i < sizeof made / sizeof *made; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", o->out, made[i]);
        lost = qp_file_same(path, o->model);
    }
    return lost ? qp_fail(QP_EUSAGE, "%s: is an input and would be overwritten; name another output", o->model) : QP_OK;
}

static qp_status check_uses(const export_options *o, const qp_options *options)
{
    const qp_unread row[] = {{"type", o->format == GGUF || o->format == CTRANSLATE2, "--format gguf and ctranslate2"},
                             {"source", o->format == BY_NAME && ends_in(o->out, ".json"), "-o FILE.json"}};
    return qp_unread_check(options, row, sizeof row / sizeof *row);
}

static qp_status run(void *self, const qp_options *options)
{
    export_options *o = self;
    qp_package *m;
    if (options->file_count == 1 && !*o->model)
        snprintf(o->model, sizeof o->model, "%s", options->file[0]);
    else if (options->file_count)
        return qp_fail(QP_EUSAGE, "export: unexpected argument '%s'", options->file[0]);
    if (!*o->model) return qp_fail(QP_EUSAGE, "export: no model; name one with -m MODEL.safetensors");
    if (!*o->out)
        return qp_fail(QP_EUSAGE,
                       "export: no file to write; name it with -o FILE.arpa, -o FILE.json, or --format NAME -o "
                       "FILE|DIR");
    QP_TRY(keep_model(o));
    QP_TRY(check_uses(o, options));
    QP_TRY(qp_package_load(o->model, &m));
    qp_status status = export_from(o, m);
    qp_package_free(m);
    return status;
}

int qp_cmd_export(int argc, char **argv)
{
    export_options o;
    const qp_option_group group[] = {{&table, &o}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'o', "out"}};
    const qp_command command = {.name = "export",
                                .summary = "a model, or its tokenizer, as files for other projects",
                                .usage = "-m MODEL -o FILE.arpa | FILE.json | DIR --format huggingface, "
                                         "ctranslate2 | FILE --format gguf, npz",
                                .notes = "The words of an ARPA file are the pieces of the model's tokenizer.\n"
                                         "Transformers opens the folder of Hugging Face. Where a model is of none of\n"
                                         "its architectures, the options that would make it one are named.\n"
                                         "CTranslate2 runs translators and language models of transformers.\n"
                                         "llama.cpp runs a GGUF file (llama, qwen2, gpt2). An .npz has all parameters.",
                                .group = group,
                                .group_count = 1,
                                .alias = alias,
                                .alias_count = 2,
                                .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &o);
}
