#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nn/initializer.h"
#include "lib/tensor/gemm.h"
#include "tests/oracles/oracle_learning.h"

/* Initializers, optimizers, learning rate schedules. */

static void set_text(oracle *o, const qp_field_table *table, void *config, const char *field, const char *text)
{
    const qp_field *found = qp_config_find(table, field);
    if (!found) oracle_stop(o, "%s has no field %s", table->title, field);
    if (qp_config_set(found, config, o->name, text) != QP_OK) oracle_stop(o, "%s", qp_error_message());
}

/* The same for the name of a rule; an unknown rule skips the case. */
static void set_rule(oracle *o, const qp_field_table *table, void *config, const char *field, const char *name)
{
    if (qp_config_set(qp_config_find(table, field), config, o->name, name) != QP_OK)
        oracle_skip(o, "%s %s", table->title, name);
}

/* Set field `field` from key `key` if the case has it. */
static void set(oracle *o, const qp_field_table *table, void *config, const char *field, const char *key)
{
    const char *text = oracle_text_or(o, key, NULL);
    if (text) set_text(o, table, config, field, text);
}

/* ---- optimizers ---- */

enum { NAMES = 256 };

typedef struct {
    qp_optimizer_span span[NAMES];
    const char *name[NAMES];
    int spans, steps;
    size_t size;
} layout;

/* Two fields from one key, "first,second". */
static void set_two(oracle *o, qp_optimizer_config *config, const char *first, const char *second, const char *key)
{
    const char *text = oracle_text_or(o, key, NULL), *comma = text ? strchr(text, ',') : NULL;
    char before[64];
    if (!comma) return;
    snprintf(before, sizeof before, "%.*s", (int)(comma - text), text);
    set_text(o, &qp_optimizer_fields, config, first, before);
    set_text(o, &qp_optimizer_fields, config, second, comma + 1);
}

void oracle_optimizer_config(oracle *o, qp_optimizer_config *config)
{
    static const char *const pair[][2] = {{"eps", "eps"},
                                          {"beta1", "beta"},
                                          {"adafactor_eps", "eps1"},
                                          {"adafactor_least", "eps2"},
                                          {"adafactor_clip", "clip_threshold"},
                                          {"asgd_lambda", "lambd"},
                                          {"lars_trust", "trust"},
                                          {"muon_nesterov", "nesterov"},
                                          {"muon_steps", "ns_steps"},
                                          {"lookahead", "k"},
                                          {"amsgrad", "amsgrad"},
                                          {"momentum_decay", "momentum_decay"},
                                          {"momentum", "momentum"},
                                          {"dampening", "dampening"},
                                          {"rmsprop_alpha", "alpha"},
                                          {"rmsprop_centered", "centered"},
                                          {"adadelta_rho", "rho"},
                                          {"adagrad_decay", "lr_decay"},
                                          {"adagrad_start", "initial_accumulator_value"},
                                          {"weight_decay", "weight_decay"},
                                          {"weight_decay", "direction_decay"},
                                          {"decoupled_decay", "decoupled_decay"},
                                          {"l1", "l1"},
                                          {"clip_norm", "clip_norm"},
                                          {"clip_value", "clip_value"},
                                          {"max_norm", "max_norm"},
                                          {"ema", "ema_decay"}};
    qp_config_defaults(&qp_optimizer_fields, config);
    bool lookahead = oracle_is(o, "optimizer", "lookahead");
    set_rule(o, &qp_optimizer_fields, config, "optimizer", lookahead ? "adam" : oracle_text(o, "optimizer"));
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++)
        set(o, &qp_optimizer_fields, config, pair[i][0], pair[i][1]);
    if (oracle_is(o, "optimizer", "asgd")) set(o, &qp_optimizer_fields, config, "asgd_alpha", "alpha");
    if (lookahead) set(o, &qp_optimizer_fields, config, "lookahead_alpha", "alpha");
    if (oracle_text_or(o, "decay_rate", NULL)) config->adafactor_decay = -oracle_number(o, "decay_rate");
    if (oracle_is(o, "optimizer", "rmsprop")) set(o, &qp_optimizer_fields, config, "rmsprop_momentum", "momentum");
    set_two(o, config, "beta1", "beta2", "betas");
    set_two(o, config, "rprop_shrink", "rprop_grow", "etas");
    set_two(o, config, "rprop_min", "rprop_max", "step_sizes");
}

