#define _GNU_SOURCE
#include "tests/faults/power_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "lib/base/file.h"
#include "tests/faults/fault.h"

enum { MOST_NODES = 8192, MOST_ENTRIES = 8192, MOST_OPEN = 1024, NAME_BYTES = 256 };

typedef struct {
    bool folder;
    char *seed; /* content before the run */
    int64_t seed_bytes;
    uint64_t seed_hash;
    char *content; /* content of the disk: `seed`, or memory of its own */
    int64_t bytes, room;
} node;

typedef struct {
    int folder, node;
    char name[NAME_BYTES];
} entry;

/* Node 0 is the folder of the run. While the log is read, the entries are those that the program saw. */
static node nodes[MOST_NODES];
static entry entries[MOST_ENTRIES], seed_entries[MOST_ENTRIES];
static int node_count, entry_count, seed_entry_count, seed_node_count;
/* Open files of the run: node + 1 and where the next write goes. */
static struct {
    int node;
    bool appends;
    int64_t at;
} opened[MOST_OPEN];

static int find(int folder, const char *name)
{
    for (int i = 0; i < entry_count; i++)
        if (entries[i].folder == folder && strcmp(entries[i].name, name) == 0) return i;
    return -1;
}

static void leave(int folder, const char *name)
{
    int at = find(folder, name);
    if (at >= 0) entries[at] = entries[--entry_count];
}

static void enter(int folder, const char *name, int number)
{
    leave(folder, name);
    if (entry_count == MOST_ENTRIES) abort();
    entry *e = &entries[entry_count++];
    e->folder = folder;
    e->node = number;
    snprintf(e->name, sizeof e->name, "%s", name);
}

static int new_node(bool folder)
{
    if (node_count == MOST_NODES) abort();
    nodes[node_count] = (node){.folder = folder};
    return node_count++;
}

static bool read_seed(const char *path, int folder)
{
    DIR *list = opendir(path);
    bool fine = list != NULL;
    for (struct dirent *at; fine && (at = readdir(list));) {
        if (at->d_name[0] == '.') continue;
        char *inside;
        struct stat information;
        if (asprintf(&inside, "%s/%s", path, at->d_name) < 0) abort();
        int number = new_node(stat(inside, &information) == 0 && S_ISDIR(information.st_mode));
        enter(folder, at->d_name, number);
        size_t bytes = 0;
        if (nodes[number].folder)
            fine = read_seed(inside, number);
        else
            fine = qp_file_read(inside, 1 << 28, &nodes[number].seed, &bytes) == QP_OK;
        nodes[number].seed_bytes = (int64_t)bytes;
        if (bytes) nodes[number].seed_hash = XXH3_64bits(nodes[number].seed, bytes);
        free(inside);
    }
    if (list) closedir(list);
    return fine;
}

/* The folder of a path and the name in it; -1: outside of the folder of the run. */
static int locate(const char *path, char name[NAME_BYTES])
{
    static char home[PATH_MAX];
    if (!*home && !realpath("work", home)) return -1;
    size_t bytes = strlen(home);
    if (*path == '/') {
        if (strncmp(path, home, bytes) != 0 || (path[bytes] != '/' && path[bytes] != '\0')) return -1;
        path += bytes;
    }
    int folder = 0;
    snprintf(name, NAME_BYTES, ".");
    while (*path) {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        snprintf(name, NAME_BYTES, "%.*s", (int)length, path);
        path += length;
        if (path[strspn(path, "/")] == '\0') return strcmp(name, "..") == 0 ? -1 : folder;
        if (strcmp(name, ".") == 0) continue;
        int at = find(folder, name);
        if (at < 0) return -1;
        folder = entries[at].node;
    }
    return folder;
}

/* ---- reading the log ---- */

typedef struct {
    const fault_record *head;
    const char *first, *second;
    int step;
} record;

static power_change *add(power_log *log, power_kind kind, int number, const record *r)
{
    power_change *grown = realloc(log->change, (size_t)(log->changes + 1) * sizeof *grown);
    if (!grown) abort();
    log->change = grown;
    grown[log->changes] = (power_change){.kind = kind, .node = number, .step = r->step, .safe = INT32_MAX};
    return &grown[log->changes++];
}

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    if (!copy) abort();
    return copy;
}

static void add_entry(power_log *log, power_kind kind, int number, int folder, const char *name, const record *r)
{
    power_change *c = add(log, kind, number, r);
    c->folder = folder;
    c->name = copy_text(name);
}

static void add_cut(power_log *log, int number, int64_t bytes, const record *r)
{
    power_change *c = add(log, POWER_CUT, number, r);
    c->bytes = bytes;
}

