#include "tests/tokenizer/tokenizer_help.h"

#include <math.h>

#include "tokenizer/sentencepiece/sentencepiece.h"

/* A .model file by hand: pieces with scores and types, and the model type. */
typedef struct {
    char file[8192];
    size_t bytes;
} model_file;

static void put_piece(model_file *f, const char *text, float score, int type)
{
    size_t length = strlen(text);
    char *at = f->file + f->bytes;
    *at++ = 0x0A;
    *at++ = (char)(length + 9);
    *at++ = 0x0A;
    *at++ = (char)length;
    memcpy(at, text, length);
    at += length;
    *at++ = 0x15;
    memcpy(at, &score, 4);
    at += 4;
    *at++ = 0x18;
    *at++ = (char)type;
    f->bytes = (size_t)(at - f->file);
}

static void make(model_file *f, int model_type)
{
    f->bytes = 0;
    put_piece(f, "<unk>", 0, QP_SPM_UNKNOWN);
    put_piece(f, "<s>", 0, QP_SPM_CONTROL);
    put_piece(f, "</s>", 0, QP_SPM_CONTROL);
    put_piece(f, "\u2581the", -1, QP_SPM_NORMAL);
    put_piece(f, "\u2581t", -2, QP_SPM_NORMAL);
    put_piece(f, "he", -3, QP_SPM_NORMAL);
    put_piece(f, "\u2581", -4, QP_SPM_NORMAL);
    put_piece(f, "t", -5, QP_SPM_NORMAL);
    put_piece(f, "h", -6, QP_SPM_NORMAL);
    put_piece(f, "e", -7, QP_SPM_NORMAL);
    const char trainer[] = {0x12, 0x02, 0x18, (char)model_type};
    memcpy(f->file + f->bytes, trainer, 4);
    f->bytes += 4;
}

Test(sentencepiece, bpe_and_unigram)
{
    for (int type = QP_SPM_UNIGRAM; type <= QP_SPM_BPE; type++) {
        model_file f;
        qp_sentencepiece *m;
        qp_encoding list = {0};
        make(&f, type);
        cr_assert_eq(qp_sentencepiece_read("test", f.file, f.bytes, &m), QP_OK, "%s", qp_error_message());
        cr_assert(m->bos_id == 1 && m->eos_id == 2 && m->pad_id == -1 && m->unknown_id == 0);
        cr_assert_eq(qp_sentencepiece_encode(m, "  the  zzthe ", 13, &list), QP_OK);
        const int32_t wanted[] = {3, 6, 0, 7, 5};
        cr_assert_eq(list.count, 5);
        for (size_t i = 0; i < 5; i++) cr_assert_eq(list.id[i], wanted[i]);
        cr_assert(list.begin[0] == 2 && list.end[0] == 5 && list.begin[2] == 7 && list.end[2] == 9);
        char *text;
        size_t bytes;
        cr_assert_eq(qp_sentencepiece_decode(m, list.id, (size_t)list.count, false, &text, &bytes), QP_OK);
        cr_assert_str_eq(text, "the  \u2047 the");
        free(text);
        qp_encoding_free(&list);
        qp_sentencepiece_free(m);
    }
}

static void expect_ids(const qp_sentencepiece *m, const char *text, const int32_t *wanted, size_t count)
{
    qp_encoding list = {0};
    cr_assert_eq(qp_sentencepiece_encode(m, text, strlen(text), &list), QP_OK, "%s", qp_error_message());
    cr_assert_eq((size_t)list.count, count, "%d ids of %s", list.count, text);
    for (size_t i = 0; i < count; i++) cr_assert_eq(list.id[i], wanted[i], "id %zu of %s", i, text);
    qp_encoding_free(&list);
}

/* Spaces are dropped at the beginning of a line alone, also after control pieces; byte pieces become characters. */
/* sentencepiece writes -inf for required_chars that the corpus lacks, and refuses it in unigram models alone. */
Test(sentencepiece, pieces_that_were_never_seen)
{
    for (int type = QP_SPM_UNIGRAM; type <= QP_SPM_CHAR; type++) {
        model_file f;
        qp_sentencepiece *m;
        make(&f, type);
        put_piece(&f, "\u03b1", -INFINITY, QP_SPM_NORMAL);
        const qp_status wanted = type == QP_SPM_UNIGRAM ? QP_EDATA : QP_OK;
        cr_assert_eq(qp_sentencepiece_read("test", f.file, f.bytes, &m), wanted, "%s", qp_error_message());
        if (wanted != QP_OK) continue;
        const int32_t ids[] = {6, qp_sentencepiece_find(m, "\u03b1", 2)};
        if (type != QP_SPM_WORD) expect_ids(m, "\u03b1", ids, 2);
        qp_sentencepiece_free(m);
    }
}

/* Byte pieces, also one with id 0, are for models with byte fallback, which have all 256 of them. */
Test(sentencepiece, byte_pieces_need_byte_fallback)
{
    for (int place = 0; place < 2; place++)
        for (int fallback = 0; fallback < 2; fallback++) {
            model_file f = {.bytes = 0};
            qp_sentencepiece *m;
            if (place == 0) put_piece(&f, "<0x00>", 0, QP_SPM_BYTE);
            put_piece(&f, "<unk>", 0, QP_SPM_UNKNOWN);
            put_piece(&f, "a", -1, QP_SPM_NORMAL);
            if (place == 1) put_piece(&f, "<0xFF>", 0, QP_SPM_BYTE);
            const char trainer[] = {0x12, 0x05, 0x18, QP_SPM_BPE, (char)0x98, 0x02, (char)fallback};
            memcpy(f.file + f.bytes, trainer, sizeof trainer);
            cr_expect_eq(qp_sentencepiece_read("test", f.file, f.bytes + sizeof trainer, &m), QP_EDATA);
            const char *why = fallback ? "byte fallback without all 256 byte pieces"
                                       : "byte pieces without byte fallback";
            cr_expect(strstr(qp_error_message(), why), "%s", qp_error_message());
        }
}

