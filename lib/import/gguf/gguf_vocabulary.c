#include "lib/import/gguf/gguf_vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "lib/import/json_config.h"
#include "lib/text/json_writer.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"
#include "tokenizer/tokenizer_formats.h"

enum { PIECES = 16777216 };

/* Expressions and normal forms: those of the tokenizer.json of GPT-2, Llama 3, Qwen 2 and SmolLM. */
#define BYTES(regex) "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":" regex "}"
#define SPLIT(digits)                                                                                                  \
    "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?i:'s|'t|'re|'ve|'m|'ll|" \
    "'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|" digits "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r"     \
    "\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+\"},\"behavior\":\"Isolated\",\"invert\":false}," BYTES("false") "]}"
#define DIGITS                                                                                                         \
    "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\",\"individual_digits\":true}," BYTES("true") "]}"
#define LLAMA3 SPLIT("\\\\p{N}{1,3}")
#define QWEN2 SPLIT("\\\\p{N}")
const qp_gguf_pre qp_gguf_pres[] = {
    {"gpt-2", "null", BYTES("true"), false, false},
    {"llama-bpe", "null", LLAMA3, true, true},
    {"llama3", "null", LLAMA3, true, true},
    {"llama-v3", "null", LLAMA3, true, true},
    {"qwen2", "{\"type\":\"NFC\"}", QWEN2, false, false},
    {"deepseek-r1-qwen", "{\"type\":\"NFC\"}", QWEN2, false, false},
    {"smollm", "null", DIGITS, false, false},
    {"starcoder", "null", DIGITS, false, false},
    {0},
};

/* The lists of a vocabulary. */
typedef struct {
    const qp_gguf *file;
    const char *place;
    qp_gguf_list token, score, type, merge; /* count 0 where the file has none */
} lists;

static qp_json_config keys_of(const qp_gguf *file)
{
    return (qp_json_config){.place = qp_gguf_arrays(file).place, .root = qp_gguf_values(file)};
}

static qp_status open_lists(const qp_gguf *file, lists *l)
{
    *l = (lists){.file = file, .place = qp_gguf_arrays(file).place};
    if (!qp_gguf_find_list(file, "tokenizer.ggml.tokens", QP_GGUF_TEXT, &l->token) || l->token.count == 0)
        return qp_fail(QP_ENOINPUT, "%s: has no tokenizer.ggml.tokens; name a tokenizer with --tokenizer FILE",
                       l->place);
    qp_gguf_find_list(file, "tokenizer.ggml.scores", QP_GGUF_FLOAT, &l->score);
    qp_gguf_find_list(file, "tokenizer.ggml.merges", QP_GGUF_TEXT, &l->merge);
    if (!qp_gguf_find_list(file, "tokenizer.ggml.token_type", QP_GGUF_I32, &l->type))
        qp_gguf_find_list(file, "tokenizer.ggml.token_type", QP_GGUF_U32, &l->type);
    if (l->token.count > PIECES)
        return qp_fail(QP_EDATA, "%s: tokenizer.ggml.tokens: more than %d", l->place, PIECES);
    if ((l->score.count && l->score.count != l->token.count) || (l->type.count && l->type.count != l->token.count))
        return qp_fail(QP_EDATA, "%s: tokenizer.ggml: not as many scores or types as tokens; the file is damaged",
                       l->place);
    return QP_OK;
}

static uint32_t next_type(lists *l) { return l->type.count ? qp_gguf_next_u32(&l->type) : QP_SPM_NORMAL; }

/* ---- roles ---- */

static const qp_gguf_pre *pre_of(qp_json_config *json)
{
    const char *name = qp_json_config_text(json, "tokenizer.ggml.pre", "");
    if (!*name) name = qp_json_config_text(json, "general.architecture", ""); /* files older than the key */
    if (strcmp(name, "gpt2") == 0) name = "gpt-2";
    for (const qp_gguf_pre *pre = qp_gguf_pres; pre->name; pre++)
        if (strcmp(pre->name, name) == 0) return pre;
    qp_json_config_refuse(json, "tokenizer.ggml.pre", "not one of gpt-2, llama-bpe, qwen2, smollm, starcoder; name the "
                                                      "model's own tokenizer.json with --tokenizer");
    return NULL;
}

