#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/batches/batcher.h"
#include "data/text/labelled.h"
#include "tests/data/text_fixture.h"

static qp_text_codec words;

static qp_labelled_options options_of(const char *path, qp_labels *labels, qp_label_policy policy)
{
    words = fixture_words();
    return (qp_labelled_options){.path = path, .codec = &words, .labels = labels, .policy = policy};
}

/* Load a file that must be refused with a message holding `part`. */
static void refused(const char *text, qp_label_policy policy, const char *part)
{
    qp_labels labels = {0};
    int number;
    if (policy != QP_LABEL_LEARN) qp_labels_add(&labels, "good", 4, &number);
    qp_labelled_options options = options_of(fixture_text("refused.tsv", text), &labels, policy);
    qp_corpus corpus;
    cr_assert_eq(qp_labelled_load(&options, &corpus), QP_EDATA, "%s", text);
    cr_assert(strstr(qp_error_message(), part), "%s", qp_error_message());
    cr_assert(!corpus.source.id && !corpus.target.id);
    qp_labels_free(&labels);
}

Test(labelled, one_label_answers_one_text)
{
    qp_labels labels = {0};
    qp_labelled_options options = options_of(
        fixture_text("a.tsv", "good\ta bb ccc\r\nbad\tdddd\ngood\t\nbad\t  \ngood\te\tff ?"), &labels, QP_LABEL_LEARN);
    qp_corpus corpus;
    cr_assert_eq(qp_labelled_load(&options, &corpus), QP_OK, "%s", qp_error_message());
    cr_assert(corpus.answers && corpus.sequences == 3 && !corpus.source_row);
    int32_t source[] = {5, 6, 7, QP_EOS, 8, QP_EOS, 8, QP_UNK, QP_EOS}, target[] = {0, 1, 0};
    cr_assert_arr_eq(corpus.source.id, source, sizeof source); /* a TAB inside a text is a letter to this codec */
    cr_assert_arr_eq(corpus.target.id, target, sizeof target);
    cr_assert_eq(corpus.target.start[3], 3);
    cr_assert_eq(corpus.statistics.lines, 5);
    cr_assert_eq(corpus.statistics.empty, 2);
    cr_assert_eq(corpus.statistics.source.tokens, 9);
    cr_assert_eq(corpus.statistics.source.unknown, 1);
    cr_assert_eq(corpus.statistics.target.tokens, 3);
    cr_assert_eq(corpus.statistics.source.longest, 4);
    cr_assert(labels.count == 2 && !strcmp(labels.text[1], "bad"));
    qp_corpus_free(&corpus);
    qp_labels_free(&labels);
}

Test(labelled, bad_lines_are_reported)
{
    refused("good\ta b\nno tab here\n", QP_LABEL_LEARN, "refused.tsv:2: no TAB; each line must be label TAB text");
    refused("good\ta b\n\tno label\n", QP_LABEL_LEARN, "refused.tsv:2: the label is empty");
    refused("good\ta b\nbad\t\xff\n", QP_LABEL_LEARN, "refused.tsv:2: byte 5 is not UTF-8");
    refused("good\ta b\nbad\tbad\n", QP_LABEL_LEARN, "refused.tsv:2: words: a bad word");
    refused("good\ta b\ngood\tc\n", QP_LABEL_LEARN, "every line has the label 'good'");
    refused("", QP_LABEL_LEARN, "no lines");
    refused("good\t\nbad\t\n", QP_LABEL_LEARN, "none of 2 lines can be used, 2 are empty");
    refused("good\ta\ngod\tb\n", QP_LABEL_REFUSE, "refused.tsv:2: label 'god' does not occur in the training file");
}

