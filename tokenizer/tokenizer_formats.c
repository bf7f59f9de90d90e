#define _GNU_SOURCE /* memmem, memrchr */
#include "tokenizer/tokenizer_formats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/content.h"
#include "lib/base/file.h"
#include "lib/text/json_reader.h"
#include "tokenizer/huggingface/file_formats.h"
#include "tokenizer/huggingface/huggingface_write.h"
#include "tokenizer/huggingface/pipeline_kind.h"
#include "tokenizer/own/own_kind.h"
#include "tokenizer/own_huggingface.h"
#include "tokenizer/own_sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_huggingface.h"
#include "tokenizer/sentencepiece/sentencepiece_kind.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"
#include "tokenizer/split/split.h"
#include "tokenizer/tokenizer_internal.h"
#include "tokenizer/tokenizer_json.h"

static const size_t LARGEST_FILE = (size_t)1 << 30;
static const char *const word[] = {"auto", "quipu",    "sentencepiece", "huggingface",
                                   "gpt2", "tiktoken", "bert",          "subword-nmt"};

/* ---- formats ---- */

static bool has(const char *content, size_t bytes, const char *what)
{
    return memmem(content, bytes, what, strlen(what)) != NULL;
}

/* A key "model" whose value is an object; GPT-2's vocab.json has a piece of this name, with a number. */
static bool has_model(const char *content, size_t bytes)
{
    static const char key[] = "\"model\"";
    const char *end = content + bytes;
    for (const char *at = content; (at = memmem(at, (size_t)(end - at), key, sizeof key - 1));) {
        at += sizeof key - 1;
        const char *value = at;
        while (value < end && memchr(" \n\r\t:", *value, 5)) value++;
        if (value < end && *value == '{') return true;
    }
    return false;
}

/* "base64 number" */
static bool is_rank_line(const char *line, size_t bytes)
{
    const char *space = memchr(line, ' ', bytes);
    if (!space || space == line || (space - line) % 4 != 0 || space + 1 == line + bytes) return false;
    for (const char *at = line; at < space; at++) {
        bool letter = (*at | 32) >= 'a' && (*at | 32) <= 'z', digit = *at >= '0' && *at <= '9';
        if (!letter && !digit && *at != '+' && *at != '/' && *at != '=') return false;
    }
    for (const char *at = space + 1; at < line + bytes; at++) {
        if ((*at < '0' || *at > '9') && *at != '\r') return false;
    }
    return true;
}

static bool has_line(const char *content, size_t bytes, const char *line)
{
    size_t length = strlen(line);
    for (const char *at = content, *end = content + bytes; at < end;) {
        const char *next = memmem(at, (size_t)(end - at), line, length);
        if (!next) return false;
        bool begins = next == content || next[-1] == '\n';
        bool ends = next + length == end || next[length] == '\n' || next[length] == '\r';
        if (begins && ends) return true;
        at = next + 1;
    }
    return false;
}

qp_tokenizer_format qp_tokenizer_format_of(const char *content, size_t bytes)
{
    size_t at = 0;
    if (bytes >= 9 && memcmp(content, "#version:", 9) == 0) return QP_FORMAT_SUBWORD_NMT; /* GPT-2's merges too */
    const char *end = memchr(content, '\n', bytes);
    if (is_rank_line(content, end ? (size_t)(end - content) : bytes)) return QP_FORMAT_TIKTOKEN;
    while (at < bytes && memchr(" \n\r\t", content[at], 4)) at++;
    if (at < bytes && content[at] == '{') {
        if (has(content, bytes < 400 ? bytes : 400, QP_TOKENIZER_FORMAT)) return QP_FORMAT_QUIPU;
        return has_model(content, bytes) ? QP_FORMAT_HUGGINGFACE : QP_FORMAT_GPT2;
    }
    if (has_line(content, bytes, "[UNK]")) return QP_FORMAT_BERT;
    return bytes && content[0] == 0x0A ? QP_FORMAT_SENTENCEPIECE : QP_FORMAT_AUTO;
}

