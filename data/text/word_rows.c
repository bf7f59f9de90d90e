#include "data/text/word_rows.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/hash.h"
#include "lib/text/byte_letters.h"
#include "lib/text/letter_case.h"
#include "lib/text/utf8.h"

/* A word that pieces want. Pieces with one word form a list: link 2 * id for the word itself, 2 * id + 1 for its lower
 * case. */
typedef struct {
    const char *word;
    int32_t first;
    bool seen; /* in the file */
} entry;

static bool is_free(const entry *e) { return e->word == NULL; }
static qp_text key_of(const void *self, const entry *e) { return (void)self, (qp_text){e->word, strlen(e->word)}; }
static uint64_t hash(const void *self, qp_text word) { return (void)self, XXH3_64bits(word.text, word.bytes); }
static bool same(const void *self, const entry *e, qp_text word)
{
    return (void)self, strlen(e->word) == word.bytes && memcmp(e->word, word.text, word.bytes) == 0;
}
QP_HASH(word_table, entry, qp_text, const void *, is_free, key_of, hash, same)

typedef struct {
    const qp_tokenizer *tokenizer;
    word_table table;
    char **word;   /* [2 * size] malloc'ed, by link; NULL: none */
    int32_t *next; /* [2 * size] the next link of the same word, or -1 */
    int size;
} wanted;

/* ---- the words of pieces ---- */

static const char SPACE[] = "\xe2\x96\x81", LETTER_SPACE[] = "\xc4\xa0", INSIDE[] = "##", END[] = "</w>";

typedef enum { ALL_WORDS, BY_SPACE, BY_LETTER_SPACE, BY_END, BY_INSIDE, PLAIN } sign;

static bool begins(const char *piece, const char *with) { return strncmp(piece, with, strlen(with)) == 0; }

static bool ends(const char *piece, const char *with)
{
    size_t bytes = strlen(piece), tail = strlen(with);
    return bytes >= tail && strcmp(piece + bytes - tail, with) == 0;
}

/* The sign in use that comes first in the enumeration. */
static sign find_sign(const qp_tokenizer *tokenizer)
{
    const char *type = qp_tokenizer_info(tokenizer).type;
    sign found = PLAIN;
    if (type && (strcmp(type, "word") == 0 || strcmp(type, "space") == 0)) return ALL_WORDS;
    for (int32_t id = 0, size = qp_tokenizer_size(tokenizer); id < size; id++) {
        const char *piece = qp_tokenizer_piece(tokenizer, id);
        sign here = begins(piece, SPACE)          ? BY_SPACE
                    : begins(piece, LETTER_SPACE) ? BY_LETTER_SPACE
                    : ends(piece, END)            ? BY_END
                    : begins(piece, INSIDE)       ? BY_INSIDE
                                                  : PLAIN;
        if (here < found) found = here;
    }
    return found;
}

/* Letters of GPT-2 as the bytes that they are, in place. */
static void letters_to_bytes(char *text)
{
    size_t bytes = strlen(text), made = 0, length;
    for (size_t at = 0; at < bytes; at += length) {
        int byte = qp_letter_byte(qp_utf8_next(text + at, bytes - at, &length));
        if (byte > 0) text[made++] = (char)byte;
    }
    text[made] = '\0';
}

/* The whole word that a piece is, malloc'ed; NULL: none, or no memory (*status). */
static char *word_of(const char *piece, sign by, qp_status *status)
{
    bool spaced = begins(piece, SPACE);
    if ((by == BY_SPACE && !spaced) || (by == BY_LETTER_SPACE && !begins(piece, LETTER_SPACE)) ||
        (by == BY_END && !ends(piece, END)) || (by == BY_INSIDE && begins(piece, INSIDE)))
        return NULL;
    if ((by == ALL_WORDS || by == BY_SPACE) && spaced) piece += strlen(SPACE);
    if (by == BY_LETTER_SPACE) piece += strlen(LETTER_SPACE);
    size_t bytes = strlen(piece) - (by == BY_END ? strlen(END) : 0);
    if (bytes == 0) return NULL;
    char *word = strndup(piece, bytes);
    if (!word) *status = qp_fail(QP_EMEMORY, "out of memory for the words of a vocabulary");
    if (word && by == BY_LETTER_SPACE) letters_to_bytes(word);
    return word;
}

static qp_status want(wanted *w, int32_t link)
{
    entry *e = word_table_place(&w->table, NULL, (qp_text){w->word[link], strlen(w->word[link])});
    if (!e) return qp_fail(QP_EMEMORY, "out of memory for the words of a vocabulary");
    if (!e->word) {
        *e = (entry){w->word[link], -1, false};
        w->table.count++;
    }
    w->next[link] = e->first;
    e->first = link;
    return QP_OK;
}

