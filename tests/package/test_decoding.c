#include "lib/package/decoding.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/package/small_package.h"

/* Languages of a translator whose tokens 0 and 3 are their names. */

static qp_package *package;
static qp_search_config search;

static void set_up(void)
{
    static const char *const option[] = {"tokenizer", "word", "encoder",   "transformer",
                                         "steps",     "1",    SMALL_MODEL, NULL};
    package = trained_package(option, "a b c\tc b a\nb c a\ta c b\n");
    qp_config_defaults(&qp_search_fields, &search);
}

static void clean(void) { qp_package_free(package); }

TestSuite(decoding, .init = set_up, .fini = clean);

static void rules(const char *json)
{
    free(package->decoding);
    package->decoding = json ? strdup(json) : NULL;
}

static qp_status set(const char *source, const char *target)
{
    qp_language_config wanted;
    qp_config_defaults(&qp_language_fields, &wanted);
    strcpy(wanted.src_lang, source);
    strcpy(wanted.tgt_lang, target);
    return qp_decoding_set_languages(package, &wanted, &search);
}

/* The ids that the source's codec makes of "a b", and whether its end is this one. */
static void encodes_to(const char *wanted, int32_t end)
{
    char text[100] = "";
    int32_t *id;
    int count;
    const qp_text_codec *codec = &package->source_codec;
    int32_t a = qp_tokenizer_find(package->source, "▁a"), b = qp_tokenizer_find(package->source, "▁b");
    cr_assert_eq(codec->encode(codec->self, "a b", 3, &id, &count), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < count; i++) {
        const char *name = id[i] == a ? "a" : id[i] == b ? "b" : id[i] == 2 ? "end" : id[i] == 0 ? "de" : "en";
        strcat(strcat(text, i ? " " : ""), name);
    }
    cr_expect_str_eq(text, wanted, "%s", text);
    cr_expect_eq(qp_codec_special(codec).end, end, "end %d", qp_codec_special(codec).end);
    free(id);
}

#define LANGUAGES "{\"languages\": {\"de\": 0, \"en\": 3}, \"source\": 0"

Test(decoding, the_source_begins_or_ends_with_its_language)
{
    encodes_to("a b", 2);
    rules(LANGUAGES "}");
    cr_assert_eq(set("en", ""), QP_OK, "%s", qp_error_message());
    encodes_to("en a b", 2);
    cr_assert_eq(set("de", ""), QP_OK, "it replaces the first");
    encodes_to("de a b", 2);
    rules(LANGUAGES ", \"last\": true}");
    cr_assert_eq(set("en", ""), QP_OK);
    encodes_to("a b end", 3);
    cr_expect_eq(search.forced_first, -1);
}

/* The output begins with its language, or the decoder reads it first, where it would read another language. */
Test(decoding, the_output_begins_with_its_language)
{
    rules(LANGUAGES "}");
    cr_assert_eq(set("", "en"), QP_OK, "%s", qp_error_message());
    cr_expect_eq(search.forced_first, 3);
    cr_expect_eq(search.start_token, -1);
    encodes_to("a b", 2);
    rules("{\"languages\": {\"de\": 1, \"en\": 3}, \"source\": 1}");
    cr_assert_eq(qp_model_first_token(package->model), 1, "the decoder reads <s>");
    qp_config_defaults(&qp_search_fields, &search);
    cr_assert_eq(set("", "en"), QP_OK);
    cr_expect_eq(search.start_token, 3);
    cr_expect_eq(search.forced_first, -1);
}

Test(decoding, languages_that_are_not_there)
{
    cr_expect_eq(set("", ""), QP_OK);
    cr_expect_eq(set("de", ""), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "no tokens for languages"), "%s", qp_error_message());
    rules("{\"languages\": {}, \"source\": 1}");
    cr_expect_eq(set("", "de"), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "no tokens for languages"), "%s", qp_error_message());
    rules(LANGUAGES "}");
    cr_expect_eq(set("fr", ""), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(), "--src-lang 'fr': not a language of this model; it has de, en");
    cr_expect_eq(set("de", "fr"), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(), "--tgt-lang 'fr': not a language of this model; it has de, en");
}
