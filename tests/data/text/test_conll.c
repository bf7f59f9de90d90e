#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/batches/batcher.h"
#include "data/text/conll.h"
#include "lib/base/file.h"
#include "tests/data/text_fixture.h"

static qp_conll *read_text(const char *text, int tag_column)
{
    qp_conll *conll;
    cr_assert_eq(qp_conll_read(fixture_text("words.conll", text), tag_column, &conll), QP_OK, "%s", qp_error_message());
    return conll;
}

/* "word/tag word/tag | ..." */
static void expect_words(const qp_conll *c, const char *expected)
{
    char *shown;
    size_t bytes;
    FILE *stream = open_memstream(&shown, &bytes);
    for (int64_t i = 0; i < c->sentences; i++) {
        if (i) fputs(" | ", stream);
        for (int64_t w = c->start[i]; w < c->start[i + 1]; w++)
            fprintf(stream, "%s%.*s/%.*s", w > c->start[i] ? " " : "", (int)(c->word[w].word_end - c->word[w].word),
                    c->text + c->word[w].word, (int)(c->word[w].tag_end - c->word[w].tag), c->text + c->word[w].tag);
    }
    fclose(stream);
    cr_assert_str_eq(shown, expected);
    free(shown);
}

static const char *conllu = "# sent_id = 1\n# text = Don't go\n1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_\n"
                            "1\tDo\tdo\tAUX\tVB\t_\t0\troot\t_\t_\n2\tn't\tnot\tPART\tRB\t_\t1\tneg\t_\t_\n"
                            "2.1\tyou\tyou\tPRON\tPRP\t_\t_\t_\t_\t_\n3\tgo\tgo\tVERB\tVB\t_\t1\tx\t_\t_\n\n"
                            "#text\n1\t#\t#\tSYM\tNFP\t_\t0\troot\t_\t_\n";

Test(conll, conllu_words_and_any_column)
{
    qp_conll *c = read_text(conllu, 0);
    cr_assert(c->columns == 10 && c->tag_column == 4);
    expect_words(c, "Do/AUX n't/PART go/VERB | #/SYM");
    cr_assert_eq(c->word[2].line, 7);
    qp_conll_free(c);
    c = read_text(conllu, 5);
    expect_words(c, "Do/VB n't/RB go/VB | #/NFP");
    qp_conll_free(c);
}

Test(conll, two_columns_of_every_kind)
{
    qp_conll *c = read_text("#hashtag\tO\n\xef\xbb\xbfNew\tB-LOC\r\nYork\tI-LOC\n\t\n \t\n.\tO", 0);
    expect_words(c, "#hashtag/O \xef\xbb\xbfNew/B-LOC York/I-LOC | ./O");
    qp_conll_free(c);
    c = read_text("## a comment\n## id\tthe whole text\n\xea\xb2\xbd\tB-OG\n \tI-OG\n\tO\n##\tO\n\n#\tO\n", 0);
    expect_words(c, "\xea\xb2\xbd/B-OG  /I-OG /O ##/O | #/O");
    qp_conll_free(c);
    c = read_text("-DOCSTART- -X- O O\n\nEU NNP I-NP S-ORG\n# SYM  I-NP O \n# a comment\n\n\n. . O O\n\n", 0);
    cr_assert(c->separator == ' ' && c->columns == 4);
    expect_words(c, "EU/S-ORG #/O | ./O");
    qp_conll_free(c);
    c = read_text("# only\n#one\tO\n#two\tB\n", 0);
    expect_words(c, "#one/O #two/B");
    qp_conll_free(c);
    c = read_text("EU NNP I-NP S-ORG\n", 2);
    expect_words(c, "EU/NNP");
    qp_conll_free(c);
}

static void refused(qp_status status, const char *text, int tag_column, const char *part)
{
    qp_conll *conll;
    cr_assert_eq(qp_conll_read(fixture_text("refused.conll", text), tag_column, &conll), status, "%s", text);
    cr_assert(strstr(qp_error_message(), part), "%s", qp_error_message());
    cr_assert_null(conll);
}

