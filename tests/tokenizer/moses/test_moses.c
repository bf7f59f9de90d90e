#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/moses/moses.h"
#include "tokenizer/moses/moses_truecase.h"

typedef qp_status (*maker)(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes);

static void expect(maker make, const char *language, const char *line, const char *wanted)
{
    qp_moses m;
    char *out;
    size_t bytes;
    cr_assert_eq(qp_moses_init(&m, language), QP_OK);
    cr_assert_eq(make(&m, line, strlen(line), &out, &bytes), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(out, wanted);
    cr_assert_eq(bytes, strlen(wanted));
    free(out);
    qp_moses_free(&m);
}

Test(moses, tokenize)
{
    expect(qp_moses_tokenize, "en", "Hello, Mr. Smith isn't here...", "Hello , Mr. Smith isn &apos;t here ...");
    expect(qp_moses_tokenize, "en", "It costs 1,000.50 (or 5%).", "It costs 1,000.50 ( or 5 % ) .");
    expect(qp_moses_tokenize, "en", "the 1990's e.g. this. and No. 5 [x] a|b",
           "the 1990 &apos;s e.g. this. and No. 5 &#91; x &#93; a &#124; b");
    expect(qp_moses_tokenize, "en", "a.. b,,c ''d'", "a .. b , , c &apos; &apos; d&apos;");
    expect(qp_moses_tokenize, "fr", "l'eau n'est pas", "l&apos; eau n&apos; est pas");
    expect(qp_moses_tokenize, "de", "Das war's.", "Das war &apos; s .");
    expect(qp_moses_tokenize, "fi", "EU:n x: Y", "EU:n x : Y");
    expect(qp_moses_tokenize, "en", " \t ", " \t ");
    expect(qp_moses_tokenize, "ko", "한국어, \"좋다\".", "한국어 , &quot; 좋다 &quot; .");
}

/* The period of an abbreviation stays with it, in its own language. */
Test(moses, abbreviations)
{
    static const char *const line[][3] = {
        {"en", "Gen. Lee and Dr. No. Now", "Gen. Lee and Dr. No . Now"},
        {"de", "Dr. Weiß wohnt ggf. Str. Nr. 5. Ende", "Dr. Weiß wohnt ggf. Str. Nr. 5 . Ende"},
        {"fr", "M. Dupont et Mme. Roux, etc. Voir", "M. Dupont et Mme. Roux , etc. Voir"},
        {"es", "Sr. Gómez y Sra. Díaz. Hoy", "Sr. Gómez y Sra. Díaz . Hoy"},
        {"it", "Sig. Rossi e Dott. Bianchi. Qui", "Sig. Rossi e Dott. Bianchi . Qui"},
        {"pt", "Sr. Silva e Profa. Costa. Fim", "Sr. Silva e Profa. Costa . Fim"},
        {"nl", "Dhr. Jansen komt o.a. Piet. Nu", "Dhr. Jansen komt o.a. Piet . Nu"},
        {"ru", "ул. Ленина, г. Москва. Да", "ул. Ленина , г. Москва . Да"},
        {"pl", "prof. Nowak, ul. Polna. Tak", "prof. Nowak , ul. Polna . Tak"},
        {"cs", "MUDr. Novák, např. Praha. Ano", "MUDr. Novák , např. Praha . Ano"},
        {"sv", "t.ex. Anna och bl.a. Per. Ja", "t.ex. Anna och bl.a. Per . Ja"},
        {"fi", "esim. Matti ja prof. Virta. Niin", "esim. Matti ja prof. Virta . Niin"},
        {"hu", "dr. Nagy és ifj. Kiss. Igen", "dr. Nagy és ifj. Kiss . Igen"},
        {"ro", "dl. Popescu, str. Mare. Da", "dl. Popescu , str. Mare . Da"},
        {"el", "Δρ. Νίκος, βλ. Αθήνα. Ναι", "Δρ. Νίκος , βλ. Αθήνα . Ναι"},
        {"ko", "Mr. Kim", "Mr. Kim"}};
    for (size_t i = 0; i < sizeof line / sizeof *line; i++)
        expect(qp_moses_tokenize, line[i][0], line[i][1], line[i][2]);
}

Test(moses, options_of_tokenize)
{
    static const char pattern[] = "https?://\\S+\n\n", prefix[] = "# remark\nAbc\nNo #NUMERIC_ONLY#\n";
    static const char line[] = "see http://a.b/c? well-known Abc. No. X No. 7 Mr. T <b>";
    qp_moses m;
    char *out;
    size_t bytes;
    cr_assert_eq(qp_moses_init(&m, "en"), QP_OK);
    m.aggressive = true;
    m.escape = false;
    cr_assert_eq(qp_moses_protect("test", &m, pattern, strlen(pattern)), QP_OK);
    cr_assert_eq(qp_moses_prefixes(&m, prefix, strlen(prefix)), QP_OK);
    cr_assert_eq(qp_moses_tokenize(&m, line, strlen(line), &out, &bytes), QP_OK);
    cr_assert_str_eq(out, "see http://a.b/c? well @-@ known Abc. No . X No. 7 Mr . T < b >");
    free(out);
    cr_assert_eq(qp_moses_protect("test", &m, "(", 1), QP_EDATA);
    qp_moses_free(&m);
    cr_assert_eq(qp_moses_init(&m, "no language at all"), QP_EUSAGE);
}

Test(moses, detokenize)
{
    expect(qp_moses_detokenize, "en", "Hello , he isn &apos;t &quot; here &quot; ( yes ) .",
           "Hello, he isn't \"here\" (yes).");
    expect(qp_moses_detokenize, "en", "the Jones ' house costs $ 5 @-@ 6", "the Jones' house costs $5-6");
    expect(qp_moses_detokenize, "fr", "l' eau ?", "l'eau ?");
    expect(qp_moses_detokenize, "zh", "你 好 , ok", "你好, ok");
    expect(qp_moses_detokenize, "ko", "왜 아니야 ?", "왜 아니야?");
    expect(qp_moses_detokenize, "fi", "EU: ssako ja", "EU:ssako ja");
    expect(qp_moses_detokenize, "cs", "3 , 5 e - mail x y", "3,5 e-mail x y");
    expect(qp_moses_detokenize, "en", "<seg id=1>", "<seg id=1>");
    expect(qp_moses_detokenize, "en", "`` a `` b", "``a`` b");
}

Test(moses, punctuation)
{
    expect(qp_moses_normalize_punctuation, "en", "“it”, he’s «so» … 5 % ( a )", "\"it,\" he's \"so\" ... 5% (a) ");
    expect(qp_moses_normalize_punctuation, "de", "„das.“ 1\u00A0000", "\"das\". 1,000");
}

/* A million dots, signs or quotes: linear, or it does not come back. */
Test(moses, long_lines)
{
    enum { LENGTH = 300000 };
    static const char *const part[] = {".", "'", "`` ", "a.'", ",", "-"};
    char *line = malloc(3 * LENGTH + 1);
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        size_t made = 0;
        for (int k = 0; k < LENGTH; k++) made += (size_t)sprintf(line + made, "%s", part[i]);
        qp_moses m;
        char *out, *back;
        size_t bytes, back_bytes;
        cr_assert_eq(qp_moses_init(&m, "en"), QP_OK);
        cr_assert_eq(qp_moses_tokenize(&m, line, made, &out, &bytes), QP_OK);
        cr_assert_eq(qp_moses_detokenize(&m, out, bytes, &back, &back_bytes), QP_OK);
        cr_assert(back_bytes > 0);
        free(out);
        free(back);
        qp_moses_free(&m);
    }
    free(line);
}

