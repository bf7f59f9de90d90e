#include "lib/text/base64.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The examples of RFC 4648, section 10, and all letters of the alphabet. */
Test(base64, decodes)
{
    static const char *const row[][2] = {{"", ""},
                                         {"Zg==", "f"},
                                         {"Zm8=", "fo"},
                                         {"Zm9v", "foo"},
                                         {"Zm9vYg==", "foob"},
                                         {"Zm9vYmE=", "fooba"},
                                         {"Zm9vYmFy", "foobar"},
                                         {"+/+/", "\xFB\xFF\xBF"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *out;
        size_t bytes;
        cr_assert_eq(qp_base64_read("file", row[i][0], strlen(row[i][0]), &out, &bytes), QP_OK, "%s", row[i][0]);
        cr_expect_eq(bytes, strlen(row[i][1]));
        cr_expect(bytes == 0 || memcmp(out, row[i][1], bytes) == 0, "%s", row[i][0]);
        free(out);
    }
}

/* What was written is read again: every byte in every place of a group. */
Test(base64, round_trips)
{
    unsigned char all[258];
    for (int i = 0; i < 258; i++) all[i] = (unsigned char)(i * 7);
    for (size_t first = 0; first < 3; first++)
        for (size_t end = 250; end <= 258; end++) {
            qp_text_buffer text = {0};
            char *out;
            size_t bytes;
            qp_base64_write(&text, all + first, end - first);
            cr_expect_eq(text.bytes, (end - first + 2) / 3 * 4);
            cr_assert_eq(qp_base64_read("file", text.text, text.bytes, &out, &bytes), QP_OK, "%s", qp_error_message());
            cr_expect_eq(bytes, end - first);
            cr_expect_arr_eq(out, all + first, end - first);
            free(out);
            qp_text_free(&text);
        }
}

Test(base64, what_is_refused)
{
    static const char *const wrong[] = {"Z",    "Zg",   "Zg=",      "Zm9vZ", "Zg==Zg==", "Z===", "====", "=Zg=",
                                        "Zm9 ", "Zm9-", "Zm9_Zm9v", "@@@@",  "[[[[",     "```{", "::::", "...."};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *out = (char *)wrong;
        size_t bytes = 9;
        cr_expect_eq(qp_base64_read("file", wrong[i], strlen(wrong[i]), &out, &bytes), QP_EDATA, "%s", wrong[i]);
        cr_expect(!out && bytes == 0, "%s", wrong[i]);
        cr_expect_eq(strncmp(qp_error_message(), "file: ", 6), 0, "%s", qp_error_message());
    }
}
