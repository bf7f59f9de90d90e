#include "lib/decode/alignment.h"

void qp_alignment_mean(int heads, int keys, const qp_real *block, qp_real *weight)
{
    for (int k = 0; k < keys; k++) {
        qp_real sum = 0;
        for (int h = 0; h < heads; h++) sum += block[(ptrdiff_t)h * keys + k];
        weight[k] = sum / (qp_real)heads;
    }
}

int qp_alignment_hard(const qp_real *weight, int source_count, int t)
{
    const qp_real *row = weight + (ptrdiff_t)t * source_count;
    int best = 0;
    for (int j = 1; j < source_count - 1; j++)
        if (row[j] > row[best]) best = j;
    return best;
}
