#include "tokenizer/stages/stage_characters.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "lib/text/characters.h"
#include "lib/text/utf8.h"

qp_status qp_change_characters(qp_character_change change, qp_changes *c, qp_stretch s, qp_mapped_text *out)
{
    for (size_t at = s.begin, length; at < s.end; at += length) {
        int32_t code = qp_changes_code(s.from->text + at, s.end - at, &length);
        c->count = 0;
        QP_TRY(change(c, code));
        QP_TRY(qp_changes_apply(c, s.from, at, at + length, 0, out));
    }
    return QP_OK;
}

qp_status qp_lower_character(qp_changes *c, int32_t code)
{
    if (code != 0x130) return qp_changes_add(c, code < 0 ? code : utf8proc_tolower(code), 0);
    QP_TRY(qp_changes_add(c, 'i', 0));
    return qp_changes_add(c, 0x307, 1);
}

static bool is_mark(int32_t code)
{
    utf8proc_category_t c = code < 0 ? UTF8PROC_CATEGORY_CO : utf8proc_category(code);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

static qp_status drop_mark(qp_changes *c, int32_t code) { return is_mark(code) ? QP_OK : qp_changes_add(c, code, 0); }

/* The characters sentencepiece's nmt rules drop (-2), make a space, or leave. */
static int32_t nmt(int32_t c)
{
    if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F) return -2;
    if (c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) || c == 0x2028 ||
        c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD)
        return ' ';
    return c;
}

static qp_status change_nmt(qp_changes *c, int32_t code)
{
    int32_t made = nmt(code);
    return made == -2 ? QP_OK : qp_changes_add(c, made, 0);
}

/* A kind for each of these changes. */
#define CHARACTER_STAGE(name, title, change)                                                                           \
    static qp_status normalize_##name(const void *self, qp_stage_scratch *scratch, qp_stretch s, qp_mapped_text *out)  \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return qp_change_characters(change, &scratch->changes, s, out);                                                \
    }                                                                                                                  \
    const qp_stage_kind qp_stage_##name = {                                                                            \
        .role = QP_ROLE_NORMALIZER, .type = title, .normalize = normalize_##name};

CHARACTER_STAGE(lowercase, "Lowercase", qp_lower_character)
CHARACTER_STAGE(strip_accents, "StripAccents", drop_mark)
CHARACTER_STAGE(nmt, "Nmt", change_nmt)

/* ---- Strip: no white space at the ends ---- */

typedef struct {
    bool left, right;
} stripping;

static qp_status read_strip(const char *place, const json_t *json, void *self)
{
    stripping *s = self;
    QP_TRY(qp_json_flag(place, json, "strip_left", true, &s->left));
    return qp_json_flag(place, json, "strip_right", true, &s->right);
}

static qp_status write_strip(const void *self, qp_text_buffer *out)
{
    const stripping *s = self;
    qp_json_write_flag(out, "strip_left", s->left);
    qp_json_write_flag(out, "strip_right", s->right);
    return QP_OK;
}

static qp_status strip(const void *self, qp_stage_scratch *scratch, qp_stretch s, qp_mapped_text *out)
{
    (void)scratch;
    const stripping *how = self;
    const char *text = s.from->text;
    size_t length;
    while (how->left && s.begin < s.end && qp_is_white_space(qp_utf8_next(text + s.begin, s.end - s.begin, &length)))
        s.begin += length;
    while (how->right && s.begin < s.end && qp_is_white_space(qp_utf8_before(text + s.begin, s.end - s.begin, &length)))
        s.end -= length;
    return qp_changes_copy(s.from, s.begin, s.end, out);
}

const qp_stage_kind qp_stage_strip = {.role = QP_ROLE_NORMALIZER,
                                      .type = "Strip",
                                      .bytes = sizeof(stripping),
                                      .read = read_strip,
                                      .write = write_strip,
                                      .normalize = strip};

/* ---- Prepend ---- */

static qp_status read_prepend(const char *place, const json_t *json, void *self)
{
    return qp_json_stage_text(place, json, "prepend", self);
}

static qp_status write_prepend(const void *self, qp_text_buffer *out)
{
    const qp_stage_string *prefix = self;
    qp_json_write_text(out, "prepend", prefix->text, prefix->bytes);
    return QP_OK;
}

static void release_prepend(void *self) { free(((qp_stage_string *)self)->text); }

static qp_status prepend(const void *self, qp_stage_scratch *scratch, qp_stretch s, qp_mapped_text *out)
{
    const qp_stage_string *prefix = self;
    return qp_prefix_stretch(prefix->text, prefix->bytes, scratch, s, out);
}

const qp_stage_kind qp_stage_prepend = {.role = QP_ROLE_NORMALIZER,
                                        .type = "Prepend",
                                        .bytes = sizeof(qp_stage_string),
                                        .read = read_prepend,
                                        .write = write_prepend,
                                        .release = release_prepend,
                                        .normalize = prepend};
