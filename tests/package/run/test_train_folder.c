#include "lib/run/train_folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/empty_folder.h"

TestSuite(train_folder, .init = folder_begin, .fini = folder_end);

/* ---- fingerprints ---- */

static qp_train_settings settings;
static qp_train_data data;
static qp_package package;
static char before[QP_FINGERPRINT_BYTES];
static int32_t id[2][5] = {{4, 5, 2, 6, 2}, {7, 2, 8, 9, 2}}, label[] = {0, 1}, files[] = {0, 1}, set[] = {0, 1};
static int64_t start[] = {0, 3, 5}, all_starts[] = {0, 1, 2};
static qp_real score[] = {0, 1};
static double value[] = {1, 2, 3, 4};
static uint8_t pixel[] = {1, 2, 3, 4};

static void fill_data(void)
{
    static char *text[] = {"a", "b"};
    package = (qp_package){.labels = {.count = 2, .text = text}};
    data = (qp_train_data){.package = &package};
    const qp_corpus_side source = {.id = id[0], .start = start}, target = {.id = id[1], .start = start};
    for (int part = 0; part < 2; part++)
        data.corpus[part] = (qp_corpus){.sequences = 2, .source = source, .target = target};
}

/* The words of the fingerprint that differ from those of `before`, by their first letters. */
static const char *changed(uint64_t embeddings, uint64_t teacher)
{
    static const char *const word[] = {"model-",  "learning-", "data-",       "source-",
                                       "target-", "valid-",    "embeddings-", "teacher-"};
    static char differ[10];
    char now[QP_FINGERPRINT_BYTES];
    int used = 0;
    cr_assert_eq(qp_train_fingerprint(&settings, &data, embeddings, teacher, now), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < 8; i++) {
        const char *x = strstr(before, word[i]), *y = strstr(now, word[i]);
        if (!x && !y) continue;
        if (!x || !y || strncmp(x, y, strcspn(x, " ")) != 0) differ[used++] = word[i][0];
    }
    differ[used] = '\0';
    return differ;
}

