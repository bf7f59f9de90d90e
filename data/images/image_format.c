#include "data/images/image_format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/json_reader.h"
#include "lib/text/json_writer.h"

/* Up to `most` numbers from 1 to QP_IMAGE_SIDE_MOST with x between them; their count, 0: something else. */
static int parse_sides(const char *text, int most, int *side)
{
    for (int count = 0; count < most;) {
        char *end;
        long value = strspn(text, "0123456789") ? strtol(text, &end, 10) : 0;
        if (value < 1 || value > QP_IMAGE_SIDE_MOST) return 0;
        side[count++] = (int)value;
        if (!*end) return count;
        if (*end != 'x') return 0;
        text = end + 1;
    }
    return 0;
}

qp_status qp_image_patch_parse(const char *text, int *height, int *width)
{
    int side[2], count = parse_sides(text, 2, side);
    if (count == 0) return qp_fail(QP_EUSAGE, "--patch %.40s: not the rows and columns of a patch, such as 4x4", text);
    *height = count == 2 ? side[0] : 1;
    *width = side[count - 1];
    return QP_OK;
}

qp_status qp_image_size_parse(const char *text, qp_image_size *size)
{
    int side[3], count = parse_sides(text, 3, side);
    *size = (qp_image_size){0};
    if (count >= 2) *size = (qp_image_size){side[0], side[1], count == 3 ? side[2] : 0};
    if (count >= 2 && (count == 2 || side[2] == 1 || side[2] == 3)) return QP_OK;
    return qp_fail(QP_EUSAGE,
                   "--image-size %.40s: not the rows and columns of an image, such as 28x28, or 32x32x3 for color",
                   text);
}

qp_status qp_image_format_check(const qp_image_format *f)
{
    if (f->size.height % f->patch_height == 0 && f->size.width % f->patch_width == 0) return QP_OK;
    return qp_fail(QP_EUSAGE, "--patch %dx%d does not divide images of %d x %d; choose divisors, such as --patch %dx%d",
                   f->patch_height, f->patch_width, f->size.height, f->size.width, f->size.height % 2 ? 1 : 2,
                   f->size.width % 2 ? 1 : 2);
}

static int clamp(int place, int size) { return place < 0 ? 0 : place < size ? place : size - 1; }

void qp_image_format_rows(const qp_image_format *f, const qp_images *images, int64_t image, qp_image_shift shift,
                          qp_real *row)
{
    const qp_image_size s = f->size;
    size_t first = (size_t)image * qp_image_cells(s);
    for (int top = 0; top < s.height; top += f->patch_height)
        for (int left = 0; left < s.width; left += f->patch_width)
            for (int c = 0; c < s.channels; c++) {
                double mean = f->by_channel ? f->mean_of[c] : f->mean;
                double deviation = f->by_channel ? f->deviation_of[c] : f->deviation;
                for (int y = top; y < top + f->patch_height; y++)
                    for (int x = left; x < left + f->patch_width; x++) {
                        int from_y = clamp(y - shift.down, s.height), from_x = clamp(x - shift.right, s.width);
                        size_t cell = ((size_t)from_y * (size_t)s.width + (size_t)from_x) * (size_t)s.channels;
                        double value = qp_images_value(images, first + cell + (size_t)c);
                        *row++ = (qp_real)((value - mean) / deviation);
                    }
            }
}

/* ---- in the model file ---- */

static void put_colors(qp_text_buffer *out, const char *key, const double *value)
{
    qp_json_key(out, key);
    qp_json_open(out, '[');
    for (int c = 0; c < QP_IMAGE_COLORS; c++) qp_json_number(out, value[c]);
    qp_json_close(out, ']');
}

qp_status qp_image_format_json(const qp_image_format *f, char **json)
{
    qp_text_buffer out = {0};
    *json = NULL;
    qp_json_open(&out, '{');
    qp_json_put_integer(&out, "height", f->size.height);
    qp_json_put_integer(&out, "width", f->size.width);
    qp_json_put_integer(&out, "channels", f->size.channels);
    qp_json_put_integer(&out, "patch_height", f->patch_height);
    qp_json_put_integer(&out, "patch_width", f->patch_width);
    qp_json_put_number(&out, "mean", f->mean);
    qp_json_put_number(&out, "deviation", f->deviation);
    if (f->by_channel) {
        put_colors(&out, "mean_of", f->mean_of);
        put_colors(&out, "deviation_of", f->deviation_of);
    }
    qp_json_key(&out, "column");
    if (!qp_json_string(&out, f->column, strlen(f->column))) {
        qp_text_free(&out);
        return qp_fail(QP_EDATA, "--column %.100s: not UTF-8; give the number of the column", f->column);
    }
    qp_json_close(&out, '}');
    return qp_text_finish(&out, json, NULL);
}

/* A whole number from 1 to the limit; 0: something else. */
static int side_of(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;
    return number >= 1 && number <= QP_IMAGE_SIDE_MOST ? (int)number : 0;
}

/* The numbers of three colors, all of them finite; deviations are above 0. */
static bool colors_of(const json_t *list, bool above_zero, double *value)
{
    for (size_t c = 0; c < QP_IMAGE_COLORS; c++) {
        value[c] = json_number_value(json_array_get(list, c));
        if (!isfinite(value[c]) || (above_zero && !(value[c] > 0))) return false;
    }
    return json_array_size(list) == QP_IMAGE_COLORS;
}

static qp_status parse(const json_t *root, qp_image_format *f)
{
    const char *column = json_string_value(json_object_get(root, "column"));
    f->size = (qp_image_size){side_of(root, "height"), side_of(root, "width"), side_of(root, "channels")};
    f->patch_height = side_of(root, "patch_height");
    f->patch_width = side_of(root, "patch_width");
    f->mean = json_number_value(json_object_get(root, "mean"));
    f->deviation = json_number_value(json_object_get(root, "deviation"));
    f->by_channel = json_object_get(root, "mean_of") != NULL;
    bool colors = !f->by_channel || (f->size.channels == QP_IMAGE_COLORS &&
                                     colors_of(json_object_get(root, "mean_of"), false, f->mean_of) &&
                                     colors_of(json_object_get(root, "deviation_of"), true, f->deviation_of));
    if (!colors || !column || strlen(column) >= sizeof f->column || !f->patch_height || !f->patch_width)
        return qp_fail(QP_EDATA, "images: sizes or colors are missing or out of bounds; the model file is damaged");
    if (!isfinite(f->mean) || !isfinite(f->deviation) || !(f->deviation > 0))
        return qp_fail(QP_EDATA, "images: numbers are missing or out of bounds; the model file is damaged");
    snprintf(f->column, sizeof f->column, "%s", column);
    QP_TRY(qp_image_size_check("the model file", f->size.height, f->size.width, f->size.channels));
    return qp_image_format_check(f);
}

qp_status qp_image_format_parse(const char *json, qp_image_format *format)
{
    json_t *root;
    *format = (qp_image_format){0};
    QP_TRY(qp_json_read("images", json, strlen(json), 0, &root));
    qp_status status = parse(root, format);
    json_decref(root);
    if (status != QP_EUSAGE) return status;
    return qp_fail(QP_EDATA, "images: the patches do not divide them; the model file is damaged");
}
