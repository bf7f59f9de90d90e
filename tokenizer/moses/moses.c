#include "tokenizer/moses/moses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "tokenizer/moses/moses_text.h"
#include "lib/text/characters.h"
#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "moses: out of memory"); }

void qp_moses_free(qp_moses *m)
{
    for (size_t i = 0; i < m->prefix_count; i++) free(m->prefix[i].text);
    for (size_t i = 0; i < m->protected_count; i++) qp_regex_free(&m->protected_pattern[i]);
    free(m->prefix);
    free(m->protected_pattern);
    *m = (qp_moses){0};
}

/* ---- abbreviations ---- */

static int by_text(const void *left, const void *right)
{
    const struct qp_moses_prefix *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order != 0 ? order : a->line < b->line ? -1 : a->line > b->line;
}

static qp_status add_prefix(qp_moses *m, const char *text, size_t bytes, bool before_numbers)
{
    char *copy = malloc(bytes + 1);
    if (!copy || !QP_GROW(m->prefix, m->prefix_capacity, m->prefix_count + 1)) {
        free(copy);
        return no_memory();
    }
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    m->prefix[m->prefix_count] = (struct qp_moses_prefix){copy, m->prefix_count, before_numbers};
    m->prefix_count++;
    return QP_OK;
}

/* Where the last "#NUMERIC_ONLY#" with white space before it begins (at that white space), or `bytes`. */
static size_t numeric_only(const char *line, size_t bytes)
{
    static const char mark[] = "#NUMERIC_ONLY#";
    size_t length = sizeof mark - 1;
    for (size_t at = bytes; at-- > 1;) {
        if (bytes - at < length || memcmp(line + at, mark, length) != 0) continue;
        if (line[at - 1] == ' ' || line[at - 1] == '\t' || line[at - 1] == '\r') return at - 1;
    }
    return bytes;
}

qp_status qp_moses_prefixes(qp_moses *m, const char *content, size_t bytes)
{
    for (size_t i = 0; i < m->prefix_count; i++) free(m->prefix[i].text);
    m->prefix_count = 0;
    for (const char *at = content, *end; at < content + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        size_t length = (size_t)(end - at), word = numeric_only(at, length);
        if (length == 0 || *at == '#' || (length == 1 && *at == '0')) continue;
        QP_TRY(add_prefix(m, at, word, word < length));
    }
    if (m->prefix_count) qsort(m->prefix, m->prefix_count, sizeof *m->prefix, by_text);
    return QP_OK;
}

