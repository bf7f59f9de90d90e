#include "lib/ngram/ngram_words.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"
#include "lib/base/view.h"

enum { MOST_WORDS = 1 << 30 };

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "n-grams: out of memory for the words"); }

/* Slots hold the id of a word + 1; 0 is free. */
static inline bool slot_is_free(const int32_t *slot) { return *slot == 0; }

static inline qp_text slot_key(const qp_ngram_words *words, const int32_t *slot)
{
    const char *text = qp_ngram_words_text(words, *slot - 1);
    return (qp_text){text, strlen(text)};
}

static inline uint64_t key_hash(const qp_ngram_words *words, qp_text word)
{
    (void)words;
    return XXH3_64bits(word.text, word.bytes);
}

static inline bool slot_has(const qp_ngram_words *words, const int32_t *slot, qp_text word)
{
    const char *text = qp_ngram_words_text(words, *slot - 1);
    return strncmp(text, word.text, word.bytes) == 0 && text[word.bytes] == '\0';
}

QP_HASH(word_slots, int32_t, qp_text, const qp_ngram_words *, slot_is_free, slot_key, key_hash, slot_has)

struct qp_ngram_word_index {
    word_slots slots;
};

qp_status qp_ngram_words_add(qp_ngram_words *words, const char *word, size_t bytes, int32_t *id)
{
    *id = qp_ngram_words_find(words, word, bytes);
    if (*id >= 0) return QP_OK;
    if (words->count == MOST_WORDS)
        return qp_fail(QP_EDATA, "n-grams: more than %d words; use a smaller text", MOST_WORDS);
    if (!QP_GROW(words->text, words->text_capacity, words->text_bytes + bytes + 1) ||
        !QP_GROW(words->place, words->capacity, (size_t)words->count + 1))
        return out_of_memory();
    int32_t *slot = word_slots_place(&words->index->slots, words, (qp_text){word, bytes});
    if (!slot) return out_of_memory();
    *id = words->count++;
    *slot = *id + 1;
    words->index->slots.count++;
    words->place[*id] = words->text_bytes;
    memcpy(words->text + words->text_bytes, word, bytes);
    words->text[words->text_bytes + bytes] = '\0';
    words->text_bytes += bytes + 1;
    return QP_OK;
}

int32_t qp_ngram_words_find(const qp_ngram_words *words, const char *word, size_t bytes)
{
    if (memchr(word, '\0', bytes)) return -1;
    const int32_t *slot = word_slots_find(&words->index->slots, words, (qp_text){word, bytes});
    return slot ? *slot - 1 : -1;
}

const char *qp_ngram_words_text(const qp_ngram_words *words, int32_t id) { return words->text + words->place[id]; }

qp_status qp_ngram_words_init(qp_ngram_words *words)
{
    static const char *const special[] = {"<unk>", "<s>", "</s>"};
    *words = (qp_ngram_words){.index = calloc(1, sizeof *words->index)};
    qp_status status = words->index ? QP_OK : out_of_memory();
    int32_t id;
    for (int i = 0; i < QP_NGRAM_SPECIALS && status == QP_OK; i++)
        status = qp_ngram_words_add(words, special[i], strlen(special[i]), &id);
    return status;
}

void qp_ngram_words_free(qp_ngram_words *words)
{
    free(words->text);
    free(words->place);
    if (words->index) word_slots_free(&words->index->slots);
    free(words->index);
    *words = (qp_ngram_words){0};
}