Test(conll, bad_files_are_reported)
{
    refused(QP_EDATA, "a\tO\nb\n", 0,
            "refused.conll:2: 1 column, but line 1 has 2; every word needs the same number, separated by TABs");
    refused(QP_EDATA, "a\tO\n\nb\tO\tO\n", 0, "refused.conll:3: 3 columns, but line 1 has 2");
    refused(QP_EDATA, "a b O\nc O\n", 0,
            "refused.conll:2: 2 columns, but line 1 has 3; every word needs the same number, separated by spaces");
    refused(QP_EDATA, "", 0, "no word in the file");
    refused(QP_EDATA, "# a comment\n\n \n", 0, "no word in the file");
    refused(QP_EDATA, "a\tO\n\xc3(\tO\n", 0, "refused.conll:2: byte 1 is not UTF-8");
    refused(QP_EUSAGE, "a\tO\n", 3, "tag-column 3");
    refused(QP_EUSAGE, "a\tO\n", 1, "tag-column 1");
    refused(QP_EUSAGE, conllu, 2, "tag-column 2");
    refused(QP_EUSAGE, "a\tO\n", -1, "tag-column -1");
    qp_conll *conll;
    cr_assert_eq(qp_conll_read("/nowhere/words.conll", 0, &conll), QP_ENOINPUT);
}

Test(conll, written_back_with_other_tags)
{
    qp_conll *c = read_text(conllu, 0);
    const char *tag[] = {"A", "BB", "", "long tag"};
    char *text;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    qp_conll_write(c, tag, stream);
    fclose(stream);
    cr_assert_str_eq(text, "# sent_id = 1\n# text = Don't go\n1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_\n"
                           "1\tDo\tdo\tA\tVB\t_\t0\troot\t_\t_\n2\tn't\tnot\tBB\tRB\t_\t1\tneg\t_\t_\n"
                           "2.1\tyou\tyou\tPRON\tPRP\t_\t_\t_\t_\t_\n3\tgo\tgo\t\tVB\t_\t1\tx\t_\t_\n\n"
                           "#text\n1\t#\t#\tlong tag\tNFP\t_\t0\troot\t_\t_\n");
    free(text);
    qp_conll_free(c);
    c = read_text("# words alone\nNew\nYork\n\n.", 0);
    cr_assert(c->columns == 1 && c->tag_column == 0);
    stream = open_memstream(&text, &bytes);
    qp_conll_write(c, (const char *[]){"B", "I", "O"}, stream);
    fclose(stream);
    cr_assert_str_eq(text, "# words alone\nNew\tB\nYork\tI\n\n.\tO\n");
    free(text);
    qp_conll_free(c);
}

Test(conll, a_word_is_answered_by_its_first_piece)
{
    qp_conll *c = read_text("a\tX\nbb cc\tY\n \tZ\nddd\tX\n\ne\tY\n", 0);
    qp_text_codec words = fixture_words();
    qp_labels labels = {0};
    qp_conll_options options = {.codec = &words, .labels = &labels, .policy = QP_LABEL_LEARN};
    qp_corpus corpus;
    cr_assert_eq(qp_conll_corpus(c, &options, &corpus), QP_OK, "%s", qp_error_message());
    int32_t source[] = {5, 6, 6, QP_UNK, 7, QP_EOS, 5, QP_EOS}, target[] = {0, 1, 2, 0, 1}, read[] = {0, 1, 3, 4, 0};
    cr_assert_arr_eq(corpus.source.id, source, sizeof source);
    cr_assert_arr_eq(corpus.target.id, target, sizeof target);
    cr_assert_arr_eq(corpus.source_row, read, sizeof read);
    cr_assert(corpus.sequences == 2 && corpus.target.start[1] == 4 && corpus.statistics.source.unknown == 1);
    cr_assert_eq(corpus.statistics.source.characters, 16);
    qp_corpus_free(&corpus);
    options.max_length = 4; /* keeps a bb cc, and the tags of two words */
    options.when_longer = QP_LONG_CUT;
    cr_assert_eq(qp_conll_corpus(c, &options, &corpus), QP_OK);
    cr_assert(corpus.target.start[1] == 2 && corpus.source.start[1] == 4 && corpus.source.id[3] == QP_EOS);
    qp_corpus_free(&corpus);
    qp_labels_free(&labels);
    qp_conll_free(c);
}

