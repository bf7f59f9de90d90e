#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz_targets.h"
#include "tokenizer/encode_lines.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_kind.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"
#include "tokenizer/split/regex.h"
#include "tokenizer/tokenizer_trainer.h"

static const char *const corpus[] = {"the cat and the hat of the man's 12 hats",
                                     "나는 학교에 간다 학교에서",
                                     "grün grüne e\u0301",
                                     "the The THE 123 1234",
                                     "漢字かな交じり文",
                                     "!!! ... ?"};
static const char *const expression[] = {
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| "
    "?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|"
    "\\s+(?!\\S)|\\s",
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|"
    "'d)?|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|"
    "'d)?|"
    "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"};
enum { TYPES = 7, FORMS = 5, MODELS = 2, EXPRESSIONS = sizeof expression / sizeof *expression };

/* Created by the first call, kept until the process ends. */
static struct {
    bool ready;
    qp_tokenizer *own[TYPES];
    qp_sentencepiece *model[MODELS];
    qp_regex regex[EXPRESSIONS];
} made;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    size_t *next = self;
    *line = *next < sizeof corpus / sizeof *corpus ? corpus[(*next)++] : NULL;
    *bytes = *line ? strlen(*line) : 0;
    return QP_OK;
}

static void make_model(int k)
{
    qp_sentencepiece_config config;
    const qp_sentencepiece_symbols none = {0};
    char *content;
    size_t next = 0, bytes;
    qp_config_defaults(&qp_sentencepiece_fields, &config);
    config.model_type = k ? QP_SPM_TRAIN_UNIGRAM : QP_SPM_TRAIN_BPE;
    config.normalization_rule_name = k ? QP_SPM_IDENTITY : QP_SPM_NMT_NFKC; /* takes a second to train */
    config.byte_fallback = true;
    config.vocab_size = 360;
    config.hard_vocab_limit = 0;
    qp_fuzz_require(qp_sentencepiece_train(&config, &none, next_line, &next, &content, &bytes) == QP_OK,
                    "a model is learned");
    qp_fuzz_require(qp_sentencepiece_read("trained", content, bytes, &made.model[k]) == QP_OK, "a learned model opens");
    free(content);
}

static void make_all(void)
{
    for (int type = 0; type < TYPES; type++) {
        qp_tokenizer_config config;
        size_t next = 0;
        qp_config_defaults(&qp_tokenizer_fields, &config);
        config.type = type;
        config.vocab_size = 400;
        config.byte_fallback = QP_FALLBACK_TRUE;
        config.normalization = type % FORMS;
        config.digits = type & 1;
        qp_status status = qp_tokenizer_train(&config, next_line, &next, NULL, &made.own[type]);
        qp_fuzz_require(status == QP_OK, "a tokenizer is learned");
    }
    for (int k = 0; k < MODELS; k++) make_model(k);
    for (int k = 0; k < EXPRESSIONS; k++) {
        const char *text = expression[k];
        qp_status status = qp_regex_compile(QP_REGEX_PERL, "fuzz", text, strlen(text), &made.regex[k]);
        qp_fuzz_require(status == QP_OK, "the expression compiles");
    }
    made.ready = true;
}

static void round_trip(const qp_tokenizer *t, const char *text, size_t bytes)
{
    qp_encoding with = {.spans = true}, without = {0};
    char *normal = NULL, *back = NULL;
    size_t normal_bytes = 0, back_bytes = 0;
    qp_fuzz_require(qp_tokenizer_encode_into(t, text, bytes, &with) == QP_OK, "any text is encoded");
    qp_fuzz_require(qp_tokenizer_encode_into(t, text, bytes, &without) == QP_OK, "any text is encoded");
    qp_fuzz_require(with.count == without.count, "as many ids without spans");
    for (int i = 0; i < with.count; i++) {
        qp_fuzz_require(with.id[i] == without.id[i], "the same ids without spans");
        qp_fuzz_require(with.begin[i] <= with.end[i] && with.end[i] <= bytes, "spans inside the text");
        qp_fuzz_require(i == 0 || with.begin[i] >= with.begin[i - 1], "spans in the order of the text");
    }
    qp_fuzz_require(qp_tokenizer_decode(t, with.id, with.count, &back, &back_bytes) == QP_OK, "ids are decoded");
    qp_fuzz_require(qp_tokenizer_normalize(t, text, bytes, &normal, &normal_bytes) == QP_OK, "text is normalised");
    qp_fuzz_require(back_bytes == normal_bytes && memcmp(back, normal, back_bytes) == 0, "the normal form comes back");
    free(normal);
    free(back);
    qp_encoding_free(&with);
    qp_encoding_free(&without);
}

