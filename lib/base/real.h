#ifndef QP_REAL_H
#define QP_REAL_H

/* qp_real — the number type of every tensor.
 * The product computes in float. `make gradcheck` compiles the same library with -DQP_DOUBLE,
 * because a central difference in float cannot tell a right gradient from a wrong one. */
#ifdef QP_DOUBLE
typedef double qp_real;
#else
typedef float qp_real;
#endif

#endif
