#define _GNU_SOURCE
#include "lib/config/config.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES = 64, WORDS = 64, SHOWN_CHOICES = 90 };

static void *place_of(const qp_field *field, void *object) { return (char *)object + field->offset; }

static const void *const_place_of(const qp_field *field, const void *object)
{
    return (const char *)object + field->offset;
}

bool qp_config_same_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b)) return false;
    return *a == *b;
}

void qp_config_defaults(const qp_field_table *table, void *object)
{
    for (int i = 0; i < table->count; i++) {
        const qp_field *field = &table->field[i];
        qp_config_set(field, object, field->name, field->fallback);
    }
}

const qp_field *qp_config_find(const qp_field_table *table, const char *key)
{
    for (int i = 0; i < table->count; i++)
        if (qp_config_same_word(table->field[i].name, key)) return &table->field[i];
    return NULL;
}

const char *qp_config_other_name(const char *name, int number)
{
    static const char *const same[][2] = {{"learning-rate", "lr"},
                                          {"warmup", "lr-warmup"},
                                          {"warmup-steps", "lr-warmup"},
                                          {"lr-scheduler", "lr-schedule"},
                                          {"max-steps", "steps"},
                                          {"max-updates", "steps"},
                                          {"max-epochs", "epochs"},
                                          {"num-epochs", "epochs"},
                                          {"patience", "early-stopping"},
                                          {"grad-accum", "accum"},
                                          {"gradient-accumulation-steps", "accum"},
                                          {"update-freq", "accum"},
                                          {"d-model", "emb-size"},
                                          {"num-layers", "layers"},
                                          {"num-heads", "heads"},
                                          {"max-new-tokens", "tokens"},
                                          {"max-new-tokens", "max-length"},
                                          {"temperature", "temp"},
                                          {"repetition-penalty", "repeat-penalty"},
                                          {"beam", "beam-size"},
                                          {"label-column", "column"},
                                          {"word-blank", "word-dropout-src"},
                                          {"num-beams", "beam-size"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (qp_config_same_word(same[i][0], name) && number-- == 0) return same[i][1];
    return NULL;
}

/* Underscores are hyphens, and case does not matter. */
static int plain_letter(char c) { return c == '_' ? '-' : tolower((unsigned char)c); }

/* Levenshtein distance; words of WORD_BYTES and more count as entirely different. */
static int edit_distance(const char *a, const char *b)
{
    size_t a_bytes = strlen(a), b_bytes = strlen(b);
    if (a_bytes >= WORD_BYTES || b_bytes >= WORD_BYTES) return WORD_BYTES;
    int row[WORD_BYTES];
    for (size_t j = 0; j <= b_bytes; j++) row[j] = (int)j;
    for (size_t i = 1; i <= a_bytes; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_bytes; j++) {
            int best = diagonal + (plain_letter(a[i - 1]) != plain_letter(b[j - 1]));
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_bytes];
}

const char *qp_config_suggest(const char *wrong, const char *const *word, int count)
{
    size_t bytes = strlen(wrong);
    int limit = bytes / 3 > 2 ? (int)(bytes / 3) : 2, best = WORD_BYTES;
    if (bytes < 4) limit = 1;
    const char *nearest = NULL;
    for (int i = 0; i < count; i++) {
        int distance = edit_distance(wrong, word[i]);
        /* a prefix of a longer word is likelier than a misspelling */
        if (bytes >= 3 && strncmp(wrong, word[i], bytes) == 0) distance = 1;
        if (distance <= limit && distance < best) {
            best = distance;
            nearest = word[i];
        }
    }
    return nearest;
}

/* Numbers have a decimal point, whatever the locale of the calling program. */
static double parse_real(const char *text, char **end)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    double value = plain ? strtod_l(text, end, plain) : strtod(text, end);
    if (plain) freelocale(plain);
    return value;
}

static void print_real(double value, char *text, size_t bytes)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = plain ? uselocale(plain) : (locale_t)0;
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, bytes, "%.*g", digits, value);
        char *end;
        double back = strtod(text, &end);
        if (back == value) break;
    }
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
}

static qp_status set_number(const qp_field *field, void *object, const char *place, const char *text)
{
    char *end = NULL;
    errno = 0;
    long long whole = 0;
    double value;
    if (field->kind == QP_FIELD_INT) {
        whole = strtoll(text, &end, 10);
        value = (double)whole;
    } else {
        value = parse_real(text, &end);
        if (errno == ERANGE && fabs(value) < 1) errno = 0; /* an underflow: the nearest double will do */
    }
    if (end == text || *end || isspace((unsigned char)text[0]) || isnan(value))
        return qp_fail(QP_EUSAGE, "%s: '%.60s' is not a %snumber", place, text,
                       field->kind == QP_FIELD_INT ? "whole " : "");
    const int digits = field->kind == QP_FIELD_INT ? 16 : 15;
    if (errno == ERANGE || value < field->low || value > field->high)
        return qp_fail(QP_EUSAGE, "%s: %.60s is out of range; it must be between %.*g and %.*g", place, text, digits,
                       field->low, digits, field->high);
    if (field->kind == QP_FIELD_INT)
        *(int64_t *)place_of(field, object) = whole;
    else
        *(double *)place_of(field, object) = value;
    return QP_OK;
}

