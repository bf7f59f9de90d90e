#include "lib/run/train_images.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/package/run/small_run.h"

TestSuite(train_images, .init = small_run_folder, .fini = small_run_clean);

/* Six images of 4 x 2 in two classes. */
#define TABLE "y,p1,p2,p3,p4,p5,p6,p7,p8\n"
#define SIX                                                                                                            \
    TABLE "a,1,2,3,4,5,6,7,8\nb,2,3,4,5,6,7,8,9\na,3,4,5,6,7,8,9,1\nb,4,5,6,7,8,9,1,2\na,5,6,7,8,9,1,2,3\n"            \
          "b,6,7,8,9,1,2,3,4\n"
#define IMAGES                                                                                                         \
    "task", "classify", "decoder", "none", SMALL, "column", "y", "train", "train.csv", "valid", "valid.csv",           \
        "image_size", "4x2"

/* The patches of all images with their mean and deviation; labels and patches give the model's sizes. */
Test(train_images, patches_and_their_scaling)
{
    static const struct {
        const char *patch;
        int patches, features;
    } row[] = {{"2x2", 2, 4}, {"4x2", 1, 8}, {"1x2", 4, 2}, {"2", 4, 2}, {"1x1", 8, 1}};
    put("train.csv", SIX);
    put("valid.csv", TABLE "b,0,0,0,0,0,0,0,0\n");
    double sum = 0, squares = 0;
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 8; k++) {
            double x = (i + k) % 9 + 1;
            sum += x, squares += x * x;
        }
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {IMAGES, "patch", row[i].patch, NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_image_format *f = &run.data.package->images;
        cr_expect(run.data.images[QP_TRAINING].count == 6 && run.data.images[QP_VALIDATION].count == 1);
        cr_expect(f->size.height == 4 && f->size.width == 2 && f->size.channels == 1);
        cr_expect_str_eq(f->column, "y");
        cr_expect_float_eq(f->mean, sum / 48, 1e-9, "of the training part alone");
        cr_expect_float_eq(f->deviation, sqrt(squares / 48 - sum / 48 * sum / 48), 1e-6, "%g", f->deviation);
        const qp_model_config *model = &run.settings->model;
        cr_expect(model->labels == 2 && model->features == row[i].features && model->max_length == row[i].patches,
                  "row %zu: %d %d", i, (int)model->features, (int)model->max_length);
        qp_train_run_free(&run);
    }
}

/* --batch-size counts images, or patches and then at least one image; validations are neither shuffled nor shifted. */
Test(train_images, batches)
{
    static const struct {
        const char *type, *size;
        int64_t batches;
    } row[] = {{"sentence", "1", 6}, {"sentence", "4", 2}, {"token", "8", 3}, {"token", "9", 3},
               {"token", "4", 6},    {"token", "3", 6},    {"token", "1", 6}, {"token", "24", 1}};
    put("train.csv", SIX);
    put("valid.csv", SIX);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {IMAGES,       "patch",     "1x2",         "batch_type", row[i].type,
                                      "batch_size", row[i].size, "image_shift", "1",          NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_image_format *f = &run.data.package->images;
        for (int part = 0; part < QP_PARTS; part++) {
            const qp_batch_source *batches = &run.data.batches[part];
            int64_t count, at = 0;
            bool moved = false;
            cr_assert_eq(batches->begin(batches->self, 0, &count), QP_OK);
            cr_expect_eq(count, row[i].batches, "row %zu: %d", i, (int)count);
            for (int64_t b = 0; b < count; b++) {
                qp_batch batch;
                cr_assert_eq(batches->get(batches->self, b, 0, &batch), QP_OK, "%s", qp_error_message());
                for (int k = 0; k < batch.source.sequences.count; k++, at++) {
                    qp_real expected[8];
                    qp_image_format_rows(f, &run.data.images[part], at, (qp_image_shift){0, 0}, expected);
                    moved |= memcmp(batch.source_value + k * 8, expected, sizeof expected) != 0;
                }
            }
            cr_expect_eq(at, 6, "each image once");
            cr_expect_eq(moved, part == QP_TRAINING, "row %zu, part %d", i, part);
        }
        qp_train_run_free(&run);
    }
}

