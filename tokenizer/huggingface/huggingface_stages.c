#include "tokenizer/huggingface/huggingface_stages.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/base64.h"
#include "tokenizer/huggingface/pipeline_build.h"
#include "lib/text/utf8.h"

static qp_status refuse(const char *place, const char *stage, const char *what)
{
    return qp_fail(QP_EDATA, "%s: %.40s: %s", place, stage, what);
}

qp_status qp_json_flag(const char *place, const json_t *json, const char *key, bool missing, bool *flag)
{
    const json_t *value = json_object_get(json, key);
    *flag = missing;
    if (!value || json_is_null(value)) return QP_OK;
    if (!json_is_boolean(value)) return qp_fail(QP_EDATA, "%s: %s is neither true nor false", place, key);
    *flag = json_is_true(value);
    return QP_OK;
}

static qp_status keep_text(const char *place, const char *name, const json_t *value, char **text, size_t *bytes)
{
    if (!json_is_string(value)) return refuse(place, name, "a text is missing");
    *bytes = json_string_length(value);
    *text = qp_text_copy(json_string_value(value), *bytes);
    return *text ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", place);
}

/* {"String": text} or {"Regex": expression}. */
static qp_status read_pattern(const char *place, const char *name, const json_t *pattern, qp_stage *s)
{
    const json_t *text = json_object_get(pattern, "String"), *regex = json_object_get(pattern, "Regex");
    if (json_object_size(pattern) != 1) return refuse(place, name, "the pattern is neither String nor Regex");
    if (text) return keep_text(place, name, text, &s->text, &s->text_bytes);
    QP_TRY(keep_text(place, name, regex, &s->text, &s->text_bytes));
    s->has_regex = true;
    return qp_regex_compile(QP_REGEX_ONIGURUMA, place, json_string_value(regex), json_string_length(regex),
                               &s->regex);
}

static qp_status read_behavior(const char *place, const char *name, const json_t *json, qp_stage *s)
{
    static const char *const word[] = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
    const json_t *value = json_object_get(json, "behavior");
    for (int i = 0; json_is_string(value) && i < 5; i++) {
        if (strcmp(json_string_value(value), word[i]) == 0) {
            s->behavior = (qp_split_behavior)i;
            return QP_OK;
        }
    }
    return refuse(place, name, "unknown behavior");
}

/* One character, for Metaspace and delimiters. */
static qp_status keep_character(const char *place, const char *name, const json_t *value, char **text, size_t *bytes)
{
    size_t length;
    QP_TRY(keep_text(place, name, value, text, bytes));
    if (*bytes == 0 || qp_utf8_next(*text, *bytes, &length) < 0 || length != *bytes)
        return refuse(place, name, "not one character");
    return QP_OK;
}

static qp_status read_metaspace(const char *place, const json_t *json, qp_stage *s)
{
    static const char *const scheme[] = {"first", "never", "always"};
    const json_t *value = json_object_get(json, "prepend_scheme");
    bool prefix;
    QP_TRY(keep_character(place, "Metaspace", json_object_get(json, "replacement"), &s->content, &s->content_bytes));
    s->text = qp_text_copy(" ", 1);
    s->text_bytes = 1;
    if (!s->text) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    QP_TRY(qp_json_flag(place, json, "split", true, &s->split));
    QP_TRY(qp_json_flag(place, json, "add_prefix_space", true, &prefix));
    s->prepend = prefix ? QP_PREPEND_ALWAYS : QP_PREPEND_NEVER;
    if (!value) return QP_OK;
    for (int i = 0; json_is_string(value) && i < 3; i++) {
        if (strcmp(json_string_value(value), scheme[i]) != 0) continue;
        s->prepend = (qp_prepend)i;
        return QP_OK;
    }
    return refuse(place, "Metaspace", "unknown prepend_scheme");
}

static qp_status read_charsmap(const char *place, const json_t *json, qp_stage *s)
{
    const json_t *value = json_object_get(json, "precompiled_charsmap");
    char *raw;
    size_t bytes;
    if (!json_is_string(value)) return refuse(place, "Precompiled", "no charsmap");
    QP_TRY(qp_base64_read(place, json_string_value(value), json_string_length(value), &raw, &bytes));
    qp_status status = bytes ? qp_charsmap_read(place, raw, bytes, &s->charsmap)
                             : refuse(place, "Precompiled", "an empty charsmap");
    free(raw);
    return status;
}

static qp_status read_bert_normalizer(const char *place, const json_t *json, qp_stage *s)
{
    QP_TRY(qp_json_flag(place, json, "clean_text", true, &s->left));
    QP_TRY(qp_json_flag(place, json, "handle_chinese_chars", true, &s->right));
    QP_TRY(qp_json_flag(place, json, "lowercase", true, &s->lower));
    return qp_json_flag(place, json, "strip_accents", s->lower, &s->accents);
}

