#include <criterion/criterion.h>
#include <string.h>

#include "lib/import/weight_map.h"
#include "lib/import/weight_save.h"

/* Arrays in memory: element i of array a is 100 a + i. */
static const qp_weight_array *arrays;

static qp_weight_array at(const void *self, int index)
{
    (void)self;
    return arrays[index];
}

static qp_status read(const void *self, int index, qp_real *value)
{
    (void)self;
    for (size_t i = 0; i < arrays[index].count; i++) value[i] = (qp_real)(100 * index) + (qp_real)i;
    return QP_OK;
}

static bool lacks; /* ones where the arrays are not there */

/* One parameter p [rows, columns] made by one rule of arrays a, b. */
static qp_status make(qp_weight_rule rule, const char *theirs, const qp_weight_array *list, int count, int rows,
                      int columns, qp_real *value)
{
    const qp_weight_map map[] = {{"p.#", theirs, rule}, {"p.#", "", QP_WEIGHT_ONES}};
    const qp_weight_table table = {map, 2};
    const qp_weight_shape shape = {
        .prefix = "m.", .heads = 2, .kv_heads = 1, .head_width = 4, .rotated = 4, .skipped = 2, .lacks = lacks};
    const qp_weight_source source = {.place = "test", .count = count, .at = at, .read = read};
    qp_params *params = qp_params_new();
    arrays = list;
    int index = qp_params_add(params, rows, columns, qp_init_constant(0), "p.%d", 3);
    qp_status status = qp_weights_load(&source, &table, 1, &shape, params);
    if (status == QP_OK)
        memcpy(value, qp_params_value(params, index), (size_t)rows * (size_t)columns * sizeof *value);
    qp_params_free(params);
    return status;
}

static qp_weight_array array(const char *name, int rows, int columns)
{
    return (qp_weight_array){
        .name = name, .dimensions = 2, .shape = {rows, columns}, .count = (size_t)rows * (size_t)columns};
}

Test(weight_map, rows_follow_one_another_with_or_without_the_prefix)
{
    const qp_weight_array list[] = {array("m.a.3", 2, 2), array("b.3", 1, 2)};
    qp_real v[6];
    cr_assert_eq(make(QP_WEIGHT_PLAIN, "b.#|a.#", list, 2, 3, 2, v), QP_OK, "%s", qp_error_message());
    cr_expect_eq(v[0], 100);
    cr_expect_eq(v[2], 0);
    cr_expect_eq(v[5], 3);
}

Test(weight_map, what_a_model_lacks_is_ones)
{
    const qp_weight_array list[] = {array("a.3", 1, 2)};
    qp_real v[2];
    cr_assert_eq(make(QP_WEIGHT_PLAIN, "b.#", NULL, 0, 1, 2, v), QP_EDATA);
    lacks = true;
    cr_assert_eq(make(QP_WEIGHT_PLAIN, "b.#", NULL, 0, 1, 2, v), QP_OK, "%s", qp_error_message());
    cr_expect(v[0] == 1 && v[1] == 1);
    cr_assert_eq(make(QP_WEIGHT_PLAIN, "a.#", list, 1, 1, 2, v), QP_OK);
    cr_expect_eq(v[0], 0);
}

Test(weight_map, rules_move_rows)
{
    const qp_weight_array square[] = {array("a.3", 3, 2)}, heads[] = {array("a.3", 16, 1)};
    qp_real v[16];
    cr_assert_eq(make(QP_WEIGHT_TRANSPOSED, "a.#", square, 1, 2, 3, v), QP_OK);
    cr_expect_eq(v[1], 2);
    cr_expect_eq(v[3], 1);
    cr_assert_eq(make(QP_WEIGHT_POSITIONS, "a.#", square, 1, 1, 2, v), QP_OK);
    cr_expect_eq(v[0], 4);
    cr_assert_eq(make(QP_WEIGHT_ADD_ONE, "a.#", square, 1, 3, 2, v), QP_OK);
    cr_expect_eq(v[5], 6);
    cr_assert_eq(make(QP_WEIGHT_LAST_ROW, "a.#", &(qp_weight_array){"a.3", 2, {1, 2}, 2}, 1, 2, 2, v), QP_OK);
    cr_expect_eq(v[0], 0);
    cr_expect_eq(v[3], 1);
    cr_assert_eq(make(QP_WEIGHT_FIRST_HALF, "a.#", heads, 1, 8, 1, v), QP_OK);
    cr_expect_eq(v[7], 7);
    cr_assert_eq(make(QP_WEIGHT_SECOND_HALF, "a.#", heads, 1, 8, 1, v), QP_OK);
    cr_expect_eq(v[0], 8);
    cr_assert_eq(make(QP_WEIGHT_ZEROS, "", NULL, 0, 2, 2, v), QP_OK);
    cr_expect_eq(v[3], 0);
    /* 2 queries, a key and a value of 4 columns: grouped they are in order; pairs 0 1, 2 3 become 0 2, 1 3 */
    cr_assert_eq(make(QP_WEIGHT_GROUPED, "a.#", heads, 1, 16, 1, v), QP_OK);
    for (int i = 0; i < 16; i++) cr_expect_eq((int)v[i], i);
    cr_assert_eq(make(QP_WEIGHT_PAIRS, "a.#", heads, 1, 16, 1, v), QP_OK);
    cr_expect_eq(v[1], 2);
    cr_expect_eq(v[2], 1);
    cr_expect_eq(v[13], 13); /* values stay */
}

