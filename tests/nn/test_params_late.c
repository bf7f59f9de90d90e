#include <criterion/criterion.h>
#include <string.h>

#include "lib/grad/op_linear.h"
#include "lib/nn/params.h"
#include "lib/tensor/stored/dot_kernels.h"
#include "lib/tensor/weight_panels.h"

enum { OUT = 70, IN = 90, ROWS = QP_INT8_WIDE };

static const qp_packed *multiply(qp_params *params, qp_tape *tape, qp_real *y)
{
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor x = qp_tape_constant(tape, ROWS, IN), weight = qp_param(tape, params, 0);
    for (int i = 0; i < ROWS * IN; i++) x.value[i] = (qp_real)(i % 13) / 7 - 1;
    memcpy(y, qp_linear(tape, x, weight, (qp_tensor){0}).value, ROWS * OUT * sizeof *y);
    return weight.packed;
}

/* Panels of 8-bit weights are made by use; after unpacking and packing, all begins again. */
Test(params_late, weights_of_8_bits_get_panels_by_use)
{
    qp_real first[ROWS * OUT], y[ROWS * OUT];
    qp_params *params = qp_params_new();
    qp_tape *tape = qp_tape_new();
    const bool has_panels = qp_dot_set()->int8_pack != NULL;
    qp_params_multiply(params, qp_params_add(params, OUT, IN, (qp_init){.kind = QP_INIT_NORMAL, .gain = 1}, "w"));
    cr_assert_eq(qp_params_finish(params), QP_OK);
    qp_params_initialise(params, 3);
    cr_assert_eq(qp_params_quantize(params, QP_WEIGHT_INT8), QP_OK);
    for (int again = 0; again < 2; again++) {
        cr_assert_eq(qp_params_pack(params), QP_OK);
        for (int use = 1; use <= QP_LATE_WIDE_USES + 1; use++) {
            const qp_packed *packed = multiply(params, tape, y);
            if (use == 1) memcpy(first, y, sizeof y);
            cr_assert_arr_eq(y, first, sizeof y, "use %d", use);
            cr_assert_eq(packed->late != NULL, has_panels);
            cr_expect(!has_panels || (atomic_load(&packed->late->panel) != NULL) == (use >= QP_LATE_WIDE_USES));
        }
        qp_params_unpack(params);
    }
    qp_tape_free(tape);
    qp_params_free(params);
}
