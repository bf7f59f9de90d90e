#include <criterion/criterion.h>
#include <string.h>

#include "lib/text/utf8.h"

Test(utf8, valid_up_to_the_first_bad_byte)
{
    static const struct {
        const char *text;
        size_t valid;
    } wanted[] = {{"", 0},
                  {"eight characters and more", 25},
                  {"\u00e9\u4e2d\U0001F600", 9},
                  {"eight ch\xC3", 8},
                  {"eight characters\xED\xA0\x80 and", 16},
                  {"\xFF", 0}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert_eq(qp_utf8_valid(wanted[i].text, strlen(wanted[i].text)), wanted[i].valid, "case %zu", i);
}

Test(utf8, the_character_before)
{
    static const char text[] = "a\u00e9\u4e2d\U0001F600";
    size_t at = sizeof text - 1, length;
    static const int32_t wanted[] = {0x1F600, 0x4E2D, 0xE9, 'a'};
    for (int i = 0; i < 4; i++, at -= length) cr_assert_eq(qp_utf8_before(text, at, &length), wanted[i]);
    cr_assert_eq(at, 0);
    cr_assert_eq(qp_utf8_before("a\x80\x80", 3, &length), 'a'); /* bytes that are no character go with it */
    cr_assert_eq(length, 3);
    cr_assert_eq(qp_utf8_before("\x80", 1, &length), QP_INVALID_CODE);
}
