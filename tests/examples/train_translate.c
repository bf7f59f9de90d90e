/* train_translate - train a small Transformer that reverses digits, save it, open it, translate with it.
 * cc train_translate.c $(pkg-config --cflags --libs quipu) */
#include <quipu/quipu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 400, DIGITS = 4 };

/* Lines "1 2 3 4 TAB 4 3 2 1". */
static void write_pairs(FILE *file)
{
    for (unsigned i = 0, x = 1; i < PAIRS; i++) {
        char digit[DIGITS];
        for (int k = 0; k < DIGITS; k++) {
            x = x * 1103515245u + 12345u;
            digit[k] = (char)('0' + (x >> 16) % 6);
        }
        for (int k = 0; k < DIGITS; k++) fprintf(file, "%s%c", k ? " " : "", digit[k]);
        for (int k = DIGITS; k-- > 0;) fprintf(file, "%s%c", k == DIGITS - 1 ? "\t" : " ", digit[k]);
        fputc('\n', file);
    }
}

static int show(void *unused, const quipu_progress *progress)
{
    (void)unused;
    if (progress->reported) printf("update %lld  loss %.3f\n", (long long)progress->update, progress->loss);
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
        "train", "reverse.tsv", "model", "reverse.safetensors", "tokenizer", "space", "layers", "1", "emb-size", "32",
        "ff-size", "64", "heads", "2", "batch-size", "512", "dropout", "0", "lr", "0.01", "lr-warmup", "20",
        "steps", "300", "disp-freq", "100", "overwrite", "true", NULL};
    static const char *const text[] = {"1 2 3 4", "5 0 2 1"};
    quipu_training training = {.size = sizeof training, .option = option, .progress = show};
    FILE *file = fopen("reverse.tsv", "w");
    if (!file) return 1;
    write_pairs(file);
    fclose(file);
    check(quipu_train(&training, NULL, NULL));

    quipu_package *package;
    quipu_translations *translations;
    check(quipu_open("reverse.safetensors", &package));
    check(quipu_translate(package, text, 2, NULL, &translations));
    for (int i = 0; i < 2; i++)
        printf("%s -> %s (ln P %.3f)\n", text[i], quipu_translations_text(translations, i, 0),
               quipu_translations_log_probability(translations, i, 0));
    int right = strcmp(quipu_translations_text(translations, 0, 0), "4 3 2 1") == 0 &&
                strcmp(quipu_translations_text(translations, 1, 0), "1 2 0 5") == 0;

    quipu_maps *maps;
    check(quipu_attend(package, text[0], NULL, NULL, &maps));
    quipu_map_size size = quipu_maps_size(maps, QUIPU_CROSS_MAP);
    printf("cross attention: %d layers, %d heads, %d x %d\n", size.layers, size.heads, size.rows, size.columns);
    check(quipu_maps_save(maps, "reverse.svg"));
    quipu_maps_free(maps);
    quipu_translations_free(translations);
    quipu_close(package);
    return right ? 0 : 1;
}
