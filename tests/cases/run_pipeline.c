#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/cases/run_kinds.h"
#include "tests/cases/same_ids.h"
#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/huggingface/pipeline_kind.h"

static const char tiktoken_gpt2[] =
    "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s";

/* ---- opening ---- */

static bool file_of(const run_context *c, const char *key, char **content, size_t *bytes)
{
    char path[4096];
    const char *file = json_string_value(json_object_get(json_object_get(c->root_json, "files"), key));
    if (!file) return false;
    run_path(c, file, path, sizeof path);
    return qp_file_read(path, (size_t)1 << 30, content, bytes) == QP_OK;
}

static bool is_listed(json_t *allowed, const char *name)
{
    if (!json_is_array(allowed)) return true;
    for (size_t i = 0; i < json_array_size(allowed); i++) {
        if (strcmp(json_string_value(json_array_get(allowed, i)), name) == 0) return true;
    }
    return false;
}

/* The special tokens of tiktoken cases, name -> id. Only those in allowed_special, if the run has it, are special. */
static qp_status add_specials(const run_context *c, qp_pipeline *p)
{
    json_t *specials = json_object_get(json_object_get(c->root_json, "options"), "special_tokens"), *id;
    json_t *allowed = json_object_get(json_object_get(c->run, "options"), "allowed_special");
    const char *name;
    if (!json_is_object(specials)) return QP_OK;
    json_object_foreach (specials, name, id) {
        qp_added_token token = {.text = (char *)(uintptr_t)name,
                                .bytes = strlen(name),
                                .id = (int32_t)json_integer_value(id),
                                .special = true};
        if (is_listed(allowed, name)) QP_TRY(qp_pipeline_add_token(p, &token));
    }
    return qp_pipeline_finish(c->name, p);
}

static qp_status open_files(run_context *c, const char *kind, char **content, char **second, qp_pipeline **p)
{
    size_t bytes = 0, second_bytes = 0;
    json_t *options = json_object_get(c->root_json, "options");
    if (strcmp(kind, "hf") == 0 && file_of(c, "tokenizer", content, &bytes))
        return qp_pipeline_read_huggingface(c->name, *content, bytes, p);
    if (strcmp(kind, "gpt2") == 0 && file_of(c, "vocab", content, &bytes) &&
        file_of(c, "merges", second, &second_bytes)) {
        bool prefix = json_is_true(json_object_get(options, "add_prefix_space"));
        return qp_pipeline_read_gpt2(c->name, *content, bytes, *second, second_bytes, prefix, p);
    }
    if (strcmp(kind, "tiktoken") == 0 && file_of(c, "ranks", content, &bytes)) {
        const char *pattern = json_string_value(json_object_get(options, "pat_str"));
        return qp_pipeline_read_tiktoken(c->name, *content, bytes, pattern ? pattern : tiktoken_gpt2, p);
    }
    return qp_fail(QP_EDATA, "a file of the case cannot be read");
}

static qp_status open_pipeline(run_context *c, qp_pipeline **p)
{
    char *content = NULL, *second = NULL;
    const char *kind = json_string_value(json_object_get(c->root_json, "kind"));
    *p = NULL;
    qp_status status = open_files(c, kind, &content, &second, p);
    if (status == QP_OK && strcmp(kind, "hf") != 0) status = add_specials(c, *p);
    if (status == QP_OK && strstr(json_string_value(json_object_get(c->root_json, "tool")), "tiktoken"))
        (*p)->keeps_bytes = true;
    free(content);
    free(second);
    return status;
}

/* ---- comparing ---- */

