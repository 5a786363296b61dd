/* SPDX-License-Identifier: MIT */
/*
 * coconutd: what the units share that do what clients ask.
 */
#ifndef COCONUTD_OPS_H
#define COCONUTD_OPS_H

#include "coconutd.h"

bool ops_may_steer(const struct client *client, uint64_t aid);
bool ops_take_aid(struct client *client, const cbor_item_t *request,
		  uint32_t need, uint64_t *aid);
void ops_reply_error(struct client *client, int64_t err, uint64_t aid);

/* ops_look.c */
void op_ps(struct client *client, const cbor_item_t *request);
void op_show(struct client *client, const cbor_item_t *request);
void op_attest(struct client *client, const cbor_item_t *request);
void op_log(struct client *client, const cbor_item_t *request);
void op_why(struct client *client, const cbor_item_t *request);

/* ops_spawn.c */
void op_spawn(struct client *client, const cbor_item_t *request);

/* ops_caps.c */
void op_cap_list(struct client *client, const cbor_item_t *request);
void op_cap_grant(struct client *client, const cbor_item_t *request);
void op_cap_revoke(struct client *client, const cbor_item_t *request);
void op_quota(struct client *client, const cbor_item_t *request);
void op_tier(struct client *client, const cbor_item_t *request);

#endif /* COCONUTD_OPS_H */
