#include "tokenizer/split/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"
#include "tokenizer/split/regex_syntax.h"

enum { STEPS_PER_BYTE = 64, FREE_STEPS = 1 << 20, GROUPS = 32, HEAP_KIBIBYTES = 1 << 18, STACK_BYTES = 1 << 28 };

/* ---- compiling ---- */

void qp_regex_free(qp_regex *regex)
{
    pcre2_code_free(regex->code);
    free(regex->classes);
    *regex = (qp_regex){0};
}

enum { HEAP_FAILED = 121 }; /* PCRE2's number of "failed to allocate heap memory", which has no name */

/* Compile an expression in PCRE2's syntax. Lines end in \n alone, whatever this PCRE2 was built for. */
static qp_status make_code(qp_regex_flavor flavor, const char *place, const char *pattern, const qp_text_buffer *syntax,
                           qp_regex *regex)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK;
    options |= flavor == QP_REGEX_ONIGURUMA ? PCRE2_MULTILINE : PCRE2_DOLLAR_ENDONLY;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    int error;
    size_t offset;
    const char *text = syntax->text ? syntax->text : "";
    regex->code = pcre2_compile((PCRE2_SPTR)text, syntax->bytes, options, &error, &offset, context);
    pcre2_compile_context_free(context);
    if (!regex->code) {
        char message[160];
        if (error == HEAP_FAILED) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
        pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        return qp_fail(QP_EDATA, "%s: regular expression \"%.60s\": %s; use another expression", place, pattern,
                       message);
    }
    regex->jit = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0; /* else the code is interpreted */
    return QP_OK;
}

/* Oniguruma's $ ends lines where word_pattern.h ends the text. */
static qp_status use_word_pattern(qp_regex_flavor flavor, const char *place, const char *pattern, size_t bytes,
                                  qp_regex *regex)
{
    if (flavor == QP_REGEX_ONIGURUMA && memchr(pattern, '$', bytes)) return QP_OK;
    regex->known = qp_word_pattern_of(pattern, bytes);
    if (!regex->known) return QP_OK;
    regex->classes = qp_word_classes_make();
    return regex->classes ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", place);
}

qp_status qp_regex_compile(qp_regex_flavor flavor, const char *place, const char *pattern, size_t bytes,
                           qp_regex *regex)
{
    qp_text_buffer syntax = {0};
    *regex = (qp_regex){0};
    qp_status status = qp_regex_syntax(flavor, place, pattern, bytes, &syntax);
    if (status == QP_OK) status = make_code(flavor, place, pattern, &syntax, regex);
    if (status == QP_OK) status = use_word_pattern(flavor, place, pattern, bytes, regex);
    qp_text_free(&syntax);
    if (status != QP_OK) qp_regex_free(regex);
    return status;
}

/* ---- matching ---- */

void qp_regex_scratch_free(qp_regex_scratch *scratch)
{
    pcre2_match_data_free(scratch->match);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    free(scratch->copy);
    *scratch = (qp_regex_scratch){0};
}

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "regular expression: out of memory; use shorter texts"); }

/* The first byte from `at` on that is not UTF-8; `bytes`: none. */
static size_t bad_byte(const char *text, size_t bytes, size_t at)
{
    for (size_t length; at < bytes; at += length) {
        uint64_t eight;
        for (; bytes - at >= sizeof eight; at += sizeof eight) {
            memcpy(&eight, text + at, sizeof eight);
            if (eight & 0x8080808080808080u) break;
        }
        if (at == bytes || qp_utf8_next(text + at, bytes - at, &length) == QP_INVALID_CODE) break;
    }
    return at;
}

qp_status qp_regex_part(qp_regex_scratch *scratch, const char *text, size_t bytes)
{
    scratch->text = scratch->subject = bytes ? text : "";
    scratch->bytes = bytes;
    scratch->groups = 0;
    size_t bad = bad_byte(text, bytes, 0);
    if (bad == bytes) return QP_OK;
    if (!QP_GROW(scratch->copy, scratch->copy_capacity, bytes)) return no_memory();
    memcpy(scratch->copy, text, bytes);
    for (; bad < bytes; bad = bad_byte(text, bytes, bad + 1)) scratch->copy[bad] = '\0';
    scratch->subject = scratch->copy;
    return QP_OK;
}

qp_status qp_regex_text(qp_regex_scratch *scratch, const char *text, size_t bytes)
{
    scratch->steps = FREE_STEPS + STEPS_PER_BYTE * bytes;
    return qp_regex_part(scratch, text, bytes);
}

/* Called at the callouts of regex_syntax.h: takes the distance from the last one off the budget. */
static int count_steps(pcre2_callout_block *block, void *data)
{
    qp_regex_scratch *scratch = data;
    size_t now = block->current_position;
    if (scratch->last_start != block->start_match) scratch->last = scratch->last_start = block->start_match;
    size_t steps = 1 + (now > scratch->last ? now - scratch->last : scratch->last - now);
    scratch->last = now;
    if (steps > scratch->steps) return PCRE2_ERROR_MATCHLIMIT;
    scratch->steps -= steps;
    return 0;
}

