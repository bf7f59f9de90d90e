#include "tokenizer/sentencepiece_model.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/growing.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/sentencepiece_rules.h"

/* A protocol buffer under way; after the first failure nothing is added. */
typedef struct {
    char *text;
    size_t bytes, capacity;
    bool failed;
} buffer;

static void put_bytes(buffer *b, const void *text, size_t bytes)
{
    b->failed = b->failed || !QP_GROW(b->text, b->capacity, b->bytes + bytes + 1);
    if (b->failed) return;
    if (bytes) memcpy(b->text + b->bytes, text, bytes);
    b->bytes += bytes;
}

static void put_varint(buffer *b, uint64_t value)
{
    unsigned char byte[10];
    size_t count = 0;
    for (; value >= 0x80; value >>= 7) byte[count++] = (unsigned char)(value | 0x80);
    byte[count++] = (unsigned char)value;
    put_bytes(b, byte, count);
}

static void put_number(buffer *b, int number, int64_t value)
{
    put_varint(b, (uint64_t)number << 3);
    put_varint(b, (uint64_t)value);
}

static void put_float(buffer *b, int number, float value)
{
    uint32_t bits;
    unsigned char byte[4];
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++) byte[i] = (unsigned char)(bits >> 8 * i);
    put_varint(b, (uint64_t)number << 3 | 5);
    put_bytes(b, byte, 4);
}

static void put_text(buffer *b, int number, const void *text, size_t bytes)
{
    put_varint(b, (uint64_t)number << 3 | 2);
    put_varint(b, bytes);
    put_bytes(b, text, bytes);
}

static void put_message(buffer *b, int number, buffer *inner)
{
    put_text(b, number, inner->text, inner->bytes);
    b->failed = b->failed || inner->failed;
    free(inner->text);
    *inner = (buffer){0};
}

static void put_trainer(buffer *out, const qp_sentencepiece_config *c, const qp_sentencepiece_symbols *s, size_t count)
{
    buffer b = {0};
    put_number(&b, 3, c->model_type + 1);
    put_number(&b, 4, (int64_t)count);
    put_float(&b, 10, (float)c->character_coverage);
    put_number(&b, 11, c->input_sentence_size);
    put_number(&b, 14, c->seed_sentencepiece_size);
    put_float(&b, 15, (float)c->shrinking_factor);
    put_number(&b, 17, c->num_sub_iterations);
    put_number(&b, 18, c->max_sentence_length);
    put_number(&b, 19, c->shuffle_input_sentence);
    put_number(&b, 20, c->max_sentencepiece_length);
    put_number(&b, 21, c->split_by_unicode_script);
    put_number(&b, 22, c->split_by_whitespace);
    put_number(&b, 23, c->split_by_number);
    put_number(&b, 24, c->treat_whitespace_as_suffix);
    put_number(&b, 25, c->split_digits);
    put_number(&b, 26, c->allow_whitespace_only_pieces);
    for (size_t i = 0; i < s->control_count; i++) put_text(&b, 30, s->control[i], strlen(s->control[i]));
    for (size_t i = 0; i < s->user_count; i++) put_text(&b, 31, s->user[i], strlen(s->user[i]));
    put_number(&b, 33, c->hard_vocab_limit);
    put_number(&b, 34, c->use_all_vocab);
    put_number(&b, 35, c->byte_fallback);
    put_text(&b, 36, c->required_chars, strlen(c->required_chars));
    put_number(&b, 40, c->unk_id);
    put_number(&b, 41, c->bos_id);
    put_number(&b, 42, c->eos_id);
    put_number(&b, 43, c->pad_id);
    put_text(&b, 45, c->unk_piece, strlen(c->unk_piece));
    put_text(&b, 46, c->bos_piece, strlen(c->bos_piece));
    put_text(&b, 47, c->eos_piece, strlen(c->eos_piece));
    put_text(&b, 48, c->pad_piece, strlen(c->pad_piece));
    put_message(out, 2, &b);
}

static qp_status put_normalizer(buffer *out, const qp_sentencepiece_config *c)
{
    static const char *const name[] = {"nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"};
    char *rules;
    size_t bytes;
    buffer b = {0};
    QP_TRY(qp_sentencepiece_rules_content(c->normalization_rule_name, &rules, &bytes));
    put_text(&b, 1, name[c->normalization_rule_name], strlen(name[c->normalization_rule_name]));
    put_text(&b, 2, rules, bytes);
    put_number(&b, 3, c->add_dummy_prefix);
    put_number(&b, 4, c->remove_extra_whitespaces);
    put_number(&b, 5, 1);
    put_message(out, 3, &b);
    free(rules);
    return QP_OK;
}

qp_status qp_sentencepiece_model_write(const qp_sentencepiece_config *config, const qp_sentencepiece_symbols *symbols,
                                       const qp_spm_piece *piece, size_t count, char **content, size_t *bytes)
{
    buffer out = {0};
    for (size_t i = 0; i < count; i++) {
        buffer b = {0};
        put_text(&b, 1, piece[i].text, piece[i].bytes);
        put_float(&b, 2, piece[i].score);
        if (piece[i].type != QP_SPM_NORMAL) put_number(&b, 3, piece[i].type);
        put_message(&out, 1, &b);
    }
    put_trainer(&out, config, symbols, count);
    qp_status status = put_normalizer(&out, config);
    if (status == QP_OK && out.failed) status = qp_fail(QP_EMEMORY, "sentencepiece training: out of memory");
    if (status != QP_OK) {
        free(out.text);
        return status;
    }
    *content = out.text;
    *bytes = out.bytes;
    return QP_OK;
}
