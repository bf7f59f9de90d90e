#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/picture/sample_picture.h"

static void expect_weights(const qp_picture *picture, int layer, int head, float (*expected)(int place))
{
    float *weight;
    cr_assert_eq(qp_picture_weights(picture, QP_MAP_CROSS, layer, head, &weight), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < 6; i++) cr_assert_float_eq(weight[i], expected(i), 1e-6, "place %d", i);
    free(weight);
}

static float head_one(int place) { return sample_weight(0, 1, place); }
static float mean_of_heads(int place) { return (sample_weight(1, 0, place) + sample_weight(1, 1, place)) / 2; }
static float mean_of_all(int place) { return (sample_weight(0, 0, place) + sample_weight(1, 1, place)) / 2; }
static float largest(int place) { return sample_weight(1, 1, place); }
static float mean_of_largest(int place) { return (sample_weight(0, 1, place) + sample_weight(1, 1, place)) / 2; }

Test(picture, heads_means_and_maxima)
{
    qp_picture picture = sample_picture();
    expect_weights(&picture, 0, 1, head_one);
    expect_weights(&picture, 1, QP_OVER_MEAN, mean_of_heads);
    expect_weights(&picture, QP_OVER_MEAN, QP_OVER_MEAN, mean_of_all);
    expect_weights(&picture, 1, QP_OVER_MAX, largest);
    expect_weights(&picture, QP_OVER_MAX, 1, largest);
    expect_weights(&picture, QP_OVER_MAX, QP_OVER_MAX, largest);
    expect_weights(&picture, QP_OVER_MEAN, 1, mean_of_largest);
    expect_weights(&picture, QP_OVER_MEAN, QP_OVER_MAX, mean_of_largest);
    expect_weights(&picture, QP_OVER_MAX, QP_OVER_MEAN, mean_of_heads);
    char text[160];
    cr_assert_str_eq(qp_picture_caption(&picture, QP_MAP_CROSS, 1, QP_OVER_MEAN, text, sizeof text),
                     "cross attention, layer 2, mean of 2 heads");
    picture.side[QP_MAP_CROSS].heads = 1;
    cr_assert_str_eq(qp_picture_caption(&picture, QP_MAP_CROSS, QP_OVER_MAX, QP_OVER_MEAN, text, sizeof text),
                     "cross attention, maximum of 2 layers, head 1");
    qp_picture_free(&picture);
}

Test(picture, what_is_not_there_is_named)
{
    qp_picture picture = sample_picture();
    float *weight;
    cr_assert_eq(qp_picture_weights(&picture, QP_MAP_CROSS, 2, 0, &weight), QP_EUSAGE);
    cr_assert_not_null(strstr(qp_error_message(), "1 to 2"), "%s", qp_error_message());
    cr_assert_eq(qp_picture_weights(&picture, QP_MAP_ENCODER, 0, 0, &weight), QP_EUSAGE);
    cr_assert_not_null(strstr(qp_error_message(), "encoder"), "%s", qp_error_message());
    cr_assert_null(weight);
    float one[6] = {0};
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, one), QP_EBUG, "twice");
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_DECODER, 0, 0, one), QP_ESHAPE, "no labels");
    qp_picture_free(&picture);
}

Test(picture, improper_weights)
{
    qp_picture picture;
    const char *token[2] = {"a", "b"};
    const float weight[4] = {NAN, -1, 7, 0.5f};
    cr_assert_eq(qp_picture_init(&picture, NULL), QP_OK);
    cr_assert_str_eq(picture.title, "Attention");
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_ENCODER, token, 2, token, 2), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, 0, 0, weight), QP_OK);
    const float *own = qp_picture_find(&picture, QP_MAP_ENCODER, 0, 0)->weight;
    cr_assert(own[0] == 0 && own[1] == 0 && own[2] == 1 && own[3] == 0.5f);
    qp_picture_free(&picture);
}

