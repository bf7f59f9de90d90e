#ifndef QP_TEMPORARIES_H
#define QP_TEMPORARIES_H

/* temporaries — the files that a process makes for itself and removes before it ends: unfinished outputs and locks. A
 * signal handler that ends the process removes them too.
 * qp_temporaries_add    — `path` is borrowed until it is dropped. Beyond 256 of them a path is not remembered: its file
 *                         would stay, and the next process takes it over.
 * qp_temporaries_drop   — the file is removed or has got its final name; a path that was not added is ignored.
 * qp_temporaries_remove — unlinks all of them; async-signal-safe. */
void qp_temporaries_add(const char *path);
void qp_temporaries_drop(const char *path);
void qp_temporaries_remove(void);

#endif
