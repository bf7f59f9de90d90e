#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tests/fuzz/fuzz_targets.h"
#include "tokenizer/huggingface/file_formats.h"
#include "tokenizer/huggingface/huggingface_write.h"
#include "tokenizer/huggingface/pipeline_kind.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_kind.h"
#include "tokenizer/split/regex.h"
#include "tokenizer/subword_nmt/subword_nmt.h"
#include "tokenizer/tokenizer_file.h"

static const char probe[] =
    "The cat's 123 caf\xC3\xA9 \xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4 e\xCC\x81 \xF0\x9F\x98\x80\n\t  <s> \x80 .";
static const char gpt4[] =
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|"
    "\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s";

/* Two texts with special tokens, the same text again, and special tokens found in it. */
static void use_more(const qp_tokenizer_kind *kind, const void *self)
{
    qp_encoding pair = {.spans = true}, one = {0}, best[2] = {{0}};
    const qp_text text = {probe, sizeof probe - 1}, first = {probe, 3};
    const qp_tokenizer_random how = {.dropout = 0.5, .alpha = 0.5, .among = 2};
    double score[2];
    size_t found;
    if (kind->encode_pair(self, first, &text, &pair) == QP_OK)
        for (int i = 0; i < pair.count; i++)
            qp_fuzz_require(pair.begin[i] <= pair.end[i] && pair.end[i] <= text.bytes, "spans of pairs are inside");
    (void)kind->encode_pair(self, text, NULL, &one);
    if (kind->encode_parsed) (void)kind->encode_parsed(self, text, &one);
    if (kind->sample) (void)kind->sample(self, text, &how, 1, 2, &one);
    if (kind->nbest && kind->nbest(self, text, 2, best, score, &found) == QP_OK && found == 2)
        qp_fuzz_require(score[0] >= score[1], "the best segmentation is the first");
    for (int i = 0; i < 2; i++) qp_encoding_free(&best[i]);
    qp_encoding_free(&pair);
    qp_encoding_free(&one);
}

/* Any tokenizer that opens: spans are inside the text, ids without spans are the same, decoding ends. */
static void use(const qp_tokenizer_kind *kind, const void *self)
{
    qp_encoding with = {.spans = true}, without = {0};
    const qp_text text = {probe, sizeof probe - 1};
    size_t normal_bytes = 0, back_bytes = 0;
    char *normal = NULL, *back = NULL;
    qp_status first = kind->encode(self, text, &with), second = kind->encode(self, text, &without);
    qp_fuzz_require(first == second, "the same status with and without spans");
    if (first == QP_OK) {
        qp_fuzz_require(with.count == without.count, "as many ids without spans");
        for (int i = 0; i < with.count; i++) {
            qp_fuzz_require(with.id[i] == without.id[i], "the same ids without spans");
            qp_fuzz_require(with.begin[i] <= with.end[i] && with.end[i] <= text.bytes, "spans inside the text");
        }
        if (kind->decode(self, with.id, (size_t)with.count, true, &back, &back_bytes) == QP_OK) free(back);
    }
    if (kind->normalize(self, text, &normal, &normal_bytes) == QP_OK) free(normal);
    for (int32_t id = 0; id < kind->size(self) && id < 40; id++)
        (void)(strlen(kind->piece(self, id)) + kind->role(self, id));
    qp_encoding_free(&with);
    qp_encoding_free(&without);
    use_more(kind, self);
}

/* A pipeline that is written as a tokenizer.json and read again makes the same ids; so do the files of single tools,
 * where the pipeline can be said in them. */
static void write_again(const qp_pipeline *p)
{
    qp_encoding was = {0}, is = {0};
    qp_pipeline *again;
    char *json;
    size_t bytes;
    const qp_text text = {probe, sizeof probe - 1};
    if (qp_pipeline_write_huggingface(p, &json, &bytes) == QP_OK) {
        qp_fuzz_require(qp_pipeline_read_huggingface("fuzz", json, bytes, &again) == QP_OK, "what is written is read");
        qp_status first = qp_pipeline_kind.encode(p, text, &was), second = qp_pipeline_kind.encode(again, text, &is);
        qp_fuzz_require(first == second && was.count == is.count, "and makes as many ids");
        for (int i = 0; first == QP_OK && i < was.count; i++) qp_fuzz_require(was.id[i] == is.id[i], "the same ids");
        qp_pipeline_free(again);
        free(json);
    }
    qp_status (*const write[])(const qp_pipeline *, qp_export *) = {
        qp_pipeline_write_bert, qp_pipeline_write_gpt2, qp_pipeline_write_tiktoken, qp_pipeline_write_codes};
    for (size_t i = 0; i < sizeof write / sizeof *write; i++) {
        qp_export content = {0};
        (void)!write[i](p, &content);
        qp_export_free(&content);
    }
    qp_encoding_free(&was);
    qp_encoding_free(&is);
}

static void read_sentencepiece(const char *content, size_t bytes)
{
    qp_sentencepiece *m = NULL;
    if (qp_sentencepiece_read("fuzz", content, bytes, &m) != QP_OK) return;
    use(&qp_sentencepiece_kind, m);
    qp_sentencepiece_free(m);
}

