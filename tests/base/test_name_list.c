#include <criterion/criterion.h>

#include "lib/base/name_list.h"

Test(name_list, patterns_between_commas)
{
    static const struct {
        const char *patterns, *name;
        bool matches;
    } row[] = {{"", "a", false},        {"a", "a", true},          {"a", "ab", false},      {"a*", "ab.c", true},
               {"x,a?", "ab", true},    {"x,,ab", "ab", true},     {",", "", false},        {"a*,", "b", false},
               {"b,*.w", "a.b.w", true}, {"[ab]c", "bc", true}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        cr_expect_eq(qp_name_matches(row[i].patterns, row[i].name), row[i].matches, "%s %s", row[i].patterns,
                     row[i].name);
}
