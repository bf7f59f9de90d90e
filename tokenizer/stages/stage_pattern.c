#define _GNU_SOURCE /* memmem */
#include "tokenizer/stages/stage_pattern.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/utf8.h"
#include "tokenizer/split/oniguruma_syntax.h"
#include "tokenizer/stages/stage_kinds.h"

qp_status qp_pattern_regex(qp_regex_flavor flavor, const char *place, const char *text, size_t bytes,
                           qp_pattern *pattern)
{
    QP_TRY(qp_stage_string_set(&pattern->text, text, bytes));
    pattern->is_regex = true;
    pattern->flavor = flavor;
    return qp_regex_compile(flavor, place, text, bytes, &pattern->regex);
}

/* {"String": text} or {"Regex": expression} under the key "pattern". */
static qp_status read_pattern(const char *place, const json_t *json, qp_pattern *pattern)
{
    const json_t *object = json_object_get(json, "pattern"), *regex = json_object_get(object, "Regex");
    if (json_object_size(object) != 1) return qp_fail(QP_EDATA, "%s: a pattern is neither String nor Regex", place);
    if (!json_is_string(regex)) {
        QP_TRY(qp_json_stage_text(place, object, "String", &pattern->text));
        if (pattern->text.bytes > 0) return QP_OK;
        free(pattern->text.text); /* an empty text is at every place */
        pattern->text.text = NULL;
        return qp_pattern_regex(QP_REGEX_ONIGURUMA, place, "", 0, pattern);
    }
    return qp_pattern_regex(QP_REGEX_ONIGURUMA, place, json_string_value(regex), json_string_length(regex), pattern);
}

static qp_status write_pattern(const qp_pattern *pattern, qp_text_buffer *out)
{
    qp_text_buffer there = {0};
    const char *text = pattern->text.text;
    size_t bytes = pattern->text.bytes;
    if (pattern->is_regex && pattern->flavor == QP_REGEX_RUST) {
        qp_oniguruma_syntax(text, bytes, &there);
        text = there.text ? there.text : "";
        bytes = there.bytes;
    }
    qp_text_format(out, ", \"pattern\": {\"%s\": ", pattern->is_regex ? "Regex" : "String");
    if (there.failed || !qp_json_string(out, text, bytes)) out->failed = true;
    qp_text_put(out, "}", 1);
    qp_text_free(&there);
    return QP_OK;
}

void qp_pattern_free(qp_pattern *pattern)
{
    free(pattern->text.text);
    qp_regex_free(&pattern->regex);
}

/* ---- matches ---- */

/* Matches in one text. An empty match does not follow right after another match. */
typedef struct {
    const qp_pattern *pattern;
    qp_stage_scratch *scratch;
    qp_text text;
    size_t next, last; /* where the search begins; where the last match ended */
} search;

static qp_status begin_search(const qp_pattern *pattern, qp_stage_scratch *scratch, qp_text text, search *s)
{
    *s = (search){pattern, scratch, text, 0, SIZE_MAX};
    return pattern->is_regex ? qp_regex_part(&scratch->regex, text.text, text.bytes) : QP_OK;
}

static qp_status find(search *s, qp_regex_match *match)
{
    const qp_pattern *p = s->pattern;
    if (p->is_regex) return qp_regex_find(&p->regex, &s->scratch->regex, s->next, match);
    *match = (qp_regex_match){0};
    if (p->text.bytes == 0 || s->next >= s->text.bytes) return QP_OK;
    const char *at = memmem(s->text.text + s->next, s->text.bytes - s->next, p->text.text, p->text.bytes);
    if (!at) return QP_OK;
    size_t begin = (size_t)(at - s->text.text);
    *match = (qp_regex_match){true, begin, begin + p->text.bytes};
    return QP_OK;
}

