/* SPDX-License-Identifier: MIT */
/* The grammar of capabilities: round trips, and what is wrong where. */
#include <coconut.h>
#include <errno.h>
#include <stdlib.h>

#include "tap.h"

/* Text that comes back as it was, or as its shortest form. */
static const struct {
	const char *text;
	const char *formatted;
} good[] = {
	{ "fs.read /", NULL },
	{ "fs.read /home/maya/papers except /home/maya/papers/private", NULL },
	{ "fs.read /a except /a/b except /a/c/d lifetime=60 uses=3", NULL },
	{ "fs.read / except /etc", NULL },
	{ "fs.write \"/with blank/x\"", NULL },
	{ "fs.write \"/quote\\\"and\\\\back\"", NULL },
	{ "fs.create /na=me", "fs.create \"/na=me\"" },
	{ "  fs.delete \t /x  ", "fs.delete /x" },
	{ "fs.exec /usr uses=3 lifetime=60",
	  "fs.exec /usr lifetime=60 uses=3" },
	{ "unix.connect /run/x.sock", NULL },
	{ "net.connect 127.0.0.1:8080/tcp", NULL },
	{ "net.connect 127.0.0.1/32:8080/tcp",
	  "net.connect 127.0.0.1:8080/tcp" },
	{ "net.connect 10.0.0.0/8:8000-8099/udp", NULL },
	{ "net.connect any:443", NULL },
	{ "net.connect 0.0.0.0/0:any", NULL },
	{ "net.connect any:0-65535", "net.connect any:any" },
	{ "net.bind [::1]:80/tcp", NULL },
	{ "net.bind [2001:db8::/32]:80-90", NULL },
	{ "net.bind [2001:DB8:0:0::]:1", "net.bind [2001:db8::]:1" },
	{ "proc.signal descendants", NULL },
	{ "audit.read self lifetime=3600 uses=10", NULL },
	{ "quota.set all", NULL },
	{ "attest all", NULL },
	{ "mem.tier self", NULL },
	{ "agent.spawn", NULL },
	{ "cap.grant lifetime=1", NULL },
	{ "org.example.print", NULL },
	{ "org.example.print printer-1 uses=1", NULL },
	{ "org.example.print \"uses=1\"", NULL },
	{ "org.example.print uses=1", NULL },
	{ "org.example.print \"two words\"", NULL },
	{ "fs.read /x hint=\"ask Maya for \\\"it\\\"\"", NULL },
	{ "fs.read /x hint=short", "fs.read /x hint=\"short\"" },
	{ "fs.read /caf\xc3\xa9", NULL },
	{ "dev.ioctl /dev/ttyS0", NULL },
	{ "dev.ioctl /dev except /dev/mem", NULL },
	{ "mem.exec", NULL },
	{ "proc.trace descendants", NULL },
	{ "ipc self", NULL },
	{ "key", NULL },
	{ "time lifetime=60", NULL },
	{ "net.raw", NULL },
	{ "net.admin uses=1", NULL },
	{ "net.connect host=api.example.org:443/tcp", NULL },
	{ "net.connect host=api.example.org:any", NULL },
	{ "net.connect host=a:80-90 uses=3", NULL },
	{ "net.connect host=\"b.org:1\"", "net.connect host=b.org:1" },
	{ "keys.example", NULL },
	{ "net.connect 192.0.2.7:443/tcp host=api.example.org lifetime=300",
	  NULL },
	{ "net.connect [2001:db8::7]:443 lifetime=5 host=a.org",
	  "net.connect [2001:db8::7]:443 host=a.org lifetime=5" },
	{ "cap.grant", NULL },
	{ "cap.grant fs.read", NULL },
	{ "cap.grant cap.grant uses=2", NULL },
	{ "cap.grant org.example.print rate=1/s", NULL },
	{ "key rate=10/s", NULL },
	{ "key rate=10/1s", "key rate=10/s" },
	{ "key rate=10/m", NULL },
	{ "key rate=10/60s", "key rate=10/m" },
	{ "key rate=1000000/h", NULL },
	{ "key rate=10/30s", NULL },
	{ "key rate=10/5m", "key rate=10/300s" },
	{ "key rate=10/24h", "key rate=10/86400s" },
	{ "key rate=0010/001s", "key rate=10/s" },
	{ "fs.read /x rate=1/s hint=\"x\" uses=3 lifetime=60",
	  "fs.read /x lifetime=60 uses=3 rate=1/s hint=\"x\"" },
};

