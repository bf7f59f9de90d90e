#include <stdlib.h>

#include "cli/base/text.h"
#include "cli/predict/predict_tasks.h"
#include "lib/base/writer.h"

/* predict_images — images or series of numbers to labels with their probabilities, file after file. */
enum { IMAGES_AT_ONCE = 256, NUMBERS_AT_ONCE = 1 << 22 };

static qp_status label_file(const qp_package *m, const qp_predict_config *o, const char *path)
{
    qp_images images;
    QP_TRY(qp_read_images(m, path, "", &images));
    int64_t most = NUMBERS_AT_ONCE / (int64_t)qp_image_cells(images.size);
    most = most < 1 ? 1 : most < IMAGES_AT_ONCE ? most : IMAGES_AT_ONCE;
    qp_real *probability = malloc((size_t)most * (size_t)m->labels.count * sizeof *probability);
    qp_status status = probability ? QP_OK : qp_fail(QP_EMEMORY, "predict: out of memory for %lld images",
                                                     (long long)most);
    for (int64_t i = 0; status == QP_OK && i < images.count; i += most) {
        int some = (int)(images.count - i < most ? images.count - i : most);
        status = qp_classify_images(m, &images, i, some, (int)o->threads, probability);
        if (status == QP_OK) status = qp_predict_put_labels(m, o, probability, some);
        if (status == QP_OK) status = qp_output_check(stdout, "stdout");
    }
    free(probability);
    qp_images_free(&images);
    return status;
}

qp_status qp_predict_images(const qp_package *m, const qp_predict_config *o, char **file, int files)
{
    static char standard[] = "-";
    char *none[] = {standard};
    if (files == 0) file = none, files = 1;
    for (int i = 0; i < files; i++) QP_TRY(label_file(m, o, file[i]));
    return QP_OK;
}
