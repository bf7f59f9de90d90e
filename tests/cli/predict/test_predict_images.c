#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

enum { IMAGES = 60 };

static void set_up(void) { small_task_train("images", 3); }

TestSuite(predict_images, .init = set_up, .fini = small_model_clean);

#define PREDICT(input, ...) RUN(qp_cmd_predict, input, "predict", "-m", "m.safetensors", __VA_ARGS__)

/* The table of the first `count` images, without their labels. */
static char *unlabelled(int count)
{
    FILE *file = fopen("images.csv", "r");
    char line[400], *text = calloc(1, 16384);
    for (int i = 0; i <= count && fgets(line, sizeof line, file); i++) {
        *strrchr(line, ',') = '\0';
        strcat(strcat(text, line), "\n");
    }
    fclose(file);
    return text;
}

Test(predict_images, a_label_for_each_image)
{
    cr_assert_eq(PREDICT(NULL, "images.csv", "-t1"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), IMAGES);
    char *all = strdup(small_out), *blind = unlabelled(IMAGES), *few = unlabelled(2);
    cr_assert(STARTS(all, "upper\t0.") || STARTS(all, "lower\t0."), "%s", all);
    cr_assert_eq(PREDICT(blind, "-t2"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, all, "stdin, without the labels' column");
    cr_assert_eq(PREDICT(few, "-t2"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 2);
    cr_assert(STARTS(all, small_out), "%s", small_out);
    free(all);
    free(blind);
    free(few);
}

Test(predict_images, file_after_file)
{
    cr_assert_eq(PREDICT(NULL, "images.csv", "--all"), 0, "%s", small_err);
    char *once = strdup(small_out);
    cr_assert_eq(PREDICT(NULL, "images.csv", "images.csv", "--all"), 0, "%s", small_err);
    cr_assert(small_lines(small_out) == 2 * IMAGES && STARTS(small_out, once));
    cr_assert_str_eq(small_out + strlen(once), once);
    small_file("narrow.csv", "a,b\n1,2\n", 8);
    cr_assert_eq(PREDICT(NULL, "images.csv", "narrow.csv"), 65, "%s", small_err);
    cr_assert(strstr(small_err, "narrow.csv"), "%s", small_err);
    free(once);
}

/* A larger number of images than fits in one block has the labels of each alone. */
Test(predict_images, more_images_than_one_block)
{
    enum { TIMES = 10 };
    char *blind = unlabelled(IMAGES), *rows = strchr(blind, '\n') + 1, *many = calloc(TIMES + 1, strlen(blind));
    strncat(many, blind, (size_t)(rows - blind));
    for (int i = 0; i < TIMES; i++) strcat(many, rows);
    cr_assert_eq(PREDICT(blind, "-t1"), 0, "%s", small_err);
    char *once = strdup(small_out);
    cr_assert_eq(PREDICT(many, "-t1"), 0, "%s", small_err);
    cr_assert_eq(strlen(small_out), TIMES * strlen(once));
    for (int i = 0; i < TIMES; i++) cr_assert_eq(strncmp(small_out + (size_t)i * strlen(once), once, strlen(once)), 0);
    free(once);
    free(many);
    free(blind);
}
