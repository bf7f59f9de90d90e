#include "tokenizer/stages/stage_list.h"

#include <string.h>

#include "tokenizer/stages/stage_kinds.h"

enum { DEEPEST = 50 };

static const char *const title[] = {"normalizer", "pre_tokenizer", "decoder"};
static const char *const list_key[] = {"normalizers", "pretokenizers", "decoders"};

static const qp_stage_kind *const known[] = {&qp_stage_nfc,
                                             &qp_stage_nfd,
                                             &qp_stage_nfkc,
                                             &qp_stage_nfkd,
                                             &qp_stage_lowercase,
                                             &qp_stage_strip_accents,
                                             &qp_stage_strip,
                                             &qp_stage_replace,
                                             &qp_stage_prepend,
                                             &qp_stage_nmt,
                                             &qp_stage_charsmap,
                                             &qp_stage_bert_normalizer,
                                             &qp_stage_byte_letters,
                                             &qp_stage_byte_level,
                                             &qp_stage_metaspace,
                                             &qp_stage_split,
                                             &qp_stage_whitespace,
                                             &qp_stage_whitespace_split,
                                             &qp_stage_digits,
                                             &qp_stage_punctuation,
                                             &qp_stage_bert_splitter,
                                             &qp_stage_delimiter,
                                             &qp_stage_scripts,
                                             &qp_stage_fixed_length,
                                             &qp_stage_decode_byte_level,
                                             &qp_stage_decode_wordpiece,
                                             &qp_stage_decode_suffix,
                                             &qp_stage_decode_metaspace,
                                             &qp_stage_decode_replace,
                                             &qp_stage_decode_bytes,
                                             &qp_stage_decode_fuse,
                                             &qp_stage_decode_strip,
                                             &qp_stage_decode_ctc};

static qp_status read_stage(const char *place, const json_t *json, qp_stage_role role, int depth, qp_stage_list *list)
{
    if (!json || json_is_null(json)) return QP_OK;
    const char *type = json_string_value(json_object_get(json, "type"));
    if (!type) return qp_fail(QP_EDATA, "%s: the %s has no type", place, title[role]);
    if (depth > DEEPEST) return qp_fail(QP_EDATA, "%s: the %s has more than 50 nested sequences", place, title[role]);
    if (strcmp(type, "Sequence") == 0) {
        const json_t *all = json_object_get(json, list_key[role]);
        if (!json_is_array(all)) return qp_fail(QP_EDATA, "%s: a Sequence has no list \"%s\"", place, list_key[role]);
        for (size_t i = 0; i < json_array_size(all); i++) {
            if (json_is_null(json_array_get(all, i))) return qp_fail(QP_EDATA, "%s: a Sequence holds a null", place);
            QP_TRY(read_stage(place, json_array_get(all, i), role, depth + 1, list));
        }
        return QP_OK;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i]->role != role || strcmp(known[i]->type, type) != 0) continue;
        void *self;
        QP_TRY(qp_stages_add(list, known[i], &self));
        return known[i]->read ? known[i]->read(place, json, self) : QP_OK;
    }
    return qp_fail(QP_EDATA, "%s: the %s \"%.40s\" is unknown", place, title[role], type);
}

qp_status qp_stages_read(const char *place, const json_t *json, qp_stage_role role, qp_stage_list *list)
{
    return read_stage(place, json, role, 0, list);
}

qp_status qp_stages_write(const qp_stage_list *list, qp_stage_role role, bool present, qp_text_buffer *out)
{
    if (!present) {
        qp_text_format(out, "null");
        return QP_OK;
    }
    qp_text_format(out, "{\"type\": \"Sequence\", \"%s\": [", list_key[role]);
    for (size_t i = 0; i < list->count; i++) {
        const qp_stage *s = &list->stage[i];
        if (!s->kind->type) continue;
        qp_text_format(out, "%s\n  {\"type\": \"%s\"", i ? "," : "", s->kind->type);
        if (s->kind->write) QP_TRY(s->kind->write(s->self, out));
        qp_text_put(out, "}", 1);
    }
    qp_text_format(out, "]}");
    return QP_OK;
}
