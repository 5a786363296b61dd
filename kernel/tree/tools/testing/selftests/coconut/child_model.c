// SPDX-License-Identifier: GPL-2.0
/*
 * model_child: an agent of the model's tree, which does what the test asks of
 * it. Static, so that its bundle need hold nothing but what is tested.
 */

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "model_talk.h"

static bool take(void *to, size_t size)
{
	ssize_t got;

	for (; size; size -= got, to += got) {
		got = read(0, to, size);
		if (got <= 0)
			return false;
	}
	return true;
}

static bool tell(const struct model_answer *answer)
{
	return write(1, answer, sizeof(*answer)) == sizeof(*answer);
}

int main(void)
{
	static uint8_t data[TALK_MAX + 1];
	struct model_answer answer = { .values = { getpid() } };
	struct model_request request;

	/* Its own children are nobody's to wait for. */
	signal(SIGCHLD, SIG_IGN);
	while (tell(&answer) && take(&request, sizeof(request)) &&
	       request.size <= TALK_MAX && take(data, request.size)) {
		data[request.size] = '\0';
		answer = model_do(&request, data);
	}
	return 1;
}
