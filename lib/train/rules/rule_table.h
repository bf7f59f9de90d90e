#ifndef QP_RULE_TABLE_H
#define QP_RULE_TABLE_H

#include "lib/train/rules/update_rule.h"

/* qp_rule_of — the rule of config->optimizer; *states is how many of its states this configuration uses. */
const qp_rule *qp_rule_of(const qp_optimizer_config *config, int *states);

#endif
