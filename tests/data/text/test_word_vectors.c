#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "data/text/word_rows.h"
#include "tests/data/text_fixture.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_trainer.h"

/* Write `count` records of three floats as word2vec does; gap: with a LF after each. */
static const char *binary_file(const char *name, int64_t promised, int count, bool gap, size_t cut)
{
    static const char *const word[] = {"cat", "dog", "\xec\x83\x88"};
    char bytes[400];
    size_t used = (size_t)sprintf(bytes, "%lld 3\n", (long long)promised);
    for (int i = 0; i < count; i++) {
        const float value[] = {(float)i, 0.5f, -1.25f};
        used += (size_t)sprintf(bytes + used, "%s ", word[i]);
        memcpy(bytes + used, value, sizeof value);
        used += sizeof value;
        if (gap) bytes[used++] = '\n';
    }
    return fixture_file(name, bytes, used - cut);
}

/* The words of a file with their values: "cat:0,0.5,-1.25 ". */
static void read_all(const char *path, char text[400])
{
    qp_word_vectors *vectors;
    qp_text word;
    int width;
    float value[8];
    size_t used = 0;
    cr_assert_eq(qp_word_vectors_open(path, &vectors, &width), QP_OK, "%s", qp_error_message());
    cr_assert(width <= 8);
    for (;;) {
        cr_assert_eq(qp_word_vectors_next(vectors, &word), QP_OK, "%s", qp_error_message());
        if (!word.text) break;
        cr_assert_eq(qp_word_vectors_value(vectors, value), QP_OK, "%s", qp_error_message());
        used += (size_t)sprintf(text + used, "%.*s:", (int)word.bytes, word.text);
        for (int i = 0; i < width; i++)
            used += (size_t)sprintf(text + used, "%g%c", value[i], i + 1 < width ? ',' : ' ');
    }
    qp_word_vectors_close(vectors);
}

static const char expected[] = "cat:0,0.5,-1.25 dog:1,0.5,-1.25 \xec\x83\x88:2,0.5,-1.25 ";

Test(word_vectors, every_format_gives_the_same)
{
    char text[400];
    read_all(fixture_text("g.txt", "cat 0 0.5 -1.25\ndog 1 0.5 -1.25\n\xec\x83\x88 2 0.5 -1.25\n"), text);
    cr_expect_str_eq(text, expected);
    read_all(fixture_text("w.txt", "3 3\r\ncat 0 0.5 -1.25 \r\ndog 1 5e-1 -1.25 \n\xec\x83\x88\t2 .5 -1.25"), text);
    cr_expect_str_eq(text, expected);
    read_all(binary_file("b.bin", 3, 3, false, 0), text);
    cr_expect_str_eq(text, expected);
    read_all(binary_file("c.bin", 3, 3, true, 0), text);
    cr_expect_str_eq(text, expected);
}

Test(word_vectors, gzip_and_words_with_spaces)
{
    char text[400];
    const char *path = fixture_text("v.gz", ""), *lines = ", 1 2\n. . . 3 4\n7 5 6\n";
    gzFile file = gzopen(path, "wb");
    gzwrite(file, lines, (unsigned)strlen(lines));
    gzclose(file);
    read_all(path, text);
    cr_expect_str_eq(text, ",:1,2 . . .:3,4 7:5,6 ");
}

/* Reading all of the file must fail with a message that holds `part`. */
static void refused(const char *path, const char *part)
{
    qp_word_vectors *vectors;
    qp_text word = {NULL, 0};
    int width;
    float *value = malloc(QP_WORD_VECTORS_WIDEST * sizeof *value);
    qp_status status = qp_word_vectors_open(path, &vectors, &width);
    while (status == QP_OK) {
        status = qp_word_vectors_next(vectors, &word);
        if (status == QP_OK && !word.text) break;
        if (status == QP_OK) status = qp_word_vectors_value(vectors, value);
    }
    qp_word_vectors_close(vectors);
    free(value);
    cr_expect_eq(status, QP_EDATA, "%s: status %d", part, status);
    cr_expect(strstr(qp_error_message(), part), "wanted '%s': %s", part, qp_error_message());
}

