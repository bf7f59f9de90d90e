#ifndef QP_VERSION_H
#define QP_VERSION_H

/* version — of program and library; the Makefile reads it here. */
#define QP_VERSION "0.1.0"

#endif
