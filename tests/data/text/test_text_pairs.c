#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "data/text/text_pairs.h"
#include "tests/data/text_fixture.h"

/* Read everything; the status of the last call, the pairs joined as source>target| in `seen`. */
static qp_status read_all(qp_text_files files, char *seen, size_t size, int64_t *lines)
{
    qp_text_pairs *text;
    qp_text_pair pair;
    bool more;
    size_t used = 0;
    seen[0] = 0;
    *lines = 0;
    qp_status status = qp_text_pairs_open(&files, &text);
    if (status != QP_OK) return status;
    while ((status = qp_text_pairs_next(text, &pair, &more)) == QP_OK && more) {
        cr_assert_eq(pair.target[pair.target_bytes], 0);
        used += (size_t)snprintf(seen + used, size - used, "%s>%s|", pair.source ? pair.source : "", pair.target);
        cr_assert_lt(used, size);
    }
    *lines = qp_text_pairs_line(text, false);
    qp_text_pairs_close(text);
    return status;
}

static void expect_pairs(qp_text_files files, const char *wanted)
{
    char seen[1000];
    int64_t lines;
    cr_assert_eq(read_all(files, seen, sizeof seen, &lines), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(seen, wanted);
}

static void expect_failure(qp_text_files files, qp_status wanted, const char *message_part)
{
    char seen[1000];
    int64_t lines;
    cr_expect_eq(read_all(files, seen, sizeof seen, &lines), wanted);
    cr_expect(strstr(qp_error_message(), message_part), "'%s' lacks '%s'", qp_error_message(), message_part);
    cr_expect(!strchr(qp_error_message(), '\n'));
}

Test(text_pairs, two_files)
{
    const char *source = fixture_text("two.ko", "가 나\r\n\r\n다"), *target = fixture_text("two.en", "\xEF\xBB\xBF"
                                                                                                     "a b\n\nc\n");
    expect_pairs((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = source, .target = target}, "가 나>a b|>|다>c|");
}

Test(text_pairs, one_file_with_and_without_tabs)
{
    expect_pairs((qp_text_files){.kind = QP_TEXT_TABBED, .source = fixture_text("t.tsv", "a b\tc d\n\tx\r\ny\t")},
                 "a b>c d|>x|y>|");
    expect_pairs((qp_text_files){.kind = QP_TEXT_ONE_FILE, .target = fixture_text("l.txt", "a\tb\n\nc")},
                 ">a\tb|>|>c|");
    expect_pairs((qp_text_files){.kind = QP_TEXT_ONE_FILE, .target = fixture_text("e.txt", "")}, "");
}

Test(text_pairs, gzip_is_read_as_it_is)
{
    const char *source = fixture_text("g.ko.gz", ""), *target = fixture_text("g.en", "a\nb\n");
    gzFile file = gzopen(source, "wb");
    gzputs(file, "가\n나\n");
    gzclose(file);
    expect_pairs((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = source, .target = target}, "가>a|나>b|");
}

Test(text_pairs, different_numbers_of_lines_tell_both)
{
    const char *five = fixture_text("five", "1\n2\n3\n4\n5\n"), *two = fixture_text("two", "1\n2\n");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = five, .target = two}, QP_EDATA,
                   "five: 5 lines, but ");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = five, .target = two}, QP_EDATA, "two has 2;");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = two, .target = five}, QP_EDATA,
                   "two: 2 lines, but ");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = two, .target = five}, QP_EDATA, "five has 5;");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = fixture_text("none", ""), .target = five},
                   QP_EDATA, "none: 0 lines");
}

