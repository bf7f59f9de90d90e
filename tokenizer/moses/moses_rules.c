#include "tokenizer/moses/moses_rules.h"

#include <stdlib.h>
#include <string.h>

/* A substitution: every match of `pattern` becomes `replacement`.
 * languages  names with spaces between; NULL: all; with ! in front: all but these
 * needs      bytes that every match has, so that a line without them is left alone; "": not known
 * The rules of a set are together, the sets in the order of qp_moses_set. */
typedef struct {
    qp_moses_set set;
    const char *languages, *needs, *pattern, *replacement;
} substitution;

#define NBSP "\xC2\xA0"
#define APOSTROPHE_RULES "en fr it ga ca so tdt"
#define ELISIONS "fr it ga ca"

/* Source: tokenizer.perl, detokenizer.perl and normalize-punctuation.perl of mosesdecoder, in their order. */
static const substitution substitutions[] = {
    {QP_MOSES_SIGNS, "fi sv", "", "([^\\p{IsAlnum}\\s.:'`,\\-])", " $1 "},
    {QP_MOSES_SIGNS, "ca", "", "([^\\p{IsAlnum}\\s.·'`,\\-])", " $1 "},
    {QP_MOSES_SIGNS, "!fi sv ca", "", "([^\\p{IsAlnum}\\s.'`,\\-])", " $1 "},
    {QP_MOSES_SIGNS, "fi sv", ":", ":(?=$|[^\\p{Ll}])", " : "},
    {QP_MOSES_SIGNS, "tdt", "'", "'(?=$|[^\\p{Ll}])", " ' "},

    {QP_MOSES_HYPHENS, NULL, "-", "([\\p{IsAlnum}])-(?=[\\p{IsAlnum}])", "$1 @-@ "},

    {QP_MOSES_MARKS, NULL, ",", "([^\\p{IsN}]),", "$1 , "},
    {QP_MOSES_MARKS, NULL, ",", ",([^\\p{IsN}])", " , $1"},
    {QP_MOSES_MARKS, NULL, ",", "([\\p{IsN}]),$", "$1 ,"},
    {QP_MOSES_MARKS, APOSTROPHE_RULES, "'", "([^\\p{IsAlpha}])'([^\\p{IsAlpha}])", "$1 ' $2"},
    {QP_MOSES_MARKS, "en", "'", "([^\\p{IsAlpha}\\p{IsN}])'([\\p{IsAlpha}])", "$1 ' $2"},
    {QP_MOSES_MARKS, ELISIONS " so tdt", "'", "([^\\p{IsAlpha}])'([\\p{IsAlpha}])", "$1 ' $2"},
    {QP_MOSES_MARKS, APOSTROPHE_RULES, "'", "([\\p{IsAlpha}])'([^\\p{IsAlpha}])", "$1 ' $2"},
    {QP_MOSES_MARKS, "en", "'", "([\\p{IsAlpha}])'([\\p{IsAlpha}])", "$1 '$2"},
    {QP_MOSES_MARKS, "en", "'", "([\\p{IsN}])'(s)", "$1 '$2"},
    {QP_MOSES_MARKS, ELISIONS, "'", "([\\p{IsAlpha}])'([\\p{IsAlpha}])", "$1' $2"},
    {QP_MOSES_MARKS, "!" APOSTROPHE_RULES, "'", "'", " ' "},

    {QP_MOSES_FINAL_QUOTE, NULL, "'", "\\.' ?$", " . ' "},

    {QP_MOSES_ESCAPE, NULL, "&", "&", "&amp;"},
    {QP_MOSES_ESCAPE, NULL, "|", "\\|", "&#124;"},
    {QP_MOSES_ESCAPE, NULL, "<", "<", "&lt;"},
    {QP_MOSES_ESCAPE, NULL, ">", ">", "&gt;"},
    {QP_MOSES_ESCAPE, NULL, "'", "'", "&apos;"},
    {QP_MOSES_ESCAPE, NULL, "\"", "\"", "&quot;"},
    {QP_MOSES_ESCAPE, NULL, "[", "\\[", "&#91;"},
    {QP_MOSES_ESCAPE, NULL, "]", "\\]", "&#93;"},

    {QP_MOSES_UNESCAPE, NULL, "@", " @-@ ", "-"},
    {QP_MOSES_UNESCAPE, NULL, "&", "&bar;", "|"},
    {QP_MOSES_UNESCAPE, NULL, "&", "&#124;", "|"},
    {QP_MOSES_UNESCAPE, NULL, "&", "&lt;", "<"},
    {QP_MOSES_UNESCAPE, NULL, "&", "&gt;", ">"},
    {QP_MOSES_UNESCAPE, NULL, "&", "&bra;", "["},
    {QP_MOSES_UNESCAPE, NULL, "&", "&ket;", "]"},
    {QP_MOSES_UNESCAPE, NULL, "&", "&quot;", "\""},
    {QP_MOSES_UNESCAPE, NULL, "&", "&apos;", "'"},
    {QP_MOSES_UNESCAPE, NULL, "&", "&#91;", "["},
    {QP_MOSES_UNESCAPE, NULL, "&", "&#93;", "]"},
    {QP_MOSES_UNESCAPE, NULL, "&", "&amp;", "&"},

    {QP_MOSES_SPACES, NULL, "  ", "  +", " "},

    {QP_MOSES_PUNCTUATION, NULL, "\r", "\r", ""},
    {QP_MOSES_PUNCTUATION, NULL, "(", "\\(", " ("},
    {QP_MOSES_PUNCTUATION, NULL, ")", "\\)", ") "},
    {QP_MOSES_PUNCTUATION, NULL, "  ", "  +", " "},
    {QP_MOSES_PUNCTUATION, NULL, ")", "\\) ([.!:?;,])", ")$1"},
    {QP_MOSES_PUNCTUATION, NULL, "(", "\\( ", "("},
    {QP_MOSES_PUNCTUATION, NULL, ")", " \\)", ")"},
    {QP_MOSES_PUNCTUATION, NULL, "%", "([0-9]) %", "$1%"},
    {QP_MOSES_PUNCTUATION, NULL, ":", " :", ":"},
    {QP_MOSES_PUNCTUATION, NULL, ";", " ;", ";"},
    {QP_MOSES_PUNCTUATION, NULL, "`", "`", "'"},
    {QP_MOSES_PUNCTUATION, NULL, "'", "''", " \" "},
    {QP_MOSES_PUNCTUATION, NULL, "\xE2", "[„“”]", "\""},
    {QP_MOSES_PUNCTUATION, NULL, "\xE2", "–", "-"},
    {QP_MOSES_PUNCTUATION, NULL, "\xE2", "—", " - "},
    {QP_MOSES_PUNCTUATION, NULL, "  ", "  +", " "},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", "´", "'"},
    {QP_MOSES_PUNCTUATION, NULL, "\xE2", "([A-Za-z])‘([A-Za-z])", "$1'$2"},
    {QP_MOSES_PUNCTUATION, NULL, "\xE2", "([A-Za-z])’([A-Za-z])", "$1'$2"},
    {QP_MOSES_PUNCTUATION, NULL, "\xE2", "[‘‚]", "'"},
    {QP_MOSES_PUNCTUATION, NULL, "\xE2", "’", "\""},
    {QP_MOSES_PUNCTUATION, NULL, "'", "''", "\""},
    {QP_MOSES_PUNCTUATION, NULL, "\xE2", "…", "..."},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", NBSP "«" NBSP, " \""},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", "«" NBSP, "\""},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", "«", "\""},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", NBSP "»" NBSP, "\" "},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", NBSP "»", "\""},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", "»", "\""},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", NBSP "%", "%"},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", "nº" NBSP, "nº "},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", NBSP ":", ":"},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", NBSP "(ºC|cm)", " $1"},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", NBSP "([?!;])", "$1"},
    {QP_MOSES_PUNCTUATION, NULL, "\xC2", "," NBSP, ", "},
    {QP_MOSES_PUNCTUATION, NULL, "  ", "  +", " "},
    {QP_MOSES_PUNCTUATION, "en", "\"", "\"([,.]+)", "$1\""},
    {QP_MOSES_PUNCTUATION, "!en cs cz", "\"", ",\"", "\","},
    {QP_MOSES_PUNCTUATION, "!en cs cz", "\"", "(\\.+)\"([ \t\f\v]*(?:[^<]|$))", "\"$1$2"}, /* $: the script sees \n */
    {QP_MOSES_PUNCTUATION, "de es cs cz fr", "\xC2", "([0-9])" NBSP "([0-9])", "$1,$2"},
    {QP_MOSES_PUNCTUATION, "!de es cs cz fr", "\xC2", "([0-9])" NBSP "([0-9])", "$1.$2"},
};
enum { SUBSTITUTIONS = sizeof substitutions / sizeof *substitutions };

