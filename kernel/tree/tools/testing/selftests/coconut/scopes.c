// SPDX-License-Identifier: GPL-2.0
/*
 * Scopes: names that are not there yet, holes, mounts, and a hierarchy that
 * changes while the agent lives.  What changes it is a legacy root.
 *
 *	scopes/
 *	  tree/		everything, but
 *	    hole/	nothing
 *	    late	nothing, and not there
 *	    hole-file	nothing
 *	    mounted/	nothing, and mounted over
 *	    mnt/	mounted over
 *	  half/		reading and deleting
 *	  other/	everything
 *	  exact/one	reading and writing
 *	  root/		everything
 *	  link/dir	reading; link leads to tree
 *	  tobe		reading, writing, creating; not there
 *	  tobe2, tobe3	the same
 *	  read-later	reading; not there
 *	  denied/	nothing
 */

#include <errno.h>

#include "calls.h"
#include "child.h"
#include "hand.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define SCOPES	BASE "/scopes"

/* Before the agent is spawned. */
static const struct attempt setup[] = {
	{ 0, 0, "! mkdir @ && cd @ && mkdir tree half other exact root denied"
		" denied/dir tree/hole tree/mounted tree/mnt tree/dir tree/sub"
		" half/dir tree/outer tree/outer/hole" },
	{ 0, 0, "! cd @ && for f in tree/a tree/dir/a tree/sub/a tree/hole/a"
		" tree/hole-file half/a half/dir/a other/a exact/one"
		" exact/beside root/a denied/a denied/dir/a"
		" tree/outer/hole/a tree/outer/a; do echo text >$f; done" },
	{ 0, 0, "! cd @ && ln -s tree link && ln -s tree way-link" },
	{ 0, 0, "! cd @/tree && mount -t tmpfs none mnt && echo text >mnt/a" },
	{ 0, 0, "! cd @/tree && echo text >mounted/below"
		" && mount -t tmpfs none mounted && echo text >mounted/a" },
};

static const struct attempt exact[] = {
	{ 0, 0, "open @/exact/one rw" },
	{ 0, 0, "read" },
	{ ECAPABILITY, 0, "open @/exact/beside r" },
	{ ECAPABILITY, 0, "open @/exact/nothing r" },
	{ ECAPABILITY, 0, "open @/exact d" },
	{ ECAPABILITY, 0, "open @/exact/new c" },
	{ ECAPABILITY, 0, "unlink @/exact/one" },
	{ ECAPABILITY, 0, "rename @/exact/one @/tree/mine" },
	{ ENOTDIR, 0, "open @/exact/one/x r" },
	/* Another object takes the name, and the old one another name. */
	{ 0, 0, "! mv @/exact/one @/exact/away && echo new >@/exact/one" },
	{ 0, 0, "read" },
	{ ECAPABILITY, 0, "open @/exact/one r" },
	{ ECAPABILITY, 0, "open @/exact/away r" },
	{ 0, 0, "! mv @/exact/away @/exact/one" },
	{ 0, 0, "open @/exact/one rw" },
	{ 0, 0, "! ln @/exact/one @/exact/two" },
	{ ECAPABILITY, 0, "open @/exact/two r" },
};

