#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/store/safetensors.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/train/checkpoint.h"
#include "lib/train/trainer_internal.h"

/* What is reset when a run resumes with other options. */
typedef struct {
    char folder[64];
    qp_params *params;
    qp_optimizer *optimizer;
    qp_run_state state;
} run;

static void begin(run *r, const char *rule)
{
    qp_optimizer_config config;
    qp_config_defaults(&qp_optimizer_fields, &config);
    cr_assert_eq(qp_config_set(qp_config_find(&qp_optimizer_fields, "optimizer"), &config, "optimizer", rule), QP_OK);
    snprintf(r->folder, sizeof r->folder, "/tmp/quipu-checkpoint-%d", (int)getpid());
    cr_assert_eq(qp_folder_make(r->folder), QP_OK);
    r->params = qp_params_new();
    qp_params_add(r->params, 2, 3, qp_init_constant(1), "weight");
    cr_assert_eq(qp_params_finish(r->params), QP_OK);
    qp_params_initialise(r->params, 1);
    qp_optimizer_span span = {.offset = qp_params_at(r->params, 0)->offset, .rows = 2, .columns = 3};
    cr_assert_eq(qp_optimizer_new(&config, qp_params_size(r->params), &span, 1, &r->optimizer), QP_OK);
}

static void end(run *r)
{
    qp_params_free(r->params);
    qp_optimizer_free(r->optimizer);
}

/* A save of update 40 whose moments are 7. Every counter has its own value, so that none can pass for another. */
static void save(run *r)
{
    begin(r, "adam");
    r->state = (qp_run_state){.update = 40,
                              .epoch = 3,
                              .batch = 2,
                              .target_tokens = 900,
                              .best_update = 30,
                              .best_metric = 1.5,
                              .optimizer_update = 39,
                              .schedule_update = 38,
                              .plateau_seen = 1,
                              .plateau_rate = 0.25};
    for (size_t i = 0; i < qp_params_size(r->params); i++) qp_optimizer_state(r->optimizer, 0)[i] = 7;
    qp_params_value(r->params, 0)[5] = 9;
    qp_checkpoint c = {r->folder, "model-a learning-b data-c", r->params, r->optimizer};
    cr_assert_eq(qp_checkpoint_save(&c, &r->state), QP_OK);
    end(r);
}

static qp_status load(run *r, const char *fingerprint, qp_run_reset *reset)
{
    bool found;
    memset(&r->state, 0, sizeof r->state);
    qp_checkpoint c = {r->folder, fingerprint, r->params, r->optimizer};
    return qp_checkpoint_load(&c, reset, NULL, NULL, &r->state, &found);
}

Test(checkpoint, other_options_are_refused_without_reset)
{
    run r;
    save(&r);
    begin(&r, "adam");
    qp_run_reset none = {0}, schedule = {.schedule = true};
    cr_assert_eq(load(&r, "model-a learning-x data-c", &none), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "--reset"), "%s", qp_error_message());
    cr_assert_eq(load(&r, "model-x learning-b data-c", &schedule), QP_EUSAGE, "another model");
    cr_assert_eq(load(&r, "model-a learning-x data-c", &schedule), QP_OK, "%s", qp_error_message());
    cr_assert(schedule.schedule);
    cr_assert(r.state.update == 40 && r.state.schedule_update == 0 && r.state.optimizer_update == 39);
    cr_assert_eq(qp_optimizer_state(r.optimizer, 0)[5], 7);
    cr_assert_eq(qp_params_value(r.params, 0)[5], 9);
    end(&r);
    qp_file_remove_tree(r.folder);
}

Test(checkpoint, the_same_run_resets_nothing)
{
    run r;
    save(&r);
    begin(&r, "adam");
    qp_run_reset all = {true, true, true};
    cr_assert_eq(load(&r, "model-a learning-b data-c", &all), QP_OK);
    cr_assert(!all.optimizer && !all.schedule && !all.counters);
    cr_assert(r.state.update == 40 && r.state.schedule_update == 38 && r.state.optimizer_update == 39);
    cr_assert(r.state.best_update == 30 && r.state.epoch == 3 && r.state.batch == 2 && r.state.target_tokens == 900);
    end(&r);
    qp_file_remove_tree(r.folder);
}

