#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "lib/base/array.h"
#include "tokenizer/moses/moses.h"
#include "tokenizer/moses/moses_text.h"
#include "lib/text/characters.h"
#include "lib/text/utf8.h"

/* The two other scripts: words back to text, and punctuation made plain. */

typedef struct {
    const char *text;
    size_t bytes;
} word;

typedef struct {
    const char *language;
    word *word;
    size_t count;
    qp_moses_text *out;
    bool glued;   /* the next word stands at the last one */
    size_t *slot; /* hash table of the quotes that are words: number of the first such word + 1 */
    bool *open;   /* of each word that is in it: its next occurrence closes */
    size_t slot_count;
} joining;

static bool is_language(const joining *j, const char *name) { return strcmp(j->language, name) == 0; }

static bool is_word(word w, const char *text) { return w.bytes == strlen(text) && memcmp(w.text, text, w.bytes) == 0; }

static int32_t first_code(word w)
{
    size_t length;
    return w.bytes ? qp_utf8_next(w.text, w.bytes, &length) : QP_INVALID_CODE;
}

static int32_t last_code(word w)
{
    size_t at = w.bytes, length;
    if (at == 0) return QP_INVALID_CODE;
    do at--;
    while (at > 0 && ((unsigned char)w.text[at] & 0xC0) == 0x80);
    return qp_utf8_next(w.text + at, w.bytes - at, &length);
}

static bool all_are(word w, bool (*test)(int32_t code))
{
    size_t length;
    for (size_t at = 0; at < w.bytes; at += length) {
        if (!test(qp_utf8_next(w.text + at, w.bytes - at, &length))) return false;
    }
    return w.bytes > 0;
}

static bool is_east_asian(int32_t c)
{
    return (c >= 0x1100 && c <= 0x11FF) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xA840 && c <= 0xA87F) ||
           (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE4F) ||
           (c >= 0xFF65 && c <= 0xFFDC) || (c >= 0x20000 && c <= 0x2FFFF);
}

static bool is_opening(int32_t c)
{
    return c == '(' || c == '[' || c == '{' || c == 0xBF || c == 0xA1 ||
           (c >= 0 && utf8proc_category(c) == UTF8PROC_CATEGORY_SC);
}

static bool is_closing(int32_t c) { return c > 0 && c < 0x80 && strchr(",.?!:;\\%}])", c); }

static bool is_quote(int32_t c) { return c == '\'' || c == '"' || c == '`' || c == 0x201E || c == 0x201C; }

static bool is_low_high_quote(int32_t c) { return c == 0x201E || c == 0x201C || c == 0x201D; }

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }

static void put(joining *j, word w, bool glued)
{
    if (!glued) qp_moses_text_add(j->out, " ", 1);
    qp_moses_text_add(j->out, w.text, w.bytes);
}

/* To the word before, or to the next one. */
static void put_left(joining *j, word w)
{
    put(j, w, true);
    j->glued = false;
}

static void put_right(joining *j, word w)
{
    put(j, w, j->glued);
    j->glued = true;
}

static void put_plain(joining *j, word w)
{
    put(j, w, j->glued);
    j->glued = false;
}

/* ---- rules of languages ---- */

static bool is_contraction(const joining *j, size_t i)
{
    const word w = j->word[i];
    if (!is_language(j, "en") || i == 0 || w.bytes < 2 || w.text[0] != '\'') return false;
    return qp_moses_alpha(first_code((word){w.text + 1, w.bytes - 1})) && qp_moses_alnum(last_code(j->word[i - 1]));
}

static bool is_czech_number(const joining *j, size_t i)
{
    return is_language(j, "cs") && i > 1 && all_are(j->word[i], is_digit) && all_are(j->word[i - 2], is_digit) &&
           (is_word(j->word[i - 1], ".") || is_word(j->word[i - 1], ","));
}

static bool is_elision(const joining *j, size_t i)
{
    const word w = j->word[i];
    if (!is_language(j, "fr") && !is_language(j, "it") && !is_language(j, "ga")) return false;
    if (i + 1 >= j->count || w.bytes < 2 || w.text[w.bytes - 1] != '\'') return false;
    return qp_moses_alpha(last_code((word){w.text, w.bytes - 1})) && qp_moses_alpha(first_code(j->word[i + 1]));
}

