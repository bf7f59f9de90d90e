#include "lib/run/train_text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/package/run/small_run.h"

TestSuite(train_text, .init = small_run_folder, .fini = small_run_clean);

/* Options, and the files that they name or what is said of them. */
static const struct {
    const char *option[9];
    bool pairs;       /* translate, else lm */
    const char *said; /* NULL: fine */
    qp_text_kind kind;
    const char *source, *target, *valid; /* the first file of the validation part */
} file_rows[] = {
    {{NULL},
     true,
     "no training text; name it with --train-src FILE --train-tgt FILE, or --train FILE",
     0,
     NULL,
     NULL,
     NULL},
    {{"train_src", "a", NULL}, true, "--train-tgt is missing", 0, NULL, NULL, NULL},
    {{"train_tgt", "a", NULL}, true, "--train-src is missing", 0, NULL, NULL, NULL},
    {{"train_src", "a", "train_tgt", "b", "train", "c", NULL},
     true,
     "--train and --train-src/--train-tgt contra",
     0,
     NULL,
     NULL,
     NULL},
    {{"train", "c", "train_tgt", "b", NULL},
     true,
     "--train and --train-src/--train-tgt contradict",
     0,
     NULL,
     NULL,
     NULL},
    {{"train", "c", "valid_src", "v", NULL}, true, "--valid-tgt is missing", 0, NULL, NULL, NULL},
    {{"train", "c", "valid_tgt", "v", NULL}, true, "--valid-src is missing", 0, NULL, NULL, NULL},
    {{"train", "c", "valid", "v", "valid_tgt", "v", NULL},
     true,
     "--valid and --valid-src/--valid-tgt contradict",
     0,
     NULL,
     NULL,
     NULL},
    {{"train", "c", NULL}, true, NULL, QP_TEXT_TABBED, "c", NULL, NULL},
    {{"train", "c", "valid", "v", NULL}, true, NULL, QP_TEXT_TABBED, "c", NULL, "v"},
    {{"train_src", "a", "train_tgt", "b", "valid_src", "v", "valid_tgt", "w", NULL},
     true,
     NULL,
     QP_TEXT_TWO_FILES,
     "a",
     "b",
     "v"},
    {{NULL}, false, "no training text; name it with --train FILE", 0, NULL, NULL, NULL},
    {{"train_src", "a", NULL}, false, "--task lm reads one text; name it with --train FILE", 0, NULL, NULL, NULL},
    {{"train_tgt", "a", "train", "c", NULL},
     false,
     "--train and --train-src/--train-tgt contradict",
     0,
     NULL,
     NULL,
     NULL},
    {{"train", "c", "valid_src", "v", NULL},
     false,
     "--task lm reads one text; name it with --valid FILE",
     0,
     NULL,
     NULL,
     NULL},
    {{"train", "c", "valid_tgt", "v", NULL},
     false,
     "--task lm reads one text; name it with --valid FILE",
     0,
     NULL,
     NULL,
     NULL},
    {{"train", "c", "valid", "v", "valid_src", "w", NULL},
     false,
     "--valid and --valid-src/--valid-tgt contra",
     0,
     NULL,
     NULL,
     NULL},
    {{"train", "c", NULL}, false, NULL, QP_TEXT_ONE_FILE, NULL, "c", NULL},
    {{"train", "c", "valid", "v", NULL}, false, NULL, QP_TEXT_ONE_FILE, NULL, "c", "v"},
};

/* Which files a task reads, of what kind; or what is said of options that name none, or too many. */
Test(train_text, files_of_the_options)
{
    for (size_t i = 0; i < sizeof file_rows / sizeof *file_rows; i++) {
        const qp_train_settings *s = small_settings(file_rows[i].option);
        qp_train_data data = {0};
        qp_status status = file_rows[i].pairs ? qp_pairs_files(s, &data) : qp_text_files_of(s, &data);
        if (file_rows[i].said) {
            cr_expect_eq(status, QP_EUSAGE, "row %zu", i);
            cr_expect(strstr(qp_error_message(), file_rows[i].said), "row %zu: %s", i, qp_error_message());
            continue;
        }
        cr_assert_eq(status, QP_OK, "row %zu: %s", i, qp_error_message());
        const qp_text_files *train = &data.files[QP_TRAINING], *valid = &data.files[QP_VALIDATION];
        cr_expect_eq(train->kind, file_rows[i].kind, "row %zu", i);
        cr_expect(!train->source == !file_rows[i].source && !train->target == !file_rows[i].target, "row %zu", i);
        if (file_rows[i].source) cr_expect_str_eq(train->source, file_rows[i].source);
        if (file_rows[i].target) cr_expect_str_eq(train->target, file_rows[i].target);
        cr_expect_null(train->weights);
        cr_expect_eq(data.has_valid, file_rows[i].valid != NULL, "row %zu", i);
        if (file_rows[i].valid) cr_expect_str_eq(valid->source ? valid->source : valid->target, file_rows[i].valid);
    }
}

