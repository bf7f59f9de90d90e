#include "lib/export/folder.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/import/import_folder.h"

TestSuite(folder, .init = folder_begin, .fini = folder_end);

/* Objects are indented, arrays stay on a line, and signs inside strings are text. */
Test(folder, json_in_lines)
{
    static const char given[] = "{\"a\":{\"b\":[1,2],\"c\":\"x, {\\\"}\"},\"d\":{\"e\":true}}";
    static const char expected[] = "{\n"
                                   "  \"a\": {\n"
                                   "    \"b\": [1, 2],\n"
                                   "    \"c\": \"x, {\\\"}\"\n"
                                   "  },\n"
                                   "  \"d\": {\n"
                                   "    \"e\": true\n"
                                   "  }\n"
                                   "}\n";
    qp_text_buffer json = {0};
    char *text;
    size_t bytes;
    qp_text_add(&json, given);
    cr_assert_eq(qp_folder_json(folder_path(NULL), "made.json", &json), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_file_read(folder_path("made.json"), 1000, &text, &bytes), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(text, expected);
    free(text);
}
