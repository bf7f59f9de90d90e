#include "lib/text/normalize.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

void qp_mapped_text_free(qp_mapped_text *mapped)
{
    free(mapped->text);
    free(mapped->begin);
    free(mapped->end);
    free(mapped->code);
    free(mapped->order);
    free(mapped->sorted);
    *mapped = (qp_mapped_text){0};
}

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

qp_status qp_mapped_text_add(qp_mapped_text *mapped, const char *text, size_t bytes, size_t begin, size_t end,
                             bool one_to_one)
{
    size_t total = mapped->bytes + bytes;
    if (!QP_GROW(mapped->text, mapped->capacity, total + 1)) return no_memory();
    if (bytes) memcpy(mapped->text + mapped->bytes, text, bytes);
    if (mapped->mapped) {
        if (!QP_GROW(mapped->begin, mapped->begin_capacity, total)) return no_memory();
        if (!QP_GROW(mapped->end, mapped->end_capacity, total)) return no_memory();
        for (size_t i = 0; i < bytes; i++) {
            mapped->begin[mapped->bytes + i] = (uint32_t)(one_to_one ? begin + i : begin);
            mapped->end[mapped->bytes + i] = (uint32_t)(one_to_one ? begin + i + 1 : end);
        }
    }
    mapped->bytes = total;
    return QP_OK;
}

/* ---- which code points may combine with those before them ---- */

static int combining_class(int32_t code) { return (int)utf8proc_get_property(code)->combining_class; }

/* A cluster ends before `code` iff nothing before it can compose with it or be reordered past it. All second halves of
 * compositions are marks or medial and final jamo. U+11A7 is not a final jamo, but utf8proc 2.8 drops it after
 * a syllable, so it always begins a cluster. */
static bool begins_cluster(int32_t code)
{
    if (code < 0x300) return true;
    if (code >= 0xAC00 && code < 0xD7A4) return true;
    if (code >= 0x3400 && code < 0xA000) return true;
    if ((code >= 0x1161 && code <= 0x1175) || (code >= 0x11A8 && code <= 0x11C2)) return false;
    const utf8proc_property_t *property = utf8proc_get_property(code);
    if (property->combining_class != 0) return false;
    return property->category != UTF8PROC_CATEGORY_MN && property->category != UTF8PROC_CATEGORY_MC &&
           property->category != UTF8PROC_CATEGORY_ME;
}

/* Is it unchanged by every form and case? Only the common ranges need to be known. */
static bool is_inert(int32_t code, qp_form form, bool lower)
{
    if (code < 0x80) return !lower || code < 'A' || code > 'Z';
    if (code >= 0xAC00 && code < 0xD7A4) return form != QP_FORM_NFD && form != QP_FORM_NFKD;
    if (code >= 0x3400 && code < 0xA000) return true;
    return form == QP_FORM_NFC && code >= 0xC0 && code < 0x300 && (!lower || utf8proc_tolower(code) == code);
}

/* ---- one cluster ---- */

/* Canonical order: within each run of marks, stable by combining class. A counting sort, because runs may be long. */
static qp_status order_marks(qp_mapped_text *out, size_t count)
{
    if (!QP_GROW(out->order, out->order_capacity, count)) return no_memory();
    for (size_t i = 0; i < count; i++) out->order[i] = (uint8_t)combining_class(out->code[i]);
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        bool sorted = true;
        if (out->order[i] != 0) {
            for (; end < count && out->order[end] != 0; end++)
                sorted = sorted && out->order[end - 1] <= out->order[end];
        }
        if (!sorted) {
            size_t place[256] = {0}, run = end - i, sum = 0;
            if (!QP_GROW(out->sorted, out->sorted_capacity, run)) return no_memory();
            for (size_t k = i; k < end; k++) place[out->order[k]]++;
            for (int class = 0; class < 256; class ++) {
                size_t here = place[class];
                place[class] = sum;
                sum += here;
            }
            for (size_t k = i; k < end; k++) out->sorted[place[out->order[k]]++] = out->code[k];
            memcpy(out->code + i, out->sorted, run * sizeof *out->code);
        }
        i = end;
    }
    return QP_OK;
}

/* Decomposes `code` into out->code[count ..); returns the number of code points. */
static size_t decompose(qp_mapped_text *out, size_t count, int32_t code, qp_form form, bool lower)
{
    int boundary = 0;
    utf8proc_option_t options = UTF8PROC_STABLE;
    if (form != QP_FORM_NONE) options |= UTF8PROC_DECOMPOSE;
    if (form == QP_FORM_NFKC || form == QP_FORM_NFKD) options |= UTF8PROC_COMPAT;
    utf8proc_ssize_t made = 1;
    if (form == QP_FORM_NONE) {
        out->code[count] = code;
    } else {
        made = utf8proc_decompose_char(code, out->code + count, (utf8proc_ssize_t)(out->code_capacity - count), options,
                                       &boundary);
        if (made <= 0 || (size_t)made > out->code_capacity - count) {
            out->code[count] = code;
            made = 1;
        }
    }
    if (lower) {
        for (size_t i = count; i < count + (size_t)made; i++) out->code[i] = utf8proc_tolower(out->code[i]);
    }
    return (size_t)made;
}

enum { LONGEST_DECOMPOSITION = 32 }; /* U+FDFA has 18 */