Test(labelled, long_texts_and_unseen_labels)
{
    const char *path = fixture_text("long.tsv", "good\ta b c d e\nother\tf\n");
    qp_labels labels = {0};
    int number;
    qp_labels_add(&labels, "good", 4, &number);
    qp_labelled_options options = options_of(path, &labels, QP_LABEL_IGNORE);
    qp_corpus corpus;
    options.max_length = 4;
    options.when_longer = QP_LONG_CUT;
    cr_assert_eq(qp_labelled_load(&options, &corpus), QP_OK, "%s", qp_error_message());
    cr_assert(corpus.sequences == 2 && corpus.statistics.cut == 1 && corpus.statistics.unseen == 1);
    cr_assert(corpus.target.id[0] == 0 && corpus.target.id[1] == -1);
    cr_assert_eq(qp_corpus_length(&corpus.source, 0), 4);
    cr_assert_eq(corpus.source.id[3], QP_EOS);
    qp_corpus_free(&corpus);
    options.when_longer = QP_LONG_SKIP;
    cr_assert_eq(qp_labelled_load(&options, &corpus), QP_OK);
    cr_assert(corpus.sequences == 1 && corpus.statistics.skipped == 1);
    qp_corpus_free(&corpus);
    qp_labels_free(&labels);
}

/* The size of a batch counts the texts' tokens, and every text keeps its label. */
Test(labelled, batches_count_source_tokens)
{
    qp_corpus corpus;
    fixture_corpus(500, 12, false, &corpus);
    for (int64_t i = 0; i < corpus.sequences; i++) { /* the answer: the text's first id */
        corpus.target.id[i] = corpus.source.id[corpus.source.start[i]];
        corpus.target.start[i + 1] = i + 1;
    }
    corpus.statistics.target.tokens = corpus.sequences;
    corpus.answers = true;
    qp_batcher_options options = {.kind = QP_BATCH_TOKENS, .size = 60, .shuffle = true, .seed = 3, .slots = 1};
    qp_batcher *batcher;
    cr_assert_eq(qp_batcher_new(&corpus, &options, &batcher), QP_OK, "%s", qp_error_message());
    qp_batch_source source = qp_batcher_source(batcher);
    int64_t count, sequences = 0, tokens = 0;
    cr_assert_eq(source.begin(source.self, 1, &count), QP_OK);
    for (int64_t b = 0; b < count; b++) {
        qp_batch batch;
        cr_assert_eq(source.get(source.self, b, 0, &batch), QP_OK);
        qp_sequences texts = batch.source.sequences;
        cr_assert_leq(texts.start[texts.count], 60);
        cr_assert_eq(batch.target.sequences.start[texts.count], texts.count);
        for (int i = 0; i < texts.count; i++) cr_assert_eq(batch.target.id[i], batch.source.id[texts.start[i]]);
        sequences += texts.count;
        tokens += texts.start[texts.count];
        cr_assert_null(batch.source_row);
    }
    cr_assert_eq(sequences, 500);
    cr_assert_eq(tokens, corpus.statistics.source.tokens);
    cr_assert_leq(count, tokens / 60 + tokens / 300 + 2, "batches are full");
    qp_batcher_free(batcher);
    qp_corpus_free(&corpus);
}

Test(labelled, korean_reviews)
{
    const char *train = "../shared/data/nsmc/train.tsv.gz", *dev = "../shared/data/nsmc/dev.tsv";
    if (access(train, R_OK) != 0) cr_skip_test("no reviews here");
    qp_text_codec bytes = fixture_bytes();
    qp_labels labels = {0};
    qp_labelled_options options = {.path = train, .codec = &bytes, .labels = &labels, .policy = QP_LABEL_LEARN};
    qp_corpus corpus;
    cr_assert_eq(qp_labelled_load(&options, &corpus), QP_OK, "%s", qp_error_message());
    cr_assert_eq(labels.count, 2);
    cr_assert_eq(corpus.statistics.lines, corpus.sequences + corpus.statistics.empty);
    cr_assert_gt(corpus.sequences, 25000);
    qp_corpus_free(&corpus);
    options.path = dev;
    options.policy = QP_LABEL_REFUSE;
    cr_assert_eq(qp_labelled_load(&options, &corpus), QP_OK, "%s", qp_error_message());
    cr_assert_eq(labels.count, 2);
    qp_corpus_free(&corpus);
    qp_labels_free(&labels);
}