static qp_status want_piece(wanted *w, int32_t id, sign by, qp_mapped_text *room)
{
    qp_status status = QP_OK;
    char *word = word_of(qp_tokenizer_piece(w->tokenizer, id), by, &status);
    if (!word) return status;
    w->word[2 * (ptrdiff_t)id] = word;
    QP_TRY(want(w, 2 * id));
    room->bytes = 0;
    QP_TRY(qp_letter_case(QP_CASE_LOWER, word, strlen(word), room));
    if (room->bytes == strlen(word) && memcmp(room->text, word, room->bytes) == 0) return QP_OK;
    w->word[2 * (ptrdiff_t)id + 1] = strndup(room->text, room->bytes);
    if (!w->word[2 * (ptrdiff_t)id + 1]) return qp_fail(QP_EMEMORY, "out of memory for the words of a vocabulary");
    return want(w, 2 * id + 1);
}

static void wanted_free(wanted *w)
{
    for (int i = 0; w->word && i < 2 * w->size; i++) free(w->word[i]);
    free(w->word);
    free(w->next);
    word_table_free(&w->table);
}

static qp_status wanted_init(wanted *w, const qp_tokenizer *tokenizer)
{
    const qp_special_ids *special = qp_tokenizer_special(tokenizer);
    const sign by = find_sign(tokenizer);
    qp_mapped_text room = {0};
    *w = (wanted){.tokenizer = tokenizer, .size = qp_tokenizer_size(tokenizer)};
    w->word = calloc(2 * (size_t)w->size + 1, sizeof *w->word);
    w->next = malloc((2 * (size_t)w->size + 1) * sizeof *w->next);
    qp_status status = w->word && w->next ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for the words of a vocabulary");
    for (int32_t id = 0; status == QP_OK && id < w->size; id++)
        if (!qp_special_has(special, id) && qp_tokenizer_role(tokenizer, id) != QP_TOKEN_SPECIAL)
            status = want_piece(w, id, by, &room);
    qp_mapped_text_free(&room);
    return status;
}

/* ---- rows ---- */

static qp_status place(qp_word_vectors *vectors, const wanted *w, const entry *e, int width, float *value,
                       qp_real *table, char *match)
{
    QP_TRY(qp_word_vectors_value(vectors, value));
    for (int32_t link = e->first; link >= 0; link = w->next[link]) {
        char kind = link % 2 == 0 ? QP_ROW_EXACT : QP_ROW_LOWER;
        if (match[link / 2] >= kind) continue;
        match[link / 2] = kind;
        qp_real *row = table + (size_t)(link / 2) * (size_t)width;
        for (int i = 0; i < width; i++) row[i] = (qp_real)value[i];
    }
    return QP_OK;
}

static qp_status read_all(qp_word_vectors *vectors, wanted *w, int width, float *value, qp_real *table,
                          qp_word_rows *rows)
{
    qp_text word;
    for (;; rows->words++) {
        QP_TRY(qp_word_vectors_next(vectors, &word));
        if (!word.text) return QP_OK;
        entry *e = word_table_find(&w->table, NULL, word);
        if (!e) continue;
        if (e->seen)
            rows->repeated++;
        else
            QP_TRY(place(vectors, w, e, width, value, table, rows->match));
        e->seen = true;
    }
}

qp_status qp_word_rows_read(const char *path, const qp_tokenizer *tokenizer, int width, qp_real *table,
                            qp_word_rows *rows)
{
    wanted w;
    qp_word_vectors *vectors = NULL;
    int wide = 0;
    *rows = (qp_word_rows){.size = qp_tokenizer_size(tokenizer)};
    float *value = malloc((size_t)width * sizeof *value);
    rows->match = calloc((size_t)rows->size + 1, 1);
    qp_status status = wanted_init(&w, tokenizer);
    if (status == QP_OK && (!value || !rows->match)) status = qp_fail(QP_EMEMORY, "%s: no memory to read it", path);
    if (status == QP_OK) status = qp_word_vectors_open(path, &vectors, &wide);
    if (status == QP_OK && wide != width)
        status = qp_fail(QP_EDATA, "%s: words have %d numbers, %d are wanted", path, wide, width);
    if (status == QP_OK) status = read_all(vectors, &w, width, value, table, rows);
    for (int i = 0; status == QP_OK && i < rows->size; i++) {
        rows->exact += rows->match[i] == QP_ROW_EXACT;
        rows->lower += rows->match[i] == QP_ROW_LOWER;
    }
    qp_word_vectors_close(vectors);
    wanted_free(&w);
    free(value);
    if (status != QP_OK) qp_word_rows_free(rows);
    return status;
}

void qp_word_rows_free(qp_word_rows *rows)
{
    free(rows->match);
    *rows = (qp_word_rows){0};
}
