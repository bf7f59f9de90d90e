#include "data/text/text_index.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "tests/data/text_fixture.h"

/* The first lines of the pieces, and of the runs: "0 2 | 0". */
static void expect_index(const qp_text_files *files, int64_t bytes, const char *wanted, int64_t wanted_bytes)
{
    char found[200];
    size_t used = 0;
    qp_text_index index;
    cr_assert_eq(qp_text_index_read(files, bytes, NULL, &index), QP_OK, "%s", qp_error_message());
    for (int i = 0; i <= index.pieces; i++)
        used += (size_t)snprintf(found + used, sizeof found - used, "%d ", (int)index.piece[i].line);
    used += (size_t)snprintf(found + used, sizeof found - used, "|");
    for (int i = 0; i <= index.runs; i++)
        used += (size_t)snprintf(found + used, sizeof found - used, " %d", index.run[i]);
    cr_expect_str_eq(found, wanted, "pieces of %d bytes: %s", (int)bytes, found);
    cr_expect_eq(index.bytes, wanted_bytes, "%d bytes", (int)index.bytes);
    qp_text_index_free(&index);
}

/* Each piece, from the last to the first, has the lines that it has in the whole text, and its end is recognized. */
static void expect_pieces(const qp_text_files *files, int64_t bytes)
{
    qp_text_index index;
    qp_text_pairs *whole, *part;
    qp_text_pair a, b;
    bool more, more_of_part;
    cr_assert_eq(qp_text_index_read(files, bytes, NULL, &index), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_text_pairs_open(files, &part), QP_OK);
    for (int i = index.pieces - 1; i >= 0; i--) {
        cr_assert_eq(qp_text_pairs_open(files, &whole), QP_OK);
        for (int64_t k = 0; k < index.piece[i].line; k++) cr_assert_eq(qp_text_pairs_next(whole, &a, &more), QP_OK);
        cr_assert_eq(qp_text_pairs_seek(part, &index.piece[i], index.piece[i + 1].line), QP_OK, "%s",
                     qp_error_message());
        for (int64_t line = index.piece[i].line; line < index.piece[i + 1].line; line++) {
            cr_assert(qp_text_pairs_next(whole, &a, &more) == QP_OK && more);
            cr_assert(qp_text_pairs_next(part, &b, &more_of_part) == QP_OK && more_of_part, "line %d of piece %d: %s",
                      (int)line, i, qp_error_message());
            cr_expect_str_eq(a.target, b.target);
            cr_expect((a.source == NULL) == (b.source == NULL) && (!a.source || strcmp(a.source, b.source) == 0));
        }
        cr_assert(qp_text_pairs_next(part, &b, &more_of_part) == QP_OK && !more_of_part, "piece %d continues", i);
        cr_expect_eq(qp_text_index_check(&index, i + 1, part), QP_OK, "%s", qp_error_message());
        cr_expect_eq(qp_text_index_check(&index, i, part), QP_EDATA, "another place");
        qp_text_pairs_close(whole);
    }
    qp_text_pairs_close(part);
    qp_text_index_free(&index);
}

static const char *both(const char *first, const char *second)
{
    static char list[800];
    snprintf(list, sizeof list, "%s,%s", first, second);
    return list;
}

/* A piece ends with the line that makes it long enough; every line has its end, one byte. */
Test(text_index, pieces_of_a_file)
{
    const qp_text_files one = {.kind = QP_TEXT_ONE_FILE, .target = fixture_text("index", "aa\nb\n\ncccc\n")};
    expect_index(&one, 1, "0 1 2 3 4 | 0 1 2 3 4", 11);
    expect_index(&one, 2, "0 1 2 4 | 0 1 2 3", 11);
    expect_index(&one, 3, "0 1 3 4 | 0 1 2 3", 11);
    expect_index(&one, 4, "0 2 4 | 0 1 2", 11);
    expect_index(&one, 11, "0 4 | 0 1", 11);
    for (int64_t bytes = 1; bytes < 8; bytes++) expect_pieces(&one, bytes);
    const qp_text_files pairs = {.kind = QP_TEXT_TABBED, .source = fixture_text("index", "aa\tb\nc\tdd\n\t\n")};
    expect_index(&pairs, 4, "0 1 2 3 | 0 1 2 3", 9);
    expect_index(&pairs, 5, "0 2 3 | 0 1 2", 9);
    expect_pieces(&pairs, 5);
}

/* A piece begins with each file of either side. */
Test(text_index, pieces_of_several_files)
{
    const qp_text_files one = {.kind = QP_TEXT_ONE_FILE,
                               .target = both(fixture_text("index1", "a\nb\n"), fixture_text("index2", "c\nd\ne"))};
    expect_index(&one, 100, "0 2 5 | 0 1 2", 10);
    expect_index(&one, 4, "0 2 4 5 | 0 1 2 3", 10);
    expect_pieces(&one, 4);
    char source[800];
    strcpy(source, both(fixture_text("index3", "a\nb\nc"), fixture_text("index4", "d\n")));
    const qp_text_files two = {.kind = QP_TEXT_TWO_FILES,
                               .source = source,
                               .target = both(fixture_text("index5", "A\n"), fixture_text("index6", "B\nC\nD\n"))};
    expect_index(&two, 100, "0 1 3 4 | 0 1 2 3", 12);
    expect_pieces(&two, 100);
}

/* Blocks are not cut: a piece begins after a blank line, or with a file. */
Test(text_index, pieces_of_blocks)
{
    const qp_text_files one = {
        .kind = QP_TEXT_ONE_FILE, .target = fixture_text("index", "a\nb\n \t\nc\nd\n\ne\n"), .blocks = true};
    expect_index(&one, 1, "0 3 6 7 | 0 1 2 3", 14);
    expect_index(&one, 7, "0 3 7 | 0 1 2", 14);
    expect_index(&one, 8, "0 6 7 | 0 1 2", 14);
    expect_pieces(&one, 1);
}

/* The pieces of a gzip file can be read in order only. */
Test(text_index, runs_of_compressed_files)
{
    const char *packed = fixture_text("index.gz", "");
    gzFile file = gzopen(packed, "wb");
    cr_assert(file && gzputs(file, "a\nb\nc\n") == 6 && gzclose(file) == Z_OK);
    const qp_text_files one = {.kind = QP_TEXT_ONE_FILE, .target = packed};
    expect_index(&one, 2, "0 1 2 3 | 0 3", 6);
    expect_pieces(&one, 2);
    const qp_text_files list = {.kind = QP_TEXT_ONE_FILE, .target = both(packed, fixture_text("index7", "d\ne\n"))};
    expect_index(&list, 2, "0 1 2 3 4 5 | 0 3 4 5", 10);
    expect_pieces(&list, 2);
}

Test(text_index, what_is_refused)
{
    qp_text_index index;
    const qp_text_files none = {.kind = QP_TEXT_ONE_FILE, .target = fixture_text("index", "")};
    cr_expect_eq(qp_text_index_read(&none, 9, NULL, &index), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "index: the file has no lines"), "%s", qp_error_message());
    cr_expect(!index.piece && !index.run);
    const qp_text_files wrong = {.kind = QP_TEXT_TABBED, .source = fixture_text("index", "a\tb\nc\n")};
    cr_expect_eq(qp_text_index_read(&wrong, 9, NULL, &index), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "index:2"), "%s", qp_error_message());
}
