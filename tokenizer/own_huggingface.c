#include "tokenizer/own_huggingface.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/text/json_writer.h"
#include "lib/text/utf8.h"
#include "tokenizer/huggingface/pipeline_build.h"

static qp_status refuse(const char *what)
{
    return qp_fail(QP_EDATA, "%s cannot be expressed in a tokenizer.json", what);
}

static qp_status string(qp_text_buffer *out, const char *text, size_t bytes)
{
    return qp_json_string(out, text, bytes) ? QP_OK : refuse("a piece that is not UTF-8");
}

/* ---- stages ---- */

static void stage(qp_text_buffer *out, bool *first, const char *rest)
{
    qp_text_format(out, "%s\n  {\"type\": ", *first ? "" : ",");
    qp_text_put(out, rest, strlen(rest));
    qp_text_put(out, "}", 1);
    *first = false;
}

/* Lower case and accents work on decomposed text, as in own_prepare.c. Without a normal form only U+0130 has another
 * lower-case form there. */
static void normalizer(const qp_own *t, qp_text_buffer *out)
{
    static const char *const form[] = {NULL, "\"NFC\"", "\"NFKC\"", "\"NFD\"", "\"NFKD\""};
    bool first = true, compatible = t->settings.form == QP_FORM_NFKC || t->settings.form == QP_FORM_NFKD;
    qp_text_format(out, "{\"type\": \"Sequence\", \"normalizers\": [");
    if (t->rules.pattern == QP_CUT_SPACES)
        stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \"\xE2\x96\x81\"}, \"content\": \" \"");
    if (t->settings.lower_case || t->settings.strip_accents) {
        if (t->settings.form != QP_FORM_NONE) stage(out, &first, form[compatible ? QP_FORM_NFKD : QP_FORM_NFD]);
        if (t->settings.strip_accents)
            stage(out, &first, "\"Replace\", \"pattern\": {\"Regex\": \"\\\\p{Mn}\"}, \"content\": \"\"");
        if (t->settings.lower_case && t->settings.form == QP_FORM_NONE)
            stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \"\xC4\xB0\"}, \"content\": \"i\"");
        if (t->settings.lower_case) stage(out, &first, "\"Lowercase\"");
    }
    if (t->settings.form != QP_FORM_NONE) stage(out, &first, form[t->settings.form]);
    /* Prepend gives the space the span of the first character, so an empty match is replaced instead; but ByteLevel of
     * tokenizers 0.23 stops after such a match. */
    if (t->settings.space_first && t->settings.type == QP_TOKENIZER_BYTE_BPE)
        stage(out, &first, "\"Prepend\", \"prepend\": \" \"");
    if (t->settings.space_first && t->settings.type != QP_TOKENIZER_BYTE_BPE)
        stage(out, &first, "\"Replace\", \"pattern\": {\"Regex\": \"\\\\A(?=[\\\\s\\\\S])\"}, \"content\": \" \"");
    qp_text_format(out, "]}");
}

static void splitter(const qp_own *t, qp_text_buffer *out)
{
    bool first = true, bytes = t->settings.type == QP_TOKENIZER_BYTE_BPE;
    bool whole = t->settings.type == QP_TOKENIZER_CHAR || t->settings.type == QP_TOKENIZER_BYTE ||
                 t->rules.pattern == QP_CUT_NONE;
    if (whole && !bytes) {
        qp_text_format(out, "null");
        return;
    }
    qp_text_format(out, "{\"type\": \"Sequence\", \"pretokenizers\": [");
    bool of_gpt2 = bytes && t->rules.pattern == QP_CUT_GPT2;
    if (!whole && !of_gpt2) {
        char pattern[2048];
        qp_split_pattern(&t->rules, pattern, sizeof pattern);
        qp_text_format(out, "\n  {\"type\": \"Split\", \"pattern\": {\"Regex\": ");
        if (!qp_json_string(out, pattern, strlen(pattern))) out->failed = true;
        qp_text_format(out, "}, \"behavior\": \"Isolated\", \"invert\": false}");
        first = false;
    }
    if (bytes)
        stage(out, &first,
              of_gpt2 ? "\"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": false, \"use_regex\": true"
                      : "\"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": false, \"use_regex\": false");
    qp_text_format(out, "]}");
}

