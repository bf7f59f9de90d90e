#include "tokenizer/huggingface/pipeline_added.h"

#include "lib/text/characters.h"
#include "lib/text/utf8.h"

static size_t spaces_before(const char *text, size_t least, size_t at)
{
    size_t length;
    while (at > least && qp_is_white_space(qp_utf8_before(text, at, &length)))
        at = at - least > length ? at - length : least;
    return at;
}

static size_t spaces_after(const char *text, size_t bytes, size_t at)
{
    size_t length;
    while (at < bytes && qp_is_white_space(qp_utf8_next(text + at, bytes - at, &length))) at += length;
    return at;
}

static bool is_whole_word(const char *text, size_t bytes, size_t at, size_t end)
{
    size_t length;
    if (at > 0 && qp_is_word_character(qp_utf8_before(text, at, &length))) return false;
    return end == bytes || !qp_is_word_character(qp_utf8_next(text + end, bytes - end, &length));
}

qp_status qp_pipeline_cut_added(const qp_pipeline *p, const qp_trie *trie, qp_stretch s, qp_mapped_text *next,
                                qp_ranges *ranges)
{
    size_t start = next->bytes, bytes = s.end - s.begin, done = 0;
    QP_TRY(qp_changes_copy(s.from, s.begin, s.end, next));
    const char *text = next->text + start;
    for (size_t at = 0, length; at < bytes;) {
        int32_t number = qp_trie_longest(trie, text + at, bytes - at, &length);
        if (number < 0) {
            at++;
            continue;
        }
        const qp_added_token *token = &p->added[number];
        size_t from = at, to = at + length;
        at = to;
        if (token->single_word && !is_whole_word(text, bytes, from, to)) continue;
        if (token->left_strip) from = spaces_before(text, done < from ? done : from, from);
        if (token->left_strip && from < done) from = done;
        if (token->right_strip) to = spaces_after(text, bytes, to);
        if (done < from) QP_TRY(qp_ranges_add(ranges, start + done, start + from, -1));
        QP_TRY(qp_ranges_add(ranges, start + from, start + to, number));
        done = to;
    }
    return qp_ranges_add(ranges, start + done, start + bytes, -1);
}
