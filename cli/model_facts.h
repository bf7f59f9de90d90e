#ifndef QP_MODEL_FACTS_H
#define QP_MODEL_FACTS_H

#include "lib/package/package.h"

/* model_facts — what is known of a model, as lines of name and value. */
typedef struct {
    char name[40], value[600];
    bool usual; /* a setting that has its default, and is not one that everybody asks for */
} qp_model_fact;

typedef struct {
    qp_model_fact *fact;
    int count, capacity;
    bool failed; /* no memory */
} qp_model_facts;

/* qp_model_facts_collect — parameters, tokenizers, the settings that a model of this kind reads, and the number of
 *   n-grams. *all starts as zeros and is freed by the caller.    Errors  QP_EMEMORY
 * qp_model_facts_value — the value of a name; "-": it is not among them. */
qp_status qp_model_facts_collect(const qp_package *m, qp_model_facts *all);
const char *qp_model_facts_value(const qp_model_facts *all, const char *name);
void qp_model_facts_free(qp_model_facts *all);

#endif
