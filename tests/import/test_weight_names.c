#include "lib/import/weight_names.h"

#include <criterion/criterion.h>
#include <string.h>

/* '#' counts from 0, '+' from 1; both are whole runs of at most six digits. */
Test(weight_names, names_of_patterns)
{
    static const struct {
        const char *pattern, *name;
        int fits, first, second; /* numbers of the name; -1: none */
    } row[] = {
        {"a.weight", "a.weight", 1, -1, -1},
        {"a.weight", "a.weights", 0, -1, -1},
        {"a.weight", "a.weigh", 0, -1, -1},
        {"a.weight", "", 0, -1, -1},
        {"", "", 1, -1, -1},
        {"layer.#.w", "layer.0.w", 1, 0, -1},
        {"layer.#.w", "layer.12.w", 1, 12, -1},
        {"layer.#.w", "layer.999999.w", 1, 999999, -1},
        {"layer.#.w", "layer.1000000.w", 0, -1, -1},
        {"layer.#.w", "layer..w", 0, -1, -1},
        {"layer.#.w", "layer.x.w", 0, -1, -1},
        {"layer.#.w", "layer.-1.w", 0, -1, -1},
        {"layer.#.w", "layer.1.wx", 0, -1, -1},
        {"layer.#", "layer.7", 1, 7, -1},
        {"layer_l+_w", "layer_l1_w", 1, 0, -1},
        {"layer_l+_w", "layer_l20_w", 1, 19, -1},
        {"#.expert.#.w", "3.expert.41.w", 1, 3, 41},
        {"+.expert.#.w", "3.expert.41.w", 1, 2, 41},
        {"#.#.#", "1.2.3", 0, -1, -1},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int number[QP_WEIGHT_NUMBERS] = {-1, -1};
        char name[QP_WEIGHT_NAME_BYTES];
        bool fits = qp_weight_name_fits(row[i].pattern, row[i].name, number);
        cr_expect_eq(fits, row[i].fits, "%s %s", row[i].pattern, row[i].name);
        if (!row[i].fits) continue;
        cr_expect(number[0] == row[i].first && number[1] == row[i].second, "%s: %d %d", row[i].name, number[0],
                  number[1]);
        cr_assert(qp_weight_name(row[i].pattern, strlen(row[i].pattern), number, name));
        cr_expect_str_eq(name, row[i].name);
    }
}

/* A part of a pattern, which is not the whole text; names that would not fit are refused, not cut. */
Test(weight_names, lengths)
{
    static const int number[QP_WEIGHT_NUMBERS] = {5, 6};
    char name[QP_WEIGHT_NAME_BYTES], longest[400];
    cr_expect(qp_weight_name("layer.#.w.#", 9, number, name));
    cr_expect_str_eq(name, "layer.5.w");
    cr_expect(qp_weight_name("layer.#", 0, number, name));
    cr_expect_str_eq(name, "");
    memset(longest, 'x', sizeof longest);
    for (size_t length = 1; length <= sizeof longest; length++) {
        memset(name, '?', sizeof name);
        bool made = qp_weight_name(longest, length, number, name);
        cr_expect(made ? strspn(name, "x") == length && strlen(name) == length : length > 200, "%zu", length);
        cr_expect(!made || length < QP_WEIGHT_NAME_BYTES, "%zu", length);
    }
}
