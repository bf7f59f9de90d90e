#include "tests/tokenizer/tokenizer_help.h"

#include "lib/base/random.h"
#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/huggingface/pipeline_texts.h"

/* Decoders of every kind and in the orders that files have them in, over one small vocabulary. */
static const char *const decoder[] = {
    "null",
    "{\"type\":\"ByteLevel\"}",
    "{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}",
    "{\"type\":\"BPEDecoder\",\"suffix\":\"</w>\"}",
    "{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"always\",\"split\":true}",
    "{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"never\",\"split\":true}",
    "{\"type\":\"CTC\",\"pad_token\":\"<e>\",\"word_delimiter_token\":\"_\",\"cleanup\":true}",
    "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Replace\",\"pattern\":{\"String\":\"_\"},\"content\":\" \"},"
    "{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"},{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}]}",
    "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Strip\",\"content\":\"a\",\"start\":1,\"stop\":1},"
    "{\"type\":\"ByteLevel\"},{\"type\":\"Fuse\"}]}",
    "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"always\","
    "\"split\":true},{\"type\":\"ByteLevel\"}]}"};
enum { DECODERS = sizeof decoder / sizeof *decoder, IDS = 20 };

static qp_pipeline *open_with(const char *decoders)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"added_tokens\":[{\"id\":17,\"content\":\"<e>\",\"special\":true,\"normalized\":false},"
             "{\"id\":18,\"content\":\"_x \",\"special\":false,\"normalized\":false}],\"normalizer\":null,"
             "\"pre_tokenizer\":null,\"decoder\":%s,\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,"
             "\"vocab\":{\"a\":0,\"_\":1,\"_a\":2,\"##a\":3,\"a</w>\":4,\".\":5,\"<0xC3>\":6,\"<0xA9>\":7,\"n't\":8,"
             "\"\\u0120\":9,\"\\u00c3\":10,\"\\u00a9\":11,\"\\u0120a\":12,\"a_very_long_piece_of_text\":13,\"b\":14},"
             "\"merges\":[]}}",
             decoders);
    qp_pipeline *p;
    cr_assert_eq(qp_pipeline_read_huggingface("test", text, strlen(text), &p), QP_OK, "%s", qp_error_message());
    cr_assert(p->texts);
    return p;
}

/* The table of texts gives what the decoders give one after the other; ids outside and ids that are nothing, too. */
Test(pipeline_decode, the_table_equals_the_decoders)
{
    uint64_t drawn = 0;
    for (int d = 0; d < DECODERS; d++) {
        qp_pipeline *p = open_with(decoder[d]);
        for (int round = 0; round < 2000; round++) {
            int32_t id[12];
            size_t count = (size_t)(qp_random_below(5, drawn++, 12)), bytes, long_bytes;
            for (size_t i = 0; i < count; i++) id[i] = (int32_t)qp_random_below(5, drawn++, IDS + 1) - 1;
            bool skip = round & 1;
            char *text, *long_way;
            cr_assert_eq(qp_pipeline_decode(p, id, count, skip, &text, &bytes), QP_OK, "%s", qp_error_message());
            struct qp_pipeline_texts *table = p->texts;
            p->texts = NULL;
            cr_assert_eq(qp_pipeline_decode(p, id, count, skip, &long_way, &long_bytes), QP_OK);
            p->texts = table;
            cr_assert(bytes == long_bytes && memcmp(text, long_way, bytes + 1) == 0, "decoder %d: \"%s\", not \"%s\"",
                      d, text, long_way);
            free(text);
            free(long_way);
        }
        qp_pipeline_free(p);
    }
}
