/* SPDX-License-Identifier: MIT */
/* Errors: what is wrong, and where. */
#include "internal.h"

const char *coconut_strerror(int error)
{
	if (error < 0)
		error = -error;
	if (error == ECAPABILITY)
		return "Not within the agent's capabilities";
	/* Unlike strerror(), this is never overwritten by another thread. */
	const char *text = strerrordesc_np(error);

	return text ? text : "Unknown error";
}

static void begin(struct coconut_error *error, int code, const char *where)
{
	*error = (struct coconut_error){ .code = code };
	if (where)
		snprintf(error->where, sizeof(error->where), "%s", where);
}

static void append(struct coconut_error *error, const char *text)
{
	size_t used = strlen(error->message);

	snprintf(error->message + used, sizeof(error->message) - used, "%s",
		 text);
}

static void append_where(struct coconut_error *error, const char *where)
{
	if (!where || !*where)
		return;
	append(error, where);
	append(error, ": ");
}

static void append_format(struct coconut_error *error, const char *format,
			  va_list arguments)
{
	size_t used = strlen(error->message);

	vsnprintf(error->message + used, sizeof(error->message) - used, format,
		  arguments);
}

int fail(struct coconut_error *error, int code, const char *where,
	 const char *format, ...)
{
	va_list arguments;

	if (!error)
		return -code;
	begin(error, code, where);
	append_where(error, where);
	va_start(arguments, format);
	append_format(error, format, arguments);
	va_end(arguments);
	return -code;
}

int fail_errno(struct coconut_error *error, int code, const char *where,
	       const char *format, ...)
{
	va_list arguments;

	if (!error)
		return -code;
	begin(error, code, where);
	append_where(error, where);
	va_start(arguments, format);
	append_format(error, format, arguments);
	va_end(arguments);
	append(error, ": ");
	append(error, coconut_strerror(code));
	return -code;
}

int fail_memory(struct coconut_error *error)
{
	return fail(error, ENOMEM, NULL, "%s", coconut_strerror(ENOMEM));
}

int fail_at(struct coconut_error *error, int code, const char *label,
	    unsigned int line, unsigned int column, const char *where,
	    const char *format, ...)
{
	va_list arguments;

	if (!error)
		return -code;
	begin(error, code, where);
	error->line = line;
	error->column = column;
	snprintf(error->message, sizeof(error->message),
		 "%.255s:%u:%u: ", label, line, column);
	append_where(error, where);
	va_start(arguments, format);
	append_format(error, format, arguments);
	va_end(arguments);
	return -code;
}