static void note_open(power_log *log, const record *r)
{
    char name[NAME_BYTES];
    int file = r->head->descriptor, flags = r->head->flags, folder = locate(r->first, name);
    if (file < 0 || file >= MOST_OPEN) return;
    opened[file].node = 0;
    if (folder < 0) return;
    int at = find(folder, name), number = at >= 0 ? entries[at].node : -1;
    if (strcmp(name, ".") == 0) number = folder;
    if (number < 0 && !(flags & O_CREAT)) return;
    if (number < 0) {
        number = new_node(false);
        enter(folder, name, number);
        add_entry(log, POWER_ENTER, number, folder, name, r);
    } else if (flags & O_TRUNC)
        add_cut(log, number, 0, r);
    opened[file].node = number + 1;
    opened[file].at = 0;
    opened[file].appends = (flags & O_APPEND) != 0;
}

/* The bytes that a file has for the program, from its changes so far. */
static int64_t seen_bytes(const power_log *log, int number)
{
    int64_t bytes = nodes[number].seed_bytes;
    for (int i = 0; i < log->changes; i++) {
        const power_change *c = &log->change[i];
        if (c->node != number) continue;
        if (c->kind == POWER_CUT) bytes = c->bytes;
        if (c->kind == POWER_WRITE && c->offset + c->bytes > bytes) bytes = c->offset + c->bytes;
    }
    return bytes;
}

static void note_write(power_log *log, const record *r)
{
    int file = r->head->descriptor, number = file >= 0 && file < MOST_OPEN ? opened[file].node - 1 : -1;
    if (number < 0) return;
    if (opened[file].appends) opened[file].at = seen_bytes(log, number);
    int64_t at = r->head->offset >= 0 ? r->head->offset : opened[file].at;
    power_change *c = add(log, POWER_WRITE, number, r);
    c->offset = at;
    c->bytes = r->head->first;
    c->content = r->first;
    if (r->head->offset < 0) opened[file].at = at + c->bytes;
}

static void note_rename(power_log *log, const record *r)
{
    char old_name[NAME_BYTES], name[NAME_BYTES];
    int old_folder = locate(r->first, old_name), folder = locate(r->second, name);
    int at = old_folder >= 0 && folder >= 0 ? find(old_folder, old_name) : -1;
    if (at < 0) return;
    int number = entries[at].node;
    leave(old_folder, old_name);
    enter(folder, name, number);
    add_entry(log, POWER_RENAME, number, folder, name, r);
    power_change *c = &log->change[log->changes - 1];
    c->old_folder = old_folder;
    c->old_name = copy_text(old_name);
}

static void note_folder(power_log *log, const record *r, bool made)
{
    char name[NAME_BYTES];
    int folder = locate(r->first, name), at = folder >= 0 ? find(folder, name) : -1;
    if (folder < 0 || (at >= 0) == made) return;
    int number = made ? new_node(true) : entries[at].node;
    if (made)
        enter(folder, name, number);
    else
        leave(folder, name);
    add_entry(log, made ? POWER_ENTER : POWER_REMOVE, number, folder, name, r);
}

static void note_sync(power_log *log, const record *r)
{
    int file = r->head->descriptor, number = file >= 0 && file < MOST_OPEN ? opened[file].node - 1 : -1;
    for (int i = 0; number >= 0 && i < log->changes; i++) {
        power_change *c = &log->change[i];
        bool content = c->kind == POWER_WRITE || c->kind == POWER_CUT;
        if (c->safe == INT32_MAX && (content ? c->node : c->folder) == number) c->safe = r->step;
    }
}

static void note(power_log *log, const record *r)
{
    int file = r->head->descriptor;
    switch (r->head->group) {
    case FAULT_OPEN: note_open(log, r); break;
    case FAULT_WRITE: note_write(log, r); break;
    case FAULT_RENAME: note_rename(log, r); break;
    case FAULT_MKDIR: note_folder(log, r, true); break;
    case FAULT_UNLINK: note_folder(log, r, false); break;
    case FAULT_SYNC: note_sync(log, r); break;
    case FAULT_TRUNCATE:
        if (file < MOST_OPEN && opened[file].node) add_cut(log, opened[file].node - 1, r->head->offset, r);
        break;
    case FAULT_CLOSE:
        if (file < MOST_OPEN) opened[file].node = 0;
        break;
    default: break;
    }
}

bool power_log_read(const char *path, power_log *log)
{
    char *text;
    size_t bytes, at = 0;
    node_count = entry_count = 0;
    new_node(true);
    if (!read_seed("seed", 0) || qp_file_read(path, 1 << 28, &text, &bytes) != QP_OK) return false;
    seed_entry_count = entry_count;
    seed_node_count = node_count;
    memcpy(seed_entries, entries, sizeof entries);
    for (; at + sizeof(fault_record) <= bytes; log->steps++) {
        fault_record head;
        memcpy(&head, text + at, sizeof head);
        record r = {.head = &head, .step = log->steps};
        /* texts need their NUL: contents stay where they are in the log */
        bool written = head.group == FAULT_WRITE;
        char *first = text + at + sizeof head, *second = first + head.first;
        at += sizeof head + (size_t)head.first + (size_t)head.second;
        char *a = written ? NULL : strndup(first, (size_t)head.first), *b = strndup(second, (size_t)head.second);
        if ((!written && !a) || !b) abort();
        r.first = written ? first : a;
        r.second = b;
        note(log, &r);
        free(a);
        free(b);
    }
    return at == bytes; /* `text` is kept: changes point into it */
}

