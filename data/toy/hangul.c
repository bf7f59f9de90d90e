#include "data/toy/hangul.h"

#include <assert.h>
#include <string.h>

int qp_hangul_final(const char *word, size_t bytes)
{
    if (bytes < 3) return -1;
    const unsigned char *last = (const unsigned char *)word + bytes - 3;
    if ((last[0] & 0xF0) != 0xE0 || (last[1] & 0xC0) != 0x80 || (last[2] & 0xC0) != 0x80) return -1;
    int code = (last[0] & 0x0F) << 12 | (last[1] & 0x3F) << 6 | (last[2] & 0x3F);
    if (code < 0xAC00 || code > 0xD7A3) return -1;
    return (code - 0xAC00) % 28;
}

const char *qp_hangul_particle(const char *word, qp_particle particle)
{
    static const char *const after_consonant[] = {"을", "이", "은", "과", "으로", "이었"};
    static const char *const after_vowel[] = {"를", "가", "는", "와", "로", "였"};
    assert((unsigned)particle < QP_PARTICLE_COUNT);
    int final = qp_hangul_final(word, strlen(word));
    if (final <= QP_HANGUL_NO_FINAL) return after_vowel[particle];
    if (particle == QP_PARTICLE_TOWARDS && final == QP_HANGUL_RIEUL) return after_vowel[particle];
    return after_consonant[particle];
}
