#include "tests/tokenizer/tokenizer_help.h"

#include "lib/base/random.h"
#include "tokenizer/models/trie.h"

Test(trie, finds_all_keys_and_no_others)
{
    enum { KEYS = 2000 };
    static char text[KEYS][8];
    static qp_trie_key key[KEYS];
    for (int i = 0; i < KEYS; i++) {
        size_t bytes = 1 + qp_random_below(5, (uint64_t)i, 6);
        for (size_t k = 0; k < bytes; k++) text[i][k] = (char)qp_random_below((uint64_t)i, k, i % 2 ? 256 : 3);
        key[i] = (qp_trie_key){text[i], bytes, i};
    }
    static qp_trie_key sorted[KEYS];
    memcpy(sorted, key, sizeof key);
    qp_trie trie;
    cr_assert_eq(qp_trie_build(&trie, sorted, KEYS), QP_OK);
    for (int i = 0; i < KEYS; i++) {
        size_t length = 0;
        int32_t found = qp_trie_longest(&trie, key[i].text, key[i].bytes, &length);
        cr_assert_eq(length, key[i].bytes);
        cr_assert(found <= i && key[found].bytes == key[i].bytes &&
                  memcmp(key[found].text, key[i].text, key[i].bytes) == 0);
    }
    size_t length = 0;
    cr_assert_eq(qp_trie_longest(&trie, "\x7F\x7E\x7D", 0, &length), -1);
    qp_trie_free(&trie);
}

/* Where parents are not written (as in sentencepiece's rules), labels alone distinguish children. */
Test(trie, no_two_nodes_share_a_base)
{
    enum { KEYS = 4000 };
    static char text[KEYS][8];
    static qp_trie_key key[KEYS];
    for (uint64_t i = 0; i < KEYS; i++) {
        size_t bytes = 1 + (size_t)qp_random_below(21, i, 4);
        for (size_t k = 0; k < bytes; k++) text[i][k] = (char)qp_random_below(22, i * 8 + k, 256);
        key[i] = (qp_trie_key){text[i], bytes, (int32_t)i};
    }
    qp_trie trie;
    cr_assert_eq(qp_trie_build(&trie, key, KEYS), QP_OK);
    int32_t *owner = malloc(trie.count * sizeof *owner);
    for (size_t i = 0; i < trie.count; i++) owner[i] = -1;
    for (size_t i = 1; i < trie.count; i++) {
        int32_t parent = trie.unit[i].parent;
        if (parent < 0) continue;
        int32_t base = trie.unit[parent].base;
        cr_assert(owner[base] < 0 || owner[base] == parent, "units %d and %d share base %d", owner[base], parent, base);
        owner[base] = parent;
    }
    free(owner);
    qp_trie_free(&trie);
}