Test(text_pairs, pairs_with_scores)
{
    qp_text_files files = {.kind = QP_TEXT_SCORED, .source = fixture_text("s.tsv", "a b\tc\t0.5\nd\te f\t-2e1\r\n")};
    qp_text_pairs *text;
    qp_text_pair pair;
    bool more;
    expect_pairs(files, "a b>c|d>e f|");
    cr_assert_eq(qp_text_pairs_open(&files, &text), QP_OK);
    cr_assert(qp_text_pairs_next(text, &pair, &more) == QP_OK && pair.scored && pair.score == 0.5);
    cr_assert(qp_text_pairs_next(text, &pair, &more) == QP_OK && pair.scored && pair.score == -20);
    qp_text_pairs_close(text);
    files.source = fixture_text("u.tsv", "a b\tc\n\tx\n");
    expect_pairs(files, "a b>c|>x|");
    static const char *const wrong[][2] = {{"a\tb\t1\nc\td\n", "w.tsv:2: no score"},
                                           {"a\tb\nc\td\t1\n", "w.tsv:2: a score, but"},
                                           {"a\tb\t\n", "w.tsv:1: the score ''"},
                                           {"a\tb\tx\n", "w.tsv:1: the score 'x'"},
                                           {"a\tb\t1 \n", "w.tsv:1: the score '1 '"},
                                           {"a\tb\t1\t2\n", "w.tsv:1: the score"},
                                           {"a\tb\tnan\n", "w.tsv:1: the score 'nan'"},
                                           {"a\n", "w.tsv:1: no TAB; each line must be text TAB text"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_failure((qp_text_files){.kind = QP_TEXT_SCORED, .source = fixture_text("w.tsv", wrong[i][0])}, QP_EDATA,
                       wrong[i][1]);
}

Test(text_pairs, wrong_tabs_tell_the_line)
{
    expect_failure((qp_text_files){.kind = QP_TEXT_TABBED, .source = fixture_text("no.tsv", "a\tb\nc\n")}, QP_EDATA,
                   "no.tsv:2: no TAB");
    expect_failure((qp_text_files){.kind = QP_TEXT_TABBED, .source = fixture_text("many.tsv", "a\tb\n\nc")}, QP_EDATA,
                   "many.tsv:2: no TAB; each line must be source TAB target, so delete this empty one");
    expect_failure((qp_text_files){.kind = QP_TEXT_LABELLED, .source = fixture_text("q.csv", "spam,\"a, b\"\n")},
                   QP_EDATA, "of a CSV file write the columns with a TAB between, without quotes");
    expect_failure((qp_text_files){.kind = QP_TEXT_TABBED, .source = fixture_text("three.tsv", "a\tb\tc\n")}, QP_EDATA,
                   "three.tsv:1: more than one TAB");
}

Test(text_pairs, missing_inputs)
{
    const char *here = fixture_text("here", "a\n");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = here, .target = "/tmp/qp no such file"},
                   QP_ENOINPUT, "no such file");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = "/tmp/qp no such file", .target = here},
                   QP_ENOINPUT, "no such file");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = here, .target = "/tmp"}, QP_ENOINPUT, "/tmp");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = here}, QP_EUSAGE, "target");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .target = here}, QP_EUSAGE, "source");
    expect_failure((qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = "-", .target = "-"}, QP_EUSAGE,
                   "standard input");
}

Test(text_pairs, lists_of_files)
{
    char source[400], target[400];
    snprintf(source, sizeof source, "%s,", fixture_text("l1.ko", "a\nb"));
    strncat(source, fixture_text("l2.ko", "c\n"), 300);
    snprintf(target, sizeof target, "%s,", fixture_text("l1.en", "A\n"));
    strncat(target, fixture_text("l2.en", "B\nC\n"), 300);
    qp_text_files two = {.kind = QP_TEXT_TWO_FILES, .source = source, .target = target};
    expect_pairs(two, "a>A|b>B|c>C|");
    fixture_text("l2.en", "B\n");
    expect_failure(two, QP_EDATA, "l2.ko with the files before it: 3 lines, but ");
    expect_failure(two, QP_EDATA, "l2.en with the files before it has 2;");
    fixture_text("l2.en", "B\n\xff\n");
    expect_failure(two, QP_EDATA, "l2.en:2: byte 1 is not UTF-8");
    expect_failure((qp_text_files){.kind = QP_TEXT_TABBED, .source = source}, QP_EDATA, "l1.ko:1: no TAB");
    fixture_text("l1.ko", "a\tb\n");
    expect_failure((qp_text_files){.kind = QP_TEXT_TABBED, .source = source}, QP_EDATA, "l2.ko:1: no TAB");
}
