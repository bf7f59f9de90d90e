#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/decode/search.h"
#include "lib/grad/op_basic.h"
#include "lib/model/model_file.h"
#include "tests/model/model_check.h"
#include "tests/sanitized.h"

/* Every encoder with every decoder, every attention, every option of recurrent layers. */
enum { SETTINGS = 5 };
typedef struct {
    const char *setting[SETTINGS];
} pairing;

static const pairing options[] = {
    {{"encoder=gru", "decoder=gru", "attention=none"}},
    {{"encoder=gru", "decoder=gru", "attention=none", "context_feeding=true", "hidden_size=48"}},
    {{"encoder=lstm", "decoder=gru", "attention=none", "enc_layers=1", "bidirectional=true"}},
    {{"encoder=transformer", "decoder=lstm", "attention=none", "context_feeding=true"}},
    {{"encoder=lstm", "decoder=lstm", "attention=luong-dot"}},
    {{"encoder=lstm", "decoder=lstm", "attention=luong-dot", "bidirectional=true", "direction_merge=sum"}},
    {{"encoder=gru", "decoder=lstm", "attention=luong-general", "bidirectional=true"}},
    {{"encoder=gru", "decoder=lstm", "attention=luong-general", "input_feeding=true", "hidden_size=40"}},
    {{"encoder=rnn", "decoder=gru", "attention=luong-concat", "attention_size=20"}},
    {{"encoder=rnn", "decoder=gru", "attention=luong-concat", "input_feeding=true", "tied_embeddings=false"}},
    {{"encoder=gru", "decoder=gru", "attention=bahdanau", "input_feeding=true", "bidirectional=true"}},
    {{"encoder=gru", "bidirectional=true", "decoder=gru", "attention=coverage", "coverage_weight=0.1"}},
    {{"encoder=gru", "decoder=gru", "rnn_residual=true", "rnn_norm=true"}},
    {{"encoder=gru", "decoder=transformer", "rnn_norm=true", "norm_type=batch"}},
    {{"encoder=lstm", "decoder=lstm", "variational_dropout=true", "bias=false"}},
    {{"encoder=gru", "decoder=rnn", "learned_state=true", "rnn_activation=tanh", "tied_embeddings_all=true"}},
    {{"encoder=mamba", "decoder=mamba", "mamba_state=4"}},
    {{"encoder=mamba", "bidirectional=true", "decoder=mamba", "mamba_kernel=2", "norm_type=rms"}},
    {{"encoder=mamba", "bidirectional=true", "decoder=gru", "mamba_expand=1"}},
    {{"encoder=transformer", "decoder=transformer", "experts=4", "experts_per_token=1", "experts_balance=0.001"}},
    {{"encoder=transformer", "decoder=transformer", "experts=3", "gated_ff=true", "activation=silu"}},
};
enum { OPTIONS = sizeof options / sizeof *options };

/* Every cell; as a decoder with one attention or the other, read step by step or as a whole. */
#define CELL(NAME, symbol, text) {QP_CELL_##NAME, {"encoder=" text, "decoder=" text}},
static const struct {
    qp_cell_kind cell;
    const char *side[2];
} cells[] = {QP_CELLS(CELL)};
#undef CELL
enum { CELLS = sizeof cells / sizeof *cells, TRANSLATORS = MODEL_ENCODERS * MODEL_DECODERS + OPTIONS + CELLS };

static const pairing language_models[] = {
    {{"task=lm", "encoder=none", "decoder=rnn"}},
    {{"task=lm", "encoder=none", "decoder=lstm", "learned_state=true", "hidden_size=40"}},
    {{"task=lm", "encoder=none", "decoder=gru", "tied_embeddings=false"}},
    {{"task=lm", "encoder=none", "decoder=gru-reset-before", "recurrent_dropout=0.3", "zoneout=0.2"}},
    {{"task=lm", "encoder=none", "decoder=mamba", "mamba_state=4"}},
    {{"task=lm", "encoder=none", "decoder=transformer", "experts=4", "bias=false"}},
    {{"task=lm", "encoder=none", "decoder=lstm-layer-norm", "zoneout=0.1", "zoneout_cell=0.4"}},
};
enum { LANGUAGE_MODELS = sizeof language_models / sizeof *language_models, ALL = TRANSLATORS + LANGUAGE_MODELS };

