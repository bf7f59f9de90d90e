#include <criterion/criterion.h>
#include <math.h>

#include "lib/train/rules/rule_table.h"

static const qp_rule *rule_of(int optimizer, qp_optimizer_config *config)
{
    int states;
    qp_config_defaults(&qp_optimizer_fields, config);
    config->optimizer = optimizer;
    return qp_rule_of(config, &states);
}

/* The factors of nadam's update t by their definition, however large t is. */
Test(adam, nadam_after_many_updates)
{
    static const int64_t update[] = {1, 2, 100, 5000, 7000, 20000, 100000};
    qp_optimizer_config config;
    const qp_rule *rule = rule_of(QP_NADAM, &config);
    const double lr = 0.01;
    for (size_t i = 0; i < sizeof update / sizeof *update; i++) {
        double product = 1, mu = 0;
        for (int64_t k = 1; k <= update[i]; k++)
            product *= mu = config.beta1 * (1 - 0.5 * pow(0.96, (double)k * config.momentum_decay));
        double next = config.beta1 * (1 - 0.5 * pow(0.96, (double)(update[i] + 1) * config.momentum_decay));
        qp_rule_constants c = {0};
        rule->prepare(&config, update[i], lr, &c);
        cr_expect_float_eq((double)c.gradient_rate, lr * (1 - mu) / (1 - product), 1e-8, "update %lld",
                           (long long)update[i]);
        cr_expect_float_eq((double)c.rate, lr * next / (1 - product * next), 1e-7, "update %lld", (long long)update[i]);
    }
}

/* radam is not rectified until the variance is tractable: with the default beta2 from the sixth update. */
Test(adam, radam_begins_without_the_variance)
{
    qp_optimizer_config config;
    const qp_rule *rule = rule_of(QP_RADAM, &config);
    for (int64_t t = 1; t <= 12; t++) {
        double b2t = pow(config.beta2, (double)t), top = 2 / (1 - config.beta2) - 1;
        double r = top - 2 * (double)t * b2t / (1 - b2t), rate = 0.01 / (1 - pow(config.beta1, (double)t));
        qp_rule_constants c = {0};
        rule->prepare(&config, t, 0.01, &c);
        cr_expect_eq(c.rectified, t >= 6, "update %lld", (long long)t);
        if (r > 5) rate *= sqrt((r - 4) * (r - 2) * top / ((top - 4) * (top - 2) * r)) * sqrt(1 - b2t);
        cr_expect_float_eq((double)c.rate, rate, 1e-7, "update %lld", (long long)t);
    }
}

/* The bias of the running means, m/(1-b1^t) and v/(1-b2^t), is in the constants. */
Test(adam, corrections_of_the_first_updates)
{
    qp_optimizer_config config;
    const qp_rule *rule = rule_of(QP_ADAM, &config);
    for (int64_t t = 1; t <= 1000; t += 37) {
        qp_rule_constants c = {0};
        rule->prepare(&config, t, 0.01, &c);
        cr_expect_float_eq((double)c.rate, 0.01 / (1 - pow(config.beta1, (double)t)), 1e-7);
        cr_expect_float_eq((double)c.v_scale, 1 / sqrt(1 - pow(config.beta2, (double)t)), 1e-4);
        cr_expect_eq(c.momentum, (qp_real)config.beta1);
        cr_expect_eq(c.fresh, 1 - (qp_real)config.beta1);
        cr_expect_eq(c.epsilon, (qp_real)config.eps);
    }
}
