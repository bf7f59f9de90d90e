#include <criterion/criterion.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "tests/grad/gradients/gradient_table.h"

static const gradient_row *const family[] = {
    gradient_rows_basic,  gradient_rows_layers,  gradient_rows_loss,   gradient_rows_attention, gradient_rows_recurrent,
    gradient_rows_losses, gradient_rows_windows, gradient_rows_places, gradient_rows_cells,     gradient_rows_scan};
enum { FAMILIES = sizeof family / sizeof *family };

/* ---- for the rows of the table ---- */

qp_tensor gradient_input_in(gradient_case *c, int rows, int columns, double low, double high)
{
    int index = c->asked++;
    cr_assert_lt(index, GRADIENT_LEAVES);
    gradient_leaf *leaf = &c->leaf[index];
    size_t count = (size_t)rows * (size_t)columns;
    if (index == c->leaves) {
        c->leaves++;
        *leaf =
            (gradient_leaf){rows, columns, calloc(count + 1, sizeof(qp_real)), calloc(count + 1, sizeof(qp_real)), {0}};
        uint64_t key = qp_random_key(41, (uint64_t)index);
        for (size_t i = 0; i < count; i++) {
            double x = low + (high - low) * qp_random_uniform(key, i);
            leaf->value[i] = (qp_real)(fabs(x) < 0.01 ? x + 0.03 : x);
        }
        leaf->node = (qp_node){.value = leaf->value, .grad = leaf->grad, .count = count, .parameter = true};
    }
    qp_tensor x = qp_tensor_of(rows, columns, leaf->value);
    x.node = &leaf->node;
    return x;
}

qp_tensor gradient_input(gradient_case *c, int rows, int columns) { return gradient_input_in(c, rows, columns, -1, 1); }

void gradient_output(gradient_case *c, qp_tensor y)
{
    cr_assert_lt(c->outs, GRADIENT_OUTPUTS);
    c->out[c->outs++] = y;
}

/* ---- the checker ---- */

static void build(const gradient_row *row, gradient_case *c)
{
    qp_tape_begin(c->tape, QP_TRAIN, 7);
    c->asked = c->outs = 0;
    c->option = row->option;
    row->build(c);
    cr_assert_eq(qp_tape_status(c->tape), QP_OK, "%s (%s): %s", row->op, row->variant, qp_tape_message(c->tape));
}

double gradient_upstream(int out, size_t i) { return 2 * qp_random_uniform(qp_random_key(43, (uint64_t)out), i) - 1; }

static void give_upstream(gradient_case *c)
{
    for (int o = 0; o < c->outs; o++) {
        qp_real beta, *grad = qp_tape_grad(c->tape, c->out[o], &beta);
        cr_assert_not_null(grad);
        size_t count = (size_t)c->out[o].rows * (size_t)c->out[o].columns;
        for (size_t i = 0; i < count; i++) grad[i] = (qp_real)gradient_upstream(o, i) + (beta != 0 ? grad[i] : 0);
    }
}

/* The gradients of every leaf, added to `before` where `filled`; memory that must be overwritten is NaN. */
static void analytic(const gradient_row *row, gradient_case *c, bool filled, double before)
{
    for (int l = 0; l < c->leaves; l++) {
        gradient_leaf *leaf = &c->leaf[l];
        leaf->node.filled = filled;
        for (size_t i = 0; i < leaf->node.count; i++) leaf->grad[i] = filled ? (qp_real)before : (qp_real)NAN;
    }
    build(row, c); /* which may write gradients already */
    give_upstream(c);
    cr_assert_eq(qp_tape_backward_from(c->tape), QP_OK, "%s: %s", row->op, qp_tape_message(c->tape));
    for (int l = 0; l < c->leaves; l++)
        for (size_t i = 0; i < c->leaf[l].node.count && !c->leaf[l].node.filled; i++) c->leaf[l].grad[i] = 0;
}

#ifdef QP_DOUBLE
static double objective(const gradient_row *row, gradient_case *c)
{
    build(row, c);
    double sum = 0;
    for (int o = 0; o < c->outs; o++) {
        size_t count = (size_t)c->out[o].rows * (size_t)c->out[o].columns;
        for (size_t i = 0; i < count; i++) sum += gradient_upstream(o, i) * c->out[o].value[i];
    }
    return sum;
}

