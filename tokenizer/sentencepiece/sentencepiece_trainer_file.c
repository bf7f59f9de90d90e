#include "tokenizer/sentencepiece/sentencepiece_trainer_file.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/sentencepiece/protobuf_out.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"

static void put_trainer(qp_text_buffer *out, const qp_sentencepiece_config *c, const qp_sentencepiece_symbols *s,
                        size_t count)
{
    qp_text_buffer b = {0};
    qp_protobuf_number(&b, 3, c->model_type + 1);
    qp_protobuf_number(&b, 4, (int64_t)count);
    qp_protobuf_float(&b, 10, (float)c->character_coverage);
    qp_protobuf_number(&b, 11, c->input_sentence_size);
    qp_protobuf_number(&b, 14, c->seed_sentencepiece_size);
    qp_protobuf_float(&b, 15, (float)c->shrinking_factor);
    qp_protobuf_number(&b, 17, c->num_sub_iterations);
    qp_protobuf_number(&b, 18, c->max_sentence_length);
    qp_protobuf_number(&b, 19, c->shuffle_input_sentence);
    qp_protobuf_number(&b, 20, c->max_sentencepiece_length);
    qp_protobuf_number(&b, 21, c->split_by_unicode_script);
    qp_protobuf_number(&b, 22, c->split_by_whitespace);
    qp_protobuf_number(&b, 23, c->split_by_number);
    qp_protobuf_number(&b, 24, c->treat_whitespace_as_suffix);
    qp_protobuf_number(&b, 25, c->split_digits);
    qp_protobuf_number(&b, 26, c->allow_whitespace_only_pieces);
    for (size_t i = 0; i < s->control_count; i++) qp_protobuf_text(&b, 30, s->control[i], strlen(s->control[i]));
    for (size_t i = 0; i < s->user_count; i++) qp_protobuf_text(&b, 31, s->user[i], strlen(s->user[i]));
    qp_protobuf_number(&b, 33, c->hard_vocab_limit);
    qp_protobuf_number(&b, 34, c->use_all_vocab);
    qp_protobuf_number(&b, 35, c->byte_fallback);
    qp_protobuf_text(&b, 36, c->required_chars, strlen(c->required_chars));
    qp_protobuf_number(&b, 40, c->unk_id);
    qp_protobuf_number(&b, 41, c->bos_id);
    qp_protobuf_number(&b, 42, c->eos_id);
    qp_protobuf_number(&b, 43, c->pad_id);
    qp_protobuf_text(&b, 45, c->unk_piece, strlen(c->unk_piece));
    qp_protobuf_text(&b, 46, c->bos_piece, strlen(c->bos_piece));
    qp_protobuf_text(&b, 47, c->eos_piece, strlen(c->eos_piece));
    qp_protobuf_text(&b, 48, c->pad_piece, strlen(c->pad_piece));
    qp_protobuf_message(out, 2, &b);
}

static qp_status put_normalizer(qp_text_buffer *out, const qp_sentencepiece_config *c, const qp_charsmap *map)
{
    static const char *const name[] = {"nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"};
    char *rules;
    size_t bytes;
    qp_text_buffer b = {0};
    QP_TRY(qp_charsmap_write(map, &rules, &bytes));
    qp_protobuf_text(&b, 1, name[c->normalization_rule_name], strlen(name[c->normalization_rule_name]));
    qp_protobuf_text(&b, 2, rules, bytes);
    qp_protobuf_number(&b, 3, c->add_dummy_prefix);
    qp_protobuf_number(&b, 4, c->remove_extra_whitespaces);
    qp_protobuf_number(&b, 5, 1);
    qp_protobuf_message(out, 3, &b);
    free(rules);
    return QP_OK;
}

qp_status qp_sentencepiece_model_write(const qp_sentencepiece_config *config, const qp_sentencepiece_symbols *symbols,
                                       const qp_charsmap *rules, const qp_spm_piece *piece, size_t count,
                                       char **content, size_t *bytes)
{
    qp_text_buffer out = {0};
    for (size_t i = 0; i < count; i++)
        qp_spm_put_piece(&out, piece[i].text, piece[i].bytes, piece[i].score, piece[i].type);
    put_trainer(&out, config, symbols, count);
    qp_status status = put_normalizer(&out, config, rules);
    if (status == QP_OK) return qp_text_finish(&out, content, bytes);
    qp_text_free(&out);
    return status;
}
