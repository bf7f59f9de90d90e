#include "lib/package/attention_picture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"

/* The end of the name, in any case, is the format. */
Test(attention_picture, the_end_of_the_name_is_the_format)
{
    static const struct {
        const char *path;
        qp_picture_form_kind form;
    } name[] = {{"-", QP_FORM_TERMINAL},    {"a.html", QP_FORM_HTML},     {"a.json", QP_FORM_JSON},
                {"a.npz", QP_FORM_NPZ},     {"a.svg", QP_FORM_SVG},       {"a.txt", QP_FORM_TEXT},
                {"A.SVG", QP_FORM_SVG},     {"a.html.txt", QP_FORM_TEXT}, {"folder.svg/a.Html", QP_FORM_HTML},
                {"./-.json", QP_FORM_JSON}, {"a.png.npz", QP_FORM_NPZ}};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        qp_picture_form_kind form;
        cr_expect_eq(qp_picture_form(name[i].path, &form), QP_OK, "%s: %s", name[i].path, qp_error_message());
        cr_expect_eq(form, name[i].form, "%s", name[i].path);
    }
}

Test(attention_picture, other_names_are_refused)
{
    static const char *const name[] = {"", "a", "svg", ".svg", "asvg", "a.svg.bak", "a.svg/b", "a.jpeg", "--"};
    qp_picture_form_kind form;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        cr_expect_eq(qp_picture_form(name[i], &form), QP_EUSAGE, "%s", name[i]);
        cr_expect(strstr(qp_error_message(), "unknown format"), "%s", qp_error_message());
    }
    cr_expect_eq(qp_picture_form("a.PNG", &form), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "use .svg"), "%s", qp_error_message());
}

/* Cross maps before those of the encoder, these before those of the decoder. */
Test(attention_picture, the_kind_that_is_shown)
{
    static const qp_map_kind added[] = {QP_MAP_DECODER, QP_MAP_ENCODER, QP_MAP_CROSS};
    const char *token[] = {"a"};
    qp_picture picture;
    cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
    cr_expect_eq(qp_picture_kind(&picture), QP_MAP_CROSS);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(qp_picture_label(&picture, added[i], token, 1, token, 1), QP_OK);
        cr_assert_eq(qp_picture_add(&picture, added[i], 0, 0, (const float[]){1}), QP_OK);
        cr_expect_eq(qp_picture_kind(&picture), added[i]);
    }
    qp_picture_free(&picture);
}

/* What the files of every format begin with; in text every chosen map, one below another. */
Test(attention_picture, files)
{
    static const char *const begins[] = {[QP_FORM_TERMINAL] = "title\n\nencoder attention, layer 1, head 1\n",
                                         [QP_FORM_HTML] = "<!DOCTYPE html>",
                                         [QP_FORM_JSON] = "{\"title\":\"title\"",
                                         [QP_FORM_NPZ] = "PK\3\4",
                                         [QP_FORM_SVG] = "<svg ",
                                         [QP_FORM_TEXT] = "encoder attention, layer 1, head 1\n"};
    char path[] = "/tmp/quipu-picture-XXXXXX", *content;
    const char *token[] = {"a"};
    const qp_terminal_style style = {.width = 40};
    qp_picture picture;
    qp_panels panels;
    size_t bytes;
    close(mkstemp(path));
    cr_assert_eq(qp_picture_init(&picture, "title"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_ENCODER, token, 1, token, 1), QP_OK);
    for (int head = 0; head < 2; head++)
        cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, 0, head, (const float[]){1}), QP_OK);
    cr_assert_eq(qp_panels_choose(&picture, QP_MAP_ENCODER, "1", "all", &panels), QP_OK);
    for (int form = QP_FORM_TERMINAL; form <= QP_FORM_TEXT; form++) {
        cr_assert_eq(qp_picture_save(&picture, &panels, (qp_picture_form_kind)form, &style, path), QP_OK, "%s",
                     qp_error_message());
        cr_assert_eq(qp_file_read(path, 1 << 20, &content, &bytes), QP_OK);
        cr_expect(bytes > strlen(begins[form]) && memcmp(content, begins[form], strlen(begins[form])) == 0, "%d: %s",
                  form, content);
        if (form == QP_FORM_TEXT)
            cr_expect_str_eq(content, "encoder attention, layer 1, head 1\n\n  a\na ##\n\n  0   ..::**## 1.00\n\n"
                                      "encoder attention, layer 1, head 2\n\n  a\na ##\n\n  0   ..::**## 1.00\n");
        free(content);
    }
    panels.head[1] = 7;
    cr_expect_eq(qp_picture_save(&picture, &panels, QP_FORM_TEXT, &style, path), QP_EUSAGE);
    cr_assert_eq(qp_file_read(path, 1 << 20, &content, &bytes), QP_OK);
    cr_expect_neq(strstr(content, "head 2"), NULL, "the file stays as it was");
    free(content);
    unlink(path);
    qp_picture_free(&picture);
}
