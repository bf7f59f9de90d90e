#define _GNU_SOURCE /* memmem, memrchr */
#include "tokenizer/tokenizer_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "lib/base/file.h"
#include "tokenizer/huggingface/huggingface_write.h"
#include "tokenizer/own/tokenizer_file_internal.h"
#include "tokenizer/tokenizer_formats.h"

const char qp_tokenizer_format_name[] = "quipu-tokenizer";
const char *const qp_tokenizer_type_name[] = {"char",     "byte",    "word",      "bpe",
                                              "byte-bpe", "unigram", "wordpiece", "space"};
const char *const qp_tokenizer_form_name[] = {"none", "nfc", "nfkc", "nfd", "nfkd"};
const char *const qp_tokenizer_pattern_name[] = {"words", "spaces", "gpt2", "gpt4", "none"};

static const char CHECKSUM[] = "\"checksum\": \"xxh3:";
static const char INNER[] = ",\n \"tokenizer\": ";

qp_tokenizer_facts qp_tokenizer_info(const qp_tokenizer *t)
{
    if (qp_is_foreign(&t->foreign)) return qp_foreign_info(&t->foreign);
    return (qp_tokenizer_facts){.type = qp_tokenizer_type_name[t->type],
                                .normalization = qp_tokenizer_form_name[t->form],
                                .unicode = utf8proc_unicode_version(),
                                .pattern = qp_tokenizer_pattern_name[t->rules.pattern],
                                .lower_case = t->lower_case,
                                .case_fold = t->case_fold,
                                .strip_accents = t->strip_accents,
                                .jamo = t->jamo,
                                .space_first = t->space_first,
                                .byte_fallback = t->byte_fallback,
                                .single_digits = t->rules.single_digits,
                                .size = t->vocabulary.count,
                                .merges = t->bpe.count};
}

/* ---- writing ---- */

static void flag(qp_json_out *out, const char *key, bool value)
{
    qp_json_out_format(out, ",\n \"%s\": %s", key, value ? "true" : "false");
}

static qp_status shown(const qp_tokenizer *t, int32_t id, qp_json_out *out)
{
    const char *text = qp_vocabulary_shown(&t->vocabulary, id);
    if (qp_json_out_string(out, text, strlen(text))) return QP_OK;
    return qp_fail(QP_EBUG, "tokenizer file: piece %d is not UTF-8", id);
}

static void initial_pieces(const qp_tokenizer *t, qp_json_out *out)
{
    bool first = true;
    qp_json_out_format(out, ",\n \"initial\": [");
    for (int32_t id = 0; t->type == QP_TOKENIZER_WORDPIECE && id < t->vocabulary.count; id++) {
        const char *text = qp_vocabulary_shown(&t->vocabulary, id);
        if (t->vocabulary.kind[id] != QP_PIECE_NORMAL || strncmp(text, "##", 2) != 0) continue;
        qp_json_out_format(out, "%s%d", first ? "" : ", ", id);
        first = false;
    }
    qp_json_out_raw(out, "]", 1);
}

static qp_status own_keys(const qp_tokenizer *t, qp_json_out *out)
{
    qp_json_out_format(out, ",\n \"normalization\": \"%s\"", qp_tokenizer_form_name[t->form]);
    flag(out, "lower_case", t->lower_case);
    flag(out, "case_fold", t->case_fold);
    flag(out, "strip_accents", t->strip_accents);
    flag(out, "jamo", t->jamo);
    flag(out, "byte_fallback", t->byte_fallback);
    qp_json_out_format(out, ",\n \"digits\": \"%s\"", t->rules.single_digits ? "single" : "together");
    qp_json_out_format(out, ",\n \"pattern\": \"%s\"", qp_tokenizer_pattern_name[t->rules.pattern]);
    flag(out, "space_first", t->space_first);
    qp_json_out_format(out, ",\n \"pieces\": [");
    for (int32_t id = 0; id < t->vocabulary.count; id++) {
        qp_json_out_format(out, "%s\n  ", id ? "," : "");
        QP_TRY(shown(t, id, out));
    }
    qp_json_out_raw(out, "]", 1);
    initial_pieces(t, out);
    qp_json_out_format(out, ",\n \"merges\": [");
    for (size_t i = 0; i < t->bpe.count; i++) {
        const char *left = qp_vocabulary_shown(&t->vocabulary, t->bpe.merge[i].left);
        const char *right = qp_vocabulary_shown(&t->vocabulary, t->bpe.merge[i].right);
        char stack[512], *line = stack;
        size_t bytes = strlen(left) + strlen(right) + 1;
        if (bytes >= sizeof stack && !(line = malloc(bytes + 1)))
            return qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
        snprintf(line, bytes + 1, "%s %s", left, right);
        qp_json_out_format(out, "%s\n  ", i ? "," : "");
        if (!qp_json_out_string(out, line, bytes)) out->failed = true;
        if (line != stack) free(line);
    }
    qp_json_out_format(out, "],\n \"scores\": [");
    for (int32_t id = 0; t->type == QP_TOKENIZER_UNIGRAM && id < t->vocabulary.count; id++) {
        qp_json_out_format(out, "%s\n  %.9g", id ? "," : "", (double)t->score[id]);
    }
    qp_json_out_raw(out, "]", 1);
    return QP_OK;
}