/* How a word is attached: the first rule whose patterns all match. before[0] is the word before, before[1] the one
 * before that; after[] the same to the other side; NULL: any word or none. follow: so many words must follow.
 * letters: the rule can match a word of nothing but ASCII letters and digits, next to one that is not; the others are
 * not tried on those. */
typedef struct {
    const char *languages, *word, *before[2], *after[2];
    size_t follow;
    bool letters;
    qp_moses_action action;
} attachment;

#define EAST_ASIAN                                                                                                     \
    "[\\x{1100}-\\x{11FF}\\x{2E80}-\\x{A4CF}\\x{A840}-\\x{A87F}\\x{AC00}-\\x{D7AF}\\x{F900}-\\x{FAFF}"                 \
    "\\x{FE30}-\\x{FE4F}\\x{FF65}-\\x{FFDC}\\x{20000}-\\x{2FFFF}]"
/* Finnish cases after a colon: EU:n, EU:ssa. */
#define FINNISH_CASES                                                                                                  \
    "N|n|A|a|Ä|ä|ssa|Ssa|ssä|Ssä|sta|stä|Sta|Stä|hun|Hun|hyn|Hyn|han|Han|hän|Hän|hön|Hön|un|Un|yn|Yn|an|An|än|Än|"     \
    "ön|Ön|seen|Seen|lla|Lla|llä|Llä|lta|Lta|ltä|Ltä|lle|Lle|ksi|Ksi|kse|Kse|tta|Tta|ine|Ine"

