#include "lib/base/files/file_list.h"

#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "no memory for a list of files"); }

/* Takes over `path`, which may be NULL. */
static qp_status add_path(qp_file_list *list, char *path)
{
    char **grown = path ? realloc(list->path, ((size_t)list->count + 2) * sizeof *grown) : NULL;
    if (grown) list->path = grown;
    int *item = grown ? realloc(list->item, ((size_t)list->count + 1) * sizeof *item) : NULL;
    if (!item) {
        free(path);
        return no_memory();
    }
    list->item = item;
    item[list->count] = list->items;
    grown[list->count++] = path;
    grown[list->count] = NULL;
    return QP_OK;
}

static int compare_paths(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static qp_status add_matches(qp_file_list *list, const char *pattern)
{
    glob_t found = {0};
    int result = glob(pattern, GLOB_ERR | GLOB_NOSORT, NULL, &found);
    qp_status status = QP_OK;
    if (result == GLOB_NOSPACE)
        status = no_memory();
    else if (result == GLOB_ABORTED)
        status = qp_fail(QP_ENOINPUT, "%s: a folder of this pattern cannot be read: %s", pattern, strerror(errno));
    else if (result != 0)
        status = qp_fail(QP_ENOINPUT, "%s: no file matches this pattern; check the name", pattern);
    else
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, compare_paths);
    for (size_t i = 0; status == QP_OK && i < found.gl_pathc; i++) status = add_path(list, strdup(found.gl_pathv[i]));
    globfree(&found);
    return status;
}

/* The ":0.7" that ends a name, or NULL. */
static char *share_of(char *name, double *share)
{
    char *colon = strrchr(name, ':'), *end;
    if (!colon || colon == name || !colon[1] || strchr(" \t", colon[1])) return NULL;
    *share = strtod(colon + 1, &end);
    return *end ? NULL : colon;
}

/* Is there a file of this name, or of the name without its share? */
static bool is_name(char *name)
{
    double share;
    if (qp_file_exists(name)) return true;
    char *colon = share_of(name, &share);
    if (!colon) return false;
    *colon = '\0';
    bool exists = qp_file_exists(name);
    *colon = ':';
    return exists;
}

/* Takes the share off a name that is no file's as a whole. */
static qp_status take_share(qp_file_list *list, char *name)
{
    double share = 0;
    char *colon = qp_file_exists(name) ? NULL : share_of(name, &share);
    if (colon && !(share > 0 && isfinite(share)))
        return qp_fail(QP_EUSAGE, "%s: a share is a number above 0, such as %.*s:0.5", name, (int)(colon - name), name);
    if (list->items > 0 && !colon != !list->share)
        return qp_fail(QP_EUSAGE, "%s: has %s share, unlike the files before it; give all of them one, or none", name,
                       colon ? "a" : "no");
    if (!colon) return QP_OK;
    double *grown = realloc(list->share, ((size_t)list->items + 1) * sizeof *grown);
    if (!grown) return no_memory();
    list->share = grown;
    grown[list->items] = share;
    *colon = '\0';
    return QP_OK;
}

/* The bytes of the first name: of the longest one that exists, or up to the first comma. `names` is writable. */
static size_t first_name(char *names)
{
    size_t bytes = strlen(names);
    while (bytes > 0) {
        char kept = names[bytes];
        names[bytes] = '\0';
        bool exists = is_name(names);
        names[bytes] = kept;
        if (exists) return bytes;
        while (--bytes > 0 && names[bytes] != ',') {}
    }
    return strcspn(names, ",");
}

static qp_status add_names(qp_file_list *list, char *names)
{
    for (bool more = *names != '\0'; more;) {
        size_t bytes = first_name(names);
        more = names[bytes] == ',';
        names[bytes] = '\0';
        if (bytes == 0) return qp_fail(QP_EUSAGE, "an empty name in a list of files; drop the comma");
        QP_TRY(take_share(list, names));
        bool pattern = strpbrk(names, "*?[") && !qp_file_exists(names);
        QP_TRY(pattern ? add_matches(list, names) : add_path(list, strdup(names)));
        list->items++;
        names += bytes + 1;
    }
    return QP_OK;
}

qp_status qp_file_list_of(const char *names, qp_file_list *list)
{
    *list = (qp_file_list){0};
    char *copy = strdup(names);
    qp_status status = copy ? add_names(list, copy) : no_memory();
    free(copy);
    if (status != QP_OK) qp_file_list_free(list);
    return status;
}

void qp_file_list_free(qp_file_list *list)
{
    for (int i = 0; i < list->count; i++) free(list->path[i]);
    free(list->path);
    free(list->item);
    free(list->share);
    *list = (qp_file_list){0};
}

bool qp_file_list_once(const char *names)
{
    qp_file_list list;
    bool once = false;
    if (qp_file_list_of(names, &list) != QP_OK) return false;
    for (int i = 0; i < list.count; i++) once = once || qp_file_once(list.path[i]);
    qp_file_list_free(&list);
    return once;
}

bool qp_file_list_has(const char *names, const char *path)
{
    qp_file_list list;
    bool has = false;
    if (qp_file_list_of(names, &list) != QP_OK) return false;
    for (int i = 0; i < list.count; i++) has = has || qp_file_same(list.path[i], path);
    qp_file_list_free(&list);
    return has;
}

bool qp_file_list_shares(const char *names)
{
    qp_file_list list;
    if (qp_file_list_of(names, &list) != QP_OK) return false;
    bool shares = list.share != NULL;
    qp_file_list_free(&list);
    return shares;
}

qp_status qp_file_list_whole(const char *names)
{
    if (!qp_file_list_shares(names)) return QP_OK;
    return qp_fail(QP_EUSAGE, "%s: only train reads a share of a file (--train FILE:SHARE); leave it out here", names);
}

qp_status qp_reader_open_list(const char *names, qp_reader **reader)
{
    qp_file_list list;
    *reader = NULL;
    QP_TRY(qp_file_list_of(names, &list));
    qp_status status = list.count ? qp_reader_open_paths(list.path, list.count, reader)
                                  : qp_fail(QP_EUSAGE, "a list of files is empty; name one");
    qp_file_list_free(&list);
    return status;
}