Test(checkpoint, counters_and_moments)
{
    run r;
    save(&r);
    begin(&r, "adam");
    qp_run_reset counters = {.counters = true};
    cr_assert_eq(load(&r, "model-a learning-x data-x", &counters), QP_OK);
    cr_assert(r.state.update == 0 && r.state.epoch == 1 && r.state.batch == 0 && r.state.best_update == 0);
    cr_assert(r.state.schedule_update == 38 && r.state.optimizer_update == 39 && r.state.plateau_rate == 0.25);
    cr_assert_eq(qp_optimizer_updates(r.optimizer), 39);
    end(&r);
    begin(&r, "momentum");
    cr_assert_eq(load(&r, "model-a learning-x data-c", &counters), QP_EUSAGE, "moments of another rule");
    cr_assert(strstr(qp_error_message(), "--reset optimizer"), "%s", qp_error_message());
    qp_run_reset optimizer = {.optimizer = true};
    cr_assert_eq(load(&r, "model-a learning-x data-c", &optimizer), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_optimizer_updates(r.optimizer), 0);
    cr_assert_eq(qp_optimizer_state(r.optimizer, 0)[5], 0);
    end(&r);
    qp_file_remove_tree(r.folder);
}

static void keep_note(void *self, const char *line) { snprintf(self, 300, "%s", line); }

/* Loads the save with a note, kept in the second argument, or without (NULL). */
static void load_told(run *r, char *told)
{
    bool found;
    begin(r, "adam");
    if (told) *told = '\0';
    qp_checkpoint c = {r->folder, "model-a learning-b data-c", r->params, r->optimizer};
    qp_run_reset none = {0};
    cr_assert_eq(qp_checkpoint_load(&c, &none, told ? keep_note : NULL, told, &r->state, &found), QP_OK, "%s",
                 qp_error_message());
    cr_assert(found && r->state.update == 40);
    end(r);
}

/* Other kernels than those of the save are reported, where there is a note. */
Test(checkpoint, other_kernels_are_reported)
{
    run r;
    char told[300], expected[300];
    qp_cpu widest = qp_cpu_level();
    if (widest == QP_CPU_SCALAR) cr_skip_test("this machine has one kind of kernels");
    save(&r);
    load_told(&r, told);
    cr_expect_str_eq(told, "", "the same kernels");
    cr_assert(qp_cpu_force(QP_CPU_AVX2));
    load_told(&r, told);
    cr_expect_str_eq(told, "", "kernels that make the same bits");
    cr_assert(qp_cpu_force(QP_CPU_SCALAR));
    load_told(&r, told);
    snprintf(expected, sizeof expected, "saved with kernels %s, resuming with scalar: the last digits will differ",
             qp_cpu_name(widest));
    cr_expect_str_eq(told, expected);
    load_told(&r, NULL);
    qp_file_remove_tree(r.folder);
    save(&r);
    load_told(&r, told);
    cr_expect_str_eq(told, "", "scalar ones, saved and resumed");
    qp_file_remove_tree(r.folder);
}

Test(checkpoint, what_can_be_reset)
{
    qp_run_reset reset;
    cr_assert_eq(qp_run_reset_parse("optimizer, counters", &reset), QP_OK);
    cr_assert(reset.optimizer && !reset.schedule && reset.counters);
    cr_assert_eq(qp_run_reset_parse("", &reset), QP_OK);
    cr_assert(!reset.optimizer && !reset.schedule && !reset.counters);
    cr_assert_eq(qp_run_reset_parse("optimizers", &reset), QP_EUSAGE);
}