Test(conll, tags_that_cannot_be_learned_are_reported)
{
    qp_text_codec words = fixture_words();
    qp_labels labels = {0};
    qp_conll_options options = {.codec = &words, .labels = &labels, .policy = QP_LABEL_LEARN};
    qp_corpus corpus;
    const struct {
        const char *text, *part;
    } bad[] = {{"a\nb\n", "no tags"},
               {"a\tO\nb\tO\n", "column 2 of every word is 'O'"},
               {"a\tO\nb\t\n", "words.conll:2: the label is empty"},
               {"a\tO\nbad\tB\n", "words.conll:2: words: a bad word"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        qp_conll *c = read_text(bad[i].text, 0);
        cr_assert_eq(qp_conll_corpus(c, &options, &corpus), QP_EDATA);
        cr_assert(strstr(qp_error_message(), bad[i].part), "%s", qp_error_message());
        qp_conll_free(c);
        qp_labels_free(&labels);
    }
    int number;
    qp_labels_add(&labels, "O", 1, &number);
    qp_conll *c = read_text("a\tO\nb\tB-X\n", 0);
    options.policy = QP_LABEL_REFUSE;
    cr_assert_eq(qp_conll_corpus(c, &options, &corpus), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "words.conll:2: label 'B-X' does not occur"), "%s", qp_error_message());
    options.policy = QP_LABEL_IGNORE;
    cr_assert_eq(qp_conll_corpus(c, &options, &corpus), QP_OK);
    cr_assert(corpus.statistics.unseen == 1 && corpus.target.id[1] == -1);
    qp_corpus_free(&corpus);
    qp_labels_free(&labels);
    qp_conll_free(c);
}

Test(conll, batches_carry_the_rows_that_are_read)
{
    char text[20000];
    size_t bytes = 0;
    for (int s = 0; s < 100; s++) { /* word w of w letters is tagged w, and is one piece */
        int words = 1 + s * 7 % 12;
        for (int w = 0; w < words; w++)
            bytes += (size_t)sprintf(text + bytes, "%.*s\tT%d\n", 1 + w, "abcdefghijklmnop", w);
        bytes += (size_t)sprintf(text + bytes, "\n");
    }
    qp_conll *c = read_text(text, 0);
    qp_text_codec codec = fixture_words();
    qp_labels labels = {0};
    qp_corpus corpus;
    cr_assert_eq(qp_conll_corpus(c, &(qp_conll_options){.codec = &codec, .labels = &labels}, &corpus), QP_OK);
    qp_batcher *batcher;
    qp_batcher_options options = {.size = 40, .shuffle = true, .seed = 9, .slots = 2};
    cr_assert_eq(qp_batcher_new(&corpus, &options, &batcher), QP_OK);
    qp_batch_source source = qp_batcher_source(batcher);
    int64_t count, rows = 0;
    cr_assert_eq(source.begin(source.self, 2, &count), QP_OK);
    for (int64_t b = 0; b < count; b++) {
        qp_batch batch;
        cr_assert_eq(source.get(source.self, b, (int)(b % 2), &batch), QP_OK);
        qp_sequences from = batch.source.sequences, to = batch.target.sequences;
        for (int i = 0; i < to.count; i++)
            for (int r = to.start[i]; r < to.start[i + 1]; r++, rows++) {
                int place = from.start[i] + batch.source_row[r];
                cr_assert(place < from.start[i + 1] - 1);
                cr_assert_eq(batch.source.id[place], QP_SPECIAL_COUNT + 1 + batch.source_row[r]);
                cr_assert_eq(batch.target.id[r], batch.source_row[r]);
            }
    }
    cr_assert_eq(rows, c->words);
    qp_batcher_free(batcher);
    qp_corpus_free(&corpus);
    qp_labels_free(&labels);
    qp_conll_free(c);
}