static const struct attempt holes[] = {
	{ 0, 0, "open @/tree/a rw" },
	{ ECAPABILITY, 0, "open @/tree/hole/a r" },
	{ ECAPABILITY, 0, "open @/tree/hole/nothing r" },
	{ ECAPABILITY, 0, "look stat @/tree/hole" },
	{ ECAPABILITY, 0, "look stat @/tree/hole-file" },
	{ ECAPABILITY, 0, "link @/tree/hole-file @/tree/mine" },
	{ ECAPABILITY, 0, "rename @/tree/a @/tree/hole-file" },
	{ ECAPABILITY, 0, "rename @/tree/hole-file @/tree/mine" },
	/* One that is not there is none to be filled. */
	{ ECAPABILITY, 0, "open @/tree/late r" },
	{ ECAPABILITY, 0, "open @/tree/late c" },
	{ ECAPABILITY, 0, "mkdir @/tree/late" },
	{ ECAPABILITY, 0, "mknod @/tree/late" },
	{ ECAPABILITY, 0, "symlink @/tree/a @/tree/late" },
	{ ECAPABILITY, 0, "link @/tree/a @/tree/late" },
	{ ECAPABILITY, 0, "rename @/tree/a @/tree/late" },
	{ 0, 0, "! mkdir @/tree/late && echo text >@/tree/late/a" },
	{ ECAPABILITY, 0, "open @/tree/late r" },
	{ ECAPABILITY, 0, "open @/tree/late/a r" },
	{ ECAPABILITY, 0, "rename @/tree/late @/tree/mine" },
	{ ECAPABILITY, 0, "rename @/tree/a @/tree/late/b" },
	{ 0, 0, "! rm -r @/tree/late && echo text >@/tree/late" },
	{ ECAPABILITY, 0, "open @/tree/late r" },
	/* Moved by who may, a hole is one wherever it is. */
	{ 0, 0, "! mv @/tree/hole @/tree/open" },
	{ ECAPABILITY, 0, "open @/tree/open/a r" },
	{ ECAPABILITY, 0, "open @/tree/open d" },
	{ ECAPABILITY, 0, "mkdir @/tree/hole" },
	{ 0, 0, "! mkdir @/tree/hole && echo text >@/tree/hole/new" },
	{ ECAPABILITY, 0, "open @/tree/hole/new r" },
	{ 0, 0, "! mv @/tree/open @/other/open" },
	{ ECAPABILITY, 0, "open @/other/open/a r" },
	{ 0, 0, "! ln @/tree/hole-file @/tree/by-another-name" },
	{ ECAPABILITY, 0, "open @/tree/by-another-name r" },
	{ ECAPABILITY, 0, "look stat @/tree/by-another-name" },
	/* A listing names them, as it names all, and nothing more. */
	{ 0, 0, "open @/tree d" },
	{ 0, 0, "via getdents" },
};

static const struct attempt to_be[] = {
	{ ENOENT, 0, "open @/tobe r" },
	{ ENOENT, 0, "look stat @/tobe" },
	{ ENOENT, 0, "open @/tobe/x r" },
	{ ECAPABILITY, 0, "open @/tobe-not r" },
	{ ECAPABILITY, 0, "open @/tobe-not c" },
	{ 0, 0, "open @/tobe c" },
	{ 0, 0, "write" },
	{ 0, 0, "open @/tobe rw" },
	{ 0, 0, "read" },
	{ ECAPABILITY, 0, "unlink @/tobe" },
	{ 0, 0, "mkdir @/tobe2" },
	{ 0, 0, "open @/tobe2/new c" },
	{ 0, 0, "open @/tobe2/new rw" },
	{ ECAPABILITY, 0, "unlink @/tobe2/new" },
	{ ENOENT, 0, "open @/read-later r" },
	{ ECAPABILITY, 0, "open @/read-later c" },
	{ ECAPABILITY, 0, "mkdir @/read-later" },
	{ 0, 0, "! echo text >@/read-later" },
	{ 0, 0, "open @/read-later r" },
	{ 0, 0, "read" },
	{ ECAPABILITY, 0, "open @/read-later w" },
	/* It waits for whatever comes there, as often as it comes. */
	{ 0, 0, "! rm @/read-later && mkdir @/read-later"
		" && echo text >@/read-later/a" },
	{ 0, 0, "open @/read-later/a r" },
	{ 0, 0, "read" },
	/* A link there leads where it leads. */
	{ 0, 0, "! rm -r @/read-later && ln -s @/denied/a @/read-later" },
	{ ECAPABILITY, 0, "open @/read-later r" },
	/* The next spawn would bind what a link there names. */
	{ ECAPABILITY, 0, "symlink @/denied/a @/tobe3" },
	{ ENOENT, 0, "open @/tobe3 r" },
	/* Nothing gains by being put there. */
	{ ECAPABILITY, 0, "link @/half/a @/tobe3" },
	{ ECAPABILITY, 0, "rename @/half/a @/tobe3" },
	{ ECAPABILITY, 0, "link @/denied/a @/tobe3" },
	{ 0, 0, "rename @/tree/sub/a @/tobe3" },
	{ 0, 0, "open @/tobe3 rw" },
};

