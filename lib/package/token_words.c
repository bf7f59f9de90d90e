#include "lib/package/token_words.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/batch.h"

static const char SPACE_SIGN[] = "\xE2\x96\x81"; /* U+2581 */

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "n-grams: out of memory for the words of a tokenizer"); }

static bool is_special_name(const char *word)
{
    return strcmp(word, "<unk>") == 0 || strcmp(word, "<s>") == 0 || strcmp(word, "</s>") == 0;
}

/* Writes the word of one piece to `out` and returns the byte after its NUL. One byte becomes at most three. */
static char *put_word(char *out, const char *piece)
{
    for (; *piece; piece++) {
        unsigned char c = (unsigned char)*piece;
        if (c <= ' ') {
            *out++ = '\xE2';
            *out++ = '\x90';
            *out++ = (char)(0x80 + c);
        } else {
            *out++ = *piece;
        }
    }
    *out = '\0';
    return out + 1;
}

qp_status qp_token_words_init(const qp_tokenizer *tokenizer, qp_token_words *words)
{
    int count = qp_tokenizer_size(tokenizer);
    const qp_special_ids *special = qp_tokenizer_special(tokenizer);
    bool space = strcmp(qp_tokenizer_info(tokenizer).type, "space") == 0;
    size_t bytes = 0;
    for (int id = 0; id < count; id++) bytes += 3 * strlen(qp_tokenizer_piece(tokenizer, id)) + sizeof "<unk>";
    *words = (qp_token_words){.count = count,
                              .special = *special,
                              .text = malloc(bytes + 1),
                              .start = malloc(((size_t)count + 1) * sizeof *words->start)};
    if (!words->text || !words->start) {
        qp_token_words_free(words);
        return no_memory();
    }
    char *out = words->text;
    for (int id = 0; id < count; id++) {
        const char *piece = qp_tokenizer_piece(tokenizer, id);
        bool cut = space && strncmp(piece, SPACE_SIGN, sizeof SPACE_SIGN - 1) == 0;
        words->start[id] = (size_t)(out - words->text);
        char *end = put_word(out, cut ? piece + sizeof SPACE_SIGN - 1 : piece);
        bool no_word = id == special->unknown || (!qp_special_has(special, id) && (is_special_name(out) || !*out));
        if (no_word) end = put_word(out, "<unk>");
        out = end;
    }
    return QP_OK;
}

void qp_token_words_free(qp_token_words *words)
{
    free(words->text);
    free(words->start);
    *words = (qp_token_words){0};
}

int32_t *qp_token_words_find(const qp_token_words *words, const qp_ngram *ngram)
{
    int32_t *word = malloc(((size_t)words->count + 1) * sizeof *word);
    bool *taken = calloc((size_t)qp_ngram_vocabulary(ngram) + 1, sizeof *taken);
    for (int id = 0; word && taken && id < words->count; id++) {
        const char *text = qp_token_word(words, id);
        int32_t found = qp_special_has(&words->special, id) ? -1 : qp_ngram_find(ngram, text, strlen(text));
        word[id] = found <= 0 || taken[found] ? -1 : found; /* 0 is <unk> */
        if (word[id] > 0) taken[word[id]] = true;
    }
    if (!taken) {
        free(word);
        word = NULL;
    }
    free(taken);
    return word;
}
