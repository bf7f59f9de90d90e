#ifndef QP_FAULT_FOLDER_H
#define QP_FAULT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* fault_folder — the files of a sweep, in the current folder: seed, work (the run's), straight (what a run without
 * faults left), out and err. */

void fault_fresh(void);         /* work = seed */
void fault_keep_straight(void); /* straight = work, straight.out = out */
void fault_read(const char *path, char *text, size_t bytes);
bool fault_same_file(const char *a, const char *b);

/* Files are given as a list separated by ':'.
 * fault_same_files  — are they equal in two folders?
 * fault_old_or_new  — is each of `work` that of the seed (or absent with it), or that of the straight run?
 * fault_leftovers   — is there a temporary file? */
bool fault_same_files(const char *list, const char *folder, const char *other);
bool fault_old_or_new(const char *list);
bool fault_leftovers(const char *folder);

#endif
