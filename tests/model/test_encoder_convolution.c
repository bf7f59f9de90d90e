#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/model/model_file.h"
#include "tests/model/model_check.h"

/* The convolutional encoder before decoders that read all of its memory, or its summary alone. */

static const char *const decoders[][2] = {
    {"decoder=transformer", NULL}, {"decoder=gru", NULL}, {"decoder=lstm", "attention=none"}};
enum { DECODERS = sizeof decoders / sizeof *decoders };

static qp_model *convolutional(int decoder, const char *option)
{
    const char *const setting[] = {"encoder=conv", decoders[decoder][0], decoders[decoder][1], option};
    return model_small(setting, 4);
}

Test(test_encoder_convolution, stepping_equals_the_whole_pass)
{
    static const char *const options[] = {NULL, "kernel_size=4", "dilation=2", "separable=true"};
    for (int d = 0; d < DECODERS; d++)
        for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
            qp_model *model = convolutional(d, options[o]);
            model_check_stepping(model, false, decoders[d][0]);
            qp_model_free(model);
        }
}

Test(test_encoder_convolution, it_learns_to_reverse)
{
    model_pairs pairs;
    qp_batch batch = model_reversed_pairs(&pairs, MODEL_SENTENCES, 3);
    qp_model *model = convolutional(1, "separable=true");
    double loss = model_train(model, &batch, 300, 0.01);
    cr_expect_lt(loss, 0.05, "loss %g", loss);
    qp_model_free(model);
}

/* A sentence alone has the scores it has among others: the ends of its neighbours are not its own. */
Test(test_encoder_convolution, padding_changes_nothing)
{
    model_pairs pairs;
    qp_batch batch = model_reversed_pairs(&pairs, 4, 5);
    qp_model *model = convolutional(0, "dilation=3");
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 1);
    qp_tensor all = qp_model_logits(model, tape, &batch, NULL);
    for (int i = 0; i < 4; i++) {
        const int32_t source_rows[] = {0, pairs.source_start[i + 1] - pairs.source_start[i]};
        const int32_t target_rows[] = {0, pairs.target_start[i + 1] - pairs.target_start[i]};
        qp_batch one = {.source = {{.count = 1, .start = source_rows}, pairs.source_id + pairs.source_start[i]},
                        .target = {{.count = 1, .start = target_rows}, pairs.target_id + pairs.target_start[i]}};
        qp_tensor alone = qp_model_logits(model, tape, &one, NULL);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        for (int r = 0; r < alone.rows; r++)
            for (int c = 0; c < alone.columns; c++)
                cr_assert_float_eq((double)qp_tensor_row(alone, r)[c],
                                   (double)qp_tensor_row(all, pairs.target_start[i] + r)[c], 1e-4);
    }
    qp_tape_free(tape);
    qp_model_free(model);
}

/* A wide feed-forward layer is not the encoder's: its file is smaller than a transformer's, and honest. */
Test(test_encoder_convolution, its_file_is_opened_again)
{
    static const char *const options[] = {NULL, "separable=true"};
    for (int o = 0; o < 2; o++) {
        const char *const setting[] = {"encoder=conv", "decoder=gru", "ff_size=4096", options[o]};
        qp_model *model = model_small(setting, 4);
        char path[64];
        snprintf(path, sizeof path, "conv-%d-%d.safetensors", (int)getpid(), o);
        cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK, "%s", qp_error_message());
        qp_model *loaded;
        qp_model_texts texts;
        cr_assert_eq(qp_model_file_load(path, &loaded, &texts), QP_OK, "%s", qp_error_message());
        qp_model_free(loaded);
        qp_model_texts_free(&texts);
        unlink(path);
        qp_model_free(model);
    }
}
