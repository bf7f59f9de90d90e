#include "lib/package/match_metrics.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/predict.h"
#include "lib/metric/ranking.h"
#include "tests/package/small_package.h"

enum { PAIRS = 1100, LONGEST = 3 };

typedef struct {
    qp_corpus corpus;
    int32_t id[2][PAIRS * LONGEST];
    int64_t start[2][PAIRS + 1];
    qp_real *vector[2]; /* [pairs, width] */
    int width;
} pairs;

static qp_package *matcher(void)
{
    static const char *const setting[] = {"task=match", "decoder=none", "encoder=gru", NULL};
    return small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, "abcdefghijkl\n"), NULL);
}

/* Short texts, of which some targets are equal, and their vectors. */
static void make(const qp_package *package, int count, pairs *p)
{
    static int32_t start[PAIRS + 1], answer[PAIRS + 1];
    unsigned draw = 1;
    p->corpus = (qp_corpus){.sequences = count};
    p->width = qp_model_outputs(qp_model_config_of(package->model));
    for (int side = 0; side < 2; side++) {
        int64_t used = 0;
        for (int i = 0; i <= count; i++) {
            p->start[side][i] = used;
            start[i] = (int32_t)used;
            answer[i] = i;
            for (int k = 0; i < count && k <= i % LONGEST; k++) {
                draw = draw * 1103515245 + 12345;
                p->id[side][used++] = k < i % LONGEST ? 4 + (int32_t)(draw / 65536 % 12) : QP_EOS;
            }
        }
        qp_corpus_side *s = side ? &p->corpus.target : &p->corpus.source;
        *s = (qp_corpus_side){.id = p->id[side], .start = p->start[side]};
        p->vector[side] = malloc((size_t)count * (size_t)p->width * sizeof **p->vector);
        qp_batch batch = {.source = {{.count = count, .start = start}, p->id[side]},
                          .target = {{.count = count, .start = answer}, NULL}};
        cr_assert_eq(qp_predict(package->model, &batch, 1, p->vector[side]), QP_OK, "%s", qp_error_message());
    }
}

static void clean(pairs *p)
{
    free(p->vector[0]);
    free(p->vector[1]);
}

static double cosine(const pairs *p, int source, int target)
{
    double sum = 0;
    for (int k = 0; k < p->width; k++)
        sum += (double)p->vector[0][source * p->width + k] * (double)p->vector[1][target * p->width + k];
    return sum;
}

static bool same_target(const pairs *p, int i, int k)
{
    int64_t length = p->start[1][i + 1] - p->start[1][i];
    return length == p->start[1][k + 1] - p->start[1][k] &&
           memcmp(p->id[1] + p->start[1][i], p->id[1] + p->start[1][k], (size_t)length * 4) == 0;
}

/* Of each source: how many targets with another text are as similar as its own. */
static void expect_recall(const pairs *p, const qp_match_metrics *m)
{
    int found[QP_RECALLS] = {0}, count = (int)p->corpus.sequences;
    for (int i = 0; i < count; i++) {
        int before = 0;
        for (int k = 0; k < count; k++) before += !same_target(p, i, k) && cosine(p, i, k) >= cosine(p, i, i);
        found[0] += before < 1;
        found[1] += before < 5;
        found[2] += before < 10;
    }
    cr_expect(m->pairs == count && !m->scored);
    for (int r = 0; r < QP_RECALLS; r++)
        cr_expect_float_eq(m->recall[r], 100.0 * found[r] / count, 1e-9, "%d: %g of %d", r, m->recall[r], count);
    cr_expect(m->recall[0] < m->recall[2] && m->recall[2] < 100, "%g %g", m->recall[0], m->recall[2]);
}

/* Blocks of 64 sources and of 1024 texts are not seen in the results, nor is the number of threads. */
Test(match_metrics, recall_by_definition)
{
    static const int count[] = {20, 65, 1025};
    static pairs p;
    qp_package *package = matcher();
    for (int i = 0; i < 3; i++) {
        make(package, count[i], &p);
        for (int threads = 1; threads < 3; threads++) {
            qp_match_metrics m;
            cr_assert_eq(qp_match_metrics_measure(package->model, &p.corpus, threads, NULL, &m), QP_OK, "%s",
                         qp_error_message());
            expect_recall(&p, &m);
        }
        clean(&p);
    }
    qp_package_free(package);
}

Test(match_metrics, scores_by_definition)
{
    enum { COUNT = 30 };
    static pairs p;
    qp_package *package = matcher();
    make(package, COUNT, &p);
    for (int binary = 0; binary < 2; binary++) {
        double cosines[COUNT], score[COUNT], spearman, cut, accuracy;
        qp_real given[COUNT];
        qp_match_metrics m;
        for (int i = 0; i < COUNT; i++) {
            cosines[i] = cosine(&p, i, i);
            score[i] = binary ? i * 7 % 5 < 2 : (i * 7 % 11) / 10.0;
            given[i] = (qp_real)score[i];
            score[i] = (double)given[i];
        }
        p.corpus.score = given;
        cr_assert_eq(qp_spearman(cosines, score, COUNT, &spearman), QP_OK);
        cr_assert_eq(qp_best_cut(cosines, score, COUNT, &cut, &accuracy), QP_OK);
        cr_assert_eq(qp_match_metrics_measure(package->model, &p.corpus, 1, NULL, &m), QP_OK, "%s", qp_error_message());
        cr_expect(m.scored && m.binary == binary && m.pairs == COUNT);
        cr_expect_float_eq(m.spearman, spearman, 1e-9);
        cr_expect_float_eq(m.accuracy, binary ? 100 * accuracy : 0, 1e-9);
        cr_expect_float_eq(m.cut, binary ? cut : 0, 1e-6);
    }
    clean(&p);
    qp_package_free(package);
}
