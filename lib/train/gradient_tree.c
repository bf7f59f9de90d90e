#include "lib/train/gradient_tree.h"

#include <omp.h>
#include <sched.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/tensor/pointwise.h"

enum { LEVELS_MAX = 32, NONE = -1 };

struct qp_gradient_tree {
    const qp_params *params;
    qp_arena arena;     /* memory of the blocks */
    qp_gradient *block; /* [capacity]; the first `made` exist */
    int capacity, made;
    int *spare, spare_count; /* free blocks, the most recently used last */
    int limit;               /* blocks that may exist in this update */
    int working;             /* blocks held by workers */
    int leaves;
    int first, end; /* the leaves that join here; the others are those of other ranks */
    int *waiting;   /* [nodes] block that waits at this node for its sibling, or NONE */
    int *root;      /* [leaves] block of the root that begins at this leaf */
    int waiting_capacity, root_capacity;
    omp_lock_t lock;
};

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "training: out of memory for the gradients; use a smaller model");
}

static int log2_ceiling(int n)
{
    int levels = 0;
    while ((1 << levels) < n) levels++;
    return levels;
}

qp_status qp_gradient_tree_new(const qp_params *params, int threads, qp_gradient_tree **made)
{
    *made = NULL;
    qp_gradient_tree *tree = calloc(1, sizeof *tree);
    if (!tree) return out_of_memory();
    tree->params = params;
    tree->capacity = threads + 2 * LEVELS_MAX;
    tree->block = calloc((size_t)tree->capacity, sizeof *tree->block);
    tree->spare = calloc((size_t)tree->capacity, sizeof *tree->spare);
    omp_init_lock(&tree->lock);
    bool ready = tree->block && tree->spare;
    for (int i = 0; ready && i < tree->capacity; i++) {
        tree->block[i].node = calloc((size_t)qp_params_count(params) + 1, sizeof *tree->block[i].node);
        ready = tree->block[i].node != NULL;
    }
    size_t bytes = (size_t)tree->capacity * (qp_params_size(params) * sizeof(qp_real) + 64);
    if (!ready || !qp_arena_init(&tree->arena, bytes + ((size_t)1 << 20))) {
        qp_gradient_tree_free(tree);
        return out_of_memory();
    }
    *made = tree;
    return QP_OK;
}

void qp_gradient_tree_free(qp_gradient_tree *tree)
{
    if (!tree) return;
    for (int i = 0; tree->block && i < tree->capacity; i++) free(tree->block[i].node);
    qp_arena_free(&tree->arena);
    omp_destroy_lock(&tree->lock);
    free(tree->block);
    free(tree->spare);
    free(tree->waiting);
    free(tree->root);
    free(tree);
}

/* Makes room for `count` block numbers. */
static bool make_room(int **list, int *capacity, int count)
{
    if (count <= *capacity) return true;
    free(*list);
    *list = malloc((size_t)count * sizeof **list);
    *capacity = *list ? count : 0;
    return *list != NULL;
}

qp_status qp_gradient_tree_begin(qp_gradient_tree *tree, int leaves, int first, int end, int threads)
{
    int nodes = 2 * leaves + LEVELS_MAX, own = end - first;
    if (!make_room(&tree->waiting, &tree->waiting_capacity, nodes)) return out_of_memory();
    if (!make_room(&tree->root, &tree->root_capacity, leaves)) return out_of_memory();
    for (int i = 0; i < nodes; i++) tree->waiting[i] = NONE;
    tree->spare_count = 0;
    for (int i = tree->made - 1; i >= 0; i--) tree->spare[tree->spare_count++] = i;
    tree->leaves = leaves;
    tree->first = first;
    tree->end = end;
    tree->working = 0;
    /* leaves that begin or end inside of a node leave up to two roots on each level */
    tree->limit = threads + (own == leaves ? 1 : 2) * log2_ceiling(own);
    if (tree->limit > own) tree->limit = own;
    if (tree->limit > tree->capacity) tree->limit = tree->capacity;
    return QP_OK;
}