static void begin(void)
{
    qp_train_defaults(&settings);
    fill_data();
    cr_assert_eq(qp_train_fingerprint(&settings, &data, 0, 0, before), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(changed(0, 0), "");
}

/* Options count where they change the numbers of a run; limits where a schedule ends with them. */
Test(train_folder, options_of_a_fingerprint)
{
    static const struct {
        const char *name, *value, *changed;
    } known[] = {{"enc_layers", "5", "m"}, {"lr", "0.5", "l"},          {"beta1", "0.5", "l"},
                 {"seed", "7", "l"},       {"tag_column", "3", "l"},    {"threads", "3", ""},
                 {"disp_freq", "3", ""},   {"save_freq", "3", ""},      {"keep", "9", ""},
                 {"quiet", "true", ""},    {"overwrite", "true", ""},   {"steps", "77", ""},
                 {"epochs", "7", ""},      {"time_limit", "5m", ""},    {"train_tokens", "5", ""},
                 {"model", "x", ""},       {"gradient_bucket", "3", ""}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        begin();
        cr_assert_eq(qp_train_set(&settings, known[i].name, known[i].value), QP_OK, "%s", qp_error_message());
        cr_expect_str_eq(changed(0, 0), known[i].changed, "%s", known[i].name);
    }
    for (int total = 0; total < 2; total++) {
        begin();
        cr_assert_eq(qp_train_set(&settings, "lr_schedule", "linear"), QP_OK);
        cr_assert_eq(qp_train_set(&settings, "lr_total", total ? "50" : "0"), QP_OK);
        cr_assert_eq(qp_train_fingerprint(&settings, &data, 0, 0, before), QP_OK);
        cr_assert_eq(qp_train_set(&settings, "steps", "77"), QP_OK);
        cr_expect_str_eq(changed(0, 0), total ? "" : "l");
    }
}

#define EXPECT_CHANGED(wanted, ...)                                                                                    \
    do {                                                                                                               \
        begin();                                                                                                       \
        __VA_ARGS__;                                                                                                   \
        cr_expect_str_eq(changed(0, 0), wanted, "%s", #__VA_ARGS__);                                                   \
    } while (0)

/* Everything that is trained on or validated with counts, under its own word. */
Test(train_folder, data_of_a_fingerprint)
{
    static int32_t other[] = {4, 5, 2, 6, 3};
    static int64_t cut[] = {0, 2, 5};
    static char *names[] = {"a", "c"};
    const qp_label_sets sets = {.count = 2, .start = all_starts, .label = set};
    const qp_images images = {.size = {1, 2, 1}, .count = 2, .pixel = pixel, .bytes = 2, .label = label};
    const qp_series series = {.rows = 2, .columns = 2, .value = value};
    for (int v = 0; v < 2; v++) {
        const int part = v ? QP_VALIDATION : QP_TRAINING;
        const char *const all = v ? "v" : "d";
        EXPECT_CHANGED(v ? "v" : "ds", data.corpus[part].source.id = other);
        EXPECT_CHANGED(v ? "v" : "ds", data.corpus[part].source.start = cut);
        EXPECT_CHANGED(v ? "v" : "ds", data.corpus[part].source = (qp_corpus_side){0});
        EXPECT_CHANGED(v ? "v" : "dt", data.corpus[part].target.id = other);
        EXPECT_CHANGED(v ? "v" : "dst", data.corpus[part].sequences = 1);
        EXPECT_CHANGED(all, data.corpus[part].score = score);
        EXPECT_CHANGED(all, data.corpus[part].weight = score);
        EXPECT_CHANGED(all, data.corpus[part].file = files);
        EXPECT_CHANGED(all, data.images[part] = images);
        EXPECT_CHANGED(all, data.series[part] = series);
    }
    EXPECT_CHANGED("d", data.sets = sets);
    EXPECT_CHANGED("d", data.index.pieces = 1, data.index.hash = 5);
    EXPECT_CHANGED("d", package.labels.text = names);
    EXPECT_CHANGED("d", package.labels.count = 1);
    begin();
    cr_expect_str_eq(changed(5, 0), "e");
    cr_expect_str_eq(changed(0, 5), "t");
    cr_expect_str_eq(changed(5, 6), "et");
    cr_assert_eq(qp_train_fingerprint(&settings, &data, 5, 6, before), QP_OK);
    cr_expect_str_eq(changed(5, 7), "t");
    cr_expect_str_eq(changed(4, 6), "e");
}

/* ---- the folder ---- */

static void put(const char *path)
{
    FILE *file = fopen(path, "w");
    cr_assert(file && fclose(file) == 0, "%s", path);
}

static qp_job_config job_of(bool overwrite)
{
    qp_train_defaults(&settings);
    strcpy(settings.job.model, "m.safetensors");
    settings.job.overwrite = overwrite;
    return settings.job;
}

/* A run that begins, and one that finds a model without its run. */
Test(train_folder, a_new_run)
{
    qp_train_folder f = {.lock = NULL};
    qp_job_config job = job_of(false);
    cr_assert_eq(qp_train_folder_open(&job, &f), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(f.path, "m.run");
    cr_expect_str_eq(f.made, "m.run");
    cr_expect(qp_folder_exists("m.run") && f.lock && !qp_train_folder_begun("m.run"));
    cr_assert_eq(qp_train_folder_begin(&f, &settings), QP_OK, "%s", qp_error_message());
    cr_expect(qp_file_exists("m.run/config.yaml"));
    qp_train_folder_close(&f);
    cr_expect(qp_file_exists("m.run/config.yaml") && f.lock == NULL);
    put("m.safetensors");
    cr_assert_eq(qp_train_folder_open(&job, &f), QP_ECREATE);
    cr_expect_str_eq(qp_error_message(), "m.safetensors: exists, but there is no saved run m.run; add --overwrite to "
                                         "replace it, or name another -m");
    qp_train_folder_close(&f);
    put("m.run/state-5");
    cr_expect(qp_train_folder_begun("m.run") && !qp_train_folder_begun("absent"));
    cr_assert_eq(qp_train_folder_open(&job, &f), QP_OK, "%s", qp_error_message());
    qp_train_folder_close(&f);
    strcpy(job.model, "name");
    qp_train_folder_name(&job, &f);
    cr_expect_str_eq(f.path, "name.run");
    strcpy(job.model, ".safetensors");
    qp_train_folder_name(&job, &f);
    cr_expect_str_eq(f.path, ".safetensors.run");
}

/* With --overwrite the old run stays until the new one begins, and for good if it never does. */
Test(train_folder, a_run_over_an_old_one)
{
    qp_train_folder f = {.lock = NULL};
    qp_job_config job = job_of(true);
    cr_assert_eq(qp_train_folder_open(&job, &f), QP_OK, "%s", qp_error_message());
    qp_train_folder_close(&f);
    cr_expect_not(qp_file_exists("m.run"), "nothing was made");
    cr_assert_eq(qp_folder_make("m.run/next"), QP_OK);
    put("m.safetensors");
    put("m.run/state-5");
    put("m.run/old");
    put("m.run/next/stale");
    for (int begins = 0; begins < 2; begins++) {
        cr_assert_eq(qp_train_folder_open(&job, &f), QP_OK, "%s", qp_error_message());
        cr_expect_str_eq(f.made, "m.run/next");
        cr_expect(qp_file_exists("m.run/next") && !qp_file_exists("m.run/next/stale"));
        put("m.run/next/new");
        cr_expect(qp_file_exists("m.run/old") && qp_train_folder_begun("m.run"));
        if (begins) cr_assert_eq(qp_train_folder_begin(&f, &settings), QP_OK, "%s", qp_error_message());
        if (begins) cr_expect_str_eq(f.made, "m.run");
        qp_train_folder_close(&f);
        cr_expect_eq(qp_file_exists("m.run/old"), !begins);
        cr_expect_eq(qp_train_folder_begun("m.run"), !begins);
        cr_expect_eq(qp_file_exists("m.run/new") && qp_file_exists("m.run/config.yaml"), begins);
        cr_expect(!qp_file_exists("m.run/next") && qp_file_exists("m.safetensors"));
    }
}
