#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/model/config/model_config.h"
#include "tests/cli/small_model.h"
#include "tests/sanitized.h"

/* The model file has the same bytes for 1, 2, 3 and 4 threads: every task with every encoder and decoder that it can
 * have, and every option that draws random numbers or changes the order of the data. */

enum { LINES = 40, WORDS = 64, THREADS = 4, FILE_BYTES = 1 << 20 };

static void write_data(void)
{
    static char text[6][16384];
    size_t used[6] = {0};
#define PUT(file, ...)                                                                                                 \
    used[file] += (size_t)snprintf(text[file] + used[file], sizeof text[file] - used[file], __VA_ARGS__)
    PUT(4, "day,temp,wind\n");
    for (int i = 0; i < LINES; i++) {
        int words = 2 + i * 7 % 5;
        PUT(2, "%s\t", i % 3 ? i % 3 == 1 ? "low" : "mid" : "high");
        for (int j = 0; j < words; j++) {
            int word = (i * 5 + j * 3) % 11;
            PUT(0, "%sw%d", j ? " " : "", word);
            PUT(1, "%sv%d", j ? " " : "", (word * 3 + 1) % 11);
            PUT(2, "%sw%d", j ? " " : "", word);
            PUT(3, "w%d\t%s\n", word, word < 4 ? "O" : word < 8 ? "B-PER" : "B-LOC");
        }
        for (int file = 0; file < 4; file++) PUT(file, "\n");
        PUT(4, "%d,%d.5,%d\n", i, i * i % 17, i % 3);
        PUT(5, "0.%d\n", i % 10);
    }
    static const char *const name[] = {"source", "target", "texts", "words.conll", "days.csv", "weights"};
    for (int file = 0; file < 6; file++) small_file(name[file], text[file], used[file]);
}

static void set_up(void)
{
    small_model_write("unused.safetensors", false);
    write_data();
}

/* Hundreds of trainings, which take minutes under a sanitizer; other tests train each kind once. */
TestSuite(thread_bits, .init = set_up, .fini = small_model_clean, .disabled = SANITIZED);

/* ---- one row of the table ---- */

static size_t read_model(const char *path, char *bytes)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    size_t count = fread(bytes, 1, FILE_BYTES, file);
    fclose(file);
    cr_assert_lt(count, FILE_BYTES);
    return count;
}

/* Options, separated by blanks, added to those of every row. */
static int train(char *options, int threads)
{
    const char *word[WORDS] = {"train"};
    char number[8];
    int count = 1;
    snprintf(number, sizeof number, "%d", threads);
    for (char *rest = options, *one; (one = strsep(&rest, " "));)
        if (*one && count < WORDS - 4) word[count++] = one;
    word[count++] = "--threads";
    word[count++] = number;
    return small_run(qp_cmd_train, NULL, NULL, word);
}

static void check(const char *task, const char *options)
{
    static char first[FILE_BYTES], other[FILE_BYTES];
    size_t bytes = 0;
    for (int threads = 1; threads <= THREADS; threads++) {
        char all[1024];
        snprintf(
            all, sizeof all,
            "-q --overwrite -m m%d.safetensors --layers 1 --emb-size 8 --max-length 16 --dropout 0.2 "
            "--batch-type sentence --batch-size 20 --shard-rows 16 --steps 3 --valid-freq 2 --save-freq 0 %s %s %s %s",
            threads, strstr(options, "transformer") ? "--ff-size 8 --heads 2" : "",
            strstr(options, "ngram") ? "" : "--lr 0.01", task, options);
        cr_assert_eq(train(all, threads), 0, "%s %s: %s", task, options, small_err);
        char path[32];
        snprintf(path, sizeof path, "m%d.safetensors", threads);
        size_t size = read_model(path, threads == 1 ? first : other);
        if (threads == 1) bytes = size;
        cr_expect(size == bytes && (threads == 1 || memcmp(first, other, size) == 0), "%s %s: %d threads", task,
                  options, threads);
    }
}

/* ---- the kinds ---- */

/* Each name of a comma-separated list of choices. */
static bool next_choice(const char **rest, char name[32])
{
    size_t bytes = strcspn(*rest, ",");
    if (bytes == 0) return false;
    snprintf(name, 32, "%.*s", (int)bytes, *rest);
    *rest += bytes;
    *rest += strspn(*rest, ", ");
    return true;
}

typedef void per_kind(const char *task, const char *kinds);

/* `use` with "--SIDE kind", for every kind but none, n-grams and `without`; recurrent encoders both ways. (A decoder
 * that goes token by token is no qrnn.) */
static int each_kind(const char *side, const char *without, const char *task, const char *more, per_kind *use)
{
    int count = 0;
    char kind[32], options[256];
    const char *rest = qp_config_find(&qp_model_fields, side)->choices;
    while (next_choice(&rest, kind)) {
        qp_model_config config;
        if (strcmp(kind, "none") == 0 || strcmp(kind, "ngram") == 0 || strcmp(kind, without) == 0) continue;
        if (strcmp(kind, "bag") == 0 && !strstr(task, "classify")) continue;
        snprintf(options, sizeof options, "--%s %s %s", side, kind, more);
        use(task, options);
        count++;
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, side), &config, "test", kind), QP_OK);
        if (strcmp(side, "encoder") != 0 || !qp_model_kind_is_recurrent(config.encoder)) continue;
        snprintf(options, sizeof options, "--encoder %s --bidirectional %s", kind, more);
        use(task, options);
        count++;
    }
    return count;
}

