#ifndef QP_METRICS_H
#define QP_METRICS_H

/* metrics — the results of one validation, in the order measured. */
enum { QP_METRICS_MAX = 16 };
typedef struct {
    int count;
    struct {
        char name[24];
        double value;
    } entry[QP_METRICS_MAX];
} qp_metrics;

/* qp_metrics_add  — appends one; names longer than 23 bytes are cut, results beyond QP_METRICS_MAX are dropped.
 * qp_metrics_find — the value of `name`, or NULL if it was not measured. */
void qp_metrics_add(qp_metrics *metrics, const char *name, double value);
const double *qp_metrics_find(const qp_metrics *metrics, const char *name);

#endif
