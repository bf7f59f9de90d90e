#include <criterion/criterion.h>
#include <string.h>

#include "data/toy/hangul.h"

static void expect(const char *word, qp_particle particle, const char *form)
{
    const char *got = qp_hangul_particle(word, particle);
    cr_expect_str_eq(got, form, "%s + %s, not %s", word, form, got);
}

Test(hangul, final_consonant_of_the_last_syllable)
{
    cr_expect_eq(qp_hangul_final("가", 3), 0);
    cr_expect_eq(qp_hangul_final("각", 3), 1);
    cr_expect_eq(qp_hangul_final("서울", 6), QP_HANGUL_RIEUL);
    cr_expect_eq(qp_hangul_final("힣", 3), 27);
    cr_expect_eq(qp_hangul_final("book", 4), -1);
    cr_expect_eq(qp_hangul_final("", 0), -1);
    cr_expect_eq(qp_hangul_final("가", 2), -1, "half a syllable is none");
    cr_expect_eq(qp_hangul_final("ㄱ", 3), -1, "a letter is no syllable");
}

Test(hangul, particles_follow_the_sound)
{
    expect("사과", QP_PARTICLE_OBJECT, "를");
    expect("빵", QP_PARTICLE_OBJECT, "을");
    expect("의사", QP_PARTICLE_SUBJECT, "가");
    expect("학생", QP_PARTICLE_SUBJECT, "이");
    expect("민수", QP_PARTICLE_TOPIC, "는");
    expect("지은", QP_PARTICLE_TOPIC, "은");
    expect("친구", QP_PARTICLE_WITH, "와");
    expect("형", QP_PARTICLE_WITH, "과");
    expect("버스", QP_PARTICLE_TOWARDS, "로");
    expect("부산", QP_PARTICLE_TOWARDS, "으로");
    expect("서울", QP_PARTICLE_TOWARDS, "로");
    expect("연필", QP_PARTICLE_TOWARDS, "로");
    expect("의사", QP_PARTICLE_WAS, "였");
    expect("학생", QP_PARTICLE_WAS, "이었");
    expect("Seoul", QP_PARTICLE_OBJECT, "를");
}
