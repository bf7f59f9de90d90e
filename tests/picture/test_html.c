#define _GNU_SOURCE /* memmem */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/picture/html.h"
#include "tests/picture/sample_picture.h"

static int occurrences(const char *text, const char *word)
{
    int count = 0;
    while ((text = strstr(text, word))) {
        text += strlen(word);
        count++;
    }
    return count;
}

static json_t *data_of(const char *page)
{
    const char *begin = strstr(page, "id='data'>"), *end = begin ? strstr(begin, "</script>") : NULL;
    cr_assert_not_null(end);
    begin += strlen("id='data'>");
    json_error_t error;
    json_t *data = json_loadb(begin, (size_t)(end - begin), 0, &error);
    cr_assert_not_null(data, "%s", error.text);
    return data;
}

Test(html, holds_every_map)
{
    qp_picture picture = sample_picture();
    char *page;
    size_t bytes;
    cr_assert_eq(qp_html_draw(&picture, &page, &bytes), QP_OK);
    cr_assert_eq(strlen(page), bytes);
    json_t *data = data_of(page), *kinds = json_object_get(data, "kinds"), *kind = json_array_get(kinds, 0);
    cr_assert_str_eq(json_string_value(json_object_get(data, "title")), "a → b");
    cr_assert_eq(json_array_size(kinds), 1);
    cr_assert_str_eq(json_string_value(json_object_get(kind, "name")), "cross");
    cr_assert_eq(json_array_size(json_object_get(kind, "rows")), 2);
    cr_assert_eq(json_array_size(json_object_get(kind, "columns")), 3);
    cr_assert_eq(json_array_size(json_object_get(kind, "maps")), 4);
    json_t *map = json_array_get(json_object_get(kind, "maps"), 1);
    cr_assert(json_integer_value(json_array_get(map, 0)) == 0 && json_integer_value(json_array_get(map, 1)) == 1);
    cr_assert_eq(json_string_length(json_array_get(map, 2)), 16, "6 weights of 2 bytes in base64");
    json_decref(data);
    free(page);
    qp_picture_free(&picture);
}

Test(html, refers_to_nothing_outside)
{
    qp_picture picture = sample_picture();
    char *page;
    cr_assert_eq(qp_html_draw(&picture, &page, NULL), QP_OK);
    /* the name of the SVG language is no address */
    cr_assert_eq(occurrences(page, "http"), 1 + occurrences(page, "http-equiv"));
    cr_assert_eq(occurrences(page, "http://www.w3.org/2000/svg"), 1);
    const char *forbidden[] = {"src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML", "eval("};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        cr_assert_eq(occurrences(page, forbidden[i]), 0, "%s", forbidden[i]);
    cr_assert_not_null(strstr(page, "default-src 'none'"));
    free(page);
    qp_picture_free(&picture);
}

Test(html, hostile_tokens_stay_data)
{
    qp_picture picture;
    const char *token[2] = {"</script><script>alert(1)</script>", "<!--\"\\\xff"};
    const float weight[4] = {1, 0, 0, 1};
    cr_assert_eq(qp_picture_init(&picture, "</title><img src=x> & 한국어"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, token, 2, token, 2), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, weight), QP_OK);
    char *page;
    cr_assert_eq(qp_html_draw(&picture, &page, NULL), QP_OK);
    cr_assert_eq(occurrences(page, "<script"), 2);
    cr_assert_eq(occurrences(page, "</script>"), 2);
    cr_assert_eq(occurrences(page, "<img"), 0);
    cr_assert_eq(occurrences(page, "<!--"), 0);
    cr_assert_eq(occurrences(page, "</title>"), 1);
    json_t *data = data_of(page), *kind = json_array_get(json_object_get(data, "kinds"), 0);
    cr_assert_str_eq(json_string_value(json_array_get(json_object_get(kind, "rows"), 0)), token[0]);
    cr_assert_str_eq(json_string_value(json_array_get(json_object_get(kind, "rows"), 1)), "<!--\"\\<0xFF>");
    json_decref(data);
    free(page);
    qp_picture_free(&picture);
}

Test(html, plain_json)
{
    qp_picture picture = sample_picture();
    char *text;
    cr_assert_eq(qp_json_draw(&picture, &text, NULL), QP_OK);
    json_t *data = json_loads(text, 0, NULL), *kind = json_array_get(json_object_get(data, "kinds"), 0);
    json_t *map = json_array_get(json_object_get(kind, "maps"), 3),
           *row = json_array_get(json_object_get(map, "weights"), 1);
    cr_assert_eq(json_integer_value(json_object_get(map, "layer")), 1);
    cr_assert_float_eq(json_number_value(json_array_get(row, 2)), (double)sample_weight(1, 1, 5), 1e-6);
    json_decref(data);
    free(text);
    qp_picture_free(&picture);
}

