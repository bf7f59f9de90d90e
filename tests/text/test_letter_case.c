#include <criterion/criterion.h>
#include <string.h>

#include "lib/text/letter_case.h"

static void expect_case(qp_case_mapping mapping, const char *text, const char *wanted)
{
    qp_mapped_text out = {.mapped = true};
    cr_assert_eq(qp_letter_case(mapping, text, strlen(text), &out), QP_OK);
    cr_assert_eq(out.bytes, strlen(wanted), "%s", text);
    cr_assert_eq(memcmp(out.text, wanted, out.bytes), 0, "%s", text);
    for (size_t i = 0; i < out.bytes; i++) cr_assert(out.begin[i] < out.end[i] && out.end[i] <= strlen(text));
    qp_mapped_text_free(&out);
}

Test(letter_case, foldings_and_lower_case)
{
    expect_case(QP_CASE_FOLD, "Straße ΣΑΣ \xFF", "strasse σασ \xFF");
    expect_case(QP_CASE_FOLD_NFKC, "ﬁ\u00ADE\u0301 Å", "fi\u00E9 å");
    expect_case(QP_CASE_LOWER, "ΟΔΟΣ ΣΑΣ\u0301. Σ İ", "οδος σας\u0301. σ i\u0307");
    expect_case(QP_CASE_LOWER_EACH, "ΟΔΟΣ İ", "οδοσ i\u0307");
}
