#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_rules.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"

typedef struct {
    const char *const *line;
    size_t count, next;
} lines;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    lines *l = self;
    *line = l->next < l->count ? l->line[l->next++] : NULL;
    *bytes = *line ? strlen(*line) : 0;
    return QP_OK;
}

static qp_status train(const qp_sentencepiece_config *config, const qp_sentencepiece_symbols *symbols,
                       const char *const *line, size_t count, qp_sentencepiece **model)
{
    static const qp_sentencepiece_symbols none;
    lines l = {line, count, 0};
    char *content;
    size_t bytes;
    QP_TRY(qp_sentencepiece_train(config, symbols ? symbols : &none, next_line, &l, &content, &bytes));
    qp_status status = qp_sentencepiece_read("trained", content, bytes, model);
    free(content);
    return status;
}

static const char *pieces(const qp_sentencepiece *m)
{
    static char out[4096];
    size_t made = 0;
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        made += (size_t)snprintf(out + made, sizeof out - made, "%s%.*s", id ? " " : "", (int)bytes, text);
    }
    return out;
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

static void expect_pieces(const qp_sentencepiece_config *config, const qp_sentencepiece_symbols *symbols,
                          const char *line, const char *wanted)
{
    const char *const three[] = {line, line, line};
    qp_sentencepiece *m;
    cr_assert_eq(train(config, symbols, three, 3, &m), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(pieces(m), wanted);
    qp_sentencepiece_free(m);
}

/* Lists that sentencepiece 0.2.3 gives; pairs of frequency 0 fill the last places. */
Test(sentencepiece_trainer, bpe_as_sentencepiece)
{
    qp_sentencepiece_config c = options(QP_SPM_TRAIN_BPE, 15);
    expect_pieces(&c, NULL, "abc abd abc", "<unk> <s> </s> ab ▁ab ▁abc ▁abd bc bd ▁a a b ▁ c d");
    c.vocab_size = 9;
    expect_pieces(&c, NULL, "aaaa aaa", "<unk> <s> </s> aa ▁aa ▁aaa ▁aaaa a ▁");
    c.vocab_size = 14;
    expect_pieces(&c, NULL, "ae\u0301 e\u0301a",
                  "<unk> <s> </s> e\u0301 ▁a e\u0301a ▁ae\u0301 ▁e\u0301a ae \u0301a a e \u0301 ▁");
    c.vocab_size = 30;
    c.hard_vocab_limit = 0;
    c.required_chars[0] = 'z';
    c.required_chars[1] = 'q';
    c.required_chars[2] = '\0';
    static const char *const control[] = {"th"}, *const user[] = {"cat", "<s>"};
    qp_sentencepiece_symbols symbols = {control, user, 1, 2};
    expect_pieces(&c, &symbols, "the cat the cats", "<unk> <s> </s> th cat ▁ e s q z");
}

/* A user-defined symbol counts as a character: without it, c would be the 0.5 % that need a piece too. */
Test(sentencepiece_trainer, symbols_count_for_the_coverage)
{
    static const char *const user[] = {"x"};
    static const char *line[41];
    for (int i = 0; i < 40; i++) line[i] = "xxxx ab";
    line[40] = "c";
    qp_sentencepiece_config c = options(QP_SPM_TRAIN_BPE, 9);
    qp_sentencepiece *m;
    c.character_coverage = 0.995;
    cr_assert_eq(train(&c, &(qp_sentencepiece_symbols){NULL, user, 0, 1}, line, 41, &m), QP_OK);
    cr_assert_str_eq(pieces(m), "<unk> <s> </s> x ab ▁ab ▁ a b");
    qp_sentencepiece_free(m);
}

static int longest_piece(const qp_sentencepiece *m)
{
    size_t longest = 0, bytes;
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        qp_vocabulary_text(&m->vocabulary, id, &bytes);
        if (bytes > longest) longest = bytes;
    }
    return (int)longest;
}

/* A line of 300 letters that is there three times becomes one piece, if pieces may be that long. */
Test(sentencepiece_trainer, pieces_of_hundreds_of_characters)
{
    char text[301] = {0};
    const char *const line[] = {text, text, text};
    for (int i = 0; i < 300; i++) text[i] = (char)('a' + (i * i + i / 7) % 23);
    for (int type = QP_SPM_TRAIN_UNIGRAM; type <= QP_SPM_TRAIN_BPE; type++) {
        qp_sentencepiece_config c = options(type, 2000);
        c.hard_vocab_limit = 0;
        for (int length = 16; length <= 512; length += 496) {
            qp_sentencepiece *m;
            c.max_sentencepiece_length = length;
            cr_assert_eq(train(&c, NULL, line, 3, &m), QP_OK, "%s", qp_error_message());
            if (length == 16)
                cr_expect_leq(longest_piece(m), 18); /* a space is three bytes */
            else
                cr_expect_gt(longest_piece(m), type == QP_SPM_TRAIN_BPE ? 290 : 100, "%d", longest_piece(m));
            qp_sentencepiece_free(m);
        }
    }
}

