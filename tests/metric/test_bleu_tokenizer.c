#include "lib/metric/bleu_tokenizer.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/text/utf8.h"

/* The words of a text, separated by one space. */
static const char *words(qp_bleu_tokenizer tokenizer, const char *text, bool lower)
{
    static char made[400];
    qp_codes codes = {0};
    size_t used = 0;
    bool gap = false;
    qp_bleu_tokenize(tokenizer, (qp_text){text, strlen(text)}, lower, &codes);
    cr_assert_not(codes.failed);
    for (int i = 0; i < codes.count; i++) {
        if (!qp_code_is_space(codes.code[i])) {
            if (gap && used) made[used++] = ' ';
            used += qp_utf8_write(codes.code[i], made + used);
        }
        gap = qp_code_is_space(codes.code[i]);
        cr_assert_lt(used, sizeof made - 5);
    }
    made[used] = '\0';
    qp_codes_free(&codes);
    return made;
}

/* What the rules of NIST's mteval-v13a.pl and of its international form give. */
Test(bleu_tokenizer, western)
{
    static const struct {
        qp_bleu_tokenizer tokenizer;
        const char *text, *words;
    } row[] = {
        {QP_BLEU_13A, "Hello, world. It's 1,000.5-6 (a/b)", "Hello , world . It's 1,000.5 - 6 ( a / b )"},
        {QP_BLEU_13A, "a<skipped>b &quot;c&quot; &amp;lt; &lt;d&gt;", "ab \" c \" < < d >"},
        {QP_BLEU_13A, ".5 5. 5.a a.5 ,5 5,", ". 5 5 . 5 . a a . 5 , 5 5 ,"},
        {QP_BLEU_13A, "1-2 a-b 3- -4 5--6", "1 - 2 a-b 3 - -4 5 - -6"},
        {QP_BLEU_13A, "{}~[]^_`|\\ !\"#$%&()*+:;<=>?@/", "{ } ~ [ ] ^ _ ` | \\ ! \" # $ % & ( ) * + : ; < = > ? @ /"},
        {QP_BLEU_13A, "a'b z{y Z[Y 0/1", "a'b z { y Z [ Y 0 / 1"},
        {QP_BLEU_13A, "\u00E9\u00AB\u3002", "\u00E9\u00AB\u3002"},
        {QP_BLEU_INTL, "Hello, world. 1,000.5-6 (a/b)", "Hello , world . 1,000.5-6 ( a / b )"},
        {QP_BLEU_INTL, "\u00ABa\u00BB 5\u20AC $5 a+b \u0661,\u0662",
         "\u00AB a \u00BB 5 \u20AC $ 5 a + b \u0661,\u0662"},
        {QP_BLEU_INTL, "1.a \u2167.b \u00BD.c", "1 . a \u2167 . b \u00BD . c"},
        {QP_BLEU_NONE, "a, b.  c", "a, b. c"},
        {QP_BLEU_CHAR, "ab c\u00E9", "a b c \u00E9"},
        {QP_BLEU_ZH, "  \u6211\u7231a,b 1.5\u3002", "\u6211 \u7231 a , b 1.5 \u3002"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        cr_expect_str_eq(words(row[i].tokenizer, row[i].text, false), row[i].words, "%s: %s", row[i].text,
                         words(row[i].tokenizer, row[i].text, false));
    cr_expect_str_eq(words(QP_BLEU_13A, "A B. \u00C9", true), "a b . \u00E9");
    cr_expect_str_eq(words(QP_BLEU_13A, "A B.", false), "A B .");
}

/* sacreBLEU's ranges; of its \u20000 and \u2a6d6 Python compares the first four digits, so 2001 to 2A6D are among
 * them. */
Test(bleu_tokenizer, chinese)
{
    static const int32_t range[][2] = {{0x2001, 0x2A6D}, {0x2E80, 0x2EFF}, {0x2F00, 0x2FDF}, {0x2FF0, 0x303F},
                                       {0x3100, 0x312F}, {0x31A0, 0x31BF}, {0x31C0, 0x31EF}, {0x3200, 0x33FF},
                                       {0x3400, 0x4DB5}, {0x4E00, 0x9FBB}, {0xF900, 0xFA2D}, {0xFA30, 0xFA6A},
                                       {0xFA70, 0xFAD9}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F}, {0xFF00, 0xFFEF}};
    for (int32_t code = 0xA1; code < 0x10400; code++) {
        char text[8] = "a", apart[12] = "a ";
        if ((code >= 0xD800 && code < 0xE000) || qp_code_is_space(code)) continue;
        bool chinese = false;
        for (size_t i = 0; i < sizeof range / sizeof *range; i++) chinese |= code >= range[i][0] && code <= range[i][1];
        size_t bytes = 1 + qp_utf8_write(code, text + 1);
        strcpy(text + bytes, "b");
        bytes = 2 + qp_utf8_write(code, apart + 2);
        strcpy(apart + bytes, " b");
        cr_expect_str_eq(words(QP_BLEU_ZH, text, false), chinese ? apart : text, "U+%04X", code);
    }
}

Test(bleu_tokenizer, names)
{
    qp_bleu_tokenizer found;
    for (int i = 0; i < QP_BLEU_TOKENIZERS; i++) {
        cr_assert_eq(qp_bleu_tokenizer_find(qp_bleu_tokenizer_name((qp_bleu_tokenizer)i), &found), QP_OK);
        cr_expect_eq(found, (qp_bleu_tokenizer)i);
    }
    cr_expect_eq(qp_bleu_tokenizer_find("13", &found), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "unknown"), "%s", qp_error_message());
    static const char *const others[] = {"ja-mecab", "ko-mecab", "flores101", "flores200", "spm", "spBLEU-1K"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cr_expect_eq(qp_bleu_tokenizer_find(others[i], &found), QP_EUSAGE);
        cr_expect(strstr(qp_error_message(), "needs a dictionary or model"), "%s", qp_error_message());
    }
}