Test(html, nothing_to_draw)
{
    qp_picture picture;
    char *text;
    cr_assert_eq(qp_picture_init(&picture, "x"), QP_OK);
    cr_assert_eq(qp_html_draw(&picture, &text, NULL), QP_EUSAGE);
    cr_assert_eq(qp_json_draw(&picture, &text, NULL), QP_EUSAGE);
    qp_picture_free(&picture);
}

/* The page and the SVG draw the ▁ of tokenizers as a space; the data keeps the token. */
Test(html, tokens_are_kept_as_they_are)
{
    qp_picture picture;
    const char *row[] = {"▁a"}, *column[] = {"b"};
    const float weight[] = {1};
    char *text;
    cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, row, 1, column, 1), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, weight), QP_OK);
    cr_assert_eq(qp_json_draw(&picture, &text, NULL), QP_OK);
    json_t *data = json_loads(text, 0, NULL);
    json_t *rows = json_object_get(json_array_get(json_object_get(data, "kinds"), 0), "rows");
    cr_assert_str_eq(json_string_value(json_array_get(rows, 0)), "▁a");
    json_decref(data);
    free(text);
    qp_picture_free(&picture);
}

/* A picture of encoder and cross maps, the cross maps added last and shown first. */
static qp_picture two_kinds(void)
{
    qp_picture picture;
    const char *row[] = {"a"}, *column[] = {"x", "y", "z"};
    cr_assert_eq(qp_picture_init(&picture, "t"), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_CROSS, row, 1, column, 3), QP_OK);
    cr_assert_eq(qp_picture_label(&picture, QP_MAP_ENCODER, column, 2, row, 1), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_ENCODER, 0, 0, (const float[]){0.25f, 1}), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 0, 0, (const float[]){0, 1, 0.5f}), QP_OK);
    cr_assert_eq(qp_picture_add(&picture, QP_MAP_CROSS, 2, 1, (const float[]){1, 0.125f, 0}), QP_OK);
    return picture;
}

Test(html, every_letter_of_the_json)
{
    qp_picture picture = two_kinds();
    char *text;
    size_t bytes;
    cr_assert_eq(qp_json_draw(&picture, &text, &bytes), QP_OK);
    cr_expect_str_eq(text,
                     "{\"title\":\"t\",\"kinds\":["
                     "{\"name\":\"cross\",\"rows\":[\"a\"],\"columns\":[\"x\",\"y\",\"z\"],\"maps\":[\n"
                     "{\"layer\":0,\"head\":0,\"weights\":[[0,1,0.5]]},\n"
                     "{\"layer\":2,\"head\":1,\"weights\":[[1,0.125,0]]}]},"
                     "{\"name\":\"encoder\",\"rows\":[\"x\",\"y\"],\"columns\":[\"a\"],\"maps\":[\n"
                     "{\"layer\":0,\"head\":0,\"weights\":[[0.25],[1]]}]}]}\n");
    cr_expect_eq(bytes, strlen(text));
    free(text);
    qp_picture_free(&picture);
}

/* 0, 1 and 0.5 are 0, 65535 and 32768 of 65535 steps: 00 00 FF FF 00 80. */
Test(html, weights_are_steps_of_two_bytes)
{
    qp_picture picture = two_kinds();
    char *page;
    cr_assert_eq(qp_html_draw(&picture, &page, NULL), QP_OK);
    cr_expect(strstr(page, "\"maps\":[\n[0,0,\"AAD//wCA\"],\n[2,1,\"//8AIAAA\"]]},{\"name\":\"encoder\""), "%s", page);
    cr_expect_eq(strncmp(page, "<!DOCTYPE html>\n<html lang='en'>\n<head>\n", 40), 0);
    cr_expect_not_null(strstr(page, "<title>t</title>\n<style>\n"));
    cr_expect_str_eq(page + strlen(page) - 26, "</script>\n</body>\n</html>\n");
    static const char *const part[] = {"<style>", "</style>", "<body>", "id='caption'", "id='data'>", "'use strict'"};
    for (size_t i = 1; i < sizeof part / sizeof *part; i++)
        cr_expect_lt(strstr(page, part[i - 1]), strstr(page, part[i]), "%s before %s", part[i - 1], part[i]);
    free(page);
    qp_picture_free(&picture);
}