static qp_status next_match(search *s, qp_regex_match *match)
{
    *match = (qp_regex_match){0};
    while (s->text.bytes > 0 && s->next <= s->text.bytes) {
        QP_TRY(find(s, match));
        if (!match->found) return QP_OK;
        bool follows = match->begin == match->end && match->end == s->last;
        s->next = match->end;
        if (match->begin == match->end) {
            size_t length = 1;
            if (s->next < s->text.bytes) qp_utf8_next(s->text.text + s->next, s->text.bytes - s->next, &length);
            s->next += length;
        }
        if (follows) continue;
        s->last = match->end;
        return QP_OK;
    }
    match->found = false;
    return QP_OK;
}

qp_status qp_pattern_replace(const qp_pattern *pattern, qp_text content, qp_stage_scratch *scratch, qp_stretch stretch,
                             qp_mapped_text *out)
{
    search s;
    qp_regex_match match;
    qp_changes *c = &scratch->changes;
    size_t begin = stretch.begin, done = 0; /* copied so far */
    QP_TRY(begin_search(pattern, scratch, qp_stage_text(stretch), &s));
    for (;;) {
        QP_TRY(next_match(&s, &match));
        if (!match.found) break;
        QP_TRY(qp_changes_copy(stretch.from, begin + done, begin + match.begin, out));
        c->count = 0;
        for (size_t k = 0, length; k < content.bytes; k += length)
            QP_TRY(qp_changes_add(c, qp_changes_code(content.text + k, content.bytes - k, &length), 1));
        QP_TRY(qp_changes_apply(c, stretch.from, begin, begin + match.end, match.end, out));
        done = match.end;
    }
    return qp_changes_copy(stretch.from, begin + done, stretch.end, out);
}

qp_status qp_pattern_split(const qp_pattern *pattern, qp_split_behavior behavior, bool invert,
                           qp_stage_scratch *scratch, qp_text text, size_t shift, qp_ranges *ranges)
{
    search s;
    qp_regex_match match;
    qp_cutter c = {.behavior = behavior, .out = ranges, .first = ranges->count, .shift = shift};
    size_t done = 0;
    QP_TRY(begin_search(pattern, scratch, text, &s));
    for (;;) {
        QP_TRY(next_match(&s, &match));
        if (!match.found) break;
        if (done < match.begin) QP_TRY(qp_cutter_add(&c, done, match.begin, invert));
        QP_TRY(qp_cutter_add(&c, match.begin, match.end, !invert));
        done = match.end;
    }
    if (done < text.bytes) QP_TRY(qp_cutter_add(&c, done, text.bytes, invert));
    return qp_cutter_end(&c);
}

qp_status qp_prefix_stretch(const char *prefix, size_t bytes, qp_stage_scratch *scratch, qp_stretch stretch,
                            qp_mapped_text *out)
{
    qp_changes *c = &scratch->changes;
    if (stretch.begin == stretch.end) return QP_OK;
    c->count = 0;
    for (size_t k = 0, length; k < bytes; k += length)
        QP_TRY(qp_changes_add(c, qp_changes_code(prefix + k, bytes - k, &length), k > 0));
    QP_TRY(qp_changes_apply(c, stretch.from, stretch.begin, stretch.end, 0, out));
    return qp_changes_copy(stretch.from, stretch.begin, stretch.end, out);
}

/* ---- Split ---- */

static qp_status read_split(const char *place, const json_t *json, void *self)
{
    qp_pattern_splitter *s = self;
    QP_TRY(read_pattern(place, json, &s->pattern));
    QP_TRY(qp_json_flag(place, json, "invert", false, &s->invert));
    return qp_json_behavior(place, json, &s->behavior);
}

static qp_status write_split(const void *self, qp_text_buffer *out)
{
    const qp_pattern_splitter *s = self;
    QP_TRY(write_pattern(&s->pattern, out));
    qp_json_write_text(out, "behavior", qp_behavior_name[s->behavior], strlen(qp_behavior_name[s->behavior]));
    qp_json_write_flag(out, "invert", s->invert);
    return QP_OK;
}

static void release_split(void *self) { qp_pattern_free(&((qp_pattern_splitter *)self)->pattern); }

