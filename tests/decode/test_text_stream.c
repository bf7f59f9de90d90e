#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/text_stream.h"

/* Codecs for tokens that are bytes, id = QP_SPECIAL_COUNT + byte. */
static qp_status decode_raw(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    (void)self;
    *text = malloc((size_t)count + 1);
    for (int i = 0; i < count; i++) (*text)[i] = (char)(id[i] - QP_SPECIAL_COUNT);
    (*text)[ *bytes = (size_t)count] = '\0';
    return QP_OK;
}

/* ... as SentencePiece does it: every byte that is none of UTF-8 is U+FFFD. */
static qp_status decode_replacing(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    char *raw;
    size_t length;
    decode_raw(self, id, count, &raw, &length);
    *text = malloc(3 * length + 1);
    *bytes = 0;
    for (size_t i = 0; i < length;) {
        unsigned char b = (unsigned char)raw[i];
        size_t wanted = b < 0x80 ? 1 : b < 0xC2 ? 0 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : b < 0xF5 ? 4 : 0, n = 1;
        while (n < wanted && i + n < length && ((unsigned char)raw[i + n] & 0xC0) == 0x80) n++;
        const char *from = wanted && n == wanted ? raw + i : "\xEF\xBF\xBD";
        if (!wanted || n < wanted) {
            n = 1;
            wanted = 3;
        }
        memcpy(*text + *bytes, from, wanted);
        *bytes += wanted;
        i += n;
    }
    free(raw);
    return QP_OK;
}

/* Words: a space before each but the first. */
static qp_status decode_words(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    (void)self;
    *text = calloc(1, (size_t)count * 16 + 1);
    for (int i = 0; i < count; i++) sprintf(*text + strlen(*text), "%sw%d", i ? " " : "", id[i]);
    *bytes = strlen(*text);
    return QP_OK;
}

typedef qp_status decoder(void *self, const int32_t *id, int count, char **text, size_t *bytes);

/* The characters of `text` must be whole. */
static void check_whole(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        unsigned char b = (unsigned char)text[i];
        size_t n = b < 0x80 ? 1 : b < 0xC2 ? 99 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : b < 0xF5 ? 4 : 99;
        cr_assert(i + n <= bytes, "a cut character at %zu of %.*s", i, (int)bytes, text);
        for (size_t k = 1; k < n; k++) cr_assert_eq((unsigned char)text[i + k] & 0xC0, 0x80);
        i += n;
    }
}

/* All bytes of `input` one after the other; what came out. `until`: the number of tokens after which it stopped. */
static char *stream_bytes(decoder *decode, const char *input, const char *const *stop, int stops, int *until)
{
    qp_text_codec codec = {.decode = decode};
    qp_text_stream s = {.codec = &codec, .stop = stop, .stops = stops};
    int count = (int)strlen(input);
    int32_t *id = calloc((size_t)count + 1, sizeof *id);
    for (int i = 0; i < count; i++) id[i] = QP_SPECIAL_COUNT + (unsigned char)input[i];
    size_t told = 0;
    char last[256] = "";
    int n = 0;
    qp_text_stream_begin(&s, id, 0);
    while (n < count && !s.stopped) {
        cr_assert_eq(qp_text_stream_add(&s, id, ++n), QP_OK);
        cr_assert_geq(s.certain, told, "taken back");
        if (told) cr_assert_eq(memcmp(s.text, last, told), 0, "changed");
        told = s.certain;
        if (s.text) check_whole(s.text, told);
        if (told) memcpy(last, s.text, told);
    }
    cr_assert_eq(qp_text_stream_end(&s, id, n), QP_OK);
    cr_assert_eq(s.certain, s.bytes);
    if (until) *until = n;
    char *text = strdup(s.text ? s.text : "");
    cr_assert_eq(strlen(text), s.bytes);
    free(s.text);
    free(id);
    return text;
}

static void check_stream(decoder *decode, const char *input, const char *expected)
{
    char *text = stream_bytes(decode, input, NULL, 0, NULL);
    cr_assert_str_eq(text, expected, "%s", text);
    free(text);
}