static const struct attempt mounts[] = {
	{ 0, 0, "open @/tree/mnt/a rw" },
	{ 0, 0, "read" },
	{ 0, 0, "open @/tree/mnt/new c" },
	{ EXDEV, 0, "rename @/tree/mnt/new @/tree/new" },
	{ ECAPABILITY, 0, "umount @/tree/mnt" },
	{ ECAPABILITY, 0, "open @/tree/mounted/a r" },
	{ ECAPABILITY, 0, "open @/tree/mounted/nothing r" },
	{ 0, 0, "! umount -l @/tree/mounted" },
	{ ECAPABILITY, 0, "open @/tree/mounted/below r" },
	/* While the agent lives: in a scope, and over a hole. */
	{ 0, 0, "! cd @/tree && mount -t tmpfs none dir && echo text >dir/b" },
	{ 0, 0, "open @/tree/dir/b r" },
	{ 0, 0, "read" },
	{ 0, 0, "! umount -l @/tree/dir" },
	{ 0, 0, "open @/tree/dir/a r" },
	{ 0, 0, "! cd @/tree && mount -t tmpfs none hole && echo text >hole/b" },
	{ ECAPABILITY, 0, "open @/tree/hole/b r" },
	{ 0, 0, "! umount -l @/tree/hole" },
	/* Over a directory that only leads to scopes nothing is in scope. */
	{ 0, 0, "! cd @/exact && mount -t tmpfs none . && echo text >@/exact/one" },
	{ ECAPABILITY, 0, "open @/exact/one r" },
	{ 0, 0, "! umount -l @/exact" },
	{ 0, 0, "open @/exact/one r" },
	/* A hole stays one by another way to it. */
	{ 0, 0, "! cd @ && mkdir other/bind && mount --bind tree/outer other/bind" },
	{ 0, 0, "open @/other/bind/a r" },
	{ ECAPABILITY, 0, "open @/other/bind/hole/a r" },
	{ 0, 0, "! umount -l @/other/bind" },
	/* And what is denied is where a mount puts it. */
	{ 0, 0, "! cd @ && mount --bind tree denied/dir" },
	{ ECAPABILITY, 0, "open @/denied/dir/a r" },
	{ 0, 0, "! umount -l @/denied/dir" },
};

static const struct attempt moved_root[] = {
	{ 0, 0, "open @/root/a rw" },
	{ 0, 0, "look chdir @/root" },
	{ 0, 0, "! mv @/root @/elsewhere" },
	{ 0, 0, "read" },
	{ 0, 0, "write" },
	{ 0, 0, "open a r" },
	{ ENOENT, 0, "open @/root/a r" },
	{ ECAPABILITY, 0, "open @/elsewhere/a r" },
	{ 0, 0, "! mkdir @/root && echo text >@/root/a" },
	{ ECAPABILITY, 0, "open @/root/a r" },
	{ ECAPABILITY, 0, "open @/root/nothing r" },
	{ ECAPABILITY, 0, "open @/root/new c" },
	{ 0, 0, "open a r" },
	{ ECAPABILITY, 0, "open ../denied/a r" },
	{ 0, 0, "! rm -r @/root && mv @/elsewhere @/denied/root" },
	{ 0, 0, "open a r" },
	{ ECAPABILITY, 0, "open ../a r" },
	{ ECAPABILITY, 0, "open @/denied/root/a r" },
	{ 0, 0, "! mv @/denied/root @/root" },
	{ 0, 0, "open @/root/a r" },
	/* The way there is made of the very directories that it was. */
	{ 0, 0, "! mv @ @-moved" },
	{ ENOENT, 0, "open @/root/a r" },
	{ ECAPABILITY, 0, "open @-moved/root/a r" },
	{ 0, 0, "! mkdir -p @/root && echo text >@/root/a" },
	{ ECAPABILITY, 0, "open @/root/a r" },
	{ 0, 0, "! rm -r @ && mv @-moved @" },
	{ 0, 0, "open @/root/a r" },
	{ 0, 0, "look chdir /usr" },
};