static void read_pipeline(int format, const char *content, size_t bytes)
{
    qp_pipeline *p = NULL;
    const char *middle = memchr(content, '\0', bytes);
    size_t first = middle ? (size_t)(middle - content) : bytes, second = middle ? bytes - first - 1 : 0;
    qp_status status = QP_EDATA;
    if (format <= 1) status = qp_pipeline_read_huggingface("fuzz", content, bytes, &p);
    if (format == 3)
        status = qp_pipeline_read_gpt2("fuzz", content, first, content + bytes - second, second, second & 1, &p);
    if (format == 4) status = qp_pipeline_read_tiktoken("fuzz", content, bytes, gpt4, &p);
    if (format == 5) status = qp_pipeline_read_bert("fuzz", content, bytes, bytes & 1, &p);
    if (status != QP_OK) return;
    use(&qp_pipeline_kind, p);
    write_again(p);
    qp_pipeline_free(p);
}

/* Codes; after a NUL the pieces that are allowed and their counts, or else a glossary. */
static void read_codes(const char *content, size_t bytes)
{
    qp_subword_nmt *codes;
    char *out;
    size_t out_bytes;
    const char *middle = memchr(content, '\0', bytes), *const glossary[] = {middle ? middle + 1 : "", "[0-9]+"};
    const size_t first = middle ? (size_t)(middle - content) : bytes, second = middle ? bytes - first - 1 : 0;
    if (qp_subword_nmt_read("fuzz", content, first, -1, &codes) != QP_OK) return;
    if (middle && qp_subword_nmt_limit("fuzz", codes, middle + 1, second, 2) != QP_OK)
        (void)!qp_subword_nmt_glossary("fuzz", codes, glossary, 2);
    if (qp_subword_nmt_apply(codes, probe, sizeof probe - 1, &out, &out_bytes) == QP_OK) free(out);
    qp_subword_nmt_free(codes);
}

static void read_own(const char *content, size_t bytes)
{
    qp_tokenizer *t;
    int32_t *id;
    int count;
    char *text;
    size_t text_bytes;
    if (qp_tokenizer_from_json("fuzz", content, bytes, &t) != QP_OK) return;
    if (qp_tokenizer_encode(t, probe, sizeof probe - 1, &id, &count) == QP_OK) {
        if (qp_tokenizer_decode(t, id, count, &text, &text_bytes) == QP_OK) free(text);
        free(id);
    }
    if (qp_tokenizer_to_json(t, &text, &text_bytes) == QP_OK) {
        qp_tokenizer *again = NULL;
        qp_fuzz_require(qp_tokenizer_from_json("fuzz", text, text_bytes, &again) == QP_OK, "what is written is read");
        qp_fuzz_require(qp_tokenizer_size(again) == qp_tokenizer_size(t), "with as many pieces");
        qp_tokenizer_free(again);
        free(text);
    }
    qp_tokenizer_free(t);
}

/* The beginning of a tokenizer file; its checksum, which is over these bytes, and its end are put after it. */
static void read_own_repaired(const char *content, size_t bytes)
{
    static const char end[] = "\"checksum\": \"xxh3:%016llx\"\n}";
    char *whole = malloc(bytes + sizeof end + 16);
    if (!whole) return;
    memcpy(whole, content, bytes);
    int more = snprintf(whole + bytes, sizeof end + 16, end, (unsigned long long)XXH3_64bits(content, bytes));
    read_own(whole, bytes + (size_t)more);
    free(whole);
}

/* An expression, NUL, a text; without NUL the probe is the text. */
static void read_regex(const char *content, size_t bytes)
{
    const char *middle = memchr(content, '\0', bytes), *text = middle ? middle + 1 : probe;
    size_t first = middle ? (size_t)(middle - content) : bytes;
    size_t left = middle ? bytes - first - 1 : sizeof probe - 1;
    qp_regex regex;
    qp_regex_scratch scratch = {0};
    if (qp_regex_compile(QP_REGEX_ONIGURUMA, "fuzz", content, first, &regex) != QP_OK) return;
    qp_fuzz_require(qp_regex_text(&scratch, text, left) == QP_OK, "a text");
    for (size_t at = 0; at <= left;) {
        qp_regex_match match;
        if (qp_regex_find(&regex, &scratch, at, &match) != QP_OK || !match.found) break;
        qp_fuzz_require(match.begin >= at && match.end >= match.begin && match.end <= left, "a match inside the text");
        at = match.end > at ? match.end : at + 1;
    }
    qp_text_buffer out = {0};
    (void)!qp_regex_replace(&regex, &scratch, "<$1$0$$>", &out, NULL);
    qp_text_free(&out);
    qp_regex_scratch_free(&scratch);
    qp_regex_free(&regex);
}

int qp_fuzz_readers(const uint8_t *data, size_t bytes)
{
    if (bytes == 0) return 0;
    char *content = malloc(bytes); /* of the exact size, so that the sanitizer catches reads past the end */
    if (!content) return 0;
    memcpy(content, data + 1, bytes - 1);
    content[bytes - 1] = '\0'; /* readers may rely on a final NUL, as qp_file_read adds it */
    int kind = data[0] % 9;
    if (kind == 2 || (kind == 0 && content[0] != '{')) read_sentencepiece(content, bytes - 1);
    else if (kind < 6) read_pipeline(kind, content, bytes - 1);
    if (kind == 6) read_codes(content, bytes - 1);
    if (kind == 7) (data[0] < 0x80 ? read_own : read_own_repaired)(content, bytes - 1);
    if (kind == 8) read_regex(content, bytes - 1);
    free(content);
    return 0;
}