Test(text_stream, characters_are_never_cut)
{
    static const char text[] = "a\303\244\341\204\200\360\237\230\200z \352\260\200\353\202\230";
    check_stream(decode_raw, text, text);
    check_stream(decode_replacing, text, text);
    check_stream(decode_raw, "", "");
}

#define BAD "\357\277\275"

Test(text_stream, bytes_that_are_no_text_are_replaced)
{
    check_stream(decode_raw, "a\377b", "a" BAD "b");
    check_stream(decode_raw, "a\341\204z", "a" BAD "z");
    check_stream(decode_raw, "\200\301x\355\240\200", BAD BAD "x" BAD BAD BAD);
    check_stream(decode_raw, "cut \360\237\230", "cut " BAD);
    check_stream(decode_replacing, "a\377bcdefg", "a" BAD "bcdefg");
    char *text = stream_bytes(decode_replacing, "cut \360\237\230", NULL, 0, NULL);
    cr_assert_eq(strncmp(text, "cut " BAD, 7), 0, "%s", text);
    free(text);
}

Test(text_stream, stop_strings_end_the_text_before_them)
{
    static const struct {
        const char *input, *expected;
        int until;
    } expected[] = {
        {"one\n\ntwo", "one", 5}, {"one\ntwo", "one\ntwo", 7}, {"one\n", "one\n", 4},
        {"ENEND", "EN", 5},       {"ENENEN", "ENENEN", 6},     {"END", "", 3},
        {"aEN\n\nEND", "aEN", 5},
    };
    static const char *const stop[] = {"\n\n", "END"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        int until;
        char *text = stream_bytes(decode_raw, expected[i].input, stop, 2, &until);
        cr_assert_str_eq(text, expected[i].expected, "%zu: %s", i, text);
        cr_assert_eq(until, expected[i].until, "%zu: %d", i, until);
        free(text);
    }
}

Test(text_stream, spaces_between_prompt_and_text_and_ends_of_lines)
{
    const int32_t id[] = {5, 6, 7, QP_EOS, 8, 9, QP_EOS, QP_EOS, 4};
    static const char *const expected[] = {" w7",          " w7\n",          " w7\nw8",         " w7\nw8 w9",
                                           " w7\nw8 w9\n", " w7\nw8 w9\n\n", " w7\nw8 w9\n\nw4"};
    qp_text_codec codec = {.decode = decode_words};
    qp_text_stream s = {.codec = &codec, .running = true};
    qp_text_stream_begin(&s, id, 2);
    for (int n = 3; n <= 9; n++) {
        cr_assert_eq(qp_text_stream_add(&s, id, n), QP_OK);
        cr_assert_str_eq(s.text, expected[n - 3]);
        cr_assert_eq(s.certain, s.bytes);
    }
    free(s.text);
    s = (qp_text_stream){.codec = &codec, .running = true};
    qp_text_stream_begin(&s, id, 4);
    cr_assert_eq(qp_text_stream_add(&s, id, 5), QP_OK);
    cr_assert_str_eq(s.text, "w8");
    free(s.text);
}

/* A byte that begins no character holds nothing back once a whole character follows it. */
Test(text_stream, what_follows_a_damaged_character_is_not_held_back)
{
    static const char *const input[] = {"\360\237a", "\341a", "\341\204zz", "a"};
    static const char *const expected[] = {BAD "a", BAD "a", BAD "zz", "a"};
    for (int i = 0; i < 4; i++) {
        qp_text_codec codec = {.decode = decode_raw};
        qp_text_stream s = {.codec = &codec};
        int32_t id[8];
        int count = (int)strlen(input[i]);
        for (int k = 0; k < count; k++) id[k] = QP_SPECIAL_COUNT + (unsigned char)input[i][k];
        qp_text_stream_begin(&s, id, 0);
        for (int n = 1; n <= count; n++) cr_assert_eq(qp_text_stream_add(&s, id, n), QP_OK);
        cr_assert_eq(s.certain, strlen(expected[i]), "%d: %zu bytes", i, s.certain);
        cr_assert_eq(memcmp(s.text, expected[i], s.certain), 0, "%s", s.text);
        free(s.text);
    }
}