/* 0: no abbreviation; 1: one; 2: one before numbers only. The last line of a file that names it counts. */
static int prefix_kind(const qp_moses *m, const char *text, size_t bytes)
{
    char name[256];
    if (bytes >= sizeof name || m->prefix_count == 0 || memchr(text, '\0', bytes)) return 0;
    memcpy(name, text, bytes);
    name[bytes] = '\0';
    size_t low = 0; /* the first that comes behind the name in any line */
    for (size_t high = m->prefix_count; low < high;) {
        size_t middle = (low + high) / 2;
        if (strcmp(m->prefix[middle].text, name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || strcmp(m->prefix[low - 1].text, name) != 0) return 0;
    return m->prefix[low - 1].before_numbers ? 2 : 1;
}

static const char english[] =
    "A\nB\nC\nD\nE\nF\nG\nH\nI\nJ\nK\nL\nM\nN\nO\nP\nQ\nR\nS\nT\nU\nV\nW\nX\nY\nZ\nMr\nMrs\nMs\nDr\nProf\nSt\nJr\nSr\nC"
    "ol\n"
    "Gen\nLt\nCapt\nSgt\nRev\nGov\nSen\nRep\nPres\nCorp\nInc\nLtd\nCo\nvs\ne.g\ni."
    "e\nJan\nFeb\nMar\nApr\nJun\nJul\nAug\n"
    "Sep\nSept\nOct\nNov\nDec\nNo #NUMERIC_ONLY#\npp #NUMERIC_ONLY#\np #NUMERIC_ONLY#\nVol #NUMERIC_ONLY#\n";
static const char german[] =
    "A\nB\nC\nD\nE\nF\nG\nH\nI\nJ\nK\nL\nM\nN\nO\nP\nQ\nR\nS\nT\nU\nV\nW\nX\nY\nZ\nDr\nProf\nDipl\nIng\nHr\nFr\nStr\nbz"
    "w\n"
    "usw\netc\nca\nevtl\nggf\ninkl\nsog\nvgl\nz.B\nd.h\nu.a\no.ä\nJan\nFeb\nApr\nAug\nSept\nOkt\nNov\nDez\n"
    "Nr #NUMERIC_ONLY#\nS #NUMERIC_ONLY#\nAbs #NUMERIC_ONLY#\nArt #NUMERIC_ONLY#\n";

qp_status qp_moses_init(qp_moses *m, const char *language)
{
    *m = (qp_moses){.escape = true};
    if (strlen(language) >= sizeof m->language)
        return qp_fail(QP_EUSAGE, "moses: \"%.40s\" is no name of a language; give one like en", language);
    snprintf(m->language, sizeof m->language, "%s", language);
    bool is_german = strcmp(language, "de") == 0;
    return qp_moses_prefixes(m, is_german ? german : english, strlen(is_german ? german : english));
}

qp_status qp_moses_protect(const char *place, qp_moses *m, const char *content, size_t bytes)
{
    for (const char *at = content, *end; at < content + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(content + bytes - at));
        if (!end) end = content + bytes;
        if (end == at) continue;
        if (!QP_GROW(m->protected_pattern, m->protected_capacity, m->protected_count + 1)) return no_memory();
        QP_TRY(qp_regex_compile(QP_REGEX_PERL, place, at, (size_t)(end - at), &m->protected_pattern[m->protected_count]));
        m->protected_count++;
    }
    return QP_OK;
}

/* ---- protected stretches ---- */

typedef struct {
    char **text;
    size_t count, capacity;
} stretches;

static qp_status find_protected(const qp_moses *m, const qp_moses_text *t, stretches *found)
{
    qp_regex_scratch scratch = {0};
    qp_status status = qp_regex_text(&scratch, t->text, t->bytes);
    for (size_t p = 0; p < m->protected_count && status == QP_OK; p++) {
        for (size_t rest = 0; status == QP_OK && rest < t->bytes;) { /* each search sees only what is left */
            qp_regex_match match;
            status = qp_regex_part(&scratch, t->text + rest, t->bytes - rest);
            if (status == QP_OK) status = qp_regex_find(&m->protected_pattern[p], &scratch, 0, &match);
            if (status != QP_OK || !match.found || match.end == match.begin) break;
            size_t begin = match.begin, end = match.end;
            char *copy = malloc(end - begin + 1);
            if (!copy || !QP_GROW(found->text, found->capacity, found->count + 1)) {
                free(copy);
                status = no_memory();
                break;
            }
            memcpy(copy, t->text + rest + begin, end - begin);
            copy[end - begin] = '\0';
            found->text[found->count++] = copy;
            rest += end;
        }
    }
    qp_regex_scratch_free(&scratch);
    return status;
}

static void hide_protected(qp_moses_text *t, const stretches *found)
{
    for (size_t i = 0; i < found->count; i++) {
        char name[48];
        snprintf(name, sizeof name, " THISISPROTECTED%.3d ", (int)i);
        qp_moses_replace(t, found->text[i], name);
    }
}

static void show_protected(qp_moses_text *t, const stretches *found)
{
    for (size_t i = 0; i < found->count; i++) {
        char name[48];
        snprintf(name, sizeof name, "THISISPROTECTED%.3d", (int)i);
        qp_moses_replace(t, name, found->text[i]);
    }
}

/* ---- the rules, in their order ---- */

/* A space at either end; white space becomes one space; control characters go. False: nothing but white space. */
static bool clean(qp_moses_text *t)
{
    bool any = false;
    qp_moses_text_add(t, " ", 1);
    for (size_t at = 0, length; at < t->bytes; at += length) {
        int32_t code = qp_moses_code(t, at, &length);
        bool space = qp_is_white_space(code);
        any = any || !space;
        if (space && !t->failed && t->made > 0 && t->work[t->made - 1] == ' ') continue;
        if (space)
            qp_moses_text_add(t, " ", 1);
        else
            qp_moses_text_add(t, t->text + at, length);
    }
    if (!t->failed && t->made > 0 && t->work[t->made - 1] != ' ') qp_moses_text_add(t, " ", 1);
    size_t kept = 0;
    for (size_t i = 0; !t->failed && i < t->made; i++) {
        if ((unsigned char)t->work[i] >= 0x20) t->work[kept++] = t->work[i];
    }
    t->made = kept;
    qp_moses_text_turn(t);
    return any;
}

static bool is_one_of(const char *language, const char *list)
{
    size_t length = strlen(language);
    for (const char *at = list; (at = strstr(at, language)); at += length) {
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return true;
    }
    return false;
}

static void separate_signs(const qp_moses *m, qp_moses_text *t)
{
    bool colon = is_one_of(m->language, "fi sv"), middle_dot = is_one_of(m->language, "ca");
    for (size_t at = 0, length; at < t->bytes; at += length) {
        int32_t code = qp_moses_code(t, at, &length);
        bool stays = qp_moses_alnum(code) || qp_is_white_space(code) || (code == ':' && colon) ||
                     (code == 0xB7 && middle_dot) || (code > 0 && code < 0x80 && strchr(".'`,-", code));
        if (!stays) qp_moses_text_add(t, " ", 1);
        qp_moses_text_add(t, t->text + at, length);
        if (!stays) qp_moses_text_add(t, " ", 1);
    }
    qp_moses_text_turn(t);
}

/* `sign` stands alone unless a lower-case letter (category Ll) follows it. */
static void separate_unless_lower(qp_moses_text *t, char sign)
{
    for (size_t at = 0, length, next; at < t->bytes; at += length) {
        qp_moses_code(t, at, &length);
        int32_t after = at + length < t->bytes ? qp_moses_code(t, at + length, &next) : -1;
        bool alone = t->text[at] == sign && !(after >= 0 && utf8proc_category(after) == UTF8PROC_CATEGORY_LL);
        if (alone) qp_moses_text_add(t, " ", 1);
        qp_moses_text_add(t, t->text + at, length);
        if (alone) qp_moses_text_add(t, " ", 1);
    }
    qp_moses_text_turn(t);
}

static const char multi[] = "DOTMULTI";
enum { MULTI = sizeof multi - 1, DOT = 3 };

static bool is_at(const qp_moses_text *t, size_t at, const char *word, size_t bytes)
{
    return t->bytes - at >= bytes && memcmp(t->text + at, word, bytes) == 0;
}

static size_t dots_at(const qp_moses_text *t, size_t at)
{
    size_t end = at;
    while (end < t->bytes && t->text[end] == '.') end++;
    return end - at;
}

/* "..." becomes the word DOTDOTDOTMULTI until the end, a DOT for each dot; so there, and other rules see letters. */
static void hide_dots(qp_moses_text *t)
{
    for (size_t at = 0, dots; at < t->bytes; at += dots) {
        dots = dots_at(t, at);
        if (dots > 1) qp_moses_text_add(t, " DOTMULTI", 1 + MULTI);
        if (dots > 1) qp_moses_text_add(t, t->text + at, dots - 1);
        if (dots > 1) continue;
        qp_moses_text_add(t, t->text + at, 1);
        dots = 1;
    }
    qp_moses_text_turn(t);
    for (size_t at = 0; at < t->bytes;) {
        size_t dots = is_at(t, at, multi, MULTI) ? dots_at(t, at + MULTI) : 0;
        if (dots == 0) {
            qp_moses_text_add(t, t->text + at++, 1);
            continue;
        }
        for (size_t i = 0; i < dots; i++) qp_moses_text_add(t, "DOT", DOT);
        qp_moses_text_add(t, multi, MULTI);
        at += MULTI + dots;
        if (at < t->bytes) qp_moses_text_add(t, " ", 1);
    }
    qp_moses_text_turn(t);
}

static void show_dots(qp_moses_text *t)
{
    for (size_t at = 0; at < t->bytes;) {
        size_t end = at, dots = 0;
        while (is_at(t, end, "DOT", DOT) && !is_at(t, end, multi, MULTI)) {
            end += DOT;
            dots++;
        }
        bool found = is_at(t, end, multi, MULTI);
        if (!found) {
            qp_moses_text_add(t, t->text + at, 1);
            at++;
            continue;
        }
        for (size_t i = 0; i <= dots; i++) qp_moses_text_add(t, ".", 1);
        at = end + MULTI;
    }
    qp_moses_text_turn(t);
}

static void separate_commas(qp_moses_text *t)
{
    qp_moses_between(t, qp_moses_not_number, ",", NULL, false, " , ");
    qp_moses_between(t, NULL, ",", qp_moses_not_number, false, " , ");
    if (t->failed || t->bytes < 2 || t->text[t->bytes - 1] != ',') return;
    size_t at = t->bytes - 1, length;
    do at--;
    while (at > 0 && ((unsigned char)t->text[at] & 0xC0) == 0x80);
    if (!qp_moses_number(qp_moses_code(t, at, &length))) return;
    qp_moses_text_add(t, t->text, t->bytes - 1);
    qp_moses_text_add(t, " ,", 2);
    qp_moses_text_turn(t);
}

static bool is_s(int32_t code) { return code == 's'; }

static void separate_apostrophes(const qp_moses *m, qp_moses_text *t)
{
    const char *language = m->language;
    bool english_rules = strcmp(language, "en") == 0, left = is_one_of(language, "fr it ga ca");
    if (!english_rules && !left && !is_one_of(language, "so tdt")) {
        qp_moses_replace(t, "'", " ' ");
        return;
    }
    qp_moses_between(t, qp_moses_not_alpha, "'", qp_moses_not_alpha, false, " ' ");
    qp_moses_between(t, english_rules ? qp_moses_not_alpha_number : qp_moses_not_alpha, "'", qp_moses_alpha, false,
                     " ' ");
    qp_moses_between(t, qp_moses_alpha, "'", qp_moses_not_alpha, false, " ' ");
    if (left) qp_moses_between(t, qp_moses_alpha, "'", qp_moses_alpha, false, "' ");
    if (!english_rules) return;
    qp_moses_between(t, qp_moses_alpha, "'", qp_moses_alpha, false, " '");
    qp_moses_between(t, qp_moses_number, "'", is_s, false, " '");
}

/* Does the period behind pre[0..bytes) belong to it? next: the word behind it, NULL: none. */
static bool keeps_period(const qp_moses *m, const char *pre, size_t bytes, const char *next, size_t next_bytes)
{
    bool alpha = false;
    size_t length;
    for (size_t at = 0; at < bytes; at += length)
        alpha = qp_moses_alpha(qp_utf8_next(pre + at, bytes - at, &length)) || alpha;
    int kind = prefix_kind(m, pre, bytes);
    if ((alpha && memchr(pre, '.', bytes)) || kind == 1) return true;
    if (next_bytes && qp_is_lower_case(qp_utf8_next(next, next_bytes, &length))) return true;
    return kind == 2 && next_bytes && *next >= '0' && *next <= '9';
}

static void separate_periods(const qp_moses *m, qp_moses_text *t)
{
    size_t bytes = t->bytes;
    while (bytes > 0 && t->text[bytes - 1] == ' ') bytes--;
    for (size_t at = 0, end; at < bytes; at = end + 1) {
        const char *space = memchr(t->text + at, ' ', bytes - at);
        end = space ? (size_t)(space - t->text) : bytes;
        bool period = end - at >= 2 && t->text[end - 1] == '.', last = end == bytes;
        if (period && !last) {
            const char *next = t->text + end + 1, *stop = memchr(next, ' ', bytes - end - 1);
            size_t next_bytes = stop ? (size_t)(stop - next) : bytes - end - 1;
            period = !keeps_period(m, t->text + at, end - at - 1, next, next_bytes);
        }
        qp_moses_text_add(t, t->text + at, end - at - period);
        if (period) qp_moses_text_add(t, " .", 2);
        qp_moses_text_add(t, " ", 1);
    }
    qp_moses_text_turn(t);
    qp_moses_squeeze(t, true);
}

static void separate_final_quote(qp_moses_text *t)
{
    size_t bytes = t->bytes;
    if (t->failed) return;
    if (bytes && t->text[bytes - 1] == ' ') bytes--;
    if (bytes < 2 || memcmp(t->text + bytes - 2, ".'", 2) != 0) return;
    qp_moses_text_add(t, t->text, bytes - 2);
    qp_moses_text_add(t, " . ' ", 5);
    qp_moses_text_turn(t);
}

static void escape(qp_moses_text *t)
{
    static const char *const pair[][2] = {{"&", "&amp;"},  {"|", "&#124;"},  {"<", "&lt;"},  {">", "&gt;"},
                                          {"'", "&apos;"}, {"\"", "&quot;"}, {"[", "&#91;"}, {"]", "&#93;"}};
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) qp_moses_replace(t, pair[i][0], pair[i][1]);
}

