#include <math.h>
#include <stdint.h>

#include "lib/base/half.h"
#include "lib/base/share.h"
#include "lib/nn/params_internal.h"

/* Looks for weights that are NaN or infinite: all threads, a parameter at a time. */
typedef struct {
    const qp_params *params;
    const char *place;
} finite_check;

static size_t first_wrong_real(const qp_real *value, size_t count)
{
    int wrong = 0;
    for (size_t e = 0; e < count; e++) wrong |= !isfinite(value[e]);
    size_t e = wrong ? 0 : count;
    while (e < count && isfinite(value[e])) e++;
    return e;
}

/* Of weights of 16 bits, whose exponent has these bits: all of them set mean NaN or infinite. */
static size_t first_wrong_half(const uint16_t *value, uint16_t exponent, size_t count)
{
    int wrong = 0;
    for (size_t e = 0; e < count; e++) wrong |= (value[e] & exponent) == exponent;
    size_t e = wrong ? 0 : count;
    while (e < count && (value[e] & exponent) != exponent) e++;
    return e;
}

static float half_value(const qp_packed *stored, size_t e)
{
    const uint16_t half = ((const uint16_t *)stored->row)[e];
    return stored->type == QP_WEIGHT_BF16 ? qp_bfloat_to_float(half) : qp_half_to_float(half);
}

/* A matrix that is mapped in fewer bits may have no values in fp32; the factors of 8 bits have been checked. */
static qp_status check_one(void *self, size_t part, int thread)
{
    const finite_check *c = self;
    const int index = (int)part;
    const qp_parameter *p = &c->params->parameter[index];
    const size_t count = (size_t)p->rows * (size_t)p->columns;
    const qp_packed *stored = c->params->map ? qp_params_stored(c->params, index) : NULL;
    const qp_real *value = c->params->mapped ? c->params->mapped[index] : c->params->block + p->offset;
    (void)thread;
    if (stored && stored->type == QP_WEIGHT_INT8) return QP_OK;
    const uint16_t exponent = stored && stored->type == QP_WEIGHT_BF16 ? 0x7F80 : 0x7C00;
    const size_t e = stored ? first_wrong_half(stored->row, exponent, count) : first_wrong_real(value, count);
    if (e == count) return QP_OK;
    return qp_fail(QP_EDATA,
                   "%s: tensor '%s': element %zu is %g; the file is damaged or its training failed: fetch it, or train "
                   "it, again",
                   c->place, p->name, e, stored ? (double)half_value(stored, e) : (double)value[e]);
}

qp_status qp_params_check_finite(const qp_params *params, const char *place)
{
    enum { FEW = 1 << 22 }; /* weights that are not worth a second thread */
    finite_check check = {params, place};
    if (params->count == 0 || (!params->block && !params->mapped)) return QP_OK;
    return qp_share(&(qp_shared_job){&check, check_one, NULL}, (size_t)params->count, params->elements < FEW ? 1 : 0);
}