static bool is_czech_dash(const joining *j, size_t i)
{
    if (!is_language(j, "cs") || i + 3 >= j->count || !qp_moses_alpha(last_code(j->word[i]))) return false;
    const word dash = j->word[i + 1], rest = j->word[i + 2];
    static const char mail[] = "mail", li[] = "li";
    size_t same_mail = 0, same_li = 0;
    if (!is_word(dash, "-") && !is_word(dash, "\xE2\x80\x93")) return false;
    while (same_mail < 4 && same_mail < rest.bytes && (rest.text[same_mail] | 32) == mail[same_mail]) same_mail++;
    while (same_li < 2 && same_li < rest.bytes && (rest.text[same_li] | 32) == li[same_li]) same_li++;
    return same_mail == 4 || (same_li == 2 && rest.bytes == 2);
}

/* The length of the longest entry of a list ("ni si mme") that `text` begins with and behind which `rest` fits. */
static bool fits_endings(const char *text, size_t bytes, const char *const *list, int lists)
{
    if (lists == 0) return bytes == 0;
    for (const char *at = *list; *at;) {
        size_t length = strcspn(at, " ");
        if (bytes >= length && memcmp(text, at, length) == 0 &&
            fits_endings(text + length, bytes - length, list + 1, lists - 1))
            return true;
        at += length;
        if (*at == ' ') at++;
    }
    bool optional = lists < 3;
    return optional && fits_endings(text, bytes, list + 1, lists - 1);
}

/* Finnish cases stand behind a colon: EU:n, EU:ssa. */
static bool is_finnish_case(const joining *j, size_t i)
{
    static const char *const list[] = {
        "N n A a Ä ä ssa Ssa ssä Ssä sta stä Sta Stä hun Hun hyn Hyn han Han hän Hän hön Hön un Un yn Yn an An än Än "
        "ön Ön "
        "seen Seen lla Lla llä Llä lta Lta ltä Ltä lle Lle ksi Ksi kse Kse tta Tta ine Ine",
        "ni si mme nne nsa", "ko kö han hän pa pä kaan kään kin"};
    if (!is_language(j, "fi") || i == 0) return false;
    const word before = j->word[i - 1], w = j->word[i];
    return before.bytes && before.text[before.bytes - 1] == ':' && fits_endings(w.text, w.bytes, list, 3);
}

/* ---- quotes: the first opens, the second closes ---- */

/* Is the quote open? Quotes are told apart by their text; typographic double quotes are one with the plain one. */
static bool *quote_state(joining *j, size_t i)
{
    static const word plain = {"\"", 1};
    const word w = all_are(j->word[i], is_low_high_quote) ? plain : j->word[i];
    if (!j->slot) {
        for (j->slot_count = 16; j->slot_count < 2 * j->count; j->slot_count *= 2) continue;
        j->slot = calloc(j->slot_count, sizeof *j->slot);
        j->open = calloc(j->count, sizeof *j->open);
        if (!j->slot || !j->open) return NULL;
    }
    size_t at = XXH3_64bits(w.text, w.bytes) & (j->slot_count - 1);
    for (; j->slot[at]; at = (at + 1) & (j->slot_count - 1)) {
        const word old = all_are(j->word[j->slot[at] - 1], is_low_high_quote) ? plain : j->word[j->slot[at] - 1];
        if (old.bytes == w.bytes && memcmp(old.text, w.text, w.bytes) == 0) return &j->open[j->slot[at] - 1];
    }
    j->slot[at] = i + 1;
    return &j->open[i];
}

static void put_quote(joining *j, size_t i)
{
    const word w = j->word[i];
    bool *open = quote_state(j, i);
    if (!open) {
        j->out->failed = true;
        return;
    }
    if (is_language(j, "cs") && is_word(w, "\xE2\x80\x9E")) *open = false;
    if (is_language(j, "cs") && is_word(w, "\xE2\x80\x9C")) *open = true;
    bool possessive = is_language(j, "en") && is_word(w, "'") && i > 0 && last_code(j->word[i - 1]) == 's';
    if (!*open && !possessive) {
        put_right(j, w);
        *open = true;
    } else {
        put_left(j, w);
        *open = false;
    }
}

static void put_lower(joining *j, word w)
{
    size_t length;
    for (size_t at = 0; at < w.bytes; at += length) {
        char small[4];
        int32_t code = qp_utf8_next(w.text + at, w.bytes - at, &length);
        if (code < 0)
            qp_moses_text_add(j->out, w.text + at, length);
        else
            qp_moses_text_add(j->out, small, qp_utf8_write(utf8proc_tolower(code), small));
    }
    j->glued = false;
}

