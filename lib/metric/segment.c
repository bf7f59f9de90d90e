#include "lib/metric/segment.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"

void qp_codes_push(qp_codes *codes, int32_t code)
{
    if (codes->count == INT32_MAX || !QP_GROW(codes->code, codes->capacity, (size_t)codes->count + 1))
        codes->failed = true;
    if (!codes->failed) codes->code[codes->count++] = code;
}

void qp_codes_free(qp_codes *codes)
{
    free(codes->code);
    *codes = (qp_codes){0};
}

bool qp_code_is_space(int32_t code)
{
    return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20) || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
           code == 0x205F || code == 0x3000;
}

/* ---- lower case ---- */

static bool is_cased(int32_t code)
{
    return utf8proc_category(code) == UTF8PROC_CATEGORY_LT || utf8proc_islower(code) || utf8proc_isupper(code);
}

/* Unicode's Case_Ignorable: skipped when looking for the neighbours of a sigma. */
static bool is_case_ignorable(int32_t code)
{
    switch (code) {
    case 0x27:
    case 0x2E:
    case 0x3A:
    case 0xB7:
    case 0x387:
    case 0x55F:
    case 0x5F4:
    case 0x2018:
    case 0x2019:
    case 0x2024:
    case 0x2027:
    case 0xFE13:
    case 0xFE52:
    case 0xFE55:
    case 0xFF07:
    case 0xFF0E:
    case 0xFF1A: return true;
    default: break;
    }
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: return false;
    }
}

/* A sigma is final if it follows a cased letter and none follows it. */
static bool is_final_sigma(const int32_t *code, int count, int place)
{
    int before = place - 1, after = place + 1;
    while (before >= 0 && is_case_ignorable(code[before])) before--;
    if (before < 0 || !is_cased(code[before])) return false;
    while (after < count && is_case_ignorable(code[after])) after++;
    return after == count || !is_cased(code[after]);
}

static void lower_from(qp_codes *codes, int first)
{
    qp_codes original = {0};
    for (int i = first; i < codes->count; i++) qp_codes_push(&original, codes->code[i]);
    if (original.failed) codes->failed = true;
    codes->count = first;
    for (int i = 0; i < original.count; i++) {
        int32_t code = original.code[i];
        if (code == 0x130) { /* the only letter whose lower case is two code points */
            qp_codes_push(codes, 'i');
            qp_codes_push(codes, 0x307);
        } else if (code == 0x3A3) {
            qp_codes_push(codes, is_final_sigma(original.code, original.count, i) ? 0x3C2 : 0x3C3);
        } else {
            qp_codes_push(codes, utf8proc_tolower(code));
        }
    }
    qp_codes_free(&original);
}

void qp_codes_read(qp_codes *codes, qp_text segment, bool lower)
{
    if (segment.bytes > 1u << 30) codes->failed = true;
    int first = codes->count;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)segment.text;
    for (size_t rest = segment.bytes; rest > 0 && !codes->failed;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t used = utf8proc_iterate(at, (utf8proc_ssize_t)rest, &code);
        if (used <= 0) {
            code = 0xDC00 + *at;
            used = 1;
        }
        qp_codes_push(codes, code);
        at += used;
        rest -= (size_t)used;
    }
    if (lower) lower_from(codes, first);
}

/* ---- words ---- */

qp_status qp_codes_words(const qp_codes *codes, qp_span **result, int *result_count)
{
    *result = NULL;
    *result_count = 0;
    if (codes->failed) return qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    qp_span *word = malloc(((size_t)codes->count / 2 + 1) * sizeof *word); /* words are separated by a space */
    if (!word) return qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    int count = 0;
    for (int i = 0; i < codes->count;) {
        if (qp_code_is_space(codes->code[i])) {
            i++;
            continue;
        }
        int first = i;
        while (i < codes->count && !qp_code_is_space(codes->code[i])) i++;
        word[count++] = (qp_span){first, i - first};
    }
    *result = word;
    *result_count = count;
    return QP_OK;
}

void qp_symbols_free(qp_symbols *symbols)
{
    free(symbols->symbol);
    *symbols = (qp_symbols){0};
}

typedef struct {
    const int32_t *code;
    int count;
    int32_t *symbol; /* where the word's number is stored */
} numbered_word;

static int compare_words(const void *left, const void *right)
{
    const numbered_word *a = left, *b = right;
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    return memcmp(a->code, b->code, (size_t)a->count * sizeof *a->code);
}

qp_status qp_words_number(const qp_codes *codes, qp_span *const *word, const int *word_count, int rows,
                          qp_symbols *symbols)
{
    size_t total = 0, place = 0;
    for (int r = 0; r < rows; r++) total += (size_t)word_count[r];
    numbered_word *list = malloc((total + 1) * sizeof *list);
    bool failed = !list;
    for (int r = 0; r < rows; r++) {
        symbols[r].count = word_count[r];
        symbols[r].symbol = malloc(((size_t)word_count[r] + 1) * sizeof(int32_t));
        failed = failed || !symbols[r].symbol;
    }
    for (int r = 0; r < rows && !failed; r++)
        for (int i = 0; i < word_count[r]; i++)
            list[place++] = (numbered_word){codes[r].code + word[r][i].first, word[r][i].count, symbols[r].symbol + i};
    if (failed) {
        for (int r = 0; r < rows; r++) qp_symbols_free(&symbols[r]);
        free(list);
        return qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    }
    qsort(list, total, sizeof *list, compare_words);
    int32_t number = 0;
    for (size_t i = 0; i < total; i++) {
        if (i > 0 && compare_words(&list[i - 1], &list[i]) != 0) number++;
        *list[i].symbol = number;
    }
    free(list);
    return QP_OK;
}

qp_status qp_pair_number(const qp_codes codes[2], qp_symbols symbols[2])
{
    qp_span *word[2] = {NULL, NULL};
    int count[2];
    qp_status status = qp_codes_words(&codes[0], &word[0], &count[0]);
    if (status == QP_OK) status = qp_codes_words(&codes[1], &word[1], &count[1]);
    if (status == QP_OK) status = qp_words_number(codes, word, count, 2, symbols);
    free(word[0]);
    free(word[1]);
    return status;
}
