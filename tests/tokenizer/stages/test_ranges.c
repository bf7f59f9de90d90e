#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/stages/ranges.h"

static bool is_comma(int32_t code, int32_t wanted) { return (void)wanted, code == ','; }

/* The ranges of a text that is cut at commas, as "a|,|b". */
static const char *cut(qp_split_behavior behavior, const char *text)
{
    static char out[128];
    qp_ranges ranges = {0};
    size_t made = 0;
    out[0] = '\0';
    cr_assert_eq(qp_cut_characters(is_comma, 0, behavior, (qp_text){text, strlen(text)}, 10, &ranges), QP_OK);
    for (size_t i = 0; i < ranges.count; i++) {
        const struct qp_range r = ranges.range[i];
        cr_assert(r.begin >= 10 && r.end > r.begin && r.added == -1);
        made += (size_t)snprintf(out + made, sizeof out - made, "%s%.*s", i ? "|" : "", (int)(r.end - r.begin),
                                 text + r.begin - 10);
    }
    qp_ranges_free(&ranges);
    return out;
}

Test(ranges, behaviors)
{
    cr_assert_str_eq(cut(QP_SPLIT_REMOVED, "a,,b,"), "a|b");
    cr_assert_str_eq(cut(QP_SPLIT_ISOLATED, "a,,b,"), "a|,|,|b|,");
    cr_assert_str_eq(cut(QP_SPLIT_PREVIOUS, "a,,b,"), "a,|,|b,");
    cr_assert_str_eq(cut(QP_SPLIT_NEXT, "a,,b,"), "a|,|,b|,");
    cr_assert_str_eq(cut(QP_SPLIT_CONTIGUOUS, "a,,b,"), "a|,,|b|,");
    cr_assert_str_eq(cut(QP_SPLIT_ISOLATED, ""), "");
}

Test(ranges, empty_ranges_are_not_added)
{
    qp_ranges ranges = {0};
    cr_assert_eq(qp_ranges_add(&ranges, 3, 3, -1), QP_OK);
    cr_assert_eq(ranges.count, 0);
    cr_assert_eq(qp_ranges_add(&ranges, 3, 4, 7), QP_OK);
    cr_assert_eq(ranges.range[0].added, 7);
    qp_ranges_free(&ranges);
}