static qp_status pipeline_keys(const qp_pipeline *p, qp_json_out *out)
{
    char *inner;
    size_t bytes;
    QP_TRY(qp_pipeline_write_huggingface(p, &inner, &bytes));
    flag(out, "keeps_bytes", p->keeps_bytes);
    qp_json_out_raw(out, INNER, sizeof INNER - 1);
    qp_json_out_raw(out, inner, bytes - 1); /* but its line end */
    free(inner);
    return QP_OK;
}

static qp_status all_keys(const qp_tokenizer *t, qp_json_out *out)
{
    const char *type = t->foreign.pipeline        ? "pipeline"
                       : t->foreign.sentencepiece ? "sentencepiece"
                                                  : qp_tokenizer_type_name[t->type];
    qp_json_out_format(out, "{\n \"format\": \"%s\",\n \"version\": %d,\n \"unicode\": \"%s\",\n \"type\": \"%s\"",
                       qp_tokenizer_format_name, QP_TOKENIZER_FILE_VERSION, utf8proc_unicode_version(), type);
    if (t->foreign.pipeline) return pipeline_keys(t->foreign.pipeline, out);
    if (t->foreign.sentencepiece) return qp_sentencepiece_put_json(t->foreign.sentencepiece, out);
    return own_keys(t, out);
}

qp_status qp_tokenizer_to_json(const qp_tokenizer *t, char **text, size_t *bytes)
{
    qp_json_out out = {0};
    *text = NULL;
    *bytes = 0;
    qp_status status = all_keys(t, &out);
    if (status != QP_OK) {
        qp_json_out_free(&out);
        return status;
    }
    qp_json_out_format(&out, ",\n ");
    unsigned long long sum = out.failed ? 0 : XXH3_64bits(out.text, out.bytes);
    qp_json_out_format(&out, "%s%016llx\"\n}", CHECKSUM, sum);
    return qp_json_out_take(&out, text, bytes);
}

qp_status qp_tokenizer_save(const qp_tokenizer *tokenizer, const char *path)
{
    char *text;
    size_t bytes;
    qp_writer *writer;
    QP_TRY(qp_tokenizer_to_json(tokenizer, &text, &bytes));
    qp_status status = qp_writer_open(path, &writer);
    if (status == QP_OK) {
        qp_writer_write(writer, text, bytes);
        qp_writer_write(writer, "\n", 1);
        status = qp_writer_commit(writer);
    }
    free(text);
    return status;
}

/* ---- reading ---- */

/* The checksum is the last key: of every byte before it. */
static qp_status check_sum(const char *place, const char *text, size_t bytes, size_t *before)
{
    const char *found = NULL;
    for (size_t back = bytes; back > 0 && !found; back--) {
        const char *at = text + back - 1;
        if (*at == '"' && (size_t)(text + bytes - at) >= sizeof CHECKSUM + 16 &&
            memcmp(at, CHECKSUM, sizeof CHECKSUM - 1) == 0)
            found = at;
    }
    if (!found) return qp_fail(QP_EDATA, "%s: the checksum is missing; the file was cut or edited", place);
    *before = (size_t)(found - text);
    char sum[20];
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)XXH3_64bits(text, *before));
    const char *said = found + sizeof CHECKSUM - 1;
    if (memcmp(sum, said, 16) == 0 && said[16] == '"') return QP_OK;
    return qp_fail(QP_EDATA,
                   "%s: checksum is xxh3:%.16s, but the content gives xxh3:%s; the file was damaged or edited", place,
                   said, sum);
}

