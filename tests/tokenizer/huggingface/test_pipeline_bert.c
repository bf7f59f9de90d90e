#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/random.h"
#include "tests/tokenizer/two_ways.h"
#include "tokenizer/huggingface/file_formats.h"
#include "tokenizer/huggingface/pipeline_kind.h"
#include "lib/text/utf8.h"

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\nhat\nt\n##h\ne\n##e\n\u1112\u1161\u11AB\n##\u1100\u116E"
    "\u11A8\n\uD55C\n##\uAD6D\n漢\n字\n##字\n.\n'\n\u201C\n\u0436\n##\u0436\ncafe\ncaf\n##é\nA\n##A\n!\n";

/* Letters, marks alone and after letters, signs, control characters, spaces of all kinds, bytes that are not UTF-8. */
static const char *const part[] = {"the",        "The",    "cats",     " ",          "  ",     "\t",     "\n",
                                   "한국",       "漢字",   "café",     "cafe\u0301", "\u0301", ".",      "'s",
                                   "\u201C",     "\u2014", "\u00A0",   "\u3000",     "\u00AD", "\u200B", "Ж",
                                   "ж",          "Ώ",      "İ",        "ß",          "\u0130", "\u01C5", "\uFF21",
                                   "\U0001F600", "\x80",   "\xED\x95", "\x01",       "\x7F",   "\u0903", "\u1E9E",
                                   "\u2028",     "\uFFFD", "^",        "$",          "\u3042", "hat"};

static void compare(qp_pipeline *p)
{
    two_ways ways = {.kind = &qp_pipeline_kind, .self = p};
    cr_assert_not_null(p->bert);
    for (uint64_t i = 0; i < 20000; i++) {
        char text[2048];
        size_t bytes = 0;
        uint64_t parts = i % 500 == 0 ? 150 : qp_random_below(31, i, 14);
        for (uint64_t k = 0; k < parts; k++) {
            uint64_t draw = qp_random_below(32, i * 256 + k, sizeof part / sizeof *part + 3);
            const char *piece = part[draw % (sizeof part / sizeof *part)];
            if (draw >= sizeof part / sizeof *part) {
                int32_t code = (int32_t)qp_random_below(33, i * 256 + k, 0x2100);
                bytes += qp_utf8_write(code, text + bytes);
                continue;
            }
            memcpy(text + bytes, piece, strlen(piece));
            bytes += strlen(piece);
        }
        two_ways_compare(&ways, text, bytes);
    }
    two_ways_free(&ways);
}

Test(pipeline_bert, equals_the_stages_on_random_texts)
{
    for (int cased = 0; cased < 2; cased++) {
        qp_pipeline *p = NULL;
        qp_status status = qp_pipeline_read_bert("test", vocabulary, sizeof vocabulary - 1, cased, &p);
        cr_assert_eq(status, QP_OK, "%s", qp_error_message());
        compare(p);
        qp_pipeline_free(p);
    }
}

Test(pipeline_bert, long_words_are_unknown)
{
    qp_pipeline *p = NULL;
    char text[101];
    qp_encoding e = {0};
    memset(text, 'e', sizeof text);
    cr_assert_eq(qp_pipeline_read_bert("test", vocabulary, sizeof vocabulary - 1, false, &p), QP_OK);
    cr_assert_eq(qp_pipeline_kind.encode(p, (qp_text){text, 100}, &e), QP_OK);
    cr_assert_eq(e.count, 100);
    cr_assert_eq(qp_pipeline_kind.encode(p, (qp_text){text, 101}, &e), QP_OK);
    cr_assert_eq(e.count, 1);
    cr_assert_eq(e.id[0], 1);
    qp_encoding_free(&e);
    qp_pipeline_free(p);
}
