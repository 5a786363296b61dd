/* SPDX-License-Identifier: MIT */
/* coconutd's client: requests over the control socket. */
#ifndef COCONUT_CLIENT_H
#define COCONUT_CLIENT_H

#include "message.h"

/**
 * request_init - begin a request
 * @request: the message
 * @op: what is asked for
 */
void request_init(struct message *request, const char *op);

/**
 * request_agent - begin a request about one agent
 * @request: the message
 * @op: what is asked for
 * @aid: the agent
 */
void request_agent(struct message *request, const char *op, uint64_t aid);

/**
 * client_open - send a request, and keep the connection
 * @request: the message, which is freed
 * @ret_fd: gets the connection, to be closed
 *
 * Return: 0, or an exit status once what failed has been told.
 */
int client_open(struct message *request, int *ret_fd);

/**
 * client_next - receive the next message of a reply
 * @fd: the connection
 * @ret_map: gets the message, to be given to cbor_decref()
 *
 * Return: 0, or an exit status once it has been told what failed, coconutd's
 * refusal included.
 */
int client_next(int fd, cbor_item_t **ret_map);

/**
 * client_call - send a request that has one reply
 * @request: the message, which is freed
 * @ret_map: gets the reply, to be given to cbor_decref()
 *
 * Return: 0, or an exit status once what failed has been told.
 */
int client_call(struct message *request, cbor_item_t **ret_map);

/**
 * client_do - send a request whose reply holds nothing of interest
 * @request: the message, which is freed
 *
 * Return: exit status.
 */
int client_do(struct message *request);

#endif /* COCONUT_CLIENT_H */
