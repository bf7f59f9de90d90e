#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "lib/picture/colormap.h"
#include "lib/picture/png.h"
#include "tests/picture/sample_picture.h"

static void expect_colour(const unsigned char *point, qp_colour colour)
{
    cr_assert(point[0] == colour.red && point[1] == colour.green && point[2] == colour.blue, "%d %d %d", point[0],
              point[1], point[2]);
}

Test(png, reads_back)
{
    qp_picture picture = sample_picture();
    qp_panels panels;
    char *content;
    size_t bytes;
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "last", "all", &panels), QP_OK);
    cr_assert_eq(qp_png_draw(&picture, &panels, &content, &bytes), QP_OK, "%s", qp_error_message());
    png_image image = {.version = PNG_IMAGE_VERSION};
    cr_assert(png_image_begin_read_from_memory(&image, content, bytes), "%s", image.message);
    cr_assert(image.width == 2 * (3 * 16 + 16) + 16 && image.height == 2 * 16 + 2 * 16);
    image.format = PNG_FORMAT_RGB;
    unsigned char *point = malloc(PNG_IMAGE_SIZE(image));
    cr_assert(png_image_finish_read(&image, NULL, point, 0, NULL));
    expect_colour(point, (qp_colour){255, 255, 255});
    /* the last cell of the second panel holds the largest weight of all */
    size_t x = 16 + (3 * 16 + 16) + 2 * 16 + 5, y = 16 + 16 + 5;
    expect_colour(point + 3 * (y * image.width + x), qp_colormap(1));
    free(point);
    free(content);
    qp_picture_free(&picture);
}

Test(png, too_large)
{
    qp_picture picture = sample_picture();
    qp_panels panels;
    char *content;
    size_t bytes;
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_CROSS, "1", "1", &panels), QP_OK);
    int rows = picture.side[QP_MAP_CROSS].rows.count;
    picture.side[QP_MAP_CROSS].rows.count = 1 << 20; /* the size is looked at before anything else */
    cr_assert_eq(qp_png_draw(&picture, &panels, &content, &bytes), QP_EUSAGE);
    cr_assert_null(content);
    picture.side[QP_MAP_CROSS].rows.count = rows;
    qp_picture_free(&picture);
}

Test(png, colours_grow_darker)
{
    double last = 256;
    for (int i = 0; i <= 100; i++) {
        qp_colour c = qp_colormap(i / 100.0);
        double light = 0.3 * c.red + 0.59 * c.green + 0.11 * c.blue;
        cr_assert_leq(light, last, "%d", i);
        last = light;
    }
    cr_assert_eq(qp_colormap(-1).red, qp_colormap(0).red);
    cr_assert_eq(qp_colormap(2).red, qp_colormap(1).red);
    cr_assert(qp_colormap_is_dark(qp_colormap(1)) && !qp_colormap_is_dark(qp_colormap(0)));
}
