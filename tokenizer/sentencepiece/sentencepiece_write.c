#include "tokenizer/sentencepiece/sentencepiece_write.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/sentencepiece/protobuf_out.h"

void qp_spm_put_piece(qp_text_buffer *out, const char *piece, size_t bytes, float score, int type)
{
    qp_text_buffer inner = {0};
    qp_protobuf_text(&inner, 1, piece, bytes);
    qp_protobuf_float(&inner, 2, score);
    if (type != QP_SPM_NORMAL) qp_protobuf_number(&inner, 3, type);
    qp_protobuf_message(out, 1, &inner);
}

void qp_spm_put_settings(qp_text_buffer *out, const qp_spm_settings *s)
{
    static const char *const usual[] = {"<unk>", "<s>", "</s>", "<pad>"};
    qp_text_buffer trainer = {0}, rules = {0}, back = {0};
    qp_protobuf_number(&trainer, 3, s->model_type);
    qp_protobuf_number(&trainer, 4, s->pieces);
    qp_protobuf_number(&trainer, 24, s->space_as_suffix);
    qp_protobuf_number(&trainer, 35, s->byte_fallback);
    for (uint32_t i = 0; i < 4; i++) qp_protobuf_number(&trainer, 40 + i, s->id[i]);
    if (s->unknown_surface) qp_protobuf_text(&trainer, 44, s->unknown_surface, strlen(s->unknown_surface));
    for (uint32_t i = 0; i < 4; i++) {
        const char *name = s->name[i] ? s->name[i] : usual[i];
        qp_protobuf_text(&trainer, 45 + i, name, strlen(name));
    }
    qp_protobuf_message(out, 2, &trainer);
    const char *name = s->rules_bytes ? "user_defined" : "identity";
    qp_protobuf_text(&rules, 1, name, strlen(name));
    qp_protobuf_text(&rules, 2, s->rules_bytes ? s->rules : "", s->rules_bytes);
    qp_protobuf_number(&rules, 3, s->add_dummy_prefix);
    qp_protobuf_number(&rules, 4, s->remove_extra_spaces);
    qp_protobuf_number(&rules, 5, s->escape_spaces);
    qp_protobuf_message(out, 3, &rules);
    if (s->back_rules_bytes) {
        qp_protobuf_text(&back, 2, s->back_rules, s->back_rules_bytes);
        for (uint32_t i = 3; i <= 5; i++)
            qp_protobuf_number(&back, i, 0); /* no prefix, nothing removed or escaped on the way back */
        qp_protobuf_message(out, 5, &back);
    }
}

qp_status qp_sentencepiece_put_settings(const qp_sentencepiece *m, int pieces, const int id[4], qp_text_buffer *out)
{
    char *rules = NULL, *back = NULL;
    qp_spm_settings s = {.model_type = m->model_type,
                         .id = {id[0], id[1], id[2], id[3]},
                         .space_as_suffix = m->space_as_suffix,
                         .byte_fallback = m->byte_fallback,
                         .add_dummy_prefix = m->add_dummy_prefix,
                         .remove_extra_spaces = m->remove_extra_spaces,
                         .escape_spaces = m->escape_spaces,
                         .unknown_surface = m->unknown_surface,
                         .pieces = pieces};
    for (int i = 0; i < 4; i++) s.name[i] = m->piece_name[i];
    qp_status status = qp_charsmap_write(&m->rules, &rules, &s.rules_bytes);
    if (status == QP_OK) status = qp_charsmap_write(&m->back_rules, &back, &s.back_rules_bytes);
    s.rules = rules;
    s.back_rules = back;
    if (status == QP_OK) qp_spm_put_settings(out, &s);
    free(rules);
    free(back);
    return status;
}

qp_status qp_sentencepiece_write(const qp_sentencepiece *m, char **content, size_t *bytes)
{
    qp_text_buffer out = {0};
    const int special[] = {m->unknown_id, m->bos_id, m->eos_id, m->pad_id};
    *content = NULL;
    *bytes = 0;
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        size_t length;
        const char *piece = qp_vocabulary_text(&m->vocabulary, id, &length);
        qp_spm_put_piece(&out, piece, length, m->score[id], m->type[id]);
    }
    qp_status status = qp_sentencepiece_put_settings(m, m->vocabulary.count, special, &out);
    if (status == QP_OK) return qp_text_finish(&out, content, bytes);
    qp_text_free(&out);
    return status;
}
