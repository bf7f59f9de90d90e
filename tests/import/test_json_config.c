#include "lib/import/json_config.h"

#include <criterion/criterion.h>
#include <string.h>

static const char text[] =
    "{\"whole\":7,\"low\":-3,\"big\":1000000000000,\"as_real\":4.0,\"half\":2.5,\"huge\":1e300,\"name\":\"gpt\","
    "\"yes\":true,\"no\":false,\"nothing\":null,\"list\":[1],\"rope\":{\"factor\":8,\"nothing\":null,\"in\":{\"x\":9}},"
    "\"rope.kind\":\"whole name\",\"a\":{\"rope\":1}}";

static qp_json_config config(void)
{
    qp_json_config c;
    cr_assert_eq(qp_json_config_parse("file", text, strlen(text), &c), QP_OK, "%s", qp_error_message());
    return c;
}

/* The first name that is present and not null; sections by a dot, unless a key has the whole name. */
Test(json_config, keys)
{
    qp_json_config c = config();
    cr_expect_eq(qp_json_config_whole(&c, "absent|whole|low", -9, 99, 1), 7);
    cr_expect_eq(qp_json_config_whole(&c, "nothing|low", -9, 99, 1), -3);
    cr_expect_eq(qp_json_config_whole(&c, "absent", -9, 99, 1), 1);
    cr_expect_eq(qp_json_config_whole(&c, "", -9, 99, 1), 1);
    cr_expect_eq(qp_json_config_whole(&c, "rope.factor", 0, 99, 1), 8);
    cr_expect_eq(qp_json_config_whole(&c, "rope.in.x", 0, 99, 1), 9);
    cr_expect_eq(qp_json_config_whole(&c, "rope.absent|rope.factor", 0, 99, 1), 8);
    cr_expect_eq(qp_json_config_whole(&c, "rope.nothing", 0, 99, 1), 1);
    cr_expect_eq(qp_json_config_whole(&c, "a.rope", 0, 99, 5), 1);
    cr_expect_eq(qp_json_config_whole(&c, "a.rope.factor", 0, 99, 5), 5, "a number has no keys");
    cr_expect_eq(qp_json_config_whole(&c, "rop|whol", 0, 99, 5), 5, "beginnings of keys");
    cr_expect_str_eq(qp_json_config_text(&c, "rope.kind", "no"), "whole name");
    cr_expect(qp_json_config_has(&c, "absent|no") && qp_json_config_has(&c, "rope.in"));
    cr_expect_not(qp_json_config_has(&c, "absent|nothing"));
    char longest[300];
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    cr_expect_not(qp_json_config_has(&c, longest));
    cr_expect_eq(c.status, QP_OK);
    qp_json_config_close(&c);
}

Test(json_config, values)
{
    qp_json_config c = config();
    cr_expect_eq(qp_json_config_whole(&c, "as_real", 0, 9, 1), 4, "4.0 is written for 4");
    cr_expect_eq(qp_json_config_whole(&c, "big", 0, 1000000000000, 1), 1000000000000);
    cr_expect_eq(qp_json_config_whole(&c, "whole", 7, 7, 1), 7, "both bounds are allowed");
    cr_expect_eq(qp_json_config_need(&c, "whole", 0, 9), 7);
    cr_expect_eq(qp_json_config_real(&c, "half", 1), 2.5);
    cr_expect_eq(qp_json_config_real(&c, "whole", 1), 7);
    cr_expect_eq(qp_json_config_real(&c, "absent", 1.5), 1.5);
    cr_expect(qp_json_config_flag(&c, "yes", false) && !qp_json_config_flag(&c, "no", true));
    cr_expect(qp_json_config_flag(&c, "absent", true) && !qp_json_config_flag(&c, "absent", false));
    cr_expect_str_eq(qp_json_config_text(&c, "name", "no"), "gpt");
    cr_expect_str_eq(qp_json_config_text(&c, "nothing", "no"), "no");
    qp_json_config_same_flag(&c, "yes", true, false);
    qp_json_config_same_flag(&c, "absent", true, true);
    qp_json_config_same_flag(&c, "no", false, true);
    qp_json_config_same_text(&c, "name", "gpt");
    qp_json_config_same_text(&c, "absent", "anything");
    cr_expect_eq(c.status, QP_OK, "%s", qp_error_message());
    qp_json_config_close(&c);
}

