#include "tokenizer/stages/stage_form.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static int class_of(int32_t code) { return code < 0 ? 0 : (int)utf8proc_get_property(code)->combining_class; }

static qp_status decompose(qp_changes *c, int32_t code, bool compatible)
{
    int32_t made[32];
    int boundary = 0;
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0);
    utf8proc_ssize_t count = code < 0 ? 0 : utf8proc_decompose_char(code, made, 32, options, &boundary);
    if (count <= 0 || count > 32) return qp_changes_add(c, code, 0);
    for (utf8proc_ssize_t i = 0; i < count; i++) QP_TRY(qp_changes_add(c, made[i], i > 0));
    return QP_OK;
}

static int by_class(const void *left, const void *right)
{
    const struct qp_change *a = left, *b = right;
    int x = class_of(a->code), y = class_of(b->code);
    if (x != y) return x < y ? -1 : 1;
    return a < b ? -1 : 1;
}

/* Put a run of marks in canonical order, stable; each mark keeps its change. */
static qp_status order_run(struct qp_change *run, size_t count)
{
    bool sorted = true;
    for (size_t i = 1; i < count; i++) sorted = sorted && by_class(&run[i - 1], &run[i]) < 0;
    if (sorted) return QP_OK;
    struct qp_change *copy = malloc(count * sizeof *copy);
    if (!copy) return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    size_t made = 0;
    for (int class = 1; class < 256; class ++) {
        for (size_t i = 0; i < count; i++) {
            if (class_of(run[i].code) == class) copy[made++] = run[i];
        }
    }
    memcpy(run, copy, count * sizeof *copy);
    free(copy);
    return QP_OK;
}

static qp_status order_marks(qp_changes *c)
{
    for (size_t i = 0; i < c->count;) {
        size_t end = i;
        while (end < c->count && class_of(c->list[end].code) != 0) end++;
        if (end > i + 1) QP_TRY(order_run(c->list + i, end - i));
        i = end > i ? end : i + 1;
    }
    return QP_OK;
}

/* The composition of two code points, or -1. */
static int32_t compose_two(int32_t first, int32_t second)
{
    if (first < 0 || second < 0xC0 || second == 0x11A7) return -1;
    if (class_of(second) == 0 && !(second >= 0x1161 && second <= 0x11C2)) {
        utf8proc_category_t category = utf8proc_category(second);
        if (category != UTF8PROC_CATEGORY_MC && category != UTF8PROC_CATEGORY_MN) return -1;
    }
    int32_t pair[3] = {first, second, 0};
    return utf8proc_normalize_utf32(pair, 2, UTF8PROC_COMPOSE | UTF8PROC_STABLE) == 1 ? pair[0] : -1;
}

static void compose(qp_changes *c)
{
    size_t made = 0, starter = SIZE_MAX;
    int last_class = -1;
    for (size_t i = 0; i < c->count; i++) {
        int class = class_of(c->list[i].code);
        if (starter != SIZE_MAX && (last_class < class || last_class == -1)) {
            int32_t both = compose_two(c->list[starter].code, c->list[i].code);
            if (both >= 0) {
                c->list[starter].code = both;
                c->list[starter].change += c->list[i].change - 1;
                continue;
            }
        }
        c->list[made] = c->list[i];
        last_class = class;
        if (class == 0) {
            starter = made;
            last_class = -1;
        }
        made++;
    }
    c->count = made;
}

qp_status qp_form_stretch(qp_form form, qp_changes *c, qp_stretch s, qp_mapped_text *out)
{
    bool composes = form == QP_FORM_NFC || form == QP_FORM_NFKC, plain = composes;
    const char *text = s.from->text;
    for (size_t i = s.begin; plain && i < s.end; i++) plain = (unsigned char)text[i] < 0x80;
    if (plain) return qp_changes_copy(s.from, s.begin, s.end, out);
    c->count = 0;
    for (size_t at = s.begin, length; at < s.end; at += length) {
        int32_t code = qp_changes_code(text + at, s.end - at, &length);
        QP_TRY(decompose(c, code, form == QP_FORM_NFKC || form == QP_FORM_NFKD));
    }
    QP_TRY(order_marks(c));
    if (composes) compose(c);
    return qp_changes_apply(c, s.from, s.begin, s.end, 0, out);
}

/* One kind of stage for each form. */
#define FORM_STAGE(name, form)                                                                                         \
    static qp_status normalize_##name(const void *self, qp_stage_scratch *scratch, qp_stretch s, qp_mapped_text *out)  \
    {                                                                                                                  \
        (void)self;                                                                                                    \
        return qp_form_stretch(QP_FORM_##form, &scratch->changes, s, out);                                             \
    }                                                                                                                  \
    const qp_stage_kind qp_stage_##name = {                                                                            \
        .role = QP_ROLE_NORMALIZER, .type = #form, .normalize = normalize_##name};

FORM_STAGE(nfc, NFC)
FORM_STAGE(nfd, NFD)
FORM_STAGE(nfkc, NFKC)
FORM_STAGE(nfkd, NFKD)

qp_form qp_stage_form(const qp_stage *stage)
{
    if (stage->kind == &qp_stage_nfc) return QP_FORM_NFC;
    if (stage->kind == &qp_stage_nfd) return QP_FORM_NFD;
    if (stage->kind == &qp_stage_nfkc) return QP_FORM_NFKC;
    return stage->kind == &qp_stage_nfkd ? QP_FORM_NFKD : QP_FORM_NONE;
}
