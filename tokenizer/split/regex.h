#ifndef QP_REGEX_H
#define QP_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/text/text_buffer.h"
#include "tokenizer/split/word_pattern.h"

/* regex — regular expressions, matched by PCRE2 (leftmost match, first alternative, backtracking).
 *
 * An expression is read by the rules of the engine it was written for, translated into PCRE2's syntax (regex_syntax.h)
 * and compiled by its just-in-time compiler where there is one. What cannot be translated is refused by name. Text is
 * UTF-8; a byte that is not is matched as NUL is. A compiled expression can be shared by threads; a scratch cannot.
 *
 *   qp_regex_scratch scratch = {0};
 *   qp_regex_text(&scratch, text, bytes);
 *   for (size_t at = 0; at <= bytes; at = match.end > match.begin ? match.end : match.end + 1) {
 *       QP_TRY(qp_regex_find(&regex, &scratch, at, &match));
 *       if (!match.found) break;
 *   }
 *
 * Time is linear in the text: searching it may take 2^20 steps and 64 more for each byte, and fails after that. A step
 * is a character read or a choice tried again. */

/* The engine an expression was written for. */
typedef enum {
    QP_REGEX_PERL,     /* ^ and $ are the ends of the text; no classes inside classes */
    QP_REGEX_RUST,     /* tiktoken's: also [a[b]] and [a&&b] */
    QP_REGEX_ONIGURUMA /* Hugging Face's: also [[:alpha:]]; ^ and $ are the ends of lines; x{2}+ is (?:x{2})+ */
} qp_regex_flavor;

/* A compiled expression. An all-zero struct is none. */
typedef struct {
    struct pcre2_real_code_8 *code;
    bool jit;              /* the code was compiled to machine code */
    qp_word_pattern known; /* one that word_pattern.h matches, with the table for it; or QP_PATTERN_NONE */
    uint8_t *classes;
} qp_regex;

/* Memory of one thread, and the text that is searched. All zero before the first use. */
typedef struct {
    const char *text, *subject; /* as given; as PCRE2 sees it */
    size_t bytes;
    char *copy; /* the subject where the text is not UTF-8 */
    size_t copy_capacity;
    size_t steps;                  /* left for this text */
    size_t last_start, last;       /* at the last callout: where the attempt began, and where it was */
    size_t whole_begin, whole_end; /* the last match */
    int groups;                    /* of the last match, the whole included; 0: nothing was found */
    struct pcre2_real_match_data_8 *match;
    struct pcre2_real_match_context_8 *context;
    struct pcre2_real_jit_stack_8 *stack;
} qp_regex_scratch;

/* Where an expression matched. */
typedef struct {
    bool found;
    size_t begin, end;
} qp_regex_match;

/* qp_regex_compile — `place` names the expression's origin in errors.
 * Errors  QP_EDATA: the expression is wrong or cannot be translated; QP_EMEMORY. */
qp_status qp_regex_compile(qp_regex_flavor flavor, const char *place, const char *pattern, size_t bytes,
                           qp_regex *regex);
void qp_regex_free(qp_regex *regex);
void qp_regex_scratch_free(qp_regex_scratch *scratch);

/* qp_regex_text — set the text to search, with a new budget of steps. The text is borrowed.
 * qp_regex_part — set one of several parts of a text: they share the budget of the last qp_regex_text.
 * Errors  QP_EMEMORY. */
qp_status qp_regex_text(qp_regex_scratch *scratch, const char *text, size_t bytes);
qp_status qp_regex_part(qp_regex_scratch *scratch, const char *text, size_t bytes);

/* qp_regex_find — the first match that begins at or after byte `at`. It may be empty; text before `at` is seen by \b
 * and lookbehind.
 * Errors  QP_EDATA: the budget of the text is used up; QP_EMEMORY. */
qp_status qp_regex_find(const qp_regex *regex, qp_regex_scratch *scratch, size_t at, qp_regex_match *match);

/* qp_regex_replace — append the text to `out` with every match replaced, from left to right; *count, if not NULL, is
 * the number of matches. In the replacement, $0 to $9 are the match and its groups, and $$ is a dollar sign.
 * Errors  as qp_regex_find. */
qp_status qp_regex_replace(const qp_regex *regex, qp_regex_scratch *scratch, const char *replacement,
                           qp_text_buffer *out, size_t *count);

#endif