/* Swapping in the mean exchanges every weight, and swapping again restores all of them. */
Test(checkpoint, the_mean_is_swapped_in_and_out)
{
    run r;
    qp_optimizer_config config;
    begin(&r, "adam");
    qp_optimizer_free(r.optimizer);
    qp_config_defaults(&qp_optimizer_fields, &config);
    config.ema = 0.5;
    size_t size = qp_params_size(r.params);
    qp_optimizer_span span = {.offset = qp_params_at(r.params, 0)->offset, .rows = 2, .columns = 3};
    cr_assert_eq(qp_optimizer_new(&config, size, &span, 1, &r.optimizer), QP_OK);
    qp_optimizer_set_updates(r.optimizer, 1);
    qp_real *weight = qp_params_block(r.params), *mean = qp_optimizer_mean(r.optimizer);
    for (size_t i = 0; i < size; i++) weight[i] = (qp_real)i, mean[i] = -1 - (qp_real)i;
    qp_trainer trainer = {.params = r.params};
    qp_run training = {.trainer = &trainer, .optimizer = r.optimizer};
    qp_run_swap_mean(&training);
    for (size_t i = 0; i < size; i++) cr_assert(weight[i] == -1 - (qp_real)i && mean[i] == (qp_real)i, "%zu", i);
    qp_run_swap_mean(&training);
    for (size_t i = 0; i < size; i++) cr_assert(weight[i] == (qp_real)i && mean[i] == -1 - (qp_real)i, "%zu", i);
    end(&r);
}

/* A file with a wrong byte is not averaged. */
Test(checkpoint, damaged_files_are_not_averaged)
{
    run r;
    const float weight[6] = {1, 2, 3, 4, 5, 6};
    char path[128];
    begin(&r, "adam");
    snprintf(path, sizeof path, "%s/mean.safetensors", r.folder);
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    qp_safetensors_writer_add(writer, "weight", QP_DTYPE_F32, 2, (int64_t[]){2, 3}, weight);
    cr_assert_eq(qp_safetensors_writer_save(writer, path), QP_OK, "%s", qp_error_message());
    const char *paths[] = {path, path};
    cr_assert_eq(qp_checkpoint_average(paths, 2, r.params), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_params_value(r.params, 0)[4], (qp_real)5);
    FILE *stream = fopen(path, "r+b");
    fseek(stream, -2, SEEK_END);
    fputc(0x55, stream);
    fclose(stream);
    cr_assert_eq(qp_checkpoint_average(paths, 2, r.params), QP_EDATA);
    unlink(path);
    end(&r);
}

/* ---- every field ---- */

static void write_file(const char *path, const char *name, int rows, const float *weight)
{
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    qp_safetensors_writer_add(writer, name, QP_DTYPE_F32, 2, (int64_t[]){rows, 6 / rows}, weight);
    cr_assert_eq(qp_safetensors_writer_save(writer, path), QP_OK, "%s", qp_error_message());
}

/* Every counter, every real number to its last bit, the checkpoints and the carried state are read back. */
Test(checkpoint, every_field_is_read_back)
{
    run r;
    qp_real carry[] = {1, (qp_real)-2.5, 3}, read[3] = {0};
    int64_t number = 1000;
    double real = 1 / 3.0;
    begin(&r, "adam");
    qp_run_state saved = {.carry = carry, .carry_count = 3, .models = 3, .model = {5, 900, 1000}};
#define NUMBER(name) saved.name = number++;
    QP_RUN_INTEGERS(NUMBER)
    QP_RUN_CLOCKS(NUMBER)
    QP_RUN_PORTIONS(NUMBER)
#undef NUMBER
#define NUMBER(name) saved.name = real *= -1.7;
    QP_RUN_REALS(NUMBER)
#undef NUMBER
    qp_checkpoint c = {r.folder, "model-a learning-b", r.params, r.optimizer};
    cr_assert_eq(qp_checkpoint_save(&c, &saved), QP_OK, "%s", qp_error_message());
    r.state = (qp_run_state){.carry = read, .carry_count = 3};
    qp_run_reset none = {0};
    bool found;
    cr_assert_eq(qp_checkpoint_load(&c, &none, NULL, NULL, &r.state, &found), QP_OK, "%s", qp_error_message());
    cr_assert(found);
#define SAME(name) cr_expect_eq(r.state.name, saved.name, #name);
    QP_RUN_INTEGERS(SAME)
    QP_RUN_CLOCKS(SAME)
    QP_RUN_PORTIONS(SAME)
    QP_RUN_REALS(SAME)
#undef SAME
    cr_expect_eq(r.state.models, 3);
    cr_expect_arr_eq(r.state.model, saved.model, 3 * sizeof *saved.model);
    cr_expect_arr_eq(read, carry, sizeof carry);
    cr_expect_eq(qp_optimizer_updates(r.optimizer), saved.optimizer_update);
    end(&r);
    qp_file_remove_tree(r.folder);
}