static void decoder(const qp_own *t, const char *prefix, qp_text_buffer *out)
{
    bool first = true;
    qp_text_format(out, "{\"type\": \"Sequence\", \"decoders\": [");
    stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \"<pad>\"}, \"content\": \"\"");
    stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \"<s>\"}, \"content\": \"\"");
    stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \"</s>\"}, \"content\": \"\"");
    if (t->settings.type == QP_TOKENIZER_WORD)
        stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \"<unk>\"}, \"content\": \" <unk>\"");
    if (t->settings.type == QP_TOKENIZER_WORDPIECE) {
        char rest[80];
        snprintf(rest, sizeof rest, "\"Replace\", \"pattern\": {\"Regex\": \"^%s\"}, \"content\": \"\"", prefix);
        stage(out, &first, rest);
    }
    if (t->settings.type == QP_TOKENIZER_BYTE_BPE)
        stage(out, &first, "\"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": true, \"use_regex\": true");
    else if (t->settings.byte_fallback)
        stage(out, &first, "\"ByteFallback\"");
    stage(out, &first, "\"Fuse\"");
    if (t->settings.space_first) stage(out, &first, "\"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0");
    qp_text_format(out, "]}");
}

/* ---- the model ---- */

/* No segment mixes letters and punctuation, so no piece begins with "#c#"; a piece may begin with "##". */
static const char *continuing_prefix(const qp_own *t)
{
    const qp_vocabulary *v = &t->vocabulary;
    for (int32_t id = 0; id < v->count; id++) {
        size_t bytes, length;
        const char *text = qp_vocabulary_text(v, id, &bytes);
        if (v->kind[id] == QP_PIECE_NORMAL && bytes >= 2 && memcmp(text, "##", 2) == 0) return "#c#";
        if (v->kind[id] != QP_PIECE_CONTINUING) continue;
        int32_t code = qp_utf8_next(text, bytes, &length);
        utf8proc_category_t category = utf8proc_category(code < 0 ? 0 : code);
        bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
        bool number = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
        if (!letter && !number) return "#c#";
    }
    return "##";
}

static qp_status piece(const qp_own *t, int32_t id, const char *prefix, qp_text_buffer *out)
{
    const qp_vocabulary *v = &t->vocabulary;
    size_t bytes;
    const char *text = qp_vocabulary_text(v, id, &bytes), *shown = qp_vocabulary_shown(v, id);
    if (v->byte_letters || v->kind[id] == QP_PIECE_SPECIAL || v->kind[id] == QP_PIECE_BYTE)
        return string(out, shown, strlen(shown));
    if (v->kind[id] != QP_PIECE_CONTINUING) return string(out, text, bytes);
    qp_text_buffer joined = {0};
    qp_text_add(&joined, prefix);
    qp_text_put(&joined, text, bytes);
    qp_status status = joined.failed ? qp_fail(QP_EMEMORY, "tokenizer file: out of memory")
                                     : string(out, joined.text, joined.bytes);
    qp_text_free(&joined);
    return status;
}

static qp_status vocabulary(const qp_own *t, const char *prefix, qp_text_buffer *out)
{
    qp_text_format(out, ", \"vocab\": {");
    for (int32_t id = 0; id < t->vocabulary.count; id++) {
        qp_text_format(out, "%s\n  ", id ? "," : "");
        QP_TRY(piece(t, id, prefix, out));
        qp_text_format(out, ": %d", id);
    }
    qp_text_put(out, "}", 1);
    return QP_OK;
}

static qp_status merges(const qp_own *t, qp_text_buffer *out)
{
    qp_text_format(out, ", \"merges\": [");
    for (size_t i = 0; i < t->bpe.count; i++) {
        qp_text_format(out, "%s\n  [", i ? "," : "");
        QP_TRY(piece(t, t->bpe.merge[i].left, "", out));
        qp_text_put(out, ", ", 2);
        QP_TRY(piece(t, t->bpe.merge[i].right, "", out));
        qp_text_put(out, "]", 1);
    }
    qp_text_put(out, "]", 1);
    return QP_OK;
}

