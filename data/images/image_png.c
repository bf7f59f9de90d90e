#include "data/images/image_png.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/array.h"
#include "lib/base/file.h"

enum { FILE_MOST = 64 << 20, PATH_BYTES = 4096 };

typedef struct {
    const qp_images_options *options;
    qp_images *images;
    char first[PATH_BYTES]; /* the file that decided the size */
    int64_t number;
} reading;

/* ---- names of a folder ---- */

typedef struct {
    char **name;
    size_t count, capacity;
} names;

static void names_free(names *n)
{
    for (size_t i = 0; i < n->count; i++) free(n->name[i]);
    free(n->name);
    *n = (names){0};
}

static qp_status add_name(void *self, const char *name)
{
    names *n = self;
    if (name[0] == '.') return QP_OK;
    char *copy = strdup(name);
    if (!copy || !QP_GROW(n->name, n->capacity, n->count + 1)) {
        free(copy);
        return qp_fail(QP_EMEMORY, "out of memory for the names of a folder");
    }
    n->name[n->count++] = copy;
    return QP_OK;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static qp_status list(const char *folder, names *n)
{
    *n = (names){0};
    qp_status status = qp_folder_each(folder, add_name, n);
    if (status != QP_OK)
        names_free(n);
    else if (n->count)
        qsort(n->name, n->count, sizeof *n->name, by_bytes);
    return status;
}

static qp_status join(const char *folder, const char *name, char path[PATH_BYTES])
{
    int bytes = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    return bytes < PATH_BYTES ? QP_OK : qp_fail(QP_EDATA, "%.200s: a path of more than %d bytes", folder, PATH_BYTES);
}

/* ---- one file ---- */

/* Mean of what each pixel of the new size covers of the old one:  y = sum of overlap * x / area. */
static void scale(const uint8_t *from, qp_image_size old, uint8_t *to, qp_image_size size)
{
    double down = (double)old.height / size.height, across = (double)old.width / size.width;
    for (int y = 0; y < size.height; y++)
        for (int x = 0; x < size.width; x++) {
            double top = y * down, bottom = top + down, left = x * across, right = left + across, sum[4] = {0};
            for (int v = (int)top; v < old.height && v < bottom; v++) {
                double high = (v + 1 < bottom ? v + 1 : bottom) - (v > top ? v : top);
                for (int u = (int)left; u < old.width && u < right; u++) {
                    double area = high * ((u + 1 < right ? u + 1 : right) - (u > left ? u : left));
                    const uint8_t *pixel = from + ((ptrdiff_t)v * old.width + u) * size.channels;
                    for (int c = 0; c < size.channels; c++) sum[c] += area * pixel[c];
                }
            }
            for (int c = 0; c < size.channels; c++) *to++ = (uint8_t)(sum[c] / (down * across) + 0.5);
        }
}

static qp_status damaged(const char *path, png_image *image)
{
    char message[sizeof image->message];
    snprintf(message, sizeof message, "%s", image->message);
    png_image_free(image);
    return qp_fail(QP_EDATA, "%s: not a PNG file that can be read: %s", path, message);
}

/* The size of every image: that of the options, or of the first file. */
static qp_status settle_size(reading *r, const char *path, qp_image_size own)
{
    qp_image_size *size = &r->images->size, wanted = r->options->size;
    if (!size->height) {
        *size = wanted.height ? wanted : own;
        if (!size->channels) size->channels = own.channels;
        snprintf(r->first, sizeof r->first, "%s", path);
    }
    if (wanted.height || (own.height == size->height && own.width == size->width)) return QP_OK;
    return qp_fail(QP_EDATA, "%s: %d x %d pixels, but %s has %d x %d; add --image-size %dx%d to scale all of them",
                   path, own.height, own.width, r->first, size->height, size->width, size->height, size->width);
}

/* Decode the file into `pixel`, malloc'ed, of images->size; NULL: not wanted. */
static qp_status decode(reading *r, const char *path, const char *content, size_t bytes, uint8_t **pixel)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    png_color white = {255, 255, 255};
    *pixel = NULL;
    if (!png_image_begin_read_from_memory(&image, content, bytes)) return damaged(path, &image);
    qp_image_size own = {(int)image.height, (int)image.width, image.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1};
    qp_status status = qp_image_size_check(path, image.height, image.width, own.channels);
    if (status == QP_OK) status = settle_size(r, path, own);
    if (status == QP_OK && !qp_images_wants(r->images, r->options)) {
        png_image_free(&image);
        return QP_OK;
    }
    own.channels = r->images->size.channels;
    uint8_t *decoded = status == QP_OK ? malloc(qp_image_cells(own)) : NULL;
    uint8_t *scaled = decoded ? malloc(qp_image_cells(r->images->size)) : NULL;
    if (status == QP_OK && !scaled) status = qp_fail(QP_EMEMORY, "%s: no memory for its pixels", path);
    image.format = own.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    if (status == QP_OK && !png_image_finish_read(&image, &white, decoded, 0, NULL)) status = damaged(path, &image);
    png_image_free(&image);
    if (status == QP_OK) {
        scale(decoded, own, scaled, r->images->size);
        *pixel = scaled;
    } else {
        free(scaled);
    }
    free(decoded);
    return status;
}

static qp_status read_file(reading *r, const char *path, const char *label)
{
    char *content;
    size_t bytes;
    uint8_t *pixel;
    QP_TRY(qp_file_read(path, FILE_MOST, &content, &bytes));
    qp_status status = decode(r, path, content, bytes, &pixel);
    qp_image image = {.pixel = pixel, .label = label, .path = path, .line = ++r->number};
    if (r->options->cluster) image.hash = XXH3_64bits(content, bytes);
    free(content);
    if (status == QP_OK) status = qp_images_add(r->images, r->options, &image);
    free(pixel);
    return status;
}

/* ---- folders ---- */

static bool is_png(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && (strcmp(name + length - 4, ".png") == 0 || strcmp(name + length - 4, ".PNG") == 0);
}

static qp_status read_folder(reading *r, const char *folder, const char *label)
{
    names n;
    char path[PATH_BYTES];
    QP_TRY(list(folder, &n));
    qp_status status = QP_OK;
    for (size_t i = 0; status == QP_OK && i < n.count; i++) {
        if (!is_png(n.name[i])) continue;
        status = join(folder, n.name[i], path);
        if (status == QP_OK) status = read_file(r, path, label);
    }
    names_free(&n);
    return status;
}

static qp_status read_classes(reading *r, const char *folder, bool *found)
{
    names n;
    char path[PATH_BYTES];
    *found = false;
    QP_TRY(list(folder, &n));
    qp_status status = QP_OK;
    for (size_t i = 0; status == QP_OK && i < n.count; i++) {
        status = join(folder, n.name[i], path);
        if (status != QP_OK || !qp_folder_exists(path)) continue;
        *found = true;
        status = read_folder(r, path, n.name[i]);
    }
    names_free(&n);
    return status;
}

qp_status qp_image_png_read(const qp_images_options *options, qp_images *images)
{
    reading r = {.options = options, .images = images};
    bool classes;
    if (!qp_folder_exists(options->path)) return read_file(&r, options->path, NULL);
    QP_TRY(read_classes(&r, options->path, &classes));
    if (!classes && options->known) QP_TRY(read_folder(&r, options->path, NULL));
    if (r.number > 0) return QP_OK;
    return qp_fail(QP_EDATA, "%s: no PNG files in %s; each class is a folder of its name with .png files in it",
                   options->path, classes ? "its folders" : "it");
}
