/* attention_plain — the attention of "Attention Is All You Need" (Vaswani et al. 2017, section 3.2), written to be
 *   read: head_h = softmax(Q_h K_h' / sqrt(d)) V_h        Q_h: columns h*d .. h*d + d - 1 of Q, and so for K and V
 * tests/grad/attention/test_op_attention.c compares the fused operation, qp_attention, with this function. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef ATTENTION_PLAIN_REAL
#define ATTENTION_PLAIN_REAL float
#endif
typedef ATTENTION_PLAIN_REAL attention_real;

/* query [queries, heads*d]; key, value [keys, heads*d]; all row-major
 * causal   query i reads keys 0 .. i + keys - queries; else all keys
 * weights  [heads, queries, keys]: receives the softmax
 * result   [queries, heads*d]: receives the heads side by side */
static void attention_plain(int heads, int d, int queries, int keys, int causal, const attention_real *qkv[3],
                            double *weights, double *result)
{
    const int width = heads * d;
    for (int h = 0; h < heads; h++)
        for (int i = 0; i < queries; i++) {
            const attention_real *query = qkv[0] + (ptrdiff_t)i * width + h * d;
            double *w = weights + ((ptrdiff_t)h * queries + i) * keys, sum = 0;
            for (int j = 0; j < keys; j++) {
                const attention_real *key = qkv[1] + (ptrdiff_t)j * width + h * d;
                double score = 0;
                for (int k = 0; k < d; k++) score += (double)query[k] * (double)key[k];
                w[j] = causal && j > i + keys - queries ? 0 : exp(score / sqrt(d));
                sum += w[j];
            }
            for (int j = 0; j < keys; j++) w[j] /= sum;
            for (int k = 0; k < d; k++) {
                double y = 0;
                for (int j = 0; j < keys; j++) y += w[j] * (double)qkv[2][(ptrdiff_t)j * width + h * d + k];
                result[(ptrdiff_t)i * width + h * d + k] = y;
            }
        }
}

#ifndef ATTENTION_PLAIN_WITHOUT_MAIN
/* Three tokens of two heads read one another: prints what each looks at. */
int main(void)
{
    enum { HEADS = 2, D = 2, TOKENS = 3 };
    static const attention_real x[TOKENS * HEADS * D] = {1, 0, 0, 1, 0, 2, 1, 1, -1, 1, 2, 0};
    const attention_real *qkv[3] = {x, x, x};
    double weights[HEADS * TOKENS * TOKENS], result[TOKENS * HEADS * D];
    attention_plain(HEADS, D, TOKENS, TOKENS, 1, qkv, weights, result);
    for (int h = 0; h < HEADS; h++)
        for (int i = 0; i < TOKENS; i++) {
            printf("head %d, token %d:", h, i);
            for (int j = 0; j <= i; j++) printf(" %.3f", weights[(h * TOKENS + i) * TOKENS + j]);
            printf("\n");
        }
    return EXIT_SUCCESS;
}
#endif
