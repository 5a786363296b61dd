/* SPDX-License-Identifier: MIT */
/* The report as a page. */
#ifndef COCONUT_AUDIT_HTML_H
#define COCONUT_AUDIT_HTML_H

#include "tally.h"

/**
 * audit_html - write a report as one page that needs no other file
 * @tally: what it tells, sorted
 * @path: the file
 *
 * Return: exit status.
 */
int audit_html(const struct tally *tally, const char *path);

#endif /* COCONUT_AUDIT_HTML_H */
