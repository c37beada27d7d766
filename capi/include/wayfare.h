/* clang-format off */
/* wayfare: LLM calls through OpenRouter, each of them booked in a local SQLite ledger.
 *
 * This is the C interface. C uses it, and so does any language that can load a shared library. It
 * has eleven functions and one handle. JSON goes in and comes out. capi/operations.md tells every
 * field of the JSON, and capi/operations.json tells the same to programs. A first program:
 *
 *     wayfare_client *client;
 *     char *text;
 *     int64_t id;
 *
 *     if (wayfare_open("{\"ledger\":\"usage.db\"}", &client, &text) != 0) {
 *       fprintf(stderr, "%s\n", text);
 *       return 1;
 *     }
 *     id = wayfare_submit(client, "{\"body\":{\"stream\":true,\"messages\":"
 *                                 "[{\"role\":\"user\",\"content\":\"Hello\"}]}}");
 *     while (wayfare_next(client, id, -1, &text) == 1) {
 *       puts(text);           an array of events; the last event is "done" or "error"
 *       wayfare_free(text);
 *     }
 *     wayfare_close(client);
 *
 * RULES
 *
 * Threads. Any thread may call any function at any time with any client. One rule limits this:
 * once wayfare_close() has begun for a client, no other call with that client may begin. No
 * function calls back into your program. No function depends on the thread that calls it. No
 * function handles a signal.
 *
 * Text. Every text is UTF-8 and ends with a zero byte. A text that goes in is copied before the
 * function returns and stays yours. A text that comes out is yours: give it back with
 * wayfare_free() and with nothing else.
 *
 * Answers. wayfare_submit() gives the id of a call. wayfare_next() gives its events. Exactly one
 * final event ends a call, "done" or "error". A call that is cancelled has one too. By then the
 * ledger has the entry of the call. A mistake in a request comes as the final event too.
 *
 * Numbers. A function answers 0 or more where it succeeded, and a WAYFARE_ code below 0 where it
 * did not. A number is never used again for another meaning. An error inside an event tells its
 * code as a word, such as "rate_limited". Money is a decimal text in US dollars. Counts are whole
 * numbers. A name that ends in _us is in microseconds. Options and deadlines are in seconds.
 *
 * Processes. Several processes may use one ledger file at once. After a fork, a client that was
 * used answers WAYFARE_FORKED in the child, where a new client works. A client that was not used
 * yet works in both. A client that is not closed is closed when the process exits.
 *
 * Memory. Where memory is short, a function answers WAYFARE_NO_MEMORY and has changed nothing. Call
 * it again. wayfare_next() then still has the events, but wayfare_ready() does not tell of them a
 * second time.
 */
/* clang-format on */
#ifndef WAYFARE_H
#define WAYFARE_H

#include <stdint.h>

#if defined(__GNUC__)
#define WAYFARE_API __attribute__((visibility("default")))
#else
#define WAYFARE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What functions answer below 0. An event tells the same code as a word. */

/* clang-format off */
#define WAYFARE_FORKED    (-1)  /* the client was used in the parent of this process: open one */
#define WAYFARE_CLOSED    (-2)  /* wayfare_close() was called */
#define WAYFARE_FULL      (-3)  /* max_open_calls calls are open: take the final events of some */
#define WAYFARE_NO_MEMORY (-4)  /* an allocation failed */
#define WAYFARE_BUSY      (-5)  /* another thread already waits for this call */
#define WAYFARE_INVALID   (-10) /* an option cannot be used: *error tells which */
/* clang-format on */

/* ---- Versions. */

#define WAYFARE_ABI 0 /* of this header */

/* The number of the binary interface that was loaded. Compare it with WAYFARE_ABI before anything
 * else. While it is 0, any release may change the interface. From 1 on no release does. */
WAYFARE_API uint32_t wayfare_abi(void);

/* The version of the library, such as "0.1.0". Do not free it. */
WAYFARE_API const char* wayfare_version(void);

/* ---- Opening and closing. */

typedef struct wayfare_client wayfare_client;