static layout layout_of(oracle *o)
{
    layout l = {.steps = oracle_int(o, "steps")};
    for (int i = 0; i < qp_safetensors_count(o->file); i++) {
        const qp_stored *stored = qp_safetensors_at(o->file, i);
        if (strncmp(stored->name, "p0.", 3) != 0) continue;
        if (l.spans == NAMES) oracle_stop(o, "more than %d parameters", NAMES);
        if (stored->count == 0) oracle_stop(o, "%s is empty", stored->name);
        bool matrix = stored->dimensions >= 2; /* the rows are the first axis, at any rank */
        int rows = matrix ? oracle_size(o, stored->name, 0) : 1, columns = (int)stored->count / rows;
        l.name[l.spans] = stored->name + 3;
        l.span[l.spans++] =
            (qp_optimizer_span){.offset = l.size, .rows = rows, .columns = columns, .decay = true, .matrix = matrix};
        l.size += (stored->count + 15) / 16 * 16;
    }
    return l;
}

static size_t span_count(const layout *l, int i) { return (size_t)l->span[i].rows * (size_t)l->span[i].columns; }

static qp_real *loaded(oracle *o, const char *prefix, const char *name, size_t count)
{
    char full[160];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    if (oracle_array(o, full)->count != count) oracle_stop(o, "%s has not %zu elements", full, count);
    return oracle_reals(o, full);
}

static void compare_history(oracle *o, const layout *l, const char *prefix, qp_real *const *history)
{
    for (int i = 0; i < l->spans; i++) {
        char full[160];
        snprintf(full, sizeof full, "%s%s", prefix, l->name[i]);
        oracle_compare(o, full, span_count(l, i) * (size_t)l->steps, history[i]);
    }
}

static void walk(oracle *o, const layout *l, qp_optimizer *optimizer, double lr)
{
    qp_real *weight = oracle_memory(o, l->size * sizeof *weight),
            *gradient = oracle_memory(o, l->size * sizeof *weight);
    qp_real *given[NAMES], *past[NAMES], *past_ema[NAMES], *norms = oracle_memory(o, (size_t)l->steps * sizeof *norms);
    for (int i = 0; i < l->spans; i++) {
        size_t count = span_count(l, i), whole = count * (size_t)l->steps;
        memcpy(weight + l->span[i].offset, loaded(o, "p0.", l->name[i], count), count * sizeof *weight);
        given[i] = loaded(o, "g.", l->name[i], whole);
        past[i] = oracle_memory(o, whole * sizeof *weight);
        past_ema[i] = oracle_memory(o, whole * sizeof *weight);
    }
    for (int t = 0; t < l->steps; t++) {
        const qp_real *blocks[1] = {gradient};
        double norm;
        for (int i = 0; i < l->spans; i++)
            memcpy(gradient + l->span[i].offset, given[i] + (size_t)t * span_count(l, i),
                   span_count(l, i) * sizeof *weight);
        if (qp_optimizer_step(optimizer, weight, blocks, 1, 1, lr, 1, &norm) != QP_OK)
            oracle_stop(o, "%s", qp_error_message());
        norms[t] = (qp_real)norm;
        const qp_real *ema = qp_optimizer_mean(optimizer);
        for (int i = 0; i < l->spans; i++) {
            size_t count = span_count(l, i), at = (size_t)t * count;
            memcpy(past[i] + at, weight + l->span[i].offset, count * sizeof *weight);
            if (ema) memcpy(past_ema[i] + at, ema + l->span[i].offset, count * sizeof *weight);
        }
    }
    compare_history(o, l, "p.", past);
    if (oracle_number(o, "ema_decay") > 0) compare_history(o, l, "ema.", past_ema);
    oracle_compare(o, "grad_norm", (size_t)l->steps, norms);
}

