/* vector_part.inc.h — loads and stores of up to `left` elements, so that the end of a row needs no loop of its own. */
#ifndef QP_VECTOR_PART_INC_H
#define QP_VECTOR_PART_INC_H

#define QP_INLINE static inline __attribute__((always_inline))

QP_INLINE vreal load_at(const qp_real *p, size_t left) { return left >= V_LANES ? v_load(p) : v_load_part(p, left); }

QP_INLINE void store_at(qp_real *p, vreal a, size_t left)
{
    if (left >= V_LANES)
        v_store(p, a);
    else
        v_store_part(p, a, left);
}

#endif