/* Tries once: a spare block or a new one; NONE at the limit. *hopeless: no worker will return one. */
static int try_take(qp_gradient_tree *tree, bool *hopeless)
{
    int block = NONE;
    omp_set_lock(&tree->lock);
    if (tree->spare_count > 0) {
        block = tree->spare[--tree->spare_count];
    } else if (tree->made < tree->limit) {
        qp_real *memory = qp_arena_take(&tree->arena, qp_params_size(tree->params) * sizeof *memory);
        if (memory) {
            block = tree->made++;
            tree->block[block].block = memory;
        }
    }
    *hopeless = block == NONE && tree->working == 0;
    if (block != NONE) tree->working++;
    omp_unset_lock(&tree->lock);
    return block;
}

int qp_gradient_tree_take(qp_gradient_tree *tree)
{
    bool hopeless;
    int block;
    while ((block = try_take(tree, &hopeless)) == NONE && !hopeless) sched_yield();
    return block;
}

qp_gradient *qp_gradient_tree_at(qp_gradient_tree *tree, int block) { return &tree->block[block]; }

/* A worker lets go of its block; `spare`: it returns to the pool. */
static void release(qp_gradient_tree *tree, int block, bool spare)
{
    if (spare) tree->spare[tree->spare_count++] = block;
    tree->working--;
}

void qp_gradient_tree_drop(qp_gradient_tree *tree, int block)
{
    omp_set_lock(&tree->lock);
    release(tree, block, true);
    omp_unset_lock(&tree->lock);
}

/* Whether all leaves of node `index` of a level join here. */
static bool is_own(const qp_gradient_tree *tree, int level, int index)
{
    int first = index << level, end = (index + 1) << level;
    return first >= tree->first && (end < tree->leaves ? end : tree->leaves) <= tree->end;
}

void qp_gradient_tree_join(qp_gradient_tree *tree, int leaf, int block)
{
    int index = leaf, nodes = tree->leaves, level = 0, base = 0; /* base: index of this level in `waiting` */
    for (; nodes > 2; level++) {
        int sibling = index ^ 1, other = NONE;
        if (sibling < nodes && !is_own(tree, level, sibling)) break;
        if (sibling < nodes) {
            omp_set_lock(&tree->lock);
            other = tree->waiting[base + sibling];
            if (other == NONE) {
                tree->waiting[base + index] = block;
                release(tree, block, false);
            }
            omp_unset_lock(&tree->lock);
            if (other == NONE) return;
            qp_scale_add(qp_params_size(tree->params), 1, tree->block[other].block, 1, tree->block[block].block);
            omp_set_lock(&tree->lock);
            tree->spare[tree->spare_count++] = other;
            omp_unset_lock(&tree->lock);
        }
        base += nodes;
        nodes = (nodes + 1) / 2;
        index /= 2;
    }
    omp_set_lock(&tree->lock);
    tree->root[index << level] = block;
    release(tree, block, false);
    omp_unset_lock(&tree->lock);
}

int qp_gradient_tree_top_level(int leaves)
{
    int level = 0;
    for (; leaves > 2; level++) leaves = (leaves + 1) / 2;
    return level;
}

int qp_gradient_tree_root_end(int leaves, int first, int end)
{
    int found = first + 1, top = qp_gradient_tree_top_level(leaves);
    for (int level = 1; level <= top && first % (1 << level) == 0; level++) {
        int next = first + (1 << level) < leaves ? first + (1 << level) : leaves;
        if (next > end) break;
        found = next;
    }
    return found;
}

qp_real *qp_gradient_tree_root(const qp_gradient_tree *tree, int leaf) { return tree->block[tree->root[leaf]].block; }

int qp_gradient_tree_result(const qp_gradient_tree *tree, const qp_real *gradient[2])
{
    int count = tree->leaves > 1 ? 2 : 1, top = qp_gradient_tree_top_level(tree->leaves);
    for (int i = 0; i < count; i++) gradient[i] = qp_gradient_tree_root(tree, i << top);
    return count;
}

int qp_gradient_tree_blocks(const qp_gradient_tree *tree) { return tree->made; }