/* PCRE2's own limits on time are not used: what they count depends on whether the code was compiled. */
static qp_status prepare(qp_regex_scratch *scratch)
{
    if (!scratch->match) scratch->match = pcre2_match_data_create(GROUPS, NULL);
    if (!scratch->context) {
        scratch->context = pcre2_match_context_create(NULL);
        if (!scratch->context) return no_memory();
        pcre2_set_match_limit(scratch->context, UINT32_MAX);
        pcre2_set_depth_limit(scratch->context, UINT32_MAX);
        pcre2_set_heap_limit(scratch->context, HEAP_KIBIBYTES);
    }
    if (!scratch->match) return no_memory();
    pcre2_set_callout(scratch->context, count_steps, scratch);
    return QP_OK;
}

static int match_once(const qp_regex *regex, qp_regex_scratch *scratch, size_t at)
{
    scratch->last = scratch->last_start = at;
    PCRE2_SPTR subject = (PCRE2_SPTR)scratch->subject;
    if (regex->jit)
        return pcre2_jit_match(regex->code, subject, scratch->bytes, at, 0, scratch->match, scratch->context);
    return pcre2_match(regex->code, subject, scratch->bytes, at, PCRE2_NO_UTF_CHECK, scratch->match, scratch->context);
}

/* Compiled code starts with 32 KiB of stack, which most expressions never fill. */
static bool grow_stack(qp_regex_scratch *scratch)
{
    if (scratch->stack) return false;
    scratch->stack = pcre2_jit_stack_create(1 << 16, STACK_BYTES, NULL);
    if (!scratch->stack) return false;
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    return true;
}

static qp_status fail_match(int result)
{
    switch (result) {
    case PCRE2_ERROR_NOMEMORY: return no_memory();
    case PCRE2_ERROR_MATCHLIMIT:
        return qp_fail(QP_EDATA, "regular expression: needs too many steps for this text; use a simpler one");
    case PCRE2_ERROR_JIT_STACKLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        return qp_fail(QP_EDATA, "regular expression: needs too much memory for this text; use a simpler one");
    default: return qp_fail(QP_EBUG, "regular expression: PCRE2 reports error %d", result);
    }
}

/* The group ( ) of this number in the match that was found last; not found: it took no part. */
static qp_regex_match group_of(const qp_regex_scratch *scratch, int number)
{
    if (number < 0 || number >= scratch->groups) return (qp_regex_match){0};
    if (number == 0) return (qp_regex_match){true, scratch->whole_begin, scratch->whole_end};
    const size_t *place = pcre2_get_ovector_pointer(scratch->match) + 2 * (size_t)number;
    if (place[0] == PCRE2_UNSET) return (qp_regex_match){0};
    return (qp_regex_match){true, place[0], place[1]};
}

qp_status qp_regex_find(const qp_regex *regex, qp_regex_scratch *scratch, size_t at, qp_regex_match *match)
{
    *match = (qp_regex_match){0};
    while (at < scratch->bytes && ((unsigned char)scratch->subject[at] & 0xC0) == 0x80) at++; /* a character begins */
    if (regex->known && at < scratch->bytes) {
        scratch->groups = 1;
        scratch->whole_begin = at;
        scratch->whole_end = qp_word_pattern_end(regex->known, regex->classes, scratch->subject, scratch->bytes, at);
        *match = group_of(scratch, 0);
        return QP_OK;
    }
    scratch->groups = 0;
    QP_TRY(prepare(scratch));
    int result = match_once(regex, scratch, at);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT && grow_stack(scratch)) result = match_once(regex, scratch, at);
    if (result == PCRE2_ERROR_NOMATCH) return QP_OK;
    if (result < 0) return fail_match(result);
    const size_t *place = pcre2_get_ovector_pointer(scratch->match);
    scratch->groups = result ? result : GROUPS; /* 0: there are more groups than places for them */
    scratch->whole_begin = place[0];
    scratch->whole_end = place[1];
    *match = group_of(scratch, 0);
    return QP_OK;
}

/* ---- replacing ---- */

static void put_replacement(const qp_regex_scratch *scratch, const char *replacement, qp_text_buffer *out)
{
    for (const char *at = replacement; *at; at++) {
        bool marked = *at == '$' && at[1];
        if (marked) at++;
        qp_regex_match group = {0};
        bool is_group = marked && *at >= '0' && *at <= '9';
        if (is_group) group = group_of(scratch, *at - '0');
        if (group.found) qp_text_put(out, scratch->text + group.begin, group.end - group.begin);
        if (!is_group) qp_text_put(out, at, 1);
    }
}

/* After an empty match one character is kept, so that the search moves on. */
qp_status qp_regex_replace(const qp_regex *regex, qp_regex_scratch *scratch, const char *replacement,
                           qp_text_buffer *out, size_t *count)
{
    size_t done = 0, matches = 0;
    for (size_t at = 0; at <= scratch->bytes;) {
        qp_regex_match match;
        QP_TRY(qp_regex_find(regex, scratch, at, &match));
        if (!match.found) break;
        qp_text_put(out, scratch->text + done, match.begin - done);
        put_replacement(scratch, replacement, out);
        done = at = match.end;
        matches++;
        if (match.begin < match.end) continue;
        size_t length = 1;
        if (at < scratch->bytes) qp_utf8_next(scratch->subject + at, scratch->bytes - at, &length);
        at += length;
    }
    qp_text_put(out, scratch->text + done, scratch->bytes - done);
    if (count) *count = matches;
    return out->failed ? no_memory() : QP_OK;
}
