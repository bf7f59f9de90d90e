#include "data/images/idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"

enum { BYTES = 8, DIMENSIONS_MOST = 4, PATH_BYTES = 4096 };

typedef struct {
    qp_reader *reader;
    const char *path;
    int dimensions;
    int64_t size[DIMENSIONS_MOST];
} idx;

static void close_idx(idx *file) { qp_reader_close(file->reader); }

static qp_status take(idx *file, void *bytes, size_t wanted)
{
    size_t got;
    QP_TRY(qp_reader_bytes(file->reader, bytes, wanted, &got));
    if (got == wanted) return QP_OK;
    return qp_fail(QP_EDATA, "%s: ends before its last number; the file is incomplete, get it again", file->path);
}

static qp_status read_header(idx *file)
{
    uint8_t head[4], size[4];
    QP_TRY(take(file, head, sizeof head));
    if (head[0] || head[1])
        return qp_fail(QP_EDATA, "%s: not an IDX file, which begins with two zero bytes", file->path);
    if (head[2] != BYTES)
        return qp_fail(QP_EDATA, "%s: IDX numbers of type %d; only bytes (type %d) are read", file->path, head[2],
                       BYTES);
    file->dimensions = head[3];
    if (file->dimensions < 1 || file->dimensions > DIMENSIONS_MOST)
        return qp_fail(QP_EDATA, "%s: IDX data of %d dimensions; images have 3 or 4, labels 1", file->path,
                       file->dimensions);
    for (int i = 0; i < file->dimensions; i++) {
        QP_TRY(take(file, size, sizeof size));
        file->size[i] = (int64_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3];
    }
    return QP_OK;
}

static qp_status open_file(const char *path, idx *file)
{
    *file = (idx){.path = path};
    QP_TRY(qp_reader_open(path, &file->reader));
    qp_status status = read_header(file);
    if (status != QP_OK) close_idx(file);
    return status;
}

bool qp_idx_begins(const char *path)
{
    idx file = {.path = path};
    uint8_t head[3];
    if (qp_file_once(path) || qp_reader_open(path, &file.reader) != QP_OK) return false;
    bool begins = take(&file, head, sizeof head) == QP_OK && head[0] == 0 && head[1] == 0 && head[2] >= BYTES &&
                  head[2] <= 14;
    close_idx(&file);
    return begins;
}

/* The file of labels beside one of images: in its name "images" becomes "labels", and "idx3" or "idx4" "idx1". */
static bool label_path(const char *path, char *beside)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *word = strstr(name, "images");
    if (!word || strlen(path) >= PATH_BYTES) return false;
    memcpy(beside, path, strlen(path) + 1);
    memcpy(beside + (word - path), "labels", 6);
    char *kind = strstr(beside + (name - path), "idx3");
    if (!kind) kind = strstr(beside + (name - path), "idx4");
    if (kind) kind[3] = '1';
    return true;
}

static qp_status open_labels(const qp_images_options *options, int64_t count, char *beside, idx *labels)
{
    const char *path = options->labels && *options->labels ? options->labels : beside;
    bool named = path != beside;
    *labels = (idx){.path = path};
    if (!named && (!label_path(options->path, beside) || !qp_file_exists(beside))) {
        if (options->known) return QP_OK;
        return qp_fail(QP_EUSAGE, "%s: no file of labels beside it; name it with --train-labels, --valid-labels or "
                                  "--test-labels FILE",
                       options->path);
    }
    QP_TRY(open_file(path, labels));
    if (labels->dimensions == 1 && labels->size[0] == count) return QP_OK;
    close_idx(labels);
    if (labels->dimensions != 1)
        return qp_fail(QP_EDATA, "%s: IDX data of %d dimensions; labels have 1", path, labels->dimensions);
    return qp_fail(QP_EDATA, "%s: %lld labels for %lld images", path, (long long)labels->size[0], (long long)count);
}

static qp_status read_images(const qp_images_options *options, idx *file, idx *labels, qp_images *images)
{
    size_t cells = qp_image_cells(images->size);
    uint8_t *pixel = malloc(cells), label;
    char text[8];
    qp_status status = pixel ? QP_OK : qp_fail(QP_EMEMORY, "%s: no memory for an image", file->path);
    for (int64_t i = 0; status == QP_OK && i < file->size[0]; i++) {
        qp_image image = {.pixel = pixel, .path = labels->reader ? labels->path : file->path, .line = i + 1};
        status = take(file, pixel, cells);
        if (status == QP_OK && labels->reader) status = take(labels, &label, 1);
        if (status == QP_OK && labels->reader) {
            snprintf(text, sizeof text, "%d", label);
            image.label = text;
        }
        if (status == QP_OK) status = qp_images_add(images, options, &image);
    }
    free(pixel);
    return status;
}

qp_status qp_idx_read(const qp_images_options *options, qp_images *images)
{
    idx file, labels;
    char beside[PATH_BYTES];
    QP_TRY(open_file(options->path, &file));
    int64_t channels = file.dimensions == 4 ? file.size[3] : 1;
    qp_status status = file.dimensions >= 3 ? qp_image_size_check(options->path, file.size[1], file.size[2], channels)
                                            : qp_fail(QP_EDATA, "%s: IDX data of %d dimensions; images have 3 or 4",
                                                      options->path, file.dimensions);
    if (status == QP_OK) status = open_labels(options, file.size[0], beside, &labels);
    if (status == QP_OK) {
        images->size = (qp_image_size){(int)file.size[1], (int)file.size[2], (int)channels};
        status = read_images(options, &file, &labels, images);
        close_idx(&labels);
    }
    close_idx(&file);
    return status;
}