#define BAD_PERIOD \
	"column 5: period of the rate is not 1 to 86400 s, as in 10/s, 10/m, 10/h or 10/30s"

static const struct {
	const char *text;
	const char *message;
	unsigned int column;
} bad[] = {
	{ "", "column 1: a capability's name is missing", 1 },
	{ "  ", "column 3: a capability's name is missing", 3 },
	{ "fs", "column 1: no capability has this name", 1 },
	{ "fs.reed /x", "column 1: no capability has this name", 1 },
	{ "Fs.read /x", "column 1: no capability has this name", 1 },
	{ "a..b", "column 1: no capability has this name", 1 },
	{ "fs.read", "column 8: this capability needs a path", 8 },
	{ "fs.read papers", "column 9: not an absolute path", 9 },
	{ "fs.read uses=3", "column 9: not an absolute path", 9 },
	{ "fs.read /x/", "column 9: path ends in a slash", 9 },
	{ "fs.read /x/../y",
	  "column 9: path with an empty, \".\" or \"..\" component", 9 },
	{ "fs.read //x",
	  "column 9: path with an empty, \".\" or \"..\" component", 9 },
	{ "fs.read /x except", "column 18: a path must follow \"except\"", 18 },
	{ "fs.read /x except /y",
	  "column 19: not below the path it is cut from", 19 },
	{ "fs.read /x except /xy",
	  "column 19: not below the path it is cut from", 19 },
	{ "fs.read /x uses=3 except /x/y",
	  "column 19: only except, lifetime=, uses=, rate= and hint= can follow",
	  19 },
	{ "fs.read /x /y",
	  "column 12: only except, lifetime=, uses=, rate= and hint= can follow",
	  12 },
	{ "fs.read /x uses=0", "column 12: not a number from 1 to 4294967295",
	  12 },
	{ "fs.read /x uses=", "column 12: not a number from 1 to 4294967295",
	  12 },
	{ "fs.read /x uses=-1", "column 12: not a number from 1 to 4294967295",
	  12 },
	{ "fs.read /x uses=4294967296",
	  "column 12: not a number from 1 to 4294967295", 12 },
	{ "fs.read /x uses=99999999999999999999999",
	  "column 12: not a number from 1 to 4294967295", 12 },
	{ "fs.read /x uses=1 uses=2", "column 19: option stands twice", 19 },
	{ "fs.read /x colour=red",
	  "column 12: unknown option: not lifetime=, uses=, rate= or hint=",
	  12 },
	{ "fs.read /x hint=\"\"", "column 12: hint is not 1 to 255 bytes long",
	  12 },
	{ "fs.read \"/x", "column 9: quote is not closed", 9 },
	{ "fs.read \"/x\\", "column 9: quote is not closed", 9 },
	{ "fs.read /x\x01", "column 9: control character", 9 },
	{ "fs.read /x\xff", "column 9: not UTF-8", 9 },
	{ "net.connect",
	  "column 12: this capability needs ADDRESS:PORTS[/PROTOCOL]", 12 },
	{ "net.connect 127.0.0.1", "column 13: not ADDRESS:PORTS[/PROTOCOL]",
	  13 },
	{ "net.connect :80", "column 13: not ADDRESS:PORTS[/PROTOCOL]", 13 },
	{ "net.connect h\"ost=a:443\"", "column 13: not an IP address", 13 },
	{ "net.connect []:80", "column 13: not an IP address", 13 },
	{ "net.connect localhost:80", "column 13: not an IP address", 13 },
	{ "net.connect 256.0.0.1:80", "column 13: not an IP address", 13 },
	{ "net.connect 10.0.0.0/33:80",
	  "column 13: prefix length is not 0 to 32", 13 },
	{ "net.connect [::/129]:80", "column 13: prefix length is not 0 to 128",
	  13 },
	{ "net.connect 10.0.0.1/8:80",
	  "column 13: address has bits set beyond its prefix", 13 },
	{ "net.connect ::1:80",
	  "column 13: an IPv6 address must be in [brackets]", 13 },
	{ "net.connect 1.2.3.4:65536",
	  "column 13: not a port (0 to 65535), a range of ports or \"any\"",
	  13 },
	{ "net.connect 1.2.3.4:90-80",
	  "column 13: range of ports ends before it starts", 13 },
	{ "net.connect 1.2.3.4:80/icmp",
	  "column 13: not a protocol: tcp or udp", 13 },
	{ "net.connect host=a.org", "column 13: not host=NAME:PORTS[/PROTOCOL]",
	  13 },
	{ "net.connect host=a.org:",
	  "column 13: not a port (0 to 65535), a range of ports or \"any\"",
	  13 },
	{ "net.connect host=a.org:1/icmp",
	  "column 13: not a protocol: tcp or udp", 13 },
	{ "net.connect host=:1",
	  "column 13: not a host's name: 1 to 63 of a-z, 0-9 and \"-\" between dots",
	  13 },
	{ "net.connect host=A.org:1",
	  "column 13: not a host's name: 1 to 63 of a-z, 0-9 and \"-\" between dots",
	  13 },
	{ "net.connect host=a.org.:1",
	  "column 13: not a host's name: 1 to 63 of a-z, 0-9 and \"-\" between dots",
	  13 },
	{ "net.connect 1.2.3.4:1 host=a.org:1",
	  "column 23: not a host's name: 1 to 63 of a-z, 0-9 and \"-\" between dots",
	  23 },
	{ "net.connect any:1 host=a.org",
	  "column 19: host= goes with an address alone", 19 },
	{ "net.connect host=a.org:1 host=a.org",
	  "column 26: host= goes with an address alone", 26 },
	{ "net.connect 1.2.3.4:1 host=a.org host=b.org",
	  "column 34: option stands twice", 34 },
	{ "net.bind 1.2.3.4:1 host=a.org",
	  "column 20: host= goes with an address alone", 20 },
	{ "fs.read /x host=a.org",
	  "column 12: host= goes with an address alone", 12 },
	{ "cap.grant fs.reed",
	  "column 11: no capability that could be granted has this name", 11 },
	{ "cap.grant \"\"", "column 11: scope is not 1 to 255 bytes long", 11 },
	{ "cap.grant fs.read fs.write",
	  "column 19: only lifetime=, uses=, rate= and hint= can follow", 19 },
	{ "cap.grant user",
	  "column 11: no capability that could be granted has this name", 11 },
	{ "key rate=",
	  "column 5: not a rate such as 10/s, 10/m, 10/h or 10/30s", 5 },
	{ "key rate=10",
	  "column 5: not a rate such as 10/s, 10/m, 10/h or 10/30s", 5 },
	{ "key rate=-1/s",
	  "column 5: not a rate such as 10/s, 10/m, 10/h or 10/30s", 5 },
	{ "key rate=/s", "column 5: rate is not 1 to 1000000 uses", 5 },
	{ "key rate=0/s", "column 5: rate is not 1 to 1000000 uses", 5 },
	{ "key rate=1000001/s", "column 5: rate is not 1 to 1000000 uses", 5 },
	{ "key rate=99999999999999999999/s",
	  "column 5: rate is not 1 to 1000000 uses", 5 },
	{ "key rate=1/", BAD_PERIOD, 5 },
	{ "key rate=1/30", BAD_PERIOD, 5 },
	{ "key rate=1/d", BAD_PERIOD, 5 },
	{ "key rate=1/0s", BAD_PERIOD, 5 },
	{ "key rate=1/86401s", BAD_PERIOD, 5 },
	{ "key rate=1/25h", BAD_PERIOD, 5 },
	{ "key rate=1/ss", BAD_PERIOD, 5 },
	{ "key rate=1/99999999999999999999s", BAD_PERIOD, 5 },
	{ "key rate=1/s rate=1/s", "column 14: option stands twice", 14 },
	{ "net.bind host=a.org:1",
	  "column 10: only net.connect can name a host", 10 },
	{ "dev.ioctl", "column 10: this capability needs a path", 10 },
	{ "mem.exec /x", "column 10: this capability has no scope", 10 },
	{ "key self", "column 5: this capability has no scope", 5 },
	{ "key.x", "column 1: no capability has this name", 1 },
	{ "user", "column 1: no capability has this name", 1 },
	{ "ipc", "column 4: this capability needs self, descendants or all",
	  4 },
	{ "proc.trace any",
	  "column 12: not a relation: self, descendants or all", 12 },
	{ "proc.signal",
	  "column 12: this capability needs self, descendants or all", 12 },
	{ "proc.signal children",
	  "column 13: not a relation: self, descendants or all", 13 },
	{ "agent.spawn /x", "column 13: this capability has no scope", 13 },
	{ "org.example.print \"\"",
	  "column 19: scope is not 1 to 255 bytes long", 19 },
};

