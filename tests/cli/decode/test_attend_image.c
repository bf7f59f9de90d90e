#include "cli/decode/attend_image.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

static void set_up(void) { small_task_train("images", 2); }

TestSuite(attend_image, .init = set_up, .fini = small_model_clean);

#define ATTEND(model, ...) RUN(qp_cmd_attend, NULL, "attend", "-m", model, __VA_ARGS__)

/* The label in the title is the one that predict gives the image. */
Test(attend_image, the_title_names_file_number_and_label)
{
    char title[200], label[20];
    double p;
    cr_assert_eq(RUN(qp_cmd_predict, NULL, "predict", "-m", "m.safetensors", "images.csv"), 0, "%s", small_err);
    char *fifth = small_out;
    for (int i = 1; i < 5; i++) fifth = strchr(fifth, '\n') + 1;
    cr_assert_eq(sscanf(fifth, "%19s\t%lf", label, &p), 2, "%s", small_out);
    snprintf(title, sizeof title, "images.csv, image 5: %s %.4f", label, p);
    qp_picture picture;
    cr_assert_eq(qp_attend_image_file("m.safetensors", true, "images.csv", 5, &picture), QP_OK, "%s",
                 qp_error_message());
    cr_assert_str_eq(picture.title, title);
    qp_picture_free(&picture);
    cr_assert_eq(ATTEND("m.safetensors", "--image", "images.csv", "--number", "60", "-o", "map.svg"), 0, "%s",
                 small_err);
}

Test(attend_image, mistakes)
{
    cr_assert_eq(ATTEND("m.safetensors", "--image", "images.csv", "--number", "61"), 2);
    cr_assert_str_eq(small_err, "quipu: --number 61: images.csv has 60 images\n");
    cr_assert_eq(ATTEND("m.safetensors", "--image", "nowhere.csv"), 66, "%s", small_err);
    small_task_train("classify", 1);
    cr_assert_eq(ATTEND("m.safetensors", "--image", "images.csv"), 2);
    cr_assert_str_eq(small_err, "quipu: m.safetensors: reads texts, not images; leave --image out\n");
    cr_assert_eq(ATTEND("unused.safetensors", "--image", "images.csv"), 2, "%s", small_err);
}
