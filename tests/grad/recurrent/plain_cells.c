#include "tests/grad/recurrent/plain_cells.h"

#include <math.h>
#include <stdlib.h>

static double sigmoid(double a) { return 1 / (1 + exp(-a)); }

static double positive(double a) { return a >= 0 ? a + 0.5 : sigmoid(a); }

/* LN(x)[k] over the group of `n` numbers that contains k; weight and bias are extras `e` and `e` + 1. */
static double normed(const plain_step *s, const double *x, int n, int k, int e)
{
    const double *group = x + k / n * n;
    double mean = 0, variance = 0;
    for (int i = 0; i < n; i++) mean += group[i] / n;
    for (int i = 0; i < n; i++) variance += (group[i] - mean) * (group[i] - mean) / n;
    return (x[k] - mean) / sqrt(variance + s->epsilon) * s->extra[e][k] + s->extra[e + 1][k];
}

/* (V q)[row], q = gate * m h */
static double gated(const plain_step *s, int row, const double *gate)
{
    double sum = 0;
    for (int j = 0; j < s->n; j++) sum += s->v[row * s->n + j] * gate[j] * s->read[j];
    return sum;
}

/* a[k] = W x + U h + b; `norm`: the products are normalised over groups of that many numbers */
static double gate_input(const plain_step *s, int k, int norm)
{
    int recurrent = qp_cell_shape_of(s->cell)->recurrent * s->n;
    double x = norm ? normed(s, s->wx, norm, k, 0) : s->wx[k];
    double h = k >= recurrent ? 0 : norm ? normed(s, s->uh, norm, k, 2) : s->uh[k];
    return x + h + s->bias[k];
}

static void lstm_kinds(const plain_step *s)
{
    int n = s->n, norm = s->cell == QP_CELL_LSTM_LAYER_NORM ? 4 * n : 0;
    bool coupled = s->cell == QP_CELL_LSTM_COUPLED, peephole = s->cell == QP_CELL_LSTM_PEEPHOLE;
    double *c = s->c_new;
    for (int k = 0; k < n; k++) {
        double i = coupled ? 0 : gate_input(s, k, norm), f = gate_input(s, coupled ? k : n + k, norm);
        double g = tanh(gate_input(s, coupled ? n + k : 2 * n + k, norm));
        if (peephole) i += s->extra[0][k] * s->c[k], f += s->extra[0][n + k] * s->c[k];
        c[k] = sigmoid(f) * s->c[k] + (coupled ? 1 - sigmoid(f) : sigmoid(i)) * g;
    }
    for (int k = 0; k < n; k++) {
        double o = gate_input(s, coupled ? 2 * n + k : 3 * n + k, norm);
        if (peephole) o += s->extra[0][2 * n + k] * c[k];
        s->h_new[k] = sigmoid(o) * tanh(norm ? normed(s, c, n, k, 4) : c[k]);
    }
}

static void gru_kinds(const plain_step *s)
{
    int n = s->n, norm = s->cell == QP_CELL_GRU_LAYER_NORM ? n : 0;
    double r[64], z[64];
    for (int k = 0; k < n; k++) r[k] = sigmoid(gate_input(s, k, norm)), z[k] = sigmoid(gate_input(s, n + k, norm));
    for (int k = 0; k < n; k++) {
        int at = 2 * n + k;
        double x = (norm ? normed(s, s->wx, n, at, 0) : s->wx[at]) + s->bias[at], h;
        if (s->cell == QP_CELL_GRU_RESET_BEFORE)
            h = gated(s, k, r);
        else
            h = r[k] * (norm ? normed(s, s->uh, n, at, 2) : s->uh[at]);
        s->h_new[k] = (1 - z[k]) * tanh(x + h) + z[k] * s->h[k];
    }
}

static void mgu(const plain_step *s)
{
    int n = s->n;
    double f[64];
    for (int k = 0; k < n; k++) f[k] = sigmoid(gate_input(s, k, 0));
    for (int k = 0; k < n; k++)
        s->h_new[k] = (1 - f[k]) * s->h[k] + f[k] * tanh(gate_input(s, n + k, 0) + gated(s, k, f));
}

static void without_product(const plain_step *s, int k)
{
    int n = s->n;
    double a[4] = {0};
    for (int g = 0; g < qp_cell_shape_of(s->cell)->gates; g++) a[g] = gate_input(s, g * n + k, 0);
    if (s->cell == QP_CELL_MIN_GRU) {
        s->h_new[k] = (1 - sigmoid(a[0])) * s->h[k] + sigmoid(a[0]) * positive(a[1]);
    } else if (s->cell == QP_CELL_MIN_LSTM) {
        double f = sigmoid(a[0]), i = sigmoid(a[1]);
        s->h_new[k] = (f * s->h[k] + i * positive(a[2])) / (f + i);
    } else if (s->cell == QP_CELL_SRU) {
        double f = sigmoid(a[1] + s->extra[0][k] * s->c[k]), r = sigmoid(a[2] + s->extra[0][n + k] * s->c[k]);
        s->c_new[k] = f * s->c[k] + (1 - f) * a[0];
        s->h_new[k] = r * tanh(s->c_new[k]) + (1 - r) * a[3];
    } else {
        s->c_new[k] = sigmoid(a[1]) * s->c[k] + (1 - sigmoid(a[1])) * tanh(a[0]);
        s->h_new[k] = sigmoid(a[2]) * s->c_new[k];
    }
}

void plain_cell(const plain_step *s)
{
    switch (s->cell) {
    case QP_CELL_RNN:
    case QP_CELL_RNN_LAYER_NORM:
        for (int k = 0; k < s->n; k++)
            s->h_new[k] = tanh(gate_input(s, k, s->cell == QP_CELL_RNN_LAYER_NORM ? s->n : 0));
        break;
    case QP_CELL_LSTM:
    case QP_CELL_LSTM_PEEPHOLE:
    case QP_CELL_LSTM_COUPLED:
    case QP_CELL_LSTM_LAYER_NORM: lstm_kinds(s); break;
    case QP_CELL_GRU:
    case QP_CELL_GRU_RESET_BEFORE:
    case QP_CELL_GRU_LAYER_NORM: gru_kinds(s); break;
    case QP_CELL_MGU: mgu(s); break;
    case QP_CELL_MIN_GRU:
    case QP_CELL_MIN_LSTM:
    case QP_CELL_SRU:
    case QP_CELL_QRNN:
        for (int k = 0; k < s->n; k++) without_product(s, k);
        break;
    case QP_CELL_RNN_RELU:
    case QP_CELL_COUNT: abort();
    }
}
