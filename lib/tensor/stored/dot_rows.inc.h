/* dot_rows.inc.h — the order in which tiles of dot products are computed.
 *
 * DOT_ROWS(NAME, ONE, TILE) defines NAME(job). ONE(job, out) multiplies the only row with one row of W: read from its
 * first byte to its last, memory gives W three times as fast as where eight rows of W are read side by side.
 * TILE(job, row, out, rows, outs) computes rows x outs dot products, its last two arguments being constants; a block of
 * outputs, whose rows of W stay in the first-level cache, meets all rows of A. */
#ifdef __clang__
#define DOT_UNROLL _Pragma("clang loop unroll(full)")
#else
#define DOT_UNROLL _Pragma("GCC unroll 16")
#endif
#define DOT_INLINE static inline __attribute__((always_inline))

/* What TILE asks memory for, DOT_AHEAD bytes before it is read: `at` bytes of this block of W have been read so far.
 * Only the first rows of A do, since for the others W is in the cache. */
enum { DOT_AHEAD = 8192 };
#define DOT_FETCH(w, at)                                                                                               \
    if (row == 0) __builtin_prefetch((const char *)(w) + DOT_AHEAD + (at))

#define DOT_ROWS(NAME, ONE, TILE)                                                                                      \
    static void NAME(const dot_job *j)                                                                                 \
    {                                                                                                                  \
        int out = 0;                                                                                                   \
        for (; j->rows == 1 && out < j->n; out++) ONE(j, out);                                                         \
        for (; out + 4 <= j->n; out += 4) {                                                                            \
            int row = 0;                                                                                               \
            for (; row + 4 <= j->rows; row += 4) TILE(j, row, out, 4, 4);                                              \
            switch (j->rows - row) {                                                                                   \
            case 1: TILE(j, row, out, 1, 4); break;                                                                    \
            case 2: TILE(j, row, out, 2, 4); break;                                                                    \
            case 3: TILE(j, row, out, 3, 4); break;                                                                    \
            default: break;                                                                                            \
            }                                                                                                          \
        }                                                                                                              \
        for (; out < j->n; out++)                                                                                      \
            for (int row = 0; row < j->rows; row++) TILE(j, row, out, 1, 1);                                           \
    }