Test(sentencepiece_trainer, sizes_that_cannot_be)
{
    static const char *const line[] = {"abc abd"};
    qp_sentencepiece *m;
    qp_sentencepiece_config c = options(QP_SPM_TRAIN_BPE, 6);
    cr_assert_eq(train(&c, NULL, line, 1, &m), QP_EUSAGE);
    c.vocab_size = 500;
    cr_assert_eq(train(&c, NULL, line, 1, &m), QP_EUSAGE);
    cr_assert_eq(train(&c, NULL, line, 0, &m), QP_EUSAGE);
    static const char *const user[] = {"a", "a"};
    qp_sentencepiece_symbols twice = {NULL, user, 0, 2};
    cr_assert_eq(train(&c, &twice, line, 1, &m), QP_EUSAGE);
    c.bos_id = 0;
    cr_assert_eq(train(&c, NULL, line, 1, &m), QP_EUSAGE);
}

Test(sentencepiece_trainer, unigram_gives_a_model_that_encodes)
{
    static const char *const line[] = {"the cat sat on the mat", "the dog sat on the log", "a cat and a dog sat"};
    qp_sentencepiece *m;
    qp_encoding list = {0};
    qp_sentencepiece_config c = options(QP_SPM_TRAIN_UNIGRAM, 20);
    cr_assert_eq(train(&c, NULL, line, 3, &m), QP_OK, "%s", qp_error_message());
    cr_assert_eq(m->vocabulary.count, 20);
    for (int32_t id = 4; id < 20; id++) cr_assert_leq(m->score[id], m->score[id - 1]);
    cr_assert_eq(qp_sentencepiece_encode(m, "the cat", 7, &list), QP_OK);
    cr_assert(list.count < 8);
    for (int i = 0; i < list.count; i++) cr_assert_neq(list.id[i], m->unknown_id);
    qp_encoding_free(&list);
    qp_sentencepiece_free(m);
}

static void expect_rule(const qp_charsmap *map, const char *text, const char *wanted)
{
    const char *out;
    size_t out_bytes, used = qp_charsmap_longest(map, text, strlen(text), &out, &out_bytes);
    cr_assert_eq(used, wanted ? strlen(text) : 0, "%s", text);
    if (wanted) cr_assert(out_bytes == strlen(wanted) && memcmp(out, wanted, out_bytes) == 0, "%s", text);
}

Test(sentencepiece_trainer, rules)
{
    qp_charsmap map;
    cr_assert_eq(qp_sentencepiece_rules(QP_SPM_NMT_NFKC, &map), QP_OK);
    expect_rule(&map, "\uFF21", "A");
    expect_rule(&map, "e\u0301", "\u00E9");
    expect_rule(&map, "ㄱㅏ", "가");
    expect_rule(&map, "\t", " ");
    expect_rule(&map, "\x01", "");
    expect_rule(&map, "\uFF5E", NULL);
    expect_rule(&map, "A", NULL);
    expect_rule(&map, "\U0001CCD7", "B"); /* Unicode 16 */
    expect_rule(&map, "\U0001611E\U0001611E\U0001611F", "\U00016126");
    expect_rule(&map, "\U000105C9", NULL);
    cr_assert_neq(map.unit[0], 0, "sentencepiece 0.2.3 refuses it");
    cr_assert_lt(4 * map.unit_count + map.replacement_bytes, 250000); /* sentencepiece's own: 240003 */
    qp_charsmap_free(&map);
    cr_assert_eq(qp_sentencepiece_rules(QP_SPM_NFKC_CF, &map), QP_OK);
    expect_rule(&map, "A", "a");
    expect_rule(&map, "\u1E9E", "ß");
    expect_rule(&map, "\U00016EB8", "\U00016ED3"); /* Unicode 17 */
    expect_rule(&map, "\uA7CB", "\u0264");
    expect_rule(&map, "\t", NULL);
    qp_charsmap_free(&map);
}