/* The window of a filter is a row; a single number may have no dimension. */
Test(weight_map, other_dimensions)
{
    const qp_weight_array filters[] = {{.name = "a.3", .dimensions = 4, .shape = {2, 3, 2, 2}, .count = 24}};
    const qp_weight_array led[] = {{.name = "a.3", .dimensions = 3, .shape = {1, 4, 6}, .count = 24}};
    const qp_weight_array number[] = {{.name = "a.3", .dimensions = 0, .count = 1}};
    qp_real v[24];
    cr_assert_eq(make(QP_WEIGHT_PLAIN, "a.#", filters, 1, 2, 12, v), QP_OK, "%s", qp_error_message());
    cr_expect_eq(v[23], 23);
    cr_expect_eq(make(QP_WEIGHT_PLAIN, "a.#", filters, 1, 6, 4, v), QP_EDATA);
    cr_assert_eq(make(QP_WEIGHT_PLAIN, "a.#", led, 1, 4, 6, v), QP_OK, "%s", qp_error_message());
    cr_expect_eq(make(QP_WEIGHT_PLAIN, "a.#", led, 1, 6, 4, v), QP_EDATA);
    cr_assert_eq(make(QP_WEIGHT_PLAIN, "a.#", number, 1, 1, 1, v), QP_OK, "%s", qp_error_message());
    cr_expect_eq(v[0], 0);
    cr_expect_eq(make(QP_WEIGHT_PLAIN, "a.#", number, 1, 2, 1, v), QP_EDATA);
}

Test(weight_map, what_does_not_fit_is_refused)
{
    const qp_weight_array list[] = {array("a.3", 2, 2), array("z", 1, 1)};
    qp_real v[8];
    cr_expect_eq(make(QP_WEIGHT_PLAIN, "a.#", list, 1, 3, 2, v), QP_EDATA);
    cr_expect_eq(make(QP_WEIGHT_PLAIN, "a.#|a.#", list, 1, 2, 2, v), QP_EDATA);
    cr_expect_eq(make(QP_WEIGHT_PLAIN, "c.#", list, 1, 2, 2, v), QP_EDATA);
    cr_expect_eq(make(QP_WEIGHT_PLAIN, "a.#", list, 2, 2, 2, v), QP_EDATA, "z is read by nothing");
    cr_expect_eq(make(QP_WEIGHT_POSITIONS, "a.#", list, 1, 1, 2, v), QP_EDATA, "no rows after those skipped");
}

/* An output layer that is not the embedding has its bias under two names. */
Test(weight_map, what_is_written_twice)
{
    static const qp_weight_map map[] = {{"p.#", "a.#", QP_WEIGHT_TWICE}, {"p.#", "b.#", QP_WEIGHT_PLAIN}};
    const qp_weight_table table = {map, 2};
    for (int twice = 0; twice < 2; twice++) {
        const qp_weight_shape shape = {.twice = twice};
        qp_params *params = qp_params_new();
        qp_weight_list list = {0};
        qp_params_add(params, 1, 2, qp_init_constant(7), "p.%d", 3);
        cr_assert_eq(qp_params_finish(params), QP_OK);
        cr_assert_eq(qp_weight_list_make(params, &table, 1, &shape, false, &list), QP_OK, "%s", qp_error_message());
        cr_assert_eq(list.count, (size_t)twice + 1);
        cr_expect_str_eq(list.array[0].name, "b.3");
        if (twice) cr_expect_str_eq(list.array[1].name, "a.3");
        qp_weight_list_free(&list);
        qp_params_free(params);
    }
}
