#include <math.h>

#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"

/* Training on 80 lines of syllables gives the pieces and scores of sentencepiece 0.2.3 (normalization_rule_name
 * identity): the same ones of words, characters and merges; of unigram all but two, which ties decide (its sums are
 * floats, ours doubles), so that the order here is ours. */

TestSuite(like_sentencepiece);

enum { LINES = 80 };

typedef struct {
    unsigned state;
    int next;
    char line[400];
} corpus;

static int draw(corpus *c, int count)
{
    c->state = (c->state * 75 + 74) % 65537;
    return (int)(c->state % (unsigned)count);
}

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    static const char *const syllable[] = {"ka", "lo", "mi", "tu", "re", "san", "po", "ne"};
    corpus *c = self;
    *line = NULL;
    *bytes = 0;
    if (c->next++ == LINES) return QP_OK;
    c->line[0] = '\0';
    int words = 2 + draw(c, 5);
    for (int w = 0; w < words; w++) {
        int syllables = 1 + draw(c, 3);
        if (w) strcat(c->line, " ");
        for (int s = 0; s < syllables; s++) {
            int one = draw(c, 8), other = draw(c, 8);
            strcat(c->line, syllable[one < other ? one : other]);
        }
    }
    *line = c->line;
    *bytes = strlen(c->line);
    return QP_OK;
}

/* The pieces after <unk> <s> </s>, separated by blanks, and the sum of their scores. */
static void check(qp_sentencepiece_config config, const char *pieces, double sum)
{
    static const qp_sentencepiece_symbols none;
    corpus c = {.state = 7};
    qp_sentencepiece *m;
    char *content, made[4096] = "";
    size_t bytes;
    double total = 0;
    cr_assert_eq(qp_sentencepiece_train(&config, &none, next_line, &c, &content, &bytes), QP_OK, "%s",
                 qp_error_message());
    cr_assert_eq(qp_sentencepiece_read("trained", content, bytes, &m), QP_OK, "%s", qp_error_message());
    for (int32_t id = 3; id < m->vocabulary.count; id++) {
        const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        snprintf(made + strlen(made), sizeof made - strlen(made), "%s%.*s", id > 3 ? " " : "", (int)bytes, text);
        total += (double)m->score[id];
    }
    cr_expect_str_eq(made, pieces, "%s", made);
    cr_expect_float_eq(total, sum, 2e-4 * fabs(sum), "%g", total);
    qp_sentencepiece_free(m);
    free(content);
}

static qp_sentencepiece_config options(int type, int64_t size)
{
    qp_sentencepiece_config config;
    qp_config_defaults(&qp_sentencepiece_fields, &config);
    config.model_type = type;
    config.vocab_size = size;
    config.normalization_rule_name = QP_SPM_IDENTITY;
    return config;
}

Test(like_sentencepiece, unigram)
{
    check(options(QP_SPM_TRAIN_UNIGRAM, 60),
          "▁lo ▁ka ▁mi ka ▁san lo ▁re ▁po mi tu ▁tu ▁mimi re san ▁lolo ▁tuka po ▁loka ▁ne ▁lotu ▁milo ▁kaka ▁lore "
          "▁mika ▁reka ne ▁katu ▁kalo ▁kami ▁tumi tumi ▁mire ▁sanka ▁kasan ▁lotutu ▁tupo ▁rere lomi ▁mipo ▁losan mika "
          "▁miloka ▁lomi p s r n e u t m i l k o a ▁",
          -288.924156);
    check(options(QP_SPM_TRAIN_UNIGRAM, 40),
          "ka ▁lo ▁mi ▁ka lo ▁san san tu ▁re mi ▁po re ▁tu po ▁mimi ▁lolo ▁tuka ▁ne ▁lotu ▁mika ▁loka ▁kaka ▁lore p s "
          "r n e u t m i l k o a ▁",
          -165.473);
}

Test(like_sentencepiece, bpe)
{
    check(options(QP_SPM_TRAIN_BPE, 60),
          "ka lo mi tu ▁lo re ▁mi an san ▁ka ▁tu po ▁re ▁san ▁po ▁lotu ▁mimi ne ▁lolo ▁loka ▁mika ▁milo ▁kaka ▁tuka "
          "▁ne ▁kalo ▁katu ▁lomi ▁lore ▁kami ▁reka ▁relo ▁kasan ▁mire ▁mitu ▁tumi ▁sanka ▁rere ▁losan loka sanka "
          "▁mipo ▁remi ▁ a o k l i m t u e n r s p",
          -1596);
}

Test(like_sentencepiece, words_and_characters)
{
    check(options(QP_SPM_TRAIN_WORD, 50),
          "▁ka ▁lo ▁mi ▁san ▁mimi ▁po ▁re ▁tu ▁loka ▁kaka ▁lolo ▁lotu ▁mika ▁tuka ▁milo ▁reka ▁kalo ▁kami ▁katu "
          "▁lokaka ▁lore ▁lotusan ▁lotutu ▁miloka ▁mipo ▁mire ▁mitumi ▁remi ▁sanka ▁kakalo ▁kalomi ▁kasanre ▁katumi "
          "▁loloka ▁lomi ▁lomitu ▁losan ▁mikaka ▁mikalo ▁neka ▁nere ▁relolo ▁rere ▁retu ▁sanmika ▁sansan ▁santu",
          -212.276991);
    check(options(QP_SPM_TRAIN_CHAR, 20), "▁ a o k l i m t u e n r s p", -39.097616);
}