static bool is_scored(qp_json_config *json)
{
    const char *kind = qp_json_config_text(json, "tokenizer.ggml.model", "");
    if (strcmp(kind, "llama") != 0 && strcmp(kind, "gpt2") != 0)
        qp_json_config_refuse(json, "tokenizer.ggml.model",
                              "neither llama nor gpt2; name the model's own tokenizer with --tokenizer");
    return strcmp(kind, "llama") == 0;
}

qp_status qp_gguf_read_roles(const qp_gguf *file, qp_gguf_roles *roles)
{
    qp_json_config json = keys_of(file);
    const struct {
        const char *key;
        int32_t *id;
    } role[] = {{"tokenizer.ggml.bos_token_id", &roles->begin},
                {"tokenizer.ggml.eos_token_id", &roles->end},
                {"tokenizer.ggml.padding_token_id", &roles->pad},
                {"tokenizer.ggml.unknown_token_id", &roles->unknown}};
    lists l;
    QP_TRY(open_lists(file, &l));
    for (size_t i = 0; i < sizeof role / sizeof *role; i++)
        *role[i].id = (int32_t)qp_json_config_whole(&json, role[i].key, 0, (int64_t)l.token.count - 1, -1);
    bool scored = is_scored(&json);
    const qp_gguf_pre *pre = scored || json.status != QP_OK ? NULL : pre_of(&json);
    bool usual = scored || (pre && pre->begins);
    roles->begins = qp_json_config_flag(&json, "tokenizer.ggml.add_bos_token", usual) && roles->begin >= 0;
    qp_json_config_same_flag(&json, "tokenizer.ggml.add_eos_token", false, false);
    return json.status;
}

/* ---- pieces with scores ---- */

static void put_scored(lists *l, const qp_gguf_roles *roles, bool space, qp_text_buffer *out)
{
    qp_spm_settings settings = {.model_type = QP_SPM_BPE,
                                .id = {roles->unknown, roles->begin, roles->end, roles->pad},
                                .add_dummy_prefix = space,
                                .escape_spaces = true,
                                .pieces = (int)l->token.count};
    char *name[4] = {0};
    for (int32_t id = 0; id < settings.pieces; id++) {
        qp_text token = qp_gguf_next_text(&l->token);
        float score = qp_gguf_next_float(&l->score);
        uint32_t type = next_type(l);
        if (id == roles->unknown) type = QP_SPM_UNKNOWN;
        if (type == QP_SPM_BYTE) settings.byte_fallback = true;
        qp_spm_put_piece(out, token.text, token.bytes, score, type > QP_SPM_BYTE ? QP_SPM_NORMAL : (int)type);
        for (int role = 0; role < 4; role++)
            if (settings.id[role] == id && !name[role]) name[role] = strndup(token.text, token.bytes);
    }
    for (int role = 0; role < 4; role++) settings.name[role] = name[role];
    qp_spm_put_settings(out, &settings);
    for (int role = 0; role < 4; role++) free(name[role]);
}

static qp_status read_scored(lists *l, qp_json_config *json, const qp_gguf_roles *roles, qp_tokenizer **tokenizer)
{
    qp_text_buffer out = {0};
    char *content;
    size_t bytes;
    bool space = qp_json_config_flag(json, "tokenizer.ggml.add_space_prefix", true);
    QP_TRY(json->status);
    if (!l->score.count) return qp_fail(QP_EDATA, "%s: tokenizer.ggml.scores: missing", l->place);
    put_scored(l, roles, space, &out);
    QP_TRY(qp_text_finish(&out, &content, &bytes));
    qp_status status = qp_tokenizer_of_content(QP_FORMAT_SENTENCEPIECE, l->place, content, bytes, tokenizer);
    free(content);
    return status;
}

/* ---- byte-level BPE ---- */

static void put_text(qp_text_buffer *out, qp_text text)
{
    if (!qp_json_string(out, text.text, text.bytes)) qp_json_repaired(out, text.text, text.bytes);
}

static bool is_added(uint32_t type) { return type == QP_SPM_CONTROL || type == QP_SPM_USER_DEFINED; }

static void put_added(lists l, qp_text_buffer *out)
{
    qp_json_key(out, "added_tokens");
    qp_json_open(out, '[');
    for (uint64_t id = 0; id < l.token.count; id++) {
        qp_text token = qp_gguf_next_text(&l.token);
        uint32_t type = next_type(&l);
        if (!is_added(type)) continue;
        qp_json_open(out, '{');
        qp_json_put_integer(out, "id", (int64_t)id);
        qp_json_key(out, "content");
        put_text(out, token);
        qp_json_put_bool(out, "single_word", false);
        qp_json_put_bool(out, "lstrip", false);
        qp_json_put_bool(out, "rstrip", false);
        qp_json_put_bool(out, "normalized", false);
        qp_json_put_bool(out, "special", type == QP_SPM_CONTROL);
        qp_json_close(out, '}');
    }
    qp_json_close(out, ']');
}

