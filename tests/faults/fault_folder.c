#define _GNU_SOURCE
#include "tests/faults/fault_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *information, int kind, struct FTW *place)
{
    (void)information, (void)kind, (void)place;
    return remove(path);
}

/* The copy has the time of the original, as long as nobody writes into it. */
static void copy_file(const char *from, const char *to)
{
    char block[1 << 14];
    struct stat information;
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    for (ssize_t got; in >= 0 && out >= 0 && (got = read(in, block, sizeof block)) > 0;)
        if (write(out, block, (size_t)got) != got) break;
    if (in >= 0 && out >= 0 && fstat(in, &information) == 0)
        futimens(out, (struct timespec[]){information.st_atim, information.st_mtim});
    close(in);
    close(out);
}

static void copy_tree(const char *from, const char *to)
{
    char a[4096], b[4096];
    mkdir(to, 0755);
    DIR *list = opendir(from);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        struct stat information;
        snprintf(a, sizeof a, "%s/%s", from, entry->d_name);
        snprintf(b, sizeof b, "%s/%s", to, entry->d_name);
        if (stat(a, &information) != 0) continue;
        if (S_ISDIR(information.st_mode))
            copy_tree(a, b);
        else
            copy_file(a, b);
    }
    if (list) closedir(list);
}

static void replace_tree(const char *from, const char *to)
{
    nftw(to, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    copy_tree(from, to);
}

static bool unchanged(const struct stat *a, const struct stat *b)
{
    if (S_ISDIR(a->st_mode)) return S_ISDIR(b->st_mode);
    return a->st_mode == b->st_mode && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Files that were made or changed in `to` are removed, or those that are missing there are copied: most commands change
 * one file of forty. */
static void restore_tree(const char *from, const char *to, bool removes)
{
    char a[4096], b[4096];
    struct stat one, other;
    DIR *list = opendir(removes ? to : from);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(a, sizeof a, "%s/%s", from, entry->d_name);
        snprintf(b, sizeof b, "%s/%s", to, entry->d_name);
        const bool there = lstat(a, &one) == 0, here = lstat(b, &other) == 0;
        const bool same = there && here && unchanged(&one, &other);
        if (same && S_ISDIR(one.st_mode))
            restore_tree(a, b, removes);
        else if (removes && !same)
            nftw(b, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        else if (!removes && !same && S_ISDIR(one.st_mode))
            copy_tree(a, b);
        else if (!removes && !same)
            copy_file(a, b);
    }
    if (list) closedir(list);
}

void fault_fresh(void)
{
    mkdir("work", 0755);
    restore_tree("seed", "work", true);
    restore_tree("seed", "work", false);
}

void fault_keep_straight(void)
{
    replace_tree("work", "straight");
    copy_file("out", "straight.out");
}

void fault_read(const char *path, char *text, size_t bytes)
{
    int file = open(path, O_RDONLY);
    ssize_t got = file >= 0 ? read(file, text, bytes - 1) : 0;
    text[got > 0 ? got : 0] = '\0';
    if (file >= 0) close(file);
}

bool fault_same_file(const char *a, const char *b)
{
    char x[1 << 14], y[1 << 14];
    FILE *one = fopen(a, "rb"), *two = fopen(b, "rb");
    bool same = !one == !two;
    while (one && two && same) {
        size_t got = fread(x, 1, sizeof x, one);
        same = fread(y, 1, sizeof y, two) == got && memcmp(x, y, got) == 0;
        if (got == 0) break;
    }
    if (one) fclose(one);
    if (two) fclose(two);
    return same;
}

/* The next name of a list as a path in a folder; NULL at its end. */
static const char *next_name(const char *list, const char *folder, char path[4096])
{
    size_t bytes = strcspn(list, ":");
    if (bytes == 0) return NULL;
    snprintf(path, 4096, "%s/%.*s", folder, (int)bytes, list);
    return list + bytes + (list[bytes] == ':');
}

bool fault_same_files(const char *list, const char *folder, const char *other)
{
    char a[4096], b[4096];
    for (const char *at = list, *after; (after = next_name(at, folder, a)); at = after) {
        next_name(at, other, b);
        if (!fault_same_file(a, b)) return false;
    }
    return true;
}

bool fault_old_or_new(const char *list)
{
    char a[4096], b[4096], c[4096];
    for (const char *at = list, *after; (after = next_name(at, "work", a)); at = after) {
        next_name(at, "seed", b);
        next_name(at, "straight", c);
        if (!fault_same_file(a, b) && !fault_same_file(a, c)) return false;
    }
    return true;
}

bool fault_leftovers(const char *folder)
{
    bool found = false;
    DIR *list = opendir(folder);
    for (struct dirent *entry; list && !found && (entry = readdir(list));)
        found = strstr(entry->d_name, ".tmp") != NULL;
    if (list) closedir(list);
    return found;
}