Test(picture, maps_of_a_forward_pass)
{
    qp_picture picture;
    const char *row[2] = {"a", "b"}, *column[3] = {"x", "y", "z"};
    cr_assert_eq(qp_picture_init(&picture, NULL), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, row, 2, column, 3), QP_OK);
    qp_real value[12];
    for (int i = 0; i < 12; i++) value[i] = (qp_real)i / 12;
    static qp_model_maps maps;
    maps.count = 1;
    maps.entry[0].kind = QP_MAP_CROSS;
    maps.entry[0].layer = 1;
    maps.entry[0].map = (qp_attention_map){.heads = 2, .weights = qp_tensor_of(12, 1, value)};
    cr_assert_eq(qp_picture_add_maps(&picture, &maps), QP_OK, "%s", qp_error_message());
    cr_assert_eq(picture.maps, 2);
    for (int i = 0; i < 12; i++)
        cr_assert_float_eq(qp_picture_find(&picture, QP_MAP_CROSS, 1, i / 6)->weight[i % 6], i / 12.0, 1e-6, "%d", i);
    cr_assert_eq(qp_picture_add_maps(&picture, &maps), QP_EBUG, "twice");
    maps.entry[0].layer = 0;
    maps.entry[0].map.weights.rows = 10;
    cr_assert_eq(qp_picture_add_maps(&picture, &maps), QP_ESHAPE);
    qp_picture_free(&picture);
}

/* Layers with other heads: a mean is that of the layers that have the head. */
Test(picture, heads_that_a_layer_does_not_have)
{
    qp_picture picture;
    float *weight;
    const char *token[] = {"a"};
    cr_assert_eq(qp_picture_init(&picture, ""), QP_OK);
    cr_assert_str_eq(picture.title, "Attention");
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_DECODER, token, 1, token, 1), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_DECODER, 1, 2, (const float[]){0.5f}), QP_OK);
    cr_assert(picture.side[QP_MAP_DECODER].layers == 2 && picture.side[QP_MAP_DECODER].heads == 3);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_DECODER, 0, 0, (const float[]){0.25f}), QP_OK);
    cr_assert(picture.side[QP_MAP_DECODER].layers == 2 && picture.side[QP_MAP_DECODER].heads == 3);
    cr_assert_eq(qp_picture_weights(&picture, QP_MAP_DECODER, QP_OVER_MEAN, 2, &weight), QP_OK);
    cr_expect_eq(weight[0], 0.5f);
    free(weight);
    cr_assert_eq(qp_picture_weights(&picture, QP_MAP_DECODER, QP_OVER_MEAN, QP_OVER_MEAN, &weight), QP_OK);
    cr_expect_eq(weight[0], 0.375f);
    free(weight);
    cr_assert_eq(qp_picture_weights(&picture, QP_MAP_DECODER, 1, 0, &weight), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(), "no such decoder map; --layer goes from 1 to 2, --head from 1 to 3");
    cr_expect_null(qp_picture_find(&picture, QP_MAP_DECODER, 1, 0));
    cr_expect_eq(qp_picture_add(&picture, QP_MAP_DECODER, -1, 0, (const float[]){1}), QP_EBUG);
    cr_expect_eq(qp_picture_add(&picture, QP_MAP_DECODER, 0, -1, (const float[]){1}), QP_EBUG);
    cr_expect_eq(picture.maps, 2);
    qp_picture_free(&picture);
    cr_expect(!picture.title && !picture.map && picture.maps == 0 && picture.side[QP_MAP_DECODER].layers == 0);
}

/* Labels are given once, or again before the first map; blanks of a title stay, what is between them is cleaned. */
Test(picture, labels_and_titles)
{
    qp_picture picture;
    const char *few[] = {"a"}, *many[] = {"\n", NULL, "c"};
    cr_assert_eq(qp_picture_init(&picture, NULL), QP_OK);
    cr_assert_eq(qp_picture_title(&picture, " two  words\t\xff "), QP_OK);
    cr_expect_str_eq(picture.title, " two  words⇥<0xFF> ");
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, few, 1, few, 1), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, few, 1, many, 3), QP_OK);
    cr_assert(picture.side[QP_MAP_CROSS].rows.count == 1 && picture.side[QP_MAP_CROSS].columns.count == 3);
    cr_expect_str_eq(picture.side[QP_MAP_CROSS].columns.text[0], "↵");
    cr_expect_str_eq(picture.side[QP_MAP_CROSS].columns.text[1], "∅");
    cr_expect_str_eq(picture.side[QP_MAP_CROSS].columns.text[2], "c");
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, (const float[]){0, 1, 0}), QP_OK);
    cr_expect_eq(qp_picture_label(&picture, QP_MAP_CROSS, few, 1, few, 1), QP_EBUG);
    cr_expect_eq(picture.side[QP_MAP_CROSS].columns.count, 3, "labels stay");
    cr_expect_str_eq(qp_map_kind_name(QP_MAP_ENCODER), "encoder");
    cr_expect_str_eq(qp_map_kind_name(QP_MAP_DECODER), "decoder");
    qp_picture_free(&picture);
}
