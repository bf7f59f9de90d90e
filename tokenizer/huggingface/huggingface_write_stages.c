#include <stdlib.h>
#include <string.h>

#include "lib/text/base64.h"
#include "tokenizer/huggingface/huggingface_stages.h"
#include "tokenizer/huggingface/huggingface_write.h"
#include "tokenizer/huggingface/pipeline_build.h"
#include "tokenizer/split/oniguruma_syntax.h"

static void type(qp_text_buffer *out, const char *name) { qp_text_format(out, "{\"type\": \"%s\"", name); }

static void flag(qp_text_buffer *out, const char *key, bool value)
{
    qp_text_format(out, ", \"%s\": %s", key, value ? "true" : "false");
}

/* Texts of stages came out of JSON or are ours: they are UTF-8. */
static void text(qp_text_buffer *out, const char *key, const char *value, size_t bytes)
{
    qp_text_format(out, ", \"%s\": ", key);
    if (!qp_json_string(out, value ? value : "", value ? bytes : 0)) out->failed = true;
}

static void pattern(qp_text_buffer *out, const qp_stage *s)
{
    qp_text_format(out, ", \"pattern\": {\"%s\": ", s->has_regex ? "Regex" : "String");
    if (!qp_json_string(out, s->text, s->text_bytes)) out->failed = true;
    qp_text_put(out, "}", 1);
}

static const char *behavior(qp_split_behavior value)
{
    static const char *const word[] = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
    return word[value];
}

static qp_status charsmap(qp_text_buffer *out, const qp_charsmap *map)
{
    char *raw;
    size_t bytes;
    QP_TRY(qp_charsmap_write(map, &raw, &bytes));
    type(out, "Precompiled");
    qp_text_add(out, ", \"precompiled_charsmap\": \"");
    qp_base64_write(out, raw, bytes);
    qp_text_put(out, "\"", 1);
    free(raw);
    return QP_OK;
}

static void metaspace(qp_text_buffer *out, const qp_stage *s)
{
    static const char *const scheme[] = {"first", "never", "always"};
    type(out, "Metaspace");
    text(out, "replacement", s->content, s->content_bytes);
    text(out, "prepend_scheme", scheme[s->prepend], strlen(scheme[s->prepend]));
    flag(out, "split", s->split);
}

/* ByteLevel; with a pattern of its own (tiktoken's, of Rust's kind) it is two stages. */
static void byte_level(qp_text_buffer *out, const qp_stage *s)
{
    if (s->text) {
        qp_text_buffer there = {0};
        qp_oniguruma_syntax(s->text, s->text_bytes, &there);
        type(out, "Split");
        qp_text_format(out, ", \"pattern\": {\"Regex\": ");
        if (there.failed || !qp_json_string(out, there.text, there.bytes)) out->failed = true;
        qp_text_put(out, "}", 1);
        qp_text_free(&there);
        text(out, "behavior", "Isolated", 8);
        flag(out, "invert", false);
        qp_text_put(out, "}, ", 3);
    }
    type(out, "ByteLevel");
    flag(out, "add_prefix_space", s->prefix_space);
    flag(out, "trim_offsets", true);
    flag(out, "use_regex", s->use_regex && !s->text);
}

static qp_status normalizer(const qp_stage *s, qp_text_buffer *out)
{
    static const char *const form[] = {"", "NFC", "NFKC", "NFD", "NFKD"};
    switch (s->kind) {
    case QP_STAGE_FORM: type(out, form[s->form]); break;
    case QP_STAGE_LOWER: type(out, "Lowercase"); break;
    case QP_STAGE_STRIP_ACCENTS: type(out, "StripAccents"); break;
    case QP_STAGE_STRIP:
        type(out, "Strip");
        flag(out, "strip_left", s->left);
        flag(out, "strip_right", s->right);
        break;
    case QP_STAGE_REPLACE:
        type(out, "Replace");
        pattern(out, s);
        text(out, "content", s->content, s->content_bytes);
        break;
    case QP_STAGE_PREPEND:
        type(out, "Prepend");
        text(out, "prepend", s->text, s->text_bytes);
        break;
    case QP_STAGE_NMT: type(out, "Nmt"); break;
    case QP_STAGE_LETTERS: type(out, "ByteLevel"); break;
    case QP_STAGE_CHARSMAP: return charsmap(out, &s->charsmap);
    case QP_STAGE_BERT_NORMAL:
        type(out, "BertNormalizer");
        flag(out, "clean_text", s->left);
        flag(out, "handle_chinese_chars", s->right);
        flag(out, "strip_accents", s->accents);
        flag(out, "lowercase", s->lower);
        break;
    default: return qp_fail(QP_EBUG, "tokenizer.json: stage %d is no normalizer", (int)s->kind);
    }
    return QP_OK;
}