static bool same_after_cbor(const struct coconut_cap *cap, const char *text)
{
	struct coconut_cap again;
	uint8_t *data;
	size_t size;
	char *found;
	bool same;

	if (coconut_cap_encode(cap, &data, &size, NULL))
		return false;
	if (coconut_cap_decode(data, size, &again, NULL)) {
		free(data);
		return false;
	}
	found = coconut_cap_format(&again);
	same = found && !strcmp(found, text);
	free(found);
	coconut_cap_clear(&again);
	free(data);
	return same;
}

static void check_good(const char *text, const char *expected)
{
	struct coconut_error error;
	struct coconut_cap cap;
	char *found;

	if (!ok(!coconut_cap_parse(text, &cap, &error), "reads %s", text)) {
		printf("# %s\n", error.message);
		return;
	}
	found = coconut_cap_format(&cap);
	is(found, expected, "writes the same");
	ok(same_after_cbor(&cap, expected), "and so after CBOR");
	free(found);
	coconut_cap_clear(&cap);
}

static void check_bad(size_t i)
{
	struct coconut_error error;
	struct coconut_cap cap;
	int err = coconut_cap_parse(bad[i].text, &cap, &error);

	if (!is_number(err, -EINVAL, bad[i].message)) {
		if (!err)
			coconut_cap_clear(&cap);
		return;
	}
	is(error.message, bad[i].message, "says so");
	is_number(error.column, bad[i].column, "at its column");
	is_number(error.code, EINVAL, "with its code");
}

