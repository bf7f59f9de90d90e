#include "lib/run/train_run.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/package/run/small_run.h"

/* What a prepared training has of its settings and data. */

TestSuite(train_run, .init = small_run_folder, .fini = small_run_clean);

Test(train_run, how_validations_translate)
{
    static const char *const beam[] = {"1", "3"}, *const lower[] = {"false", "true"};
    put("pairs", "a b c\tc b a\nb c a\ta c b\n");
    for (int i = 0; i < 2; i++) {
        const char *const option[] = {
            "train",           "pairs", "valid",      "pairs",  "tokenizer",     "word",      "decoder", "gru",
            "valid_beam_size", beam[i], "lower_case", lower[i], "valid_metrics", "bleu,loss", SMALL,     NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        cr_expect_eq(run.data.translations.beam_size, i ? 3 : 1);
        cr_expect_eq(run.data.translations.lower_case, i == 1);
        cr_expect_eq(run.data.translations.count, 2);
        qp_train_run_free(&run);
    }
}

static void same_pass(qp_train_run *run, int64_t epoch)
{
    const qp_corpus *corpus = &run->data.corpus[QP_VALIDATION];
    const qp_batch_source *batches = &run->data.batches[QP_VALIDATION];
    int64_t count, at = 0;
    cr_assert_eq(batches->begin(batches->self, epoch, &count), QP_OK, "%s", qp_error_message());
    for (int64_t b = 0; b < count; b++) {
        qp_batch batch;
        cr_assert_eq(batches->get(batches->self, b, 0, &batch), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < batch.source.sequences.count; i++, at++) {
            const int32_t *id = batch.source.id + batch.source.sequences.start[i];
            const int32_t *wanted = corpus->source.id + corpus->source.start[at];
            const int length = qp_sequence_length(batch.source.sequences, i);
            cr_assert_leq(length, corpus->source.start[at + 1] - corpus->source.start[at]);
            cr_expect_arr_eq(id, wanted, (size_t)length * sizeof *id, "text %d of pass %d", (int)at, (int)epoch);
        }
    }
    cr_expect_eq(at, corpus->sequences, "%d of %d texts in pass %d", (int)at, (int)corpus->sequences, (int)epoch);
}

/* Shares, balanced labels and a curriculum are for training: a validation reads each text once, in the file's order. */
Test(train_run, validations_read_every_text)
{
    put("many", "x\ta b\nx\tb a c\nx\tc\n");
    put("few", "y\tb\n");
    put("valid", "y\ta b c\nx\tb\nx\ta c\ny\tc b\nx\ta b\n");
    static const char *const choice[][4] = {{"train", "many:1,few:3", "balanced_sampling", "false"},
                                            {"train", "many,few", "balanced_sampling", "true"},
                                            {"train", "many,few", "curriculum", "4"}};
    for (int k = 0; k < 3; k++) {
        const char *const option[] = {"task",       "classify",   "valid",      "valid", "tokenizer", "word",
                                      "batch_type", "sentence",   "batch_size", "2",     SMALL,       choice[k][0],
                                      choice[k][1], choice[k][2], choice[k][3], NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        for (int64_t epoch = 0; epoch < 2; epoch++) same_pass(&run, epoch);
        qp_train_run_free(&run);
    }
}

/* A run cannot be resumed with other data: each part of them is in its fingerprint, the names of labels too. */
Test(train_run, the_fingerprint_follows_the_data)
{
    static const struct {
        const char *train, *valid;
        bool same; /* as the first */
    } row[] = {
        {"x\ta b\ny\tb a\n", "x\ta\n", true},  {"x\ta b\ny\tb a\n", "x\ta\n", true},
        {"x\ta b\nz\tb a\n", "x\ta\n", false}, {"y\ta b\nx\tb a\n", "x\ta\n", false},
        {"x\ta a\ny\tb b\n", "x\ta\n", false}, {"x\ta b\ny\tb a\n", "y\ta\n", false},
        {"x\ta b\ny\tb a\n", "x\tb\n", false}, {"x\ta b\ny\tb a\nx\ta\n", "x\ta\n", false},
    };
    static const char *const option[] = {"task",      "classify", "train", "train", "valid", "valid",
                                         "tokenizer", "word",     "lr",    "0.1",   SMALL,   NULL};
    static const char *const other[] = {"task",      "classify", "train", "train", "valid", "valid",
                                        "tokenizer", "word",     "lr",    "0.2",   SMALL,   NULL};
    char first[QP_FINGERPRINT_BYTES];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_run run;
        put("train", row[i].train);
        put("valid", row[i].valid);
        small_run_prepare(&run, option);
        if (i == 0) memcpy(first, run.fingerprint, sizeof first);
        cr_expect_eq(strcmp(first, run.fingerprint) == 0, row[i].same, "row %zu: %s, first %s", i, run.fingerprint,
                     first);
        qp_train_run_free(&run);
    }
    qp_train_run run;
    put("train", row[0].train);
    put("valid", row[0].valid);
    small_run_prepare(&run, other);
    cr_expect(strcmp(first, run.fingerprint) != 0, "another option");
    qp_train_run_free(&run);
}

/* Options that contradict each other are refused before any file is read. */
Test(train_run, options_that_do_not_combine)
{
    static const struct {
        const char *option[7], *said; /* NULL: the text is missed next */
    } row[] = {
        {{"task", "lm", "scheduled_sampling", "0.1", NULL}, "--scheduled-sampling is for decoders of --task translate"},
        {{"task", "translate", "scheduled_sampling", "0.1", NULL}, NULL},
        {{"task", "autoencode", "scheduled_sampling", "0.1", NULL}, NULL},
        {{"task", "classify", "loss", "focal", "label_smoothing", "0.1", NULL},
         "--label-smoothing is for --loss cross"},
        {{"task", "classify", "loss", "focal", "label_smoothing", "0", NULL}, NULL},
        {{"task", "classify", "loss", "cross-entropy", "label_smoothing", "0.1", NULL}, NULL},
        {{"task", "classify", "label_smoothing", "0.1", NULL}, NULL},
        {{"task", "regress", "loss", "mse", "label_smoothing", "0.1", NULL}, NULL},
        {{"task", "regress", "train", "t:0.5", NULL}, "rows of numbers are read in order"},
        {{"task", "classify", "patch", "2x2", "train", "t:0.5", NULL}, "rows of numbers are read in order"},
        {{"task", "classify", "train", "t:0.5", NULL}, NULL},
        {{"task", "classify", "train", "t", "valid", "t:0.5", NULL}, "validation reads each line once"},
        {{"task", "translate", "train_src", "t", "train_tgt", "t:2", NULL},
         "shares belong to the files of --train-src"},
        {{"task", "classify", "stream", "true", NULL}, "--stream is for --task lm, translate, autoencode and mlm"},
        {{"task", "tag", "stream", "true", NULL}, "--stream is for --task lm, translate, autoencode and mlm"},
        {{"task", "lm", "stream", "true", "carry", "true", NULL}, "--stream is for --task lm, translate, autoencode"},
        {{"task", "lm", "stream", "true", NULL}, NULL},
        {{"task", "mlm", "stream", "true", NULL}, NULL},
        {{"task", "translate", "stream", "true", NULL}, NULL},
        {{"task", "autoencode", "stream", "true", NULL}, NULL},
        {{"task", "translate", "time_limit", "soon", NULL}, "--time-limit"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_run run;
        cr_expect_neq(small_run_try(&run, row[i].option), QP_OK, "row %zu", i);
        const char *said = row[i].said;
        if (said)
            cr_expect(strstr(qp_error_message(), said), "row %zu: %s", i, qp_error_message());
        else
            cr_expect(strstr(qp_error_message(), "no training text") || strstr(qp_error_message(), "t: "),
                      "row %zu: %s", i, qp_error_message());
        qp_train_run_free(&run);
    }
}

/* What the trainer gets: losses with and without smoothing, a validation if there is one, a perplexity of texts. */
Test(train_run, what_the_trainer_gets)
{
    put("pairs", "a b\tb a\nb\ta\nc a\ta c\n");
    put("numbers", "y\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    static const char *const valid[] = {"none", "pairs"};
    for (int i = 0; i < 2; i++) {
        const char *const option[] = {"train",   "pairs", "valid", valid[i], "label_smoothing", "0.2", "decoder", "gru",
                                      "average", "2",     SMALL,   "lr_schedule", "noam", NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_trainer *t = &run.trainer;
        cr_expect_eq(t->valid != NULL, i == 1);
        cr_expect_eq(t->hooks.measure != NULL, i == 1);
        cr_expect_eq(run.data.has_valid, i == 1);
        cr_expect_float_eq(run.train_loss.smoothing, 0.2, 1e-6);
        cr_expect_eq(run.valid_loss.smoothing, 0);
        cr_expect(t->asks_average && !t->no_perplexity);
        cr_expect(!t->folder && !t->model_path && !t->hooks.begin && !t->start_over);
        cr_expect_eq(run.settings->schedule.lr_width, 8, "the model's, where no other was given");
        cr_expect(strstr(small_run_notes, "model      "), "%s", small_run_notes);
        qp_train_run_free(&run);
    }
    static const char *const series[] = {"task", "regress", "train", "numbers",  "valid", "none", "window",
                                         "2",    "decoder", "none",  "lr_width", "5",     SMALL,  NULL};
    static const char *const match[] = {"task", "match", "train",         "pairs",     "valid", "none", "decoder",
                                        "none", "model", "m.safetensors", "overwrite", "true",  SMALL,  NULL};
    qp_train_run run;
    small_run_prepare(&run, series);
    cr_expect(run.trainer.no_perplexity && !run.trainer.asks_average);
    cr_expect_eq(run.settings->schedule.lr_width, 5);
    qp_train_run_free(&run);
    small_run_prepare(&run, match);
    cr_expect(run.trainer.no_perplexity && run.trainer.start_over);
    cr_expect_str_eq(run.trainer.model_path, "m.safetensors");
    qp_train_run_free(&run);
}

/* Updates of a run: batches by --accum, rounded up; with a curriculum the first passes are shorter. */
Test(train_run, updates_of_a_run)
{
    static const struct {
        const char *accum, *curriculum, *epochs;
        int64_t total; /* of 8 batches in a whole pass */
    } row[] = {{"1", "0", "3", 24}, {"2", "0", "3", 12}, {"3", "0", "3", 9},
               {"9", "0", "3", 3},  {"1", "1", "3", 21}, /* 4, 8, 8: 6.67 in the mean */
               {"1", "3", "3", 12},                      /* 2, 4, 6 */
               {"1", "7", "3", 6},                       /* 1, 2, 3 */
               {"2", "1", "2", 6}};
    put("pairs", "a\ta\nb\tb\na\tb\nb\ta\na\ta\nb\tb\na\tb\nb\ta\n");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {"train",      "pairs",      "valid",           "none",       "decoder",
                                      "gru",        "batch_type", "sentence",        "batch_size", "1",
                                      "tokenizer",  "word",       "lr_schedule",     "cosine",     "accum",
                                      row[i].accum, "curriculum", row[i].curriculum, SMALL,        "steps",
                                      "0",          "epochs",     row[i].epochs,     NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        cr_expect_eq(run.settings->schedule.lr_total, row[i].total, "row %zu: %d", i,
                     (int)run.settings->schedule.lr_total);
        qp_train_run_free(&run);
    }
}

/* Adapters need a model to adapt, and --lora-alpha is the rank where it was not given. */
Test(train_run, adapters)
{
    put("pairs", "a b\tb a\nb\ta\nc a\ta c\n");
    static const char *const whole[] = {"train",   "pairs",       "valid",  "none", "encoder",  "transformer",
                                        "decoder", "transformer", "layers", "1",    "emb_size", "8",
                                        "heads",   "2",           "steps",  "2",    NULL};
    static const char *const alone[] = {"train", "pairs", "valid", "none", "encoder", "transformer", "lora", "2", NULL};
    static const char *const lora[] = {"train",         "pairs", "valid", "none",  "init_from",
                                       "w.safetensors", "lora",  "2",     "steps", "2",
                                       "lora_alpha",    "0",     NULL};
    static const char *const alpha[] = {"train",         "pairs", "valid", "none",  "init_from",
                                        "w.safetensors", "lora",  "2",     "steps", "2",
                                        "lora_alpha",    "5",     NULL};
    qp_train_run run;
    small_run_prepare(&run, whole);
    cr_assert_eq(qp_package_save(run.data.package, "w.safetensors"), QP_OK, "%s", qp_error_message());
    qp_train_run_free(&run);
    cr_expect_eq(small_run_try(&run, alone), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "name it with --init-from FILE"), "%s", qp_error_message());
    qp_train_run_free(&run);
    for (int i = 0; i < 2; i++) {
        small_run_prepare(&run, i ? alpha : lora);
        cr_expect_eq(run.data.package->lora_alpha, i ? 5 : 2);
        cr_expect_str_eq(run.data.package->base, "w.safetensors");
        qp_train_run_free(&run);
    }
}
