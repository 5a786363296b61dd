// SPDX-License-Identifier: MIT
/*
 * coconutd: which addresses a name may have
 *
 * What a name's owner says is not to be believed when it leads to this very
 * machine or link: its services trust who comes from there. What stands in the
 * machine's own file of hosts is its owner's word, and goes.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coconutd.h"

#define HOSTS_FILE "/etc/hosts"

static const struct {
	uint8_t family;
	uint8_t prefix;
	uint8_t bytes[16];
	bool local;
} kept_out[] = {
	{ 4, 8, { 0 }, false },                /* this network */
	{ 4, 8, { 127 }, true },               /* loopback */
	{ 4, 16, { 169, 254 }, true },         /* link-local */
	{ 4, 4, { 224 }, false },              /* multicast */
	{ 4, 4, { 240 }, false },              /* reserved, broadcast */
	{ 6, 127, { 0 }, true },               /* unspecified, loopback */
	{ 6, 96, { [10] = 255, 255 }, false }, /* IPv4 written as IPv6 */
	{ 6, 10, { 0xfe, 0x80 }, true },       /* link-local */
	{ 6, 8, { 0xff }, false },             /* multicast */
};

static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

/**
 * address_is_good - whether an address that the DNS gave may be granted
 * @address: the address
 *
 * The kernel's option coconut.resolver=allow-local lets this machine's and
 * this link's addresses pass.
 *
 * Return: true if so.
 */
bool address_is_good(const struct resolver_address *address)
{
	char option[32] = "";
	bool allow_local;
	size_t i;

	if (address->family != 4 && address->family != 6)
		return false;
	allow_local = boot_option("coconut.resolver", option, sizeof(option)) &&
		      !strcmp(option, "allow-local");
	for (i = 0; i < sizeof(kept_out) / sizeof(kept_out[0]); i++) {
		if (kept_out[i].family == address->family &&
		    same_prefix(kept_out[i].bytes, address->bytes,
				kept_out[i].prefix))
			return kept_out[i].local && allow_local;
	}
	return true;
}

/**
 * address_text - write an address for people
 * @address: the address
 * @text: INET6_ADDRSTRLEN bytes
 *
 * Return: @text.
 */
const char *address_text(const struct resolver_address *address, char *text)
{
	if (!inet_ntop(address->family == 4 ? AF_INET : AF_INET6,
		       address->bytes, text, INET6_ADDRSTRLEN))
		strcpy(text, "?");
	return text;
}

static bool read_line(char *line, const char *name,
		      struct resolver_address *address)
{
	char *save = NULL, *word;

	line[strcspn(line, "#\n")] = '\0';
	word = strtok_r(line, " \t", &save);
	memset(address, 0, sizeof(*address));
	if (!word)
		return false;
	if (inet_pton(AF_INET, word, address->bytes) == 1)
		address->family = 4;
	else if (inet_pton(AF_INET6, word, address->bytes) == 1)
		address->family = 6;
	else
		return false;
	while ((word = strtok_r(NULL, " \t", &save))) {
		if (!strcasecmp(word, name))
			return true;
	}
	return false;
}

/**
 * addresses_of_file - what the machine's file of hosts says of a name
 * @name: the name
 * @addresses: gets up to RESOLVER_ADDRESSES_MAX addresses
 *
 * Return: how many; 0 when the name does not stand there.
 */
unsigned int addresses_of_file(const char *name,
			       struct resolver_address *addresses)
{
	FILE *file = fopen(HOSTS_FILE, "re");
	unsigned int count = 0;
	size_t room = 0;
	char *line = NULL;

	if (!file)
		return 0;
	while (count < RESOLVER_ADDRESSES_MAX &&
	       getline(&line, &room, file) >= 0)
		count += read_line(line, name, &addresses[count]);
	free(line);
	fclose(file);
	return count;
}
