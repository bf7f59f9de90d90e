#include "tests/tokenizer/tokenizer_help.h"

#include "lib/base/random.h"
#include "tests/tokenizer/two_ways.h"
#include "tokenizer/sentencepiece/charsmap_plain.h"
#include "tokenizer/sentencepiece/sentencepiece_kind.h"
#include "tokenizer/sentencepiece/sentencepiece_ids.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"
#include "lib/text/utf8.h"

static const char *const corpus[] = {"the cat and the hat of the man",
                                     "the man has a hat and a cat",
                                     "나는 학교에 간다 학교에서",
                                     "그는 학교에 갔다",
                                     "grün grüne grünen",
                                     "12 13 123"};

/* Words, all kinds of spaces, characters with rules and before which rules look ahead, bytes that are no text. */
static const char *const part[] = {"the",  "cat",          " ",    "  ",       "\u00A0",  "\u3000",     "\u2581",
                                   "학교", "에",           "가",   "\u11A8",   "e\u0301", "\uFF21",     "\u2460",
                                   "ﬁ",    "\u1100\u1161", "\x80", "\xE2\x96", "q",       "\U0001F600", "\u200B",
                                   "\n",   "\t",           "…",    "\u0300"};

static qp_sentencepiece *learn_spaced(int type, bool bytes, bool prefix, bool remove)
{
    qp_sentencepiece_config config;
    qp_config_defaults(&qp_sentencepiece_fields, &config);
    config.model_type = type;
    config.byte_fallback = bytes;
    config.add_dummy_prefix = prefix;
    config.remove_extra_whitespaces = remove;
    config.vocab_size = bytes ? 340 : 70;
    config.hard_vocab_limit = 0;
    test_lines lines = {corpus, sizeof corpus / sizeof *corpus, 0};
    char *content;
    size_t content_bytes;
    qp_sentencepiece *m = NULL;
    const qp_sentencepiece_symbols none = {0};
    qp_status status = qp_sentencepiece_train(&config, &none, test_next_line, &lines, &content, &content_bytes);
    if (status == QP_OK) status = qp_sentencepiece_read("trained", content, content_bytes, &m);
    cr_assert_eq(status, QP_OK, "%s", qp_error_message());
    free(content);
    return m;
}

static qp_sentencepiece *learn(int type, bool bytes) { return learn_spaced(type, bytes, true, true); }

static void compare_random_texts(qp_sentencepiece *m)
{
    two_ways ways = {.kind = &qp_sentencepiece_kind, .self = m};
    cr_assert_not_null(m->fast);
    cr_assert_not_null(m->fast->letter);
    cr_assert_gt(m->fast->word.count, 0);
    for (uint64_t i = 0; i < 10000; i++) {
        char text[512];
        size_t bytes = 0;
        for (uint64_t k = 0; k < qp_random_below(3, i, 16); k++) {
            const char *piece = part[qp_random_below(4, i * 16 + k, sizeof part / sizeof *part)];
            memcpy(text + bytes, piece, strlen(piece));
            bytes += strlen(piece);
        }
        two_ways_compare(&ways, text, bytes);
    }
    two_ways_free(&ways);
    qp_sentencepiece_free(m);
}

Test(sentencepiece_ids, bpe_equals_the_way_with_spans) { compare_random_texts(learn(QP_SPM_TRAIN_BPE, false)); }

Test(sentencepiece_ids, bpe_with_bytes_equals_the_way_with_spans)
{
    compare_random_texts(learn(QP_SPM_TRAIN_BPE, true));
}

Test(sentencepiece_ids, unigram_equals_the_way_with_spans) { compare_random_texts(learn(QP_SPM_TRAIN_UNIGRAM, false)); }

Test(sentencepiece_ids, spaces_kept_and_none_put_first)
{
    for (int type = QP_SPM_TRAIN_UNIGRAM; type <= QP_SPM_TRAIN_BPE; type++) {
        for (int way = 0; way < 3; way++) compare_random_texts(learn_spaced(type, false, way & 1, way & 2));
    }
}

/* Beyond the score up to which words are certain, the lattice decides. */
Test(sentencepiece_ids, a_unigram_text_of_any_length)
{
    enum { TIMES = 40000 };
    qp_sentencepiece *m = learn(QP_SPM_TRAIN_UNIGRAM, false);
    qp_encoding list = {0};
    qp_sentencepiece_scratch scratch = {0};
    qp_id_list ids = {0};
    char *text = malloc(TIMES * 32);
    size_t bytes = 0;
    for (int i = 0; i < TIMES; i++) {
        const char *line = corpus[i % 2];
        memcpy(text + bytes, line, strlen(line));
        bytes += strlen(line);
        text[bytes++] = ' ';
    }
    cr_assert_eq(qp_sentencepiece_encode(m, text, bytes, &list), QP_OK);
    cr_assert_eq(qp_sentencepiece_ids(m, &scratch, (qp_text){text, bytes}, &ids), QP_OK);
    cr_assert_eq(ids.count, (size_t)list.count);
    cr_assert_arr_eq(ids.id, list.id, ids.count * sizeof *ids.id);
    free(text);
    free(ids.id);
    qp_encoding_free(&list);
    qp_sentencepiece_scratch_free(&scratch);
    qp_sentencepiece_free(m);
}

/* Every character that the table leaves alone stays itself, alone and before another. */
Test(sentencepiece_ids, plain_characters_have_no_rule)
{
    qp_sentencepiece *m = learn(QP_SPM_TRAIN_BPE, false);
    const uint8_t *table = m->fast->plain;
    int plain = 0;
    for (int32_t code = 1; code < 0x10000; code++) {
        char text[16];
        const char *out;
        size_t out_bytes, length = qp_utf8_write(code, text);
        bool left = qp_charsmap_is_plain(table, text, length, code, length);
        if (code >= 0xD800 && code < 0xE000) continue;
        cr_assert(!left || qp_charsmap_longest(&m->rules, text, length, &out, &out_bytes) == 0, "U+%04X", code);
        plain += left;
        for (int k = 0; k < 4; k++) {
            static const int32_t behind[] = {'a', 0x301, 0x1161, 0x11A8};
            size_t bytes = length + qp_utf8_write(behind[k], text + length);
            left = qp_charsmap_is_plain(table, text, bytes, code, length);
            cr_assert(!left || qp_charsmap_longest(&m->rules, text, bytes, &out, &out_bytes) == 0, "U+%04X %d", code,
                      k);
        }
    }
    cr_assert_gt(plain, 50000);
    qp_sentencepiece_free(m);
}
