#include "lib/package/attention_picture.h"

#include <criterion/criterion.h>
#include <string.h>

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