Test(train_images, what_is_refused)
{
    static const struct {
        const char *name, *value, *valid, *said; /* NULL: fine */
    } row[] = {
        {"patch", "2x2", "b,0,0,0,0,0,0,0,0\n", NULL},
        {"patch", "3x2", "b,0,0,0,0,0,0,0,0\n", "patch"},
        {"patch", "2x", "b,0,0,0,0,0,0,0,0\n", "patch"},
        {"multi_label", "true", "b,0,0,0,0,0,0,0,0\n", "--multi-label is for texts"},
        {"patch", "2x2", "b,0,0,0,0,0,0,0\n", "valid.csv"},
        {"patch", "2x2", "c,0,0,0,0,0,0,0,0\n", "'c'"},
        {"unseen_labels", "ignore", "c,0,0,0,0,0,0,0,0\nb,0,0,0,0,0,0,0,0\n", NULL},
        {"train_src", "x", "b,0,0,0,0,0,0,0,0\n", "--train and --train-src/--train-tgt contradict"},
    };
    put("train.csv", SIX);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {IMAGES, "patch", "2x2", row[i].name, row[i].value, NULL};
        char table[200];
        qp_train_run run;
        snprintf(table, sizeof table, TABLE "%s", row[i].valid);
        put("valid.csv", table);
        qp_status status = small_run_try(&run, option);
        cr_expect_eq(status == QP_OK, row[i].said == NULL, "row %zu: %s", i, status ? qp_error_message() : "");
        if (status && row[i].said) cr_expect(strstr(qp_error_message(), row[i].said), "%s", qp_error_message());
        qp_train_run_free(&run);
    }
}

/* Images of another size are no validation of these, though both are squares. */
Test(train_images, sizes_of_both_parts)
{
    put("train.csv", "y,p1,p2,p3,p4\na,1,2,3,4\nb,2,3,4,5\n");
    for (int larger = 0; larger < 2; larger++) {
        const char *const option[] = {"task",  "classify",  "decoder", "none",  SMALL,   "column", "y",
                                      "train", "train.csv", "valid",   "v.csv", "patch", "1x2",    NULL};
        qp_train_run run;
        put("v.csv", larger ? "y,p1,p2,p3,p4,p5,p6,p7,p8,p9\na,1,2,3,4,5,6,7,8,9\n" : "y,p1,p2,p3,p4\na,1,2,3,4\n");
        qp_status status = small_run_try(&run, option);
        cr_expect_eq(status, larger ? QP_EDATA : QP_OK, "%s", status ? qp_error_message() : "");
        qp_train_run_free(&run);
    }
}

/* Of many labels the first twenty are printed. */
Test(train_images, what_is_printed)
{
    for (int labels = 19; labels < 22; labels++) {
        char *text = NULL, expected[400] = "";
        size_t bytes;
        FILE *stream = open_memstream(&text, &bytes);
        qp_package package = {
            .images = {.size = {4, 6, 1}, .patch_height = 2, .patch_width = 3, .mean = 0.5, .deviation = 2}};
        qp_train_data data = {.package = &package, .has_valid = labels != 19};
        data.images[QP_TRAINING].count = 9;
        data.images[QP_VALIDATION].count = 8;
        int used = sprintf(expected,
                           "images     4 x 6 x 1 in 4 patches of 2 x 3; (x - 0.5) / 2\nlabels     %d:", labels);
        for (int i = 0; i < labels; i++) {
            char name[8];
            int number, length = sprintf(name, "n%d", i);
            cr_assert_eq(qp_labels_add(&package.labels, name, (size_t)length, &number), QP_OK);
            if (i < 20) used += sprintf(expected + used, "%s n%d", i ? "," : "", i);
        }
        used += sprintf(expected + used, "%s\ntraining   9 images\n", labels > 20 ? ", ..." : "");
        if (labels != 19) sprintf(expected + used, "validation 8 images\n");
        qp_images_print(&data, stream);
        fclose(stream);
        cr_expect_str_eq(text, expected, "%s", text);
        free(text);
        qp_labels_free(&package.labels);
    }
}
