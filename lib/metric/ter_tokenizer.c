#include "lib/metric/ter_tokenizer.h"

#include "lib/metric/code_pass.h"

static bool in_range(int32_t c, int32_t first, int32_t last) { return c >= first && c <= last; }

static bool is_western_punctuation(int32_t c)
{
    return c == '.' || c == ',' || c == '?' || c == ':' || c == ';' || c == '!' || c == '"' || c == '(' || c == ')';
}

/* sacreBLEU's ranges; the fourth (3200-3F22) is its bug, and part of the definition. */
static bool is_ideograph(int32_t c)
{
    return in_range(c, 0x4E00, 0x9FFF) || in_range(c, 0x3400, 0x4DBF) || in_range(c, 0x31C0, 0x31EF) ||
           in_range(c, 0x2E80, 0x2EFF) || in_range(c, 0x3300, 0x33FF) || in_range(c, 0xF900, 0xFAFF) ||
           in_range(c, 0xFE30, 0xFE4F) || in_range(c, 0x3200, 0x3F22);
}

static bool is_asian_punctuation(int32_t c)
{
    return c == 0x3001 || c == 0x3002 || in_range(c, 0x3008, 0x3011) || in_range(c, 0x3014, 0x301F) ||
           in_range(c, 0xFF61, 0xFF65) || c == 0x30FB || c == 0xFF0E || c == 0xFF0C || c == 0xFF1F || c == 0xFF1A ||
           c == 0xFF1B || c == 0xFF01 || c == 0xFF02 || c == 0xFF08 || c == 0xFF09;
}

static bool is_asian_apart(int32_t c) { return is_ideograph(c) || is_asian_punctuation(c); }

static bool is_asian_removed(int32_t c) { return is_western_punctuation(c) || is_asian_punctuation(c); }

static void swap_codes(qp_codes *a, qp_codes *b)
{
    qp_codes swap = *a;
    *a = *b;
    *b = swap;
}

/* The words, separated by one space. */
static void single_spaces(qp_codes *in, qp_codes *out)
{
    bool gap = false;
    out->count = 0;
    for (int i = 0; i < in->count; i++) {
        bool space = qp_code_is_space(in->code[i]);
        if (!space && gap && out->count > 0) qp_codes_push(out, ' ');
        if (!space) qp_codes_push(out, in->code[i]);
        gap = space;
    }
    out->failed |= in->failed;
}

/* One pass over `a`; `b` is scratch. */
static void normalise(const qp_ter_config *config, qp_codes *a, qp_codes *b)
{
    if (config->normalized) {
        qp_pass_unescape(a, b);
        qp_pass_apart(b, a, qp_is_western_symbol);
        qp_pass_replace(a, b, "'s ", " 's ");
        qp_pass_numbers(b, a);
        if (config->asian) {
            qp_pass_apart(a, b, is_asian_apart);
            swap_codes(a, b);
        }
    }
    if (config->no_punctuation) {
        qp_pass_remove(a, b, config->asian ? is_asian_removed : is_western_punctuation);
        swap_codes(a, b);
    }
}

void qp_ter_tokenize(const qp_ter_config *config, qp_text segment, int passes, qp_codes *out)
{
    qp_codes a = {0}, b = {0};
    qp_codes_read(&a, segment, !config->case_sensitive);
    for (int pass = 0; pass < passes; pass++) {
        while (a.count > 0 && qp_code_is_space(a.code[a.count - 1])) a.count--;
        normalise(config, &a, &b);
        single_spaces(&a, &b);
        swap_codes(&a, &b);
    }
    for (int i = 0; i < a.count; i++) qp_codes_push(out, a.code[i]);
    out->failed |= a.failed || b.failed;
    qp_codes_free(&a);
    qp_codes_free(&b);
}
