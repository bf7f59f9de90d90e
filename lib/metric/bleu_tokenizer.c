#include "lib/metric/bleu_tokenizer.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/metric/code_pass.h"
#include "lib/text/utf8.h"

#define NAME(id, text) text,
static const char *const tokenizer_name[] = {QP_BLEU_TOKENIZER_LIST(NAME)};

const char *qp_bleu_tokenizer_name(qp_bleu_tokenizer tokenizer) { return tokenizer_name[tokenizer]; }

qp_status qp_bleu_tokenizer_find(const char *name, qp_bleu_tokenizer *tokenizer)
{
    static const char *const not_included[] = {"ja-mecab", "ko-mecab", "flores101", "flores200", "spm", "spBLEU-1K"};
    for (int i = 0; i < QP_BLEU_TOKENIZERS; i++)
        if (!strcmp(name, tokenizer_name[i])) {
            *tokenizer = (qp_bleu_tokenizer)i;
            return QP_OK;
        }
    for (size_t i = 0; i < sizeof not_included / sizeof *not_included; i++)
        if (!strcmp(name, not_included[i]))
            return qp_fail(QP_EUSAGE,
                           "--tokenize %s: needs a dictionary or model that is not part of quipu; name the model's "
                           "file (--tokenize FILE.model), or use char, or chrf, which needs no words",
                           name);
    return qp_fail(QP_EUSAGE, "--tokenize %s: unknown; use one of %s", name, QP_CHOICES(QP_BLEU_TOKENIZER_LIST));
}

static bool is_number(int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);
    return k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL || k == UTF8PROC_CATEGORY_NO;
}
static bool is_not_number(int32_t c) { return !is_number(c); }

static bool is_punctuation(int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

static bool is_symbol(int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);
    return k >= UTF8PROC_CATEGORY_SM && k <= UTF8PROC_CATEGORY_SO;
}

/* a and b are scratch; the result is in a */

static void swap_codes(qp_codes *a, qp_codes *b)
{
    qp_codes swap = *a;
    *a = *b;
    *b = swap;
}

static void tokenize_13a(qp_codes *a, qp_codes *b)
{
    qp_pass_replace(a, b, "<skipped>", "");
    qp_pass_unescape(b, a);
    qp_pass_apart(a, b, qp_is_western_symbol);
    qp_pass_numbers(b, a);
}

static void tokenize_intl(qp_codes *a, qp_codes *b)
{
    qp_pass_pair(a, b, is_not_number, is_punctuation, true);
    qp_pass_pair(b, a, is_punctuation, is_not_number, false);
    qp_pass_apart(a, b, is_symbol);
    swap_codes(a, b);
}

/* sacreBLEU's ranges as Python reads them. Two of them (2001-2A6D, 2F81-2FA1) come from "\u20000" and "\u2f800", which
 * Python reads as four digits and a character. */
static bool is_chinese(int32_t c)
{
    static const int32_t range[][2] = {
        {0x3400, 0x4DB5}, {0x4E00, 0x9FA5}, {0x9FA6, 0x9FBB}, {0xF900, 0xFA2D}, {0xFA30, 0xFA6A}, {0xFA70, 0xFAD9},
        {0x2001, 0x2A6D}, {0x2F81, 0x2FA1}, {0xFF00, 0xFFEF}, {0x2E80, 0x2EFF}, {0x3000, 0x303F}, {0x31C0, 0x31EF},
        {0x2F00, 0x2FDF}, {0x2FF0, 0x2FFF}, {0x3100, 0x312F}, {0x31A0, 0x31BF}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F},
        {0x2600, 0x26FF}, {0x2700, 0x27BF}, {0x3200, 0x32FF}, {0x3300, 0x33FF}};
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        if (c >= range[i][0] && c <= range[i][1]) return true;
    return false;
}

static void tokenize_zh(qp_codes *a, qp_codes *b)
{
    int first = 0;
    while (first < a->count && qp_code_is_space(a->code[first])) first++;
    if (first > 0) memmove(a->code, a->code + first, (size_t)(a->count - first) * sizeof *a->code);
    a->count -= first;
    qp_pass_apart(a, b, is_chinese);
    qp_pass_apart(b, a, qp_is_western_symbol);
    qp_pass_numbers(a, b);
    swap_codes(a, b);
}

static bool is_any(int32_t c)
{
    (void)c;
    return true;
}

void qp_bleu_tokenize(qp_bleu_tokenizer tokenizer, qp_text segment, bool lower, qp_codes *out)
{
    qp_codes a = {0}, b = {0};
    qp_codes_read(&a, segment, lower);
    while (a.count > 0 && qp_code_is_space(a.code[a.count - 1])) a.count--;
    switch (tokenizer) {
    case QP_BLEU_13A: tokenize_13a(&a, &b); break;
    case QP_BLEU_INTL: tokenize_intl(&a, &b); break;
    case QP_BLEU_ZH: tokenize_zh(&a, &b); break;
    case QP_BLEU_CHAR:
        qp_pass_apart(&a, &b, is_any);
        qp_codes_free(&a);
        a = b;
        b = (qp_codes){0};
        break;
    case QP_BLEU_NONE:
    case QP_BLEU_TOKENIZERS: break;
    }
    for (int i = 0; i < a.count; i++) qp_codes_push(out, a.code[i]);
    out->failed |= a.failed || b.failed;
    qp_codes_free(&a);
    qp_codes_free(&b);
}

/* White space at the end does not count, as with the others. */
qp_status qp_bleu_tokenize_pieces(const qp_bleu_pieces *pieces, qp_text segment, bool lower, qp_codes *out)
{
    qp_codes codes = {0};
    qp_codes_read(&codes, segment, lower);
    while (codes.count > 0 && qp_code_is_space(codes.code[codes.count - 1])) codes.count--;
    char *text = codes.failed ? NULL : malloc(4 * (size_t)codes.count + 1);
    size_t bytes = 0;
    for (int i = 0; text && i < codes.count; i++) {
        int32_t code = codes.code[i];
        if (code >= 0xDC80 && code <= 0xDCFF)
            text[bytes++] = (char)(code - 0xDC00); /* not UTF-8: unchanged */
        else
            bytes += qp_utf8_write(code, text + bytes);
    }
    qp_codes_free(&codes);
    qp_status status = text ? pieces->pieces(pieces->self, text, bytes, out)
                            : qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    free(text);
    return status;
}
