#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/cases/run_kinds.h"
#include "tests/cases/same_ids.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_kind.h"

static void reverse(int32_t *number, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        int32_t kept = number[i];
        number[i] = number[count - 1 - i];
        number[count - 1 - i] = kept;
    }
}

/* The second correct answer for a record, if there is one. */
static bool equals_alternative(json_t *alternatives, size_t record, const int32_t *id, size_t count)
{
    for (size_t i = 0; i < json_array_size(alternatives); i++) {
        json_t *line = json_array_get(alternatives, i), *ids = json_array_get(line, 1);
        if ((size_t)json_integer_value(json_array_get(line, 0)) != record || json_array_size(ids) != count) continue;
        size_t same = 0;
        while (same < count && json_integer_value(json_array_get(ids, same)) == id[same]) same++;
        if (same == count) return true;
    }
    return false;
}

typedef struct {
    records input, decoded;
    number_lists ids, offsets;
    json_t *pieces, *alternatives;
    bool has_decoded, has_offsets;
} encode_files;

static bool expect_pieces(run_context *c, const qp_sentencepiece *m, json_t *wanted, size_t record,
                          const qp_encoding *list)
{
    for (int i = 0; i < list->count; i++) {
        json_t *piece = json_array_get(wanted, (size_t)i);
        if (m->type[list->id[i]] == QP_SPM_UNKNOWN) continue; /* the piece of an unknown id is the text itself */
        size_t bytes;
        const char *text = qp_vocabulary_text(&m->vocabulary, list->id[i], &bytes);
        if (!run_expect_text(c, "piece", record, text, bytes, json_string_value(piece), json_string_length(piece)))
            return false;
    }
    return true;
}

static bool expect_encoding(run_context *c, const qp_sentencepiece *m, encode_files *f, size_t i, qp_encoding *list)
{
    size_t tokens = (size_t)list->count;
    if (run_flag(c, "reverse", false)) reverse(list->id, tokens);
    bool bos = run_flag(c, "add_bos", false), eos = run_flag(c, "add_eos", false);
    int32_t *id = malloc((tokens + 2) * sizeof *id);
    size_t count = 0;
    if (bos) id[count++] = m->bos_id;
    if (tokens) memcpy(id + count, list->id, tokens * sizeof *id);
    count += tokens;
    if (eos) id[count++] = m->eos_id;
    bool same = equals_alternative(f->alternatives, i, id, count);
    bool alternative = same;
    same = same || run_expect_numbers(c, "ids", i, id, count, &f->ids);
    if (same && f->has_offsets && !alternative) {
        int32_t *pairs = malloc((2 * tokens + 1) * sizeof *pairs);
        for (size_t k = 0; k < tokens; k++) {
            pairs[2 * k] = (int32_t)list->begin[k];
            pairs[2 * k + 1] = (int32_t)list->end[k];
        }
        same = run_expect_numbers(c, "offsets", i, pairs, 2 * tokens, &f->offsets);
        free(pairs);
    }
    if (same && f->pieces && !alternative) same = expect_pieces(c, m, json_array_get(f->pieces, i), i, list);
    if (same && f->has_decoded) {
        char *text;
        size_t bytes;
        same = qp_sentencepiece_decode(m, id, count, false, &text, &bytes) == QP_OK &&
               run_expect_text(c, "decoded", i, text, bytes, f->decoded.content + f->decoded.start[i],
                               f->decoded.bytes[i]);
        free(text);
    }
    free(id);
    return same;
}

static run_result run_encode(run_context *c, const qp_sentencepiece *m)
{
    encode_files f = {0};
    same_ids same = {0};
    qp_encoding list = {0};
    run_result result = RUN_PASSED;
    if (!run_records(c, "input", &f.input) || !run_numbers(c, "ids", &f.ids))
        result = run_fail(c, "cannot read the texts");
    f.has_decoded = run_records(c, "decoded", &f.decoded);
    f.has_offsets = run_numbers(c, "offsets", &f.offsets);
    run_json_lines(c, "pieces", &f.pieces);
    run_json_lines(c, "alternatives", &f.alternatives);
    for (size_t i = 0; result == RUN_PASSED && i < f.input.count; i++) {
        if (qp_sentencepiece_encode(m, f.input.content + f.input.start[i], f.input.bytes[i], &list) != QP_OK ||
            !expect_encoding(c, m, &f, i, &list) ||
            !run_same_ids(c, &qp_sentencepiece_kind, m,
                          (qp_text){f.input.content + f.input.start[i], f.input.bytes[i]}, i,
                          &same))
            result = RUN_FAILED;
    }
    free_same_ids(&same);
    qp_encoding_free(&list);
    free_records(&f.input);
    free_records(&f.decoded);
    free_numbers(&f.ids);
    free_numbers(&f.offsets);
    json_decref(f.pieces);
    json_decref(f.alternatives);
    return result;
}

static run_result run_decode(run_context *c, const qp_sentencepiece *m)
{
    number_lists ids;
    records decoded;
    run_result result = RUN_PASSED;
    if (!run_numbers(c, "ids", &ids) || !run_records(c, "decoded", &decoded)) return run_fail(c, "cannot read the ids");
    for (size_t i = 0; result == RUN_PASSED && i < ids.count; i++) {
        char *text = NULL;
        size_t bytes;
        const int32_t *id = ids.number + ids.start[i];
        if (qp_sentencepiece_decode(m, id, ids.start[i + 1] - ids.start[i], false, &text, &bytes) != QP_OK)
            result = run_fail(c, "record %zu: %s", i, qp_error_message());
        else if (!run_expect_text(c, "decoded", i, text, bytes, decoded.content + decoded.start[i], decoded.bytes[i]))
            result = RUN_FAILED;
        free(text);
    }
    free_numbers(&ids);
    free_records(&decoded);
    return result;
}