Test(conll, lines_for_a_tokenizer)
{
    qp_conll *c = read_text(conllu, 0);
    qp_conll_lines lines = {.conll = c};
    const char *line;
    size_t bytes;
    cr_assert_eq(qp_conll_lines_next(&lines, &line, &bytes), QP_OK);
    cr_assert_str_eq(line, "Do n't go");
    cr_assert_eq(bytes, 9);
    cr_assert_eq(qp_conll_lines_next(&lines, &line, &bytes), QP_OK);
    cr_assert_str_eq(line, "#");
    cr_assert_eq(qp_conll_lines_next(&lines, &line, &bytes), QP_OK);
    cr_assert_null(line);
    free(lines.line);
    qp_conll_free(c);
}

/* Public corpora: sentences and words, and the same file again when its own tags are written back. */
Test(conll, public_corpora)
{
    const struct {
        const char *train, *dev;
        int columns;
        bool dev_has_no_new_tag;
    } set[] = {
        {"../shared/data/wnut17/train.conll", "../shared/data/wnut17/dev.conll", 2, true},
        {"../shared/data/klue_ner/train.tsv.gz", "../shared/data/klue_ner/dev.tsv", 2, true},
        {"../shared/data/ud_english_ewt/dev.conllu.gz", "../shared/data/ud_english_ewt/dev.conllu.gz", 10, true},
        {"../shared/data/ud_korean_gsd/train.conllu.gz", "../shared/data/ud_korean_gsd/dev.conllu.gz", 10, true}};
    if (access(set[0].train, R_OK) != 0) cr_skip_test("no corpora here");
    qp_text_codec bytes_codec = fixture_bytes();
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        qp_labels labels = {0};
        for (int part = 0; part < 2; part++) {
            qp_conll *c;
            cr_assert_eq(qp_conll_read(part ? set[i].dev : set[i].train, 0, &c), QP_OK, "%s", qp_error_message());
            cr_assert_eq(c->columns, set[i].columns);
            qp_conll_options options = {&bytes_codec, 0, QP_LONG_SKIP, &labels,
                                        part ? QP_LABEL_REFUSE : QP_LABEL_LEARN, false, false};
            qp_corpus corpus;
            cr_assert_eq(qp_conll_corpus(c, &options, &corpus), QP_OK, "%s", qp_error_message());
            cr_assert_eq(corpus.target.start[corpus.sequences], c->words);
            char **tag = malloc((size_t)c->words * sizeof *tag), *text;
            for (int64_t w = 0; w < c->words; w++) tag[w] = labels.text[corpus.target.id[w]];
            size_t bytes;
            FILE *stream = open_memstream(&text, &bytes);
            qp_conll_write(c, (const char *const *)tag, stream);
            fclose(stream);
            cr_assert(bytes == c->bytes && !memcmp(text, c->text, bytes));
            cr_log_info("%s: %lld sentences, %lld words, %d tags", c->file->path, (long long)c->sentences,
                        (long long)c->words, labels.count);
            free(text);
            free(tag);
            qp_corpus_free(&corpus);
            qp_conll_free(c);
        }
        qp_labels_free(&labels);
    }
}

Test(conll, files_of_a_list_are_one_text)
{
    char names[400];
    snprintf(names, sizeof names, "%s,", fixture_text("list-1.conll", "a\tX\nb\tY"));
    strncat(names, fixture_text("list-2.conll", "\n# comment\nc\tX\n"), 300);
    qp_conll *c;
    cr_assert_eq(qp_conll_read(names, 0, &c), QP_OK, "%s", qp_error_message());
    expect_words(c, "a/X b/Y | c/X");
    cr_expect(c->word[1].line == 2 && strstr(c->word[1].path, "list-1"));
    cr_expect(c->word[2].line == 3 && strstr(c->word[2].path, "list-2"));
    qp_conll_free(c);
    fixture_text("list-2.conll", "c\tX\nd\n");
    cr_assert_eq(qp_conll_read(names, 0, &c), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "list-2.conll:2: 1 column, but line 1 has 2"), "%s", qp_error_message());
}