Test(sentencepiece, decoding)
{
    enum { BYTE = 10, LONG = BYTE + 256 };
    static const struct {
        int32_t id[8];
        size_t count;
        bool keep;
        const char *text;
    } wanted[] = {{{3, 3}, 2, false, "the the"},
                  {{1, 6, 6, 7, 2}, 5, false, "t"},
                  {{1, 3, 2}, 3, true, "<s> the</s>"},
                  {{6, 0, 7}, 3, false, " \u2047 t"},
                  {{BYTE + 0xC3, BYTE + 0xA9, 6, 7}, 4, false, "\u00e9 t"},
                  {{BYTE + 0xA9, BYTE + 0xC3}, 2, false, "\uFFFD\uFFFD"},
                  {{6, BYTE + 0xC3, 7}, 3, false, "\uFFFDt"},
                  {{LONG, 3}, 2, false, "a long piece of words the"},
                  {{0}, 0, false, ""},
                  {{6, 6}, 2, false, ""}};
    model_file f;
    qp_sentencepiece *m;
    f.bytes = 0;
    make(&f, QP_SPM_BPE);
    f.bytes -= 4;
    for (int byte = 0; byte < 256; byte++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", byte);
        put_piece(&f, name, 0, QP_SPM_BYTE);
    }
    put_piece(&f, "\u2581a\u2581long\u2581piece\u2581of\u2581words", -8, QP_SPM_NORMAL);
    const char trainer[] = {0x12, 0x05, 0x18, QP_SPM_BPE, (char)0x98, 0x02, 0x01}; /* with byte fallback */
    memcpy(f.file + f.bytes, trainer, sizeof trainer);
    cr_assert_eq(qp_sentencepiece_read("test", f.file, f.bytes + sizeof trainer, &m), QP_OK, "%s", qp_error_message());
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char *text;
        size_t bytes;
        cr_assert_eq(qp_sentencepiece_decode(m, wanted[i].id, wanted[i].count, wanted[i].keep, &text, &bytes), QP_OK);
        cr_assert_str_eq(text, wanted[i].text, "case %zu: \"%s\"", i, text);
        cr_assert_eq(bytes, strlen(text));
        free(text);
    }
    qp_sentencepiece_free(m);
}

/* A user-defined symbol is worth 0.1 for every byte after the first, whatever the best score is. */
Test(sentencepiece, user_defined_symbols_beat_good_pieces)
{
    model_file f;
    qp_sentencepiece *m;
    make(&f, QP_SPM_UNIGRAM);
    put_piece(&f, "z", -1, QP_SPM_NORMAL);
    put_piece(&f, "ab", 0, QP_SPM_USER_DEFINED);
    put_piece(&f, "abz", -0.95F, QP_SPM_NORMAL);
    cr_assert_eq(qp_sentencepiece_read("test", f.file, f.bytes, &m), QP_OK, "%s", qp_error_message());
    expect_ids(m, "abz", (int32_t[]){6, 11, 10}, 3); /* 0.1 - 1 > -0.95 */
    qp_sentencepiece_free(m);
}

/* Word models cut before every space, even where the space follows the text. */
Test(sentencepiece, words_of_a_suffix_model)
{
    model_file f = {.bytes = 0};
    qp_sentencepiece *m;
    put_piece(&f, "<unk>", 0, QP_SPM_UNKNOWN);
    put_piece(&f, "\u2581", -1, QP_SPM_NORMAL);
    put_piece(&f, "the", -2, QP_SPM_NORMAL);
    put_piece(&f, "\u2581he", -3, QP_SPM_NORMAL);
    const char trainer[] = {0x12, 0x05, 0x18, QP_SPM_WORD, (char)0xC0, 0x01, 0x01};
    memcpy(f.file + f.bytes, trainer, sizeof trainer);
    f.bytes += sizeof trainer;
    cr_assert_eq(qp_sentencepiece_read("test", f.file, f.bytes, &m), QP_OK, "%s", qp_error_message());
    expect_ids(m, "the he", (int32_t[]){2, 3, 1}, 3);
    qp_sentencepiece_free(m);
}

Test(sentencepiece, cut_and_damaged_models_do_no_harm)
{
    model_file f;
    make(&f, QP_SPM_BPE);
    for (size_t cut = 0; cut < f.bytes; cut++) {
        char *copy = malloc(cut + 1);
        memcpy(copy, f.file, cut);
        qp_sentencepiece *m;
        qp_status status = qp_sentencepiece_read("test", copy, cut, &m);
        cr_assert((status == QP_OK) == (m != NULL));
        qp_sentencepiece_free(m);
        copy[cut / 2] = (char)(copy[cut / 2] ^ 0x5A);
        status = qp_sentencepiece_read("test", copy, cut, &m);
        cr_assert((status == QP_OK) == (m != NULL));
        qp_sentencepiece_free(m);
        free(copy);
    }
}