Test(moses, truecaser)
{
    static const char *const text[] = {"The cat saw John .", "John saw the Cat . The cat ran",
                                       "<b> x the <i> Cat </i>"};
    qp_truecaser t, again;
    char *model, *out;
    size_t bytes, made;
    qp_truecaser_init(&t);
    for (int i = 0; i < 3; i++) cr_assert_eq(qp_truecaser_learn(&t, text[i], strlen(text[i])), QP_OK);
    cr_assert_eq(qp_truecaser_write(&t, &model, &bytes), QP_OK);
    cr_assert_str_eq(model, "cat (2/4) Cat (2)\nsaw (2/2)\nJohn (1/1)\nthe (2/2)\nran (1/1)\n");
    qp_truecaser_init(&again);
    cr_assert_eq(qp_truecaser_read(&again, model, bytes), QP_OK);
    static const char line[] = "THE Cat saw JOHN|x . <b> The dog";
    cr_assert_eq(qp_truecaser_apply(&again, line, strlen(line), &out, &made), QP_OK);
    cr_assert_str_eq(out, "the Cat saw John|x .<b> the dog");
    free(out);
    static const char low[] = " the cat . \" ßx  ran";
    cr_assert_eq(qp_detruecase(low, strlen(low), &out, &made), QP_OK);
    cr_assert_str_eq(out, "The cat . \" SSx ran");
    free(out);
    free(model);
    qp_truecaser_free(&t);
    qp_truecaser_free(&again);
}
