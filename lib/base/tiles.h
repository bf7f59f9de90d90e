#ifndef QP_TILES_H
#define QP_TILES_H

#include <stddef.h>

/* tiles — one team of threads for a step or a text: a thread without work of its own runs parts of the others'
 * operations.
 *
 * An operation is cut into tiles that write different memory and whose arithmetic follows from the operation's shapes
 * alone, so its bits do not depend on which thread runs which tile. A team is one parallel region, with none inside it:
 * threads hand tiles over through an atomic counter, which costs less than a microsecond. */

/* The work of each thread. `worker` is 0 .. threads-1. Worker 0 alone must be able to do all of it. */
typedef struct {
    void *self;
    void (*run)(void *self, int worker);
} qp_team_work;

/* qp_team_run — runs the work on `threads` threads; one that has finished runs tiles of the others until all have. In
 *   the work of another team it runs worker 0 alone, whose tiles that team shares.
 * qp_team_size — threads of the calling thread's team: `worker` of a tile is less; 1 outside of a team. For memory that
 *   tiles must not share.
 * qp_team_idle — other threads of the team that have no work of their own. */
void qp_team_run(int threads, const qp_team_work *work);
int qp_team_size(void);
int qp_team_idle(void);

typedef struct {
    void *self;
    void (*run)(void *self, int tile, int worker); /* a worker runs one tile at a time */
    int tiles;
    double nanoseconds; /* all of it, roughly, on one thread: less than QP_TILES_LEAST is not handed over */
} qp_tiles;

/* qp_tiles_run — runs all tiles, in any order, and returns when they are done. The calling thread runs them in order,
 *   alone, if no other thread of its team is idle, if there is little to do, or inside of a tile that is shared. */
enum { QP_TILES_LEAST = 15000 };
void qp_tiles_run(const qp_tiles *job);

/* qp_tiles_record — until the next call with NULL the calling thread acts as worker 0 of a team of `threads`, whose
 *   other threads are idle: it runs every tile itself and reports how long it took. For build/bench/scaling,
 *   which computes from it how long the team would take. */
typedef struct {
    int threads;
    void *self;
    /* Seconds of CPU time of tile 0, 1, 2, ... of an operation; tile -1: since the tile before. */
    void (*note)(void *self, int tile, double seconds);
} qp_tiles_recorder;
void qp_tiles_record(const qp_tiles_recorder *recorder);

/* qp_range_run — the same for items 0 .. count-1, each of which may be computed alone: rows of a matrix, elements of a
 *   vector. The calling thread runs all of them in one call where it does not share them, else runs of about 10
 *   microseconds; those of more than 64 items begin at multiples of 64. */
typedef struct {
    void *self;
    void (*run)(void *self, size_t first, size_t end); /* items first .. end-1 */
    size_t count;
    double nanoseconds; /* each, roughly */
} qp_range;
void qp_range_run(const qp_range *range);

#endif
