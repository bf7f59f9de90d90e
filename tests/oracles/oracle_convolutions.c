#include <stdio.h>
#include <stdlib.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_convolution.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_glu.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_pool.h"
#include "tests/oracles/oracle.h"

/* Networks of convolutions: character CNNs, and stacks of gated convolutions. */

/* param.STEM.weight [out, in, taps] as a matrix [out, in*taps]. */
static qp_tensor filters(oracle *o, const char *stem, int *taps)
{
    char name[48], full[64];
    snprintf(name, sizeof name, "%s.weight", stem);
    snprintf(full, sizeof full, "param.%s", name);
    qp_tensor weight = oracle_param(o, name);
    *taps = oracle_size(o, full, 2);
    weight.rows = oracle_size(o, full, 0);
    weight.columns = weight.stride = oracle_size(o, full, 1) * *taps;
    return weight;
}

static qp_tensor bias_of(oracle *o, const char *stem)
{
    char name[48];
    snprintf(name, sizeof name, "%s.bias", stem);
    return oracle_param_or_none(o, name);
}

static void char_cnn(oracle *o)
{
    enum { MOST = 16 };
    int words = oracle_size(o, "in.ids", 0), length = oracle_size(o, "in.ids", 1), widths = 0;
    qp_tensor part[MOST];
    qp_sequences s = oracle_ragged_of(o, words, length, NULL).sequences;
    qp_tensor x = qp_embedding(o->tape, oracle_param(o, "embed.weight"), words * length, oracle_ints(o, "in.ids"), 1,
                               NULL, (qp_tensor){0});
    for (const char *at = oracle_text(o, "widths"); *at && widths < MOST; widths++) {
        char stem[16], *end;
        int taps, width = (int)strtol(at, &end, 10);
        qp_sequences frames;
        snprintf(stem, sizeof stem, "conv%d", width);
        qp_tensor weight = filters(o, stem, &taps);
        if (end == at || taps != width) oracle_stop(o, "widths %s, %d taps", at, taps);
        at = *end ? end + 1 : end;
        const qp_window window = {.size = taps};
        qp_tensor y = qp_convolution(o->tape, x, s, weight, bias_of(o, stem), &window, 1, &frames);
        part[widths] = qp_pool_sequence(o->tape, qp_activation(o->tape, y, QP_TANH, 0), frames, QP_POOL_MAX);
    }
    oracle_output(o, "y", qp_join_columns(o->tape, widths, part), NULL);
}

static void conv_s2s(oracle *o)
{
    int batch = oracle_size(o, "in.x", 0), time = oracle_size(o, "in.x", 1), features = oracle_size(o, "in.x", 2);
    bool causal = oracle_flag(o, "causal");
    qp_sequences s = oracle_ragged_of(o, batch, time, NULL).sequences;
    qp_tensor y = oracle_input(o, "x", batch * time, features, NULL);
    for (int i = 0; i < oracle_int(o, "layers"); i++) {
        char stem[16];
        int taps;
        snprintf(stem, sizeof stem, "%d", i);
        qp_tensor weight = filters(o, stem, &taps);
        qp_window window = {.size = taps, .pad_left = causal ? taps - 1 : (taps - 1) / 2};
        window.pad_right = causal ? 0 : window.pad_left;
        qp_tensor z = qp_convolution(o->tape, y, s, weight, bias_of(o, stem), &window, 1, NULL);
        y = qp_scale(o->tape, qp_add(o->tape, y, qp_glu(o->tape, z, QP_SIGMOID)), (qp_real)0.70710678118654752440);
    }
    oracle_output(o, "y", y, NULL);
}

const oracle_row oracle_rows_convolutions[] = {{"char_cnn", char_cnn}, {"conv_s2s", conv_s2s}, {0}};