/* Weights of lines belong to the training text of every task. */
Test(train_text, weights_of_lines)
{
    const char *const option[] = {"train", "c", "valid", "v", "train_weights", "w", NULL};
    for (int task = 0; task < 2; task++) {
        qp_train_data data = {0};
        const qp_train_settings *s = small_settings(option);
        cr_assert_eq(task ? qp_pairs_files(s, &data) : qp_text_files_of(s, &data), QP_OK);
        cr_expect_str_eq(data.files[QP_TRAINING].weights, "w");
        cr_expect_null(data.files[QP_VALIDATION].weights);
    }
}

/* Which side has which tokenizer: of both sides, of its own side alone. */
Test(train_text, tokenizers_of_the_sides)
{
    static const struct {
        const char *option[8];
        int source, target; /* pieces: five of every vocabulary of words, 260 of characters; 0: no tokenizer */
        bool same;
    } row[] = {
        {{"task", "translate", "tokenizer", "word", NULL}, 8, 7, false},
        {{"task", "translate", "tokenizer", "word", "share_vocab", "true", NULL}, 10, 10, true},
        {{"task", "translate", "src_tokenizer", "char", "tokenizer", "word", NULL}, 264, 7, false},
        {{"task", "translate", "tgt_tokenizer", "char", "tokenizer", "word", NULL}, 8, 263, false},
        {{"task", "autoencode", "tokenizer", "word", NULL}, 10, 10, true},
        {{"task", "lm", "tokenizer", "word", NULL}, 0, 10, false},
    };
    put("pairs", "a b\tx y\nc\ty\n");
    put("text", "a b c\nx y\n");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *option[40] = {"train", strcmp(row[i].option[1], "translate") ? "text" : "pairs", "valid", "none",
                                  SMALL};
        int used = 0;
        while (option[used]) used++;
        for (int k = 0; row[i].option[k]; k++) option[used++] = row[i].option[k];
        option[used++] = "decoder", option[used++] = "gru";
        if (strcmp(row[i].option[1], "lm") == 0) option[used++] = "encoder", option[used++] = "none";
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_package *p = run.data.package;
        cr_expect_eq(p->source ? qp_tokenizer_size(p->source) : 0, row[i].source, "row %zu: %d", i,
                     p->source ? qp_tokenizer_size(p->source) : 0);
        cr_expect_eq(qp_tokenizer_size(p->target), row[i].target, "row %zu: %d", i, qp_tokenizer_size(p->target));
        cr_expect_eq(p->source == p->target, row[i].same, "row %zu", i);
        cr_expect_eq(run.settings->model.src_vocab_size, row[i].source);
        cr_expect_eq(run.settings->model.tgt_vocab_size, row[i].target);
        qp_train_run_free(&run);
    }
}

