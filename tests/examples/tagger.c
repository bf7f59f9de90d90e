/* tagger - train a bidirectional LSTM that tags words, on CoNLL columns in memory, and tag a sentence.
 * cc tagger.c $(pkg-config --cflags --libs quipu) */
#include <quipu/quipu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const word[][3] = {{"the", "a", "this"}, {"cat", "dog", "bird"}, {"sees", "likes", "hears"}};
static const char *const tag[] = {"DET", "NOUN", "VERB"};

/* Sentences DET NOUN VERB DET NOUN of all words in turn. */
static char *make_corpus(void)
{
    static const int kind[] = {0, 1, 2, 0, 1};
    char *text = calloc(243, 5 * 16), *at = text;
    for (int i = 0; text && i < 243; i++) {
        for (int k = 0, rest = i; k < 5; k++, rest /= 3)
            at += sprintf(at, "%s\t%s\n", word[kind[k]][rest % 3], tag[kind[k]]);
        at += sprintf(at, "\n");
    }
    return text;
}

static void note(void *unused, const char *line)
{
    (void)unused;
    puts(line);
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
        "task", "tag", "encoder", "lstm", "bidirectional", "true", "enc-layers", "1", "tokenizer", "word", "emb-size",
        "16", "hidden-size", "16", "dropout", "0", "batch-size", "256", "lr", "0.02", "lr-schedule", "constant",
        "lr-warmup", "0", "steps", "60", NULL};
    static const char *const sentence[] = {"this", "dog", "hears", "a", "bird"};
    static const char *const expected[] = {"DET", "NOUN", "VERB", "DET", "NOUN"};
    char *corpus = make_corpus();
    quipu_training training = {.size = sizeof training, .option = option, .train_text = corpus, .note = note};
    quipu_package *package;
    int label[5], wrong = 0;
    float probability[5];
    check(quipu_train(&training, &package, NULL));
    check(quipu_tag(package, sentence, 5, NULL, label, probability));
    for (int i = 0; i < 5; i++) {
        printf("%s/%s (%.2f) ", sentence[i], quipu_label(package, label[i]), probability[i]);
        wrong += strcmp(quipu_label(package, label[i]), expected[i]) != 0;
    }
    putchar('\n');

    float *vector;
    int width;
    static const char *const text[] = {"the cat sees a dog"};
    check(quipu_embed(package, text, 1, NULL, &vector, &width));
    printf("sentence vector of %d numbers: %.3f %.3f ...\n", width, vector[0], vector[1]);
    quipu_free(vector);
    quipu_close(package);
    free(corpus);
    return wrong == 0 && width > 0 ? 0 : 1;
}