#define TEXTS "--tokenizer word --train texts --valid texts"
#define PAIRS                                                                                                          \
    "--tokenizer word --train-src source --train-tgt target --valid-src source --valid-tgt target --valid-metrics "    \
    "loss"
#define LINES_OF_TEXT "--tokenizer word --train source --valid source"

Test(thread_bits, translate)
{
    cr_expect_geq(each_kind("encoder", "text-cnn", "--task translate " PAIRS, "--decoder gru", check), 8);
    cr_expect_geq(each_kind("encoder", "text-cnn", "--task translate " PAIRS, "--decoder transformer", check), 8);
    cr_expect_geq(each_kind("decoder", "qrnn", "--task translate " PAIRS, "--encoder gru --bidirectional", check), 4);
    cr_expect_geq(each_kind("decoder", "qrnn", "--task translate " PAIRS, "--encoder transformer", check), 4);
}

Test(thread_bits, translate_in_other_ways)
{
    static const char *const options[] = {
        "--encoder gru --decoder gru --attention luong-general --input-feeding --variational-dropout --learned-state",
        "--encoder gru --decoder transformer --rnn-norm --norm-type batch --ema 0.9",
        "--encoder gru --decoder gru --attention coverage --dropout 0.3",
        "--encoder gru --decoder gru --attention none --context-feeding --rnn-norm",
        "--encoder transformer --decoder transformer --layer-drop 0.3 --stochastic-depth 0.3 --input-noise 0.1",
        "--encoder transformer --decoder transformer --pos rope --gated-ff --kv-heads 1 --norm-type rms",
        "--encoder transformer --decoder transformer --accum 2 --accum-mean batches --weight-noise 0.01 --ema 0.9",
        "--encoder transformer --decoder transformer --experts 3 --ff-dropout 0.1 --ema 0.9",
        "--encoder gru --decoder transformer --scheduled-sampling 0.5",
        "--encoder transformer --decoder transformer --word-dropout-src 0.2 --word-dropout-tgt 0.2 --average 2"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) check("--task translate " PAIRS, options[i]);
}

Test(thread_bits, lm)
{
    cr_expect_geq(each_kind("decoder", "qrnn", "--task lm " LINES_OF_TEXT, "--encoder none", check), 4);
    check("--task lm " LINES_OF_TEXT, "--decoder lstm --lm-window 5");
    check("--task lm " LINES_OF_TEXT, "--decoder gru --lm-window 5 --carry");
    check("--task lm " LINES_OF_TEXT, "--decoder lstm --loss unlikelihood");
    check("--task lm " LINES_OF_TEXT, "--decoder ngram");
    check("--task lm --tokenizer word --train source:1,target:3 --valid source",
          "--decoder gru --lm-window 0 --curriculum 1");
}

Test(thread_bits, classify)
{
    cr_expect_geq(each_kind("encoder", "", "--task classify " TEXTS, "", check), 9);
    check("--task classify " TEXTS, "--encoder gru --pooling attention --mixup 0.3");
    check("--task classify " TEXTS, "--encoder gru --multi-label");
    check("--task classify " TEXTS, "--encoder gru --balanced-sampling --train-weights weights");
    static const char *const losses[] = {"focal", "hinge", "poly1", "z-loss", "confidence-penalty"};
    static const char *const encoders[] = {"gru --bidirectional --hidden-size 4", "conv", "text-cnn"};
    char options[100];
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        snprintf(options, sizeof options, "--encoder gru --loss %s", losses[i]);
        check("--task classify " TEXTS, options);
    }
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
        snprintf(options, sizeof options, "--encoder %s --highway", encoders[i]);
        check("--task classify " TEXTS, options);
    }
}

Test(thread_bits, tag)
{
    const char *task = "--task tag --tokenizer char --train words.conll --valid words.conll";
    cr_expect_geq(each_kind("encoder", "", task, "", check), 9);
    check(task, "--encoder lstm --word-layers 1");
}

Test(thread_bits, regress)
{
    const char *task = "--task regress --train days.csv --valid days.csv --column temp,wind --window 6 --horizon 2";
    cr_expect_geq(each_kind("encoder", "", task, "", check), 9);
    static const char *const losses[] = {"quantile", "log-cosh", "mae", "huber"};
    char options[100];
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        snprintf(options, sizeof options, "--encoder gru --loss %s", losses[i]);
        check(task, options);
    }
}

Test(thread_bits, autoencode)
{
    const char *task = "--task autoencode --valid-metrics loss " LINES_OF_TEXT;
    cr_expect_geq(each_kind("encoder", "text-cnn", task, "--decoder gru", check), 8);
    cr_expect_geq(each_kind("decoder", "qrnn", task, "--encoder lstm", check), 4);
    check(task, "--encoder gru --decoder gru --variational");
    check(task, "--encoder gru --decoder gru --codebook 6 --codes 2");
}

Test(thread_bits, mlm)
{
    cr_expect_geq(each_kind("encoder", "", "--task mlm --whole-words " LINES_OF_TEXT, "", check), 9);
}

Test(thread_bits, match)
{
    const char *task = "--task match --tokenizer word --train-src source --train-tgt target --valid-src source "
                       "--valid-tgt target";
    cr_expect_geq(each_kind("encoder", "", task, "", check), 9);
    static const char *const losses[] = {"triplet", "contrastive", "cosine"};
    char options[100];
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        snprintf(options, sizeof options, "--encoder gru --vector-size 5 --accum 2 --loss %s", losses[i]);
        check(task, options);
    }
}