static qp_status set_bool(const qp_field *field, void *object, const char *place, const char *text)
{
    static const char *const yes[] = {"true", "yes", "on", "1"}, *const no[] = {"false", "no", "off", "0"};
    for (int i = 0; i < 4; i++) {
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
            *(int *)place_of(field, object) = strcasecmp(text, yes[i]) == 0;
            return QP_OK;
        }
    }
    return qp_fail(QP_EUSAGE, "%s: '%.60s' is neither true nor false", place, text);
}

/* Splits "adam, adamw, sgd" into words in `store`; returns their number. */
static int cut_choices(const char *choices, char store[][WORD_BYTES], const char **word)
{
    int count = 0;
    for (const char *at = choices; *at && count < WORDS;) {
        at += strspn(at, ", ");
        size_t bytes = strcspn(at, ", ");
        if (bytes == 0) break;
        snprintf(store[count], WORD_BYTES, "%.*s", (int)bytes, at);
        word[count] = store[count];
        count++;
        at += bytes;
    }
    return count;
}

/* Choices are compared without regard to case: LSTM is lstm. */
static bool same_choice(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (plain_letter(*a) != plain_letter(*b)) return false;
    return *a == *b;
}

static qp_status set_choice(const qp_field *field, void *object, const char *place, const char *text)
{
    char store[WORDS][WORD_BYTES];
    const char *word[WORDS];
    int count = cut_choices(field->choices, store, word);
    for (int i = 0; i < count; i++) {
        if (!same_choice(word[i], text)) continue;
        *(int *)place_of(field, object) = i;
        return QP_OK;
    }
    const char *nearest = qp_config_suggest(text, word, count);
    if (nearest) return qp_fail(QP_EUSAGE, "%s: '%.60s' is unknown; did you mean %s?", place, text, nearest);
    int shown = (int)strlen(field->choices);
    if (shown <= SHOWN_CHOICES)
        return qp_fail(QP_EUSAGE, "%s: '%.60s' is unknown; choose one of: %s", place, text, field->choices);
    for (shown = SHOWN_CHOICES; field->choices[shown] != ',';) shown--;
    return qp_fail(QP_EUSAGE, "%s: '%.60s' is unknown; choose one of: %.*s, ... (the help lists all)", place, text,
                   shown, field->choices);
}

qp_status qp_config_set(const qp_field *field, void *object, const char *place, const char *text)
{
    switch (field->kind) {
    case QP_FIELD_INT:
    case QP_FIELD_REAL: return set_number(field, object, place, text);
    case QP_FIELD_BOOL: return set_bool(field, object, place, text);
    case QP_FIELD_CHOICE: return set_choice(field, object, place, text);
    case QP_FIELD_TEXT:
        if (strlen(text) >= QP_FIELD_TEXT_BYTES)
            return qp_fail(QP_EUSAGE, "%s: a text of %zu bytes is too long; at most %d bytes are allowed", place,
                           strlen(text), QP_FIELD_TEXT_BYTES - 1);
        strcpy(place_of(field, object), text);
        return QP_OK;
    }
    return qp_fail(QP_EBUG, "%s: unknown kind of field", place);
}

bool qp_config_repeats(const qp_field *field)
{
    return field->kind == QP_FIELD_TEXT && field->choices && strcmp(field->choices, "FILE,...") == 0;
}

qp_status qp_config_add(const qp_field *field, void *object, const char *place, const char *text)
{
    const char *list = place_of(field, object);
    char longer[2 * QP_FIELD_TEXT_BYTES + 1];
    bool none = strcmp(list, "none") == 0 || strcmp(text, "none") == 0;
    snprintf(longer, sizeof longer, "%s,%s", list, text); /* what does not fit is too long for the field, too */
    return qp_config_set(field, object, place, none ? text : longer);
}

const char *qp_config_get(const qp_field *field, const void *object, char *text, size_t bytes)
{
    const void *place = const_place_of(field, object);
    char store[WORDS][WORD_BYTES];
    const char *word[WORDS];
    int index;
    switch (field->kind) {
    case QP_FIELD_INT: snprintf(text, bytes, "%lld", (long long)*(const int64_t *)place); break;
    case QP_FIELD_REAL: print_real(*(const double *)place, text, bytes); break;
    case QP_FIELD_BOOL: snprintf(text, bytes, "%s", *(const int *)place ? "true" : "false"); break;
    case QP_FIELD_TEXT: snprintf(text, bytes, "%s", (const char *)place); break;
    case QP_FIELD_CHOICE:
        index = *(const int *)place;
        snprintf(text, bytes, "%s", index >= 0 && index < cut_choices(field->choices, store, word) ? word[index] : "?");
        break;
    }
    return text;
}
