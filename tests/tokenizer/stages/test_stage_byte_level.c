#include <criterion/criterion.h>
#include <string.h>

#include "tokenizer/stages/stage_kinds.h"

/* Letters are bytes; a text with another character is its own bytes. */
Test(stage_byte_level, bytes_of_letters)
{
    static const struct {
        const char *text, *raw;
    } row[] = {{"", ""},     {"ab", "ab"},   {"Ġa", " a"},   {"íķľ", "한"},      {"ÃĊ", "\xC3\n"},
               {"한", "한"}, {"a한", "a한"}, {"Ġ b", "Ġ b"}, {"Ġab한", "Ġab한"}, {"a\xFF", "a\xFF"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_strings raw = {0};
        cr_assert_eq(qp_strings_put(&raw, "<", 1), QP_OK);
        cr_assert_eq(qp_byte_level_raw((qp_text){row[i].text, strlen(row[i].text)}, &raw), QP_OK);
        cr_expect(raw.bytes == 1 + strlen(row[i].raw) && memcmp(raw.text + 1, row[i].raw, raw.bytes - 1) == 0,
                  "%s: %.*s", row[i].text, (int)raw.bytes, raw.text);
        qp_strings_free(&raw);
    }
}