/* A fingerprint continues another where it only adds words to it. */
Test(checkpoint, fingerprints_of_one_run)
{
    static const struct {
        const char *saved, *now;
        bool same;
    } row[] = {{"a b", "a b", true},  {"a b", "a b c", true}, {"a b", "a bc", false}, {"a b", "a", false},
               {"a b", "a c", false}, {"", "", true},         {"", "a", false},       {"", " a", false}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        cr_expect_eq(qp_checkpoint_same_run(row[i].saved, row[i].now), row[i].same, "row %zu", i);
}

/* The newest save is read; files that only look like saves are none. */
Test(checkpoint, the_newest_save_of_a_folder)
{
    static const char *const others[] = {"state-",
                                         "state-x.safetensors",
                                         "state-99",
                                         "state-99.safetensors.part",
                                         "stat-99.safetensors",
                                         "state99.safetensors"};
    run r;
    char path[200], text[100];
    begin(&r, "adam");
    cr_expect_not(qp_checkpoint_fingerprint(r.folder, text, sizeof text), "there is none");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(path, sizeof path, "%s/%s", r.folder, others[i]);
        FILE *file = fopen(path, "w");
        cr_assert(file && fclose(file) == 0);
    }
    static const int64_t update[] = {9, 30, 10};
    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "model-a run-%d", (int)update[i]);
        qp_checkpoint c = {r.folder, text, r.params, r.optimizer};
        cr_assert_eq(qp_checkpoint_save(&c, &(qp_run_state){.update = update[i], .epoch = 1}), QP_OK);
    }
    cr_assert(qp_checkpoint_fingerprint(r.folder, text, sizeof text));
    cr_expect_str_eq(text, "model-a run-30");
    qp_run_reset none = {0};
    cr_assert_eq(load(&r, "model-a run-30", &none), QP_OK, "%s", qp_error_message());
    cr_expect_eq(r.state.update, 30);
    end(&r);
    qp_file_remove_tree(r.folder);
}

/* The mean of each weight over all files; each must have every parameter, in its shape. */
Test(checkpoint, means_of_files)
{
    static const float weight[3][6] = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 0, -1, -2}, {8, 8, 8, 8, 8, 8}};
    run r;
    char path[5][160];
    begin(&r, "adam");
    for (int i = 0; i < 5; i++) snprintf(path[i], sizeof path[i], "%s/m%d.safetensors", r.folder, i);
    for (int i = 0; i < 3; i++) write_file(path[i], "weight", 2, weight[i]);
    write_file(path[3], "weights", 2, weight[0]);
    write_file(path[4], "weight", 2, weight[0]);
    for (int count = 1; count <= 3; count++) {
        cr_assert_eq(qp_checkpoint_average((const char *const[]){path[0], path[1], path[2]}, count, r.params), QP_OK);
        for (int i = 0; i < 6; i++) {
            double sum = 0;
            for (int k = 0; k < count; k++) sum += (double)weight[k][i];
            cr_expect_float_eq(qp_params_value(r.params, 0)[i], sum / count, 1e-6, "weight %d of %d files", i, count);
        }
    }
    qp_params_freeze(r.params, 0); /* of an adapter's files: what none of them holds is left alone */
    cr_expect_eq(qp_checkpoint_average((const char *const[]){path[3], path[3]}, 2, r.params), QP_OK);
    cr_expect_float_eq(qp_params_value(r.params, 0)[5], 4, 1e-6, "the mean of three files");
    cr_assert_eq(qp_checkpoint_average((const char *const[]){path[4]}, 1, r.params), QP_OK);
    cr_expect_eq(qp_params_value(r.params, 0)[0], 1);
    cr_expect_eq(qp_checkpoint_average((const char *const[]){path[0], path[3]}, 2, r.params), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "m3.safetensors: parameter weight is missing"), "%s", qp_error_message());
    qp_file_remove_tree(r.folder);
    end(&r);
}