static void optimizer(oracle *o)
{
    qp_optimizer_config config;
    oracle_optimizer_config(o, &config);
    config.l2 = oracle_number_or(o, "weight_decay", 0); /* in these cases weight_decay is L2 for every rule */
    config.weight_decay = oracle_number_or(o, "direction_decay", 0);
    layout l = layout_of(o);
    qp_optimizer *made;
    if (qp_optimizer_new(&config, l.size, l.span, l.spans, &made) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    walk(o, &l, made, oracle_number(o, "lr"));
    qp_optimizer_free(made);
}

/* ---- schedules ---- */

/* Settings that the cases give in other units. */
static void schedule_translated(oracle *o, const char *key, qp_schedule_config *config)
{
    if (oracle_is(o, key, "tri_stage")) config->lr_min = config->lr * oracle_number(o, "final_scale");
    if (oracle_is(o, key, "exponential_warmup")) config->lr_hold = config->lr_warmup;
    if (oracle_is(o, key, "inverse_sqrt_marian")) config->lr_warmup_start = oracle_number(o, "start");
    bool plateau = oracle_is(o, key, "wsd") || oracle_is(o, key, "tri_stage");
    if (plateau && config->lr_hold == 0) config->lr_total = config->lr_warmup + config->lr_fall;
    if (oracle_is(o, key, "luong")) {
        int total = oracle_int(o, "total"), begin = (int)(total * oracle_number(o, "start"));
        config->lr_hold = begin;
        config->lr_step = (total - begin) / oracle_int(o, "times");
    }
}

void oracle_schedule_config(oracle *o, const char *key, qp_schedule_config *config)
{
    static const char *const kind[][2] = {{"inverse_sqrt", "inv-sqrt"},
                                          {"onecycle", "one-cycle"},
                                          {"inverse_sqrt_marian", "inv-sqrt-marian"},
                                          {"luong", "step"},
                                          {"exponential_warmup", "step"}};
    static const char *const pair[][2] = {{"lr", "base_lr"},
                                          {"lr_warmup", "warmup"},
                                          {"lr_total", "total"},
                                          {"lr_min", "end_lr"},
                                          {"lr_min", "min_lr"},
                                          {"lr_gamma", "gamma"},
                                          {"lr_step", "step_size"},
                                          {"lr_step", "step_size_up"},
                                          {"lr_step", "t0"},
                                          {"lr_stretch", "t_mult"},
                                          {"lr_power", "power"},
                                          {"lr_hold", "stable"},
                                          {"lr_hold", "hold"},
                                          {"lr_fall", "decay"},
                                          {"lr_anneal", "shape"},
                                          {"lr_warmup_start", "init_scale"},
                                          {"lr_step", "inv_sqrt"},
                                          {"lr_step", "decay_steps"},
                                          {"lr_step", "every"},
                                          {"lr_staircase", "staircase"},
                                          {"lr_div", "ratio"},
                                          {"lr_rise", "cut_frac"},
                                          {"lr_step_down", "step_size_down"},
                                          {"lr_milestones", "milestones"},
                                          {"lr_anneal", "anneal"},
                                          {"lr_rise", "pct_start"},
                                          {"lr_div", "div_factor"},
                                          {"lr_final_div", "final_div_factor"},
                                          {"lr_width", "d_model"},
                                          {"lr_patience", "patience"},
                                          {"lr_cooldown", "cooldown"},
                                          {"lr_threshold", "threshold"}};
    bool noam = oracle_is(o, key, "noam"), cycle = oracle_is(o, key, "onecycle");
    const char *name = oracle_text(o, key);
    qp_config_defaults(&qp_schedule_fields, config);
    config->lr_warmup = 0;
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
        if (strcmp(name, kind[i][0]) == 0) name = kind[i][1];
    set_rule(o, &qp_schedule_fields, config, "lr_schedule", name);
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) set(o, &qp_schedule_fields, config, pair[i][0], pair[i][1]);
    set(o, &qp_schedule_fields, config, cycle ? "lr" : "lr_max", "max_lr");
    if (oracle_is(o, "mode", "exp_range")) set_text(o, &qp_schedule_fields, config, "lr_cycle", "exp-range");
    if (oracle_is(o, "mode", "triangular2")) set_text(o, &qp_schedule_fields, config, "lr_cycle", "triangular2");
    set(o, &qp_schedule_fields, config, noam ? "lr" : "lr_gamma", "factor");
    schedule_translated(o, key, config);
    if (qp_schedule_check(config) != QP_OK) oracle_stop(o, "%s", qp_error_message());
}

