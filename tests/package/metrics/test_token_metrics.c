#include "lib/package/token_metrics.h"

#include <criterion/criterion.h>
#include <math.h>

#include "lib/decode/predict.h"
#include "tests/package/small_package.h"

enum { OUTPUTS = 8, BATCHES = 2 };

/* "abc" and "b", then "ca". */
static const int32_t id[] = {4, 5, 6, QP_EOS, 5, QP_EOS, 6, 4, QP_EOS};
static const int32_t first[] = {0, 4, 6}, second[] = {0, 3};

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    (void)self;
    cr_assert_eq(epoch, 0);
    *count = BATCHES;
    return QP_OK;
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    (void)self;
    cr_assert_eq(slot, 0);
    qp_sequences s = number ? (qp_sequences){.count = 1, .start = second} : (qp_sequences){.count = 2, .start = first};
    *batch = (qp_batch){.target = {s, id + (number ? 6 : 0)}};
    return QP_OK;
}

/* -ln P of each token, and how many have the highest P. */
Test(token_metrics, tokens_by_definition)
{
    static const char *const setting[] = {"task=lm", "encoder=none", "decoder=gru", NULL};
    qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, "abc\n"), NULL);
    qp_batch_source source = {.begin = begin, .get = get};
    double loss = 0;
    int right = 0, outputs = qp_model_outputs(qp_model_config_of(package->model));
    cr_assert_leq(outputs, OUTPUTS);
    for (int b = 0; b < BATCHES; b++) {
        qp_real score[6 * OUTPUTS];
        qp_batch batch;
        get(NULL, b, 0, &batch);
        cr_assert_eq(qp_predict(package->model, &batch, 1, score), QP_OK);
        for (int r = 0; r < (b ? 3 : 6); r++) {
            int32_t token = batch.target.id[r];
            double sum = 0;
            bool most = true;
            for (int k = 0; k < outputs; k++) {
                sum += exp((double)score[r * outputs + k]);
                most = most && (k == token || score[r * outputs + k] < score[r * outputs + token]);
            }
            loss += log(sum) - (double)score[r * outputs + token];
            right += most;
        }
    }
    qp_token_metrics m = {0};
    cr_expect(qp_token_metrics_loss(&m) == 0 && qp_token_metrics_accuracy(&m) == 0, "nothing measured");
    cr_assert_eq(qp_token_metrics_measure(package->model, &source, 1, &m), QP_OK, "%s", qp_error_message());
    cr_expect(m.tokens == 9 && m.right == right);
    cr_expect_float_eq(qp_token_metrics_loss(&m), loss / 9, 1e-6);
    cr_expect_float_eq(qp_token_metrics_accuracy(&m), 100.0 * right / 9, 1e-9);
    cr_assert_eq(qp_token_metrics_measure(package->model, &source, 2, &m), QP_OK);
    cr_expect(m.tokens == 18 && m.right == 2 * right, "a second source is added");
    cr_expect_float_eq(qp_token_metrics_loss(&m), loss / 9, 1e-6);
    qp_package_free(package);
}