static qp_status model(const qp_own *t, const char *prefix, qp_text_buffer *out)
{
    if (t->settings.type == QP_TOKENIZER_WORD || t->settings.type == QP_TOKENIZER_WORDPIECE) {
        bool words = t->settings.type == QP_TOKENIZER_WORD;
        qp_text_format(out, "{\"type\": \"%s\", \"unk_token\": \"<unk>\"", words ? "WordLevel" : "WordPiece");
        if (!words)
            qp_text_format(out, ", \"continuing_subword_prefix\": \"%s\", \"max_input_chars_per_word\": 2000000000",
                           prefix);
        QP_TRY(vocabulary(t, prefix, out));
    } else {
        bool fallback = t->settings.byte_fallback && t->settings.type != QP_TOKENIZER_BYTE_BPE;
        qp_text_format(out,
                       "{\"type\": \"BPE\", \"dropout\": null, \"unk_token\": %s, "
                       "\"continuing_subword_prefix\": null, \"end_of_word_suffix\": null, \"fuse_unk\": false, "
                       "\"byte_fallback\": %s, \"ignore_merges\": false",
                       t->settings.byte_fallback ? "null" : "\"<unk>\"", fallback ? "true" : "false");
        QP_TRY(vocabulary(t, prefix, out));
        QP_TRY(merges(t, out));
    }
    qp_text_put(out, "}", 1);
    return QP_OK;
}

/* ---- what a tokenizer.json cannot express ---- */

/* A normal piece spelled like a special or byte piece would share its entry. */
static qp_status check_pieces(const qp_own *t)
{
    const qp_vocabulary *v = &t->vocabulary;
    for (int32_t id = 0; id < v->count; id++) {
        const char *shown = qp_vocabulary_shown(v, id);
        char text[16];
        size_t bytes = 0;
        if (v->kind[id] == QP_PIECE_NORMAL || v->kind[id] == QP_PIECE_CONTINUING) continue;
        if (v->byte_letters && v->kind[id] == QP_PIECE_BYTE) continue;
        if (strlen(shown) < sizeof text && qp_text_of_shown(v->byte_letters, shown, strlen(shown), text, &bytes) &&
            qp_vocabulary_find(v, text, bytes) >= 0)
            return qp_fail(QP_EDATA,
                           "a normal piece \"%s\" besides the special one cannot be expressed in a "
                           "tokenizer.json",
                           shown);
    }
    return QP_OK;
}

static qp_status check(const qp_own *t)
{
    bool open = t->rules.pattern == QP_CUT_SPACES || t->rules.pattern == QP_CUT_NONE;
    if (t->settings.type == QP_TOKENIZER_SPACE) return refuse("words between white space of any length");
    if (t->settings.case_fold) return refuse("case folding");
    if (t->settings.jamo) return refuse("jamo that are joined to syllables again");
    if (t->settings.type == QP_TOKENIZER_UNIGRAM)
        return qp_fail(QP_EDATA, "unigram cannot be expressed in a tokenizer.json: scores are summed with 64 bits "
                                 "there and with 32 bits here, which breaks ties; export --format sentencepiece");
    if (t->settings.byte_fallback && t->settings.type == QP_TOKENIZER_WORD)
        return refuse("byte fallback of a word vocabulary");
    if (t->settings.byte_fallback && t->settings.type == QP_TOKENIZER_WORDPIECE)
        return refuse("byte fallback of a WordPiece vocabulary");
    if (t->settings.type == QP_TOKENIZER_WORDPIECE && open)
        return refuse("WordPiece over segments that may contain special tokens (--pattern spaces or none)");
    return check_pieces(t);
}

static qp_status file(const qp_own *t, qp_text_buffer *out)
{
    const char *prefix = t->settings.type == QP_TOKENIZER_WORDPIECE ? continuing_prefix(t) : "";
    qp_text_format(out, "{\"version\": \"1.0\",\n \"truncation\": null,\n \"padding\": null,\n"
                        " \"added_tokens\": [],\n \"normalizer\": ");
    normalizer(t, out);
    qp_text_format(out, ",\n \"pre_tokenizer\": ");
    splitter(t, out);
    qp_text_format(out, ",\n \"post_processor\": null,\n \"decoder\": ");
    decoder(t, prefix, out);
    qp_text_format(out, ",\n \"model\": ");
    QP_TRY(model(t, prefix, out));
    qp_text_format(out, "}\n");
    return QP_OK;
}

qp_status qp_own_write_huggingface(const qp_own *t, char **text, size_t *bytes)
{
    qp_text_buffer out = {0};
    *text = NULL;
    *bytes = 0;
    QP_TRY(check(t));
    qp_status status = file(t, &out);
    if (status == QP_OK) return qp_text_finish(&out, text, bytes);
    qp_text_free(&out);
    return status;
}