static qp_status read_byte_level(const char *place, const json_t *json, qp_stage *s)
{
    QP_TRY(qp_json_flag(place, json, "add_prefix_space", true, &s->prefix_space));
    QP_TRY(qp_json_flag(place, json, "use_regex", true, &s->use_regex));
    s->behavior = QP_SPLIT_ISOLATED;
    s->has_regex = true;
    return qp_regex_compile(QP_REGEX_PERL, place, qp_gpt2_pattern, strlen(qp_gpt2_pattern), &s->regex);
}

static qp_status read_count(const char *place, const char *name, const json_t *value, int *count)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1000000)
        return refuse(place, name, "a count is missing or out of range");
    *count = (int)json_integer_value(value);
    return QP_OK;
}

static const struct {
    qp_stage_role role;
    const char *type;
    qp_stage_kind kind;
    int form;
} known[] = {{QP_ROLE_NORMALIZER, "NFC", QP_STAGE_FORM, QP_FORM_NFC},
             {QP_ROLE_NORMALIZER, "NFD", QP_STAGE_FORM, QP_FORM_NFD},
             {QP_ROLE_NORMALIZER, "NFKC", QP_STAGE_FORM, QP_FORM_NFKC},
             {QP_ROLE_NORMALIZER, "NFKD", QP_STAGE_FORM, QP_FORM_NFKD},
             {QP_ROLE_NORMALIZER, "Lowercase", QP_STAGE_LOWER, 0},
             {QP_ROLE_NORMALIZER, "StripAccents", QP_STAGE_STRIP_ACCENTS, 0},
             {QP_ROLE_NORMALIZER, "Strip", QP_STAGE_STRIP, 0},
             {QP_ROLE_NORMALIZER, "Replace", QP_STAGE_REPLACE, 0},
             {QP_ROLE_NORMALIZER, "Prepend", QP_STAGE_PREPEND, 0},
             {QP_ROLE_NORMALIZER, "Nmt", QP_STAGE_NMT, 0},
             {QP_ROLE_NORMALIZER, "Precompiled", QP_STAGE_CHARSMAP, 0},
             {QP_ROLE_NORMALIZER, "BertNormalizer", QP_STAGE_BERT_NORMAL, 0},
             {QP_ROLE_SPLITTER, "ByteLevel", QP_STAGE_BYTE_LEVEL, 0},
             {QP_ROLE_SPLITTER, "Metaspace", QP_STAGE_METASPACE, 0},
             {QP_ROLE_SPLITTER, "Split", QP_STAGE_SPLIT, 0},
             {QP_ROLE_SPLITTER, "Whitespace", QP_STAGE_WHITESPACE, 0},
             {QP_ROLE_SPLITTER, "WhitespaceSplit", QP_STAGE_WHITESPACE_SPLIT, 0},
             {QP_ROLE_SPLITTER, "Digits", QP_STAGE_DIGITS, 0},
             {QP_ROLE_SPLITTER, "Punctuation", QP_STAGE_PUNCTUATION, 0},
             {QP_ROLE_SPLITTER, "BertPreTokenizer", QP_STAGE_BERT_SPLIT, 0},
             {QP_ROLE_SPLITTER, "CharDelimiterSplit", QP_STAGE_DELIMITER, 0},
             {QP_ROLE_SPLITTER, "UnicodeScripts", QP_STAGE_SCRIPTS, 0},
             {QP_ROLE_DECODER, "ByteLevel", QP_STAGE_DECODE_BYTE_LEVEL, 0},
             {QP_ROLE_DECODER, "WordPiece", QP_STAGE_DECODE_WORDPIECE, 0},
             {QP_ROLE_DECODER, "BPEDecoder", QP_STAGE_DECODE_SUFFIX, 0},
             {QP_ROLE_DECODER, "Metaspace", QP_STAGE_DECODE_METASPACE, 0},
             {QP_ROLE_DECODER, "Replace", QP_STAGE_DECODE_REPLACE, 0},
             {QP_ROLE_DECODER, "ByteFallback", QP_STAGE_DECODE_BYTES, 0},
             {QP_ROLE_DECODER, "Fuse", QP_STAGE_DECODE_FUSE, 0},
             {QP_ROLE_DECODER, "Strip", QP_STAGE_DECODE_STRIP, 0},
             {QP_ROLE_DECODER, "CTC", QP_STAGE_DECODE_CTC, 0},
             {QP_ROLE_NORMALIZER, "ByteLevel", QP_STAGE_LETTERS, 0},
             {QP_ROLE_SPLITTER, "FixedLength", QP_STAGE_FIXED_LENGTH, 0}};

