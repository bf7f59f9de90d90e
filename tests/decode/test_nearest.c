#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/decode/nearest.h"

enum { ROWS = 300, WIDTH = 19, QUERIES = 37, K = 7 };

static float vector[ROWS * WIDTH], query[QUERIES * WIDTH];

static void fill(float *to, int count, uint64_t key)
{
    for (int i = 0; i < count; i++) to[i] = (float)((double)(qp_random_key(key, (uint64_t)i) >> 40) / (1 << 23) - 1);
}

static void prepare(void)
{
    fill(vector, ROWS * WIDTH, 3);
    fill(query, QUERIES * WIDTH, 5);
    memcpy(vector + 200 * WIDTH, vector + 10 * WIDTH, WIDTH * sizeof *vector); /* two equal rows */
    for (int c = 0; c < WIDTH; c++) query[c] = 3 * vector[10 * WIDTH + c];     /* the length does not count */
    memset(vector + 50 * WIDTH, 0, WIDTH * sizeof *vector);
}

static double cosine(const float *a, const float *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (int c = 0; c < WIDTH; c++) ab += (double)a[c] * b[c], aa += (double)a[c] * a[c], bb += (double)b[c] * b[c];
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

Test(nearest, all_rows_are_compared)
{
    qp_nearest table;
    qp_neighbour found[QUERIES * K];
    prepare();
    cr_assert_eq(qp_nearest_init(&table, vector, ROWS, WIDTH), QP_OK);
    cr_assert_eq(qp_nearest_find(&table, query, QUERIES, K, 2, found), QP_OK);
    for (int q = 0; q < QUERIES; q++) {
        const qp_neighbour *own = found + q * K;
        double worst = (double)own[K - 1].cosine;
        int better = 0;
        for (int n = 0; n < K; n++)
            cr_expect_float_eq(own[n].cosine, cosine(query + q * WIDTH, vector + own[n].row * WIDTH), 1e-5);
        for (int n = 1; n < K; n++) cr_expect(own[n - 1].cosine >= own[n].cosine);
        for (int r = 0; r < ROWS; r++) better += cosine(query + q * WIDTH, vector + r * WIDTH) > worst + 1e-5;
        cr_expect_lt(better, K);
    }
    cr_expect(found[0].row == 10 && found[1].row == 200 && found[0].cosine == found[1].cosine, "equal ones in order");
    qp_nearest_free(&table);
}

Test(nearest, neither_threads_nor_other_queries_change_a_bit)
{
    qp_nearest table;
    qp_neighbour all[QUERIES * K], other[QUERIES * K];
    prepare();
    cr_assert_eq(qp_nearest_init(&table, vector, ROWS, WIDTH), QP_OK);
    cr_assert_eq(qp_nearest_find(&table, query, QUERIES, K, 1, all), QP_OK);
    for (int threads = 2; threads <= 4; threads++) {
        cr_assert_eq(qp_nearest_find(&table, query, QUERIES, K, threads, other), QP_OK);
        cr_expect_eq(memcmp(all, other, sizeof all), 0, "%d threads", threads);
    }
    for (int q = 0; q < QUERIES; q++) {
        cr_assert_eq(qp_nearest_find(&table, query + q * WIDTH, 1, K, 1, other), QP_OK);
        cr_expect_eq(memcmp(all + q * K, other, K * sizeof *all), 0, "query %d", q);
    }
    qp_nearest_free(&table);
}

Test(nearest, as_many_as_there_are)
{
    qp_nearest table;
    qp_neighbour found[ROWS];
    bool seen[ROWS] = {false};
    prepare();
    cr_assert_eq(qp_nearest_init(&table, vector, ROWS, WIDTH), QP_OK);
    cr_assert_eq(qp_nearest_find(&table, query, 1, ROWS, 3, found), QP_OK);
    for (int n = 0; n < ROWS; n++) seen[found[n].row] = true;
    for (int r = 0; r < ROWS; r++) cr_expect(seen[r]);
    qp_nearest_free(&table);
}
