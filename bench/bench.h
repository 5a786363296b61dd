/* SPDX-License-Identifier: MIT */
#ifndef BENCH_H
#define BENCH_H

#define PORT 9099
#define CHILDREN "/usr/lib/coconut/bench"
#define RULES_MAX 1000
#define RULE_PATH "/b/%03d"
#define DENIED "/s/k"

/* Allow reading below @dir, the children, the port, and @rules places more. */
void enter_landlock(const char *dir, int rules);

/* Make what the benchmark opens, and the places of @rules rules. */
void set_up(const char *dir, int rules);

#endif
