#ifndef QP_HTML_PAGE_H
#define QP_HTML_PAGE_H

/* html_page — the constant parts of the attention page: its style, its body and the script that draws. html.c puts the
 * data between them. Nothing in them refers to anything outside the file. */
extern const char qp_html_style[];
extern const char qp_html_body[];
extern const char qp_html_script[];

#endif
