#include "lib/package/predictions.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/decode/predict.h"
#include "tests/package/small_package.h"

enum { LABELS = 3, LONGEST = 6, WORDS = 1000 };
static const char three[] = "[\"a\",\"b\",\"c\"]";

/* ---- classifiers ---- */

/* One label of all, or each on its own, as the scores of a text that is read alone say. */
Test(predictions, probabilities_of_labels)
{
    enum { TEXTS = 5 };
    int32_t id[TEXTS][3] = {{4, 5, QP_EOS}, {6, QP_EOS}, {QP_EOS}, {5, 4, QP_EOS}, {6, 6, QP_EOS}};
    const qp_line_ids line[TEXTS] = {{id[0], 3, 2}, {id[1], 2, 1}, {id[2], 1, 0}, {id[3], 3, 2}, {id[4], 3, 2}};
    for (int multi = 0; multi < 2; multi++) {
        const char *const setting[] = {"task=classify", "decoder=none", "encoder=gru",
                                       multi ? "multi_label=true" : "multi_label=false", NULL};
        qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, "abc\n"), three);
        qp_real made[TEXTS * LABELS];
        cr_assert_eq(qp_classify_ids(package, line, TEXTS, 2, made), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < TEXTS; i++) {
            int32_t source[] = {0, line[i].count}, target[] = {0, 1};
            qp_real score[LABELS];
            double sum = 0;
            qp_batch batch = {.source = {{.count = 1, .start = source}, id[i]},
                              .target = {{.count = 1, .start = target}, NULL}};
            cr_assert_eq(qp_predict(package->model, &batch, 1, score), QP_OK);
            for (int c = 0; c < LABELS; c++) sum += exp((double)score[c]);
            for (int c = 0; c < LABELS; c++) {
                double wanted = multi ? 1 / (1 + exp(-(double)score[c])) : exp((double)score[c]) / sum;
                cr_expect_float_eq(made[i * LABELS + c], wanted, 1e-6, "text %d, label %d", i, c);
            }
        }
        qp_package_free(package);
    }
}

/* ---- images ---- */

static qp_package *image_package(void)
{
    qp_package *package;
    qp_model *model;
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_CLASSIFY;
    config.encoder = QP_KIND_GRU;
    config.decoder = QP_KIND_NONE;
    config.enc_layers = 1;
    config.emb_size = config.hidden_size = 8;
    config.labels = LABELS;
    config.features = 4;
    config.max_length = 4;
    cr_assert_eq(qp_package_new(&package), QP_OK);
    cr_assert_eq(qp_labels_parse(three, &package->labels), QP_OK);
    cr_assert_eq(qp_model_new(&config, 3, &model), QP_OK, "%s", qp_error_message());
    package->images = (qp_image_format){
        .size = {4, 4, 1}, .patch_height = 2, .patch_width = 2, .mean = 100, .deviation = 50, .column = "label"};
    qp_package_set_model(package, model);
    return package;
}

/* Any part of the images has the scores of that part of all. */
Test(predictions, images_from_any_on)
{
    enum { IMAGES = 5, CELLS = 16 };
    qp_package *package = image_package();
    qp_images images = {.size = {4, 4, 1}, .count = IMAGES, .pixel = malloc(IMAGES * CELLS)};
    qp_real all[IMAGES * LABELS], part[2 * LABELS];
    for (int i = 0; i < IMAGES * CELLS; i++) images.pixel[i] = (uint8_t)(i * 37 % 251);
    cr_assert_eq(qp_score_images(package, &images, 0, IMAGES, 1, all), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_score_images(package, &images, 2, 2, 1, part), QP_OK);
    for (int i = 0; i < 2 * LABELS; i++) cr_expect_float_eq(part[i], all[2 * LABELS + i], 1e-6);
    for (int i = 1; i < IMAGES; i++) cr_expect(fabs((double)(all[i * LABELS] - all[0])) > 1e-6, "image %d", i);
    cr_assert_eq(qp_classify_images(package, &images, 3, 2, 1, part), QP_OK);
    for (int i = 0; i < 2; i++) {
        qp_predict_probabilities(all + (3 + i) * LABELS, LABELS);
        for (int c = 0; c < LABELS; c++) cr_expect_float_eq(part[i * LABELS + c], all[(3 + i) * LABELS + c], 1e-6);
    }
    qp_images_free(&images);
    qp_package_free(package);
}

/* Images of the model's size, with labels that it knows; others are -1. */
Test(predictions, files_of_images)
{
    char path[] = "/tmp/quipu-images-XXXXXX.csv";
    qp_package *package = image_package();
    FILE *file = fdopen(mkstemps(path, 4), "w");
    qp_images images;
    cr_assert_not_null(file);
    for (int i = 0; i < 16; i++) fprintf(file, "p%d,", i);
    fputs("label\n", file);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 16; i++) fprintf(file, "%d,", 10 * i + k);
        fputs(k ? "z\n" : "c\n", file);
    }
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(qp_read_images(package, path, "", &images), QP_OK, "%s", qp_error_message());
    cr_expect(images.count == 2 && images.label[0] == 2 && images.label[1] == -1);
    cr_expect(qp_images_value(&images, 3) == 30 && qp_images_value(&images, 16 + 3) == 31);
    cr_expect_eq(package->labels.count, LABELS, "the dictionary stays");
    qp_images_free(&images);
    qp_package_free(package);
    unlink(path);
}

