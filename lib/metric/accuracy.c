#include "lib/metric/accuracy.h"

#include <stdlib.h>
#include <string.h>

static bool words_equal(const qp_codes *a, qp_span in_a, const qp_codes *b, qp_span in_b)
{
    return in_a.count == in_b.count &&
           !memcmp(a->code + in_a.first, b->code + in_b.first, (size_t)in_a.count * sizeof *a->code);
}

/* Words of the longer side, and how many are equal to the word at the same position. */
static qp_status compare_words(qp_text hypothesis, qp_text reference, int *longer, int *equal)
{
    qp_codes codes[2] = {{0}};
    qp_span *word[2] = {NULL, NULL};
    int count[2] = {0, 0};
    qp_codes_read(&codes[0], hypothesis, false);
    qp_codes_read(&codes[1], reference, false);
    qp_status status = QP_OK;
    for (int i = 0; i < 2 && status == QP_OK; i++) status = qp_codes_words(&codes[i], &word[i], &count[i]);
    if (status == QP_OK) {
        int shorter = count[0] < count[1] ? count[0] : count[1];
        *longer = count[0] + count[1] - shorter;
        *equal = 0;
        for (int i = 0; i < shorter; i++) *equal += words_equal(&codes[0], word[0][i], &codes[1], word[1][i]);
    }
    for (int i = 0; i < 2; i++) {
        free(word[i]);
        qp_codes_free(&codes[i]);
    }
    return status;
}

qp_status qp_accuracy_add(qp_text hypothesis, const qp_text *reference, int references, qp_accuracy_sums *sums)
{
    bool exact = false;
    int best_longer = 0, best_equal = -1;
    for (int r = 0; r < references; r++) {
        int longer = 0, equal = 0;
        QP_TRY(compare_words(hypothesis, reference[r], &longer, &equal));
        exact |= hypothesis.bytes == reference[r].bytes &&
                 !memcmp(hypothesis.text, reference[r].text, hypothesis.bytes);
        /* compares equal/longer with best_equal/best_longer without dividing */
        if (best_equal < 0 || (int64_t)equal * best_longer > (int64_t)best_equal * longer) {
            best_longer = longer;
            best_equal = equal;
        }
    }
    sums->lines++;
    sums->exact_lines += exact;
    sums->words += best_longer;
    sums->exact_words += best_equal > 0 ? best_equal : 0;
    return QP_OK;
}
