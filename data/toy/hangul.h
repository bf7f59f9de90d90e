#ifndef QP_HANGUL_H
#define QP_HANGUL_H

#include <stddef.h>

/* hangul — Korean particles agree with the last sound of the word before them.
 *
 * A precomposed syllable is U+AC00 + (initial*21 + vowel)*28 + final, so `(code - 0xAC00) % 28` is its final consonant:
 * 0 none, 8 ㄹ (The Unicode Standard, 3.12). */

enum { QP_HANGUL_NO_FINAL = 0, QP_HANGUL_RIEUL = 8 };

typedef enum {
    QP_PARTICLE_OBJECT,  /* 을 / 를 */
    QP_PARTICLE_SUBJECT, /* 이 / 가 */
    QP_PARTICLE_TOPIC,   /* 은 / 는 */
    QP_PARTICLE_WITH,    /* 과 / 와 */
    QP_PARTICLE_TOWARDS, /* 으로 / 로; 로 after ㄹ too */
    QP_PARTICLE_WAS,     /* 이었 / 였: the past of the copula */
    QP_PARTICLE_COUNT
} qp_particle;

/* qp_hangul_final — the final consonant (0..27) of the last syllable of the UTF-8 text word[bytes], or -1 when the text
 * does not end in a precomposed syllable. */
int qp_hangul_final(const char *word, size_t bytes);

/* qp_hangul_particle — the form of `particle` that follows `word` (NUL-terminated); after anything that is not Hangul
 * the form that follows a vowel. A string constant. */
const char *qp_hangul_particle(const char *word, qp_particle particle);

#endif