static const attachment attachments[] = {
    {"!ko", "^" EAST_ASIAN, {EAST_ASIAN "$"}, {NULL}, 0, false, QP_MOSES_LEFT},
    {"!ko", "^" EAST_ASIAN, {NULL}, {NULL}, 0, false, QP_MOSES_PLAIN},
    {NULL, "^[\\p{Sc}(\\[{¿¡]+$", {NULL}, {NULL}, 0, false, QP_MOSES_RIGHT},
    {"fr", "^[?!:;\\\\%]$", {NULL}, {NULL}, 0, false, QP_MOSES_SPACE_LEFT},
    {NULL, "^[,.?!:;\\\\%}\\])]+$", {NULL}, {NULL}, 0, false, QP_MOSES_LEFT},
    {"en", "^'\\p{IsAlpha}", {"[\\p{IsAlnum}]$"}, {NULL}, 0, false, QP_MOSES_LEFT},
    {"cs", "^[0-9]+$", {"^[.,]$", "^[0-9]+$"}, {NULL}, 0, true, QP_MOSES_LEFT},
    {"fr it ga", "\\p{IsAlpha}'$", {NULL}, {"^\\p{IsAlpha}"}, 0, false, QP_MOSES_RIGHT},
    {"cs", "\\p{IsAlpha}$", {NULL}, {"^[-–]$", "^(?i:li$|mail)"}, 3, true, QP_MOSES_DASH},
    {NULL, "^['\"„“`]+$", {NULL}, {NULL}, 0, false, QP_MOSES_QUOTE},
    {"fi", "^(?:" FINNISH_CASES ")(?:ni|si|mme|nne|nsa)?(?:ko|kö|han|hän|pa|pä|kaan|kään|kin)?$", {":$"}, {NULL}, 0,
     true, QP_MOSES_LOWER},
};
enum { ATTACHMENTS = sizeof attachments / sizeof *attachments, WORDS_SEEN = 5, THIS_WORD = 2 };

/* A short word that was seen, and which attachments its own pattern fits; words that are signs come again and again. */
typedef struct {
    char text[8]; /* zeros after its end */
    uint32_t fits;
} seen_word;
enum { SEEN_WORDS = 256 };