/* Whatever one changed bit does, what is accepted can be written again. */
static void check_flips(const char *text)
{
	struct coconut_cap cap, changed;
	unsigned int wrong = 0;
	uint8_t *data, *again;
	size_t size, again_size;

	if (coconut_cap_parse(text, &cap, NULL) ||
	    coconut_cap_encode(&cap, &data, &size, NULL))
		return;
	for (size_t bit = 0; bit < 8 * size; bit++) {
		data[bit / 8] ^= 1 << bit % 8;
		if (!coconut_cap_decode(data, size, &changed, NULL)) {
			if (coconut_cap_encode(&changed, &again, &again_size,
					       NULL)) {
				wrong++;
			} else {
				wrong += again_size != size ||
					 memcmp(again, data, size);
				free(again);
			}
			coconut_cap_clear(&changed);
		}
		data[bit / 8] ^= 1 << bit % 8;
	}
	is_number(wrong, 0,
		  "what is accepted after a changed bit is canonical");
	free(data);
	coconut_cap_clear(&cap);
}

/* Every proper prefix is refused. */
static void check_prefixes(const char *text)
{
	struct coconut_cap cap, cut;
	unsigned int accepted = 0;
	uint8_t *data, *exact;
	size_t size;

	if (coconut_cap_parse(text, &cap, NULL) ||
	    coconut_cap_encode(&cap, &data, &size, NULL))
		return;
	for (size_t length = 0; length < size; length++) {
		/* Of exactly this size, so that a sanitizer sees overreads. */
		exact = malloc(length ? length : 1);
		memcpy(exact, data, length);
		if (coconut_cap_decode(exact, length, &cut, NULL) != -EBADMSG)
			accepted++;
		free(exact);
	}
	is_number(accepted, 0, "each prefix is malformed");
	free(data);
	coconut_cap_clear(&cap);
}

