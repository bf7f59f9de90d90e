/* bpe_tokenizer - learn a BPE tokenizer from lines in memory, save and open it, encode and decode. Needs only
 * libquipu-tokenizer: cc bpe_tokenizer.c $(pkg-config --cflags --libs quipu-tokenizer) */
#include <quipu/tokenizer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const lines[] = {"low lower lowest", "new newer newest", "wide wider widest"};

/* Every line twenty times. */
static quipu_status next(void *self, const char **line, size_t *bytes)
{
    int *number = self;
    *line = *number < 60 ? lines[(*number)++ % 3] : NULL;
    *bytes = *line ? strlen(*line) : 0;
    return QUIPU_OK;
}

static void check(quipu_status status)
{
    if (status == QUIPU_OK) return;
    fprintf(stderr, "%s\n", quipu_error_message());
    exit(1);
}

int main(void)
{
    static const char *const option[] = {"type", "bpe", "vocab-size", "320", NULL};
    const char *text = "newest  low \xED\x95\x9C\n"; /* what was never seen is spelled in bytes */
    int number = 0;
    quipu_tokenizer_training training = {.size = sizeof training, .option = option, .next = next, .self = &number};
    quipu_tokenizer *learned, *tokenizer;
    quipu_encoding encoding = {.size = sizeof encoding};
    char *decoded;
    check(quipu_tokenizer_train(&training, &learned));
    check(quipu_tokenizer_save(learned, "tokenizer.json"));
    check(quipu_tokenizer_open("tokenizer.json", &tokenizer));
    check(quipu_tokenizer_encode(tokenizer, text, strlen(text), &encoding));
    printf("quipu %s, %d pieces\n", quipu_version(), quipu_tokenizer_size(tokenizer));
    for (int i = 0; i < encoding.count; i++)
        printf("%d %s %u-%u\n", encoding.id[i], quipu_tokenizer_piece(tokenizer, encoding.id[i]), encoding.begin[i],
               encoding.end[i]);
    check(quipu_tokenizer_decode(tokenizer, encoding.id, encoding.count, &decoded, NULL));
    int right = strcmp(decoded, text) == 0 && encoding.count < (int)strlen(text) &&
                quipu_tokenizer_id(tokenizer, quipu_tokenizer_piece(tokenizer, encoding.id[0])) == encoding.id[0];
    quipu_free(decoded);
    quipu_encoding_free(&encoding);
    quipu_tokenizer_close(tokenizer);
    quipu_tokenizer_close(learned);
    return right ? 0 : 1;
}
