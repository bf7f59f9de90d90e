#include "tests/tokenizer/tokenizer_help.h"

#include "lib/base/file.h"
#include "lib/base/random.h"
#include "tokenizer/tokenizer_file.h"

static const char *const corpus[] = {
    "A dog runs in the snow.",
    "The dogs run, and the dog's owner runs too!",
    "Two dogs in snow; no snow on the dog.",
    "나는 학교에 간다.",
    "그는 학교에서 공부한다 ㅋㅋㅋ",
    "나는 밥을 먹는다.",
    "grün grüne grünen Bäume",
    "123 124 125",
};
enum { LINES = sizeof corpus / sizeof *corpus };

static const char *const type[] = {"char", "byte", "word", "bpe", "byte-bpe", "unigram", "wordpiece"};
enum { TYPES = sizeof type / sizeof *type };

static qp_tokenizer *lossless(const char *name)
{
    qp_tokenizer_config config = test_config(name, 420);
    config.byte_fallback = QP_FALLBACK_TRUE;
    return test_train(&config, corpus, LINES);
}

Test(tokenizer, special_ids_come_first)
{
    for (int i = 0; i < TYPES; i++) {
        qp_tokenizer *t = lossless(type[i]);
        cr_assert_str_eq(qp_tokenizer_piece(t, QP_PAD), "<pad>");
        cr_assert_str_eq(qp_tokenizer_piece(t, QP_BOS), "<s>");
        cr_assert_str_eq(qp_tokenizer_piece(t, QP_EOS), "</s>");
        cr_assert_str_eq(qp_tokenizer_piece(t, QP_UNK), "<unk>");
        bool letters = strcmp(type[i], "byte-bpe") == 0;
        cr_assert_str_eq(qp_tokenizer_piece(t, 4), letters ? "\u0100" : "<0x00>");
        cr_assert_str_eq(qp_tokenizer_piece(t, 259), letters ? "\u00FF" : "<0xFF>");
        cr_assert_str_eq(qp_tokenizer_piece(t, -1), "");
        cr_assert_str_eq(qp_tokenizer_piece(t, qp_tokenizer_size(t)), "");
        qp_tokenizer_free(t);
    }
}

/* A word between white space is one piece; the amount of white space does not matter. */
Test(tokenizer, words_between_white_space)
{
    static const char *const lines[] = {"don't stop , \"x.y\" 한국어를 12,5", "don't go"};
    qp_tokenizer_config config = test_config("space", 40);
    qp_tokenizer *t = test_train(&config, lines, 2);
    cr_assert_eq(qp_tokenizer_size(t), QP_SPECIAL_COUNT + 7, "%d", qp_tokenizer_size(t));
    cr_assert_str_eq(test_pieces(t, " \t don't  go\v, \"x.y\" \n"), "\u2581don't \u2581go \u2581, \u2581\"x.y\"");
    cr_assert_str_eq(test_pieces(t, "don'ts 12,5"), "<unk> \u258112,5");
    cr_assert_str_eq(test_pieces(t, " \t "), "");
    test_round_trip(t, "go don't 한국어를", strlen("go don't 한국어를"));
    qp_encoding e = {.spans = true};
    cr_assert_eq(qp_tokenizer_encode_into(t, "go  \t12,5 ", 10, &e), QP_OK);
    cr_assert_eq(e.count, 2);
    cr_assert(e.begin[0] == 0 && e.end[0] == 2 && e.end[1] == 9, "%u-%u %u-%u", e.begin[0], e.end[0], e.begin[1],
              e.end[1]);
    cr_assert_geq(e.begin[1], 2);
    qp_encoding_free(&e);
    qp_tokenizer_free(t);
}

Test(tokenizer, pieces_of_each_model)
{
    qp_tokenizer *t = lossless("word");
    cr_assert_str_eq(test_pieces(t, "The dog's  snow."), "\u2581The \u2581dog 's \u2581 \u2581snow .");
    qp_tokenizer_free(t);
    t = lossless("char");
    cr_assert_str_eq(test_pieces(t, "a 나"), "a \u2581 나");
    qp_tokenizer_free(t);
    t = lossless("byte");
    cr_assert_str_eq(test_pieces(t, "a 나"), "<0x61> <0x20> <0xEB> <0x82> <0x98>");
    qp_tokenizer_free(t);
    t = lossless("bpe");
    cr_assert_str_eq(test_pieces(t, "the dog."), "\u2581the \u2581dog .");
    qp_tokenizer_free(t);
    t = lossless("byte-bpe");
    cr_assert_str_eq(test_pieces(t, "the dog."), "\u0120the \u0120dog .");
    qp_tokenizer_free(t);
    t = lossless("unigram");
    cr_assert_str_eq(test_pieces(t, "dog dog."), "\u2581dog \u2581dog .");
    qp_tokenizer_free(t);
    t = lossless("wordpiece");
    cr_assert_str_eq(test_pieces(t, "dogss dog."), "\u2581dogs ##s \u2581dog .");
    qp_tokenizer_free(t);
}