qp_status qp_moses_tokenize(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    qp_moses_text t = {0};
    stretches found = {0};
    qp_moses_text_set(&t, line, bytes);
    if (!clean(&t)) {
        qp_moses_text_set(&t, line, bytes);
        return qp_moses_text_take(&t, out, out_bytes);
    }
    qp_status status = find_protected(m, &t, &found);
    hide_protected(&t, &found);
    qp_moses_squeeze(&t, true);
    separate_signs(m, &t);
    if (is_one_of(m->language, "fi sv")) separate_unless_lower(&t, ':');
    if (is_one_of(m->language, "tdt")) separate_unless_lower(&t, '\'');
    if (m->aggressive) qp_moses_between(&t, qp_moses_alnum, "-", qp_moses_alnum, true, " @-@ ");
    hide_dots(&t);
    separate_commas(&t);
    separate_apostrophes(m, &t);
    separate_periods(m, &t);
    separate_final_quote(&t);
    show_protected(&t, &found);
    show_dots(&t);
    if (m->escape) escape(&t);
    for (size_t i = 0; i < found.count; i++) free(found.text[i]);
    free(found.text);
    if (status != QP_OK) {
        qp_moses_text_free(&t);
        return status;
    }
    return qp_moses_text_take(&t, out, out_bytes);
}