static qp_status splitter(const qp_stage *s, qp_text_buffer *out)
{
    switch (s->kind) {
    case QP_STAGE_BYTE_LEVEL: byte_level(out, s); break;
    case QP_STAGE_METASPACE: metaspace(out, s); break;
    case QP_STAGE_SPLIT:
        type(out, "Split");
        pattern(out, s);
        text(out, "behavior", behavior(s->behavior), strlen(behavior(s->behavior)));
        flag(out, "invert", s->invert);
        break;
    case QP_STAGE_WHITESPACE: type(out, "Whitespace"); break;
    case QP_STAGE_WHITESPACE_SPLIT: type(out, "WhitespaceSplit"); break;
    case QP_STAGE_DIGITS:
        type(out, "Digits");
        flag(out, "individual_digits", s->individual);
        break;
    case QP_STAGE_PUNCTUATION:
        type(out, "Punctuation");
        text(out, "behavior", behavior(s->behavior), strlen(behavior(s->behavior)));
        break;
    case QP_STAGE_BERT_SPLIT: type(out, "BertPreTokenizer"); break;
    case QP_STAGE_SCRIPTS: type(out, "UnicodeScripts"); break;
    case QP_STAGE_DELIMITER:
        type(out, "CharDelimiterSplit");
        text(out, "delimiter", s->text, s->text_bytes);
        break;
    case QP_STAGE_FIXED_LENGTH:
        type(out, "FixedLength");
        qp_text_format(out, ", \"length\": %d", s->start);
        break;
    default: return qp_fail(QP_EBUG, "tokenizer.json: stage %d is no pre-tokenizer", (int)s->kind);
    }
    return QP_OK;
}

static qp_status decoder(const qp_stage *s, qp_text_buffer *out)
{
    switch (s->kind) {
    case QP_STAGE_DECODE_BYTE_LEVEL:
        type(out, "ByteLevel");
        flag(out, "add_prefix_space", true);
        flag(out, "trim_offsets", true);
        flag(out, "use_regex", true);
        break;
    case QP_STAGE_DECODE_WORDPIECE:
        type(out, "WordPiece");
        text(out, "prefix", s->text, s->text_bytes);
        flag(out, "cleanup", s->cleanup);
        break;
    case QP_STAGE_DECODE_SUFFIX:
        type(out, "BPEDecoder");
        text(out, "suffix", s->text, s->text_bytes);
        break;
    case QP_STAGE_DECODE_METASPACE: metaspace(out, s); break;
    case QP_STAGE_DECODE_REPLACE:
        type(out, "Replace");
        pattern(out, s);
        text(out, "content", s->content, s->content_bytes);
        break;
    case QP_STAGE_DECODE_BYTES: type(out, "ByteFallback"); break;
    case QP_STAGE_DECODE_FUSE: type(out, "Fuse"); break;
    case QP_STAGE_DECODE_STRIP:
        type(out, "Strip");
        text(out, "content", s->text, s->text_bytes);
        qp_text_format(out, ", \"start\": %d, \"stop\": %d", s->start, s->stop);
        break;
    case QP_STAGE_DECODE_CTC:
        type(out, "CTC");
        text(out, "pad_token", s->text, s->text_bytes);
        text(out, "word_delimiter_token", s->content, s->content_bytes);
        flag(out, "cleanup", s->cleanup);
        break;
    default: return qp_fail(QP_EBUG, "tokenizer.json: stage %d is no decoder", (int)s->kind);
    }
    return QP_OK;
}

qp_status qp_huggingface_write_stages(const qp_stage_list *list, int role, bool present, qp_text_buffer *out)
{
    static const char *const key[] = {"normalizers", "pretokenizers", "decoders"};
    if (!present) {
        qp_text_format(out, "null");
        return QP_OK;
    }
    qp_text_format(out, "{\"type\": \"Sequence\", \"%s\": [", key[role]);
    for (size_t i = 0; i < list->count; i++) {
        const qp_stage *s = &list->stage[i];
        if (role == QP_ROLE_SPLITTER && s->kind == QP_STAGE_LETTERS) continue; /* part of the ByteLevel before it */
        qp_text_format(out, "%s\n  ", i ? "," : "");
        QP_TRY(role == QP_ROLE_NORMALIZER ? normalizer(s, out)
               : role == QP_ROLE_SPLITTER ? splitter(s, out)
                                          : decoder(s, out));
        qp_text_put(out, "}", 1);
    }
    qp_text_format(out, "]}");
    return QP_OK;
}