/* Code points before byte `at`. */
static int32_t characters_before(const char *text, size_t at)
{
    int32_t count = 0;
    for (size_t i = 0; i < at; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

typedef struct {
    number_lists ids, offsets, starts;
    records decoded, kept;
    json_t *pieces;
    bool has_offsets, has_starts, has_decoded, has_kept, in_bytes;
} wanted_files;

static void open_wanted(const run_context *c, wanted_files *w)
{
    *w = (wanted_files){0};
    run_numbers(c, "ids", &w->ids);
    w->has_offsets = run_numbers(c, "offsets", &w->offsets);
    w->has_starts = run_numbers(c, "starts", &w->starts);
    w->has_decoded = run_records(c, "decoded", &w->decoded);
    w->has_kept = run_records(c, "decoded_keep_special", &w->kept);
    w->in_bytes = run_flag(c, "bytes", false);
    run_json_lines(c, "pieces", &w->pieces);
}

static void close_wanted(wanted_files *w)
{
    free_numbers(&w->ids);
    free_numbers(&w->offsets);
    free_numbers(&w->starts);
    free_records(&w->decoded);
    free_records(&w->kept);
    json_decref(w->pieces);
}

static bool expect_decoded(run_context *c, const qp_pipeline *p, const int32_t *id, size_t count, bool skip, size_t i,
                           const char *wanted, size_t wanted_bytes)
{
    char *text = NULL;
    size_t bytes;
    bool same = qp_pipeline_decode(p, id, count, skip, &text, &bytes) == QP_OK &&
                run_expect_text(c, skip ? "decoded" : "decoded with special", i, text, bytes, wanted, wanted_bytes);
    free(text);
    return same;
}

static bool expect_offsets(run_context *c, const char *text, const qp_encoding *list, const wanted_files *w, size_t i)
{
    size_t count = (size_t)list->count;
    int32_t *pairs = malloc((2 * count + 1) * sizeof *pairs);
    bool same = true;
    for (size_t k = 0; k < count; k++) {
        pairs[2 * k] = characters_before(text, list->begin[k]);
        pairs[2 * k + 1] = characters_before(text, list->end[k]);
    }
    if (w->has_offsets) same = run_expect_numbers(c, "offsets", i, pairs, 2 * count, &w->offsets);
    for (size_t k = 0; k < count; k++) pairs[k] = pairs[2 * k];
    if (same && w->has_starts) same = run_expect_numbers(c, "starts", i, pairs, count, &w->starts);
    free(pairs);
    return same;
}

/* The piece of an unknown id may be the text itself; that of an added token, the text with its spaces. */
static bool is_shown_as_text(const qp_pipeline *p, int32_t id, json_t *want)
{
    bool padding = p->length.fills && p->length.fill_id == id;
    if (padding && strcmp(json_string_value(want), p->length.fill_text) == 0) return true;
    if (p->unknown >= 0 && p->token_id[p->unknown] == id) return true;
    for (size_t k = 0; k < p->added_count; k++) {
        if (p->added[k].id == id && strstr(json_string_value(want), p->added[k].text)) return true;
    }
    return false;
}

static bool expect_pieces(run_context *c, const qp_pipeline *p, const qp_encoding *list, json_t *pieces, size_t i)
{
    if (run_text(c, "pieces_unit")) return true;
    for (size_t k = 0; k < json_array_size(pieces) && k < (size_t)list->count; k++) {
        int32_t id = list->id[k], piece = (size_t)id < p->id_limit ? p->piece_of_id[id] : -1;
        json_t *want = json_array_get(pieces, k);
        if (piece >= 0 && !is_shown_as_text(p, id, want) &&
            !run_expect_text(c, "piece", i, p->token[piece], p->token_bytes[piece], json_string_value(want),
                             json_string_length(want)))
            return false;
    }
    return true;
}

static bool expect_list(run_context *c, const qp_pipeline *p, const char *text, size_t bytes, const qp_encoding *list,
                        const wanted_files *w, size_t i)
{
    const int32_t *id = list->id;
    size_t count = (size_t)list->count;
    bool skip = !p->keeps_bytes; /* tiktoken decodes special tokens too */
    bool same = w->in_bytes ? expect_decoded(c, p, id, count, skip, i, text, bytes)
                            : run_expect_numbers(c, "ids", i, id, count, &w->ids);
    if (same) same = expect_offsets(c, text, list, w, i);
    if (same) same = expect_pieces(c, p, list, json_array_get(w->pieces, i), i);
    if (same && w->has_decoded)
        same = expect_decoded(c, p, id, count, skip, i, w->decoded.content + w->decoded.start[i], w->decoded.bytes[i]);
    if (same && w->has_kept)
        same = expect_decoded(c, p, id, count, false, i, w->kept.content + w->kept.start[i], w->kept.bytes[i]);
    return same;
}

/* ---- runs ---- */

static run_result run_encode(run_context *c, qp_pipeline *p)
{
    records input;
    wanted_files w;
    same_ids same = {0};
    qp_encoding list = {0};
    run_result result = RUN_PASSED;
    const char *allowed = json_string_value(json_object_get(json_object_get(c->run, "options"), "allowed_special"));
    bool match = !allowed || strcmp(allowed, "none") != 0;
    if (!run_records(c, "input", &input)) return run_fail(c, "cannot read the texts");
    open_wanted(c, &w);
    for (size_t i = 0; result == RUN_PASSED && i < input.count; i++) {
        const char *text = input.content + input.start[i];
        bool special = run_flag(c, "add_special_tokens", true);
        if (qp_pipeline_encode(p, text, input.bytes[i], special, match, &list) != QP_OK)
            result = run_fail(c, "record %zu: %s", i, qp_error_message());
        else if (!expect_list(c, p, text, input.bytes[i], &list, &w, i) ||
                 !run_same_ids(c, &qp_pipeline_kind, p, (qp_text){text, input.bytes[i]}, i, &same))
            result = RUN_FAILED;
    }
    free_same_ids(&same);
    qp_encoding_free(&list);
    close_wanted(&w);
    free_records(&input);
    return result;
}

static bool expect_numbers_of(run_context *c, const char *key, size_t i, const int32_t *number, size_t count)
{
    number_lists wanted;
    if (!run_numbers(c, key, &wanted)) return true;
    bool same = run_expect_numbers(c, key, i, number, count, &wanted);
    free_numbers(&wanted);
    return same;
}

static bool expect_pair(run_context *c, const char *const *text, const qp_encoding *list, size_t i)
{
    size_t count = (size_t)list->count;
    int32_t *special = malloc((3 * count + 1) * sizeof *special), *offset = special + count;
    for (size_t k = 0; k < count; k++) {
        int sequence = list->sequence[k];
        special[k] = sequence < 0;
        offset[2 * k] = sequence < 0 ? 0 : characters_before(text[sequence], list->begin[k]);
        offset[2 * k + 1] = sequence < 0 ? 0 : characters_before(text[sequence], list->end[k]);
    }
    bool same = expect_numbers_of(c, "ids", i, list->id, count) &&
                expect_numbers_of(c, "type_ids", i, list->type_id, count) &&
                expect_numbers_of(c, "special", i, special, count) &&
                expect_numbers_of(c, "sequence", i, list->sequence, count) &&
                expect_numbers_of(c, "offsets", i, offset, 2 * count);
    free(special);
    return same;
}

static run_result run_pair(run_context *c, qp_pipeline *p)
{
    records a, b;
    qp_encoding list = {0};
    run_result result = RUN_PASSED;
    if (!run_records(c, "input", &a) || !run_records(c, "input_b", &b)) return run_fail(c, "cannot read the texts");
    for (size_t i = 0; result == RUN_PASSED && i < a.count; i++) {
        const char *text[] = {a.content + a.start[i], b.content + b.start[i]};
        bool special = run_flag(c, "add_special_tokens", true);
        if (qp_pipeline_encode_pair(p, text[0], a.bytes[i], text[1], b.bytes[i], special, &list) != QP_OK)
            result = run_fail(c, "record %zu: %s", i, qp_error_message());
        else if (!expect_pair(c, text, &list, i))
            result = RUN_FAILED;
    }
    qp_encoding_free(&list);
    free_records(&a);
    free_records(&b);
    return result;
}

static run_result run_decode(run_context *c, qp_pipeline *p)
{
    wanted_files w;
    run_result result = RUN_PASSED;
    bool skip = run_flag(c, "skip_special_tokens", false);
    open_wanted(c, &w);
    if (!w.has_decoded) result = run_fail(c, "cannot read the texts");
    for (size_t i = 0; result == RUN_PASSED && i < w.ids.count; i++) {
        if (!expect_decoded(c, p, w.ids.number + w.ids.start[i], w.ids.start[i + 1] - w.ids.start[i], skip, i,
                            w.decoded.content + w.decoded.start[i], w.decoded.bytes[i]))
            result = RUN_FAILED;
    }
    close_wanted(&w);
    return result;
}

static run_result run_normalize(run_context *c, qp_pipeline *p)
{
    records input, output;
    run_result result = RUN_PASSED;
    if (!run_records(c, "input", &input) || !run_records(c, "output", &output))
        return run_fail(c, "cannot read the texts");
    for (size_t i = 0; result == RUN_PASSED && i < input.count; i++) {
        char *text = NULL;
        size_t bytes;
        if (qp_pipeline_normalize(p, input.content + input.start[i], input.bytes[i], &text, &bytes) != QP_OK ||
            !run_expect_text(c, "normal form", i, text, bytes, output.content + output.start[i], output.bytes[i]))
            result = RUN_FAILED;
        free(text);
    }
    free_records(&input);
    free_records(&output);
    return result;
}

static run_result compare_pipelines(run_context *c, const qp_pipeline *a, const qp_pipeline *b, const char *name)
{
    char path[4096];
    records r;
    qp_encoding x = {0}, y = {0};
    run_result result = RUN_PASSED;
    snprintf(path, sizeof path, "%s/texts/%s", c->root, name);
    if (!read_records(path, &r)) return run_fail(c, "cannot read %s", name);
    for (size_t i = 0; result == RUN_PASSED && i < r.count; i++) {
        const char *text = r.content + r.start[i];
        bool same = qp_pipeline_encode(a, text, r.bytes[i], true, true, &x) == QP_OK &&
                    qp_pipeline_encode(b, text, r.bytes[i], true, true, &y) == QP_OK && x.count == y.count;
        for (int k = 0; same && k < x.count; k++)
            same = x.id[k] == y.id[k] && x.begin[k] == y.begin[k] &&
                   x.end[k] == y.end[k];
        if (!same) result = run_fail(c, "record %zu of %s differs", i, name);
    }
    qp_encoding_free(&x);
    qp_encoding_free(&y);
    free_records(&r);
    return result;
}

static run_result run_equivalent(run_context *c)
{
    char path[4200];
    json_error_t error;
    snprintf(path, sizeof path, "%s/cases/%s/case.json", c->root, run_text(c, "to"));
    json_t *json = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!json) return run_fail(c, "cannot read %s", path);
    run_context other = {.root = c->root, .name = run_text(c, "to"), .root_json = json, .run = c->run};
    qp_pipeline *a = NULL, *b = NULL;
    run_result result = RUN_PASSED;
    if (open_pipeline(c, &a) != QP_OK || open_pipeline(&other, &b) != QP_OK)
        result = run_fail(c, "%s", qp_error_message());
    if (result == RUN_PASSED) result = compare_pipelines(c, a, b, "hard.rec");
    if (result == RUN_PASSED) result = compare_pipelines(c, a, b, "few.rec");
    qp_pipeline_free(a);
    qp_pipeline_free(b);
    json_decref(json);
    return result;
}

run_result run_pipeline(run_context *c)
{
    qp_pipeline *p;
    const char *op = run_text(c, "op");
    if (strcmp(op, "equivalent") == 0) return run_equivalent(c);
    qp_status status = open_pipeline(c, &p);
    run_result result = RUN_SKIPPED;
    if (status != QP_OK)
        result = run_fail(c, "%s", qp_error_message());
    else if (strcmp(op, "encode") == 0)
        result = run_encode(c, p);
    else if (strcmp(op, "encode_pair") == 0)
        result = run_pair(c, p);
    else if (strcmp(op, "decode") == 0)
        result = run_decode(c, p);
    else if (strcmp(op, "normalize") == 0)
        result = run_normalize(c, p);
    qp_pipeline_free(p);
    return result;
}

hostile_result hostile_pipeline(const char *kind, const char *content, size_t bytes, const char *second,
                                size_t second_bytes, const records *probe, const number_lists *wanted)
{
    hostile_result result = {.equal = true};
    run_context c = {0};
    qp_pipeline *p;
    qp_status status = strcmp(kind, "hf") == 0 ? qp_pipeline_read_huggingface("hostile", content, bytes, &p)
                       : strcmp(kind, "gpt2") == 0
                           ? qp_pipeline_read_gpt2("hostile", content, bytes, second, second_bytes, false, &p)
                           : qp_pipeline_read_tiktoken("hostile", content, bytes, tiktoken_gpt2, &p);
    if (status != QP_OK) {
        snprintf(result.message, sizeof result.message, "%s", qp_error_message());
        return result;
    }
    result.loaded = true;
    qp_encoding list = {0};
    for (size_t i = 0; i < probe->count; i++) {
        status = qp_pipeline_encode(p, probe->content + probe->start[i], probe->bytes[i], true, true, &list);
        if (status != QP_OK || (wanted && !run_expect_numbers(&c, "ids", i, list.id, (size_t)list.count, wanted)))
            result.equal = false;
    }
    memcpy(result.message, c.message, sizeof result.message);
    qp_encoding_free(&list);
    qp_pipeline_free(p);
    return result;
}
