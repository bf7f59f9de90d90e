#include <criterion/criterion.h>
#include <string.h>

#include "tests/model/model_check.h"

/* Segments and the norm on embeddings: BERT's. */

enum { SENTENCES = 4 };

/* The scores of a classifier for the same words with these segments. */
static qp_tensor scores(const qp_model *model, qp_tape *tape, const qp_batch *pairs, const int32_t *segment)
{
    qp_batch batch = {.source = pairs->source, .segment = segment};
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor y = qp_model_logits(model, tape, &batch, NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    return y;
}

static void check(const char *pooling)
{
    static const char *setting[] = {"task=classify", "decoder=none",        "labels=3",
                                    "segments=2",    "embedding_norm=true", NULL};
    static int32_t segment[MODEL_SENTENCES * MODEL_LONGEST];
    model_pairs pairs;
    qp_batch batch = model_reversed_pairs(&pairs, SENTENCES, 3);
    setting[5] = pooling;
    qp_model *model = model_small(setting, 6);
    qp_tape *tape = qp_tape_new();
    qp_real first[SENTENCES * 3], other[SENTENCES * 3];
    memcpy(first, scores(model, tape, &batch, NULL).value, sizeof first);
    memcpy(other, scores(model, tape, &batch, segment).value, sizeof other);
    cr_expect_arr_eq(first, other, sizeof first, "%s: without segments all are the first", pooling);
    segment[pairs.source_start[2]] = 1; /* the first word of the third text */
    memcpy(other, scores(model, tape, &batch, segment).value, sizeof other);
    cr_expect_arr_eq(first, other, 2 * 3 * sizeof *first, "%s: the texts before it stay", pooling);
    cr_expect_arr_eq(first + 9, other + 9, 3 * sizeof *first, "%s: so does the one behind", pooling);
    cr_expect_neq(memcmp(first + 6, other + 6, 3 * sizeof *first), 0, "%s: its own does not", pooling);
    segment[0] = 2;
    qp_tape_begin(tape, QP_INFER, 0);
    qp_batch wrong = {.source = batch.source, .segment = segment};
    qp_model_logits(model, tape, &wrong, NULL);
    cr_expect_eq(qp_tape_status(tape), QP_ESHAPE);
    segment[0] = segment[pairs.source_start[2]] = 0;
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(segments, each_token_has_that_of_its_own)
{
    check("pooling=mean");
    check("pooling=class-token");
}

Test(segments, a_norm_on_the_embeddings_steps_as_it_passes)
{
    static const char *const setting[] = {"embedding_norm=true", "segments=2", "pos=learned", "norm=post"};
    qp_model *model = model_small(setting, 4);
    const qp_params *params = qp_model_params(model);
    cr_assert_geq(qp_params_find(params, "encoder.segments.weight"), 0);
    cr_assert_lt(qp_params_find(params, "decoder.segments.weight"), 0);
    cr_assert_geq(qp_params_find(params, "decoder.embedding_norm.bias"), 0);
    model_check_stepping(model, true, "embedding norm");
    qp_model_free(model);
}
