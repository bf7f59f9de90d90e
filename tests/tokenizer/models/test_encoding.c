#include "tokenizer/models/encoding.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Token i with all that is known of it: id i, type 10 i, sequence 100 i, span i to 2 i + 1. */
static qp_token token(int i)
{
    return (qp_token){
        .id = i, .type_id = 10 * i, .sequence = 100 * i, .begin = (uint32_t)i, .end = 2 * (uint32_t)i + 1};
}

static void expect_tokens(const qp_encoding *e, const char *wanted)
{
    char found[200] = "";
    for (int i = 0; i < e->count; i++) {
        const qp_token is = qp_encoding_token(e, i), was = token(e->id[i]);
        cr_expect(is.type_id == was.type_id && is.sequence == was.sequence && is.begin == was.begin &&
                      is.end == was.end,
                  "token %d", i);
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d", i ? " " : "", is.id);
    }
    cr_expect_str_eq(found, wanted, "%s", found);
}

static qp_encoding numbered(int count)
{
    qp_encoding e = {0};
    for (int i = 0; i < count; i++) cr_assert_eq(qp_encoding_add_token(&e, token(i)), QP_OK);
    return e;
}

Test(encoding, tokens_are_inserted_and_kept)
{
    qp_encoding e = numbered(4);
    expect_tokens(&e, "0 1 2 3");
    cr_assert_eq(qp_encoding_insert(&e, 1, 2, token(9)), QP_OK);
    expect_tokens(&e, "0 9 9 1 2 3");
    cr_assert_eq(qp_encoding_insert(&e, 0, 1, token(7)), QP_OK);
    expect_tokens(&e, "7 0 9 9 1 2 3");
    cr_assert_eq(qp_encoding_insert(&e, 7, 3, token(8)), QP_OK);
    expect_tokens(&e, "7 0 9 9 1 2 3 8 8 8");
    cr_assert_eq(qp_encoding_insert(&e, 5, 0, token(6)), QP_OK);
    expect_tokens(&e, "7 0 9 9 1 2 3 8 8 8");
    qp_encoding_keep(&e, 1, 6);
    expect_tokens(&e, "0 9 9 1 2 3");
    qp_encoding_keep(&e, 0, 5);
    expect_tokens(&e, "0 9 9 1 2");
    qp_encoding_keep(&e, 4, 1);
    expect_tokens(&e, "2");
    qp_encoding_keep(&e, 0, 0);
    expect_tokens(&e, "");
    qp_encoding_free(&e);
    e = numbered(100);
    cr_assert_eq(qp_encoding_insert(&e, 0, 5000, token(1)), QP_OK);
    cr_expect(e.count == 5100 && e.id[4999] == 1 && e.id[5000] == 0 && e.id[5099] == 99);
    qp_encoding_free(&e);
}

/* "aé한\xFFz": characters 0 1 2 3 4 from bytes 0 1 3 6 7. */
Test(encoding, spans_in_characters)
{
    static const char text[] = "a\u00E9\uD55C\xFF"
                               "z";
    static const struct {
        uint32_t begin, end, first, last;
    } row[] = {{0, 1, 0, 1}, {1, 3, 1, 2}, {1, 2, 1, 2}, {2, 3, 1, 2}, {0, 2, 0, 2}, {2, 4, 1, 3},
               {3, 6, 2, 3}, {4, 5, 2, 3}, {5, 7, 2, 4}, {6, 7, 3, 4}, {7, 8, 4, 5}, {0, 8, 0, 5},
               {0, 0, 0, 0}, {3, 3, 2, 2}, {4, 4, 2, 2}, {8, 8, 5, 5}};
    const int rows = (int)(sizeof row / sizeof *row);
    qp_encoding e = {0};
    for (int i = 0; i < rows; i++) cr_assert_eq(qp_encoding_add_span(&e, i, row[i].begin, row[i].end), QP_OK);
    cr_assert_eq(qp_encoding_characters(text, strlen(text), &e), QP_OK);
    for (int i = 0; i < rows; i++)
        cr_expect(e.first_character[i] == row[i].first && e.last_character[i] == row[i].last, "%u to %u: %u to %u",
                  row[i].begin, row[i].end, e.first_character[i], e.last_character[i]);
    qp_encoding_free(&e);
    cr_assert_eq(qp_encoding_characters("", 0, &e), QP_OK);
    cr_assert_eq(qp_encoding_add(&e, 1), QP_OK);
    cr_expect_eq(qp_encoding_characters("a", 1, &e), QP_EUSAGE, "spans were not asked for");
    qp_encoding_free(&e);
}

static int released;
static void release(void *scratch)
{
    released++;
    free(scratch);
}
static void release_other(void *scratch)
{
    released += 10;
    free(scratch);
}

/* Working memory stays while the kind of tokenizer does; spans are wanted after a free as before it. */
Test(encoding, scratch)
{
    qp_encoding e = {.spans = true};
    char *first = qp_encoding_scratch(&e, 8, release);
    cr_assert(first && first[0] == 0 && first[7] == 0);
    first[0] = 1;
    cr_expect_eq((char *)qp_encoding_scratch(&e, 8, release), first);
    cr_expect_eq(released, 0);
    char *second = qp_encoding_scratch(&e, 16, release_other);
    cr_assert(second && second[0] == 0);
    cr_expect_eq(released, 1);
    qp_encoding_free(&e);
    cr_expect_eq(released, 11);
    cr_expect(e.spans && !e.scratch && !e.id);
    cr_assert_eq(qp_encoding_reserve(&e, 5), QP_OK);
    cr_expect(e.id && e.begin && e.end);
    qp_encoding_free(&e);
    e.spans = false;
    cr_assert_eq(qp_encoding_reserve(&e, 5), QP_OK);
    cr_expect(e.id && !e.begin && !e.end);
    qp_encoding_free(&e);
    cr_expect_eq(released, 11);
}
