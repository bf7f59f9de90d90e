#ifndef QP_GRADIENT_TABLE_H
#define QP_GRADIENT_TABLE_H

#include "lib/grad/tape.h"

/* gradient_table — every operation's gradients against central differences, in double (`make gradcheck`).
 *
 * A row names an operation and builds it: it asks for its inputs in order, runs the operation on case->tape, and hands
 * over what came out. The checker builds it again and again with one input element moved, and compares the change of
 * L = sum(upstream * out) with what the backward said. A public operation of lib/grad/op_*.h without a row fails. */
enum { GRADIENT_LEAVES = 12, GRADIENT_OUTPUTS = 3 };

typedef struct {
    int rows, columns;
    qp_real *value, *grad;
    qp_node node;
} gradient_leaf;

typedef struct {
    qp_tape *tape;
    int option; /* of the row: the kind of activation, a reduction ... */
    gradient_leaf leaf[GRADIENT_LEAVES];
    int leaves, asked; /* leaves that exist; asked for in this build */
    qp_tensor out[GRADIENT_OUTPUTS];
    int outs;
} gradient_case;

/* gradient_input — the next input [rows, columns], drawn from (low, high) the first time. Never nearer to 0 than 0.01,
 * where some operations have a corner.
 * gradient_output — a result that receives an upstream gradient. */
qp_tensor gradient_input_in(gradient_case *c, int rows, int columns, double low, double high);
qp_tensor gradient_input(gradient_case *c, int rows, int columns); /* from (-1, 1) */
void gradient_output(gradient_case *c, qp_tensor y);

typedef struct {
    const char *op, *variant;
    void (*build)(gradient_case *c);
    int option;
} gradient_row;

/* One array a family, ended by a row of zeros; listed in test_gradients.c. */
extern const gradient_row gradient_rows_basic[], gradient_rows_layers[], gradient_rows_loss[],
    gradient_rows_attention[], gradient_rows_recurrent[], gradient_rows_losses[], gradient_rows_windows[],
    gradient_rows_places[], gradient_rows_cells[];

#endif
