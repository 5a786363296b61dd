// SPDX-License-Identifier: MIT
/*
 * A rate against two buckets that know no absolute time: one with the parts
 * rounded as agent_rate_take() rounds them, which must say the same, and an
 * exact one, which must never have said no where the rate says yes.
 */

#include "core.h"
#include "fuzz.h"

__extension__ typedef unsigned __int128 u128;

struct bucket {
	u128 level;
	u128 most;
};

static void fill(struct bucket *bucket, u128 more)
{
	bucket->level += more;
	if (bucket->level > bucket->most)
		bucket->level = bucket->most;
}

static uint64_t number(const uint8_t **data, size_t *size, unsigned int bytes)
{
	uint64_t value = 0;

	for (; bytes && *size; bytes--, (*size)--)
		value = value << 8 | *(*data)++;
	return value;
}

/* Small numbers as often as large ones: what is soon used up is the most told. */
static uint32_t pick(const uint8_t **data, size_t *size, uint32_t most)
{
	uint64_t bits = number(data, size, 1) % 24;

	return (number(data, size, 3) >> bits) % most + 1;
}

/* The time that passes: nothing, nanoseconds, some parts, or very long. */
static uint64_t next_wait(const uint8_t **data, size_t *size, uint64_t part)
{
	uint64_t kind = number(data, size, 1);

	switch (kind & 3) {
	case 0:
		return 0;
	case 1:
		return number(data, size, 2);
	case 2:
		return part * (kind >> 2) + number(data, size, 1) % 4 - 2;
	default:
		return number(data, size, 7);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t rate = pick(&data, &size, AGENT_RATE_MAX);
	uint32_t period = pick(&data, &size, AGENT_PERIOD_MAX);
	uint64_t start = number(&data, &size, 6), now = start, due = 0;
	const uint64_t whole = period * 1000000000ULL;
	const uint64_t part = (whole + rate - 1) / rate;
	struct bucket same = { (u128)part * rate, (u128)part * rate };
	struct bucket exact = { (u128)whole * rate, (u128)whole * rate };

	MUST(agent_rate_take(&due, now, 0, 0) && !due);
	while (size) {
		uint64_t before = due;
		uint64_t wait = next_wait(&data, &size, part);
		bool took;

		/* Clocks that run from boot neither stand still nor end. */
		if ((int64_t)wait < 0 || wait > INT64_MAX / 2 - now)
			continue;
		now += wait;
		fill(&same, wait);
		fill(&exact, (u128)wait * rate);
		took = agent_rate_take(&due, now, rate, period);
		MUST(took == (same.level >= part));
		MUST(took || due == before);
		if (!took)
			continue;
		MUST(exact.level >= whole);
		MUST(due > before && due > now);
		same.level -= part;
		exact.level -= whole;
	}
	return 0;
}
