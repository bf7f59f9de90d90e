#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "lib/package/package.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); /* also writes the text "corpus" */ }

TestSuite(cmd_train, .init = set_up, .fini = small_model_clean);

#define TRAIN(...)                                                                                                     \
    RUN(qp_cmd_train, NULL, "train", "--task", "lm", "--decoder", "gru", "--layers", "1", "--emb-size", "8",           \
        "--tokenizer", "word", "--train", "corpus", "--valid", "none", "-t1", "-m", "m.safetensors", __VA_ARGS__)

Test(cmd_train, the_end_is_reported)
{
    cr_assert_eq(TRAIN("--steps", "3"), 0, "%s", small_err);
    cr_assert_str_empty(small_out);
    cr_assert(strstr(small_err, "m.safetensors: saved after 3 updates, "), "%s", small_err);
    cr_assert(qp_file_exists("m.safetensors") && qp_file_exists("m.run/config.yaml"));
    cr_assert_eq(TRAIN("--steps", "3"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "this run is finished; add --overwrite to start over"), "%s", small_err);
    cr_assert_eq(TRAIN("--steps", "3", "--overwrite", "-q"), 0, "%s", small_err);
    cr_assert_str_empty(small_err);
}

/* The configuration that a run writes makes the same model; words of the command line override it. */
Test(cmd_train, a_configuration_file)
{
    char *first, *second;
    size_t bytes[2];
    cr_assert_eq(TRAIN("--steps", "3", "-q", "--seed", "4"), 0, "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "m.run/config.yaml", "-q", "-m", "again.safetensors"), 0, "%s",
                 small_err);
    cr_assert_eq(qp_file_read("m.safetensors", 1 << 26, &first, &bytes[0]), QP_OK);
    cr_assert_eq(qp_file_read("again.safetensors", 1 << 26, &second, &bytes[1]), QP_OK);
    cr_assert(bytes[0] == bytes[1] && memcmp(first, second, bytes[0]) == 0);
    free(first);
    free(second);
    cr_assert_eq(
        RUN(qp_cmd_train, NULL, "train", "m.run/config.yaml", "-m", "longer.safetensors", "--steps", "5", "--no-quiet"),
        0, "%s", small_err);
    cr_assert(strstr(small_err, "longer.safetensors: saved after 5 updates"), "%s", small_err);
}

/* A preset replaces defaults, not what is given; it is named. */
Test(cmd_train, a_preset)
{
    qp_package *package;
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "--preset", "transformer-base", "--train-src", "corpus",
                     "--train-tgt", "corpus", "--valid", "none", "--tokenizer", "word", "--emb-size", "16", "--ff-size",
                     "16", "--layers", "1", "--steps", "1", "-t1", "-m", "p.safetensors"),
                 0, "%s", small_err);
    cr_assert(strstr(small_err, "transformer-base"), "%s", small_err);
    cr_assert_eq(qp_package_load("p.safetensors", &package), QP_OK, "%s", qp_error_message());
    const qp_model_config *config = qp_model_config_of(package->model);
    cr_assert(config->heads == 8 && config->emb_size == 16 && config->enc_layers == 1, "heads %lld",
              (long long)config->heads);
    qp_package_free(package);
    cr_assert_eq(TRAIN("--preset", "transformer"), 2);
    cr_assert_eq(small_lines(small_err), 1, "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "--help"), 0);
    cr_assert(strstr(small_out, "presets (--preset NAME)") && strstr(small_out, " transformer-base "), "%s", small_out);
}

/* On the command line an option that nothing reads is a mistake, in a file it is a warning. */
Test(cmd_train, options_that_nothing_reads)
{
    cr_assert_eq(TRAIN("--steps", "1", "--heads", "4"), 2);
    cr_assert(strstr(small_err, "--heads"), "%s", small_err);
    static const char file[] = "task: lm\ndecoder: gru\nlayers: 1\nemb_size: 8\ntokenizer: word\ntrain: corpus\nvalid: "
                               "none\nsteps: 1\nthreads: 1\nheads: 4\nmodel: f.safetensors\n";
    small_file("f.yaml", file, strlen(file));
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "f.yaml", "--progress", "never"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "options of the configuration file that nothing reads in this model: heads"), "%s",
              small_err);
    cr_assert_eq(TRAIN("--train", "unused.safetensors", "-m", "unused.safetensors"), 2);
    cr_assert(strstr(small_err, "is an input and would be overwritten"), "%s", small_err);
}
