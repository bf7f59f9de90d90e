#ifndef QP_PAGE_H
#define QP_PAGE_H

/* page — the constant parts of the attention page: page.css, page.html (its body) and page.js (the script that draws).
 * The Makefile turns each file into a C string; html.c puts the data between them. They refer to nothing outside the
 * page. */
extern const char qp_page_css[];
extern const char qp_page_html[];
extern const char qp_page_js[];

#endif