static run_result run_normalize(run_context *c, const qp_sentencepiece *m)
{
    records input, output;
    run_result result = RUN_PASSED;
    if (!run_records(c, "input", &input) || !run_records(c, "output", &output))
        return run_fail(c, "cannot read the texts");
    for (size_t i = 0; result == RUN_PASSED && i < input.count; i++) {
        qp_mapped_text out = {0};
        if (qp_sentencepiece_normalize(m, input.content + input.start[i], input.bytes[i], &out) != QP_OK ||
            !run_expect_text(c, "normal form", i, out.text, out.bytes, output.content + output.start[i],
                             output.bytes[i]))
            result = RUN_FAILED;
        qp_mapped_text_free(&out);
    }
    free_records(&input);
    free_records(&output);
    return result;
}

static run_result run_table(run_context *c, const qp_sentencepiece *m)
{
    static const char *const type_name[] = {"", "normal", "unknown", "control", "user_defined", "unused", "byte"};
    json_t *table;
    if (!run_json_lines(c, "table", &table)) return run_fail(c, "cannot read the table");
    run_result result = RUN_PASSED;
    if (json_array_size(table) != (size_t)m->vocabulary.count) result = run_fail(c, "%d pieces", m->vocabulary.count);
    for (int32_t id = 0; result == RUN_PASSED && id < m->vocabulary.count; id++) {
        json_t *row = json_array_get(table, (size_t)id), *piece = json_array_get(row, 0);
        size_t bytes;
        const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        if (!run_expect_text(c, "piece", (size_t)id, text, bytes, json_string_value(piece), json_string_length(piece)))
            result = RUN_FAILED;
        else if ((float)json_number_value(json_array_get(row, 1)) != m->score[id] ||
                 strcmp(json_string_value(json_array_get(row, 2)), type_name[m->type[id]]) != 0)
            result = run_fail(c, "score or type of piece %d", id);
    }
    static const char *const key[] = {"unk_id", "bos_id", "eos_id", "pad_id"};
    const int got[] = {m->unknown_id, m->bos_id, m->eos_id, m->pad_id};
    for (int i = 0; result == RUN_PASSED && i < 4; i++) {
        json_t *wanted = json_object_get(c->run, key[i]);
        if (wanted && json_integer_value(wanted) != got[i]) result = run_fail(c, "%s is %d", key[i], got[i]);
    }
    json_decref(table);
    return result;
}

static run_result run_lookup(run_context *c, const qp_sentencepiece *m)
{
    json_t *pairs;
    if (!run_json_lines(c, "pairs", &pairs)) return run_fail(c, "cannot read the pairs");
    run_result result = RUN_PASSED;
    for (size_t i = 0; result == RUN_PASSED && i < json_array_size(pairs); i++) {
        json_t *row = json_array_get(pairs, i), *piece = json_array_get(row, 0);
        int32_t id = qp_sentencepiece_find(m, json_string_value(piece), json_string_length(piece));
        if (id != json_integer_value(json_array_get(row, 1))) result = run_fail(c, "pair %zu: id %d", i, id);
    }
    json_decref(pairs);
    return result;
}

run_result run_sentencepiece(run_context *c)
{
    char path[4096], *content;
    size_t bytes;
    const char *file = json_string_value(json_object_get(json_object_get(c->root_json, "files"), "model"));
    if (run_text(c, "model")) file = run_text(c, "model");
    if (!file) return run_fail(c, "no model is named");
    run_path(c, file, path, sizeof path);
    qp_sentencepiece *m;
    if (qp_file_read(path, (size_t)1 << 30, &content, &bytes) != QP_OK) return run_fail(c, "%s", qp_error_message());
    qp_status status = qp_sentencepiece_read(path, content, bytes, &m);
    free(content);
    if (status != QP_OK) return run_fail(c, "%s", qp_error_message());
    static const struct {
        const char *op;
        run_result (*run)(run_context *c, const qp_sentencepiece *m);
    } op[] = {{"encode", run_encode}, {"decode", run_decode}, {"normalize", run_normalize}, {"table", run_table},
              {"lookup", run_lookup}, {"nbest", run_nbest},   {"sample", run_sample}};
    run_result result = RUN_SKIPPED;
    for (size_t i = 0; i < sizeof op / sizeof *op; i++) {
        if (strcmp(run_text(c, "op"), op[i].op) == 0) result = op[i].run(c, m);
    }
    qp_sentencepiece_free(m);
    return result;
}

hostile_result hostile_sentencepiece(const char *content, size_t bytes, const records *probe,
                                     const number_lists *wanted)
{
    hostile_result result = {.equal = true};
    run_context c = {0};
    qp_sentencepiece *m;
    if (qp_sentencepiece_read("hostile", content, bytes, &m) != QP_OK) {
        snprintf(result.message, sizeof result.message, "%s", qp_error_message());
        return result;
    }
    result.loaded = true;
    qp_encoding list = {0};
    for (size_t i = 0; i < probe->count; i++) {
        if (qp_sentencepiece_encode(m, probe->content + probe->start[i], probe->bytes[i], &list) != QP_OK)
            result.equal = false;
        if (wanted && !run_expect_numbers(&c, "ids", i, list.id, (size_t)list.count, wanted)) result.equal = false;
    }
    memcpy(result.message, c.message, sizeof result.message);
    qp_encoding_free(&list);
    qp_sentencepiece_free(m);
    return result;
}