struct qp_moses_rules {
    bool used[SUBSTITUTIONS], attaches[ATTACHMENTS], attaches_letters;
    int first[QP_MOSES_SETS + 1]; /* substitution of each set */
    seen_word seen[SEEN_WORDS];
    qp_regex substitution[SUBSTITUTIONS];
    qp_regex word[ATTACHMENTS][WORDS_SEEN]; /* two before, the word, two after */
    qp_regex_scratch scratch;
    qp_text_buffer next;
};

static bool is_for(const char *languages, const char *language)
{
    if (!languages) return true;
    bool all_but = *languages == '!', listed = false;
    size_t length = strlen(language);
    for (const char *at = languages + all_but; *at && !listed; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        listed = word == length && memcmp(at, language, length) == 0;
        at += word;
    }
    return listed != all_but;
}

static qp_status compile(const char *pattern, qp_regex *regex)
{
    return qp_regex_compile(QP_REGEX_PERL, "moses", pattern, strlen(pattern), regex);
}

static const char *pattern_of(const attachment *a, int place)
{
    const char *const pattern[WORDS_SEEN] = {a->before[1], a->before[0], a->word, a->after[0], a->after[1]};
    return pattern[place];
}

static qp_status compile_all(qp_moses_rules *r, const char *language)
{
    for (int i = 0; i < SUBSTITUTIONS; i++) {
        r->used[i] = is_for(substitutions[i].languages, language);
        if (r->used[i]) QP_TRY(compile(substitutions[i].pattern, &r->substitution[i]));
        r->first[substitutions[i].set + 1] = i + 1;
    }
    for (int i = 0; i < ATTACHMENTS; i++) {
        r->attaches[i] = is_for(attachments[i].languages, language);
        r->attaches_letters = r->attaches_letters || (r->attaches[i] && attachments[i].letters);
        for (int k = 0; k < WORDS_SEEN && r->attaches[i]; k++) {
            const char *pattern = pattern_of(&attachments[i], k);
            if (pattern) QP_TRY(compile(pattern, &r->word[i][k]));
        }
    }
    return QP_OK;
}

qp_status qp_moses_rules_new(const char *language, qp_moses_rules **rules)
{
    *rules = calloc(1, sizeof **rules);
    if (!*rules) return qp_fail(QP_EMEMORY, "moses: out of memory");
    qp_status status = compile_all(*rules, language);
    if (status == QP_OK) return QP_OK;
    qp_moses_rules_free(*rules);
    *rules = NULL;
    return status;
}

void qp_moses_rules_free(qp_moses_rules *rules)
{
    if (!rules) return;
    for (int i = 0; i < SUBSTITUTIONS; i++) qp_regex_free(&rules->substitution[i]);
    for (int i = 0; i < ATTACHMENTS; i++)
        for (int k = 0; k < WORDS_SEEN; k++) qp_regex_free(&rules->word[i][k]);
    qp_regex_scratch_free(&rules->scratch);
    qp_text_free(&rules->next);
    free(rules);
}

/* Is `wanted`, of one byte or two, in the line? */
static bool has(const qp_text_buffer *line, const char *wanted)
{
    const char *end = line->text + line->bytes;
    for (const char *at = line->text; (at = memchr(at, *wanted, (size_t)(end - at))); at++) {
        if (!wanted[1] || (at + 1 < end && at[1] == wanted[1])) return true;
    }
    return false;
}

/* Drops the space at either end. */
static void trim(qp_text_buffer *line)
{
    if (line->bytes && line->text[line->bytes - 1] == ' ') line->bytes--;
    if (line->bytes && line->text[0] == ' ') memmove(line->text, line->text + 1, --line->bytes);
}

qp_status qp_moses_rules_apply(qp_moses_rules *rules, qp_moses_set set, qp_text_buffer *line)
{
    const char *missing = NULL; /* bytes that were just looked for in vain */
    for (int i = rules->first[set]; i < rules->first[set + 1] && line->bytes; i++) {
        const substitution *s = &substitutions[i];
        if (line->failed) return qp_fail(QP_EMEMORY, "moses: out of memory; use shorter lines");
        if (!rules->used[i] || (missing && strcmp(s->needs, missing) == 0)) continue;
        missing = *s->needs && !has(line, s->needs) ? s->needs : NULL;
        if (missing) continue;
        rules->next.bytes = 0;
        QP_TRY(qp_regex_text(&rules->scratch, line->text, line->bytes));
        QP_TRY(qp_regex_replace(&rules->substitution[i], &rules->scratch, s->replacement, &rules->next, NULL));
        qp_text_buffer old = *line;
        *line = rules->next;
        rules->next = old;
    }
    if (set == QP_MOSES_SPACES) trim(line);
    return QP_OK;
}

