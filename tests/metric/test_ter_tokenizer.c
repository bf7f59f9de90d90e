#include "lib/metric/ter_tokenizer.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/text/utf8.h"

static const char *words(const qp_ter_config *config, const char *text, int passes)
{
    static char made[400];
    qp_codes codes = {0};
    size_t used = 0;
    qp_ter_tokenize(config, (qp_text){text, strlen(text)}, passes, &codes);
    cr_assert(!codes.failed && codes.count < 90);
    for (int i = 0; i < codes.count; i++) used += qp_utf8_write(codes.code[i], made + used);
    made[used] = '\0';
    qp_codes_free(&codes);
    return made;
}

/* tercom's normaliser, by its rules. */
Test(ter_tokenizer, rules)
{
    static const struct {
        qp_ter_config config;
        const char *text, *words;
    } row[] = {
        {{.case_sensitive = true}, "  Hello,  World. \t", "Hello, World."},
        {{.case_sensitive = false}, "Hello, World. \u00C9", "hello, world. \u00E9"},
        {{.normalized = true}, "Hello, World's 1.5-2 (a)", "hello , world 's 1.5 - 2 ( a )"},
        {{.normalized = true}, "&quot;a&quot; &amp; b&lt;c", "\" a \" & b < c"},
        {{.normalized = true}, "its, boys' cat's", "its , boys' cat 's"},
        {{.no_punctuation = true}, "a.b, c? d: e; f! \"g\" (h) -i\u3002", "ab c d e f g h -i\u3002"},
        {{.no_punctuation = true, .asian = true}, "a.b \u3002c\uFF01 d", "ab c d"},
        {{.normalized = true, .no_punctuation = true}, "Hello, (World)!", "hello world"},
        {{.normalized = true, .asian = true}, "\u6211\u7231ab\u3002", "\u6211 \u7231 ab \u3002"},
        {{.normalized = true}, "\u6211\u7231ab\u3002", "\u6211\u7231ab\u3002"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int passes = 1; passes <= 2; passes++) {
            const char *found = words(&row[i].config, row[i].text, passes);
            cr_expect_str_eq(found, row[i].words, "%s: %s", row[i].text, found);
        }
}

/* The code points that are words of their own, and those that are removed: sacreBLEU's ranges, 3200-3F22 among them. */
Test(ter_tokenizer, asian)
{
    static const int32_t apart[][2] = {
        {0x2E80, 0x2EFF}, {0x3001, 0x3002}, {0x3008, 0x3011}, {0x3014, 0x301F}, {0x30FB, 0x30FB}, {0x31C0, 0x31EF},
        {0x3200, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0xFE30, 0xFE4F}, {0xFF01, 0xFF02}, {0xFF08, 0xFF09},
        {0xFF0C, 0xFF0C}, {0xFF0E, 0xFF0E}, {0xFF1A, 0xFF1B}, {0xFF1F, 0xFF1F}, {0xFF61, 0xFF65}};
    const qp_ter_config split = {.case_sensitive = true, .normalized = true, .asian = true},
                        dropped = {.case_sensitive = true, .no_punctuation = true, .asian = true};
    for (int32_t code = 0xA1; code < 0x10400; code++) {
        char text[8] = "a", three[12] = "a ";
        if ((code >= 0xD800 && code < 0xE000) || qp_code_is_space(code)) continue;
        bool alone = false,
             ideograph = (code >= 0x31C0 && code <= 0xFAFF) || code <= 0x2EFF || (code >= 0xFE30 && code <= 0xFE4F);
        for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) alone |= code >= apart[i][0] && code <= apart[i][1];
        strcpy(text + 1 + qp_utf8_write(code, text + 1), "b");
        strcpy(three + 2 + qp_utf8_write(code, three + 2), " b");
        cr_expect_str_eq(words(&split, text, 1), alone ? three : text, "U+%04X", code);
        cr_expect_str_eq(words(&dropped, text, 1), alone && !ideograph ? "ab" : text, "U+%04X", code);
    }
}
