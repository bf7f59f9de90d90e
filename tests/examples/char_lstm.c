/* char_lstm - train a character LSTM on a text in memory and let it continue a prompt, as in Karpathy 2015.
 * cc char_lstm.c $(pkg-config --cflags --libs quipu) */
#include <quipu/quipu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 200 };
static const char line[] = "the quick brown fox jumps over the lazy dog\n";

static int show(void *unused, const quipu_progress *progress)
{
    (void)unused;
    if (progress->reported) printf("update %lld  loss %.3f\n", (long long)progress->update, progress->loss);
    return 0;
}

/* Characters as they are made. */
static int print(void *unused, const char *text, size_t bytes)
{
    (void)unused;
    fwrite(text, 1, bytes, stdout);
    fflush(stdout);
    return 0;
}

static void check(quipu_status status)
{
    if (status == QUIPU_OK) return;
    fprintf(stderr, "%s\n", quipu_error_message());
    exit(1);
}

int main(void)
{
    static const char *const option[] = {
        "task", "lm", "tokenizer", "char", "decoder", "lstm", "dec-layers", "1", "emb-size", "32", "hidden-size", "64",
        "lm-window", "32", "batch-type", "sentence", "batch-size", "16", "lr", "0.01", "lr-schedule", "constant",
        "dropout", "0", "lr-warmup", "0", "steps", "150", "disp-freq", "50", NULL};
    static const char *const sampling[] = {"temp", "0", "tokens", "40", NULL};
    char *text = calloc(LINES, sizeof line), *continued;
    for (int i = 0; text && i < LINES; i++) strcat(text, line);
    quipu_training training = {.size = sizeof training, .option = option, .train_text = text, .progress = show};
    quipu_training_result result = {.size = sizeof result};
    quipu_options options = {.size = sizeof options, .option = sampling};
    quipu_package *package;
    check(quipu_train(&training, &package, &result));
    printf("%zu parameters, %lld updates, loss %.3f\nthe quick", quipu_parameters(package), (long long)result.updates,
           result.loss);
    check(quipu_generate(package, "the quick", &options, print, NULL, &continued));
    putchar('\n');
    int right = strncmp(continued, " brown fox jumps", 16) == 0;
    quipu_free(continued);
    quipu_close(package);
    free(text);
    return right ? 0 : 1;
}
