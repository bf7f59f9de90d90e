#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/byte_letters.h"
#include "lib/text/utf8.h"
#include "tokenizer/split/split.h"
#include "tokenizer/stages/stage_kinds.h"

/* ByteLevel: GPT-2's way to see bytes, each shown as a letter (byte_letters.h). The models here work on the bytes
 * themselves, so the splitter only cuts; where letters are needed, a stage of its own makes them. */

/* ---- letters ---- */

/* The letter of every byte. The first letter of a character takes its place. */
static qp_status make_letters(const void *self, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out)
{
    (void)self;
    qp_changes *c = &scratch->changes;
    const char *text = stretch.from->text;
    c->count = 0;
    for (size_t at = stretch.begin, length; at < stretch.end; at += length) {
        qp_utf8_next(text + at, stretch.end - at, &length);
        for (size_t i = 0; i < length; i++)
            QP_TRY(qp_changes_add(c, qp_byte_letter((unsigned char)text[at + i]), i > 0));
    }
    return qp_changes_apply(c, stretch.from, stretch.begin, stretch.end, 0, out);
}

const qp_stage_kind qp_stage_byte_letters = {
    .role = QP_ROLE_NORMALIZER, .type = "ByteLevel", .normalize = make_letters};

static qp_status split_letters(const void *self, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out,
                               qp_ranges *ranges)
{
    size_t start = out->bytes;
    QP_TRY(make_letters(self, scratch, stretch, out));
    return qp_ranges_add(ranges, start, out->bytes, -1);
}

/* In a file this is part of the ByteLevel before it. */
const qp_stage_kind qp_stage_split_letters = {.role = QP_ROLE_SPLITTER, .split = split_letters};

/* ---- splitter ---- */

static qp_status read(const char *place, const json_t *json, void *self)
{
    qp_byte_level *s = self;
    const char *gpt2 = qp_pattern_plain(qp_pattern_named("gpt2"));
    QP_TRY(qp_json_flag(place, json, "add_prefix_space", true, &s->prefix_space));
    QP_TRY(qp_json_flag(place, json, "use_regex", true, &s->use_regex));
    return qp_pattern_regex(QP_REGEX_PERL, place, gpt2, strlen(gpt2), &s->pattern);
}

static qp_status write(const void *self, qp_text_buffer *out)
{
    const qp_byte_level *s = self;
    qp_json_write_flag(out, "add_prefix_space", s->prefix_space);
    qp_json_write_flag(out, "trim_offsets", true);
    qp_json_write_flag(out, "use_regex", s->use_regex);
    return QP_OK;
}

static void release(void *self) { qp_pattern_free(&((qp_byte_level *)self)->pattern); }

static qp_status split(const void *self, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out,
                       qp_ranges *ranges)
{
    const qp_byte_level *s = self;
    size_t start = out->bytes;
    bool prefixed = s->prefix_space && stretch.from->text[stretch.begin] != ' ';
    QP_TRY(prefixed ? qp_prefix_stretch(" ", 1, scratch, stretch, out)
                    : qp_changes_copy(stretch.from, stretch.begin, stretch.end, out));
    if (!s->use_regex) return qp_ranges_add(ranges, start, out->bytes, -1);
    const qp_text text = {out->text + start, out->bytes - start};
    return qp_pattern_split(&s->pattern, QP_SPLIT_ISOLATED, false, scratch, text, start, ranges);
}

const qp_stage_kind qp_stage_byte_level = {.role = QP_ROLE_SPLITTER,
                                           .type = "ByteLevel",
                                           .bytes = sizeof(qp_byte_level),
                                           .read = read,
                                           .write = write,
                                           .release = release,
                                           .split = split};

/* ---- decoder ---- */

qp_status qp_byte_level_raw(qp_text text, qp_strings *raw)
{
    size_t length;
    for (size_t at = 0; at < text.bytes; at += length) {
        if (qp_letter_byte(qp_utf8_next(text.text + at, text.bytes - at, &length)) < 0)
            return qp_strings_put(raw, text.text, text.bytes);
    }
    for (size_t at = 0; at < text.bytes; at += length) {
        char byte = (char)qp_letter_byte(qp_utf8_next(text.text + at, text.bytes - at, &length));
        QP_TRY(qp_strings_put(raw, &byte, 1));
    }
    return QP_OK;
}

static qp_status decode(const void *self, const qp_strings *in, qp_strings *out)
{
    (void)self;
    qp_strings raw = {0};
    qp_status status = QP_OK;
    for (size_t i = 0; i < in->count && status == QP_OK; i++) status = qp_byte_level_raw(qp_strings_get(in, i), &raw);
    if (status == QP_OK)
        status = in->keeps_bytes ? qp_strings_put(out, raw.text, raw.bytes)
                                 : qp_strings_lossy(out, raw.text, raw.bytes);
    if (status == QP_OK) status = qp_strings_end(out);
    qp_strings_free(&raw);
    return status;
}

static qp_status write_decoder(const void *self, qp_text_buffer *out)
{
    (void)self;
    return write(&(qp_byte_level){.prefix_space = true, .use_regex = true}, out);
}

const qp_stage_kind qp_stage_decode_byte_level = {
    .role = QP_ROLE_DECODER, .type = "ByteLevel", .write = write_decoder, .decode = decode};
