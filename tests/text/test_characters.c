#include "lib/text/characters.h"

#include <criterion/criterion.h>

static bool among(int32_t code, const int32_t range[][2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= range[i][0] && code <= range[i][1]) return true;
    return false;
}

/* White_Space of PropList.txt; it has not changed since Unicode 6.3. */
Test(characters, white_space)
{
    static const int32_t space[][2] = {{0x9, 0xD},       {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},
                                       {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
                                       {0x205F, 0x205F}, {0x3000, 0x3000}};
    for (int32_t code = -300; code < 0x110000; code++)
        cr_expect_eq(qp_is_white_space(code), among(code, space, sizeof space / sizeof *space), "U+%04X", code);
}

/* \w as other tools have it, up to U+0374 and in some later places: letters, marks, decimal digits, connectors, letters
 * in circles and the two joiners; no other numbers, signs or symbols. */
Test(characters, words)
{
    static const int32_t word[][2] = {{'0', '9'},     {'A', 'Z'},     {'_', '_'},     {'a', 'z'},     {0xAA, 0xAA},
                                      {0xB5, 0xB5},   {0xBA, 0xBA},   {0xC0, 0xD6},   {0xD8, 0xF6},   {0xF8, 0x2C1},
                                      {0x2C6, 0x2D1}, {0x2E0, 0x2E4}, {0x2EC, 0x2EC}, {0x2EE, 0x2EE}, {0x300, 0x374}};
    for (int32_t code = -300; code <= 0x374; code++)
        cr_expect_eq(qp_is_word_character(code), among(code, word, sizeof word / sizeof *word), "U+%04X", code);
    static const int32_t others[][2] = {{0x200C, 0x200D},   {0x203F, 0x2040},   {0x2160, 0x2188},   {0x24B6, 0x24E9},
                                        {0x3041, 0x3096},   {0x4E00, 0x9FEF},   {0xAC00, 0xD7A3},   {0xFF10, 0xFF19},
                                        {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}, {0x0966, 0x096F}};
    static const int32_t around[] = {0x200B, 0x200E, 0x203E, 0x2041,  0x218A,  0x24B5,  0x24EA,  0x3040,  0x3097,
                                     0xD7A4, 0xFF0F, 0xFF1A, 0x1F12F, 0x1F14A, 0x1F14F, 0x1F16A, 0x1F16F, 0x1F18A,
                                     0x0965, 0x0970, 0xB2,   0xBC,    0x2070,  0x2460,  0xE000,  0x1F600, 0x10FFFF};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        for (int32_t code = others[i][0]; code <= others[i][1]; code++)
            cr_expect(qp_is_word_character(code), "U+%04X", code);
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
        cr_expect_not(qp_is_word_character(around[i]), "U+%04X", around[i]);
}
