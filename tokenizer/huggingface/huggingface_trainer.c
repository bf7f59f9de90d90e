#include "tokenizer/huggingface/huggingface_trainer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/heap.h"
#include "lib/text/utf8.h"
#include "tokenizer/huggingface/huggingface_alphabet.h"
#include "tokenizer/models/pair_slots.h"

/* The words in which a pair was newly seen, ascending. */
typedef struct {
    uint32_t *word;
    size_t count, capacity;
} places;

typedef struct {
    int32_t left, right;
    int64_t count; /* may fall below what is there, even below 0: pairs that are too long are not counted up */
    places fresh;  /* of this round */
    bool touched, learned;
} pair_entry;

typedef struct {
    uint64_t count;
    uint32_t pair;
    places where;
} queued;

typedef struct {
    const qp_hf_training *in;
    const qp_word_counts *words;
    qp_vocabulary *v;
    qp_hf_learned *out;
    struct part {
        int32_t id, length;
    } * part; /* the words as symbols */
    size_t *start, *length;
    pair_entry *pair;
    size_t pair_count, pair_capacity;
    qp_pair_slots pairs; /* numbers of `pair`, plus 1 */
    queued *heap;
    size_t heap_count, heap_capacity;
    uint32_t *touched;
    size_t touched_count, touched_capacity;
} trainer;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text"); }

void qp_hf_learned_free(qp_hf_learned *learned)
{
    qp_vocabulary_free(&learned->vocabulary);
    free(learned->merge);
    learned->merge = NULL;
}

static void free_trainer(trainer *t)
{
    for (size_t i = 0; i < t->pair_count; i++) free(t->pair[i].fresh.word);
    for (size_t i = 0; i < t->heap_count; i++) free(t->heap[i].where.word);
    free(t->part);
    free(t->start);
    free(t->length);
    free(t->pair);
    qp_pair_slots_free(&t->pairs);
    free(t->heap);
    free(t->touched);
}

static qp_status token(qp_vocabulary *v, const char *text, size_t bytes, int32_t *id)
{
    *id = qp_vocabulary_find(v, text, bytes);
    return *id >= 0 ? QP_OK : qp_vocabulary_add(v, QP_PIECE_NORMAL, text, bytes, id);
}

/* ---- pairs ---- */

static qp_status find_pair(trainer *t, int32_t left, int32_t right, uint32_t *number)
{
    qp_pair_slot *slot = qp_pair_slots_place(&t->pairs, NULL, qp_pair(left, right));
    if (!slot) return no_memory();
    if (!slot->number) {
        if (!QP_GROW(t->pair, t->pair_capacity, t->pair_count + 1)) return no_memory();
        t->pair[t->pair_count++] = (pair_entry){.left = left, .right = right};
        *slot = (qp_pair_slot){qp_pair(left, right), (uint32_t)t->pair_count};
        t->pairs.count++;
    }
    *number = slot->number - 1;
    return QP_OK;
}

/* The count of a pair changes by `change` in word w; where it grows, the word is noted. */
static qp_status change_pair(trainer *t, int32_t left, int32_t right, int64_t change, size_t w)
{
    uint32_t number;
    QP_TRY(find_pair(t, left, right, &number));
    pair_entry *p = &t->pair[number];
    p->count += change * t->words->word[w].count;
    if (change < 0) return QP_OK;
    if (!p->touched) {
        if (!QP_GROW(t->touched, t->touched_capacity, t->touched_count + 1)) return no_memory();
        t->touched[t->touched_count++] = number;
        p->touched = true;
    }
    if (p->fresh.count && p->fresh.word[p->fresh.count - 1] == w) return QP_OK;
    if (!QP_GROW(p->fresh.word, p->fresh.capacity, p->fresh.count + 1)) return no_memory();
    p->fresh.word[p->fresh.count++] = (uint32_t)w;
    return QP_OK;
}

static bool goes_before(const trainer *t, const queued *a, const queued *b)
{
    const pair_entry *x = &t->pair[a->pair], *y = &t->pair[b->pair];
    if (a->count != b->count) return a->count > b->count;
    return x->left != y->left ? x->left < y->left : x->right < y->right;
}

