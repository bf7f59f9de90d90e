#ifndef QP_SAMPLE_PICTURE_H
#define QP_SAMPLE_PICTURE_H

#include <criterion/criterion.h>

#include "lib/picture/picture.h"

/* Cross attention of two layers with two heads, two target and three source tokens; weight = place in the map, head and
 * layer, so that mixing anything up shows. */
static inline float sample_weight(int layer, int head, int place)
{
    return (float)(place + 1) / 10.0f + 0.01f * (float)layer + 0.02f * (float)head;
}

static inline qp_picture sample_picture(void)
{
    qp_picture picture;
    cr_assert_eq(qp_picture_init(&picture, "a → b"), QP_OK);
    const char *row[2] = {"I", "책을"}, *column[3] = {"나", "book", "</s>"};
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, row, 2, column, 3), QP_OK);
    for (int layer = 0; layer < 2; layer++)
        for (int head = 0; head < 2; head++) {
            float weight[6];
            for (int i = 0; i < 6; i++) weight[i] = sample_weight(layer, head, i);
            cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, layer, head, weight), QP_OK, "%s", qp_error_message());
        }
    return picture;
}

#endif
