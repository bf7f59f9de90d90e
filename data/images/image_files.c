#include "data/images/image_files.h"

#include <string.h>
#include <strings.h>

#include "data/images/idx.h"
#include "data/images/image_png.h"
#include "data/images/image_table.h"
#include "lib/base/files/file_list.h"

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

/* Of several files only tables can be read one after the other. */
static qp_status check_list(const char *names)
{
    qp_file_list list;
    QP_TRY(qp_file_list_of(names, &list));
    qp_status status = QP_OK;
    for (int i = 0; status == QP_OK && list.count > 1 && i < list.count; i++)
        if (is_png(list.path[i]) || qp_idx_begins(list.path[i]))
            status = qp_fail(QP_EUSAGE, "%s: images, beside other files; name one folder, one IDX file or CSV files",
                             list.path[i]);
    qp_file_list_free(&list);
    return status;
}

qp_status qp_image_files_read(const qp_images_options *options, qp_images *images)
{
    *images = (qp_images){.spread.cluster = options->cluster};
    QP_TRY(check_list(options->path));
    qp_status status = is_png(options->path)          ? qp_image_png_read(options, images)
                       : qp_idx_begins(options->path) ? qp_idx_read(options, images)
                                                      : qp_image_table_read(options, images);
    if (status == QP_OK) status = check(options, images);
    if (status != QP_OK) qp_images_free(images);
    return status;
}

bool qp_image_files_found(const char *path) { return qp_folder_exists(path) || qp_idx_begins(path); }