/* ---- the disk ---- */

static void release(node *n)
{
    if (n->content != n->seed) free(n->content);
    n->content = n->seed;
    n->bytes = n->seed_bytes;
    n->room = 0;
}

/* Gives the file memory of its own with this many bytes; new ones are 0. */
static void resize(node *n, int64_t bytes)
{
    if (bytes > n->room || n->room == 0) {
        int64_t room = 2 * bytes + 64, kept = n->bytes < bytes ? n->bytes : bytes;
        char *grown = malloc((size_t)room);
        if (!grown) abort();
        if (kept > 0) memcpy(grown, n->content, (size_t)kept);
        if (n->content != n->seed) free(n->content);
        n->content = grown;
        n->room = room;
        n->bytes = kept;
    }
    if (bytes > n->bytes) memset(n->content + n->bytes, 0, (size_t)(bytes - n->bytes));
    n->bytes = bytes;
}

static void write_part(const power_change *c, power_share share)
{
    node *n = &nodes[c->node];
    int64_t bytes = share == POWER_HALF ? c->bytes / 2 : c->bytes, end = c->offset + bytes;
    resize(n, end > n->bytes ? end : n->bytes);
    if (share != POWER_ZEROS && bytes > 0) memcpy(n->content + c->offset, c->content, (size_t)bytes);
}

static void apply(const power_change *c, power_share share)
{
    if (share == POWER_GONE) return;
    if (c->kind == POWER_ENTER) enter(c->folder, c->name, c->node);
    if (c->kind == POWER_REMOVE) leave(c->folder, c->name);
    if (c->kind == POWER_CUT) resize(&nodes[c->node], c->bytes);
    if (c->kind == POWER_WRITE) write_part(c, share);
    if (c->kind != POWER_RENAME) return;
    leave(c->old_folder, c->old_name);
    enter(c->folder, c->name, c->node);
}

void power_disk_build(const power_log *log, const power_share *share, int step)
{
    for (int i = 0; i < node_count; i++) release(&nodes[i]);
    memcpy(entries, seed_entries, (size_t)seed_entry_count * sizeof *entries);
    entry_count = seed_entry_count;
    for (int i = 0; i < log->changes && log->change[i].step < step; i++) apply(&log->change[i], share[i]);
}

static uint64_t hash_folder(int folder, uint64_t path)
{
    uint64_t sum = 0;
    for (int i = 0; i < entry_count; i++) {
        const entry *e = &entries[i];
        if (e->folder != folder) continue;
        const node *n = &nodes[e->node];
        uint64_t here[2] = {XXH3_64bits_withSeed(e->name, strlen(e->name), path)};
        if (n->folder)
            here[1] = hash_folder(e->node, here[0]);
        else if (n->bytes > 0)
            here[1] = n->content == n->seed ? n->seed_hash : XXH3_64bits(n->content, (size_t)n->bytes);
        sum += XXH3_64bits(here, sizeof here);
    }
    return sum;
}

uint64_t power_disk_hash(void) { return hash_folder(0, 0); }

static bool write_folder(int folder, const char *path)
{
    bool fine = true;
    for (int i = 0; fine && i < entry_count; i++) {
        const entry *e = &entries[i];
        if (e->folder != folder) continue;
        const node *n = &nodes[e->node];
        char *inside;
        if (asprintf(&inside, "%s/%s", path, e->name) < 0) abort();
        if (n->folder)
            fine = mkdir(inside, 0777) == 0 && write_folder(e->node, inside);
        else {
            FILE *file = fopen(inside, "wb");
            fine = file && fwrite(n->content ? n->content : "", 1, (size_t)n->bytes, file) == (size_t)n->bytes;
            if (file && fclose(file) != 0) fine = false;
        }
        free(inside);
    }
    return fine;
}

bool power_disk_write(const char *folder) { return write_folder(0, folder); }

static bool leads_to_root(int folder)
{
    bool found = folder == 0;
    for (int i = 0; !found && i < entry_count; i++)
        found = entries[i].node == folder && leads_to_root(entries[i].folder);
    return found;
}

bool power_disk_holds(const power_change *entry_change)
{
    int at = find(entry_change->folder, entry_change->name);
    return at >= 0 && entries[at].node == entry_change->node && leads_to_root(entry_change->folder);
}