static qp_status matches(qp_moses_rules *rules, const qp_regex *regex, qp_text word, bool *result)
{
    qp_regex_match match;
    QP_TRY(qp_regex_text(&rules->scratch, word.text, word.bytes));
    QP_TRY(qp_regex_find(regex, &rules->scratch, 0, &match));
    *result = match.found;
    return QP_OK;
}

static bool is_alphanumeric(qp_text word)
{
    for (size_t i = 0; i < word.bytes; i++) {
        char c = word.text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return false;
    }
    return true;
}

/* Which attachments fit a word on its own, as bits. */
static qp_status fits_of(qp_moses_rules *rules, qp_text word, uint32_t *fits)
{
    *fits = 0;
    for (int a = 0; a < ATTACHMENTS; a++) {
        bool fit = false;
        if (rules->attaches[a]) QP_TRY(matches(rules, &rules->word[a][THIS_WORD], word, &fit));
        *fits |= (uint32_t)fit << a;
    }
    return QP_OK;
}

/* The same, by the words that were seen. */
static qp_status find_fits(qp_moses_rules *rules, qp_text word, uint32_t *fits)
{
    uint64_t key = 0;
    if (word.bytes > sizeof key || word.bytes == 0 || memchr(word.text, '\0', word.bytes))
        return fits_of(rules, word, fits);
    memcpy(&key, word.text, word.bytes);
    seen_word *seen = &rules->seen[(key * 0x9E3779B97F4A7C15u) >> 56];
    if (memcmp(seen->text, &key, sizeof key) != 0) {
        QP_TRY(fits_of(rules, word, fits));
        memcpy(seen->text, &key, sizeof key);
        seen->fits = *fits;
    }
    *fits = seen->fits;
    return QP_OK;
}

/* Do the words around word i fit attachment a? */
static qp_status neighbours_fit(qp_moses_rules *rules, int a, const qp_text *word, size_t count, size_t i, bool *fit)
{
    static const int neighbour[] = {1, 0, 3, 4};
    *fit = i + attachments[a].follow < count;
    for (int k = 0; k < WORDS_SEEN - 1 && *fit; k++) {
        size_t place = i + (size_t)neighbour[k] - THIS_WORD; /* wraps round before the first word */
        if (!pattern_of(&attachments[a], neighbour[k])) continue;
        *fit = place < count;
        if (*fit) QP_TRY(matches(rules, &rules->word[a][neighbour[k]], word[place], fit));
    }
    return QP_OK;
}

/* For a word of letters and digits. It seldom has the neighbours that a rule wants, so those come first. */
static qp_status find_for_letters(qp_moses_rules *rules, const qp_text *word, size_t count, size_t i,
                                  qp_moses_action *action)
{
    bool plain = !rules->attaches_letters || ((i == 0 || is_alphanumeric(word[i - 1])) &&
                                              (i + 1 == count || is_alphanumeric(word[i + 1])));
    for (int a = 0; a < ATTACHMENTS && !plain; a++) {
        bool fit;
        if (!rules->attaches[a] || !attachments[a].letters) continue;
        QP_TRY(neighbours_fit(rules, a, word, count, i, &fit));
        if (fit) QP_TRY(matches(rules, &rules->word[a][THIS_WORD], word[i], &fit));
        if (!fit) continue;
        *action = attachments[a].action;
        break;
    }
    return QP_OK;
}

qp_status qp_moses_rules_word(qp_moses_rules *rules, const qp_text *word, size_t count, size_t i,
                              qp_moses_action *action)
{
    uint32_t fits;
    *action = QP_MOSES_PLAIN;
    if (is_alphanumeric(word[i])) return find_for_letters(rules, word, count, i, action);
    QP_TRY(find_fits(rules, word[i], &fits));
    for (int a = 0; fits >> a; a++) {
        bool fit = fits >> a & 1;
        if (fit) QP_TRY(neighbours_fit(rules, a, word, count, i, &fit));
        if (!fit) continue;
        *action = attachments[a].action;
        break;
    }
    return QP_OK;
}