/* Read one cluster from text into out->code, decomposed; *used is its length in bytes. */
static qp_status read_cluster(qp_mapped_text *out, qp_form form, bool lower, const char *text, size_t bytes,
                              size_t *used, size_t *count)
{
    *used = *count = 0;
    while (*used < bytes) {
        size_t length;
        int32_t code = qp_utf8_next(text + *used, bytes - *used, &length);
        if (code == QP_INVALID_CODE) break;
        if (!QP_GROW(out->code, out->code_capacity, *count + LONGEST_DECOMPOSITION)) return no_memory();
        size_t made = decompose(out, *count, code, form, lower);
        if (*used > 0 && begins_cluster(out->code[*count])) break;
        *count += made;
        *used += length;
    }
    return QP_OK;
}

static qp_status write_cluster(qp_mapped_text *out, qp_form form, const char *text, size_t used, size_t count,
                               size_t origin)
{
    if (form != QP_FORM_NONE) QP_TRY(order_marks(out, count));
    if (form == QP_FORM_NFC || form == QP_FORM_NFKC) {
        utf8proc_ssize_t composed = utf8proc_normalize_utf32(out->code, (utf8proc_ssize_t)count,
                                                             UTF8PROC_COMPOSE | UTF8PROC_STABLE);
        if (composed >= 0) count = (size_t)composed;
    }
    size_t start = out->bytes;
    if (!QP_GROW(out->text, out->capacity, start + 4 * count + 1)) return no_memory();
    size_t made = 0;
    for (size_t i = 0; i < count; i++) made += qp_utf8_write(out->code[i], out->text + start + made);
    if (made == used && memcmp(out->text + start, text, used) == 0) {
        return qp_mapped_text_add(out, text, used, origin, origin + used, true);
    }
    if (out->mapped) {
        if (!QP_GROW(out->begin, out->begin_capacity, start + made)) return no_memory();
        if (!QP_GROW(out->end, out->end_capacity, start + made)) return no_memory();
        for (size_t i = start; i < start + made; i++) {
            out->begin[i] = (uint32_t)origin;
            out->end[i] = (uint32_t)(origin + used);
        }
    }
    out->bytes = start + made;
    return QP_OK;
}

/* Length of the unchanged beginning of text: inert code points, each followed by one that begins a cluster. */
static size_t inert_stretch(qp_form form, bool lower, const char *text, size_t bytes)
{
    size_t at = 0, last = 0; /* last: where the latest inert code point began */
    while (at < bytes) {
        unsigned char byte = (unsigned char)text[at];
        if (byte < 0x80) {
            if (lower && byte >= 'A' && byte <= 'Z') return at;
            last = at++;
            continue;
        }
        size_t length;
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (code == QP_INVALID_CODE) { /* kept; nothing combines with it */
            last = ++at;
            continue;
        }
        if (!is_inert(code, form, lower)) return form == QP_FORM_NFC && begins_cluster(code) ? at : last;
        last = at;
        at += length;
    }
    return at;
}

bool qp_is_normal(qp_form form, const char *text, size_t bytes)
{
    return form == QP_FORM_NONE || inert_stretch(form, false, text, bytes) == bytes;
}

qp_status qp_normalize(qp_form form, bool lower, const char *text, size_t bytes, qp_mapped_text *out)
{
    if (bytes > INT32_MAX - 64) return qp_fail(QP_EDATA, "tokenizer: text of 2^31 bytes or more; cut it into lines");
    if (form == QP_FORM_NONE && !lower) return qp_mapped_text_add(out, text, bytes, 0, bytes, true);
    size_t at = 0;
    while (at < bytes) {
        size_t same = inert_stretch(form, lower, text + at, bytes - at);
        QP_TRY(qp_mapped_text_add(out, text + at, same, at, at + same, true));
        at += same;
        if (at == bytes) break;
        if (lower && text[at] >= 'A' && text[at] <= 'Z' && (at + 1 == bytes || (unsigned char)text[at + 1] < 0x80)) {
            char small = (char)(text[at] - 'A' + 'a');
            QP_TRY(qp_mapped_text_add(out, &small, 1, at, at + 1, true));
            at++;
            continue;
        }
        size_t used, count;
        QP_TRY(read_cluster(out, form, lower, text + at, bytes - at, &used, &count));
        QP_TRY(write_cluster(out, form, text + at, used, count, at));
        at += used;
    }
    return QP_OK;
}

qp_status qp_nfc_view(qp_text text, qp_mapped_text *room, qp_text *normal)
{
    *normal = text;
    if (qp_is_normal(QP_FORM_NFC, text.text, text.bytes)) return QP_OK;
    room->bytes = 0;
    QP_TRY(qp_normalize(QP_FORM_NFC, false, text.text, text.bytes, room));
    *normal = (qp_text){room->text, room->bytes};
    return QP_OK;
}

qp_text qp_nfc_or_text(const char *text, size_t bytes, qp_mapped_text *room)
{
    qp_text normal;
    return qp_nfc_view((qp_text){text, bytes}, room, &normal) == QP_OK ? normal : (qp_text){text, bytes};
}

int64_t qp_nfc_characters(const char *text, size_t bytes)
{
    qp_mapped_text room = {0};
    const qp_text normal = qp_nfc_or_text(text, bytes, &room);
    int64_t characters = 0;
    for (size_t i = 0; i < normal.bytes; i++) characters += ((unsigned char)normal.text[i] & 0xC0) != 0x80;
    qp_mapped_text_free(&room);
    return characters;
}
