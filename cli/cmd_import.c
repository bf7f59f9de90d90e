#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/base/unread.h"
#include "lib/base/content.h"
#include "lib/base/file.h"
#include "lib/base/files/lock.h"
#include "lib/import/ctranslate2/ct2_package.h"
#include "lib/import/gguf/gguf_file.h"
#include "lib/import/gguf/gguf_package.h"
#include "lib/import/gguf/llama2c.h"
#include "lib/import/hf_package.h"
#include "lib/import/marian/marian_package.h"
#include "lib/import/torch_pickle.h"
#include "lib/ngram/ngram_arpa.h"
#include "lib/run/train_ngram.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_special.h"
#include "tokenizer/tokenizer_trainer.h"

/* import — make a model file from files of other projects. */
#define IMPORT_FIELDS(X)                                                                                               \
    X(TEXT, model, "", 0, 0, "FILE", "the model file to write (.safetensors); same as -o")                             \
    X(TEXT, tokenizer, "", 0, 0, "NAME|FILE",                                                                          \
      "ARPA: tokenizer whose pieces are the file's words, if not given, words separated by white space; else: in "     \
      "place of the model's own")                                                                                      \
    X(TEXT, task, "", 0, 0, "NAME",                                                                                    \
      "a folder: the head to read where its class has several, such as classify for next sentences")                   \
    X(CHOICE, marian_as, "transformers", 0, 0, QP_CHOICES(QP_MARIAN_MATHS),                                            \
      "Marian: positions and epsilon of the norms as transformers and CTranslate2 have them, or as Marian itself")     \
    X(BOOL, lower_case, "false", 0, 0, NULL, "ARPA: the words are in lower case: map text to lower case")

typedef struct {
    IMPORT_FIELDS(QP_FIELD_DECLARE)
} import_options;

static QP_FIELD_TABLE(table, "import", import_options, IMPORT_FIELDS);

/* The words of the n-grams, one per line, as text to train a tokenizer. */
typedef struct {
    const qp_ngram *ngram;
    int32_t next;
} word_source;

static qp_status next_word(void *self, const char **line, size_t *bytes)
{
    word_source *words = self;
    *line = words->next < qp_ngram_vocabulary(words->ngram) ? qp_ngram_word(words->ngram, words->next++) : NULL;
    *bytes = *line ? strlen(*line) : 0;
    return QP_OK;
}

static qp_status make_tokenizer(const import_options *o, const qp_ngram *ngram, qp_tokenizer **tokenizer)
{
    if (*o->tokenizer) {
        QP_TRY(qp_tokenizer_load(o->tokenizer, tokenizer));
        qp_status status = qp_tokenizer_need_special(*tokenizer, false, false);
        if (status != QP_OK) qp_tokenizer_free(*tokenizer);
        return status;
    }
    qp_tokenizer_config config;
    qp_tokenizer_report report = {0};
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.type = QP_TOKENIZER_SPACE;
    config.normalization = 0; /* none: the words unchanged */
    config.lower_case = o->lower_case;
    config.vocab_size = 16777216;
    word_source words = {ngram, 3}; /* after <unk> <s> </s> */
    return qp_tokenizer_train(&config, next_word, &words, &report, tokenizer);
}

static qp_status import_arpa(const import_options *o, const char *path)
{
    qp_ngram *ngram;
    qp_tokenizer *tokenizer;
    qp_model_config config;
    qp_package *made;
    QP_TRY(qp_ngram_arpa_load(path, &ngram));
    qp_status status = make_tokenizer(o, ngram, &tokenizer);
    if (status != QP_OK) {
        qp_ngram_free(ngram);
        return status;
    }
    qp_config_defaults(&qp_model_fields, &config);
    qp_config_set(qp_config_find(&qp_model_fields, "task"), &config, "import", "lm");
    config.encoder = QP_KIND_NONE;
    config.decoder = QP_KIND_NGRAM;
    config.max_length = 1048576;
    QP_TRY(qp_ngram_package(&config, ngram, tokenizer, &made));
    status = qp_package_save(made, o->model);
    qp_package_free(made);
    return status;
}

/* ---- files and folders with weights ---- */

static qp_status read_folder(const import_options *o, const char *folder, qp_package **made)
{
    qp_text_buffer left_out = {0};
    qp_status status = qp_hf_package(folder, o->task, o->tokenizer, &left_out, made);
    if (status == QP_OK && left_out.bytes)
        qp_warn("%s: rules of generation that have no option here are left out: %.*s", folder, (int)left_out.bytes,
                left_out.text);
    qp_text_free(&left_out);
    return status;
}

static qp_status read_gguf(const import_options *o, const char *path, qp_package **made)
{
    return qp_gguf_package(path, o->tokenizer, made);
}

static qp_status read_llama2c(const import_options *o, const char *path, qp_package **made)
{
    return qp_llama2c_package(path, o->tokenizer, made);
}

static qp_status read_ctranslate2(const import_options *o, const char *folder, qp_package **made)
{
    return qp_ct2_package(folder, o->tokenizer, made);
}

static qp_status read_marian(const import_options *o, const char *path, qp_package **made)
{
    return qp_marian_package(path, o->tokenizer, (qp_marian_maths)o->marian_as, made);
}

