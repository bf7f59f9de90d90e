#include "lib/train/gradient/gradient_tree.h"

#include <limits.h>
#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/half.h"
#include "lib/tensor/pointwise.h"

enum { LEVELS_MAX = 32, NONE = -1 };

/* The block of a shard. The sum of a node is in the block of its first leaf. */
typedef struct {
    int block;
    int joined;   /* buckets that the worker has finished */
    int consumed; /* buckets that were added to another block */
} leaf;

struct qp_gradient_tree {
    const qp_params *params;
    int type;           /* QP_GRADIENT_FP32 or _BF16 */
    qp_arena arena;     /* memory of the blocks */
    qp_gradient *block; /* [capacity]; the first `made` exist */
    int capacity, made;
    int *spare, spare_count; /* free blocks, the most recently used last */
    int limit;               /* blocks that may exist in this update */
    int working;             /* blocks held by workers */
    int leaves;
    int first, end;       /* the leaves that join here; the others are those of other ranks */
    const size_t *bucket; /* [buckets+1] reals at which they begin */
    int buckets;
    size_t whole[2]; /* one bucket of all */
    qp_gradient_ready ready;
    bool *waiting; /* [buckets, nodes] this bucket of the node waits for its sibling */
    int nodes, waiting_capacity, leaf_capacity;
    leaf *leaf; /* [leaves] */
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

qp_status qp_gradient_tree_new(const qp_params *params, int threads, int type, qp_gradient_tree **made)
{
    *made = NULL;
    qp_gradient_tree *tree = calloc(1, sizeof *tree);
    if (!tree) return out_of_memory();
    tree->params = params;
    tree->type = type;
    tree->whole[1] = qp_params_size(params);
    qp_gradient_tree_cut(tree, tree->whole, 1, (qp_gradient_ready){0});
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

void qp_gradient_tree_cut(qp_gradient_tree *tree, const size_t *bucket, int buckets, qp_gradient_ready ready)
{
    tree->bucket = bucket;
    tree->buckets = buckets;
    tree->ready = ready;
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
    free(tree->leaf);
    free(tree);
}

/* Makes room for `count` elements of `size` bytes in *list; the old ones are lost. */
static bool make_room(void *list, int *capacity, int count, size_t size)
{
    void **memory = list;
    if (count <= *capacity) return true;
    free(*memory);
    *memory = malloc((size_t)count * size);
    *capacity = *memory ? count : 0;
    return *memory != NULL;
}

qp_status qp_gradient_tree_begin(qp_gradient_tree *tree, int leaves, int first, int end, int threads)
{
    int own = end - first;
    tree->nodes = 2 * leaves + LEVELS_MAX;
    size_t waiting = (size_t)tree->buckets * (size_t)tree->nodes;
    if (waiting > INT_MAX || !make_room(&tree->waiting, &tree->waiting_capacity, (int)waiting, sizeof *tree->waiting))
        return out_of_memory();
    if (!make_room(&tree->leaf, &tree->leaf_capacity, leaves, sizeof *tree->leaf)) return out_of_memory();
    memset(tree->waiting, 0, waiting * sizeof *tree->waiting);
    for (int i = 0; i < leaves; i++) tree->leaf[i] = (leaf){.block = NONE};
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

void qp_gradient_tree_drop(qp_gradient_tree *tree, int block)
{
    omp_set_lock(&tree->lock);
    tree->spare[tree->spare_count++] = block;
    tree->working--;
    omp_unset_lock(&tree->lock);
}

/* Whether all leaves of node `index` of a level join here. */
static bool is_own(const qp_gradient_tree *tree, int level, int index)
{
    int first = index << level, end = (index + 1) << level;
    return first >= tree->first && (end < tree->leaves ? end : tree->leaves) <= tree->end;
}

static void round_all(size_t n, qp_real *x)
{
    for (size_t i = 0; i < n; i++) x[i] = (qp_real)qp_bfloat_to_float(qp_bfloat_of((float)x[i]));
}

void qp_gradient_tree_add(int type, size_t n, const qp_real *from, qp_real *to)
{
    qp_scale_add(n, 1, from, 1, to);
    if (type == QP_GRADIENT_BF16) round_all(n, to);
}

/* Adds a bucket of node `right` of the level to its sibling; a block that was added in full is free. */
static void add_nodes(qp_gradient_tree *tree, int level, int right, int bucket)
{
    leaf *from = &tree->leaf[right << level], *to = &tree->leaf[(right - 1) << level];
    size_t at = tree->bucket[bucket], n = tree->bucket[bucket + 1] - at;
    qp_gradient_tree_add(tree->type, n, tree->block[from->block].block + at, tree->block[to->block].block + at);
    omp_set_lock(&tree->lock);
    if (++from->consumed == tree->buckets) tree->spare[tree->spare_count++] = from->block;
    omp_unset_lock(&tree->lock);
}

/* Moves a bucket of a leaf up to its root, or to the first node whose sibling is not ready. */
static void climb(qp_gradient_tree *tree, int first, int bucket)
{
    bool *waiting = tree->waiting + (ptrdiff_t)bucket * tree->nodes; /* of this level */
    int index = first, nodes = tree->leaves, level = 0, top = tree->type == QP_GRADIENT_BF16 ? 1 : 2;
    for (; nodes > top; level++) {
        int sibling = index ^ 1;
        if (sibling < nodes && !is_own(tree, level, sibling)) break;
        if (sibling < nodes) {
            omp_set_lock(&tree->lock);
            bool both = waiting[sibling];
            waiting[index] = !both;
            omp_unset_lock(&tree->lock);
            if (!both) return;
            add_nodes(tree, level, index | 1, bucket);
        }
        waiting += nodes;
        nodes = (nodes + 1) / 2;
        index /= 2;
    }
    if (tree->ready.root) tree->ready.root(tree->ready.self, index << level, bucket);
}

void qp_gradient_tree_join(qp_gradient_tree *tree, int number, int block, int bucket)
{
    size_t at = tree->bucket[bucket], n = tree->bucket[bucket + 1] - at;
    if (tree->type == QP_GRADIENT_BF16) round_all(n, tree->block[block].block + at);
    omp_set_lock(&tree->lock);
    tree->leaf[number].block = block;
    omp_unset_lock(&tree->lock);
    climb(tree, number, bucket);
    omp_set_lock(&tree->lock);
    if (++tree->leaf[number].joined == tree->buckets) tree->working--;
    omp_unset_lock(&tree->lock);
}

int qp_gradient_tree_top_level(int leaves, int type)
{
    int level = 0, top = type == QP_GRADIENT_BF16 ? 1 : 2;
    for (; leaves > top; level++) leaves = (leaves + 1) / 2;
    return level;
}

int qp_gradient_tree_root_end(int leaves, int first, int end, int type)
{
    int found = first + 1, top = qp_gradient_tree_top_level(leaves, type);
    for (int level = 1; level <= top && first % (1 << level) == 0; level++) {
        int next = first + (1 << level) < leaves ? first + (1 << level) : leaves;
        if (next > end) break;
        found = next;
    }
    return found;
}

int qp_gradient_tree_need(int leaves, int first, int end, int threads, int type)
{
    int most = 0;
    for (int done = first; done < end; done++) {
        int blocks = end - done < threads ? end - done : threads;
        for (int at = first; at < done; at = qp_gradient_tree_root_end(leaves, at, done, type)) blocks++;
        if (blocks > most) most = blocks;
    }
    return most;
}

qp_real *qp_gradient_tree_root(const qp_gradient_tree *tree, int number)
{
    return tree->block[tree->leaf[number].block].block;
}

int qp_gradient_tree_result(const qp_gradient_tree *tree, const qp_real *gradient[2])
{
    int count = tree->leaves > 1 && tree->type == QP_GRADIENT_FP32 ? 2 : 1;
    int top = qp_gradient_tree_top_level(tree->leaves, tree->type);
    for (int i = 0; i < count; i++) gradient[i] = qp_gradient_tree_root(tree, i << top);
    return count;
}

int qp_gradient_tree_blocks(const qp_gradient_tree *tree) { return tree->made; }