static pairing nth(int n)
{
    if (n < MODEL_ENCODERS * MODEL_DECODERS)
        return (pairing){{model_encoders[n / MODEL_DECODERS][0], model_encoders[n / MODEL_DECODERS][1],
                          model_decoders[n % MODEL_DECODERS]}};
    n -= MODEL_ENCODERS * MODEL_DECODERS;
    if (n < OPTIONS) return options[n];
    n -= OPTIONS;
    if (n >= CELLS) return language_models[n - CELLS];
    bool decodes = qp_cell_shape_of(cells[n].cell)->window < 2;
    return (pairing){{cells[n].side[0], decodes ? cells[n].side[1] : "decoder=gru",
                      n % 2 ? "attention=luong-general" : "attention=bahdanau",
                      n % 4 == 1 ? "bidirectional=true" : NULL}};
}

static const char *name_of(int n, char *text, size_t bytes)
{
    pairing p = nth(n);
    text[0] = 0;
    for (int i = 0; i < SETTINGS; i++)
        if (p.setting[i]) snprintf(text + strlen(text), bytes - strlen(text), "%s ", p.setting[i]);
    return text;
}

static qp_model *model_of(int n)
{
    pairing p = nth(n);
    return model_small(p.setting, SETTINGS);
}

Test(pairings, cached_stepping_equals_the_full_pass)
{
    char what[200];
    for (int n = 0; n < ALL; n++) {
        qp_model *model = model_of(n);
        model_check_stepping(model, n % 2 == 1, name_of(n, what, sizeof what));
        qp_model_free(model);
    }
}

/* Logits of the batch, and how far they are from those before. */
static double logits_change(const qp_model *model, const qp_batch *batch, double *logits, double *largest)
{
    double change = 0;
    qp_tape *tape = qp_tape_new();
    cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor made = qp_model_logits(model, tape, batch, NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    for (int i = 0; i < made.rows * made.columns; i++) {
        change = fmax(change, fabs(logits[i] - (double)made.value[i]));
        *largest = fmax(*largest, fabs((double)made.value[i]));
        logits[i] = (double)made.value[i];
    }
    qp_tape_free(tape);
    return change;
}

/* Every architecture in fewer bits: nearly the same scores, and the same bits step by step as in the full pass. */
Test(pairings, fewer_bits_change_little)
{
    static const struct {
        qp_weight_type type;
        double tolerance;
    } types[] = {{QP_WEIGHT_FP16, 0.01}, {QP_WEIGHT_BF16, 0.05}, {QP_WEIGHT_INT8, 0.15}};
    static double logits[MODEL_SENTENCES * MODEL_LONGEST * MODEL_VOCABULARY];
    char what[200];
    for (int n = 0; n < ALL; n++)
        for (int t = 0; t < 3; t++) {
            model_pairs p;
            qp_batch batch = model_reversed_pairs(&p, 9, 2);
            double largest = 0;
            qp_model *model = model_of(n);
            if (qp_model_config_of(model)->encoder == QP_KIND_NONE) batch.source = (qp_ids){0};
            logits_change(model, &batch, logits, &largest);
            cr_assert_eq(qp_params_quantize(qp_model_params(model), types[t].type), QP_OK, "%s", qp_error_message());
            qp_params_unpack(qp_model_params(model));
            double change = logits_change(model, &batch, logits, &largest) / largest;
            cr_expect(change > 0 && change < types[t].tolerance, "%s: type %d changes %g",
                      name_of(n, what, sizeof what), (int)types[t].type, change);
            qp_model_free(model);
        }
}

/* Weights in a mapped file give the bits of those that were read and packed, before and after they are
 * packed late; and of fewer bits there is no copy in fp32. */
Test(pairings, mapped_weights_give_the_same_bits)
{
    static double logits[MODEL_SENTENCES * MODEL_LONGEST * MODEL_VOCABULARY];
    char what[200], path[] = "/tmp/quipu-pairings-XXXXXX";
    close(mkstemp(path));
    for (int n = 0; n < ALL; n++)
        for (int type = QP_WEIGHT_PANELS; type <= QP_WEIGHT_INT8; type++) {
            model_pairs p;
            qp_batch batch = model_reversed_pairs(&p, 9, 2);
            qp_model_texts texts;
            double largest = 0;
            qp_model *model = model_of(n), *read, *mapped;
            if (qp_model_config_of(model)->encoder == QP_KIND_NONE) batch.source = (qp_ids){0};
            if (type != QP_WEIGHT_PANELS)
                cr_assert_eq(qp_params_quantize(qp_model_params(model), (qp_weight_type)type), QP_OK);
            cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK);
            cr_assert_eq(qp_model_file_load(path, &read, &texts), QP_OK, "%s", qp_error_message());
            qp_model_texts_free(&texts);
            cr_assert_eq(qp_model_file_open(path, n % 2, NULL, &mapped, &texts), QP_OK, "%s", qp_error_message());
            qp_model_texts_free(&texts);
            logits_change(read, &batch, logits, &largest);
            for (int use = 0; use < 4; use++)
                cr_expect_eq(logits_change(mapped, &batch, logits, &largest), 0, "%s: type %d, use %d",
                             name_of(n, what, sizeof what), type, use);
            cr_expect_null(qp_params_block(qp_model_params(mapped)));
            qp_model_free(model);
            qp_model_free(read);
            qp_model_free(mapped);
        }
    unlink(path);
}

