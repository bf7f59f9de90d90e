#include <stdlib.h>
#include <string.h>

#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_kinds.h"

/* Metaspace: spaces become a sign, and each word begins with it. */
typedef enum { PREPEND_FIRST, PREPEND_NEVER, PREPEND_ALWAYS } prepend;

typedef struct {
    qp_stage_string sign;
    prepend prepend; /* where a word at the beginning gets the sign: of the text, nowhere, of each stretch */
    bool split;
} metaspace;

static const char *const scheme[] = {"first", "never", "always"};

static qp_status read(const char *place, const json_t *json, void *self)
{
    metaspace *m = self;
    const json_t *value = json_object_get(json, "prepend_scheme");
    bool prefix;
    QP_TRY(qp_json_character(place, json, "replacement", &m->sign));
    QP_TRY(qp_json_flag(place, json, "split", true, &m->split));
    QP_TRY(qp_json_flag(place, json, "add_prefix_space", true, &prefix));
    m->prepend = prefix ? PREPEND_ALWAYS : PREPEND_NEVER;
    if (!value) return QP_OK;
    for (int i = 0; json_is_string(value) && i < 3; i++) {
        if (strcmp(json_string_value(value), scheme[i]) != 0) continue;
        m->prepend = (prepend)i;
        return QP_OK;
    }
    return qp_fail(QP_EDATA, "%s: Metaspace has an unknown prepend_scheme", place);
}

static qp_status write(const void *self, qp_text_buffer *out)
{
    const metaspace *m = self;
    qp_json_write_text(out, "replacement", m->sign.text, m->sign.bytes);
    qp_json_write_text(out, "prepend_scheme", scheme[m->prepend], strlen(scheme[m->prepend]));
    qp_json_write_flag(out, "split", m->split);
    return QP_OK;
}

static void release(void *self) { free(((metaspace *)self)->sign.text); }

/* ---- splitter ---- */

static bool is_sign(int32_t code, int32_t wanted) { return code == wanted; }

static qp_status put_signs(const metaspace *m, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out)
{
    static char space[] = " ";
    static const qp_pattern spaces = {.text = {space, 1}};
    qp_mapped_text replaced = {.mapped = true};
    const qp_text sign = {m->sign.text, m->sign.bytes};
    bool wanted = m->prepend == PREPEND_ALWAYS ||
                  (m->prepend == PREPEND_FIRST && stretch.from->begin[stretch.begin] == 0);
    qp_status status = qp_pattern_replace(&spaces, sign, scratch, stretch, &replaced);
    bool there = replaced.bytes >= sign.bytes && memcmp(replaced.text, sign.text, sign.bytes) == 0;
    const qp_stretch all = {&replaced, 0, replaced.bytes};
    if (status == QP_OK)
        status = wanted && !there ? qp_prefix_stretch(sign.text, sign.bytes, scratch, all, out)
                                  : qp_changes_copy(&replaced, 0, replaced.bytes, out);
    qp_mapped_text_free(&replaced);
    return status;
}

static qp_status split(const void *self, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out,
                       qp_ranges *ranges)
{
    const metaspace *m = self;
    size_t start = out->bytes, length;
    QP_TRY(put_signs(m, scratch, stretch, out));
    if (!m->split) return qp_ranges_add(ranges, start, out->bytes, -1);
    int32_t sign = qp_utf8_next(m->sign.text, m->sign.bytes, &length);
    const qp_text text = {out->text + start, out->bytes - start};
    return qp_cut_characters(is_sign, sign, QP_SPLIT_NEXT, text, start, ranges);
}

const qp_stage_kind qp_stage_metaspace = {.role = QP_ROLE_SPLITTER,
                                          .type = "Metaspace",
                                          .bytes = sizeof(metaspace),
                                          .read = read,
                                          .write = write,
                                          .release = release,
                                          .split = split};

/* ---- decoder ---- */

/* The sign becomes a space again; the first string loses it where the splitter puts one first. */
static qp_status decode(const void *self, const qp_strings *in, qp_strings *out)
{
    const metaspace *m = self;
    for (size_t i = 0; i < in->count; i++) {
        bool drops = i == 0 && m->prepend != PREPEND_NEVER;
        QP_TRY(qp_strings_replaced(out, qp_strings_get(in, i), (qp_text){m->sign.text, m->sign.bytes},
                                   (qp_text){" ", drops ? 0 : 1}));
        QP_TRY(qp_strings_end(out));
    }
    return QP_OK;
}

const qp_stage_kind qp_stage_decode_metaspace = {.role = QP_ROLE_DECODER,
                                                 .type = "Metaspace",
                                                 .bytes = sizeof(metaspace),
                                                 .read = read,
                                                 .write = write,
                                                 .release = release,
                                                 .decode = decode,
                                                 .strings = QP_STRINGS_BUT_FIRST};
