#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/writer.h"

/* The part of file.h that is about paths and folders. */

qp_status qp_folder_make(const char *path)
{
    char *partial = strdup(path);
    if (!partial) return qp_fail(QP_EMEMORY, "%s: no memory to make the folder", path);
    size_t bytes = strlen(partial);
    bool made = bytes > 0;
    for (size_t i = 1; made && i <= bytes; i++) {
        if (partial[i] != '/' && partial[i] != '\0') continue;
        partial[i] = '\0';
        struct stat information;
        made = mkdir(partial, 0777) == 0;
        int why = errno == EEXIST ? ENOTDIR : errno; /* stat has reasons of its own */
        if (made) qp_name_sync(partial);
        made = made || (stat(partial, &information) == 0 && S_ISDIR(information.st_mode));
        errno = why;
        if (i < bytes) partial[i] = '/';
    }
    free(partial);
    if (made) return QP_OK;
    return qp_fail(QP_ECREATE, "%s: the folder cannot be made: %s", path, bytes ? strerror(errno) : "it has no name");
}

static qp_status cannot_read(const char *folder)
{
    return qp_fail(qp_status_of_errno(QP_EIO), "%s: cannot be read: %s", folder, strerror(errno));
}

qp_status qp_folder_each(const char *folder, qp_status (*visit)(void *self, const char *name), void *self)
{
    DIR *listing = opendir(folder);
    qp_status status = listing ? QP_OK : cannot_read(folder);
    while (status == QP_OK) {
        errno = 0;
        const struct dirent *entry = readdir(listing);
        if (!entry && errno != 0) status = cannot_read(folder);
        if (!entry) break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) status = visit(self, entry->d_name);
    }
    if (listing) closedir(listing);
    return status;
}

bool qp_file_same(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool qp_file_exists(const char *path) { return access(path, F_OK) == 0; }

bool qp_folder_exists(const char *path)
{
    struct stat information;
    return stat(path, &information) == 0 && S_ISDIR(information.st_mode);
}

bool qp_file_once(const char *path)
{
    struct stat information;
    return strcmp(path, "-") == 0 ||
           (stat(path, &information) == 0 && !S_ISREG(information.st_mode) && !S_ISDIR(information.st_mode));
}

static int remove_entry(const char *path, const struct stat *information, int kind, struct FTW *place)
{
    (void)information;
    (void)kind;
    (void)place;
    return remove(path);
}

qp_status qp_file_remove_tree(const char *path)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT) return QP_OK;
    return qp_fail(qp_status_of_errno(QP_EIO), "%s: cannot be removed: %s", path, strerror(errno));
}
