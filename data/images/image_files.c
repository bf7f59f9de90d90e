#include "data/images/image_files.h"

#include <string.h>
#include <strings.h>

#include "data/images/idx.h"
#include "data/images/image_png.h"
#include "data/images/image_table.h"
#include "lib/base/file.h"

static bool is_png(const char *path)
{
    size_t length = strlen(path);
    return qp_folder_exists(path) || (length > 4 && strcasecmp(path + length - 4, ".png") == 0);
}

static qp_status check(const qp_images_options *options, const qp_images *images)
{
    const qp_labels *labels = options->dictionary;
    if (images->count == 0) return qp_fail(QP_EDATA, "%s: no images; give some", options->path);
    if (options->policy == QP_LABEL_LEARN && labels->count < 2)
        return qp_fail(QP_EDATA, "%s: every image has the label '%s'; give examples of two labels or more",
                       options->path, labels->count ? labels->text[0] : "");
    return QP_OK;
}

qp_status qp_image_files_read(const qp_images_options *options, qp_images *images)
{
    *images = (qp_images){0};
    qp_status status = is_png(options->path)          ? qp_image_png_read(options, images)
                       : qp_idx_begins(options->path) ? qp_idx_read(options, images)
                                                      : qp_image_table_read(options, images);
    if (status == QP_OK) status = check(options, images);
    if (status != QP_OK) qp_images_free(images);
    return status;
}

bool qp_image_files_found(const char *path) { return qp_folder_exists(path) || qp_idx_begins(path); }
