#include <stdio.h>
#include <stdlib.h>

#include "lib/base/random.h"
#include "tests/tokenizer/tokenizer_help.h"
#include "lib/text/normalize.h"
#include "lib/text/utf8.h"

/* decode(encode(x)) = x for random strings: 100,000 of them, or as many as QUIPU_ROUND_TRIPS says (tests/long). */
static const char *const corpus[] = {"the cat and the hat of the man's 12 hats",
                                     "나는 학교에 간다 학교에서",
                                     "grün grüne e\u0301",
                                     "the The THE 123 1234",
                                     "漢字かな交じり文",
                                     "!!! ... ?"};
static const char *const kind[] = {"byte", "char", "bpe", "byte-bpe", "unigram", "wordpiece"};
enum { KINDS = sizeof kind / sizeof *kind, MOST = 24 };

/* Up to 24 pieces: words of the corpus, letters of a few scripts, any code points, any bytes. */
static size_t random_string(uint64_t number, char *text)
{
    uint64_t key = qp_random_key(77, number), parts = qp_random_below(key, 0, MOST);
    size_t bytes = 0;
    for (uint64_t i = 1; i <= parts; i++) {
        uint64_t draw = qp_random_below(key, 3 * i, 8), value = qp_random_below(key, 3 * i + 1, 1 << 30);
        static const int32_t begin[] = {0x20, 0xAC00, 0x300, 0x1100}, count[] = {0x5F, 11172, 0x70, 0x100};
        if (draw < 4) {
            bytes += qp_utf8_write(begin[draw] + (int32_t)(value % (uint64_t)count[draw]), text + bytes);
        } else if (draw == 4) {
            text[bytes++] = (char)value;
        } else if (draw == 5) {
            int32_t code = (int32_t)(value % 0x110000);
            bytes += qp_utf8_write(code >= 0xD800 && code < 0xE000 ? 0x2581 : code, text + bytes);
        } else {
            const char *line = corpus[value % (sizeof corpus / sizeof *corpus)];
            size_t from = (size_t)(value >> 8) % strlen(line), most = strlen(line) - from;
            size_t length = 1 + (size_t)(value >> 16) % (most < 8 ? most : 8);
            memcpy(text + bytes, line + from, length);
            bytes += length;
        }
    }
    return bytes;
}

Test(round_trip, random_strings_come_back)
{
    const char *wanted = getenv("QUIPU_ROUND_TRIPS");
    uint64_t strings = wanted ? strtoull(wanted, NULL, 10) : 100000;
    qp_tokenizer *t[KINDS];
    for (int k = 0; k < KINDS; k++) {
        qp_tokenizer_config config = test_config(kind[k], 400);
        config.byte_fallback = QP_FALLBACK_TRUE;
        config.normalization = QP_FORM_NONE;
        t[k] = test_train(&config, corpus, sizeof corpus / sizeof *corpus);
    }
    qp_encoding e = {0};
    char text[8 * MOST + 1];
    for (uint64_t i = 0; i < strings; i++) {
        char *back = NULL;
        size_t bytes = random_string(i, text), back_bytes = 0;
        const qp_tokenizer *own = t[i % KINDS];
        if (qp_tokenizer_encode_into(own, text, bytes, &e) != QP_OK ||
            qp_tokenizer_decode(own, e.id, e.count, &back, &back_bytes) != QP_OK)
            cr_assert_fail("string %llu: %s", (unsigned long long)i, qp_error_message());
        if (back_bytes != bytes || memcmp(back, text, bytes) != 0)
            cr_assert_fail("%s: string %llu \"%.*s\" came back as \"%s\"", kind[i % KINDS], (unsigned long long)i,
                           (int)bytes, text, back);
        free(back);
    }
    qp_encoding_free(&e);
    for (int k = 0; k < KINDS; k++) qp_tokenizer_free(t[k]);
}
