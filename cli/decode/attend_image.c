#include "cli/decode/attend_image.h"

#include <stdio.h>

#include "cli/base/open_model.h"
#include "lib/base/files/file_list.h"
#include "lib/package/attention_image.h"
#include "lib/package/predictions.h"

static qp_status draw(const qp_package *package, const char *path, int64_t number, qp_picture *picture)
{
    qp_images images;
    qp_image_answer best;
    char title[800];
    QP_TRY(qp_file_list_whole(path));
    QP_TRY(qp_read_images(package, path, "", &images));
    qp_status status = number <= images.count
                           ? qp_attend_image(package, &images, number - 1, picture, &best)
                           : qp_fail(QP_EUSAGE, "--number %lld: %s has %lld images", (long long)number, path,
                                     (long long)images.count);
    if (status == QP_OK) {
        snprintf(title, sizeof title, "%.400s, image %lld: %.100s %.4f", path, (long long)number,
                 package->labels.text[best.label], best.probability);
        status = qp_picture_title(picture, title);
        if (status != QP_OK) qp_picture_free(picture);
    }
    qp_images_free(&images);
    return status;
}

qp_status qp_attend_image_file(const char *model, bool verify, const char *path, int64_t number, qp_picture *picture)
{
    static const int tasks[] = {QP_TASK_CLASSIFY, QP_TASK_MATCH, -1};
    qp_package *package;
    QP_TRY(qp_open_model(model, verify, tasks, &package));
    qp_status status = package->images.size.height
                           ? draw(package, path, number, picture)
                           : qp_fail(QP_EUSAGE, "%s: reads texts, not images; leave --image out", model);
    qp_package_free(package);
    return status;
}
