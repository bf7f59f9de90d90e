#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/huggingface/huggingface_write.h"
#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/split/split.h"

/* Files with oddities that Hugging Face tokenizers 0.23 accepts; ids are those it gives. */

static const char *ids_of(const qp_pipeline *p, const char *text)
{
    static char out[256];
    qp_encoding e = {0};
    size_t made = 0;
    out[0] = '\0';
    qp_status status = qp_pipeline_encode(p, text, strlen(text), true, true, &e);
    for (int i = 0; i < e.count && status == QP_OK; i++)
        made += (size_t)snprintf(out + made, sizeof out - made, "%s%d", i ? " " : "", e.id[i]);
    qp_encoding_free(&e);
    return status == QP_OK ? out : qp_error_message();
}

/* The ids that a file gives, and that it gives again after it was written and read. */
static void expect_ids(const char *file, const char *text, const char *wanted)
{
    qp_pipeline *p, *again;
    char *written;
    size_t bytes;
    cr_assert_eq(qp_pipeline_read_huggingface("test", file, strlen(file), &p), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(ids_of(p, text), wanted);
    cr_assert_eq(qp_pipeline_write_huggingface(p, &written, &bytes), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_pipeline_read_huggingface("again", written, bytes, &again), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(ids_of(again, text), wanted, "after writing");
    free(written);
    qp_pipeline_free(p);
    qp_pipeline_free(again);
}

#define WORDS "\"pre_tokenizer\":{\"type\":\"Whitespace\"},"

/* An id that is taken is replaced by the next free one; a token that is a piece has the id of the piece. */
Test(file_huggingface, ids_of_added_tokens)
{
    expect_ids("{\"added_tokens\":[{\"id\":2,\"content\":\"<y>\",\"special\":true}]," WORDS
               "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"?\":0,\"a\":1,\"b\":2,\"ab\":3,\"c\":4},"
               "\"unk_token\":\"?\"}}",
               "a <y> b", "1 5 2");
    expect_ids("{\"added_tokens\":[{\"id\":99,\"content\":\"<x>\",\"special\":true}]," WORDS
               "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"?\":0,\"a\":1,\"b\":2,\"<x>\":3},\"unk_token\":\"?\"}}",
               "a <x> b", "1 3 2");
}

/* "id/type" of two texts between the tokens of these two models: RoBERTa has two after the first, and type 0 alone. */
Test(file_huggingface, pairs_as_bert_and_roberta)
{
    static const char *const row[][3] = {
        {"RobertaProcessing", "0 1 3 2", "0/0 1/0 3/0 2/0 2/0 4/0 1/0 2/0"},
        {"BertProcessing", "0 1 3 2", "0/0 1/0 3/0 2/0 4/1 1/1 2/1"},
    };
    for (int i = 0; i < 2; i++) {
        char file[600], found[100] = "";
        qp_encoding e = {0};
        qp_pipeline *p;
        snprintf(file, sizeof file,
                 "{" WORDS "\"post_processor\":{\"type\":\"%s\",\"sep\":[\"</s>\",2],\"cls\":[\"<s>\",0],"
                 "\"trim_offsets\":true,\"add_prefix_space\":false},\"model\":{\"type\":\"WordLevel\",\"vocab\":"
                 "{\"<s>\":0,\"a\":1,\"</s>\":2,\"b\":3,\"c\":4,\"?\":5},\"unk_token\":\"?\"}}",
                 row[i][0]);
        expect_ids(file, "a b", row[i][1]);
        cr_assert_eq(qp_pipeline_read_huggingface("test", file, strlen(file), &p), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_pipeline_encode_pair(p, "a b", 3, "c a", 3, true, &e), QP_OK, "%s", qp_error_message());
        for (int k = 0; k < e.count; k++)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d/%d", k ? " " : "", e.id[k],
                     e.type_id[k]);
        cr_expect_str_eq(found, row[i][2], "%s: %s", row[i][0], found);
        qp_encoding_free(&e);
        qp_pipeline_free(p);
    }
}

Test(file_huggingface, doubled_and_empty_entries)
{
    expect_ids("{" WORDS "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0],[\"a\",-1],[\"b\",-2],"
               "[\"a\",-0.5]]}}",
               "ab", "3 2");
    expect_ids("{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"always\"},"
               "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0],[\"\",-9],[\"a\",-1],[\"b\",-2],"
               "[\"ab\",-2.5],[\"\u2581\",-3]]}}",
               "a b ab", "5 2 5 3 5 4");
    expect_ids("{" WORDS "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"c\":2,\"ab\":3,\"bc\":4,\"abc\":5},"
               "\"merges\":[[\"a\",\"b\"],[\"b\",\"c\"],[\"a\",\"b\"],[\"ab\",\"c\"]]}}",
               "abc bc ab", "0 4 4 3");
    expect_ids("{" WORDS "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"?\":0,\"a\":1,\"b\":1},\"unk_token\":\"?\"}}",
               "a b", "1 1");
}

Test(file_huggingface, version_line_and_dropout)
{
    expect_ids("{\"model\":{\"type\":\"BPE\",\"dropout\":0.1,\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},"
               "\"merges\":[\"#version: 0.2\",\"a b\"]}}",
               "ab", "2");
}

/* The unknown token may be missing as long as nothing is unknown. */
Test(file_huggingface, unknown_token_outside_of_the_vocabulary)
{
    static const char file[] = "{\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"vocab\":{\"a\":0,\"b\":1},"
                               "\"merges\":[]}}";
    expect_ids(file, "ab", "0 1");
    expect_ids(file, "ac", "tokenizer: an unknown word and no unknown token; choose another tokenizer");
}

Test(file_huggingface, replacing_an_empty_text_and_spaces_at_the_end)
{
    expect_ids("{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"x\"},"
               "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"x\":2},\"merges\":[]}}",
               "ab", "2 0 2 1 2");
    expect_ids("{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s+$\"},\"content\":\"\"},"
               "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\" \":1},\"merges\":[]}}",
               " a  ", "1 0");
}

Test(file_huggingface, full_case_folding)
{
    expect_ids("{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?i)\u03C3\"},\"behavior\":"
               "\"Isolated\"},\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"?\":0,"
               "\"\u03A3\":1,\"\u03C3\":2,\"\u03C2\":3},"
               "\"unk_token\":\"?\"}}",
               "\u03A3\u03C3\u03C2", "1 2 3");
}

/* tiktoken's ranks where a token cannot be made by pairs alone: only our own files hold them. */
Test(file_huggingface, ranks_with_a_gap)
{
    char file[256 * 16 + 64];
    size_t made = 0, bytes;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 256; i++)
        made += (size_t)snprintf(file + made, sizeof file - made, "%c%c== %d\n", letters[i >> 2], letters[(i & 3) << 4],
                                 i);
    made += (size_t)snprintf(file + made, sizeof file - made, "aGU= 256\nbGxv 257\naGVsbG8= 258\n"); /* he llo hello */
    qp_pipeline *p, *again;
    char *written;
    cr_assert_eq(qp_pipeline_read_tiktoken("test", file, made, qp_pattern_named("gpt2"), &p), QP_OK);
    cr_expect_str_eq(ids_of(p, "hello hellox"), "258 32 256 108 108 111 120");
    cr_expect_eq(qp_pipeline_write_huggingface(p, &written, &bytes), QP_EDATA);
    cr_assert_eq(qp_pipeline_write_ranked(p, &written, &bytes), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_pipeline_read_huggingface("again", written, bytes, &again), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(ids_of(again, "hello hellox"), "258 32 256 108 108 111 120");
    free(written);
    qp_pipeline_free(p);
    qp_pipeline_free(again);
}
