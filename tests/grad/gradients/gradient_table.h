#ifndef QP_GRADIENT_TABLE_H
#define QP_GRADIENT_TABLE_H

#include "lib/grad/tape.h"

/* gradient_table — the gradients of every operation against central differences, in double (`make test`, `make
 * gradcheck`).
 *
 * A row of the table names an operation and builds it: it asks for its inputs in order, runs the operation on
 * case->tape, and registers the results. The checker builds it again for every input element, moved a little both
 * ways, and compares the change of L = sum(upstream * out) with the gradient. A public operation without a row fails
 * the suite. */
enum { GRADIENT_LEAVES = 12, GRADIENT_OUTPUTS = 3 };

typedef struct {
    int rows, columns;
    qp_real *value, *grad;
    qp_node node;
} gradient_leaf;

typedef struct {
    qp_tape *tape;
    int option; /* of the row: a kind of activation, a reduction, ... */
    gradient_leaf leaf[GRADIENT_LEAVES];
    int leaves, asked; /* leaves that exist, and that this build has asked for */
    qp_tensor out[GRADIENT_OUTPUTS];
    int outs;
} gradient_case;

/* gradient_input_in — the next input [rows, columns], drawn from (low, high) the first time, but never nearer to 0 than
 *   0.01, where some operations have a corner. gradient_input — the same from (-1, 1).
 * gradient_output — registers a result, which then receives an upstream gradient. */
qp_tensor gradient_input_in(gradient_case *c, int rows, int columns, double low, double high);
qp_tensor gradient_input(gradient_case *c, int rows, int columns); /* from (-1, 1) */
void gradient_output(gradient_case *c, qp_tensor y);

/* gradient_upstream — the gradient that element i of result `out` receives, for an operation that must know it while it
 * is built. */
double gradient_upstream(int out, size_t i);

typedef struct {
    const char *op, *variant;
    void (*build)(gradient_case *c);
    int option;
} gradient_row;

/* One array per family, ended by a row of zeros; listed in test_gradients.c. */
extern const gradient_row gradient_rows_basic[], gradient_rows_layers[], gradient_rows_loss[],
    gradient_rows_attention[], gradient_rows_recurrent[], gradient_rows_losses[], gradient_rows_windows[],
    gradient_rows_places[], gradient_rows_cells[], gradient_rows_scan[];

#endif