Test(tokenizer, special_pieces_are_not_read_from_text)
{
    qp_tokenizer *t = lossless("bpe");
    int32_t *id;
    int count;
    cr_assert_eq(qp_tokenizer_encode(t, "</s><0x41>", 10, &id, &count), QP_OK);
    for (int i = 0; i < count; i++) cr_assert(id[i] >= QP_SPECIAL_COUNT);
    free(id);
    qp_tokenizer_free(t);
}

Test(tokenizer, round_trip_of_awkward_texts)
{
    static const struct {
        const char *text;
        size_t bytes;
    } awkward[] = {
        {"", 0},
        {" ", 1},
        {"   ", 3},
        {" a", 2},
        {"a ", 2},
        {"  a  b  ", 8},
        {"\t\ta\r\n", 5},
        {"a\0b\0", 4},
        {"\0", 1},
        {"\xFF\xFE\x80", 3},
        {"a\xC3", 2},
        {"\xED\xA0\x80 \xC0\x80 \xF5\x80\x80\x80", 11},
        {"\u2581\u2581 \u2581a", 11},
        {"\xEC\x95", 2},
        {"ㅋㅋ ㅠㅠ ㅎㅏㄴ", 0},
        {"\u1112\u1161\u11AB\u1100\u1173\u11AF", 0},
        {"\uAC00\u11A7\u11A8", 0},
        {"e\u0301\u0323\u0301 \u0301", 0},
        {"\u0130I\u0307 \u1E9E \u212B", 0},
        {"don't we'll 'tis rock'n'roll 's", 0},
        {"\xF0\x9F\x91\xA8\u200D\xF0\x9F\x91\xA9 \xF0\x9F\x87\xB0\xF0\x9F\x87\xB7", 0},
    };
    for (int i = 0; i < TYPES; i++) {
        for (int form = 0; form < 5; form++) {
            qp_tokenizer_config config = test_config(type[i], 420);
            config.byte_fallback = QP_FALLBACK_TRUE;
            config.normalization = form;
            config.lower_case = form % 2;
            qp_tokenizer *t = test_train(&config, corpus, LINES);
            for (size_t k = 0; k < sizeof awkward / sizeof *awkward; k++) {
                test_round_trip(t, awkward[k].text, awkward[k].bytes ? awkward[k].bytes : strlen(awkward[k].text));
            }
            qp_tokenizer_free(t);
        }
    }
}

Test(tokenizer, round_trip_of_random_texts)
{
    static const char *const part[] = {"a",    "A",        " ",      "  ",     "dog",    ".",
                                       "'s",   "\u0301",   "나",     "\u1161", "\u11A8", "ㅋ",
                                       "\xFF", "\xE2\x96", "\u2581", "\n",     "1",      "\xF0\x9F\x98\x80",
                                       "é",    "\uAC00",   "中",     "の"};
    enum { PARTS = sizeof part / sizeof *part };
    qp_tokenizer *tokenizer[TYPES];
    for (int i = 0; i < TYPES; i++) tokenizer[i] = lossless(type[i]);
    for (uint64_t n = 0; n < 4000; n++) {
        char text[512];
        size_t bytes = 0, pieces = qp_random_below(n, 0, 30);
        for (size_t k = 0; k < pieces; k++) {
            if (qp_random_below(n, 2 * k + 1, 6) == 0) {
                text[bytes++] = (char)qp_random_below(n, 2 * k + 2, 256);
            } else {
                const char *chosen = part[qp_random_below(n, 2 * k + 2, PARTS)];
                memcpy(text + bytes, chosen, strlen(chosen));
                bytes += strlen(chosen);
            }
        }
        for (int i = 0; i < TYPES; i++) test_round_trip(tokenizer[i], text, bytes);
    }
    for (int i = 0; i < TYPES; i++) qp_tokenizer_free(tokenizer[i]);
}

