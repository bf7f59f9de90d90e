#include "lib/train/gradient/gradient_tree.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/base/random.h"

enum { REALS = 16, MOST_LEAVES = 70 };

static qp_params *block_of_reals(void)
{
    qp_params *params = qp_params_new();
    qp_params_add(params, 1, REALS, qp_init_constant(0), "block");
    qp_params_finish(params);
    return params;
}

static void join(qp_gradient_tree *tree, int leaf)
{
    int block = qp_gradient_tree_take(tree);
    for (int i = 0; i < REALS; i++)
        qp_gradient_tree_at(tree, block)->block[i] = (qp_real)qp_random_normal((uint64_t)leaf, (uint64_t)i);
    qp_gradient_tree_join(tree, leaf, block, 0);
}

/* The roots of leaves first .. end-1, in root[leaf]; returns how many there are. */
static int sum_part(qp_gradient_tree *tree, int leaves, int first, int end, qp_real root[MOST_LEAVES][REALS])
{
    int count = 0;
    cr_assert_eq(qp_gradient_tree_begin(tree, leaves, first, end, 1), QP_OK);
    for (int leaf = first; leaf < end; leaf++) join(tree, leaf);
    for (int leaf = first; leaf < end; leaf = qp_gradient_tree_root_end(leaves, leaf, end, QP_GRADIENT_FP32), count++)
        for (int i = 0; i < REALS; i++) root[leaf][i] = qp_gradient_tree_root(tree, leaf)[i];
    return count;
}

/* What a process alone computes: node by node, as gradient_tree.h says. */
static void sum_levels(qp_real sum[MOST_LEAVES][REALS], int nodes)
{
    for (; nodes > 2; nodes = (nodes + 1) / 2)
        for (int n = 0; n < nodes; n += 2)
            for (int i = 0; i < REALS; i++) sum[n / 2][i] = n + 1 < nodes ? sum[n][i] + sum[n + 1][i] : sum[n][i];
}

/* The same from roots, some of which are nodes of higher levels: those are counted by their first leaf. */
static qp_real node(qp_real root[MOST_LEAVES][REALS], const int *end, int leaves, int first, int level, int i)
{
    int next = first + (1 << level) < leaves ? first + (1 << level) : leaves, half = first + (1 << level) / 2;
    if (end[first] >= next) return root[first][i];
    qp_real left = node(root, end, leaves, first, level - 1, i);
    return half < leaves ? left + node(root, end, leaves, half, level - 1, i) : left;
}

Test(gradient_tree, roots_of_any_ranks_give_the_bits_of_one)
{
    static qp_real expected[MOST_LEAVES][REALS], root[MOST_LEAVES][REALS];
    qp_params *params = block_of_reals();
    qp_gradient_tree *tree;
    cr_assert_eq(qp_gradient_tree_new(params, 1, QP_GRADIENT_FP32, &tree), QP_OK);
    for (int leaves = 1; leaves <= MOST_LEAVES; leaves++)
        for (int ranks = 1; ranks <= 16; ranks += 1 + leaves % 3) {
            int end[MOST_LEAVES], top = qp_gradient_tree_top_level(leaves, QP_GRADIENT_FP32);
            for (int n = 0; n < leaves; n++)
                for (int i = 0; i < REALS; i++)
                    expected[n][i] = (qp_real)qp_random_normal((uint64_t)n, (uint64_t)i);
            sum_levels(expected, leaves);
            for (int r = 0; r < ranks; r++) {
                int from = leaves * r / ranks, to = leaves * (r + 1) / ranks;
                int roots = sum_part(tree, leaves, from, to, root);
                cr_assert_leq(roots, ranks == 1 ? 2 : 12, "%d leaves, %d ranks: %d roots", leaves, ranks, roots);
                for (int leaf = from; leaf < to; leaf = end[leaf])
                    end[leaf] = qp_gradient_tree_root_end(leaves, leaf, to, QP_GRADIENT_FP32);
            }
            for (int half = 0; half < (leaves > 1 ? 2 : 1); half++)
                for (int i = 0; i < REALS; i++)
                    cr_assert_eq(node(root, end, leaves, half << top, top, i), expected[half][i], "%d leaves, %d ranks",
                                 leaves, ranks);
        }
    qp_gradient_tree_free(tree);
    qp_params_free(params);
}

Test(gradient_tree, a_process_alone_has_its_two_tops)
{
    const qp_real *top[2];
    qp_params *params = block_of_reals();
    qp_gradient_tree *tree;
    cr_assert_eq(qp_gradient_tree_new(params, 1, QP_GRADIENT_FP32, &tree), QP_OK);
    cr_assert_eq(qp_gradient_tree_begin(tree, 5, 0, 5, 1), QP_OK);
    for (int leaf = 4; leaf >= 0; leaf--) join(tree, leaf);
    cr_assert_eq(qp_gradient_tree_result(tree, top), 2);
    cr_assert_eq(top[1][0], (qp_real)qp_random_normal(4, 0));
    cr_assert_eq(qp_gradient_tree_root_end(5, 0, 5, QP_GRADIENT_FP32), 4);
    cr_assert_eq(qp_gradient_tree_root_end(5, 0, 3, QP_GRADIENT_FP32), 2);
    cr_assert_eq(qp_gradient_tree_root_end(5, 4, 5, QP_GRADIENT_FP32), 5);
    qp_gradient_tree_free(tree);
    qp_params_free(params);
}

Test(gradient_tree, blocks_as_computed)
{
    static qp_real root[MOST_LEAVES][REALS];
    qp_params *params = block_of_reals();
    for (int leaves = 1; leaves <= 20; leaves++)
        for (int first = 0; first < leaves; first++)
            for (int end = first + 1; end <= leaves; end++) {
                qp_gradient_tree *tree;
                cr_assert_eq(qp_gradient_tree_new(params, 1, QP_GRADIENT_FP32, &tree), QP_OK);
                sum_part(tree, leaves, first, end, root);
                cr_assert_eq(qp_gradient_tree_blocks(tree),
                             qp_gradient_tree_need(leaves, first, end, 1, QP_GRADIENT_FP32), "%d: %d to %d", leaves,
                             first, end);
                qp_gradient_tree_free(tree);
            }
    cr_assert_eq(qp_gradient_tree_need(4, 0, 4, 1, QP_GRADIENT_FP32), 3);
    cr_assert_eq(qp_gradient_tree_need(4, 0, 4, 2, QP_GRADIENT_FP32), 3);
    cr_assert_eq(qp_gradient_tree_need(4, 0, 4, 9, QP_GRADIENT_FP32), 4);
    cr_assert_eq(qp_gradient_tree_need(64, 0, 64, 2, QP_GRADIENT_FP32), 7);
    qp_params_free(params);
}
