#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/files/line_block.h"

Test(line_block, lines_come_back)
{
    static const char *const line[] = {"one", "", "three\0four", "5"};
    static const size_t bytes[] = {3, 0, 10, 1};
    qp_line_block b = {0};
    for (int round = 0; round < 2; round++) {
        qp_line_block_clear(&b);
        for (int i = 0; i < 4; i++) cr_assert_eq(qp_line_block_add(&b, line[i], bytes[i]), QP_OK);
        cr_assert_eq(b.count, 4);
        cr_assert_eq(b.bytes, 18);
        for (size_t i = 0; i < 4; i++) {
            qp_text text = qp_line_block_line(&b, i);
            cr_assert_eq(text.bytes, bytes[i]);
            cr_assert_arr_eq(text.text, line[i], bytes[i] + 1); /* NUL follows each line */
        }
    }
    qp_line_block_free(&b);
}

Test(line_block, parts_cover_all_lines_and_have_similar_sizes)
{
    qp_line_block b = {0};
    char text[100];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < 1000; i++) cr_assert_eq(qp_line_block_add(&b, text, i % 100), QP_OK);
    for (size_t parts = 1; parts <= 7; parts++) {
        cr_assert_eq(qp_line_block_part(&b, 0, parts), 0);
        cr_assert_eq(qp_line_block_part(&b, parts, parts), 1000);
        for (size_t k = 0; k < parts; k++) {
            size_t first = qp_line_block_part(&b, k, parts), last = qp_line_block_part(&b, k + 1, parts);
            cr_assert_leq(first, last);
            cr_assert_leq(b.start[last] - b.start[first], b.bytes / parts + 200);
        }
    }
    qp_line_block_free(&b);
}

/* A part begins with the first line that starts at or after its share of the bytes. */
Test(line_block, where_parts_begin)
{
    static const char *const line[] = {"aaa", "b", "cc", ""}; /* they start at 0, 4, 6, 9, and end at 10 */
    static const struct {
        size_t part, parts, first;
    } known[] = {{0, 1, 0}, {1, 1, 4}, {0, 2, 0}, {1, 2, 2}, {2, 2, 4}, {1, 3, 1}, {2, 3, 2}, {3, 3, 4},
                 {1, 5, 1}, {2, 5, 1}, {3, 5, 2}, {4, 5, 3}, {9, 5, 4}};
    qp_line_block b = {0};
    cr_expect_eq(qp_line_block_part(&b, 0, 3), 0);
    for (int i = 0; i < 4; i++) cr_assert_eq(qp_line_block_add(&b, line[i], strlen(line[i])), QP_OK);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_expect_eq(qp_line_block_part(&b, known[i].part, known[i].parts), known[i].first, "part %zu of %zu",
                     known[i].part, known[i].parts);
    qp_line_block_free(&b);
    cr_expect(!b.text && !b.start && b.count == 0);
}