QP_HEAP(queue, queued, const trainer *, goes_before)

static qp_status push(trainer *t, queued entry)
{
    if (!QP_GROW(t->heap, t->heap_capacity, t->heap_count + 1)) {
        free(entry.where.word);
        return no_memory();
    }
    queue_push(t->heap, &t->heap_count, entry, t);
    return QP_OK;
}

static qp_status queue_touched(trainer *t)
{
    qp_status status = QP_OK;
    for (size_t i = 0; i < t->touched_count; i++) {
        pair_entry *p = &t->pair[t->touched[i]];
        places where = p->fresh;
        p->fresh = (places){0};
        p->touched = false;
        if (p->count > 0 && status == QP_OK)
            status = push(t, (queued){(uint64_t)p->count, t->touched[i], where});
        else
            free(where.word);
    }
    t->touched_count = 0;
    return status;
}

/* ---- words ---- */

static qp_status symbol_of(trainer *t, const char *text, size_t bytes, bool first, bool last, char *work, int32_t *id)
{
    *id = qp_vocabulary_find(t->v, text, bytes);
    if (*id < 0) return QP_OK;
    size_t made = 0;
    if (!first && t->in->prefix) {
        memcpy(work, t->in->prefix, strlen(t->in->prefix));
        made += strlen(t->in->prefix);
    }
    memcpy(work + made, text, bytes);
    made += bytes;
    if (last && t->in->suffix) {
        memcpy(work + made, t->in->suffix, strlen(t->in->suffix));
        made += strlen(t->in->suffix);
    }
    return token(t->v, work, made, id);
}

static qp_status spell_words(trainer *t)
{
    size_t words = t->words->count, made = 0;
    size_t room = 8 + (t->in->prefix ? strlen(t->in->prefix) : 0) + (t->in->suffix ? strlen(t->in->suffix) : 0);
    char *work = malloc(room);
    t->part = malloc((t->words->text_bytes + 1) * sizeof *t->part);
    t->start = malloc((words + 1) * sizeof *t->start);
    t->length = malloc((words + 1) * sizeof *t->length);
    qp_status status = work && t->part && t->start && t->length ? QP_OK : no_memory();
    for (size_t w = 0; w < words && status == QP_OK; w++) {
        const struct qp_word *word = &t->words->word[w];
        const char *text = t->words->text + word->start;
        t->start[w] = made;
        for (size_t at = 0, length; at < word->bytes && status == QP_OK; at += length) {
            int32_t id;
            qp_utf8_next(text + at, word->bytes - at, &length);
            status = symbol_of(t, text + at, length, at == 0, at + length == word->bytes, work, &id);
            if (id >= 0) t->part[made++] = (struct part){id, 1};
        }
        t->length[w] = made - t->start[w];
        for (size_t i = t->start[w]; i + 1 < made && status == QP_OK; i++)
            status = change_pair(t, t->part[i].id, t->part[i + 1].id, 1, w);
    }
    free(work);
    return status == QP_OK ? queue_touched(t) : status;
}

/* Join left and right everywhere in word w, from the left. */
static qp_status join_in_word(trainer *t, size_t w, int32_t left, int32_t right, int32_t merged)
{
    struct part *p = t->part + t->start[w];
    size_t count = t->length[w], made = 0;
    int64_t most = t->in->max_token_length ? t->in->max_token_length : INT64_MAX;
    for (size_t i = 0; i < count; made++) {
        if (i + 1 == count || p[i].id != left || p[i + 1].id != right) {
            p[made] = p[i++];
            continue;
        }
        struct part whole = {merged, p[i].length + p[i + 1].length};
        i += 2;
        if (made > 0) {
            QP_TRY(change_pair(t, p[made - 1].id, left, -1, w));
            if (p[made - 1].length + whole.length < most) QP_TRY(change_pair(t, p[made - 1].id, merged, 1, w));
        }
        if (i < count) {
            QP_TRY(change_pair(t, right, p[i].id, -1, w));
            if (p[i].length + whole.length < most) QP_TRY(change_pair(t, merged, p[i].id, 1, w));
        }
        p[made] = whole;
    }
    t->length[w] = made;
    return QP_OK;
}