/* Matrices that multiply no rows are embeddings, positions and first states: the others are packed. */
Test(pairings, matrices_that_multiply_are_marked)
{
    static const char *const other[] = {"embed",    "positions", "relative", ".h0",      ".c0",  "conv",
                                        "segments", "A_log",     "router",   "peephole", ".v_l", "coverage"};
    for (int n = 0; n < ALL; n++) {
        qp_model *model = model_of(n);
        const qp_params *params = qp_model_params(model);
        for (int i = 0; i < qp_params_count(params); i++) {
            const qp_parameter *p = qp_params_at(params, i);
            bool expected = p->rows == 1 || p->product;
            for (size_t o = 0; o < sizeof other / sizeof *other; o++)
                expected = expected || strstr(p->name, other[o]) != NULL;
            cr_expect(expected, "%s", p->name);
        }
        qp_model_free(model);
    }
}

/* log P of one target, by the full pass. */
static double log_probability(const qp_model *model, qp_tape *tape, qp_ids source, const qp_hypothesis *target)
{
    const int32_t start[] = {0, target->count};
    qp_batch batch = {.source = source, .target = {.sequences = {.count = 1, .start = start}, .id = target->id}};
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor logits = qp_log_softmax(tape, qp_model_logits(model, tape, &batch, NULL), 1);
    double sum = 0;
    for (int j = 0; j < target->count; j++) sum += (double)qp_tensor_row(logits, j)[target->id[j]];
    return sum;
}

/* Greedy search finds every target. Beam search, whose hypotheses are copied and dropped all the time, knows the true
 * probability of everything it returns (it may miss a target: it stops when enough others are finished). */
static void check_search(const qp_model *model, const qp_batch *batch, int beam, const char *what)
{
    qp_search_config config;
    qp_config_defaults(&qp_search_fields, &config);
    config.beam_size = config.n_best = beam;
    qp_tape *tape = qp_tape_new();
    qp_search_result result[MODEL_SENTENCES];
    cr_assert_eq(qp_search(model, tape, batch->source, &config, false, result), QP_OK, "%s", qp_error_message());
    int right = 0;
    for (int i = 0; i < batch->source.sequences.count; i++) {
        const int32_t *from = batch->source.sequences.start + i, start[] = {0, from[1] - from[0]};
        qp_ids source = {.sequences = {.count = 1, .start = start}, .id = batch->source.id + from[0]};
        const qp_hypothesis *best = &result[i].best[0];
        right += best->count == start[1] &&
                 memcmp(best->id, batch->target.id + from[0], (size_t)start[1] * sizeof(int32_t)) == 0;
        for (int h = 0; h < result[i].count; h++)
            cr_expect_float_eq(result[i].best[h].total, log_probability(model, tape, source, &result[i].best[h]), 1e-3,
                               "%s", what);
        qp_search_result_free(&result[i]);
    }
    if (beam == 1 && !SANITIZED) cr_expect_eq(right, MODEL_SENTENCES, "%s: %d of the targets found", what, right);
    qp_tape_free(tape);
}

/* A sanitizer sees a few updates and a search: all of them would take minutes. */
static void check_learning(int first, int last)
{
    enum { STEPS = SANITIZED ? 5 : 220 };
    char what[200];
    for (int n = first; n < last; n++) {
        model_pairs p;
        qp_batch batch = model_reversed_pairs(&p, MODEL_SENTENCES, 5);
        qp_model *model = model_of(n);
        double loss = model_train(model, &batch, STEPS, 0.006);
        cr_expect_lt(loss, SANITIZED ? 10 : 0.05, "%s: %g nats a token", name_of(n, what, sizeof what), loss);
        cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
        check_search(model, &batch, 1, name_of(n, what, sizeof what));
        check_search(model, &batch, 4, name_of(n, what, sizeof what));
        qp_model_free(model);
    }
}

