#include <criterion/criterion.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/images/image_batches.h"
#include "data/images/image_files.h"
#include "lib/base/file.h"
#include "tests/data/text_fixture.h"

static qp_labels dictionary;

static qp_status read_path(const char *path, const char *columns, qp_images *images)
{
    qp_labels_free(&dictionary);
    qp_images_options options = {.path = path,
                                 .columns = columns,
                                 .series = columns && strstr(columns, "series") != NULL,
                                 .dictionary = &dictionary,
                                 .policy = QP_LABEL_LEARN};
    return qp_image_files_read(&options, images);
}

static void refused(const char *path, const char *columns, qp_status status, const char *part)
{
    qp_images images;
    cr_expect_eq(read_path(path, columns, &images), status, "%s", qp_error_message());
    cr_expect(strstr(qp_error_message(), part), "%s", qp_error_message());
    cr_expect(!images.pixel && !images.value && !images.label, "nothing is left");
}

/* ---- IDX ---- */

#define TWO_IMAGES "\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\3\1\2\3\4\5\6\7\10\11\12\13\14"
#define TWO_LABELS "\0\0\10\1\0\0\0\2\7\3"
#define FILE_OF(name, content) fixture_file(name, content, sizeof content - 1)

Test(idx, images_and_labels_beside_them)
{
    qp_images images;
    FILE_OF("some-labels.idx1-ubyte", TWO_LABELS);
    cr_assert_eq(read_path(FILE_OF("some-images.idx3-ubyte", TWO_IMAGES), "", &images), QP_OK, "%s",
                 qp_error_message());
    cr_assert(images.count == 2 && images.size.height == 2 && images.size.width == 3 && images.size.channels == 1);
    for (int i = 0; i < 12; i++) cr_expect_eq(images.pixel[i], i + 1);
    cr_expect_str_eq(dictionary.text[images.label[0]], "7");
    cr_expect_str_eq(dictionary.text[images.label[1]], "3");
    qp_images_free(&images);
}

Test(idx, damage_is_reported)
{
    const char *labels = FILE_OF("bad-labels.idx1-ubyte", TWO_LABELS);
    (void)labels;
    refused(FILE_OF("bad-images.idx3-ubyte", "\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\3\1\2\3"), "", QP_EDATA, "incomplete");
    refused(FILE_OF("bad-images.idx3-ubyte", "\0\0\15\3\0\0\0\2"), "", QP_EDATA, "only bytes");
    refused(FILE_OF("bad-images.idx3-ubyte", "\0\0\10\2\0\0\0\2\0\0\0\2\1\2\3\4"), "", QP_EDATA, "images have 3");
    refused(FILE_OF("bad-images.idx3-ubyte", "\0\0\10\11\0\0\0\2"), "", QP_EDATA, "9 dimensions");
    refused(FILE_OF("bad-images.idx3-ubyte", "\0\0\10\3\377\377\377\377\377\377\377\377\377\377\377\377"), "", QP_EDATA,
            "4294967295 x 4294967295");
    refused(FILE_OF("bad-images.idx3-ubyte", "\0\0\10\3\377\377\377\377\0\0\20\0\0\0\20\0"), "", QP_EDATA, "2 labels");
    refused(FILE_OF("lonely-images.idx3-ubyte", TWO_IMAGES), "", QP_EUSAGE, "--train-labels");
    FILE_OF("few-labels.idx1-ubyte", "\0\0\10\1\0\0\0\1\7");
    refused(FILE_OF("few-images.idx3-ubyte", TWO_IMAGES), "", QP_EDATA, "1 labels for 2 images");
    FILE_OF("one-labels.idx1-ubyte", "\0\0\10\1\0\0\0\2\7\7");
    refused(FILE_OF("one-images.idx3-ubyte", TWO_IMAGES), "", QP_EDATA, "every image has the label '7'");
}

/* ---- CSV ---- */

