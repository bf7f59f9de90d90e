#include "lib/ngram/ngram_words.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/array.h"

enum { MOST_WORDS = 1 << 30, FIRST_SLOTS = 1024 };

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "n-grams: out of memory for the words"); }

/* The slot of the word, or the free slot for it. */
static size_t slot_of(const qp_ngram_words *words, const char *word, size_t bytes)
{
    size_t at = (size_t)XXH3_64bits(word, bytes) & (words->slots - 1);
    for (;; at = (at + 1) & (words->slots - 1)) {
        int32_t id = words->slot[at];
        if (id < 0) return at;
        const char *text = words->text + words->place[id];
        if (strncmp(text, word, bytes) == 0 && text[bytes] == '\0') return at;
    }
}

static qp_status rehash(qp_ngram_words *words, size_t slots)
{
    int32_t *slot = malloc(slots * sizeof *slot);
    if (!slot) return out_of_memory();
    free(words->slot);
    words->slot = slot;
    words->slots = slots;
    for (size_t i = 0; i < slots; i++) slot[i] = -1;
    for (int32_t id = 0; id < words->count; id++) {
        const char *text = qp_ngram_words_text(words, id);
        slot[slot_of(words, text, strlen(text))] = id;
    }
    return QP_OK;
}

/* Make room for one more word of this size. */
static qp_status reserve(qp_ngram_words *words, size_t bytes)
{
    if (!QP_GROW(words->text, words->text_capacity, words->text_bytes + bytes + 1) ||
        !QP_GROW(words->place, words->capacity, (size_t)words->count + 1))
        return out_of_memory();
    if (2 * ((size_t)words->count + 1) > words->slots) return rehash(words, 2 * words->slots);
    return QP_OK;
}

qp_status qp_ngram_words_add(qp_ngram_words *words, const char *word, size_t bytes, int32_t *id)
{
    *id = qp_ngram_words_find(words, word, bytes);
    if (*id >= 0) return QP_OK;
    if (words->count == MOST_WORDS)
        return qp_fail(QP_EDATA, "n-grams: more than %d words; use a smaller text", MOST_WORDS);
    QP_TRY(reserve(words, bytes));
    words->slot[slot_of(words, word, bytes)] = *id = words->count++;
    words->place[*id] = words->text_bytes;
    memcpy(words->text + words->text_bytes, word, bytes);
    words->text[words->text_bytes + bytes] = '\0';
    words->text_bytes += bytes + 1;
    return QP_OK;
}

int32_t qp_ngram_words_find(const qp_ngram_words *words, const char *word, size_t bytes)
{
    return memchr(word, '\0', bytes) ? -1 : words->slot[slot_of(words, word, bytes)];
}

const char *qp_ngram_words_text(const qp_ngram_words *words, int32_t id) { return words->text + words->place[id]; }

qp_status qp_ngram_words_init(qp_ngram_words *words)
{
    static const char *const special[] = {"<unk>", "<s>", "</s>"};
    *words = (qp_ngram_words){0};
    qp_status status = rehash(words, FIRST_SLOTS);
    int32_t id;
    for (int i = 0; i < QP_NGRAM_SPECIALS && status == QP_OK; i++)
        status = qp_ngram_words_add(words, special[i], strlen(special[i]), &id);
    return status;
}

void qp_ngram_words_free(qp_ngram_words *words)
{
    free(words->text);
    free(words->place);
    free(words->slot);
    *words = (qp_ngram_words){0};
}
