#define _GNU_SOURCE /* memmem, memrchr */
#include "tokenizer/tokenizer_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "lib/text/json_writer.h"
#include "tokenizer/huggingface/pipeline_kind.h"
#include "tokenizer/own/ngram_kind.h"
#include "tokenizer/own/own_kind.h"
#include "tokenizer/sentencepiece/sentencepiece_kind.h"
#include "tokenizer/tokenizer_internal.h"

enum { VERSION = 2 };

static const char CHECKSUM[] = "\"checksum\": \"xxh3:";

/* ---- writing ---- */

static qp_status all_keys(const qp_tokenizer *t, qp_text_buffer *out)
{
    const char *type = t->kind == &qp_own_kind ? qp_tokenizer_info(t).type : t->kind->name;
    qp_text_format(out, "{\n \"format\": \"%s\",\n \"version\": %d,\n \"unicode\": \"%s\",\n \"type\": \"%s\"",
                   QP_TOKENIZER_FORMAT, VERSION, utf8proc_unicode_version(), type);
    const qp_special_ids *s = &t->special;
    if (t->special_named)
        qp_text_format(out, ",\n \"special\": [%d, %d, %d, %d, %d]", s->pad, s->begin, s->end, s->unknown, s->mask);
    return t->kind->save(t->self, out);
}

qp_status qp_tokenizer_to_json(const qp_tokenizer *t, char **text, size_t *bytes)
{
    qp_text_buffer out = {0};
    *text = NULL;
    *bytes = 0;
    qp_status status = all_keys(t, &out);
    if (status != QP_OK) {
        qp_text_free(&out);
        return status;
    }
    qp_text_format(&out, ",\n ");
    unsigned long long sum = out.failed ? 0 : XXH3_64bits(out.text, out.bytes);
    qp_text_format(&out, "%s%016llx\"\n}", CHECKSUM, sum);
    return qp_text_finish(&out, text, bytes);
}

/* ---- reading ---- */

/* The checksum is the last key and covers every byte before it: *checked of them. */
static qp_status check_sum(const char *place, const char *text, size_t bytes, size_t *checked)
{
    const char *found = NULL;
    for (size_t back = bytes; back > 0 && !found; back--) {
        const char *at = text + back - 1;
        if (*at == '"' && (size_t)(text + bytes - at) >= sizeof CHECKSUM + 16 &&
            memcmp(at, CHECKSUM, sizeof CHECKSUM - 1) == 0)
            found = at;
    }
    if (!found) return qp_fail(QP_EDATA, "%s: the checksum is missing; the file was cut or edited", place);
    *checked = (size_t)(found - text);
    char sum[20];
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)XXH3_64bits(text, *checked));
    const char *stored = found + sizeof CHECKSUM - 1;
    if (memcmp(sum, stored, 16) == 0 && stored[16] == '"') return QP_OK;
    return qp_fail(QP_EDATA,
                   "%s: checksum is xxh3:%.16s, but the content gives xxh3:%s; the file was damaged or edited", place,
                   stored, sum);
}

/* The value of a key in the first 400 bytes, where the writer puts it; "" if it is missing. */
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

static const qp_tokenizer_kind *kind_of(const char *type)
{
    static const qp_tokenizer_kind *const kind[] = {&qp_pipeline_kind, &qp_sentencepiece_kind, &qp_ngram_kind};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        if (strcmp(kind[i]->name, type) == 0) return kind[i];
    }
    return &qp_own_kind;
}

/* The special ids that a file names, after "type"; a file without them has those of its vocabulary. */
static qp_status read_special(const char *place, const char *text, size_t bytes, qp_tokenizer *t)
{
    static const char KEY[] = "\"special\": [";
    qp_special_ids s;
    size_t head = bytes < 400 ? bytes : 400;
    const char *at = t->kind->append ? memmem(text, head, KEY, sizeof KEY - 1) : NULL;
    char numbers[80] = "";
    if (!at) return QP_OK;
    at += sizeof KEY - 1;
    size_t length = (size_t)(text + bytes - at);
    memcpy(numbers, at, length < sizeof numbers ? length : sizeof numbers - 1);
    bool sound = sscanf(numbers, "%9d, %9d, %9d, %9d, %9d]", &s.pad, &s.begin, &s.end, &s.unknown, &s.mask) == 5;
    const int32_t id[] = {s.pad, s.begin, s.end, s.unknown, s.mask};
    for (int i = 0; sound && i < 5; i++) sound = id[i] >= -1 && id[i] < t->kind->size(t->self);
    if (!sound) return qp_fail(QP_EDATA, "%s: \"special\" is not five ids of the vocabulary or -1", place);
    t->special = s;
    t->special_named = true;
    return QP_OK;
}

qp_status qp_tokenizer_from_json(const char *place, const char *text, size_t bytes, qp_tokenizer **tokenizer)
{
    char format[24], version[8], type[24];
    size_t checked = 0;
    *tokenizer = NULL;
    head_value(text, bytes, "format", format, sizeof format);
    head_value(text, bytes, "version", version, sizeof version);
    head_value(text, bytes, "type", type, sizeof type);
    if (strcmp(format, QP_TOKENIZER_FORMAT) != 0)
        return qp_fail(QP_EDATA, "%s: format is \"%.40s\", not \"%s\"; give a tokenizer of quipu", place, format,
                       QP_TOKENIZER_FORMAT);
    bool old = strcmp(version, "1") == 0;
    if (!old && strcmp(version, "2") != 0)
        return qp_fail(QP_EDATA,
                       "%s: tokenizer version %s is unknown, this program knows 1 and %d; use a newer program", place,
                       version[0] ? version : "(none)", VERSION);
    if (!old) QP_TRY(check_sum(place, text, bytes, &checked));
    const qp_tokenizer_kind *kind = old ? &qp_own_kind : kind_of(type);
    void *self = NULL;
    QP_TRY(kind->load(place, (qp_text){text, bytes}, checked, &self));
    QP_TRY(qp_tokenizer_wrap(kind, self, tokenizer));
    qp_status status = read_special(place, text, bytes, *tokenizer);
    if (status == QP_OK) return QP_OK;
    qp_tokenizer_free(*tokenizer);
    *tokenizer = NULL;
    return status;
}