/* ---- reading ---- */

static qp_status read_gpt2(const qp_import *in, const char *content, size_t bytes, qp_pipeline **p)
{
    char *other = NULL;
    size_t other_bytes = 0;
    if (in->count != 2) {
        json_t *root;
        if (bytes > 0 && content[0] == '{') { /* nothing is known of a file that is cut short */
            QP_TRY(qp_json_read(in->path[0], content, bytes, 0, &root));
            json_decref(root);
        }
        return qp_fail(QP_EUSAGE, "%s: GPT-2's vocabulary is two files; give vocab.json and merges.txt", in->path[0]);
    }
    QP_TRY(qp_file_read(in->path[1], LARGEST_FILE, &other, &other_bytes));
    bool merges_first = bytes > 0 && content[0] != '{';
    const char *vocabulary = merges_first ? other : content, *merges = merges_first ? content : other;
    qp_status status = qp_pipeline_read_gpt2(in->path[0], vocabulary, merges_first ? other_bytes : bytes, merges,
                                             merges_first ? bytes : other_bytes, false, p);
    free(other);
    return status;
}

/* "NAME=ID,NAME=ID"; a name may hold '='. */
static qp_status add_special_tokens(const char *place, const char *list, qp_pipeline *p)
{
    for (const char *at = list, *end; *at; at = *end ? end + 1 : end) {
        end = strchr(at, ',');
        if (!end) end = at + strlen(at);
        const char *equals = memrchr(at, '=', (size_t)(end - at));
        char *after = NULL;
        long id = equals && equals + 1 < end ? strtol(equals + 1, &after, 10) : -1;
        if (id < 0 || after != end || equals == at || id > 1 << 24)
            return qp_fail(QP_EUSAGE, "%s: --special-tokens \"%.60s\" is not of the form NAME=ID,NAME=ID", place, at);
        if ((size_t)id < p->id_limit && p->piece_of_id[id] >= 0)
            return qp_fail(QP_EUSAGE, "%s: --special-tokens: %ld is the id of a rank; give \"%.*s\" another", place, id,
                           (int)(equals - at), at);
        char *name = strndup(at, (size_t)(equals - at));
        if (!name) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
        qp_status status = qp_pipeline_add_token(
            p, &(qp_added_token){.text = name, .bytes = strlen(name), .id = (int32_t)id, .special = true});
        free(name);
        QP_TRY(status);
    }
    return qp_pipeline_finish(place, p);
}

/* The pattern of the published encoding that has this many ranks; NULL: none. Source: github.com/openai/tiktoken. */
static const char *pattern_of_ranks(const char *content, size_t bytes)
{
    static const struct {
        size_t ranks;
        const char *name;
    } encoding[] = {{50256, "gpt2"}, {50280, "gpt2"}, {100256, "gpt4"}, {199998, "gpt4o"}};
    size_t lines = bytes > 0 && content[bytes - 1] != '\n';
    for (const char *at = content; (at = memchr(at, '\n', bytes - (size_t)(at - content)));) {
        lines++;
        if ((size_t)(++at - content) == bytes) break;
    }
    for (size_t i = 0; i < sizeof encoding / sizeof *encoding; i++)
        if (encoding[i].ranks == lines) return encoding[i].name;
    return NULL;
}

