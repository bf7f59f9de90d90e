#include "lib/train/rules/rule_table.h"

#define RULE(id, text, symbol) &qp_rule_##symbol,
static const qp_rule *const rules[] = {QP_OPTIMIZERS(RULE)};

const qp_rule *qp_rule_of(const qp_optimizer_config *config, int *states)
{
    const qp_rule *rule = rules[config->optimizer];
    *states = rule->states - (rule->last_state && !rule->last_state(config));
    return rule;
}
