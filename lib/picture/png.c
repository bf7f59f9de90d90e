#include "lib/picture/png.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "lib/picture/colormap.h"

enum { CELL = 16, GAP = 16, COLOURS = 256, GROUND = 255 }; /* colour 255 is the white background */

typedef struct {
    int rows, columns;    /* of a map */
    size_t width, height; /* of the image */
    unsigned char *point; /* [height, width] indices of colours */
} canvas;

static void paint(canvas *c, size_t x, size_t y, const float *weight, float largest)
{
    size_t size = (size_t)c->rows * (size_t)c->columns;
    for (size_t i = 0; i < size; i++) {
        int colour = largest > 0 ? (int)(weight[i] / largest * (GROUND - 1) + 0.5f) : 0;
        size_t left = x + i % (size_t)c->columns * CELL, top = y + i / (size_t)c->columns * CELL;
        for (size_t line = 0; line < CELL - 1; line++)
            memset(c->point + (top + line) * c->width + left, colour, CELL - 1);
    }
}

static qp_status paint_panels(canvas *c, const qp_picture *picture, const qp_panels *p)
{
    float largest;
    QP_TRY(qp_panels_largest(picture, p, &largest));
    for (int i = 0; i < p->layers * p->heads; i++) {
        float *weight;
        QP_TRY(qp_picture_weights(picture, p->kind, p->layer[i / p->heads], p->head[i % p->heads], &weight));
        paint(c, GAP + (size_t)(i % p->heads) * ((size_t)c->columns * CELL + GAP),
              GAP + (size_t)(i / p->heads) * ((size_t)c->rows * CELL + GAP), weight, largest);
        free(weight);
    }
    return QP_OK;
}

static qp_status encode(const canvas *c, char **content, size_t *bytes)
{
    unsigned char map[COLOURS][3];
    for (int i = 0; i < COLOURS; i++) {
        qp_colour colour = qp_colormap((double)i / (GROUND - 1));
        memcpy(map[i],
               i == GROUND ? (unsigned char[]){255, 255, 255}
                           : (unsigned char[]){colour.red, colour.green, colour.blue},
               3);
    }
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)c->width,
                       .height = (png_uint_32)c->height,
                       .format = PNG_FORMAT_RGB_COLORMAP,
                       .colormap_entries = COLOURS};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    char *memory = malloc(size);
    if (!memory || !png_image_write_to_memory(&image, memory, &size, 0, c->point, 0, map)) {
        free(memory);
        return qp_fail(QP_EMEMORY, "picture: png: %s; draw fewer or shorter sequences",
                       memory ? image.message : "out of memory");
    }
    *content = memory;
    *bytes = size;
    return QP_OK;
}

qp_status qp_png_draw(const qp_picture *picture, const qp_panels *panels, char **content, size_t *bytes)
{
    canvas c = {.rows = picture->side[panels->kind].rows.count, .columns = picture->side[panels->kind].columns.count};
    c.width = (size_t)panels->heads * ((size_t)c.columns * CELL + GAP) + GAP;
    c.height = (size_t)panels->layers * ((size_t)c.rows * CELL + GAP) + GAP;
    *content = NULL;
    if (c.width > 1u << 20 || c.height > 1u << 20 || c.width * c.height > 1u << 28)
        return qp_fail(QP_EUSAGE, "a PNG of %zu x %zu pixels is too large; choose one --layer and --head, or html",
                       c.width, c.height);
    c.point = malloc(c.width * c.height);
    if (!c.point) return qp_fail(QP_EMEMORY, "picture: out of memory; draw fewer or shorter sequences");
    memset(c.point, GROUND, c.width * c.height);
    qp_status status = paint_panels(&c, picture, panels);
    if (status == QP_OK) status = encode(&c, content, bytes);
    free(c.point);
    return status;
}