Test(tokenizer, round_trip_of_torture_files)
{
    static const char *const name[] = {"UTF-8-test.txt",
                                       "blns.txt",
                                       "blns.json",
                                       "bom_crlf.txt",
                                       "NormalizationTest-15.0.0.txt.gz",
                                       "GraphemeBreakTest-15.0.0.txt"};
    qp_tokenizer *t = lossless("bpe");
    int read = 0;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        char path[256];
        snprintf(path, sizeof path, "../shared/data/torture/%s", name[i]);
        qp_reader *reader = NULL;
        if (qp_reader_open(path, &reader) != QP_OK) continue;
        char *line;
        size_t bytes;
        while (qp_reader_next(reader, &line, &bytes) == QP_OK && line) test_round_trip(t, line, bytes);
        qp_reader_close(reader);
        read++;
    }
    qp_tokenizer_free(t);
    if (!read) cr_skip_test("no torture files");
}

Test(tokenizer, very_long_word)
{
    enum { BYTES = 10 << 20 };
    char *text = malloc(BYTES);
    for (int i = 3; i < TYPES; i++) {
        for (size_t k = 0; k < BYTES; k++) text[k] = "thedogsnow"[qp_random_below(7, k / 3, 10)];
        qp_tokenizer *t = lossless(type[i]);
        size_t bytes = i == 3 ? BYTES : BYTES / 10;
        test_round_trip(t, text, bytes);
        memset(text, 'o', BYTES);
        test_round_trip(t, text, bytes);
        qp_tokenizer_free(t);
    }
    free(text);
}

Test(tokenizer, spans_point_into_the_original)
{
    qp_tokenizer *t = lossless("word");
    qp_encoding e = {.spans = true};
    const char *text = "dog \u1102\u1161\u1102\u1173\u11AB snow"; /* conjoining jamo, composed by NFC */
    cr_assert_eq(qp_tokenizer_encode_into(t, text, strlen(text), &e), QP_OK);
    cr_assert_eq(e.count, 3);
    cr_assert_str_eq(qp_tokenizer_piece(t, e.id[1]), "\u2581나는");
    cr_assert(e.begin[0] == 0 && e.end[0] == 3);
    cr_assert(e.begin[1] == 3 && e.end[1] == 4 + 15);
    cr_assert(e.begin[2] == 19 && e.end[2] == 24);
    qp_encoding_free(&e);
    qp_tokenizer_free(t);
}

Test(tokenizer, unknown_words_without_bytes)
{
    qp_tokenizer_config config = test_config("word", 100);
    qp_tokenizer *t = test_train(&config, corpus, LINES);
    int32_t *id;
    int count;
    char *text;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_encode(t, "The cat runs", 12, &id, &count), QP_OK);
    cr_assert_eq(count, 3);
    cr_assert_eq(id[1], QP_UNK);
    cr_assert_eq(qp_tokenizer_decode(t, id, count, &text, &bytes), QP_OK);
    cr_assert_str_eq(text, "The <unk> runs");
    free(text);
    free(id);
    int32_t outside = qp_tokenizer_size(t);
    cr_assert_eq(qp_tokenizer_decode(t, &outside, 1, &text, &bytes), QP_EDATA);
    qp_tokenizer_free(t);
}

Test(tokenizer, lower_case_and_nfkc)
{
    qp_tokenizer_config config = test_config("bpe", 420);
    config.lower_case = true;
    qp_tokenizer *t = test_train(&config, corpus, LINES);
    char *text;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_normalize(t, "ÄRGER Dog ㅋㅋ", 17, &text, &bytes), QP_OK);
    cr_assert_str_eq(text, "ärger dog ㅋㅋ");
    free(text);
    qp_tokenizer_free(t);
}

Test(tokenizer, codec_is_the_tokenizer)
{
    qp_tokenizer *t = lossless("bpe");
    qp_text_codec codec = qp_tokenizer_codec(t);
    int32_t *id;
    int count;
    char *text;
    size_t bytes;
    cr_assert_eq(codec.vocabulary_size, qp_tokenizer_size(t));
    cr_assert_eq(codec.encode(codec.self, "The dog", 7, &id, &count), QP_OK);
    cr_assert_eq(codec.decode(codec.self, id, count, &text, &bytes), QP_OK);
    cr_assert_str_eq(text, "The dog");
    cr_assert_str_eq(codec.piece(codec.self, QP_EOS), "</s>");
    free(id);
    free(text);
    qp_tokenizer_free(t);
}
