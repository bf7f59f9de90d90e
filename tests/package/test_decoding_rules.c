#include "lib/package/decoding_rules.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/generate.h"
#include "lib/package/decoding.h"

enum { VOCABULARY = 40 };

Test(decoding_rules, what_is_accepted)
{
    static const struct {
        const char *json, *error; /* NULL: accepted */
    } row[] = {
        {"{}", NULL},
        {"{\"rules\": {}}", NULL},
        {"{\"rules\": {\"beam_size\": \"4\", \"top_k\": \"9\", \"tokens\": \"30\"}}", NULL},
        {"{\"languages\": {\"de\": 0, \"en\": 39}, \"source\": 39, \"last\": true}", NULL},
        {"{\"source\": 0}", NULL},
        {"[]", "the file is damaged"},
        {"{\"rules\": []}", "the file is damaged"},
        {"{\"rules\": {\"beam_size\": 4}}", "the file is damaged"},
        {"{\"rules\": {\"zebra\": \"4\"}}", "the file is damaged"},
        {"{\"rules\": {\"beam_size\": \"0\"}}", "rule beam_size: "},
        {"{\"rules\": {\"beam_size\": \"four\"}}", "rule beam_size: "},
        {"{\"languages\": {\"de\": 0}}", "the file is damaged"},
        {"{\"languages\": [], \"source\": 1}", "the file is damaged"},
        {"{\"languages\": {\"de\": 40}, \"source\": 1}", "the file is damaged"},
        {"{\"languages\": {\"de\": -1}, \"source\": 1}", "the file is damaged"},
        {"{\"languages\": {\"de\": \"1\"}, \"source\": 1}", "the file is damaged"},
        {"{\"languages\": {\"de\": 1.5}, \"source\": 1}", "the file is damaged"},
        {"{\"languages\": {\"de\": 1, \"en\": null}, \"source\": 1}", "the file is damaged"},
        {"{\"source\": 40}", "the file is damaged"},
        {"{\"source\": \"de\"}", "the file is damaged"},
        {"{\"source\": 1, \"source\": 2}", "place"},
        {"{\"rules\": ", "place"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_status status = qp_decoding_check("place", row[i].json, VOCABULARY);
        cr_expect_eq(status, row[i].error ? QP_EDATA : QP_OK, "%s: %s", row[i].json, qp_error_message());
        if (!row[i].error || status == QP_OK) continue;
        cr_expect(strncmp(qp_error_message(), "place", 5) == 0, "%s", qp_error_message());
        cr_expect(strstr(qp_error_message(), row[i].error), "%s: %s", row[i].json, qp_error_message());
    }
}

/* Each table takes its own options, and the others keep their values. */
Test(decoding_rules, rules_are_values_of_options)
{
    static const char json[] = "{\"rules\": {\"beam_size\": \"4\", \"top_k\": \"9\", \"tokens\": \"30\"}}";
    qp_search_config search;
    qp_generate_config generate;
    qp_config_defaults(&qp_search_fields, &search);
    qp_config_defaults(&qp_generate_fields, &generate);
    search.n_best = 3;
    cr_assert_eq(qp_decoding_apply(json, &qp_search_fields, &search), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_decoding_apply(json, &qp_generate_fields, &generate), QP_OK, "%s", qp_error_message());
    cr_assert(search.beam_size == 4 && search.n_best == 3 && generate.tokens == 30);
    cr_assert_eq(qp_decoding_apply(NULL, &qp_search_fields, &search), QP_OK);
    cr_assert_eq(qp_decoding_apply("{}", &qp_search_fields, &search), QP_OK);
    cr_assert_eq(search.beam_size, 4);
}

Test(decoding_rules, names_of_languages)
{
    static const char *const json[] = {"{\"languages\": {\"de\": 5, \"en\": 3, \"fr\": 9}, \"source\": 3}", "{}", NULL};
    static const char *const names[] = {"de, en, fr", "", ""};
    for (int i = 0; i < 3; i++) {
        qp_text_buffer out = {0};
        char *text;
        cr_assert_eq(qp_decoding_put_languages(json[i], &out), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_text_finish(&out, &text, NULL), QP_OK);
        cr_assert_str_eq(text, names[i]);
        free(text);
    }
}
