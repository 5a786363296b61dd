/* SPDX-License-Identifier: MIT */
/*
 * Messages of the control socket: one deterministic CBOR map with text keys
 * in each packet.
 */
#ifndef COCONUT_MESSAGE_H
#define COCONUT_MESSAGE_H

#include <cbor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_PATH "/run/coconutd/control"
#define MESSAGE_MAX 65536
#define MESSAGE_KEYS_MAX 32

/**
 * struct message - a message that is being made
 * @map: its map
 * @failed: memory was short; message_send() will say so
 */
struct message {
	cbor_item_t *map;
	bool failed;
};

/**
 * message_init - begin a message
 * @message: the message; message_send() or message_clear() ends it
 */
void message_init(struct message *message);

/* Each adds one key; at most MESSAGE_KEYS_MAX of them. */
void message_add(struct message *message, const char *key, cbor_item_t *value);
void message_add_text(struct message *message, const char *key,
		      const char *text);
void message_add_bytes(struct message *message, const char *key,
		       const void *data, size_t size);
void message_add_uint(struct message *message, const char *key, uint64_t value);
void message_add_bool(struct message *message, const char *key, bool value);

/**
 * message_add_texts - add an array of text
 * @message: the message
 * @key: its key
 * @texts: the elements
 * @count: how many
 */
void message_add_texts(struct message *message, const char *key,
		       char *const *texts, size_t count);

/**
 * message_send - send a message, and free it
 * @fd: SOCK_SEQPACKET socket
 * @message: the message
 *
 * Return: 0, -ENOMEM, -EMSGSIZE beyond MESSAGE_MAX, or what sending said.
 */
int message_send(int fd, struct message *message);

/**
 * message_clear - free a message that is not to be sent
 * @message: the message
 */
void message_clear(struct message *message);

/**
 * message_receive - receive a message
 * @fd: SOCK_SEQPACKET socket
 * @ret_map: gets the map, to be given to cbor_decref()
 *
 * Return: 1 for a message, 0 when the other end has closed, -EBADMSG for what
 * is no map of text keys, or what receiving said.
 */
int message_receive(int fd, cbor_item_t **ret_map);

/**
 * message_get - look up a key
 * @map: a CBOR map, or NULL
 * @key: the key
 *
 * Return: the value, which belongs to the map, or NULL.
 */
cbor_item_t *message_get(const cbor_item_t *map, const char *key);

/**
 * message_get_uint - look up a number
 * @map: a CBOR map
 * @key: the key
 * @otherwise: what to give where there is no such number
 *
 * Return: the number.
 */
uint64_t message_get_uint(const cbor_item_t *map, const char *key,
			  uint64_t otherwise);

/**
 * message_get_bool - look up a truth value
 * @map: a CBOR map
 * @key: the key
 *
 * Return: the value, false where there is none.
 */
bool message_get_bool(const cbor_item_t *map, const char *key);

/**
 * message_get_bytes - look up a byte string
 * @map: a CBOR map
 * @key: the key
 * @ret_size: gets its length
 *
 * Return: the bytes, which belong to the map, or NULL.
 */
const uint8_t *message_get_bytes(const cbor_item_t *map, const char *key,
				 size_t *ret_size);

/**
 * message_get_text - copy a text, fit for a terminal
 * @map: a CBOR map
 * @key: the key
 * @text: gets the text, cut to fit, control characters shown as '?'; empty
 *	where there is none
 * @size: room in bytes
 *
 * Return: whether there is such a text.
 */
bool message_get_text(const cbor_item_t *map, const char *key, char *text,
		      size_t size);

#endif /* COCONUT_MESSAGE_H */
