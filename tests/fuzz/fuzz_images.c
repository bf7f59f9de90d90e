#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/images/image_files.h"
#include "data/images/image_format.h"
#include "lib/base/file.h"
#include "tests/fuzz/fuzz_targets.h"

static void write_part(const char *folder, const char *name, const uint8_t *data, size_t bytes)
{
    char path[96];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file) return;
    fwrite(data, 1, bytes, file);
    fclose(file);
}

/* The images of a path, as a training reads them, then as a model does. */
static void read_images(const char *path, const char *labels, const char *columns, bool series)
{
    qp_labels dictionary = {0};
    for (int known = 0; known < 2; known++) {
        qp_images images;
        double mean, deviation;
        const qp_images_options options = {.path = path,
                                           .labels = labels,
                                           .columns = columns,
                                           .series = series,
                                           .known = known,
                                           .dictionary = &dictionary,
                                           .policy = known ? QP_LABEL_IGNORE : QP_LABEL_LEARN};
        if (qp_image_files_read(&options, &images) != QP_OK) continue;
        qp_fuzz_require(images.count > 0, "a file that is read has images");
        const size_t cells = qp_image_cells(images.size) * (size_t)images.count;
        for (size_t i = 0; i < cells; i++) qp_fuzz_require(isfinite(qp_images_value(&images, i)), "cells are finite");
        for (int64_t i = 0; i < images.count; i++)
            qp_fuzz_require(images.label[i] < dictionary.count, "labels are those of the dictionary");
        qp_images_moments(&images, &mean, &deviation);
        qp_fuzz_require(deviation > 0, "a deviation is positive");
        qp_images_free(&images);
    }
    qp_labels_free(&dictionary);
}

/* The length of the file of labels in two bytes, the labels, the images. */
static void read_idx(const char *folder, const uint8_t *data, size_t bytes)
{
    char images[64], labels[64];
    const size_t length = bytes > 2 ? (size_t)(data[0] | data[1] << 8) : 0;
    if (bytes < 2 || length > bytes - 2) return;
    write_part(folder, "labels", data + 2, length);
    write_part(folder, "images", data + 2 + length, bytes - 2 - length);
    snprintf(images, sizeof images, "%s/images", folder);
    snprintf(labels, sizeof labels, "%s/labels", folder);
    read_images(images, length ? labels : "", "", false);
    snprintf(images, sizeof images, "%s/*", folder); /* images beside another file are refused */
    read_images(images, "", "", false);
}

/* The same picture in two classes. */
static void read_png(const char *folder, const uint8_t *data, size_t bytes)
{
    char class[64];
    for (int i = 0; i < 2; i++) {
        snprintf(class, sizeof class, "%s/%s", folder, i ? "cats" : "dogs");
        if (mkdir(class, 0700) == 0) write_part(class, "one.png", data, bytes);
    }
    qp_fuzz_require(qp_image_files_found(folder), "a folder is found");
    read_images(folder, "", "", false);
    strcat(class, "/one.png");
    read_images(class, "", "", false);
}

static void read_table(const char *folder, const uint8_t *data, size_t bytes)
{
    char path[64];
    write_part(folder, "images.csv", data, bytes);
    snprintf(path, sizeof path, "%s/images.csv", folder);
    for (int series = 0; series < 2; series++) read_images(path, "", series ? "label,a,b" : "", series);
}

static void read_format(const uint8_t *data, size_t bytes)
{
    qp_image_format format;
    char *text = malloc(bytes + 1), *json = NULL;
    if (!text) return;
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    if (qp_image_format_parse(text, &format) == QP_OK) {
        qp_fuzz_require(qp_image_patches(&format) > 0 && qp_image_features(&format) > 0, "an image has patches");
        if (qp_image_format_json(&format, &json) == QP_OK) {
            qp_fuzz_require(qp_image_format_parse(json, &format) == QP_OK, "what is written is read");
            free(json);
        }
    }
    int height, width;
    qp_image_size size;
    (void)!qp_image_patch_parse(text, &height, &width);
    (void)!qp_image_size_parse(text, &size);
    free(text);
}

int qp_fuzz_images(const uint8_t *data, size_t bytes)
{
    enum { IDX, PNG, TABLE, FORMAT, KINDS };
    char folder[] = "/tmp/quipu-fuzz-XXXXXX";
    if (bytes == 0 || !mkdtemp(folder)) return 0;
    const int kind = data[0] % KINDS;
    if (kind == IDX) read_idx(folder, data + 1, bytes - 1);
    if (kind == PNG) read_png(folder, data + 1, bytes - 1);
    if (kind == TABLE) read_table(folder, data + 1, bytes - 1);
    if (kind == FORMAT) read_format(data + 1, bytes - 1);
    (void)qp_file_remove_tree(folder);
    return 0;
}
