#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/random.h"
#include "tests/tokenizer/two_ways.h"
#include "lib/text/byte_letters.h"
#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/huggingface/pipeline_bytes.h"
#include "tokenizer/huggingface/pipeline_kind.h"
#include "lib/text/utf8.h"

/* All bytes and a few words, one of which ("runs") no merges make: it is no word of its own. */
static const char *const merge[] = {"t h",        "th e", "\u0120 the", "r u",          "ru n",
                                    "\u0120 run", "a a",  "aa aa",      "\u00ED \u0137"};

static size_t vocabulary(char *json, size_t room)
{
    size_t bytes = (size_t)snprintf(json, room, "{");
    for (int byte = 0; byte < 256; byte++) {
        char letter[5] = {0};
        qp_utf8_write(qp_byte_letter((unsigned char)byte), letter);
        const char *escape = letter[0] == '"' || letter[0] == '\\' ? "\\" : "";
        bytes += (size_t)snprintf(json + bytes, room - bytes, "\"%s%s\": %d, ", escape, letter, 300 - byte);
    }
    for (size_t i = 0; i < sizeof merge / sizeof *merge; i++) {
        const char *space = strchr(merge[i], ' ');
        bytes += (size_t)snprintf(json + bytes, room - bytes, "\"%.*s%s\": %zu, ", (int)(space - merge[i]), merge[i],
                                  space + 1, 400 + i);
    }
    return bytes + (size_t)snprintf(json + bytes, room - bytes, "\"runs\": 500}");
}

static qp_pipeline *open_gpt2(bool prefix_space)
{
    static char json[16384], merges[512];
    size_t bytes = vocabulary(json, sizeof json), merges_bytes = 0;
    for (size_t i = 0; i < sizeof merge / sizeof *merge; i++)
        merges_bytes += (size_t)snprintf(merges + merges_bytes, sizeof merges - merges_bytes, "%s\n", merge[i]);
    qp_pipeline *p = NULL;
    qp_status status = qp_pipeline_read_gpt2("test", json, bytes, merges, merges_bytes, prefix_space, &p);
    cr_assert_eq(status, QP_OK, "%s", qp_error_message());
    cr_assert_not_null(p->bytes);
    return p;
}

Test(pipeline_bytes, equals_the_stages_on_random_texts)
{
    static const char *const part[] = {"the",
                                       " the",
                                       " run",
                                       "runs",
                                       "aaaa",
                                       "aaaaa",
                                       "\uD55C\uAD6D",
                                       "\xED\x95",
                                       " ",
                                       "\n",
                                       "'s",
                                       "12",
                                       "internationalisation",
                                       "!",
                                       "\u0301"};
    for (int prefix = 0; prefix < 2; prefix++) {
        qp_pipeline *p = open_gpt2(prefix);
        two_ways ways = {.kind = &qp_pipeline_kind, .self = p};
        for (uint64_t i = 0; i < 5000; i++) {
            char text[512];
            size_t bytes = 0;
            for (uint64_t k = 0; k < qp_random_below(1, i, 20); k++) {
                const char *piece = part[qp_random_below(2, i * 32 + k, sizeof part / sizeof *part)];
                memcpy(text + bytes, piece, strlen(piece));
                bytes += strlen(piece);
            }
            two_ways_compare(&ways, text, bytes);
        }
        two_ways_free(&ways);
        qp_pipeline_free(p);
    }
}

Test(pipeline_bytes, a_word_that_no_merges_make_is_not_whole)
{
    qp_pipeline *p = open_gpt2(false);
    qp_pipeline_bytes_scratch scratch = {0};
    int32_t id[8];
    size_t count;
    for (size_t encoded = 0; encoded < QP_LATE_WORDS + 8; encoded += 4) {
        cr_assert_eq(atomic_load(&p->bytes->words) != NULL, encoded >= QP_LATE_WORDS, "after %zu bytes", encoded);
        cr_assert_eq(qp_pipeline_bytes_encode(p, &scratch, "runs", 4, id, &count), QP_OK);
        cr_assert(count == 2 && id[0] == 404 && id[1] == 300 - 's');
    }
    qp_pipeline_bytes_scratch_free(&scratch);
    qp_pipeline_free(p);
}

Test(pipeline_bytes, words_of_a_table_are_found_at_the_end_of_a_text)
{
    qp_word_table table = {0};
    char text[64] = "abcdefghijklmnopqrstuvwxyz";
    for (int i = 0; i < 2000; i++) {
        char word[16];
        int bytes = snprintf(word, sizeof word, "w%d%.*s", i, i % 10, text);
        cr_assert_eq(qp_word_table_add(&table, word, (size_t)bytes, i), QP_OK);
    }
    for (int i = 0; i < 2000; i++) {
        char word[16];
        size_t bytes = (size_t)snprintf(word, sizeof word, "w%d%.*s", i, i % 10, text);
        char *exact = malloc(bytes), *roomy = malloc(bytes + 16); /* the sanitizer watches the ends */
        memcpy(exact, word, bytes);
        memset(roomy, 'x', bytes + 16);
        memcpy(roomy, word, bytes);
        cr_assert_eq(qp_word_table_find(&table, exact, bytes, bytes), i);
        cr_assert_eq(qp_word_table_find(&table, roomy, bytes, bytes + 16), i);
        cr_assert_eq(qp_word_table_find(&table, exact, bytes - 1, bytes),
                     qp_word_table_find(&table, roomy, bytes - 1, 99));
        free(exact);
        free(roomy);
    }
    cr_assert_eq(qp_word_table_find(&table, "w", 1, 1), -1);
    cr_assert_eq(qp_word_table_find(&table, text, 16, 20), -1);
    cr_assert_eq(qp_word_table_find(&table, text, 0, 20), -1);
    qp_word_table_free(&table);
    cr_assert_eq(qp_word_table_find(&table, "a", 1, 1), -1);
}
