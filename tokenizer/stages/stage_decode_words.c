#include <stdlib.h>
#include <string.h>

#include "tokenizer/stages/stage_kinds.h"

/* Decoders of words: WordPiece, BPEDecoder, CTC. */

static qp_text view(const qp_stage_string *s) { return (qp_text){s->text, s->bytes}; }

/* Is there a space and a character that begin one of the pairs below? Few texts have one. */
static bool may_change(qp_text text)
{
    for (size_t i = 0; i + 1 < text.bytes; i++) {
        if (text.text[i] == ' ' && text.text[i + 1] && strchr(".?!,'nd", text.text[i + 1])) return true;
    }
    return false;
}

/* English spacing as BERT's tool corrects it: no space before punctuation and contractions. */
static qp_status put_clean(qp_strings *out, qp_text text)
{
    static const char *const pair[][2] = {{" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
                                          {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
                                          {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    qp_strings read = {0}, made = {0};
    if (!may_change(text)) return qp_strings_put(out, text.text, text.bytes);
    qp_status status = qp_strings_put(&read, text.text, text.bytes);
    for (size_t i = 0; i < sizeof pair / sizeof *pair && status == QP_OK; i++) {
        const qp_text old = {pair[i][0], strlen(pair[i][0])}, fresh = {pair[i][1], strlen(pair[i][1])};
        made.bytes = 0;
        status = qp_strings_replaced(&made, (qp_text){read.text, read.bytes}, old, fresh);
        qp_strings swap = read;
        read = made;
        made = swap;
    }
    if (status == QP_OK) status = qp_strings_put(out, read.text, read.bytes);
    qp_strings_free(&read);
    qp_strings_free(&made);
    return status;
}

/* ---- WordPiece: a space before each string that does not begin with the prefix ---- */

static qp_status read_wordpiece(const char *place, const json_t *json, void *self)
{
    qp_wordpiece_decoder *w = self;
    QP_TRY(qp_json_flag(place, json, "cleanup", true, &w->cleanup));
    return qp_json_stage_text(place, json, "prefix", &w->prefix);
}

static qp_status write_wordpiece(const void *self, qp_text_buffer *out)
{
    const qp_wordpiece_decoder *w = self;
    qp_json_write_text(out, "prefix", w->prefix.text, w->prefix.bytes);
    qp_json_write_flag(out, "cleanup", w->cleanup);
    return QP_OK;
}

static void release_wordpiece(void *self) { free(((qp_wordpiece_decoder *)self)->prefix.text); }

static qp_status put_word(const qp_wordpiece_decoder *w, qp_text text, bool first, qp_strings *out)
{
    qp_strings one = {0};
    qp_status status = QP_OK;
    bool continues = text.bytes >= w->prefix.bytes && memcmp(text.text, w->prefix.text, w->prefix.bytes) == 0;
    if (!first && continues)
        text = (qp_text){text.text + w->prefix.bytes, text.bytes - w->prefix.bytes};
    else if (!first)
        status = qp_strings_put(&one, " ", 1);
    if (status == QP_OK) status = qp_strings_put(&one, text.text, text.bytes);
    if (status == QP_OK)
        status = w->cleanup ? put_clean(out, (qp_text){one.text, one.bytes}) : qp_strings_put(out, one.text, one.bytes);
    qp_strings_free(&one);
    return status == QP_OK ? qp_strings_end(out) : status;
}

static qp_status decode_wordpiece(const void *self, const qp_strings *in, qp_strings *out)
{
    for (size_t i = 0; i < in->count; i++) QP_TRY(put_word(self, qp_strings_get(in, i), i == 0, out));
    return QP_OK;
}

const qp_stage_kind qp_stage_decode_wordpiece = {.role = QP_ROLE_DECODER,
                                                 .type = "WordPiece",
                                                 .bytes = sizeof(qp_wordpiece_decoder),
                                                 .read = read_wordpiece,
                                                 .write = write_wordpiece,
                                                 .release = release_wordpiece,
                                                 .decode = decode_wordpiece,
                                                 .strings = QP_STRINGS_BUT_FIRST};

/* ---- BPEDecoder: the suffix is the end of a word ---- */

static qp_status read_suffix(const char *place, const json_t *json, void *self)
{
    return qp_json_stage_text(place, json, "suffix", self);
}

static qp_status write_suffix(const void *self, qp_text_buffer *out)
{
    const qp_stage_string *suffix = self;
    qp_json_write_text(out, "suffix", suffix->text, suffix->bytes);
    return QP_OK;
}

static void release_suffix(void *self) { free(((qp_stage_string *)self)->text); }

static qp_status decode_suffix(const void *self, const qp_strings *in, qp_strings *out)
{
    for (size_t i = 0; i < in->count; i++) {
        QP_TRY(qp_strings_replaced(out, qp_strings_get(in, i), view(self), (qp_text){" ", i + 1 < in->count}));
        QP_TRY(qp_strings_end(out));
    }
    return QP_OK;
}

const qp_stage_kind qp_stage_decode_suffix = {.role = QP_ROLE_DECODER,
                                              .type = "BPEDecoder",
                                              .bytes = sizeof(qp_stage_string),
                                              .read = read_suffix,
                                              .write = write_suffix,
                                              .release = release_suffix,
                                              .decode = decode_suffix,
                                              .strings = QP_STRINGS_BUT_LAST};

/* ---- CTC (speech): of equal strings in a row one, without padding; a delimiter becomes a space ---- */

typedef struct {
    qp_stage_string pad, delimiter;
    bool cleanup;
} ctc;

static qp_status read_ctc(const char *place, const json_t *json, void *self)
{
    ctc *c = self;
    QP_TRY(qp_json_flag(place, json, "cleanup", true, &c->cleanup));
    QP_TRY(qp_json_stage_text(place, json, "pad_token", &c->pad));
    return qp_json_stage_text(place, json, "word_delimiter_token", &c->delimiter);
}

static qp_status write_ctc(const void *self, qp_text_buffer *out)
{
    const ctc *c = self;
    qp_json_write_text(out, "pad_token", c->pad.text, c->pad.bytes);
    qp_json_write_text(out, "word_delimiter_token", c->delimiter.text, c->delimiter.bytes);
    qp_json_write_flag(out, "cleanup", c->cleanup);
    return QP_OK;
}

static void release_ctc(void *self)
{
    ctc *c = self;
    free(c->pad.text);
    free(c->delimiter.text);
}

static bool equals_last(const qp_strings *in, size_t i)
{
    if (i == 0) return false;
    qp_text last = qp_strings_get(in, i - 1), now = qp_strings_get(in, i);
    return last.bytes == now.bytes && (now.bytes == 0 || memcmp(last.text, now.text, now.bytes) == 0);
}

static qp_status put_sound(const ctc *c, qp_text text, qp_strings *out)
{
    qp_strings one = {0}, clean = {0};
    qp_status status = qp_strings_replaced(&one, text, view(&c->pad), (qp_text){"", 0});
    if (status == QP_OK && !c->cleanup) status = qp_strings_put(out, one.text, one.bytes);
    if (status == QP_OK && c->cleanup) status = put_clean(&clean, (qp_text){one.text, one.bytes});
    if (status == QP_OK && c->cleanup)
        status = qp_strings_replaced(out, (qp_text){clean.text, clean.bytes}, view(&c->delimiter), (qp_text){" ", 1});
    qp_strings_free(&one);
    qp_strings_free(&clean);
    return status;
}

/* Strings that become empty are dropped. */
static qp_status decode_ctc(const void *self, const qp_strings *in, qp_strings *out)
{
    for (size_t i = 0; i < in->count; i++) {
        size_t start = out->bytes;
        if (equals_last(in, i)) continue;
        QP_TRY(put_sound(self, qp_strings_get(in, i), out));
        if (out->bytes > start) QP_TRY(qp_strings_end(out));
    }
    return QP_OK;
}

const qp_stage_kind qp_stage_decode_ctc = {.role = QP_ROLE_DECODER,
                                           .type = "CTC",
                                           .bytes = sizeof(ctc),
                                           .read = read_ctc,
                                           .write = write_ctc,
                                           .release = release_ctc,
                                           .decode = decode_ctc};
