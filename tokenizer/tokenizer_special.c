#include "tokenizer/tokenizer_special.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/special_names.h"

/* Give a role to the piece of this name, which is appended where there is none. */
static qp_status assign(qp_tokenizer *t, int role, const char *name)
{
    int32_t id = qp_tokenizer_find(t, name);
    if (id < 0) {
        id = qp_tokenizer_size(t);
        QP_TRY(t->kind->append(&t->self, name));
        t->appended++;
    }
    *qp_special_role(&t->special, role) = id;
    t->special_named = true;
    return QP_OK;
}

static int role_named(const char *name, size_t bytes)
{
    for (int role = 0; role < QP_ROLES; role++) {
        const char *word = qp_special_role_name(role);
        if (strlen(word) == bytes && memcmp(word, name, bytes) == 0) return role;
    }
    return -1;
}

qp_status qp_tokenizer_set_special(qp_tokenizer *t, const char *list)
{
    if (*list && !t->kind->append)
        return qp_fail(QP_EUSAGE, "--special: the special tokens of quipu's own tokenizers are fixed; leave it out");
    bool begin_is_end = t->special.begin == t->special.end;
    for (const char *at = list, *end; *at; at = *end ? end + 1 : end) {
        end = strchr(at, ',');
        if (!end) end = at + strlen(at);
        const char *equals = memchr(at, '=', (size_t)(end - at));
        int role = equals ? role_named(at, (size_t)(equals - at)) : -1;
        if (role < 0 || equals + 1 == end)
            return qp_fail(QP_EUSAGE,
                           "--special \"%.60s\": not ROLE=PIECE,ROLE=PIECE; the roles are begin, end, pad, unknown "
                           "and mask",
                           at);
        char *name = strndup(equals + 1, (size_t)(end - equals - 1));
        if (!name) return qp_fail(QP_EMEMORY, "--special: out of memory");
        qp_status status = assign(t, role, name);
        free(name);
        QP_TRY(status);
        begin_is_end = begin_is_end && role != QP_ROLE_BEGIN;
    }
    if (begin_is_end) t->special.begin = t->special.end;
    return QP_OK;
}

static qp_status need(qp_tokenizer *t, int role)
{
    if (*qp_special_role(&t->special, role) >= 0) return QP_OK;
    return assign(t, role, qp_special_usual_name(role));
}

qp_status qp_tokenizer_need_special(qp_tokenizer *t, bool unknown, bool mask)
{
    if (!t->kind->append) return QP_OK;
    QP_TRY(need(t, QP_ROLE_END));
    if (t->special.begin < 0) t->special.begin = t->special.end;
    if (unknown) QP_TRY(need(t, QP_ROLE_UNKNOWN));
    return mask ? need(t, QP_ROLE_MASK) : QP_OK;
}

void qp_tokenizer_put_special(const qp_tokenizer *t, qp_text_buffer *out)
{
    qp_special_ids special = t->special;
    int old = qp_tokenizer_size(t) - t->appended;
    bool any = false;
    for (int role = 0; role < QP_ROLES; role++) {
        int32_t id = *qp_special_role(&special, role);
        if (id < 0) continue;
        qp_text_format(out, "%s%s %s%s", any ? ", " : "", qp_special_role_name(role), qp_tokenizer_piece(t, id),
                       id >= old ? " (appended)" : "");
        any = true;
    }
}