Test(image_table, squares_and_series)
{
    qp_images images;
    const char *text = "a,b,kind,c,d\n1,2,x,3,4.5\n5,6,y,7,-8\n";
    cr_assert_eq(read_path(fixture_text("t.csv", text), "kind", &images), QP_OK, "%s", qp_error_message());
    cr_assert(images.count == 2 && images.size.height == 2 && images.size.width == 2);
    cr_expect(images.value[2] == 3 && images.value[3] == (qp_real)4.5 && images.value[7] == -8);
    cr_expect_str_eq(dictionary.text[images.label[1]], "y");
    qp_images_free(&images);
    cr_assert_eq(read_path(fixture_text("t.csv", "series,a\nx,1\ny,2\n"), "series", &images), QP_OK);
    cr_expect(images.size.height == 1 && images.size.width == 1);
    qp_images_free(&images);
    cr_assert_eq(read_path(fixture_text("t.csv", "1,x,4\n5,y,8\n"), "2,3", &images), QP_OK, "%s", qp_error_message());
    cr_expect(images.count == 2 && images.size.width == 1 && images.value[0] == 4 && images.value[1] == 8);
    qp_images_free(&images);
    cr_assert_eq(read_path(fixture_text("t.csv", "1,2,3,x,n\n1,2,3,4,a\n5,6,7,8,b\n"), "5", &images), QP_OK);
    cr_expect(images.count == 2 && images.size.width == 2, "a name among numbers makes a header");
    qp_images_free(&images);
    cr_assert_eq(read_path(fixture_text("t.csv", "label,n\nx,4\ny,8\n"), "", &images), QP_OK, "%s", qp_error_message());
    qp_images_free(&images);
}

Test(image_table, damage_is_reported)
{
    refused(fixture_text("t.csv", "a,kind\n1,x\nz,y\n"), "kind", QP_EDATA, "t.csv:3: 'z' in column 1 is not a number");
    refused(fixture_text("t.csv", "a,kind\n1,x\n1,2,y\n"), "kind", QP_EDATA, "t.csv:3: 3 columns");
    refused(fixture_text("t.csv", "a,kind\n,x\n"), "kind", QP_EDATA, "t.csv:2: '' in column 1");
    refused(fixture_text("t.csv", "a,kind\n1e99,x\n"), "kind", QP_EDATA, "is not a number");
    refused(fixture_text("t.csv", "a,b,kind\n1,2,x\n"), "kind", QP_EDATA, "no square image; add --image-size");
    refused(fixture_text("t.csv", "a,kind\n1,x\n"), "none", QP_EUSAGE, "column none");
    refused(fixture_text("t.csv", "a,kind\n1,x\n"), "9", QP_EUSAGE, "column 9");
    refused(fixture_text("t.csv", "1,2\n3,4\n"), "", QP_EUSAGE, "--column NAME");
    refused(fixture_text("t.csv", "kind\nx\n"), "kind", QP_EDATA, "no columns of numbers");
    refused(fixture_text("t.csv", ""), "kind", QP_EDATA, "the file is empty");
    refused(fixture_text("t.csv", "a,kind\n"), "kind", QP_EDATA, "no images");
}

/* ---- PNG ---- */

static void write_png(const char *folder, const char *name, int height, int width, int channels, const uint8_t *pixel)
{
    char path[600];
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert(png_image_write_to_file(&image, path, 0, pixel, 0, NULL), "%s", image.message);
}

/* A new folder beside the fixture's files. */
static void new_folder(char folder[400], const char *name)
{
    snprintf(folder, 300, "%s", fixture_text("here", ""));
    snprintf(strrchr(folder, '/'), 100, "/%s", name);
    qp_file_remove_tree(folder);
    mkdir(folder, 0700);
}