/* A text value at the beginning of the file, as we write it; "" if it is not there. */
static void head_value(const char *text, size_t bytes, const char *key, char *value, size_t value_bytes)
{
    size_t head = bytes < 400 ? bytes : 400, length = 0;
    char quoted[40];
    int quoted_bytes = snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = memmem(text, head, quoted, (size_t)quoted_bytes), *end = text + bytes;
    for (at = at ? at + quoted_bytes : end; at < end && (*at == ' ' || *at == '"'); at++) continue;
    for (; at < end && *at != '"' && *at != ',' && *at != '\n' && *at != '}' && length + 1 < value_bytes; at++)
        value[length++] = *at;
    value[length] = '\0';
}

static qp_status read_pipeline(const char *place, const char *text, size_t before, qp_foreign *foreign)
{
    const char *inner = memmem(text, before, INNER, sizeof INNER - 1);
    const char *end = memrchr(text, ',', before);
    if (!inner || !end || end < inner + sizeof INNER)
        return qp_fail(QP_EDATA, "%s: a pipeline without its tokenizer; the file was edited", place);
    inner += sizeof INNER - 1;
    QP_TRY(qp_pipeline_read_huggingface(place, inner, (size_t)(end - inner), &foreign->pipeline));
    char keeps[8];
    head_value(text, before, "keeps_bytes", keeps, sizeof keeps);
    foreign->pipeline->keeps_bytes = strcmp(keeps, "true") == 0;
    return QP_OK;
}

qp_status qp_tokenizer_of_foreign(qp_foreign *foreign, qp_tokenizer **tokenizer)
{
    *tokenizer = qp_tokenizer_new(QP_TOKENIZER_CHAR, QP_FORM_NONE, false, false, false);
    if (!*tokenizer) {
        qp_foreign_free(foreign);
        return qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
    }
    (*tokenizer)->foreign = *foreign;
    return QP_OK;
}

qp_status qp_tokenizer_from_json(const char *place, const char *text, size_t bytes, qp_tokenizer **tokenizer)
{
    char format[24], version[8], type[24];
    size_t before = 0;
    *tokenizer = NULL;
    head_value(text, bytes, "format", format, sizeof format);
    head_value(text, bytes, "version", version, sizeof version);
    head_value(text, bytes, "type", type, sizeof type);
    if (strcmp(format, qp_tokenizer_format_name) != 0)
        return qp_fail(QP_EDATA, "%s: format is \"%.40s\", not \"%s\"; give a tokenizer of quipu", place, format,
                       qp_tokenizer_format_name);
    if (strcmp(version, "1") == 0) return qp_tokenizer_read_own(place, text, bytes, tokenizer);
    if (strcmp(version, "2") != 0)
        return qp_fail(QP_EDATA,
                       "%s: tokenizer version %s is unknown, this program knows 1 and %d; use a newer program", place,
                       version[0] ? version : "(none)", QP_TOKENIZER_FILE_VERSION);
    QP_TRY(check_sum(place, text, bytes, &before));
    bool pipeline = strcmp(type, "pipeline") == 0;
    if (!pipeline && strcmp(type, "sentencepiece") != 0) return qp_tokenizer_read_own(place, text, bytes, tokenizer);
    qp_foreign foreign = {0};
    QP_TRY(pipeline ? read_pipeline(place, text, before, &foreign)
                    : qp_sentencepiece_of_json(place, text, bytes, &foreign.sentencepiece));
    return qp_tokenizer_of_foreign(&foreign, tokenizer);
}

qp_status qp_tokenizer_load(const char *path, qp_tokenizer **tokenizer)
{
    return qp_tokenizer_import(&(qp_import){.path = {path}, .count = 1}, tokenizer);
}

qp_status qp_tokenizer_load_own(const char *path, qp_tokenizer **tokenizer)
{
    QP_TRY(qp_tokenizer_load(path, tokenizer));
    if (!qp_is_foreign(&(*tokenizer)->foreign)) return QP_OK;
    qp_tokenizer_free(*tokenizer);
    *tokenizer = NULL;
    return qp_fail(QP_EDATA,
                   "%s: a tokenizer of another project has special ids of its own, no model can be trained with "
                   "it; train one with quipu tokenizer train",
                   path);
}
