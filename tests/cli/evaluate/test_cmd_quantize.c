#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "lib/package/package.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

static const char lines[] = "the cat sees a dog\na bird eats the fish\n";

static void set_up(void)
{
    small_model_write("m.safetensors", false);
    small_file("src", lines, strlen(lines));
    small_file("ref", lines, strlen(lines));
}

TestSuite(cmd_quantize, .init = set_up, .fini = small_model_clean);

#define QUANTIZE(...) RUN(qp_cmd_quantize, NULL, "quantize", "-m", "m.safetensors", __VA_ARGS__)

/* Fewer bits make smaller files; int8 rounds only what multiplies rows, the others every matrix. */
Test(cmd_quantize, types_and_their_sizes)
{
    static const char *const type[] = {"int8", "bf16", "fp16"};
    int rounded[3], all[3];
    size_t bytes[4];
    char *text;
    cr_assert_eq(qp_file_read("m.safetensors", 1 << 28, &text, &bytes[3]), QP_OK);
    free(text);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(QUANTIZE("-o", "q.safetensors", "--type", type[i]), 0, "%s", small_err);
        char name[20];
        cr_assert_eq(sscanf(small_out, "%19s %d of %d tensors; weights 0.", name, &rounded[i], &all[i]), 3, "%s",
                     small_out);
        cr_assert_str_eq(name, type[i]);
        cr_assert_eq(small_lines(small_out), 1, "nothing is measured: %s", small_out);
        qp_package *package;
        cr_assert_eq(qp_package_load("q.safetensors", &package), QP_OK, "%s", qp_error_message());
        cr_assert_str_eq(qp_weight_type_name(package->quantized.type), type[i]);
        qp_package_free(package);
        cr_assert_eq(qp_file_read("q.safetensors", 1 << 28, &text, &bytes[i]), QP_OK);
        free(text);
    }
    cr_assert(rounded[0] > 0 && rounded[0] < rounded[1] && rounded[1] == rounded[2] && rounded[1] < all[1]);
    cr_assert(bytes[0] < bytes[1] && bytes[1] == bytes[2] && bytes[1] < bytes[3]);
}

/* The file keeps what is printed. */
Test(cmd_quantize, the_loss_is_measured_before_and_after)
{
    qp_package *package;
    double before, after;
    cr_assert_eq(QUANTIZE("-o", "q.safetensors", "--src", "src", "--ref", "ref"), 0, "%s", small_err);
    cr_assert_eq(sscanf(strchr(small_out, '\n'), "\nbleu %lf before, %lf after\n", &before, &after), 2, "%s",
                 small_out);
    cr_assert_eq(
        RUN(qp_cmd_evaluate, NULL, "evaluate", "bleu", "-m", "m.safetensors", "--src", "src", "--ref", "ref", "--json"),
        0, "%s", small_err);
    cr_assert_float_eq(atof(strstr(small_out, "\"score\":") + 8), before, 1e-3, "%s", small_out);
    small_task_train("classify", 3);
    cr_assert_eq(QUANTIZE("-o", "c.safetensors", "--test", "texts", "--type", "bf16"), 0, "%s", small_err);
    cr_assert_eq(sscanf(strchr(small_out, '\n'), "\naccuracy %lf before, %lf after\n", &before, &after), 2, "%s",
                 small_out);
    cr_assert_eq(qp_package_load("c.safetensors", &package), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(package->quantized.metric, "accuracy");
    cr_assert_float_eq(package->quantized.before, before, 1e-3);
    cr_assert_float_eq(package->quantized.after, after, 1e-3);
    qp_package_free(package);
}

Test(cmd_quantize, mistakes_leave_no_file)
{
    static const struct {
        const char *word[6], *error;
        int code;
    } row[] = {
        {{"-o", "x.safetensors", "--src", "src"}, "belong together", 2},
        {{"-o", "x.safetensors", "--test", "src"}, "is a translator", 2},
        {{"-o", "x.safetensors", "--src", "-", "--ref", "ref"}, "the text is read twice", 2},
        {{"-o", "x.safetensors", "--src", "src", "--ref", "one"}, "one: fewer lines than src", 65},
        {{"-o", "x.safetensors", "--src", "none", "--ref", "ref"}, "none: no lines to translate", 65},
        {{"-o", "x.safetensors", "--src", "src", "--ref", "nowhere"}, "nowhere", 66},
        {{"-o", "m.safetensors"}, "is an input", 2},
        {{NULL}, "name it with -o MODEL", 2},
    };
    small_file("one", "a\n", 2);
    small_file("none", "", 0);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const *w = row[i].word;
        cr_expect_eq(QUANTIZE(w[0], w[1], w[2], w[3], w[4], w[5]), row[i].code, "%s: %s", row[i].error, small_err);
        cr_expect(strstr(small_err, row[i].error), "%s", small_err);
        cr_expect_not(qp_file_exists("x.safetensors"), "%s", row[i].error);
    }
    cr_assert_eq(QUANTIZE("-o", "q.safetensors"), 0);
    cr_assert_eq(RUN(qp_cmd_quantize, NULL, "quantize", "-m", "q.safetensors", "-o", "x.safetensors"), 2);
    cr_assert(strstr(small_err, "is in int8 already"), "%s", small_err);
}
