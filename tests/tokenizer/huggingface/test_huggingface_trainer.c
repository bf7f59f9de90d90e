#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/huggingface/huggingface_trainer.h"

static const char *learned(const qp_hf_training *training, const char *words)
{
    static char out[2048];
    qp_word_counts counts = {0};
    qp_hf_learned l;
    size_t made = 0;
    for (const char *at = words, *end; *at; at = end + (*end == ' ')) {
        end = strchr(at, ' ');
        if (!end) end = at + strlen(at);
        cr_assert_eq(qp_word_counts_add(&counts, at, (size_t)(end - at), 1), QP_OK);
    }
    cr_assert_eq(qp_hf_train(training, &counts, &l), QP_OK, "%s", qp_error_message());
    for (int32_t id = 0; id < l.vocabulary.count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(&l.vocabulary, id, &bytes);
        made += (size_t)snprintf(out + made, sizeof out - made, "%s%.*s", id ? " " : "", (int)bytes, text);
    }
    for (size_t i = 0; i < l.merge_count; i++)
        made += (size_t)snprintf(out + made, sizeof out - made, " (%d %d)", l.merge[i].left, l.merge[i].right);
    qp_hf_learned_free(&l);
    qp_word_counts_free(&counts);
    return out;
}

/* The example of the tool's own test. */
Test(huggingface_trainer, bpe)
{
    qp_hf_training t = {.kind = QP_HF_BPE, .vocab_size = 30000, .min_frequency = 2};
    cr_assert_str_eq(learned(&t, "roses are are red voilets blue BERT is is big and so GPT-2"),
                     "- 2 B E G P R T a b d e g i l n o r s t u v re are is (17 11) (8 22) (13 18)");
}

Test(huggingface_trainer, special_tokens_alphabet_and_limits)
{
    static const char *const special[] = {"<s>", "b"};
    qp_hf_training t = {.kind = QP_HF_BPE, .vocab_size = 6, .special = special, .special_count = 2};
    t.initial_alphabet = "xa";
    cr_assert_str_eq(learned(&t, "ab ab c"), "<s> b a c x ab (2 1)");
    t.limit_alphabet = 2;
    t.vocab_size = 30;
    cr_assert_str_eq(learned(&t, "ab ab c"), "<s> b a x ab (2 1)");
    t = (qp_hf_training){.kind = QP_HF_BPE, .vocab_size = 30, .max_token_length = 3};
    cr_assert_str_eq(learned(&t, "abc abc"), "a b c ab (0 1)");
}

Test(huggingface_trainer, prefix_suffix_and_words)
{
    qp_hf_training t = {.kind = QP_HF_WORDPIECE, .vocab_size = 6, .min_frequency = 1};
    cr_assert_str_eq(learned(&t, "ab ab abb"), "a b ##b ab abb (0 2) (3 2)");
    t = (qp_hf_training){.kind = QP_HF_BPE, .vocab_size = 30, .suffix = "</w>"};
    cr_assert_str_eq(learned(&t, "ab"), "a b b</w> ab</w> (0 2)");
    static const char *const special[] = {"<unk>", "x"};
    t = (qp_hf_training){.kind = QP_HF_WORDLEVEL, .vocab_size = 4, .special = special, .special_count = 2};
    cr_assert_str_eq(learned(&t, "c x b c a"), "<unk> x c a");
}