/* Join word i; returns how many words were taken. */
static size_t join(joining *j, size_t i)
{
    const word w = j->word[i];
    if (is_east_asian(first_code(w)) && !is_language(j, "ko")) {
        if (i > 0 && is_east_asian(last_code(j->word[i - 1])))
            put_left(j, w);
        else
            put_plain(j, w);
    } else if (all_are(w, is_opening)) {
        put_right(j, w);
    } else if (all_are(w, is_closing)) {
        if (is_language(j, "fr") && w.bytes == 1 && strchr("?!:;\\%", w.text[0])) qp_moses_text_add(j->out, " ", 1);
        put_left(j, w);
    } else if (is_contraction(j, i) || is_czech_number(j, i)) {
        put_left(j, w);
    } else if (is_elision(j, i)) {
        put_right(j, w);
    } else if (is_czech_dash(j, i)) {
        put(j, w, j->glued);
        put_right(&(joining){.out = j->out, .glued = true}, j->word[i + 1]);
        j->glued = true;
        return 2;
    } else if (all_are(w, is_quote)) {
        put_quote(j, i);
    } else if (is_finnish_case(j, i)) {
        put_lower(j, w);
    } else {
        put_plain(j, w);
    }
    return 1;
}

/* ---- detokenising ---- */

static void unescape(qp_moses_text *t)
{
    static const char *const pair[][2] = {{" @-@ ", "-"},  {"&bar;", "|"}, {"&#124;", "|"}, {"&lt;", "<"},
                                          {"&gt;", ">"},   {"&bra;", "["}, {"&ket;", "]"},  {"&quot;", "\""},
                                          {"&apos;", "'"}, {"&#91;", "["}, {"&#93;", "]"},  {"&amp;", "&"}};
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) qp_moses_replace(t, pair[i][0], pair[i][1]);
}

/* The words between single spaces, empty ones too, but none at the end. */
static bool cut_words(const qp_moses_text *t, joining *j)
{
    size_t bytes = t->bytes, capacity = 0;
    while (bytes > 0 && t->text[bytes - 1] == ' ') bytes--;
    for (size_t at = 0, end; at < bytes; at = end + 1) {
        const char *space = memchr(t->text + at, ' ', bytes - at);
        end = space ? (size_t)(space - t->text) : bytes;
        if (!QP_GROW(j->word, capacity, j->count + 1)) return false;
        j->word[j->count++] = (word){t->text + at, end - at};
    }
    return true;
}

static bool is_left_alone(const char *line, size_t bytes)
{
    size_t length;
    if (bytes > 2 && line[0] == '<' && line[bytes - 1] == '>') return true;
    for (size_t at = 0; at < bytes; at += length) {
        if (!qp_is_white_space(qp_utf8_next(line + at, bytes - at, &length))) return false;
    }
    return true;
}

qp_status qp_moses_detokenize(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    qp_moses_text t = {0}, joined = {0};
    joining j = {.language = m->language, .out = &joined};
    if (is_left_alone(line, bytes)) {
        qp_moses_text_set(&t, line, bytes);
        return qp_moses_text_take(&t, out, out_bytes);
    }
    qp_moses_text_add(&t, " ", 1);
    qp_moses_text_add(&t, line, bytes);
    qp_moses_text_add(&t, " ", 1);
    qp_moses_text_turn(&t);
    unescape(&t);
    joined.failed = t.failed || !cut_words(&t, &j);
    for (size_t i = 0; i < j.count && !joined.failed;) i += join(&j, i);
    qp_moses_text_turn(&joined);
    qp_moses_squeeze(&joined, true);
    free(j.word);
    free(j.slot);
    free(j.open);
    qp_moses_text_free(&t);
    return qp_moses_text_take(&joined, out, out_bytes);
}

/* ---- punctuation ---- */

#define NBSP "\xC2\xA0"

static bool is_ascii_digit(int32_t code) { return code >= '0' && code <= '9'; }

static bool is_ascii_letter(int32_t code) { return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z'); }

static void replace_all(qp_moses_text *t, const char *const (*pair)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        qp_moses_replace(t, pair[i][0], pair[i][1]);
        if (strcmp(pair[i][1], " - ") == 0 || strcmp(pair[i][1], ") ") == 0 || strcmp(pair[i][1], ", ") == 0)
            qp_moses_squeeze(t, false);
    }
}

static void plain_spaces(qp_moses_text *t)
{
    static const char *const first[][2] = {{"\r", ""}, {"(", " ("}, {")", ") "}};
    static const char *const then[][2] = {{"( ", "("}, {" )", ")"}};
    static const char *const last[][2] = {{" :", ":"}, {" ;", ";"}};
    replace_all(t, first, 3);
    for (size_t i = 0; !t->failed && i < t->bytes; i++) { /* no space between ) and what closes a sentence */
        bool drop = t->text[i] == ' ' && i > 0 && t->text[i - 1] == ')' && i + 1 < t->bytes &&
                    strchr(".!:?;,", t->text[i + 1]) && t->text[i + 1];
        if (!drop) qp_moses_text_add(t, t->text + i, 1);
    }
    qp_moses_text_turn(t);
    replace_all(t, then, 2);
    qp_moses_between(t, is_ascii_digit, " %", NULL, false, "%");
    replace_all(t, last, 2);
}

