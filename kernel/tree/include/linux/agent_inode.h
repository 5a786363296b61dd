/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents: what the coconut LSM knows of an inode
 */
#ifndef _LINUX_AGENT_INODE_H
#define _LINUX_AGENT_INODE_H

#include <linux/bits.h>
#include <linux/fs.h>
#include <linux/lsm_hooks.h>

/* Some bundle has names in this directory that are special; never cleared. */
#define COCONUT_INODE_MARKED	0
/* @digest is that of the contents, which nobody can write meanwhile. */
#define COCONUT_INODE_CODE	1
/* There is a @digest to be freed. */
#define COCONUT_INODE_DIGEST	2
#define COCONUT_CUT_SHIFT	8

/**
 * struct coconut_inode - the LSM's part of an inode
 * @id: never reused; 0 until an agent has asked for the inode
 * @flags: bits COCONUT_INODE_*; of a TCP socket that was reset for a
 *	revocation, above them the agent that has lost the way to its peer
 * @maker: the agent that made it, as far as that counts: for message queues
 *	and sockets
 * @digest: BLAKE3 of the contents of code that agents have run, or NULL
 * @asked: of a socket: the generation of the bundle that was asked last about
 *	its addresses
 */
struct coconut_inode {
	u64 id;
	unsigned long flags;
	u64 maker;
	union {
		u8 *digest;
		u64 asked;
	};
};

extern struct lsm_blob_sizes coconut_blob_sizes;

static inline struct coconut_inode *coconut_inode(const struct inode *inode)
{
	return inode->i_security + coconut_blob_sizes.lbs_inode;
}

/**
 * coconut_inode_mark - note that a directory has names that are special
 * @dir: the directory
 */
static inline void coconut_inode_mark(const struct inode *dir)
{
	set_bit(COCONUT_INODE_MARKED, &coconut_inode(dir)->flags);
}

/**
 * coconut_is_marked - whether some bundle has special names in a directory
 * @dir: the directory
 *
 * Return: true if so.
 */
static inline bool coconut_is_marked(const struct inode *dir)
{
	return test_bit(COCONUT_INODE_MARKED, &coconut_inode(dir)->flags);
}

#endif /* _LINUX_AGENT_INODE_H */
