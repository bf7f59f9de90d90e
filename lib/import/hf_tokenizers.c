#include "lib/import/hf_tokenizers.h"

#include <stdio.h>

#include "lib/base/file.h"
#include "lib/import/hf_languages.h"
#include "tokenizer/marian_tokenizer.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_formats.h"

enum { PATH_BYTES = 4096 };

static bool find_file(const char *folder, const char *name, char path[PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return length > 0 && length < PATH_BYTES && qp_file_exists(path);
}

static qp_status marian_side(const char *folder, const char *model, const char *usual,
                             const qp_vocabulary_names *names, qp_tokenizer **tokenizer)
{
    char path[PATH_BYTES];
    if (!*model && !find_file(folder, usual, path))
        return qp_fail(QP_ENOINPUT, "%s: %s is not there, which cuts the texts of that side; name a sentencepiece "
                                    "model with --tokenizer FILE",
                       folder, usual);
    return qp_tokenizer_marian(*model ? model : path, (const char *const *)names->name, names->count, tokenizer);
}

qp_status qp_marian_tokenizers(const char *folder, const char *model, const qp_vocabulary_names *source_names,
                               const qp_vocabulary_names *target_names, qp_tokenizer **source, qp_tokenizer **target)
{
    QP_TRY(marian_side(folder, model, "source.spm", source_names, source));
    qp_status status = marian_side(folder, model, "target.spm", target_names, target);
    if (status == QP_OK) return QP_OK;
    qp_tokenizer_free(*source);
    *source = NULL;
    return status;
}

/* One list for both sides, or one for each (other not ""). */
static qp_status read_marian(const char *folder, const char *list, const char *other, qp_tokenizer **source,
                             qp_tokenizer **target)
{
    qp_vocabulary_names names, more = {0};
    QP_TRY(qp_vocabulary_read(list, &names));
    qp_status status = *other ? qp_vocabulary_read(other, &more) : QP_OK;
    if (status == QP_OK) status = qp_marian_tokenizers(folder, "", &names, *other ? &more : &names, source, target);
    qp_vocabulary_names_free(&names);
    qp_vocabulary_names_free(&more);
    return status;
}

/* M2M100: a sentencepiece model, the ids of its pieces, and the tokens of languages after them. */
static qp_status read_m2m100(const char *list, const char *model, qp_tokenizer **tokenizer)
{
    qp_vocabulary_names names;
    QP_TRY(qp_vocabulary_read(list, &names));
    qp_status status = QP_OK;
    for (int i = 0; qp_hf_language_codes[i] && status == QP_OK; i++) {
        char token[16];
        snprintf(token, sizeof token, "__%.8s__", qp_hf_language_codes[i]);
        if (qp_vocabulary_index(&names, token) < 0) status = qp_vocabulary_append(list, token, &names);
    }
    if (status == QP_OK)
        status = qp_tokenizer_marian(model, (const char *const *)names.name, names.count, tokenizer);
    qp_vocabulary_names_free(&names);
    return status;
}

/* A tokenizer that serves both sides. */
static qp_status read_one(const char *folder, bool moved, qp_tokenizer **tokenizer)
{
    static const char *const whole[] = {"tokenizer.json", "tokenizer.model", "spiece.model", "spm.model"};
    const size_t usable = moved ? 2 : sizeof whole / sizeof *whole;
    char path[PATH_BYTES], second[PATH_BYTES];
    if (!find_file(folder, "tokenizer.json", path) && find_file(folder, "sentencepiece.bpe.model", path) &&
        find_file(folder, "vocab.json", second))
        return read_m2m100(second, path, tokenizer);
    for (size_t i = 0; i < usable; i++)
        if (find_file(folder, whole[i], path)) return qp_tokenizer_load(path, tokenizer);
    if (find_file(folder, "vocab.json", path) && find_file(folder, "merges.txt", second))
        return qp_tokenizer_import(&(qp_import){.format = QP_FORMAT_GPT2, .path = {path, second}, .count = 2},
                                   tokenizer);
    if (find_file(folder, "vocab.txt", path))
        return qp_tokenizer_import(&(qp_import){.format = QP_FORMAT_BERT, .path = {path}, .count = 1}, tokenizer);
    if (find_file(folder, "sentencepiece.bpe.model", path) || (moved && find_file(folder, "spiece.model", path)))
        return qp_fail(QP_EDATA,
                       "%s: the model's ids are not those of its sentencepiece model; write a tokenizer.json, in "
                       "Python: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)",
                       path); /* XLM-R, mBART and Pegasus move them, each in its own way */
    return qp_fail(QP_ENOINPUT,
                   "%s: no tokenizer is there (tokenizer.json, tokenizer.model, spiece.model, vocab.json with "
                   "merges.txt, vocab.txt, source.spm); name one with --tokenizer FILE",
                   folder);
}

qp_status qp_hf_tokenizers(const char *folder, bool moved, qp_tokenizer **source, qp_tokenizer **target)
{
    char path[PATH_BYTES], names[PATH_BYTES], other[PATH_BYTES];
    if (find_file(folder, "source.spm", path) && find_file(folder, "vocab.json", names)) {
        bool two = find_file(folder, "target_vocab.json", other);
        return read_marian(folder, names, two ? other : "", source, target);
    }
    QP_TRY(read_one(folder, moved, source));
    *target = *source;
    if (!find_file(folder, "target/tokenizer.json", path)) return QP_OK;
    qp_status status = qp_tokenizer_load(path, target);
    if (status != QP_OK) qp_tokenizer_free(*source);
    return status;
}