/* The token of a pair: the two texts, the second without the prefix of continuing tokens. */
static qp_status merged_token(trainer *t, int32_t left, int32_t right, int32_t *id)
{
    size_t a, b, skip = t->in->prefix ? strlen(t->in->prefix) : 0;
    const char *first = qp_vocabulary_text(t->v, left, &a), *second = qp_vocabulary_text(t->v, right, &b);
    if (skip > b || memcmp(second, t->in->prefix ? t->in->prefix : "", skip) != 0) skip = 0;
    char *text = malloc(a + b + 1);
    if (!text) return no_memory();
    memcpy(text, first, a);
    memcpy(text + a, second + skip, b - skip);
    qp_status status = token(t->v, text, a + b - skip, id);
    free(text);
    return status;
}

static qp_status learn(trainer *t, const queued *top)
{
    qp_hf_learned *out = t->out;
    int32_t left = t->pair[top->pair].left, right = t->pair[top->pair].right, merged;
    QP_TRY(merged_token(t, left, right, &merged));
    if (!QP_GROW(out->merge, out->merge_capacity, out->merge_count + 1)) return no_memory();
    for (size_t i = out->merge_count;
         t->pair[top->pair].learned && i-- > 0;) { /* learned again through an old spelling: the later rank counts */
        if (out->merge[i].left != left || out->merge[i].right != right) continue;
        memmove(out->merge + i, out->merge + i + 1, (out->merge_count - i - 1) * sizeof *out->merge);
        out->merge_count--;
    }
    t->pair[top->pair].learned = true;
    out->merge[out->merge_count++] = (struct qp_hf_merge){left, right};
    for (size_t i = 0; i < top->where.count; i++) QP_TRY(join_in_word(t, top->where.word[i], left, right, merged));
    return queue_touched(t);
}

static qp_status learn_merges(trainer *t)
{
    qp_status status = QP_OK;
    while (t->heap_count > 0 && t->v->count < t->in->vocab_size && status == QP_OK) {
        queued top = queue_pop(t->heap, &t->heap_count, t);
        uint64_t now = (uint64_t)t->pair[top.pair].count;
        if (top.count != now) {
            top.count = now;
            status = push(t, top);
            continue;
        }
        if (top.count < 1 || (uint64_t)t->in->min_frequency > top.count) {
            free(top.where.word);
            break;
        }
        status = learn(t, &top);
        free(top.where.word);
    }
    return status;
}

static qp_status add_words(trainer *t)
{
    for (size_t w = 0; w < t->words->count && t->v->count < t->in->vocab_size; w++) {
        const struct qp_word *word = &t->words->word[w];
        int32_t id;
        if (word->count >= t->in->min_frequency && word->bytes)
            QP_TRY(token(t->v, t->words->text + word->start, word->bytes, &id));
    }
    return QP_OK;
}

qp_status qp_hf_train(const qp_hf_training *training, qp_word_counts *words, qp_hf_learned *learned)
{
    *learned = (qp_hf_learned){0};
    qp_vocabulary_init(&learned->vocabulary);
    trainer t = {.in = training, .words = words, .v = &learned->vocabulary, .out = learned};
    qp_hf_training wordpiece = *training;
    if (training->kind == QP_HF_WORDPIECE && !training->prefix) {
        wordpiece.prefix = "##";
        t.in = &wordpiece;
    }
    qp_word_counts_sort(words);
    qp_status status = QP_OK;
    for (size_t i = 0; i < training->special_count && status == QP_OK; i++) {
        int32_t id;
        bool room = training->kind != QP_HF_WORDLEVEL || t.v->count < training->vocab_size;
        if (room) status = token(t.v, training->special[i], strlen(training->special[i]), &id);
    }
    if (training->kind == QP_HF_WORDLEVEL) {
        if (status == QP_OK) status = add_words(&t);
    } else {
        if (status == QP_OK) status = qp_hf_add_alphabet(t.in, words, t.v);
        if (status == QP_OK) status = spell_words(&t);
        if (status == QP_OK) status = learn_merges(&t);
    }
    free_trainer(&t);
    return status;
}
