#include "lib/package/attention_image.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 6, PATCH = 2, PATCHES = 9, LAYERS = 2, HEADS = 4 };

/* A classifier of images of 6 x 6 pixels in patches of 2 x 2, with its first weights. */
static qp_package *package_of(const char *const *setting, int settings)
{
    static const char *const common[] = {"task=classify", "decoder=none", "labels=3",    "features=4", "max_length=9",
                                         "pos=learned",   "enc_layers=2", "emb_size=16", "heads=4"};
    qp_package *package;
    qp_model *model;
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    for (int i = 0; i < 9 + settings; i++) {
        char key[40];
        const char *one = i < 9 ? common[i] : setting[i - 9], *equals = strchr(one, '=');
        snprintf(key, sizeof key, "%.*s", (int)(equals - one), one);
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, key), &config, "", equals + 1), QP_OK);
    }
    cr_assert_eq(qp_package_new(&package), QP_OK);
    cr_assert_eq(qp_model_new(&config, 3, &model), QP_OK, "%s", qp_error_message());
    package->images = (qp_image_format){
        .size = {SIDE, SIDE, 1}, .patch_height = PATCH, .patch_width = PATCH, .mean = 127, .deviation = 64};
    qp_package_set_model(package, model);
    return package;
}

static qp_images image_of(void)
{
    qp_images images = {.size = {SIDE, SIDE, 1}, .count = 1, .pixel = malloc(SIDE * SIDE)};
    for (int i = 0; i < SIDE * SIDE; i++) images.pixel[i] = (uint8_t)(i * 37 % 256);
    return images;
}

static const float *weights(const qp_picture *picture, qp_map_kind kind, int layer, int head)
{
    const qp_picture_map *map = qp_picture_find(picture, kind, layer, head);
    cr_assert(map != NULL);
    return map->weight;
}

/* The grid is the class token's row, or the mean of all rows. */
static void check_grid(const char *const *setting, int settings, int first)
{
    qp_package *package = package_of(setting, settings);
    qp_images images = image_of();
    qp_picture picture;
    qp_image_answer best;
    int rows = PATCHES + first;
    cr_assert_eq(qp_attend_image(package, &images, 0, &picture, &best), QP_OK, "%s", qp_error_message());
    cr_expect(best.label >= 0 && best.label < 3 && best.probability > 1 / 3.0 - 1e-6 && best.probability <= 1);
    cr_assert_eq(picture.side[QP_MAP_ENCODER].rows.count, rows);
    cr_expect_str_eq(picture.side[QP_MAP_ENCODER].rows.text[first], "1,1");
    cr_expect_str_eq(picture.side[QP_MAP_ENCODER].rows.text[rows - 1], "3,3");
    cr_assert(picture.side[QP_MAP_CROSS].rows.count == 3 && picture.side[QP_MAP_CROSS].columns.count == 3);
    for (int layer = 0; layer < LAYERS; layer++)
        for (int head = 0; head < HEADS; head++) {
            const float *all = weights(&picture, QP_MAP_ENCODER, layer, head);
            const float *seen = weights(&picture, QP_MAP_CROSS, layer, head);
            for (int p = 0; p < PATCHES; p++) {
                double sum = 0;
                for (int q = 0; q < rows; q++) sum += (double)all[q * rows + first + p];
                double wanted = first ? (double)all[first + p] : sum / rows;
                cr_expect_float_eq(seen[p], wanted, 1e-6, "layer %d, head %d, patch %d", layer, head, p);
            }
        }
    cr_expect(picture.image_height == SIDE && picture.image_width == SIDE && picture.image[0] == 0);
    qp_picture_free(&picture);
    qp_images_free(&images);
    qp_package_free(package);
}

Test(attention_image, the_mean_over_patches_or_the_class_token)
{
    check_grid(NULL, 0, 0);
    check_grid((const char *const[]){"pooling=class-token"}, 1, 1);
}