static void plain_signs(qp_moses_text *t)
{
    static const char *const first[][2] = {{"`", "'"},  {"''", " \" "}, {"„", "\""},  {"“", "\""},
                                           {"”", "\""}, {"–", "-"},     {"—", " - "}, {"´", "'"}};
    static const char *const then[][2] = {{"‘", "'"},
                                          {"‚", "'"},
                                          {"’", "\""},
                                          {"''", "\""},
                                          {"´´", "\""},
                                          {"…", "..."},
                                          {NBSP "«" NBSP, " \""},
                                          {"«" NBSP, "\""},
                                          {"«", "\""},
                                          {NBSP "»" NBSP, "\" "},
                                          {NBSP "»", "\""},
                                          {"»", "\""},
                                          {NBSP "%", "%"},
                                          {"nº" NBSP, "nº "},
                                          {NBSP ":", ":"},
                                          {NBSP "ºC", " ºC"},
                                          {NBSP "cm", " cm"},
                                          {NBSP "?", "?"},
                                          {NBSP "!", "!"},
                                          {NBSP ";", ";"},
                                          {"," NBSP, ", "}};
    replace_all(t, first, sizeof first / sizeof *first);
    qp_moses_between(t, is_ascii_letter, "‘", is_ascii_letter, false, "'");
    qp_moses_between(t, is_ascii_letter, "’", is_ascii_letter, false, "'");
    replace_all(t, then, sizeof then / sizeof *then);
}

/* English: "word", becomes "word," -- the signs go in front of the quotation mark. */
static void quote_behind(qp_moses_text *t)
{
    for (size_t at = 0; at < t->bytes;) {
        size_t end = at + 1;
        while (t->text[at] == '"' && end < t->bytes && (t->text[end] == ',' || t->text[end] == '.')) end++;
        if (end > at + 1) {
            qp_moses_text_add(t, t->text + at + 1, end - at - 1);
            qp_moses_text_add(t, "\"", 1);
        } else {
            qp_moses_text_add(t, t->text + at, 1);
        }
        at = end;
    }
    qp_moses_text_turn(t);
}

/* Others: periods go behind the quotation mark, unless a tag follows. The end of the line is something that follows. */
static void quote_before(qp_moses_text *t)
{
    qp_moses_replace(t, ",\"", "\",");
    for (size_t at = 0; at < t->bytes;) {
        size_t end = at;
        while (end < t->bytes && t->text[end] == '.') end++;
        bool quote = end > at && end < t->bytes && t->text[end] == '"';
        size_t after = end + 1, spaces = after;
        while (quote && spaces < t->bytes && strchr(" \t\f\v", t->text[spaces]) && t->text[spaces]) spaces++;
        /* white space may be taken as what follows, so only a tag directly behind the mark counts */
        if (quote && !(spaces == after && after < t->bytes && t->text[after] == '<')) {
            size_t taken = spaces > after && spaces < t->bytes && t->text[spaces] == '<' ? spaces
                           : spaces < t->bytes                                           ? spaces + 1
                                                                                         : spaces;
            qp_moses_text_add(t, "\"", 1);
            qp_moses_text_add(t, t->text + at, end - at);
            qp_moses_text_add(t, t->text + after, taken - after);
            at = taken;
        } else {
            if (end == at) end++;
            qp_moses_text_add(t, t->text + at, end - at);
            at = end;
        }
    }
    qp_moses_text_turn(t);
}

qp_status qp_moses_normalize_punctuation(const qp_moses *m, const char *line, size_t bytes, char **out,
                                         size_t *out_bytes)
{
    qp_moses_text t = {0};
    const char *language = m->language;
    bool czech = strcmp(language, "cs") == 0 || strcmp(language, "cz") == 0;
    bool comma = czech || strcmp(language, "de") == 0 || strcmp(language, "es") == 0 || strcmp(language, "fr") == 0;
    qp_moses_text_set(&t, line, bytes);
    plain_spaces(&t);
    plain_signs(&t);
    if (!t.failed && strcmp(language, "en") == 0)
        quote_behind(&t);
    else if (!t.failed && !czech)
        quote_before(&t);
    qp_moses_between(&t, is_ascii_digit, NBSP, is_ascii_digit, false, comma ? "," : ".");
    return qp_moses_text_take(&t, out, out_bytes);
}
