#include "tokenizer/sentencepiece/sentencepiece_write.h"

#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"

/* sentencepiece_write — what a training decides is in its file, and in the file that is written of the model. */

/* A model of these options, "name=value name=value". */
static qp_sentencepiece *trained(const char *options)
{
    static const char *const line[] = {"the cat saw the dog 12", "a dog saw the cat", "the dog ran", "\uFB01 the 3"};
    static const char *const control[] = {"<mask>"}, *const user[] = {"saw", "og"};
    const qp_sentencepiece_symbols symbols = {control, user, 1, 2};
    qp_sentencepiece_config config;
    test_lines lines = {line, 4, 0};
    qp_sentencepiece *m;
    char *content, word[300], *rest = word;
    size_t bytes;
    qp_config_defaults(&qp_sentencepiece_fields, &config);
    snprintf(word, sizeof word, "%s", options);
    config.vocab_size = 300;
    config.hard_vocab_limit = false;
    config.normalization_rule_name = QP_SPM_IDENTITY;
    for (char *name; (name = strtok_r(rest, " ", &rest));) {
        char *value = strchr(name, '=');
        *value++ = '\0';
        cr_assert_eq(qp_config_set(qp_config_find(&qp_sentencepiece_fields, name), &config, "test", value), QP_OK, "%s",
                     qp_error_message());
    }
    cr_assert_eq(qp_sentencepiece_train(&config, &symbols, test_next_line, &lines, &content, &bytes), QP_OK, "%s: %s",
                 options, qp_error_message());
    cr_assert_eq(qp_sentencepiece_read("trained", content, bytes, &m), QP_OK, "%s", qp_error_message());
    free(content);
    return m;
}

static char *normal_of(const qp_sentencepiece *m, const char *text)
{
    qp_mapped_text out = {.mapped = true};
    cr_assert_eq(qp_sentencepiece_normalize(m, text, strlen(text), &out), QP_OK);
    char *normal = strndup(out.bytes ? out.text : "", out.bytes);
    qp_mapped_text_free(&out);
    return normal;
}

static void expect_same(const qp_sentencepiece *a, const qp_sentencepiece *b, const char *options)
{
    static const char text[] = "  The \uFB01cat  12 \u00C5";
    cr_expect(a->model_type == b->model_type && a->space_as_suffix == b->space_as_suffix &&
                  a->byte_fallback == b->byte_fallback && a->add_dummy_prefix == b->add_dummy_prefix &&
                  a->remove_extra_spaces == b->remove_extra_spaces && a->escape_spaces == b->escape_spaces,
              "%s", options);
    cr_expect(a->unknown_id == b->unknown_id && a->bos_id == b->bos_id && a->eos_id == b->eos_id &&
                  a->pad_id == b->pad_id,
              "%s", options);
    for (int i = 0; i < 4; i++) cr_expect_str_eq(a->piece_name[i], b->piece_name[i], "%s", options);
    cr_expect_str_eq(a->unknown_surface ? a->unknown_surface : "", b->unknown_surface ? b->unknown_surface : "");
    cr_assert_eq(a->vocabulary.count, b->vocabulary.count, "%s", options);
    for (int id = 0; id < a->vocabulary.count; id++) {
        cr_expect_str_eq(qp_vocabulary_shown(&a->vocabulary, id), qp_vocabulary_shown(&b->vocabulary, id));
        cr_expect(a->score[id] == b->score[id] && a->type[id] == b->type[id], "%s: piece %d", options, id);
    }
    char *one = normal_of(a, text), *other = normal_of(b, text);
    cr_expect_str_eq(one, other, "%s", options);
    free(one);
    free(other);
}

Test(sentencepiece_write, what_is_written_is_read)
{
    static const char *const options[] = {
        "model_type=bpe add_dummy_prefix=false", "model_type=word remove_extra_whitespaces=false",
        "model_type=char treat_whitespace_as_suffix=true",
        "model_type=bpe byte_fallback=true unk_id=2 bos_id=0 eos_id=1 pad_id=3 normalization_rule_name=nfkc",
        "model_type=unigram bos_id=-1 eos_id=-1 pad_id=1 unk_piece=?? pad_piece=[PAD]"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        qp_sentencepiece *m = trained(options[i]), *again;
        char *content[2];
        size_t bytes[2];
        cr_assert_eq(qp_sentencepiece_write(m, &content[0], &bytes[0]), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_sentencepiece_read("written", content[0], bytes[0], &again), QP_OK, "%s", qp_error_message());
        expect_same(m, again, options[i]);
        cr_assert_eq(qp_sentencepiece_write(again, &content[1], &bytes[1]), QP_OK);
        cr_expect(bytes[0] == bytes[1] && memcmp(content[0], content[1], bytes[0]) == 0, "%s", options[i]);
        for (int k = 0; k < 2; k++) free(content[k]);
        qp_sentencepiece_free(m);
        qp_sentencepiece_free(again);
    }
}

/* What the options of a training say of its model. */
Test(sentencepiece_write, options_are_in_the_model)
{
    qp_sentencepiece *m = trained("model_type=bpe byte_fallback=true unk_id=2 bos_id=0 eos_id=1 pad_id=3 "
                                  "add_dummy_prefix=false remove_extra_whitespaces=false normalization_rule_name=nfkc "
                                  "bos_piece=[B] unk_piece=[U]");
    cr_expect(m->model_type == QP_SPM_BPE && m->byte_fallback && !m->add_dummy_prefix && !m->remove_extra_spaces &&
              m->escape_spaces && !m->space_as_suffix);
    cr_expect(m->unknown_id == 2 && m->bos_id == 0 && m->eos_id == 1 && m->pad_id == 3);
    static const char *const piece[] = {"[B]", "</s>", "[U]", "<pad>", "<mask>", "saw", "og", "<0x00>"};
    static const int type[] = {QP_SPM_CONTROL, QP_SPM_CONTROL,      QP_SPM_UNKNOWN,      QP_SPM_CONTROL,
                               QP_SPM_CONTROL, QP_SPM_USER_DEFINED, QP_SPM_USER_DEFINED, QP_SPM_BYTE};
    for (int i = 0; i < 8; i++) {
        cr_expect_str_eq(qp_vocabulary_shown(&m->vocabulary, i), piece[i]);
        cr_expect_eq(m->type[i], type[i], "%s", piece[i]);
    }
    for (int byte = 0; byte < 256; byte++) cr_expect_eq(m->byte_id[byte], 7 + byte);
    char *normal = normal_of(m, " \uFB01  x");
    cr_expect_str_eq(normal, "\u2581fi\u2581\u2581x");
    free(normal);
    qp_sentencepiece_free(m);
}
