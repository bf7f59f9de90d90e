#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/huggingface/file_formats.h"

#define SPACES "\"pre_tokenizer\":{\"type\":\"CharDelimiterSplit\",\"delimiter\":\" \"},"
#define END "\"end_of_word_suffix\":\"</w>\","
#define MERGES "\"vocab\":{\"a\":0,\"b</w>\":1,\"ab</w>\":2},\"merges\":[[\"a\",\"b</w>\"]]"

/* Codes of subword-nmt: merges of words between single spaces whose end is </w>, and nothing else. */
Test(file_bpe_write, what_codes_can_say)
{
    static const struct {
        const char *stages, *model, *refused; /* NULL: it can be written */
    } row[] = {
        {SPACES, "\"type\":\"BPE\"," END MERGES, NULL},
        {SPACES, "\"type\":\"BPE\"," MERGES, "whose end is not marked by </w>"},
        {SPACES, "\"type\":\"BPE\",\"end_of_word_suffix\":\"_\",\"vocab\":{\"a\":0},\"merges\":[]",
         "whose end is not marked by </w>"},
        {SPACES, "\"type\":\"BPE\",\"continuing_subword_prefix\":\"##\"," END "\"vocab\":{\"a\":0},\"merges\":[]",
         "whose end is not marked by </w>"},
        {SPACES, "\"type\":\"BPE\",\"byte_fallback\":true,\"vocab\":{\"a\":0},\"merges\":[]", "byte fallback"},
        {SPACES, "\"type\":\"BPE\",\"unk_token\":\"a\"," END MERGES, "an unknown token"},
        {SPACES, "\"type\":\"BPE\",\"ignore_merges\":true," END MERGES, "words kept whole"},
        {SPACES "\"normalizer\":{\"type\":\"Lowercase\"},", "\"type\":\"BPE\"," END MERGES, "lower case"},
        {"\"pre_tokenizer\":{\"type\":\"Whitespace\"},", "\"type\":\"BPE\"," END MERGES, "elsewhere than at spaces"},
        {"\"pre_tokenizer\":{\"type\":\"CharDelimiterSplit\",\"delimiter\":\"-\"},", "\"type\":\"BPE\"," END MERGES,
         "elsewhere than at spaces"},
        {"", "\"type\":\"BPE\"," END MERGES, "elsewhere than at spaces"},
        {SPACES "\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"a\",0],\"cls\":[\"a\",0]},",
         "\"type\":\"BPE\"," END MERGES, "a template of special tokens"},
        {SPACES, "\"type\":\"WordLevel\",\"vocab\":{\"a\":0},\"unk_token\":\"a\"", "a model that is not BPE"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char json[800];
        qp_export out = {0};
        qp_pipeline *p;
        snprintf(json, sizeof json, "{%s\"model\":{%s}}", row[i].stages, row[i].model);
        cr_assert_eq(qp_pipeline_read_huggingface("test", json, strlen(json), &p), QP_OK, "%s", qp_error_message());
        qp_status status = qp_pipeline_write_codes(p, &out);
        cr_expect_eq(status, row[i].refused ? QP_EDATA : QP_OK, "%s: %d", json, status);
        if (row[i].refused)
            cr_expect(strstr(qp_error_message(), row[i].refused), "%s: %s", json, qp_error_message());
        else
            cr_expect_str_eq(out.text[0], "#version: 0.2\na b</w>\n", "%s", out.text[0]);
        free(out.text[0]);
        qp_pipeline_free(p);
    }
}