static qp_status split(const void *self, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out,
                       qp_ranges *ranges)
{
    const qp_pattern_splitter *s = self;
    size_t start = out->bytes;
    QP_TRY(qp_changes_copy(stretch.from, stretch.begin, stretch.end, out));
    const qp_text text = {out->text + start, out->bytes - start};
    return qp_pattern_split(&s->pattern, s->behavior, s->invert, scratch, text, start, ranges);
}

const qp_stage_kind qp_stage_split = {.role = QP_ROLE_SPLITTER,
                                      .type = "Split",
                                      .bytes = sizeof(qp_pattern_splitter),
                                      .read = read_split,
                                      .write = write_split,
                                      .release = release_split,
                                      .split = split};

/* ---- Replace ---- */

static qp_status read_replace(const char *place, const json_t *json, void *self)
{
    qp_replacement *r = self;
    QP_TRY(read_pattern(place, json, &r->pattern));
    return qp_json_stage_text(place, json, "content", &r->content);
}

static qp_status write_replace(const void *self, qp_text_buffer *out)
{
    const qp_replacement *r = self;
    QP_TRY(write_pattern(&r->pattern, out));
    qp_json_write_text(out, "content", r->content.text, r->content.bytes);
    return QP_OK;
}

static void release_replace(void *self)
{
    qp_replacement *r = self;
    qp_pattern_free(&r->pattern);
    free(r->content.text);
}

static qp_status replace(const void *self, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out)
{
    const qp_replacement *r = self;
    return qp_pattern_replace(&r->pattern, (qp_text){r->content.text, r->content.bytes}, scratch, stretch, out);
}

const qp_stage_kind qp_stage_replace = {.role = QP_ROLE_NORMALIZER,
                                        .type = "Replace",
                                        .bytes = sizeof(qp_replacement),
                                        .read = read_replace,
                                        .write = write_replace,
                                        .release = release_replace,
                                        .normalize = replace};

/* Unlike in the normalizer, an empty match may follow right after another match. */
static qp_status put_replaced(const qp_replacement *r, qp_regex_scratch *scratch, qp_text text, qp_strings *out)
{
    size_t done = 0;
    QP_TRY(qp_regex_text(scratch, text.text, text.bytes));
    for (size_t next = 0, length; next <= text.bytes;) {
        qp_regex_match match;
        QP_TRY(qp_regex_find(&r->pattern.regex, scratch, next, &match));
        if (!match.found) break;
        QP_TRY(qp_strings_put(out, text.text + done, match.begin - done));
        QP_TRY(qp_strings_put(out, r->content.text, r->content.bytes));
        done = next = match.end;
        if (match.begin < match.end) continue;
        length = 1;
        if (next < text.bytes) qp_utf8_next(text.text + next, text.bytes - next, &length);
        next += length;
    }
    return qp_strings_put(out, text.text + done, text.bytes - done);
}

static qp_status decode_replace(const void *self, const qp_strings *in, qp_strings *out)
{
    const qp_replacement *r = self;
    const qp_text old = {r->pattern.text.text, r->pattern.text.bytes}, fresh = {r->content.text, r->content.bytes};
    qp_regex_scratch scratch = {0};
    qp_status status = QP_OK;
    for (size_t i = 0; i < in->count && status == QP_OK; i++) {
        qp_text text = qp_strings_get(in, i);
        status = r->pattern.is_regex ? put_replaced(r, &scratch, text, out)
                                     : qp_strings_replaced(out, text, old, fresh);
        if (status == QP_OK) status = qp_strings_end(out);
    }
    qp_regex_scratch_free(&scratch);
    return status;
}

const qp_stage_kind qp_stage_decode_replace = {.role = QP_ROLE_DECODER,
                                               .type = "Replace",
                                               .bytes = sizeof(qp_replacement),
                                               .read = read_replace,
                                               .write = write_replace,
                                               .release = release_replace,
                                               .decode = decode_replace,
                                               .strings = QP_STRINGS_ALONE};
