#include "lib/text/letter_case.h"

#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"

enum { SIGMA = 0x3A3, FINAL_SIGMA = 0x3C2, CAPITAL_I_DOT = 0x130, DOT_ABOVE = 0x307, LONGEST_MAPPING = 40 };

/* Is the next letter from `at` on, ignorable characters looked through, a cased one? */
static bool cased_ahead(const char *text, size_t bytes, size_t at)
{
    for (size_t length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (code == QP_INVALID_CODE || !qp_is_case_ignorable(code)) return qp_is_cased(code);
    }
    return false;
}

/* The mapping of one code point into made[]; returns how many code points it became. */
static int map_code(qp_case_mapping mapping, int32_t code, int32_t *made)
{
    if (mapping == QP_CASE_LOWER || mapping == QP_CASE_LOWER_EACH) {
        made[0] = code == CAPITAL_I_DOT ? 'i' : utf8proc_tolower(code);
        made[1] = DOT_ABOVE;
        return code == CAPITAL_I_DOT ? 2 : 1;
    }
    int boundary = 0;
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_CASEFOLD;
    if (mapping == QP_CASE_FOLD_NFKC) options |= UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE;
    utf8proc_ssize_t count = utf8proc_decompose_char(code, made, LONGEST_MAPPING, options, &boundary);
    if (count >= 0 && count <= LONGEST_MAPPING) return (int)count;
    made[0] = code;
    return 1;
}

static qp_status map_text(qp_case_mapping mapping, const char *text, size_t bytes, qp_mapped_text *out)
{
    bool cased_before = false;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length), made[LONGEST_MAPPING];
        char written[4 * LONGEST_MAPPING];
        size_t total = 0;
        if (code == QP_INVALID_CODE) {
            QP_TRY(qp_mapped_text_add(out, text + at, length, at, at + length, true));
            cased_before = false;
            continue;
        }
        int count = map_code(mapping, code, made);
        if (mapping == QP_CASE_LOWER) {
            if (code == SIGMA && cased_before && !cased_ahead(text, bytes, at + length)) made[0] = FINAL_SIGMA;
            if (!qp_is_case_ignorable(code)) cased_before = qp_is_cased(code);
        }
        for (int i = 0; i < count; i++) total += qp_utf8_write(made[i], written + total);
        bool same = total == length && memcmp(written, text + at, length) == 0;
        QP_TRY(qp_mapped_text_add(out, written, total, at, at + length, same));
    }
    return QP_OK;
}

/* Fold, then compose; spans go back through both. */
static qp_status fold_compatible(const char *text, size_t bytes, qp_mapped_text *folded, qp_mapped_text *out)
{
    folded->mapped = out->mapped;
    QP_TRY(map_text(QP_CASE_FOLD_NFKC, text, bytes, folded));
    size_t start = out->bytes;
    QP_TRY(qp_normalize(QP_FORM_NFC, false, folded->text, folded->bytes, out));
    for (size_t i = start; out->mapped && i < out->bytes; i++) {
        out->begin[i] = folded->begin[out->begin[i]];
        out->end[i] = folded->end[out->end[i] - 1];
    }
    return QP_OK;
}

qp_status qp_letter_case(qp_case_mapping mapping, const char *text, size_t bytes, qp_mapped_text *out)
{
    if (bytes > INT32_MAX - 64) return qp_fail(QP_EDATA, "tokenizer: text of 2^31 bytes or more; cut it into lines");
    if (mapping != QP_CASE_FOLD_NFKC) return map_text(mapping, text, bytes, out);
    qp_mapped_text folded = {0};
    qp_status status = fold_compatible(text, bytes, &folded, out);
    qp_mapped_text_free(&folded);
    return status;
}