Test(pairings, every_pairing_overfits_32_reversed_sequences) { check_learning(0, MODEL_ENCODERS * MODEL_DECODERS); }
Test(pairings, every_option_overfits_32_reversed_sequences)
{
    check_learning(MODEL_ENCODERS * MODEL_DECODERS, MODEL_ENCODERS * MODEL_DECODERS + OPTIONS);
}
Test(pairings, every_cell_overfits_32_reversed_sequences)
{
    check_learning(MODEL_ENCODERS * MODEL_DECODERS + OPTIONS, TRANSLATORS);
}

/* Loss and gradients are the same bits in any number of threads at once. */
Test(pairings, threads_give_the_same_bits)
{
    char what[200];
    for (int n = 0; n < ALL; n++) {
        model_pairs p;
        qp_batch batch = model_reversed_pairs(&p, 9, 2);
        qp_model *model = model_of(n);
        qp_gradient gradient[4];
        double loss[4];
        for (int i = 0; i < 4; i++) cr_assert_eq(qp_gradient_init(&gradient[i], qp_model_params(model)), QP_OK);
#pragma omp parallel for num_threads(3) schedule(static, 1)
        for (int i = 0; i < 3; i++) {
            qp_tape *tape = qp_tape_new();
            loss[i] = model_gradient(model, tape, &batch, &gradient[i], 4);
            qp_tape_free(tape);
        }
        qp_tape *tape = qp_tape_new();
        loss[3] = model_gradient(model, tape, &batch, &gradient[3], 4);
        qp_tape_free(tape);
        size_t bytes = qp_params_size(qp_model_params(model)) * sizeof(qp_real);
        for (int i = 0; i < 3; i++) {
            cr_expect_eq(loss[i], loss[3], "%s", name_of(n, what, sizeof what));
            cr_expect_eq(memcmp(gradient[i].block, gradient[3].block, bytes), 0, "%s", name_of(n, what, sizeof what));
        }
        for (int i = 0; i < 4; i++) qp_gradient_free(&gradient[i]);
        qp_model_free(model);
    }
}

/* A sentence decoded among others has the bits of the sentence alone. */
Test(pairings, a_row_does_not_know_its_neighbours)
{
    char what[200];
    for (int n = 0; n < TRANSLATORS; n++) {
        model_pairs p;
        qp_batch batch = model_reversed_pairs(&p, 9, 8);
        qp_model *model = model_of(n);
        cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
        qp_tape *tape = qp_tape_new(), *other = qp_tape_new();
        qp_state *all, *one;
        int32_t first[9], alone[2] = {0, p.source_start[5] - p.source_start[4]};
        for (int i = 0; i < 9; i++) first[i] = QP_BOS;
        qp_ids fifth = {.sequences = {.count = 1, .start = alone}, .id = p.source_id + p.source_start[4]};
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tape_begin(other, QP_INFER, 0);
        cr_assert_eq(qp_model_start(model, tape, batch.source, &all), QP_OK);
        cr_assert_eq(qp_model_start(model, other, fifth, &one), QP_OK);
        for (int step = 0; step < 3; step++) {
            qp_tape_begin(tape, QP_INFER, 0);
            qp_tape_begin(other, QP_INFER, 0);
            qp_tensor among = qp_model_step(model, tape, first, all, NULL);
            qp_tensor single = qp_model_step(model, other, first, one, NULL);
            cr_expect_eq(memcmp(qp_tensor_row(among, 4), single.value, MODEL_VOCABULARY * sizeof(qp_real)), 0,
                         "%s step %d", name_of(n, what, sizeof what), step);
            for (int i = 0; i < 9; i++) first[i] = (int32_t)(5 + step);
        }
        qp_state_free(all);
        qp_state_free(one);
        qp_tape_free(tape);
        qp_tape_free(other);
        qp_model_free(model);
    }
}