Test(image_png, a_folder_for_each_class)
{
    qp_images images;
    char folder[400], class[500];
    static const uint8_t first[] = {10, 20, 30, 40}, second[] = {50, 50, 50, 60, 60, 60, 70, 70, 70, 80, 80, 80};
    new_folder(folder, "classes");
    snprintf(class, sizeof class, "%s/cat", folder);
    write_png(class, "1.png", 2, 2, 1, first);
    snprintf(class, sizeof class, "%s/dog", folder);
    write_png(class, "1.png", 2, 2, 3, second);
    cr_assert_eq(read_path(folder, "", &images), QP_OK, "%s", qp_error_message());
    cr_assert(images.count == 2 && images.size.height == 2 && images.size.channels == 1);
    for (int i = 0; i < 4; i++) cr_expect_eq(images.pixel[i], first[i]);
    for (int i = 0; i < 4; i++) cr_expect_eq(images.pixel[4 + i], 50 + 10 * i, "gray of equal channels");
    cr_expect_str_eq(dictionary.text[images.label[1]], "dog");
    qp_images_free(&images);
    write_png(class, "2.png", 1, 2, 1, first);
    refused(folder, "", QP_EDATA, "add --image-size 2x2");
    qp_images_options options = {
        .path = folder, .size = {1, 1, 0}, .dictionary = &dictionary, .policy = QP_LABEL_LEARN};
    cr_assert_eq(qp_image_files_read(&options, &images), QP_OK, "%s", qp_error_message());
    cr_expect(images.count == 3 && images.pixel[0] == 25 && images.pixel[1] == 65 && images.pixel[2] == 15,
              "the mean of the pixels");
    qp_images_free(&images);
}

Test(image_png, damage_is_reported)
{
    char folder[400], class[500], path[600];
    static const uint8_t pixel[16];
    new_folder(folder, "damaged");
    refused(folder, "", QP_EDATA, "no PNG files");
    snprintf(class, sizeof class, "%s/cat", folder);
    write_png(class, "1.png", 4, 4, 1, pixel);
    snprintf(path, sizeof path, "%s/2.png", class);
    FILE *file = fopen(path, "wb");
    fputs("\x89PNG\r\n\x1a\nxxxx", file);
    fclose(file);
    refused(folder, "", QP_EDATA, "2.png: not a PNG file that can be read");
    char *content;
    size_t bytes;
    snprintf(path, sizeof path, "%s/1.png", class);
    cr_assert_eq(qp_file_read(path, 1 << 20, &content, &bytes), QP_OK);
    for (size_t cut = 8; cut < bytes; cut += 3) { /* every part of it */
        file = fopen(path, "wb");
        fwrite(content, 1, cut, file);
        fclose(file);
        qp_images images;
        cr_expect_eq(read_path(folder, "", &images), QP_EDATA);
    }
    free(content);
}

/* ---- patches ---- */

/* Images 0 .. of `count` numbers each, as bytes. */
static qp_images counted(int count, qp_image_size size)
{
    size_t cells = (size_t)count * qp_image_cells(size);
    qp_images images = {.size = size, .count = count, .pixel = malloc(cells), .label = calloc((size_t)count, 4)};
    images.bytes = qp_image_cells(size);
    for (size_t i = 0; i < cells; i++) images.pixel[i] = (uint8_t)i;
    for (int i = 0; i < count; i++) images.label[i] = i;
    return images;
}

Test(image_format, patches_row_by_row)
{
    qp_images images = counted(1, (qp_image_size){2, 4, 2});
    qp_image_format format = {.size = images.size, .patch_height = 2, .patch_width = 2, .mean = 1, .deviation = 2};
    static const int order[] = {0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15}; /* channel after channel */
    static const int moved[] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 4, 2, 4, 3, 5, 3, 5};       /* one down, one right */
    qp_real row[16];
    cr_expect(qp_image_patches(&format) == 2 && qp_image_features(&format) == 8);
    qp_image_format_rows(&format, &images, 0, (qp_image_shift){0, 0}, row);
    for (int i = 0; i < 16; i++) cr_expect_eq(row[i], (qp_real)((order[i] - 1) / 2.0), "%d", i);
    qp_image_format_rows(&format, &images, 0, (qp_image_shift){1, 1}, row);
    for (int i = 0; i < 16; i++) cr_expect_eq(row[i], (qp_real)((moved[i] - 1) / 2.0), "%d", i);
    qp_images_moments(&images, &format.mean, &format.deviation);
    cr_expect_eq(format.mean, 7.5);
    cr_expect_float_eq(format.deviation, sqrt((16.0 * 16 - 1) / 12), 1e-12);
    memset(images.pixel, 9, 16);
    qp_images_moments(&images, &format.mean, &format.deviation);
    cr_expect(format.mean == 9 && format.deviation == 1, "images of one color are not divided by 0");
    qp_images_free(&images);
}

