#include "lib/decode/token_place.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/decode/decode_support.h"

/* A codec of letters: a token is a letter with the space before it, an unknown letter is "<unk>". Known: a..m. */
static qp_status encode_letters(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    (void)self;
    *id = malloc((bytes + 1) * sizeof **id);
    *count = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == ' ') continue;
        bool space = i > 0 && text[i - 1] == ' ';
        (*id)[(*count)++] = text[i] > 'm' ? QP_UNK : 4 + (text[i] - 'a') + (space ? 13 : 0);
    }
    return QP_OK;
}

static qp_status decode_letters(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    (void)self;
    *text = calloc((size_t)count * 5 + 1, 1);
    *bytes = 0;
    for (int i = 0; i < count; i++) {
        if (id[i] < QP_UNK) continue;
        char letter[8] = "<unk>";
        if (id[i] > QP_UNK) {
            int place = id[i] - 4;
            snprintf(letter, sizeof letter, "%s%c", place < 13 ? "" : " ", 'a' + place % 13);
        }
        strcat(*text, letter);
        *bytes = strlen(*text);
    }
    return QP_OK;
}

static const qp_text_codec letters = {.vocabulary_size = 30, .encode = encode_letters, .decode = decode_letters};
enum { A = 4, A_SPACED = 17 };

Test(token_place, words_and_their_tokens)
{
    const char text[] = "  ab \xC2\xA0 xyc\td ";
    const qp_line line = {text, sizeof text - 1};
    qp_line *word;
    int words;
    cr_assert_eq(qp_words_split(line.text, line.bytes, &word, &words), QP_OK);
    cr_assert(words == 3 && word[0].text == text + 2 && word[0].bytes == 2 && word[1].bytes == 3 && word[2].bytes == 1);
    free(word);
    cr_assert_eq(qp_words_split("", 0, &word, &words), QP_OK);
    cr_assert_eq(words, 0);
    free(word);

    const qp_line plain = {"ab xyc d", 8};
    int32_t of_word[9];
    cr_assert_eq(qp_words_split(plain.text, plain.bytes, &word, &words), QP_OK);
    cr_assert_eq(qp_words_of_source(&letters, &plain, word, words, 7, of_word), QP_OK);
    const int32_t expected[] = {0, 0, 1, 1, 1, 2, 3};
    cr_assert_arr_eq(of_word, expected, sizeof expected);
    cr_assert_eq(qp_words_of_source(&letters, &plain, word, words, 4, of_word), QP_OK); /* a line that was cut */
    const int32_t cut[] = {0, 0, 1, 3};
    cr_assert_arr_eq(of_word, cut, sizeof cut);
    free(word);
}

/* "ab c" from the source "d ef": two target words, two source words, an end each. */
Test(token_place, weights_of_words)
{
    int32_t id[] = {A, A + 1, A_SPACED + 2, QP_EOS};
    qp_real attention[] = {.1f, .2f, .3f, .4f, .5f, .1f, .1f, .3f, 0, .25f, .5f, .25f, 0, 0, 0, 1};
    const qp_hypothesis found = {.id = id, .attention = attention, .count = 4};
    const qp_line line = {"d ef", 4};
    qp_word_alignment made;
    cr_assert_eq(qp_word_alignment_init(&letters, &line, 4, &letters, &found, &made), QP_OK);
    cr_assert(made.sources == 3 && made.targets == 3);
    const double expected[] = {.3, .35, .35, 0, .75, .25, 0, 0, 1};
    for (int i = 0; i < 9; i++) cr_assert_float_eq(made.weight[i], expected[i], 1e-6, "%d: %g", i, made.weight[i]);
    qp_word_alignment_free(&made);
}

static void copies(const int32_t *id, int count, const int *attended, const char *expected)
{
    const qp_line line = {"zo dog", 6};
    qp_real attention[8 * 6] = {0};
    for (int t = 0; t < count; t++) attention[t * 6 + attended[t]] = 1;
    const qp_hypothesis found = {.id = (int32_t *)(uintptr_t)id, .attention = attention, .count = count};
    char *text;
    size_t bytes;
    cr_assert_eq(letters.decode(NULL, id, count, &text, &bytes), QP_OK);
    cr_assert_eq(qp_copy_unknown(&letters, &line, 6, &letters, &found, &text, &bytes), QP_OK);
    cr_assert_str_eq(text, expected);
    cr_assert_eq(bytes, strlen(expected));
    free(text);
}

Test(token_place, unknown_tokens_become_source_words)
{
    copies((int32_t[]){A, A_SPACED, QP_EOS}, 3, (int[]){0, 1, 5}, "a a");
    copies((int32_t[]){A, QP_UNK, A_SPACED, QP_EOS}, 4, (int[]){0, 1, 2, 5}, "azo a");
    copies((int32_t[]){QP_UNK, QP_UNK, A_SPACED}, 3, (int[]){0, 1, 2}, "zo a");
    copies((int32_t[]){QP_UNK, QP_UNK, QP_EOS}, 3, (int[]){4, 0, 5}, "dogzo");
    copies((int32_t[]){QP_UNK}, 1, (int[]){3}, "dog");
    copies((int32_t[]){QP_UNK, A, QP_UNK, A_SPACED, QP_UNK, QP_EOS}, 6, (int[]){0, 1, 2, 3, 0, 5}, "zoadog azo");
}