static void put_model(lists l, const qp_gguf_pre *pre, qp_text_buffer *out)
{
    qp_json_key(out, "model");
    qp_json_open(out, '{');
    qp_json_put_text(out, "type", "BPE");
    qp_json_put_bool(out, "ignore_merges", pre->ignore_merges);
    qp_json_key(out, "vocab");
    qp_json_open(out, '{');
    for (uint64_t id = 0; id < l.token.count; id++) {
        qp_text token = qp_gguf_next_text(&l.token);
        if (is_added(next_type(&l))) continue;
        put_text(out, token);
        qp_text_add(out, ":");
        qp_json_integer(out, (int64_t)id);
    }
    qp_json_close(out, '}');
    qp_json_key(out, "merges");
    qp_json_open(out, '[');
    for (uint64_t i = 0; i < l.merge.count; i++) put_text(out, qp_gguf_next_text(&l.merge));
    qp_json_close(out, ']');
    qp_json_close(out, '}');
}

static qp_text token_at(qp_gguf_list token, int32_t id)
{
    for (int32_t i = 0; i < id; i++) qp_gguf_next_text(&token);
    return qp_gguf_next_text(&token);
}

/* The token before every text: {"SpecialToken": ...} before {"Sequence": ...}. */
static void put_template(const lists *l, const qp_gguf_roles *roles, qp_text_buffer *out)
{
    static const char *const side[] = {"single", "pair"};
    qp_text begin = token_at(l->token, roles->begin);
    qp_json_open(out, '{');
    qp_json_put_text(out, "type", "TemplateProcessing");
    for (int pair = 0; pair < 2; pair++) {
        qp_json_key(out, side[pair]);
        qp_json_open(out, '[');
        for (int second = 0; second <= pair; second++) {
            qp_text_add(out, second ? ",{\"SpecialToken\":{\"id\":" : "{\"SpecialToken\":{\"id\":");
            put_text(out, begin);
            qp_text_format(out, ",\"type_id\":%d}},{\"Sequence\":{\"id\":\"%c\",\"type_id\":%d}}", second, 'A' + second,
                           second);
        }
        qp_json_close(out, ']');
    }
    qp_text_add(out, ",\"special_tokens\":{");
    put_text(out, begin);
    qp_text_add(out, ":{\"id\":");
    put_text(out, begin);
    qp_text_format(out, ",\"ids\":[%d],\"tokens\":[", roles->begin);
    put_text(out, begin);
    qp_text_add(out, "]}}}");
}

static qp_status read_bytes(lists *l, qp_json_config *json, const qp_gguf_roles *roles, qp_tokenizer **tokenizer)
{
    qp_text_buffer out = {0};
    char *content;
    size_t bytes;
    qp_json_config_same_flag(json, "tokenizer.ggml.add_space_prefix", false, false);
    const qp_gguf_pre *pre = pre_of(json);
    QP_TRY(json->status);
    qp_text_add(&out, "{\"version\":\"1.0\"");
    put_added(*l, &out);
    qp_text_format(&out, ",\"normalizer\":%s,\"pre_tokenizer\":%s,\"post_processor\":", pre->normalizer,
                   pre->pre_tokenizer);
    if (roles->begins)
        put_template(l, roles, &out);
    else
        qp_json_null(&out);
    qp_text_format(&out, ",\"decoder\":%s", BYTES("true"));
    put_model(*l, pre, &out);
    qp_json_close(&out, '}');
    QP_TRY(qp_text_finish(&out, &content, &bytes));
    qp_status status = qp_tokenizer_of_content(QP_FORMAT_HUGGINGFACE, l->place, content, bytes, tokenizer);
    free(content);
    return status;
}

qp_status qp_gguf_tokenizer(const qp_gguf *file, const qp_gguf_roles *roles, qp_tokenizer **tokenizer)
{
    qp_json_config json = keys_of(file);
    lists l;
    QP_TRY(open_lists(file, &l));
    bool scored = is_scored(&json);
    QP_TRY(json.status);
    return scored ? read_scored(&l, &json, roles, tokenizer) : read_bytes(&l, &json, roles, tokenizer);
}