Test(image_format, json_brings_everything_back)
{
    qp_image_format again, format = {.size = {6, 8, 3},
                                     .patch_height = 3,
                                     .patch_width = 4,
                                     .mean = 0.1,
                                     .deviation = 1 / 3.0,
                                     .by_channel = true,
                                     .mean_of = {0.1, 1e-3, 1 / 7.0},
                                     .deviation_of = {0.2, 0.3, 1 / 9.0},
                                     .column = "kind,\"a\""};
    char *json;
    cr_assert_eq(qp_image_format_json(&format, &json), QP_OK);
    cr_assert_eq(qp_image_format_parse(json, &again), QP_OK, "%s", qp_error_message());
    cr_expect_eq(memcmp(&format.size, &again.size, sizeof format.size), 0);
    cr_expect(again.patch_height == 3 && again.patch_width == 4 && again.mean == 0.1 && again.deviation == 1 / 3.0);
    cr_expect_str_eq(again.column, format.column);
    cr_assert(again.by_channel);
    for (int i = 0; i < 3; i++)
        cr_expect(again.mean_of[i] == format.mean_of[i] && again.deviation_of[i] == format.deviation_of[i]);
    free(json);
}

/* One member at a time has another value; "": it is missing. */
Test(image_format, damage_is_refused)
{
    static const char *const name[] = {"height", "width",     "channels", "patch_height", "patch_width",
                                       "mean",   "deviation", "mean_of",  "deviation_of", "column"};
    static const char *const usual[] = {"6", "8", "3", "3", "4", "0.5", "0.25", "[0,1,2]", "[1,2,3]", "\"pixels\""};
    static const struct {
        int member;
        const char *value;
        bool sound;
    } row[] = {{0, "6", true},        {0, "", false},        {0, "0", false},         {0, "-3", false},
               {0, "3", true},        {0, "4", false},       {0, "65537", false},     {0, "6.0", false},
               {0, "\"6\"", false},   {1, "", false},        {1, "12", true},         {1, "6", false},
               {1, "0", false},       {2, "", false},        {2, "1", false},         {2, "4", false},
               {3, "", false},        {3, "0", false},       {3, "6", true},          {3, "2", true},
               {3, "12", false},      {4, "", false},        {4, "8", true},          {4, "16", false},
               {5, "-7", true},       {6, "0", false},       {6, "-1", false},        {6, "1e-9", true},
               {6, "", false},        {7, "[0,1]", false},   {7, "[0,1,2,3]", false}, {7, "[-1,0,9]", true},
               {7, "7", false},       {8, "[1,2]", false},   {8, "[1,2,3,4]", false}, {8, "[0,2,3]", false},
               {8, "[1,0,3]", false}, {8, "[1,2,0]", false}, {8, "[1,2,-1]", false},  {8, "[0.5,0.1,1e-9]", true},
               {8, "", false},        {9, "", false},        {9, "7", false},         {9, "\"\"", true}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char json[600] = "{";
        for (int m = 0; m < 10; m++) {
            const char *value = m == row[i].member ? row[i].value : usual[m];
            size_t used = strlen(json);
            if (*value) snprintf(json + used, sizeof json - used, "%s\"%s\":%s", used > 1 ? "," : "", name[m], value);
        }
        strcat(json, "}");
        qp_image_format read;
        qp_status status = qp_image_format_parse(json, &read);
        cr_expect_eq(status, row[i].sound ? QP_OK : QP_EDATA, "%s: %d", json, status);
    }
    char long_name[700], *end = long_name;
    qp_image_format read;
    for (int bytes = 511; bytes <= 512; bytes++) { /* with its end it has 512 */
        end = long_name + sprintf(long_name, "{\"height\":4,\"width\":4,\"channels\":1,\"patch_height\":2,"
                                             "\"patch_width\":2,\"mean\":0,\"deviation\":1,\"column\":\"");
        memset(end, 'x', (size_t)bytes);
        strcpy(end + bytes, "\"}");
        cr_expect_eq(qp_image_format_parse(long_name, &read), bytes == 511 ? QP_OK : QP_EDATA, "%d", bytes);
        if (bytes == 511) cr_expect(!read.by_channel && read.deviation == 1 && strlen(read.column) == 511);
    }
    static const char huge[] = "{\"height\":65536,\"width\":65536,\"channels\":3,\"patch_height\":4,\"patch_width\":4,"
                               "\"mean\":0,\"deviation\":1,\"column\":\"\"}";
    static const char *const broken[] = {"", "[]", "{\"height\":6}", huge};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        cr_expect_eq(qp_image_format_parse(broken[i], &read), QP_EDATA, "%zu", i);
}

