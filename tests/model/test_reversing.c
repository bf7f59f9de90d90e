#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/decode/search.h"
#include "tests/model/model_check.h"
#include "tests/sanitized.h"

/* Every encoder with every decoder learns to reverse sequences it has never seen. There are 5 + 25 + 125 + 625
 * sequences of 1 to 4 of 5 symbols; a fifth of those of 3 and 4 is kept for testing. */
enum { SYMBOLS = 5, LENGTH = 4, EVERY = 780, BATCH = 48, STEPS = 1500, LOOK = 50 };

typedef struct {
    int32_t start[EVERY + 1], source[EVERY * (LENGTH + 1)], target[EVERY * (LENGTH + 1)];
    int count;
} pairs;

/* Sequence `number` of all, and its reverse. */
static void add(pairs *p, int number)
{
    int length = 1, count = SYMBOLS, at = p->start[p->count];
    for (; number >= count; length++, count *= SYMBOLS) number -= count;
    for (int j = 0; j < length; j++, number /= SYMBOLS)
        p->source[at + j] = p->target[at + length - 1 - j] = QP_SPECIAL_COUNT + number % SYMBOLS;
    p->source[at + length] = p->target[at + length] = QP_EOS;
    p->start[++p->count] = at + length + 1;
}

static bool is_kept(int number) { return number >= 30 && qp_random_below(7, (uint64_t)number, 5) == 0; }

static qp_batch batch_of(const pairs *p)
{
    return (qp_batch){.source = {{p->count, p->start, NULL}, p->source},
                      .target = {{p->count, p->start, NULL}, p->target}};
}

/* Of the kept sequences so many are reversed by a beam. */
static int right(const qp_model *model, const pairs *kept, int beam)
{
    qp_search_config config;
    qp_search_result result[EVERY];
    qp_batch batch = batch_of(kept);
    qp_config_defaults(&qp_search_fields, &config);
    config.beam_size = beam;
    config.patience = 3; /* the models are sure of every token */
    qp_tape *tape = qp_tape_new();
    cr_assert_eq(qp_search(model, tape, batch.source, &config, false, result), QP_OK, "%s", qp_error_message());
    int found = 0;
    for (int i = 0; i < kept->count; i++) {
        const qp_hypothesis *best = &result[i].best[0];
        int count = kept->start[i + 1] - kept->start[i];
        found += best->count == count &&
                 memcmp(best->id, kept->target + kept->start[i], (size_t)count * sizeof *best->id) == 0;
        qp_search_result_free(&result[i]);
    }
    qp_tape_free(tape);
    return found;
}

static void learn(int encoder, int decoder)
{
    const char *setting[] = {model_encoders[encoder][0], model_encoders[encoder][1], model_decoders[decoder]};
    qp_model *model = model_small(setting, 3);
    pairs *kept = calloc(1, sizeof *kept), *batch = calloc(1, sizeof *batch);
    model_learner learner;
    for (int n = 0; n < EVERY; n++)
        if (is_kept(n)) add(kept, n);
    model_learner_begin(&learner, model);
    int greedy = 0, beam = 0, step = 0;
    while (step < STEPS && (100 * greedy < 99 * kept->count || 100 * beam < 99 * kept->count)) {
        batch->count = 0;
        for (uint64_t k = 0; batch->count < BATCH; k++) {
            int n = (int)qp_random_below(qp_random_key(11, (uint64_t)step), k, EVERY);
            if (!is_kept(n)) add(batch, n);
        }
        qp_batch view = batch_of(batch);
        double loss = model_learner_step(&learner, &view, 0.004);
        step++;
        if (step % LOOK != 0 || loss > 0.1) continue;
        greedy = right(model, kept, 1);
        if (100 * greedy >= 99 * kept->count) beam = right(model, kept, 3);
    }
    cr_expect(100 * greedy >= 99 * kept->count && 100 * beam >= 99 * kept->count,
              "%s %s %s: %d greedy, %d by beam, of %d, after %d steps", setting[0], setting[1] ? setting[1] : "",
              setting[2], greedy, beam, kept->count, step);
    model_learner_end(&learner);
    free(kept);
    free(batch);
    qp_model_free(model);
}

/* Each encoder in a process of its own. */
ParameterizedTestParameters(reversing, every_pairing_reverses_what_it_has_not_seen)
{
    static int encoder[MODEL_ENCODERS];
    for (int i = 0; i < MODEL_ENCODERS; i++) encoder[i] = i;
    return cr_make_param_array(int, encoder, MODEL_ENCODERS);
}

ParameterizedTest(const int *encoder, reversing, every_pairing_reverses_what_it_has_not_seen)
{
    if (SANITIZED) cr_skip_test("it learns for many minutes under a sanitizer; test_pairings.c runs the same models");
    for (int decoder = 0; decoder < MODEL_DECODERS; decoder++) learn(*encoder, decoder);
}
