#include "tokenizer/sentencepiece/unicode_newer.h"

#include <stddef.h>
#include <string.h>

/* Canonical decompositions: letters of Todhri, Tulu-Tigalari, Gurung Khema and Kirat Rai. */
static const struct {
    int32_t code, form[QP_NEWER_FORM];
} composition[] = {
    {0x105C9, {0x105D2, 0x307}},
    {0x105E4, {0x105DA, 0x307}},
    {0x11383, {0x11382, 0x113C9}},
    {0x11385, {0x11384, 0x113BB}},
    {0x1138E, {0x1138B, 0x113C2}},
    {0x11391, {0x11390, 0x113C9}},
    {0x113C5, {0x113C2, 0x113C2}},
    {0x113C7, {0x113C2, 0x113B8}},
    {0x113C8, {0x113C2, 0x113C9}},
    {0x16121, {0x1611E, 0x1611E}},
    {0x16122, {0x1611E, 0x16129}},
    {0x16123, {0x1611E, 0x1611F}},
    {0x16124, {0x16129, 0x1611F}},
    {0x16125, {0x1611E, 0x16120}},
    {0x16126, {0x1611E, 0x1611E, 0x1611F}},
    {0x16127, {0x1611E, 0x16129, 0x1611F}},
    {0x16128, {0x1611E, 0x1611E, 0x16120}},
    {0x16D68, {0x16D67, 0x16D67}},
    {0x16D69, {0x16D63, 0x16D67}},
    {0x16D6A, {0x16D63, 0x16D67, 0x16D67}},
};

/* Characters first .. last become to, to + 1, ... */
typedef struct {
    int32_t first, last, to;
} range;

/* A modifier letter; outlined letters and digits. */
static const range compatible[] = {{0xA7F1, 0xA7F1, 'S'}, {0x1CCD6, 0x1CCEF, 'A'}, {0x1CCF0, 0x1CCF9, '0'}};

/* Cyrillic, Latin, Garay, Beria Erfe. */
static const range folding[] = {
    {0x1C89, 0x1C89, 0x1C8A},    {0xA7CB, 0xA7CB, 0x264},     {0xA7CC, 0xA7CC, 0xA7CD}, {0xA7CE, 0xA7CE, 0xA7CF},
    {0xA7D2, 0xA7D2, 0xA7D3},    {0xA7D4, 0xA7D4, 0xA7D5},    {0xA7DA, 0xA7DA, 0xA7DB}, {0xA7DC, 0xA7DC, 0x19B},
    {0x10D50, 0x10D65, 0x10D70}, {0x16EA0, 0x16EB8, 0x16EBB},
};

static int32_t moved(const range *list, size_t count, int32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= list[i].first && code <= list[i].last) return list[i].to + (code - list[i].first);
    return code;
}

static int length_of(const int32_t form[QP_NEWER_FORM]) { return form[2] ? 3 : 2; }

int qp_newer_form(int32_t code, int32_t form[QP_NEWER_FORM])
{
    for (size_t i = 0; i < sizeof composition / sizeof *composition; i++) {
        if (composition[i].code != code) continue;
        memcpy(form, composition[i].form, sizeof composition[i].form);
        return length_of(form);
    }
    form[0] = moved(compatible, sizeof compatible / sizeof *compatible, code);
    return form[0] != code;
}

int32_t qp_newer_composed(const int32_t *form, int count)
{
    for (size_t i = 0; i < sizeof composition / sizeof *composition; i++)
        if (count == length_of(composition[i].form) &&
            memcmp(form, composition[i].form, (size_t)count * sizeof *form) == 0)
            return composition[i].code;
    return 0;
}

int32_t qp_newer_folded(int32_t code) { return moved(folding, sizeof folding / sizeof *folding, code); }