static const struct attempt links[] = {
	{ 0, 0, "open @/link/dir/a r" },
	{ 0, 0, "open @/link/a r" },
	{ ECAPABILITY, 0, "open @/link/hole r" },
	{ ECAPABILITY, 0, "open @/way-link/a r" },
	{ 0, 0, "symlink @/tree/dir @/tree/in" },
	{ 0, 0, "open @/tree/in/a r" },
	{ 0, 0, "symlink ../denied @/tree/out" },
	{ ECAPABILITY, 0, "open @/tree/out/a r" },
	{ ECAPABILITY, 0, "open @/tree/out/nothing r" },
	{ ECAPABILITY, 0, "open @/tree/out/new c" },
	{ ECAPABILITY, 0, "unlink @/tree/out/a" },
	{ 0, 0, "look lstat @/tree/out" },
	{ 0, 0, "look readlink @/tree/out" },
	{ 0, 0, "unlink @/tree/out" },
	{ 0, 0, "symlink ../exact/one @/tree/to-one" },
	{ 0, 0, "open @/tree/to-one rw" },
	/* To the top, with no name after it. */
	{ 0, 0, "symlink / @/tree/top" },
	{ ECAPABILITY, 0, "look lstat @/tree/top/root" },
	{ ECAPABILITY, 0, "look lstat @/tree/top/nothing" },
	{ ECAPABILITY, 0, "open @/tree/top/nothing r" },
	{ 0, 0, "unlink @/tree/top" },
	/* A legacy root's hard link is in scope where it has put it. */
	{ 0, 0, "! ln @/denied/a @/tree/hard" },
	{ 0, 0, "open @/tree/hard r" },
	{ ECAPABILITY, 0, "open @/denied/a r" },
};

static const struct attempt moving[] = {
	{ ECAPABILITY, 0, "rename @/half/dir @/tree/dir2" },
	{ ECAPABILITY, 0, "rename @/half/a @/tree/a2" },
	{ ECAPABILITY, 0, "exchange @/half/dir @/tree/dir" },
	{ ECAPABILITY, 0, "rename @/tree/dir @/half/dir2" },
	/* A directory does not leave its holes behind. */
	{ ECAPABILITY, 0, "rename @/tree/outer @/other/outer" },
	{ 0, 0, "open @/tree/outer/a r" },
	{ ECAPABILITY, 0, "open @/tree/outer/hole/a r" },
	{ ECAPABILITY, 0, "rename @/denied/dir @/tree/dir2" },
	{ ECAPABILITY, 0, "rename @/tree/dir @/denied/dir2" },
	/* The top of a scope stays: its directory is not the agent's. */
	{ ECAPABILITY, 0, "rename @/root @/tree/root" },
	{ 0, 0, "open @/root/a r" },
	{ ECAPABILITY, 0, "rename @/tree @/root/tree" },
	{ ECAPABILITY, 0, "rmdir @/half" },
	{ 0, 0, "open @/tree/dir/a r" },
	{ ECAPABILITY, 0, "mkdir @/tree/late" },
};

void test_scopes(void)
{
	struct child child;

	if (!hand_is_there()) {
		skip("no legacy root: tests/abi runs it", "scopes that change");
		return;
	}
	RUN_ATTEMPTS(NULL, SCOPES, setup);
	child_start(&child, "selftest-scopes");
	RUN_ATTEMPTS(&child, SCOPES, exact);
	RUN_ATTEMPTS(&child, SCOPES, holes);
	RUN_ATTEMPTS(&child, SCOPES, to_be);
	RUN_ATTEMPTS(&child, SCOPES, mounts);
	RUN_ATTEMPTS(&child, SCOPES, moved_root);
	RUN_ATTEMPTS(&child, SCOPES, links);
	RUN_ATTEMPTS(&child, SCOPES, moving);
	expect_rows(&child);
}