static qp_status read_tiktoken(const qp_import *in, const char *content, size_t bytes, qp_pipeline **p)
{
    const char *pattern = in->pattern && in->pattern[0] ? in->pattern : pattern_of_ranks(content, bytes);
    if (!pattern)
        return qp_fail(
            QP_EUSAGE,
            "%s: a tiktoken file does not name its pattern; give quipu tokenizer import --pattern gpt2, gpt4, "
            "gpt4o or a regular expression, and use what it writes",
            in->path[0]);
    const char *named = qp_pattern_named(pattern);
    bool is_name = strspn(pattern, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
                   strlen(pattern);
    if (!named && is_name)
        return qp_fail(QP_EUSAGE,
                       "%s: no encoding is named \"%.40s\"; --pattern takes gpt2, r50k_base, p50k_base, gpt4, "
                       "cl100k_base, gpt4o, o200k_base or a regular expression",
                       in->path[0], pattern);
    QP_TRY(qp_pipeline_read_tiktoken(in->path[0], content, bytes, named ? named : pattern, p));
    if (!in->special_tokens || !in->special_tokens[0]) return QP_OK;
    qp_status status = add_special_tokens(in->path[0], in->special_tokens, *p);
    if (status != QP_OK) qp_pipeline_free(*p);
    return status;
}

static qp_status read_pipeline(const qp_import *in, qp_tokenizer_format format, const char *content, size_t bytes,
                               qp_tokenizer **tokenizer)
{
    qp_pipeline *p = NULL;
    switch (format) {
    case QP_FORMAT_HUGGINGFACE: QP_TRY(qp_pipeline_read_huggingface(in->path[0], content, bytes, &p)); break;
    case QP_FORMAT_GPT2: QP_TRY(read_gpt2(in, content, bytes, &p)); break;
    case QP_FORMAT_TIKTOKEN: QP_TRY(read_tiktoken(in, content, bytes, &p)); break;
    default: QP_TRY(qp_pipeline_read_bert(in->path[0], content, bytes, in->cased, &p)); break;
    }
    return qp_tokenizer_wrap(&qp_pipeline_kind, p, tokenizer);
}

static qp_status read_sentencepiece(const char *place, const char *content, size_t bytes, qp_tokenizer **tokenizer)
{
    qp_sentencepiece *m = NULL;
    QP_TRY(qp_sentencepiece_read(place, content, bytes, &m));
    return qp_tokenizer_wrap(&qp_sentencepiece_kind, m, tokenizer);
}

static qp_status read_content(const qp_import *in, const char *content, size_t bytes, qp_tokenizer **tokenizer)
{
    const char *place = in->path[0];
    qp_tokenizer_format format = in->format ? in->format : qp_tokenizer_format_of(content, bytes);
    if (format == QP_FORMAT_SUBWORD_NMT && in->count == 2) format = QP_FORMAT_GPT2;
    switch (format) {
    case QP_FORMAT_QUIPU: return qp_tokenizer_from_json(place, content, bytes, tokenizer);
    case QP_FORMAT_SENTENCEPIECE: return read_sentencepiece(place, content, bytes, tokenizer);
    case QP_FORMAT_HUGGINGFACE:
    case QP_FORMAT_GPT2:
    case QP_FORMAT_TIKTOKEN:
    case QP_FORMAT_BERT: return read_pipeline(in, format, content, bytes, tokenizer);
    case QP_FORMAT_SUBWORD_NMT:
        return qp_fail(QP_EDATA,
                       "%s: subword-nmt codes list no ids and no characters, so they are not a tokenizer; for "
                       "GPT-2 give vocab.json too",
                       place);
    default:
        return qp_fail(QP_EDATA,
                       "%s: not a known tokenizer file; add --format, or give a quipu tokenizer, a sentencepiece "
                       ".model, a tokenizer.json, vocab.json and merges.txt, tiktoken ranks or a vocab.txt",
                       place);
    }
}

/* A file that can be no tokenizer is named. */
static qp_status refuse_other(const char *path)
{
    qp_content content = qp_content_of_file(path);
    if (content == QP_CONTENT_SAFETENSORS)
        return qp_fail(QP_EDATA,
                       "%s: is a model, not a tokenizer; quipu export -m MODEL -o FILE.json writes its tokenizer, and "
                       "quipu info describes it",
                       path);
    if (!qp_content_binary(content)) return QP_OK;
    return qp_fail(QP_EDATA, "%s: is %s, not a tokenizer; give a tokenizer file", path, qp_content_name(content));
}

qp_status qp_tokenizer_import(const qp_import *import, qp_tokenizer **tokenizer)
{
    char *content = NULL;
    size_t bytes = 0;
    *tokenizer = NULL;
    QP_TRY(refuse_other(import->path[0]));
    QP_TRY(qp_file_read(import->path[0], LARGEST_FILE, &content, &bytes));
    qp_status status = read_content(import, content, bytes, tokenizer);
    free(content);
    return status == QP_OK ? QP_OK : qp_fail_in(status, import->path[0]);
}

qp_status qp_tokenizer_of_content(qp_tokenizer_format format, const char *place, const char *content, size_t bytes,
                                  qp_tokenizer **tokenizer)
{
    *tokenizer = NULL;
    return read_content(&(qp_import){.format = format, .path = {place}, .count = 1}, content, bytes, tokenizer);
}

/* ---- writing ---- */

/* Formats of single tools are written from a pipeline; own tokenizers become one through their tokenizer.json. */
static qp_status export_pipeline(const qp_pipeline *p, qp_tokenizer_format format, qp_export *out)
{
    switch (format) {
    case QP_FORMAT_HUGGINGFACE: return qp_pipeline_write_huggingface(p, &out->text[0], &out->bytes[0]);
    case QP_FORMAT_GPT2: return qp_pipeline_write_gpt2(p, out);
    case QP_FORMAT_TIKTOKEN: return qp_pipeline_write_tiktoken(p, out);
    case QP_FORMAT_BERT: return qp_pipeline_write_bert(p, out);
    case QP_FORMAT_SUBWORD_NMT: return qp_pipeline_write_codes(p, out);
    default: return qp_fail(QP_EDATA, "the stages of a tokenizer.json cannot be expressed in a sentencepiece model");
    }
}

static qp_status export_own(const qp_own *t, qp_tokenizer_format format, qp_export *out)
{
    char *text;
    size_t bytes;
    qp_pipeline *p = NULL;
    if (format == QP_FORMAT_SENTENCEPIECE) return qp_own_write_sentencepiece(t, &out->text[0], &out->bytes[0]);
    if (format == QP_FORMAT_HUGGINGFACE) return qp_own_write_huggingface(t, &out->text[0], &out->bytes[0]);
    QP_TRY(qp_own_write_huggingface(t, &text, &bytes));
    qp_status status = qp_pipeline_read_huggingface("tokenizer.json", text, bytes, &p);
    if (status == QP_OK) status = export_pipeline(p, format, out);
    free(text);
    qp_pipeline_free(p);
    return status;
}

static qp_status export_sentencepiece(const qp_sentencepiece *m, qp_tokenizer_format format, qp_export *out)
{
    if (format == QP_FORMAT_SENTENCEPIECE) return qp_sentencepiece_write(m, &out->text[0], &out->bytes[0]);
    if (format == QP_FORMAT_HUGGINGFACE) return qp_sentencepiece_write_huggingface(m, &out->text[0], &out->bytes[0]);
    return qp_fail(QP_EDATA, "a sentencepiece model cannot be expressed in the format %s", word[format]);
}

static qp_status export_kind(const qp_tokenizer *t, qp_tokenizer_format format, qp_export *out)
{
    if (t->kind == &qp_own_kind) return export_own(t->self, format, out);
    if (t->kind == &qp_pipeline_kind) return export_pipeline(t->self, format, out);
    if (t->kind == &qp_sentencepiece_kind) return export_sentencepiece(t->self, format, out);
    return qp_fail(QP_EDATA, "features of n-grams cannot be expressed in the format %s", word[format]);
}

qp_status qp_tokenizer_export(const qp_tokenizer *t, qp_tokenizer_format format, qp_export *out)
{
    *out = (qp_export){0};
    if (format == QP_FORMAT_AUTO) return qp_fail(QP_EUSAGE, "export: the format is missing; add --format NAME");
    qp_status status = format == QP_FORMAT_QUIPU ? qp_tokenizer_to_json(t, &out->text[0], &out->bytes[0])
                                                 : export_kind(t, format, out);
    if (status != QP_OK) qp_export_free(out);
    return status;
}