static void schedule(oracle *o)
{
    qp_schedule_config config;
    bool plateau = oracle_is(o, "kind", "plateau");
    oracle_schedule_config(o, "kind", &config);
    int updates = oracle_int(o, "updates");
    qp_real *rate = oracle_memory(o, (size_t)updates * sizeof *rate);
    const qp_real *metric = plateau ? oracle_reals(o, "in.metric") : NULL;
    qp_plateau seen;
    qp_plateau_init(&config, &seen);
    for (int i = 0; i < updates; i++) {
        rate[i] = (qp_real)qp_schedule_rate(&config, &seen, i);
        if (plateau) qp_plateau_update(&config, &seen, (double)metric[i], oracle_is(o, "mode", "max"));
    }
    oracle_compare(o, "out.lr", (size_t)updates, rate);
}

/* ---- initializers ---- */

/* PyTorch's names: kaiming with gain g is He with gain g / sqrt(2); the mode chooses the fan. */
static qp_init init_of(oracle *o, int *fan_in, int *fan_out)
{
    static const struct {
        const char *name;
        qp_init_kind kind;
    } known[] = {{"xavier_uniform", QP_INIT_XAVIER_UNIFORM},
                 {"xavier_normal", QP_INIT_XAVIER_NORMAL},
                 {"kaiming_uniform", QP_INIT_HE_UNIFORM},
                 {"kaiming_normal", QP_INIT_HE_NORMAL},
                 {"orthogonal", QP_INIT_ORTHOGONAL}};
    *fan_in = oracle_int(o, "fan_in");
    *fan_out = oracle_int(o, "fan_out");
    if (oracle_is(o, "mode", "fan_out")) *fan_in = *fan_out;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (oracle_is(o, "kind", known[i].name)) {
            bool he = known[i].kind == QP_INIT_HE_UNIFORM || known[i].kind == QP_INIT_HE_NORMAL;
            return (qp_init){.kind = known[i].kind, .gain = oracle_number(o, "gain") / (he ? sqrt(2.0) : 1)};
        }
    oracle_skip(o, "init %s", oracle_text(o, "kind"));
}

/* Largest absolute element of W W' - gain^2 I (or W' W - gain^2 I). */
static double gram_error(oracle *o, int rows, int columns, const qp_real *w, double gain)
{
    int n = rows <= columns ? rows : columns;
    qp_real *gram = oracle_memory(o, (size_t)n * (size_t)n * sizeof *gram);
    double worst = 0;
    qp_matrix factor = qp_matrix_dense(w, rows, columns);
    qp_gemm(rows > columns ? QP_ATB : QP_ABT, 1, factor, factor, 0, qp_matrix_dense(gram, n, n));
    for (int i = 0; i < n * n; i++) worst = fmax(worst, fabs((double)gram[i] - (i / n == i % n ? gain * gain : 0)));
    return worst;
}

static void init(oracle *o)
{
    int rows = oracle_size(o, "in.sample", 0), count = (int)oracle_array(o, "in.sample")->count, fan_in, fan_out;
    int columns = count / rows;
    qp_init kind = init_of(o, &fan_in, &fan_out);
    qp_real *value = oracle_memory(o, (size_t)count * sizeof *value);
    const qp_real *expected = oracle_reals(o, "out.expected");
    double mean = 0, squares = 0, largest = 0, std = (double)expected[1], bound = (double)expected[2];
    if (oracle_array(o, "out.expected")->count != 3) oracle_stop(o, "out.expected has not 3 elements");
    qp_init_fill(kind, rows, columns, fan_in, fan_out, 5, value);
    for (int i = 0; i < count; i++) {
        mean += (double)value[i] / count;
        squares += (double)value[i] * (double)value[i] / count;
        largest = fmax(largest, fabs((double)value[i]));
    }
    double deviation = sqrt(squares - mean * mean);
    oracle_expect(o, "out.expected", fabs(mean - (double)expected[0]) < 5 * std / sqrt(count), "mean %g, should be %g",
                  mean, (double)expected[0]);
    oracle_expect(o, "out.expected", fabs(deviation / std - 1) < 5 / sqrt(2.0 * count), "deviation %g, should be %g",
                  deviation, std);
    oracle_expect(o, "out.expected", bound == 0 || largest <= bound * (1 + 1e-6), "%g is outside +-%g", largest, bound);
    if (kind.kind != QP_INIT_ORTHOGONAL) return;
    double error = gram_error(o, rows, columns, value, oracle_number(o, "gain"));
    oracle_expect(o, "out.expected", error <= 1e-5, "not orthogonal by %g", error);
}

const oracle_row oracle_rows_learning[] = {{"optimizer", optimizer}, {"schedule", schedule}, {"init", init}, {0}};