/* The map of a recurrent decoder: one head, each row sums to 1 over its source. */
Test(pairings, recurrent_decoders_give_their_map)
{
    static const char *const attention[] = {"attention=bahdanau", "attention=luong-general", "attention=luong-concat"};
    for (int a = 0; a < 6; a++) {
        const char *setting[] = {"encoder=gru", "decoder=gru", attention[a % 3], a < 3 ? NULL : "input_feeding=true"};
        qp_model *model = model_small(setting, 4);
        model_pairs p;
        qp_batch batch = model_reversed_pairs(&p, 7, 8);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_INFER, 0);
        qp_model_maps *maps = calloc(1, sizeof *maps);
        qp_model_logits(model, tape, &batch, maps);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        cr_assert_eq(maps->count, 1);
        cr_assert_eq(maps->entry[0].kind, QP_MAP_CROSS);
        const qp_real *weight = maps->entry[0].map.weights.value;
        int total = 0;
        for (int i = 0; i < 7; i++) {
            int length = p.source_start[i + 1] - p.source_start[i];
            for (int q = 0; q < length; q++, weight += length) {
                double sum = 0;
                for (int k = 0; k < length; k++) sum += (double)weight[k];
                cr_expect_float_eq(sum, 1, 1e-5);
            }
            total += length * length;
        }
        cr_expect_eq(maps->entry[0].map.weights.rows, total);
        free(maps);
        qp_tape_free(tape);
        qp_model_free(model);
    }
}

/* Noise between layers and on states: the loss depends on the key alone, and inference does not know it (zoneout's mean
 * it does). */
Test(pairings, dropout_of_recurrent_layers_is_a_function_of_the_key)
{
    static const char *const noise[] = {"variational_dropout=true", "variational_dropout=false",
                                        "recurrent_dropout=0.3", "zoneout=0.3", "embedding_dropout=0.3"};
    enum { NOISES = 5 };
    for (int v = 0; v < 2 * NOISES; v++) {
        const char *setting[] = {"encoder=gru", "decoder=gru", noise[v % NOISES],
                                 v % NOISES < 2 ? "dropout=0.4" : "dropout=0",
                                 v < NOISES ? "attention=bahdanau" : "attention=luong-dot"};
        qp_model *model = model_small(setting, 5);
        model_check_noise(model);
        qp_model_free(model);
    }
}

static void check_refused(const char *const *setting, int settings, const char *says)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.src_vocab_size = config.tgt_vocab_size = 10;
    for (int i = 0; i < settings; i++) {
        char key[40];
        const char *equals = strchr(setting[i], '=');
        snprintf(key, sizeof key, "%.*s", (int)(equals - setting[i]), setting[i]);
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, key), &config, key, equals + 1), QP_OK);
    }
    qp_model *model;
    cr_assert_eq(qp_model_new(&config, 1, &model), QP_EUSAGE, "%s", setting[settings - 1]);
    cr_expect_not_null(strstr(qp_error_message(), says), "%s", qp_error_message());
}

Test(pairings, senseless_ones_are_refused)
{
    check_refused((const char *[]){"bidirectional=true"}, 1, "--bidirectional");
    check_refused((const char *[]){"hidden_size=12"}, 1, "--hidden-size");
    check_refused((const char *[]){"input_feeding=true"}, 1, "--input-feeding");
    check_refused((const char *[]){"encoder=gru", "decoder=gru", "context_feeding=true"}, 3, "--context-feeding");
    check_refused((const char *[]){"encoder=gru", "decoder=gru", "attention=none", "input_feeding=true"}, 4,
                  "--input-feeding");
    check_refused((const char *[]){"encoder=gru", "decoder=gru", "attention=luong-dot", "bidirectional=true"}, 4,
                  "luong-general");
    check_refused((const char *[]){"encoder=gru", "enc_layers=0"}, 2, "--enc-layers");
    check_refused((const char *[]){"decoder=lstm", "dec_layers=0"}, 2, "--dec-layers");
    check_refused((const char *[]){"experts=1"}, 1, "--experts 4");
    check_refused((const char *[]){"experts=2", "experts_per_token=3"}, 2, "--experts 4");
    check_refused((const char *[]){"encoder=gru", "decoder=gru", "experts=4"}, 3, "--encoder transformer");
    check_refused((const char *[]){"decoder=none"}, 1, "--decoder");
    check_refused((const char *[]){"encoder=gru", "decoder=qrnn"}, 2, "--decoder sru");
    check_refused((const char *[]){"zoneout=0.1"}, 1, "--zoneout");
    check_refused((const char *[]){"task=regress", "decoder=none", "embedding_dropout=0.1"}, 3, "--embedding-dropout");
    check_refused((const char *[]){"encoder=gru", "zoneout_cell=0.1"}, 2, "--encoder lstm");
    check_refused((const char *[]){"encoder=min-gru", "recurrent_dropout=0.1"}, 2, "--recurrent-dropout");
}