Test(image_format, sizes_are_parsed)
{
    int height, width;
    qp_image_size size;
    cr_expect(qp_image_patch_parse("4x7", &height, &width) == QP_OK && height == 4 && width == 7);
    cr_expect(qp_image_patch_parse("8", &height, &width) == QP_OK && height == 1 && width == 8);
    cr_expect(qp_image_patch_parse("1x65536", &height, &width) == QP_OK && width == QP_IMAGE_SIDE_MOST);
    cr_expect_eq(qp_image_patch_parse("1x65537", &height, &width), QP_EUSAGE);
    cr_expect(qp_image_size_parse("28x20", &size) == QP_OK && size.height == 28 && size.width == 20 && !size.channels);
    cr_expect(qp_image_size_parse("32x32x3", &size) == QP_OK && size.channels == 3);
    static const char *const wrong[] = {"", "x", "4x", "x4", "4x4x", "0x4", "-1x4", "4X4", "99999999999x4", "4 x4"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(qp_image_patch_parse(wrong[i], &height, &width), QP_EUSAGE, "%s", wrong[i]);
        cr_expect_eq(qp_image_size_parse(wrong[i], &size), QP_EUSAGE, "%s", wrong[i]);
    }
    cr_expect_eq(qp_image_size_parse("4x4x2", &size), QP_EUSAGE);
}

Test(image_batches, every_image_once_in_the_order_of_the_epoch)
{
    enum { COUNT = 11 };
    qp_images images = counted(COUNT, (qp_image_size){2, 2, 1});
    qp_image_format format = {.size = images.size, .patch_height = 1, .patch_width = 2, .deviation = 1};
    qp_image_batches_options options = {
        .images = &images, .format = &format, .size = 4, .shuffle = true, .seed = 3, .slots = 1};
    int order[2][COUNT];
    for (int epoch = 0; epoch < 2; epoch++) {
        qp_image_batches *batches;
        qp_batch batch;
        int64_t count;
        int seen[COUNT] = {0}, at = 0;
        cr_assert_eq(qp_image_batches_new(&options, &batches), QP_OK);
        qp_batch_source source = qp_image_batches_source(batches);
        cr_assert_eq(source.begin(source.self, epoch, &count), QP_OK);
        cr_assert_eq(count, 3);
        for (int64_t n = 0; n < count; n++) {
            cr_assert_eq(source.get(source.self, n, 0, &batch), QP_OK);
            cr_assert_eq(batch.features, 2);
            cr_assert_eq(qp_sequence_rows(batch.source.sequences), 2 * batch.target.sequences.count);
            for (int i = 0; i < batch.target.sequences.count; i++) {
                int image = batch.target.id[i];
                order[epoch][at++] = image;
                seen[image]++;
                for (int c = 0; c < 4; c++) cr_expect_eq(batch.source_value[4 * i + c], (qp_real)(4 * image + c));
            }
        }
        for (int i = 0; i < COUNT; i++) cr_expect_eq(seen[i], 1);
        cr_expect_eq(source.get(source.self, count, 0, &batch), QP_EBUG);
        qp_image_batches_free(batches);
    }
    cr_expect_neq(memcmp(order[0], order[1], sizeof order[0]), 0, "another order in another epoch");
    qp_images_free(&images);
}

