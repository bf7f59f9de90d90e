#include <criterion/criterion.h>
#include <string.h>

#include "lib/import/vocabulary_file.h"
#include "tests/import/import_folder.h"

TestSuite(vocabulary_file, .init = folder_begin, .fini = folder_end);

static void names_are(const char *file, const char *text)
{
    static const char *const expected[] = {"</s>", "\xe2\x96\x81the", "a: b"};
    qp_vocabulary_names names;
    folder_file(file, text);
    cr_assert_eq(qp_vocabulary_read(folder_path(file), &names), QP_OK, "%s", qp_error_message());
    cr_assert_eq(names.count, 3, "%s: %d", file, names.count);
    for (int i = 0; i < 3; i++) cr_expect_str_eq(names.name[i], expected[i]);
    cr_expect_eq(qp_vocabulary_index(&names, "a: b"), 2);
    cr_expect_eq(qp_vocabulary_index(&names, "a"), -1);
    qp_vocabulary_names_free(&names);
}

static void refused(const char *file, const char *text, const char *words)
{
    qp_vocabulary_names names;
    folder_file(file, text);
    cr_expect_eq(qp_vocabulary_read(folder_path(file), &names), QP_EDATA, "%s: %s", file, text);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
    cr_expect_null(names.name);
}

Test(vocabulary_file, the_forms_of_one_list)
{
    names_are("a.json", "{\"a: b\": 2, \"</s>\": 0, \"\\u2581the\": 1}");
    names_are("b.json", "[\"</s>\", \"\\u2581the\", \"a: b\"]");
    names_are("c.yml", "</s>: 0\n\"\\u2581the\": 1\n\"a: b\": 2\n");
    names_are("d.txt", "</s>\n\xe2\x96\x81the\r\na: b\n");
}

Test(vocabulary_file, what_is_no_list)
{
    refused("a.json", "{\"a\": 1}", "no piece has the id 0");
    refused("a.json", "{\"a\": 0, \"b\": 0}", "two pieces have the id 0");
    refused("a.json", "{\"a\": 99999999999}", "no id of a vocabulary");
    refused("a.json", "{\"a\": -1}", "no id of a vocabulary");
    refused("a.json", "{\"a\": \"0\"}", "no id of a vocabulary");
    refused("a.json", "[1]", "empty");
    refused("a.json", "3", "not JSON");
    refused("a.json", "[]", "no pieces");
    refused("a.yml", "a: b\n", "not a list of pieces");
    refused("a.yml", "[1, 2]\n", "not a list of pieces");
    refused("a.yml", "a: &x 0\nb: *x\n", "not a list of pieces");
    refused("a.yml", "a: {", "not a list of pieces");
    refused("a.txt", "a\n\nb\n", "piece 1 is empty");
}