/* Long lines are left out of the training text and cut in the validation text; windows of text read them whole. */
Test(train_text, long_lines)
{
    static const char *const window[] = {"0", "4"};
    put("train", "a b c d e f\na b\n\nc\n");
    put("valid", "a b c d e f\na\n");
    for (int i = 0; i < 2; i++) {
        const char *const option[] = {SMALL_LM, "train",      "train", "valid",     "valid",   "tokenizer",
                                      "word",   "max_length", "4",     "lm_window", window[i], NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_corpus *train = &run.data.corpus[QP_TRAINING], *valid = &run.data.corpus[QP_VALIDATION];
        cr_expect_eq(train->statistics.skipped, i ? 0 : 1);
        cr_expect_eq(train->statistics.empty, i ? 0 : 1);
        cr_expect_eq(train->sequences, i ? 4 : 2);
        cr_expect_eq(valid->statistics.cut, i ? 0 : 1);
        cr_expect_eq(valid->statistics.skipped, 0);
        cr_expect_eq(qp_corpus_length(&valid->target, 0), i ? 7 : 4);
        qp_train_run_free(&run);
    }
}

static int64_t batches_of_pass(qp_train_run *run, int part, int64_t pass)
{
    int64_t count;
    const qp_batch_source *batches = &run->data.batches[part];
    cr_assert_eq(batches->begin(batches->self, pass, &count), QP_OK, "%s", qp_error_message());
    return count;
}

/* --batch-size counts tokens or sentences, and with windows so many of them as have these tokens, at least one. */
Test(train_text, sizes_of_batches)
{
    static const struct {
        const char *type, *size, *window, *carry;
        int64_t batches; /* of 12 lines of 4 tokens with their ends: 48 tokens */
    } row[] = {
        {"token", "8", "0", "false", 6},    {"token", "9", "0", "false", 6},     {"token", "12", "0", "false", 4},
        {"sentence", "3", "0", "false", 4}, {"sentence", "12", "0", "false", 1}, {"token", "12", "4", "false", 4},
        {"token", "11", "4", "false", 6},   {"token", "3", "4", "false", 12},    {"token", "4", "4", "false", 12},
        {"sentence", "3", "4", "false", 4}, {"sentence", "2", "4", "true", 6},   {"token", "8", "4", "true", 6},
        {"token", "11", "4", "true", 6},    {"token", "3", "4", "true", 12},     {"token", "5", "4", "true", 12},
    };
    put("text", "a b c\nb c a\nc a b\na b c\nb c a\nc a b\na b c\nb c a\nc a b\na b c\nb c a\nc a b\n");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {SMALL_LM,      "train",      "text",       "valid",      "text",      "tokenizer",
                                      "word",        "batch_type", row[i].type,  "batch_size", row[i].size, "lm_window",
                                      row[i].window, "carry",      row[i].carry, NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        for (int part = 0; part < QP_PARTS; part++) {
            int64_t count = batches_of_pass(&run, part, 0);
            cr_expect_eq(count, row[i].batches, "row %zu: %d", i, (int)count);
        }
        qp_train_run_free(&run);
    }
}

/* The tokens of a pass, in the order in which its batches have them. */
static int pass_of(qp_train_run *run, int part, int64_t pass, int32_t *id)
{
    const qp_batch_source *batches = &run->data.batches[part];
    int64_t count = batches_of_pass(run, part, pass);
    int used = 0;
    for (int64_t b = 0; b < count; b++) {
        qp_batch batch;
        cr_assert_eq(batches->get(batches->self, b, 0, &batch), QP_OK, "%s", qp_error_message());
        int rows = qp_sequence_rows(batch.target.sequences);
        memcpy(id + used, batch.target.id, (size_t)rows * sizeof *id);
        used += rows;
    }
    return used;
}

/* Each pass over the training text has an order of its own, which follows from the seed; a validation has the text's,
 * in windows too. */
Test(train_text, orders_of_passes)
{
    static const char *const window[] = {"0", "5"}, *const seed[] = {"1", "1", "2"};
    put("text", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq\nr\ns\nt\n");
    for (int w = 0; w < 2; w++) {
        int32_t id[3][2][2][60] = {0}; /* [seed][part][pass] */
        for (int i = 0; i < 3; i++) {
            const char *const option[] = {SMALL_LM,  "train",      "text",     "valid",      "text", "tokenizer",
                                          "word",    "batch_type", "sentence", "batch_size", "1",    "lm_window",
                                          window[w], "seed",       seed[i],    NULL};
            qp_train_run run;
            small_run_prepare(&run, option);
            for (int part = 0; part < QP_PARTS; part++)
                for (int pass = 0; pass < 2; pass++) {
                    int count = pass_of(&run, part, pass, id[i][part][pass]);
                    cr_expect(count == 40 || (w && part == QP_TRAINING && count == 35), "whole windows");
                }
            cr_expect_arr_eq(id[i][QP_VALIDATION][0], run.data.corpus[QP_VALIDATION].target.id, 40 * sizeof(int32_t));
            qp_train_run_free(&run);
        }
        size_t bytes = sizeof id[0][0][0] / 60 * 40;
        cr_expect_arr_eq(id[0][QP_VALIDATION][0], id[0][QP_VALIDATION][1], bytes);
        cr_expect(memcmp(id[0][QP_TRAINING][0], id[0][QP_TRAINING][1], bytes) != 0, "passes differ");
        cr_expect_arr_eq(id[0][QP_TRAINING], id[1][QP_TRAINING], sizeof id[0][0] / 60 * 40);
        cr_expect(memcmp(id[0][QP_TRAINING][0], id[2][QP_TRAINING][0], bytes) != 0, "seeds differ");
        cr_expect_arr_eq(id[0][QP_VALIDATION][0], id[2][QP_VALIDATION][0], bytes);
    }
}

/* Bits per character follow from the loss per token, unless lines were cut. */
Test(train_text, bits_per_character)
{
    static const struct {
        const char *metric;
        int64_t cut;
        int added;
    } row[] = {{"loss", 0, 1}, {"loss", 1, 0}, {"bleu", 0, 0}, {NULL, 0, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_data data = {
            .corpus[QP_VALIDATION].statistics = {.cut = row[i].cut, .target = {.tokens = 30, .characters = 120}}};
        qp_metrics metrics = {0};
        if (row[i].metric) qp_metrics_add(&metrics, row[i].metric, 2);
        int before = metrics.count;
        cr_assert_eq(qp_text_measure(&data, 1, &metrics), QP_OK);
        cr_assert_eq(metrics.count, before + row[i].added, "row %zu", i);
        if (!row[i].added) continue;
        cr_expect_str_eq(metrics.entry[1].name, "bits-per-character");
        cr_expect_float_eq(metrics.entry[1].value, 2 * 30. / 120 / log(2), 1e-12);
    }
}

static char *printed(const qp_train_data *data)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    cr_assert(stream != NULL);
    qp_text_print_corpora(data, stream);
    fclose(stream);
    return text;
}

/* What a corpus has is said; what it has none of is not. */
Test(train_text, lines_about_the_corpora)
{
    static const struct {
        qp_corpus_statistics f;
        bool answers;
        const char *line;
    } row[] = {
        {{.lines = 5, .target.tokens = 9}, false, "5 lines, 9 target tokens"},
        {{.lines = 5, .target.tokens = 9, .source.tokens = 1}, false, "5 lines, 1 source tokens, 9 target tokens"},
        {{.lines = 5, .target.tokens = 9, .source.tokens = 8}, true, "5 lines, 8 source tokens, 9 answers"},
        {{.lines = 5, .target.tokens = 9, .empty = 1}, false, "5 lines, 9 target tokens; 1 empty left out"},
        {{.lines = 5, .target.tokens = 9, .skipped = 1, .cut = 1},
         false,
         "5 lines, 9 target tokens; 1 longer than --max-length left out; 1 cut to --max-length"},
        {{.lines = 5, .target.tokens = 9, .unseen = 1},
         true,
         "5 lines, 9 answers; 1 labels that are not in the training data"},
        {{.lines = 5, .target = {.tokens = 1000, .unknown = 1}}, false, "5 lines, 1000 target tokens"},
        {{.lines = 5, .target = {.tokens = 1000, .unknown = 2}},
         false,
         "5 lines, 1000 target tokens; 0.2 % of the target tokens are unknown"},
        {{.lines = 5, .target.tokens = 9, .source = {.tokens = 4, .unknown = 1}},
         false,
         "5 lines, 4 source tokens, 9 target tokens; 25.0 % of the source tokens are unknown"},
        {{.lines = 5, .target = {.tokens = 9, .unknown = 3}}, true, "5 lines, 9 answers"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char expected[300];
        qp_train_data data = {.has_valid = true, .corpus[QP_TRAINING].statistics = {.lines = 7, .target.tokens = 3}};
        data.corpus[QP_VALIDATION] = (qp_corpus){.answers = row[i].answers, .statistics = row[i].f};
        char *text = printed(&data);
        snprintf(expected, sizeof expected, "training   7 lines, 3 target tokens\nvalidation %s\n", row[i].line);
        cr_expect_str_eq(text, expected, "row %zu: %s", i, text);
        free(text);
        data.has_valid = false;
        data.corpus[QP_TRAINING].statistics.target.unknown = 3;
        text = printed(&data);
        cr_expect_str_eq(text, "training   7 lines, 3 target tokens\n", "all its words make the vocabulary");
        free(text);
    }
}