static void compare_leaf(const gradient_row *row, gradient_case *c, int l, const double *said)
{
    const double step = 1e-5;
    gradient_leaf *leaf = &c->leaf[l];
    double scale = 0, *measured = calloc(leaf->node.count + 1, sizeof *measured);
    for (size_t i = 0; i < leaf->node.count; i++) {
        double kept = leaf->value[i];
        leaf->value[i] = kept + step;
        double above = objective(row, c);
        leaf->value[i] = kept - step;
        measured[i] = (above - objective(row, c)) / (2 * step);
        leaf->value[i] = kept;
        scale = fmax(scale, fabs(measured[i]));
    }
    for (size_t i = 0; i < leaf->node.count; i++)
        if (!(fabs(said[i] - measured[i]) <= 1e-6 * scale + 1e-9)) {
            cr_expect_fail("%s (%s): input %d element %zu: backward says %.10g, differences say %.10g", row->op,
                           row->variant, l, i, said[i], measured[i]);
            break;
        }
    free(measured);
}
#endif

static void check(const gradient_row *row)
{
    gradient_case c = {.tape = qp_tape_new()};
    cr_assert_not_null(c.tape);
    build(row, &c);
    analytic(row, &c, false, 0);
    qp_real *said[GRADIENT_LEAVES];
    for (int l = 0; l < c.leaves; l++) {
        said[l] = malloc((c.leaf[l].node.count + 1) * sizeof(qp_real));
        memcpy(said[l], c.leaf[l].grad, c.leaf[l].node.count * sizeof(qp_real));
    }
    analytic(row, &c, true, 0.5);
    for (int l = 0; l < c.leaves; l++)
        for (size_t i = 0; i < c.leaf[l].node.count; i++)
            cr_expect_lt(fabs((double)(c.leaf[l].grad[i] - said[l][i]) - 0.5), sizeof(qp_real) == 8 ? 1e-11 : 1e-4,
                         "%s (%s): input %d element %zu: a gradient that was there is not added to (%g, %g)", row->op,
                         row->variant, l, i, (double)c.leaf[l].grad[i], (double)said[l][i]);
#ifdef QP_DOUBLE
    for (int l = 0; l < c.leaves; l++) compare_leaf(row, &c, l, said[l]);
#endif
    for (int l = 0; l < c.leaves; l++) {
        free(said[l]);
        free(c.leaf[l].value);
        free(c.leaf[l].grad);
    }
    qp_tape_free(c.tape);
}

/* In float, only what needs no differences: every element is written, and gradients add to what is there. */
Test(test_gradients, every_row)
{
    int rows = 0;
    for (int f = 0; f < FAMILIES; f++)
        for (const gradient_row *row = family[f]; row->op; row++, rows++) check(row);
    cr_expect_gt(rows, 40);
}

/* ---- completeness ---- */

static bool has_row(const char *name, size_t length)
{
    for (int f = 0; f < FAMILIES; f++)
        for (const gradient_row *row = family[f]; row->op; row++)
            if (strlen(row->op) == length && strncmp(row->op, name, length) == 0) return true;
    return false;
}

static int scan_header(const char *path)
{
    static const char opening[] = "qp_tensor qp_";
    char line[1024];
    int found = 0;
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, opening, sizeof opening - 1) != 0 || !strstr(line, "(qp_tape ")) continue;
        const char *name = line + strlen("qp_tensor ");
        size_t length = strcspn(name, "(");
        found++;
        cr_expect(has_row(name, length), "%s: %.*s has no row in the gradient table", path, (int)length, name);
    }
    fclose(file);
    return found;
}

Test(test_gradients, every_operation_has_a_row)
{
    glob_t headers;
    if (glob("lib/grad/op_*.h", 0, NULL, &headers) != 0 || glob("lib/grad/*/op_*.h", GLOB_APPEND, NULL, &headers) != 0)
        cr_skip("run from the project's root");
    int found = 0;
    for (size_t i = 0; i < headers.gl_pathc; i++) found += scan_header(headers.gl_pathv[i]);
    globfree(&headers);
    cr_expect_geq(found, 35);
}