/* Images of another size are refused, whichever side differs. */
Test(predictions, images_of_another_size)
{
    static const char side[][2] = {{2, 2}, {4, 2}, {2, 4}, {8, 4}, {4, 4}};
    qp_package *package = image_package();
    for (int i = 0; i < 5; i++) {
        char path[] = "/tmp/quipu-images-XXXXXX", wanted[64];
        const char head[16] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, side[i][0], 0, 0, 0, side[i][1]}, pixels[32] = {0};
        const bool fits = side[i][0] == 4 && side[i][1] == 4;
        FILE *file = fdopen(mkstemp(path), "wb");
        qp_images images;
        cr_assert(file && fwrite(head, 1, 16, file) == 16);
        cr_assert(fwrite(pixels, 1, (size_t)(side[i][0] * side[i][1]), file) > 0 && fclose(file) == 0);
        cr_expect_eq(qp_read_images(package, path, "", &images), fits ? QP_OK : QP_EDATA, "%s", qp_error_message());
        sprintf(wanted, "images of %d x %d x 1, but the model reads 4 x 4 x 1", side[i][0], side[i][1]);
        if (!fits) cr_expect(strstr(qp_error_message(), wanted), "%s", qp_error_message());
        if (fits) qp_images_free(&images);
        unlink(path);
    }
    qp_package_free(package);
}

/* ---- taggers ---- */

static qp_conll *sentences_of(const char *text)
{
    char path[] = "/tmp/quipu-conll-XXXXXX";
    qp_conll *conll;
    FILE *file = fdopen(mkstemp(path), "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
    cr_assert_eq(qp_conll_read(path, 0, &conll), QP_OK, "%s", qp_error_message());
    unlink(path);
    return conll;
}

/* The answers to two files, word by word; those of `b` from word `first` on. */
static void expect_same(const qp_package *package, const char *a, const char *b)
{
    static int32_t best[2][WORDS];
    static qp_real probability[2][WORDS];
    qp_conll *conll[] = {sentences_of(a), sentences_of(b)};
    cr_assert_eq(conll[0]->words, conll[1]->words);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(qp_tag_words(package, conll[i], 1 + i, best[i], probability[i]), QP_OK, "%s", qp_error_message());
    for (int64_t w = 0; w < conll[0]->words; w++) {
        cr_expect_eq(best[0][w], best[1][w], "word %d", (int)w);
        cr_expect_float_eq(probability[0][w], probability[1][w], 1e-6, "word %d", (int)w);
        cr_expect(best[0][w] >= 0 && best[0][w] < LABELS && probability[0][w] > 1 / 3.0 - 1e-6);
    }
    cr_assert_eq(qp_tag_words(package, conll[0], 1, best[1], NULL), QP_OK);
    cr_expect_arr_eq(best[0], best[1], (size_t)conll[0]->words * sizeof **best);
    for (int i = 0; i < 2; i++) qp_conll_free(conll[i]);
}

/* A tagger that reads 5 pieces, of one letter each, and the end: a longer sentence is as several, of whole words. */
Test(predictions, long_sentences_are_cut_into_parts)
{
    static const char *const setting[] = {"task=tag",     "decoder=none",       "encoder=gru",
                                          "max_length=6", "bidirectional=true", NULL};
    qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, "abcdefgh\n"), three);
    expect_same(package, "a\nb\nc\nd\ne\n", "a\nb\nc\nd\ne\n");
    expect_same(package, "a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nd\ne\n\nf\ng\n");
    expect_same(package, "abc\nde\nf\nghab\n", "abc\nde\n\nf\nghab\n");
    expect_same(package, "abc\ndea\nf\nghab\n", "abc\n\ndea\nf\n\nghab\n");
    expect_same(package, "abcdefgh\nab\n", "abcde\n\nab\n"); /* a word that is too long: its first five pieces */
    expect_same(package, "a\nabcdefgh\nb\nc\n", "a\n\nabcde\n\nb\nc\n");
    qp_package_free(package);
}

/* More sentences than are read at once. */
Test(predictions, many_sentences)
{
    static const char *const setting[] = {"task=tag", "decoder=none", "encoder=gru", NULL};
    static char text[8 * WORDS], one[8 * WORDS];
    qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, "abcdefgh\n"), three);
    qp_conll *conll;
    int32_t best[WORDS], first[2];
    qp_real probability[WORDS], wanted[2];
    for (int i = 0; i < 300; i++) strcat(text, i % 3 ? "a\nbc\n\n" : "d\n\n");
    strcpy(one, "d\n\n");
    conll = sentences_of(text);
    cr_assert_eq(conll->sentences, 300);
    cr_assert_eq(qp_tag_words(package, conll, 1, best, probability), QP_OK, "%s", qp_error_message());
    qp_conll *alone = sentences_of(one);
    cr_assert_eq(qp_tag_words(package, alone, 1, first, wanted), QP_OK);
    for (int w = 0; w < 500; w++) {
        cr_expect_eq(best[w], w % 5 == 0 ? first[0] : best[w % 5], "word %d", w);
        cr_expect_float_eq(probability[w], w % 5 == 0 ? wanted[0] : probability[w % 5], 1e-6, "word %d", w);
    }
    qp_conll_free(alone);
    qp_conll_free(conll);
    qp_package_free(package);
}