static void expect_set(const qp_label_sets *sets, int32_t set, const int32_t *label, int count)
{
    cr_assert_eq(sets->start[set + 1] - sets->start[set], count, "set %d", set);
    for (int i = 0; i < count; i++) cr_expect_eq(sets->label[sets->start[set] + i], label[i], "set %d", set);
}

Test(labelled, sets_of_labels)
{
    qp_labels labels = {0};
    qp_label_sets sets = {0};
    qp_labelled_options options = options_of(fixture_text("sets.tsv", "b,a\ta bb\n\tdddd\nc , a,c\ta\n"), &labels,
                                             QP_LABEL_LEARN);
    qp_corpus corpus, more;
    options.sets = &sets;
    cr_assert_eq(qp_labelled_load(&options, &corpus), QP_OK, "%s", qp_error_message());
    cr_expect(corpus.sequences == 3 && labels.count == 3 && sets.count == 3);
    for (int i = 0; i < 3; i++) cr_expect_eq(corpus.target.id[i], i);
    expect_set(&sets, 0, (int32_t[]){0, 1}, 2);
    expect_set(&sets, 1, NULL, 0);
    expect_set(&sets, 2, (int32_t[]){1, 2}, 2);
    options.path = fixture_text("others.tsv", "new,b,old\ta\nnew\ta\n");
    options.policy = QP_LABEL_IGNORE;
    cr_assert_eq(qp_labelled_load(&options, &more), QP_OK, "%s", qp_error_message());
    expect_set(&sets, 3, (int32_t[]){-1, -1, 0}, 3);
    expect_set(&sets, 4, (int32_t[]){-1}, 1);
    cr_expect(more.target.id[0] == 3 && more.statistics.unseen == 2);
    qp_corpus_free(&more);
    options.policy = QP_LABEL_REFUSE;
    cr_expect_eq(qp_labelled_load(&options, &more), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "others.tsv:1: label 'new'"), "%s", qp_error_message());
    options.path = fixture_text("empty.tsv", "a,,b\ta\n");
    cr_expect_eq(qp_labelled_load(&options, &more), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "empty.tsv:1: the label is empty"), "%s", qp_error_message());
    qp_corpus_free(&corpus);
    qp_label_sets_free(&sets);
    qp_labels_free(&labels);
}

Test(labelled, weights_and_files)
{
    qp_labels labels = {0};
    char names[200];
    qp_labelled_options options = options_of(names, &labels, QP_LABEL_LEARN);
    const char *first = fixture_text("one.tsv", "x\ta\ny\t\n");
    snprintf(names, sizeof names, "%s:0.25,%s:0.75", first, fixture_text("two.tsv", "y\tbb\n"));
    options.weights = fixture_text("weights", "0.5\n7\n0\n");
    options.by_file = true;
    qp_corpus corpus;
    cr_assert_eq(qp_labelled_load(&options, &corpus), QP_OK, "%s", qp_error_message());
    cr_expect(corpus.sequences == 2 && corpus.file[0] == 0 && corpus.file[1] == 1); /* the empty text is left out */
    cr_expect(corpus.weight[0] == (qp_real)0.5 && corpus.weight[1] == 0);
    qp_corpus_free(&corpus);
    static const struct {
        const char *weights, *part;
    } bad[] = {{"1\n1\n", "ends before line 3"},         {"1\n1\n1\n1\n", "more lines than"},
               {"1\nx\n1\n", "weights:2: the weight 'x'"}, {"1\n-1\n1\n", "weights:2: the weight '-1'"},
               {"nan\n1\n1\n", "weights:1:"},              {"1 \n1\n1\n", "weights:1:"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        options.weights = fixture_text("weights", bad[i].weights);
        cr_expect_eq(qp_labelled_load(&options, &corpus), QP_EDATA, "%s", bad[i].weights);
        cr_expect(strstr(qp_error_message(), bad[i].part), "%s", qp_error_message());
    }
    qp_labels_free(&labels);
}