static void check_names(void)
{
	is_number(coconut_cap_id_from_name("fs.read"), AGENT_CAP_FS_READ,
		  "fs.read has its number");
	is_number(coconut_cap_id_from_name("org.example"), AGENT_CAP_USER,
		  "a dotted name is userspace's");
	is_number(coconut_cap_id_from_name("fs.unknown"), -EINVAL,
		  "an unknown name below a kernel prefix is none");
	is(coconut_cap_id_name(AGENT_CAP_NET_BIND), "net.bind", "net.bind");
	is(coconut_cap_id_name(999), "unknown", "999 has no name");
	is(coconut_cap_id_name(AGENT_CAP_USER), "user", "userspace's is user");
	for (uint32_t i = 1; i < AGENT_CAP_COUNT; i++)
		if (i != AGENT_CAP_USER)
			is_number(coconut_cap_id_from_name(
					  coconut_cap_id_name(i)),
				  i, "a capability's name gives its number");
	is(coconut_audit_name(AGENT_AUDIT_USES), "uses", "audit 0");
	is(coconut_audit_name(AGENT_AUDIT_COALESCED), "coalesced", "audit 1");
	is(coconut_audit_name(AGENT_AUDIT_FULL), "full", "audit 2");
	is(coconut_audit_name(3), "unknown", "audit 3 has no name");
	for (int i = AGENT_VERDICT_NONE; i <= AGENT_VERDICT_DENY; i++)
		is_number(coconut_verdict_from_name(coconut_verdict_name(i)), i,
			  "a verdict's name gives its number");
	is_number(coconut_verdict_from_name("maybe"), -EINVAL,
		  "and what is none does not");
	for (uint32_t i = 1; i < AGENT_EVENT_COUNT; i++)
		is_number(coconut_event_from_name(coconut_event_name(i)), i,
			  "an event's name gives its number");
	for (uint32_t i = 0; i < AGENT_STATE_COUNT; i++)
		is_number(coconut_state_from_name(coconut_state_name(i)), i,
			  "a state's name gives its number");
	for (uint32_t i = 0; i < AGENT_REASON_COUNT; i++)
		ok(strcmp(coconut_reason_name(i), "unknown"),
		   "reason %u has a name", i);
	for (uint32_t i = 0; i < AGENT_REASON_COUNT; i++)
		ok(strcmp(coconut_reason_text(i), "unknown"),
		   "and is explained");
	is(coconut_reason_name(AGENT_REASON_RATE), "rate", "rate");
	is(coconut_reason_name(AGENT_REASON_REVOKED), "revoked", "revoked");
	is(coconut_reason_text(999), "unknown", "reason 999 is not");
	is(coconut_on_deny_name(AGENT_DENY_TRAP), "trap", "trap");
	is(coconut_on_deny_name(4), "unknown", "on_deny 4 has no name");
	is(coconut_strerror(-ECAPABILITY),
	   "Not within the agent's capabilities", "ECAPABILITY");
	is(coconut_strerror(ENOENT), "No such file or directory", "ENOENT");
	is(coconut_strerror(4000), "Unknown error", "an errno that is none");
}

/* What another encoder makes of it. */
static void check_bytes(const char *text, const char *expected)
{
	struct coconut_cap cap;
	uint8_t *data;
	size_t size;
	char *digits;

	if (coconut_cap_parse(text, &cap, NULL) ||
	    coconut_cap_encode(&cap, &data, &size, NULL)) {
		ok(false, "%s is encoded", text);
		return;
	}
	digits = malloc(2 * size + 1);
	is(coconut_hex(data, size, digits), expected, text);
	free(digits);
	free(data);
	coconut_cap_clear(&cap);
}

/* A rate and its period go together, and neither is zero. */
static void check_rate_bytes(void)
{
	static const struct {
		uint8_t bytes[16];
		size_t size;
	} wrong[] = {
		{ "\xa2\1\x63key\x0f\x0a", 8 },
		{ "\xa2\1\x63key\x10\x0a", 8 },
		{ "\xa3\1\x63key\x0f\0\x10\x0a", 10 },
		{ "\xa3\1\x63key\x0f\x0a\x10\0", 10 },
	};
	struct coconut_cap cap;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		is_number(coconut_cap_decode(wrong[i].bytes, wrong[i].size,
					     &cap, NULL),
			  -EINVAL, "half a rate is none");
	if (ok(!coconut_cap_decode("\xa3\1\x63key\x0f\x0a\x10\x05", 10, &cap,
				   NULL),
	       "a rate")) {
		is_number(cap.rate, 10, "so many uses");
		is_number(cap.period, 5, "in so many seconds");
		coconut_cap_clear(&cap);
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *formatted = good[i].formatted;

		if (!formatted)
			formatted = good[i].text;
		check_good(good[i].text, formatted);
		check_flips(good[i].text);
		check_prefixes(good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_bad(i);
	check_names();
	check_bytes("key rate=10/30s", "a301636b65790f0a10181e");
	check_bytes("cap.grant fs.read uses=2",
		    "a301696361702e6772616e740b020d6766732e72656164");
	check_bytes("net.connect 192.0.2.7:443/tcp host=a.org lifetime=300",
		    "a8016b6e65742e636f6e6e65637404"
		    "44c0000207"
		    "051820"
		    "061901bb071901bb0806"
		    "0a19012c"
		    "0e65612e6f7267");
	check_rate_bytes();
	return tap_end();
}