/* Lines together and one by one: the same ids, whatever the number of threads. */
static void encode_batch(const qp_tokenizer *t, const char *text, size_t bytes)
{
    enum { MOST = 16 };
    qp_text line[MOST] = {{0}};
    qp_encoded_lines all = {0};
    size_t count = 0;
    for (const char *at = text, *end; count < MOST && at <= text + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + bytes - at));
        if (!end) end = text + bytes;
        line[count++] = (qp_text){at, (size_t)(end - at)};
    }
    qp_fuzz_require(qp_tokenizer_encode_lines(t, line, count, 2, &all) == QP_OK, "lines are encoded together");
    for (size_t i = 0; i < count; i++) {
        int32_t *id;
        int ids;
        qp_fuzz_require(qp_tokenizer_encode(t, line[i].text, line[i].bytes, &id, &ids) == QP_OK, "and one by one");
        qp_fuzz_require(all.start[i + 1] - all.start[i] == (size_t)ids, "as many ids of a line among others");
        qp_fuzz_require(!ids || memcmp(id, all.id + all.start[i], (size_t)ids * sizeof *id) == 0,
                        "the same ids of a line among others");
        free(id);
    }
    qp_encoded_lines_free(&all);
}

static void encode_model(const qp_sentencepiece *m, const char *text, size_t bytes)
{
    qp_encoding with = {.spans = true}, without = {0};
    const qp_text view = {text, bytes};
    qp_fuzz_require(qp_sentencepiece_kind.encode(m, view, &with) == QP_OK, "any text is encoded");
    qp_fuzz_require(qp_sentencepiece_kind.encode(m, view, &without) == QP_OK, "any text is encoded");
    qp_fuzz_require(with.count == without.count, "as many ids of a model without spans");
    for (int i = 0; i < with.count; i++) qp_fuzz_require(with.id[i] == without.id[i], "the same ids of a model");
    qp_encoding_free(&with);
    qp_encoding_free(&without);
}

static void normal_forms(const char *text, size_t bytes)
{
    qp_mapped_text once = {0}, twice = {0};
    for (int form = 0; form < FORMS; form++) {
        once.bytes = twice.bytes = 0;
        qp_fuzz_require(qp_normalize((qp_form)form, false, text, bytes, &once) == QP_OK, "text is normalised");
        qp_fuzz_require(qp_normalize((qp_form)form, false, once.text ? once.text : "", once.bytes, &twice) == QP_OK,
                        "and again");
        qp_fuzz_require(once.bytes == twice.bytes && (!once.bytes || memcmp(once.text, twice.text, once.bytes) == 0),
                        "a normal form is its own normal form");
        if (qp_is_normal((qp_form)form, text, bytes))
            qp_fuzz_require(once.bytes == bytes && (!bytes || memcmp(once.text, text, bytes) == 0),
                            "qp_is_normal is right");
    }
    qp_mapped_text_free(&once);
    qp_mapped_text_free(&twice);
}

static void match_all(const qp_regex *regex, const char *text, size_t bytes)
{
    qp_regex_scratch scratch = {0};
    qp_regex general = *regex;
    general.known = QP_PATTERN_NONE;
    qp_fuzz_require(qp_regex_text(&scratch, text, bytes) == QP_OK, "a text");
    qp_regex_match match, wanted;
    for (size_t at = 0; at < bytes; at = match.end) {
        qp_fuzz_require(qp_regex_find(regex, &scratch, at, &match) == QP_OK && match.found, "a match");
        qp_status status = qp_regex_find(&general, &scratch, at, &wanted);
        qp_fuzz_require(status != QP_OK || (wanted.found && match.begin == at && wanted.begin == at &&
                                            match.end == wanted.end && match.end > at),
                        "matches by hand are right");
        if (match.end <= at) break;
    }
    qp_regex_scratch_free(&scratch);
}

int qp_fuzz_encode(const uint8_t *data, size_t bytes)
{
    if (!made.ready) make_all();
    char *text = malloc(bytes + !bytes);
    if (!text) return 0;
    if (bytes) memcpy(text, data, bytes);
    for (int type = 0; type < TYPES; type++) {
        if (type != QP_TOKENIZER_WORD) round_trip(made.own[type], text, bytes);
        encode_batch(made.own[type], text, bytes);
    }
    for (int k = 0; k < MODELS; k++) encode_model(made.model[k], text, bytes);
    for (int k = 0; k < EXPRESSIONS; k++) match_all(&made.regex[k], text, bytes);
    normal_forms(text, bytes);
    free(text);
    return 0;
}
