#include <stdlib.h>
#include <utf8proc.h>

#include "lib/text/base64.h"
#include "lib/text/utf8.h"
#include "tokenizer/models/charsmap.h"
#include "tokenizer/stages/stage_kinds.h"

/* Precompiled: sentencepiece's rules, as Hugging Face applies them: to whole grapheme clusters, else to characters. */

static qp_status read(const char *place, const json_t *json, void *self)
{
    const json_t *value = json_object_get(json, "precompiled_charsmap");
    char *raw;
    size_t bytes;
    if (!json_is_string(value)) return qp_fail(QP_EDATA, "%s: Precompiled has no precompiled_charsmap", place);
    QP_TRY(qp_base64_read(place, json_string_value(value), json_string_length(value), &raw, &bytes));
    qp_status status = bytes ? qp_charsmap_read(place, raw, bytes, self)
                             : qp_fail(QP_EDATA, "%s: the precompiled_charsmap is empty", place);
    free(raw);
    return status;
}

static qp_status write(const void *self, qp_text_buffer *out)
{
    char *raw;
    size_t bytes;
    QP_TRY(qp_charsmap_write(self, &raw, &bytes));
    qp_text_add(out, ", \"precompiled_charsmap\": \"");
    qp_base64_write(out, raw, bytes);
    qp_text_add(out, "\"");
    free(raw);
    return QP_OK;
}

static void release(void *self) { qp_charsmap_free(self); }

static size_t grapheme_at(const char *text, size_t bytes)
{
    size_t at, length;
    utf8proc_int32_t state = 0;
    int32_t before = qp_utf8_next(text, bytes, &at);
    while (at < bytes && before >= 0) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (code < 0 || utf8proc_grapheme_break_stateful(before, code, &state)) break;
        at += length;
        before = code;
    }
    return at;
}

/* The replacement of `part`, by the shortest rule that its beginning fits; false: none. */
static bool rule_for(const qp_charsmap *map, const char *part, size_t bytes, const char **to, size_t *to_bytes)
{
    for (size_t length = 1; length <= bytes; length++) {
        if (qp_charsmap_longest(map, part, length, to, to_bytes) == length) return true;
    }
    return false;
}

static qp_status change_part(qp_changes *c, const char *old, size_t old_bytes, const char *fresh, size_t fresh_bytes)
{
    int old_count = 0, fresh_count = 0;
    for (size_t i = 0, length; i < old_bytes; i += length, old_count++) qp_utf8_next(old + i, old_bytes - i, &length);
    for (size_t i = 0, length; i < fresh_bytes; i += length, fresh_count++)
        qp_utf8_next(fresh + i, fresh_bytes - i, &length);
    int index = 0;
    for (size_t i = 0, length; i < fresh_bytes; i += length, index++)
        QP_TRY(qp_changes_add(c, qp_changes_code(fresh + i, fresh_bytes - i, &length), index >= old_count));
    if (fresh_count < old_count && c->count > 0) c->list[c->count - 1].change += fresh_count - old_count;
    return QP_OK;
}

static qp_status normalize(const void *self, qp_stage_scratch *scratch, qp_stretch s, qp_mapped_text *out)
{
    const qp_charsmap *map = self;
    qp_changes *c = &scratch->changes;
    const char *text = s.from->text, *to;
    c->count = 0;
    for (size_t at = s.begin, length, to_bytes; at < s.end; at += length) {
        length = grapheme_at(text + at, s.end - at);
        if (length < 6 && rule_for(map, text + at, length, &to, &to_bytes)) {
            QP_TRY(change_part(c, text + at, length, to, to_bytes));
            continue;
        }
        for (size_t k = at, one; k < at + length; k += one) {
            int32_t code = qp_changes_code(text + k, at + length - k, &one);
            if (rule_for(map, text + k, one, &to, &to_bytes))
                QP_TRY(change_part(c, text + k, one, to, to_bytes));
            else
                QP_TRY(qp_changes_add(c, code, 0));
        }
    }
    return qp_changes_apply(c, s.from, s.begin, s.end, 0, out);
}

const qp_stage_kind qp_stage_charsmap = {.role = QP_ROLE_NORMALIZER,
                                         .type = "Precompiled",
                                         .bytes = sizeof(qp_charsmap),
                                         .read = read,
                                         .write = write,
                                         .release = release,
                                         .normalize = normalize};