/* Each image is moved by up to two pixels, by others in another epoch; a series along its row alone. */
Test(image_batches, images_are_moved)
{
    enum { COUNT = 40, MOST = 2 };
    static const qp_image_size size[] = {{6, 6, 1}, {1, 8, 1}, {2, 8, 1}};
    for (int k = 0; k < 3; k++) {
        const int cells = (int)qp_image_cells(size[k]), downs = size[k].height == 1 ? 0 : MOST;
        qp_images images = counted(COUNT, size[k]);
        qp_image_format format = {.size = size[k], .patch_height = 1, .patch_width = 2, .deviation = 1};
        qp_image_batches_options options = {
            .images = &images, .format = &format, .shift = MOST, .size = 7, .seed = 5, .slots = 2};
        int times[2 * MOST + 1][2 * MOST + 1] = {{0}}, first[COUNT], differ = 0;
        qp_image_batches *batches;
        cr_assert_eq(qp_image_batches_new(&options, &batches), QP_OK);
        qp_batch_source source = qp_image_batches_source(batches);
        for (int epoch = 0; epoch < 2; epoch++) {
            int64_t count;
            int at = 0;
            cr_assert_eq(source.begin(source.self, epoch, &count), QP_OK);
            for (int64_t n = 0; n < count; n++) {
                qp_batch batch;
                cr_assert_eq(source.get(source.self, n, (int)n % 2, &batch), QP_OK);
                for (int i = 0; i < batch.target.sequences.count; i++, at++) {
                    qp_real row[64];
                    int found = -100;
                    cr_expect_eq(batch.target.id[i], at, "in the order of the file");
                    for (int d = -downs; d <= downs && found == -100; d++)
                        for (int r = -MOST; r <= MOST && found == -100; r++) {
                            qp_image_format_rows(&format, &images, at, (qp_image_shift){d, r}, row);
                            const qp_real *made = batch.source_value + (size_t)(i * cells);
                            if (memcmp(row, made, (size_t)cells * sizeof *row) != 0) continue;
                            times[MOST + d][MOST + r]++;
                            found = 10 * d + r;
                        }
                    cr_assert_neq(found, -100, "image %d is not moved by at most %d", at, MOST);
                    if (epoch) differ += found != first[at];
                    first[at] = found;
                }
            }
            cr_expect_eq(at, COUNT);
        }
        cr_expect_gt(differ, COUNT / 2);
        int moved_down = 0;
        for (int r = 0; r <= 2 * MOST; r++) {
            int right = 0;
            for (int d = 0; d <= 2 * MOST; d++) right += times[d][r];
            for (int d = 0; d <= 2 * MOST; d++) moved_down += d == MOST ? 0 : times[d][r];
            cr_expect_gt(right, 0, "%d to the right", r - MOST);
        }
        cr_expect_eq(moved_down > 0, downs > 0, "%d rows", size[k].height);
        qp_image_batches_free(batches);
        qp_images_free(&images);
    }
}

Test(image_batches, options_are_checked)
{
    static const struct {
        int64_t size;
        int slots;
        const char *why; /* NULL: fine */
    } row[] = {{1, 1, NULL},     {1 << 28, 1, NULL}, {0, 1, "give 1 to 268435456"}, {(1 << 28) + 1, 1, "give 1 to"},
               {4, 65536, NULL}, {4, 0, "accum 0"},  {4, 65537, "give 1 to 65536"}};
    qp_images images = counted(3, (qp_image_size){2, 2, 1});
    qp_image_format format = {.size = images.size, .patch_height = 1, .patch_width = 2, .deviation = 1};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_image_batches_options options = {
            .images = &images, .format = &format, .size = row[i].size, .slots = row[i].slots};
        qp_image_batches *batches;
        cr_expect_eq(qp_image_batches_new(&options, &batches), row[i].why ? QP_EUSAGE : QP_OK, "row %zu", i);
        cr_expect_eq(batches == NULL, row[i].why != NULL);
        if (row[i].why) cr_expect(strstr(qp_error_message(), row[i].why), "%s", qp_error_message());
        qp_image_batches_free(batches);
    }
    qp_images_free(&images);
}