static qp_status refuse_pickle(const import_options *o, const char *path, qp_package **made)
{
    (void)o;
    *made = NULL;
    return qp_torch_pickle_refuse(path);
}

/* A folder of Hugging Face. */
static bool is_folder(const char *path)
{
    char config[4096];
    int length = snprintf(config, sizeof config, "%s/config.json", path);
    return length > 0 && length < (int)sizeof config && qp_file_exists(config);
}

/* The readers, and which files each of them reads; the first that fits. */
static const struct {
    bool (*reads)(const char *path);
    qp_status (*read)(const import_options *o, const char *path, qp_package **made);
} readers[] = {{qp_torch_pickle_is, refuse_pickle}, {qp_ct2_is, read_ctranslate2}, {is_folder, read_folder},
               {qp_marian_is, read_marian},         {qp_gguf_is, read_gguf},       {qp_llama2c_is, read_llama2c}};

enum { READERS = sizeof readers / sizeof *readers };

/* The number of the reader for a file or folder; READERS: none, it may be an ARPA file. */
static int reader_for(const char *path)
{
    int number = 0;
    while (number < READERS && !readers[number].reads(path)) number++;
    return number;
}

static qp_status check_uses(const qp_options *options, int reader)
{
    bool folder = reader < READERS && readers[reader].reads == is_folder;
    bool marian = reader < READERS && readers[reader].reads == qp_marian_is;
    const qp_unread row[] = {{"task", folder, "folders of Hugging Face"},
                             {"marian_as", marian, "models of Marian"},
                             {"lower_case", reader == READERS, "ARPA files"}};
    return qp_unread_check(options, row, sizeof row / sizeof *row);
}

/* What no reader is for. */
static qp_status import_other(const import_options *o, const char *path)
{
    if (qp_folder_exists(path))
        return qp_fail(QP_EDATA,
                       "%s: no config.json in this folder; give one of Hugging Face, CTranslate2 or Marian, or a file",
                       path);
    qp_content content = qp_content_of_file(path);
    if (content == QP_CONTENT_SAFETENSORS)
        return qp_fail(QP_EDATA, "%s: is only the weights of a model; give the folder that has its config.json too",
                       path);
    if (content == QP_CONTENT_JSON)
        return qp_fail(QP_EDATA, "%s: is a JSON file; give the folder of a model, or use quipu tokenizer import", path);
    return import_arpa(o, path);
}

static qp_status import_file(const import_options *o, const qp_options *options, const char *path)
{
    int reader = reader_for(path);
    qp_package *made;
    QP_TRY(check_uses(options, reader));
    if (reader == READERS) return import_other(o, path);
    QP_TRY(readers[reader].read(o, path, &made));
    qp_status status = qp_package_save(made, o->model);
    qp_package_free(made);
    return status;
}

/* Neither the file that is read nor one of the folder is replaced. */
static qp_status keep_inputs(const import_options *o, const char *path, const qp_options *options)
{
    QP_TRY(qp_options_keep_inputs(options, "model"));
    const char *slash = strrchr(o->model, '/');
    char inside[PATH_MAX];
    snprintf(inside, sizeof inside, "%s/%s", path, slash ? slash + 1 : o->model);
    if (!qp_file_same(inside, o->model)) return QP_OK;
    return qp_fail(QP_EUSAGE, "%s: is in the folder that is read, and would be overwritten; name another output",
                   o->model);
}

static qp_status run(void *self, const qp_options *options)
{
    const import_options *o = self;
    if (options->file_count != 1) return qp_fail(QP_EUSAGE, "import: name one file to read, or a folder");
    if (!*o->model) return qp_fail(QP_EUSAGE, "import: no model file to write; name it with -o MODEL.safetensors");
    qp_lock *lock;
    const char *path = options->file[0];
    QP_TRY(keep_inputs(o, path, options));
    QP_TRY(qp_lock_take(o->model, &lock));
    qp_status status = import_file(o, options, path);
    qp_lock_release(lock);
    return status;
}

int qp_cmd_import(int argc, char **argv)
{
    import_options o;
    const qp_option_group group[] = {{&table, &o}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'o', "model"}};
    const qp_command command = {
        .name = "import",
        .summary = "make a model file from files of another project",
        .usage = "DIR | FILE -o MODEL.safetensors",
        .notes = "An ARPA file (gzipped or not) of KenLM, SRILM ... becomes a model for score, generate and evaluate "
                 "perplexity. For tokenizers of other projects see quipu tokenizer.\n"
                 "A folder of Hugging Face (config.json, safetensors, tokenizer) or of CTranslate2 (model.bin, "
                 "vocabularies, source.spm and target.spm) becomes a model for generate, score, translate, predict, "
                 "attend and info, whatever its task is. So does a GGUF file of llama.cpp (llama, mistral, qwen2, "
                 "gemma, gpt2), a .bin of llama2.c with its tokenizer.bin beside it, and a translator of Marian as "
                 "OPUS-MT publishes it (.npz, decoder.yml or vocab.yml, source.spm, target.spm). What cannot be read "
                 "is refused by name.",
        .group = group,
        .group_count = 1,
        .alias = alias,
        .alias_count = 2,
        .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &o);
}
