#include "lib/import/gguf/gguf_plan.h"

#include <stdio.h>
#include <string.h>

const char *qp_gguf_key(qp_gguf_plan *p, const char *name)
{
    snprintf(p->key, sizeof p->key, "%s.%s", p->architecture->name, name);
    return p->key;
}

int64_t qp_gguf_whole(qp_gguf_plan *p, const char *name, int64_t high, int64_t fallback)
{
    return qp_json_config_whole(&p->json, qp_gguf_key(p, name), 0, high, fallback);
}

int64_t qp_gguf_need(qp_gguf_plan *p, const char *name, int64_t high)
{
    return qp_json_config_need(&p->json, qp_gguf_key(p, name), 1, high);
}

double qp_gguf_real(qp_gguf_plan *p, const char *name, double fallback)
{
    return qp_json_config_real(&p->json, qp_gguf_key(p, name), fallback);
}

void qp_gguf_refuse(qp_gguf_plan *p, const char *name, const char *why)
{
    qp_json_config_refuse(&p->json, qp_gguf_key(p, name), why);
}

int qp_gguf_array_index(const qp_gguf_plan *p, const char *name)
{
    for (int i = 0; i < p->source->count; i++)
        if (strcmp(p->source->at(p->source->self, i).name, name) == 0) return i;
    return -1;
}