/* Makes a client and puts it in *client. `options` is a JSON object of options, or NULL. What it
 * does not tell comes from the environment, such as OPENROUTER_API_KEY. A name that is not known is
 * an error. This judges the options and does nothing else: files, threads and the network start at
 * the first use, and their troubles come as events.
 * Answers 0, or WAYFARE_INVALID or _NO_MEMORY, and *client is NULL then. `error` may be NULL. Else
 * *error is NULL, or a JSON object that tells what is wrong and is yours to free. */
WAYFARE_API int32_t wayfare_open(const char* options, wayfare_client** client, char** error);

/* Cancels the calls that run, books them, syncs the ledger, ends the threads and frees the client.
 * Takes at most 5 seconds. Threads that wait in wayfare_next() or wayfare_ready() return first,
 * with the final event or WAYFARE_CLOSED. Do not use the pointer afterwards. NULL is ignored. In
 * the child of a fork, a client that was used is left as it is. */
WAYFARE_API void wayfare_close(wayfare_client* client);

/* ---- Calls. */

/* Hands a request over and returns at once. `request` is a JSON object: "op" names the operation
 * ("chat" where it is missing), and the other names are what that operation takes. The "body" of a
 * chat goes to the server byte for byte. With "stream": true in it the answer comes in pieces.
 * Answers an id above 0 that is never given again, or WAYFARE_FORKED, _CLOSED, _FULL or
 * _NO_MEMORY. */
WAYFARE_API int64_t wayfare_submit(wayfare_client* client, const char* request);

/* Waits for events of `id`, at most `timeout_ms` milliseconds (0: does not wait; below 0: waits for
 * ever), and takes all that are there. Answers
 *   1  *events is a JSON array of them, yours to free
 *   0  no event came in that time
 *   2  there are no more: the final event was taken, the call was forgotten, or `id` was never
 * given or WAYFARE_FORKED, _CLOSED, _NO_MEMORY, or _BUSY where another thread waits for this id.
 * *events is NULL unless the answer is 1. A call whose events are not taken is paused at 64 KiB of
 * them. Other calls go on. */
WAYFARE_API int32_t wayfare_next(wayfare_client* client, int64_t id, int32_t timeout_ms,
                                 char** events);

/* Ends a call early. Its final event still comes: "error" with "cancelled", or "done" where it was
 * too late. With `forget` not 0 no event follows, and a thread that waits for the call gets 2. The
 * call is booked either way, as "unknown" where the server may bill it. Answers 0, also for a call
 * that has ended, or WAYFARE_FORKED or _NO_MEMORY. */
WAYFARE_API int32_t wayfare_cancel(wayfare_client* client, int64_t id, int32_t forget);

/* ---- Many calls in one thread. */

/* Waits until a call has events that no thread waits for, at most `timeout_ms` milliseconds (as in
 * wayfare_next). Answers the id of such a call. The id is told once, until wayfare_next() takes the
 * events: take them with a timeout of 0. Answers 0 where there was none in that time, or where
 * wayfare_wake() was called. Answers WAYFARE_FORKED, or WAYFARE_CLOSED once no call is left to
 * tell. An id may be told before the wayfare_submit() that makes it has returned: after you noted
 * an id, call wayfare_next() once with a timeout of 0. */
WAYFARE_API int64_t wayfare_ready(wayfare_client* client, int32_t timeout_ms);

/* A file descriptor for select, poll, epoll and the loops that use them. It is readable while
 * wayfare_ready(client, 0) has something to tell. It belongs to the client: do not read it and do
 * not close it. Answers -1 in the child of a fork, and where the process has no descriptor left. */
WAYFARE_API int32_t wayfare_fd(wayfare_client* client);

/* Makes one wayfare_ready() return 0: one that waits, or the next that finds no call to tell. It
 * does not change wayfare_next(). */
WAYFARE_API void wayfare_wake(wayfare_client* client);

/* ---- Memory. */

/* Frees a text that one of these functions gave. NULL is ignored. */
WAYFARE_API void wayfare_free(char* text);

#ifdef __cplusplus
}
#endif

#endif