static qp_status read_fields(const char *place, const char *name, const json_t *json, qp_stage *s)
{
    switch (s->kind) {
    case QP_STAGE_STRIP:
        QP_TRY(qp_json_flag(place, json, "strip_left", true, &s->left));
        return qp_json_flag(place, json, "strip_right", true, &s->right);
    case QP_STAGE_REPLACE:
    case QP_STAGE_DECODE_REPLACE:
        QP_TRY(read_pattern(place, name, json_object_get(json, "pattern"), s));
        return keep_text(place, name, json_object_get(json, "content"), &s->content, &s->content_bytes);
    case QP_STAGE_PREPEND: return keep_text(place, name, json_object_get(json, "prepend"), &s->text, &s->text_bytes);
    case QP_STAGE_CHARSMAP: return read_charsmap(place, json, s);
    case QP_STAGE_BERT_NORMAL: return read_bert_normalizer(place, json, s);
    case QP_STAGE_BYTE_LEVEL: return read_byte_level(place, json, s);
    case QP_STAGE_METASPACE:
    case QP_STAGE_DECODE_METASPACE: return read_metaspace(place, json, s);
    case QP_STAGE_SPLIT:
        QP_TRY(read_pattern(place, name, json_object_get(json, "pattern"), s));
        QP_TRY(qp_json_flag(place, json, "invert", false, &s->invert));
        return read_behavior(place, name, json, s);
    case QP_STAGE_DIGITS: return qp_json_flag(place, json, "individual_digits", false, &s->individual);
    case QP_STAGE_PUNCTUATION:
        s->behavior = QP_SPLIT_ISOLATED;
        return json_object_get(json, "behavior") ? read_behavior(place, name, json, s) : QP_OK;
    case QP_STAGE_DELIMITER:
        return keep_character(place, name, json_object_get(json, "delimiter"), &s->text, &s->text_bytes);
    case QP_STAGE_DECODE_WORDPIECE:
        QP_TRY(qp_json_flag(place, json, "cleanup", true, &s->cleanup));
        return keep_text(place, name, json_object_get(json, "prefix"), &s->text, &s->text_bytes);
    case QP_STAGE_DECODE_SUFFIX:
        return keep_text(place, name, json_object_get(json, "suffix"), &s->text, &s->text_bytes);
    case QP_STAGE_FIXED_LENGTH:
        s->start = 5;
        if (json_object_get(json, "length"))
            QP_TRY(read_count(place, name, json_object_get(json, "length"), &s->start));
        return s->start > 0 ? QP_OK : refuse(place, name, "a length of 0");
    case QP_STAGE_DECODE_CTC:
        QP_TRY(qp_json_flag(place, json, "cleanup", true, &s->cleanup));
        QP_TRY(keep_text(place, name, json_object_get(json, "pad_token"), &s->text, &s->text_bytes));
        return keep_text(place, name, json_object_get(json, "word_delimiter_token"), &s->content, &s->content_bytes);
    case QP_STAGE_DECODE_STRIP:
        QP_TRY(read_count(place, name, json_object_get(json, "start"), &s->start));
        QP_TRY(read_count(place, name, json_object_get(json, "stop"), &s->stop));
        return keep_character(place, name, json_object_get(json, "content"), &s->text, &s->text_bytes);
    default: return QP_OK;
    }
}

static qp_status read_sequence(const char *place, const json_t *json, qp_stage_role role, int depth,
                               qp_stage_list *list)
{
    static const char *const key[] = {"normalizers", "pretokenizers", "decoders"};
    const json_t *all = json_object_get(json, key[role]);
    if (!json_is_array(all)) return refuse(place, "Sequence", "its list is missing");
    for (size_t i = 0; i < json_array_size(all); i++) {
        if (json_is_null(json_array_get(all, i))) return refuse(place, "Sequence", "a null in its list");
        QP_TRY(qp_huggingface_stages(place, json_array_get(all, i), role, depth + 1, list));
    }
    return QP_OK;
}

qp_status qp_huggingface_stages(const char *place, const json_t *json, qp_stage_role role, int depth,
                                qp_stage_list *list)
{
    static const char *const title[] = {"normalizer", "pre_tokenizer", "decoder"};
    if (!json || json_is_null(json)) return QP_OK;
    const json_t *type = json_object_get(json, "type");
    if (!json_is_string(type)) return refuse(place, title[role], "it has no type");
    if (depth > 50) return refuse(place, title[role], "sequences too deep");
    const char *name = json_string_value(type);
    if (strcmp(name, "Sequence") == 0) return read_sequence(place, json, role, depth, list);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].role != role || strcmp(known[i].type, name) != 0) continue;
        qp_stage *stage;
        QP_TRY(qp_pipeline_add_stage(list, known[i].kind, &stage));
        stage->form = known[i].form;
        return read_fields(place, name, json, stage);
    }
    return refuse(place, title[role], name[0] ? "this kind of stage is unknown" : "it has no type");
}