static void whole(qp_json_config *c, const char *key) { cr_expect_eq(qp_json_config_whole(c, key, 0, 6, 3), 3); }
static void need(qp_json_config *c, const char *key) { cr_expect_eq(qp_json_config_need(c, key, 2, 6), 2); }
static void real(qp_json_config *c, const char *key) { cr_expect_eq(qp_json_config_real(c, key, 0.5), 0.5); }
static void flag(qp_json_config *c, const char *key) { cr_expect(qp_json_config_flag(c, key, true)); }
static void words(qp_json_config *c, const char *key) { cr_expect_str_eq(qp_json_config_text(c, key, "t"), "t"); }
static void refuse(qp_json_config *c, const char *key) { qp_json_config_refuse(c, key, "no use"); }
static void same_true(qp_json_config *c, const char *key) { qp_json_config_same_flag(c, key, true, false); }
static void same_false(qp_json_config *c, const char *key) { qp_json_config_same_flag(c, key, false, true); }
static void same_text(qp_json_config *c, const char *key) { qp_json_config_same_text(c, key, "bert"); }

/* The first error stays, and reads after it give their fallbacks. */
Test(json_config, errors)
{
    static const struct {
        void (*read)(qp_json_config *c, const char *key);
        const char *key, *message;
    } row[] = {
        {whole, "whole", "file: whole: 7 is not from 0 to 6"},
        {whole, "absent|low", "file: absent: -3 is not from 0 to 6"},
        {whole, "half", "file: half: not an integer"},
        {whole, "huge", "file: huge: not an integer"},
        {whole, "name", "file: name: not an integer"},
        {whole, "yes", "file: yes: not an integer"},
        {whole, "list", "file: list: not an integer"},
        {need, "absent", "file: absent: missing; the configuration is incomplete"},
        {need, "nothing", "file: nothing: missing; the configuration is incomplete"},
        {real, "name", "file: name: not a number"},
        {real, "no", "file: no: not a number"},
        {flag, "whole", "file: whole: neither true nor false"},
        {flag, "name", "file: name: neither true nor false"},
        {words, "whole", "file: whole: not a text"},
        {words, "rope", "file: rope: not a text"},
        {refuse, "name|x", "file: name: no use; a model of this kind cannot be read"},
        {same_true, "no", "file: no: false is not supported; a model of this kind cannot be read"},
        {same_true, "absent", "file: absent: false is not supported; a model of this kind cannot be read"},
        {same_false, "yes|x", "file: yes: true is not supported; a model of this kind cannot be read"},
        {same_text, "name", "file: name: this value is not supported; a model of this kind cannot be read"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_json_config c = config();
        row[i].read(&c, row[i].key);
        cr_expect_eq(c.status, QP_EDATA, "row %zu", i);
        cr_expect_str_eq(qp_error_message(), row[i].message);
        cr_expect_eq(qp_json_config_whole(&c, "whole", 0, 99, 1), 1);
        cr_expect_eq(qp_json_config_real(&c, "half", 1), 1);
        cr_expect(qp_json_config_flag(&c, "no", true));
        cr_expect_str_eq(qp_json_config_text(&c, "name", "t"), "t");
        qp_json_config_refuse(&c, "name", "another");
        cr_expect_str_eq(qp_error_message(), row[i].message, "the first one stays");
        qp_json_config_close(&c);
    }
}

Test(json_config, only_objects)
{
    static const char *const other[] = {"", "[]", "7", "{", "{\"a\":1,\"a\":1}"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        qp_json_config c;
        cr_expect_eq(qp_json_config_parse("file", other[i], strlen(other[i]), &c), QP_EDATA, "%s", other[i]);
        cr_expect_eq(strncmp(qp_error_message(), "file", 4), 0, "%s", qp_error_message());
    }
}