Test(attention_image, attention_pooling_alone_and_none)
{
    qp_images images = image_of();
    qp_picture picture;
    qp_package *package = package_of((const char *const[]){"encoder=gru", "pooling=attention"}, 2);
    cr_assert_eq(qp_attend_image(package, &images, 0, &picture, NULL), QP_OK, "%s", qp_error_message());
    cr_assert(picture.maps == 1 && picture.side[QP_MAP_ENCODER].layers == 0);
    const float *seen = weights(&picture, QP_MAP_CROSS, 0, 0);
    double sum = 0;
    for (int p = 0; p < PATCHES; p++) sum += (double)seen[p];
    cr_expect_float_eq(sum, 1, 1e-5);
    qp_picture_free(&picture);
    qp_package_free(package);
    package = package_of((const char *const[]){"encoder=gru"}, 1);
    cr_assert_eq(qp_attend_image(package, &images, 0, &picture, NULL), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "no attention"));
    qp_package_free(package);
    qp_images_free(&images);
}

/* A wide image in colors, the second of two: names of all its patches, and its gray, from its least number to its
 * largest. */
Test(attention_image, names_of_patches_and_the_image_in_gray)
{
    enum { HIGH = 4, WIDE = 6, CHANNELS = 3, CELLS = HIGH * WIDE * CHANNELS, CLASS = 1 };
    static const char *const name[] = {"class", "1,1", "1,2", "1,3", "2,1", "2,2", "2,3"};
    static const char *const number[] = {"1", "2", "3"};
    for (int flat = 0; flat < 2; flat++) {
        qp_package *package = package_of((const char *const[]){"pooling=class-token", "features=12", "max_length=6"},
                                         3);
        qp_images images = {.size = {HIGH, WIDE, CHANNELS}, .count = 2, .pixel = malloc(2 * CELLS)};
        qp_picture picture;
        package->images.size = images.size;
        for (int i = 0; i < 2 * CELLS; i++) images.pixel[i] = (uint8_t)(flat ? 7 : i < CELLS ? 255 : 20 + i * 37 % 200);
        cr_assert_eq(qp_attend_image(package, &images, 1, &picture, NULL), QP_OK, "%s", qp_error_message());
        const qp_token_labels *all = &picture.side[QP_MAP_ENCODER].rows, *rows = &picture.side[QP_MAP_CROSS].rows;
        const qp_token_labels *columns = &picture.side[QP_MAP_CROSS].columns;
        cr_assert(all->count == 7 && rows->count == 2 && columns->count == 3);
        for (int i = 0; i < 7; i++) cr_expect_str_eq(all->text[i], name[i]);
        for (int i = 0; i < 2; i++) cr_expect_str_eq(rows->text[i], number[i]);
        for (int i = 0; i < 3; i++) cr_expect_str_eq(columns->text[i], number[i]);
        cr_expect(picture.image_height == HIGH && picture.image_width == WIDE);
        double least = 255, most = 0;
        for (int i = CELLS; i < 2 * CELLS; i++) {
            least = fmin(least, images.pixel[i]);
            most = fmax(most, images.pixel[i]);
        }
        for (int i = 0; i < HIGH * WIDE; i++) {
            const uint8_t *color = images.pixel + CELLS + CHANNELS * i;
            double gray = flat ? 0 : 255 * ((color[0] + color[1] + color[2]) / 3.0 - least) / (most - least);
            cr_expect_float_eq(picture.image[i], gray, 0.5001, "pixel %d: %d", i, picture.image[i]);
        }
        qp_picture_free(&picture);
        qp_images_free(&images);
        qp_package_free(package);
    }
}

/* Maps of many patches are refused before they are computed. */
Test(attention_image, too_many_patches)
{
    qp_package *package = package_of((const char *const[]){"max_length=5000", "features=1"}, 2);
    qp_images images = {.size = {64, 65, 1}, .count = 1, .pixel = calloc(64 * 65, 1)};
    qp_picture picture;
    package->images = (qp_image_format){.size = images.size, .patch_height = 1, .patch_width = 1, .deviation = 1};
    cr_expect_eq(qp_attend_image(package, &images, 0, &picture, NULL), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(), "maps of 4160 patches are not drawn; the most is 4096");
    qp_images_free(&images);
    qp_package_free(package);
}