Test(word_vectors, damaged_texts_are_refused)
{
    refused(fixture_text("t", ""), "t: is empty");
    refused(fixture_text("t", "word\n"), "t:1: words of 0 numbers");
    refused(fixture_text("t", "a 1 2\nb 1\n"), "t:2: 1 numbers after the word, line 1 has 2");
    refused(fixture_text("t", "a 1 2 3\nb c 1\n"), "t:2: 2 numbers after the word, line 1 has 3");
    refused(fixture_text("t", "a 1 2 3\nb c d 1\n"), "t:2: 'd' is not");
    refused(fixture_text("t", "a 1 2\nb 1 2 3\n"), "t:2: at least 3 numbers");
    refused(fixture_text("t", "a 1 2\n\nb 1 2\n"), "t:2: ");
    refused(fixture_text("t", "a 1 2\nb 1 nan\n"), "t:2: 'nan' is not a finite number");
    refused(fixture_text("t", "a 1 inf\n"), "t:1: 'inf' is not a finite number");
    refused(fixture_text("t", "2 2\na 1 2\nb -Inf 0\n"), "t:3: '-Inf' is not a finite number");
    refused(fixture_text("t", "a 1 1e99\n"), "t:1: '1e99' is not a finite number");
    refused(fixture_text("t", "a 1 --2\n"), "t:1: '--2' is not");
    refused(fixture_text("t", "a 1 2\n\xff\xfe 1 2\n"), "t:2: the word is not UTF-8");
    refused(fixture_text("t", "2 2\na 1 2\nb c 1 2\n"), "t:3: at least 3 numbers after the word, the header has 2");
    refused(fixture_text("t", "3 2\na 1 2\nbbbbbbbbbbbb 1 2\n"), "promises 3 words, the file has 2");
    refused(fixture_text("t", "1 2\na 1 2\nb 1 2\n"), "promises 1 words, the file has at least 2");
    refused(fixture_text("t", "2000000000000 2\na 1 2\n"), "t:1: the header promises 2000000000000 words");
    refused(fixture_text("t", "1 60000\na 1 2\n"), "a file of this size cannot hold");
    refused(fixture_text("t", "1 99999999\na 1 2\n"), "t:1: words of 99999999 numbers");
    refused(fixture_text("t", "0 2\n"), "is nothing");
}

Test(word_vectors, damaged_records_are_refused)
{
    refused(binary_file("b.bin", 3, 3, false, 1), "b.bin: record 3: the file ends inside this record");
    refused(binary_file("b.bin", 3, 3, true, 14), "b.bin: record 3: the file ends inside");
    refused(binary_file("b.bin", 2, 3, true, 0), "promises 2 words, the file has at least 3");
    refused(binary_file("b.bin", 40, 3, true, 0), "cannot hold");
    const char *path = binary_file("n.bin", 2, 2, false, 0);
    FILE *file = fopen(path, "r+b");
    const uint32_t nan_bits = 0x7fc00000;
    fseek(file, 4 + 16 + 4 + 4, SEEK_SET);
    fwrite(&nan_bits, sizeof nan_bits, 1, file);
    fseek(file, 4, SEEK_SET);
    fclose(file);
    refused(path, "n.bin: record 2: number 2 is not finite");
    file = fopen(path, "r+b");
    fseek(file, 4, SEEK_SET);
    fputc(0xff, file);
    fclose(file);
    refused(path, "n.bin: record 1: the word is not UTF-8");
}

/* ---- rows ---- */

enum { WIDTH = 2 };

static qp_tokenizer *learned(int type, int64_t size)
{
    const char *path = fixture_text("text", "Dog dog cat Cat catfish\ndog cat dog (cat)\nDog cat fish\n");
    qp_tokenizer_config config;
    qp_tokenizer *tokenizer;
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.type = type;
    config.vocab_size = size;
    cr_assert_eq(qp_tokenizer_train_files(&config, &path, 1, NULL, &tokenizer), QP_OK, "%s", qp_error_message());
    return tokenizer;
}

/* The first number of a piece's row; -1: it was not replaced, -2: there is no such piece. */
static double row_of(const qp_tokenizer *tokenizer, const qp_real *table, const char *piece)
{
    int32_t id = qp_tokenizer_find(tokenizer, piece);
    return id < 0 ? -2 : (double)table[id * WIDTH];
}

