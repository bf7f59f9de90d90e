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