static qp_real *rows_read(const qp_tokenizer *tokenizer, const char *text, qp_word_rows *rows)
{
    size_t count = (size_t)qp_tokenizer_size(tokenizer) * WIDTH;
    qp_real *table = malloc(count * sizeof *table);
    for (size_t i = 0; i < count; i++) table[i] = -1;
    qp_status status = qp_word_rows_read(fixture_text("vectors", text), tokenizer, WIDTH, table, rows);
    cr_assert_eq(status, QP_OK, "%s", qp_error_message());
    return table;
}

Test(word_rows, exact_first_then_lower_case_and_the_first_counts)
{
    qp_tokenizer *t = learned(QP_TOKENIZER_WORD, 100);
    qp_word_rows rows;
    qp_real *table = rows_read(t, "dog 1 0\nDog 2 0\ncat 3 0\ndog 4 0\nabsent 5 0\n</s> 6 0\n", &rows);
    cr_expect_eq(row_of(t, table, "\u2581dog"), 1);
    cr_expect_eq(row_of(t, table, "\u2581Dog"), 2, "its lower case came first, but the word itself goes before");
    cr_expect_eq(row_of(t, table, "\u2581Cat"), 3, "by its lower case");
    cr_expect_eq(row_of(t, table, "\u2581fish"), -1);
    cr_expect_eq(table[QP_EOS * WIDTH], -1, "special tokens are no words");
    cr_expect_eq(rows.repeated, 1);
    cr_expect_eq(rows.words, 6);
    cr_expect_eq(rows.lower, 1);
    qp_word_rows_free(&rows);
    free(table);
    qp_tokenizer_free(t);
}

Test(word_rows, pieces_of_words_are_not_words)
{
    qp_tokenizer *t = learned(QP_TOKENIZER_BPE, 400);
    qp_word_rows rows;
    qp_real *table = rows_read(t, "dog 1 0\ncat 2 0\no 3 0\n", &rows);
    cr_expect_eq(row_of(t, table, "\u2581dog"), 1);
    cr_expect_eq(row_of(t, table, "\u2581cat"), 2);
    cr_expect_eq(row_of(t, table, "o"), -1, "a letter inside of words");
    qp_word_rows_free(&rows);
    cr_assert_eq(qp_word_rows_read(fixture_text("wide", "dog 1 2 3\n"), t, WIDTH, table, &rows), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "words have 3 numbers, 2 are wanted"), "%s", qp_error_message());
    free(table);
    qp_tokenizer_free(t);
}

/* Pieces that are whole words: by the sign of their vocabulary, before or after them, or without one. */
Test(word_rows, signs_of_whole_words)
{
    static const struct {
        const char *vocabulary, *rows; /* rows of ids 0, 1, ... */
    } row[] = {
        {"\"dog\":0,\"##dog\":1,\"catfish\":2,\"##catfish\":3", "1 -1 2 -1"},
        {"\"dog</w>\":0,\"dog\":1,\"catfish\":2,\"catfish</w>\":3,\"</w>\":4", "1 -1 -1 2 -1"},
        {"\"\\u0120dog\":0,\"dog\":1,\"\\u0120caf\\u00c3\\u00a9\":2,\"catfish\":3,\"\\u0120\":4", "1 -1 3 -1 -1"},
        {"\"\\u2581dog\":0,\"dog\":1,\"\\u2581catfish\":2,\"catfish\":3,\"\\u2581\":4", "1 -1 2 -1 -1"},
        {"\"dog\":0,\"catfish\":1,\"cat\":2", "1 2 -1"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char json[600], found[100] = "";
        qp_tokenizer *t;
        qp_word_rows rows;
        snprintf(json, sizeof json,
                 "{\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"model\":{\"type\":\"WordLevel\",\"vocab\":{%s,"
                 "\"[UNK]\":9},\"unk_token\":\"[UNK]\"}}",
                 row[i].vocabulary);
        cr_assert_eq(qp_tokenizer_load(fixture_text("signs.json", json), &t), QP_OK, "%s", qp_error_message());
        qp_real *table = rows_read(t, "dog 1 0\ncatfish 2 0\ncaf\u00e9 3 0\n", &rows);
        for (int id = 0; qp_tokenizer_piece(t, id)[0]; id++)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%g", id ? " " : "",
                     (double)table[id * WIDTH]);
        cr_expect_str_eq(found, row[i].rows, "%s: %s", row[i].vocabulary, found);
        qp_word_rows_free(&rows);
        free(table);
        qp_tokenizer_free(t);
    }
}
