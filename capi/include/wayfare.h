/* clang-format off */
/* wayfare routes LLM calls through OpenRouter and books each call in a local SQLite ledger.
 *
 * This is the C interface. C uses it, and so does any language that can load a shared library. It
 * has eleven functions and one handle. JSON goes in and comes out. capi/operations.md lists
 * every field of the JSON, and capi/operations.json has the same for programs. A first program:
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
 * Text. Every text is UTF-8 and ends with a zero byte. A function copies a text argument before it
 * returns, and the text stays yours. A text that a function returns is yours too: free it with
 * wayfare_free() and with nothing else.
 *
 * Events. wayfare_submit() returns the id of a call. wayfare_next() returns its events. Exactly one
 * final event ends a call, "done" or "error". A cancelled call has a final event too. The ledger
 * has the end of the call before the final event comes. A mistake in a request comes as the final
 * event too.
 *
 * Numbers. A function returns 0 or more if it succeeded, and a WAYFARE_ code below 0 if it failed.
 * A number never gets another meaning in a later version. An error inside an event has its code as
 * a word, such as "rate_limited". Money is a decimal text in US dollars. Counts are whole numbers.
 * A name that ends in _us is in microseconds. Options and deadlines are in seconds.
 *
 * Processes. Several processes may use one ledger file at once. A client that was used before a
 * fork returns WAYFARE_FORKED in the child. Open a new client there. A client that was not used
 * before the fork works in both processes. When the process exits, every open client is closed.
 *
 * Memory. If memory is short, a function returns WAYFARE_NO_MEMORY and has changed nothing. Call it
 * again. wayfare_next() then still has the events, but wayfare_ready() does not return their id a
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

/* ---- The codes below 0 that functions return. An event has the same code as a word. */

/* clang-format off */
#define WAYFARE_FORKED    (-1)  /* the client was used before a fork: open a new client */
#define WAYFARE_CLOSED    (-2)  /* wayfare_close() was called */
#define WAYFARE_FULL      (-3)  /* max_open_calls calls are open: take final events first */
#define WAYFARE_NO_MEMORY (-4)  /* an allocation failed */
#define WAYFARE_BUSY      (-5)  /* another thread is already waiting for this call */
#define WAYFARE_INVALID   (-10) /* an option cannot be used: *error names it; or NULL was given */
/* clang-format on */

/* ---- Versions. */

#define WAYFARE_ABI 0 /* the version of this header */

/* Returns the number of the binary interface of the loaded library. Compare it with WAYFARE_ABI
 * before you call another function. While it is 0, any release may change the interface. From 1 on,
 * no release changes it. */
WAYFARE_API uint32_t wayfare_abi(void);

/* Returns the version of the library, such as "0.1.0". Do not free it. */
WAYFARE_API const char* wayfare_version(void);

/* ---- Opening and closing. */

typedef struct wayfare_client wayfare_client;

/* Makes a client and stores it in *client. `options` is a JSON object of options, or NULL. Missing
 * options come from the environment, such as OPENROUTER_API_KEY. An unknown name is an error. The
 * function only checks the options. The first call opens the ledger, starts the threads and uses
 * the network, and errors of these come as events.
 * Returns 0, or WAYFARE_INVALID or _NO_MEMORY with *client NULL. If `client` is NULL, returns
 * WAYFARE_INVALID and does nothing else. `error` may be NULL. Otherwise
 * *error becomes NULL or a JSON object that describes the error. Free that text. */
WAYFARE_API int32_t wayfare_open(const char* options, wayfare_client** client, char** error);

/* Cancels the running calls, books them, syncs the ledger, ends the threads and frees the client.
 * Takes at most 5 seconds. Threads that wait in wayfare_next() or wayfare_ready() return before,
 * with the final event or WAYFARE_CLOSED. Do not use the pointer afterwards. Does nothing for NULL,
 * and nothing for a client that was used before a fork, in the child. */
WAYFARE_API void wayfare_close(wayfare_client* client);

/* ---- Calls. */

/* Begins an operation and returns without waiting for its end. The first call waits for the disk
 * while the ledger is opened. `request` is a JSON object: "op" names the operation, by default
 * "chat", and the other names are the arguments of that operation. The server gets the "body" of a
 * chat byte for byte. With "stream": true in the body, the answer comes in pieces.
 * Returns an id above 0 that is never used again, or WAYFARE_FORKED, _CLOSED, _FULL or _NO_MEMORY.
 * A request that cannot be used, such as NULL, gets an id too, and an "error" as its event. */
WAYFARE_API int64_t wayfare_submit(wayfare_client* client, const char* request);

/* Waits for events of `id` and takes all of them. Waits at most `timeout_ms` milliseconds: 0 does
 * not wait, below 0 waits without limit. Returns
 *   1  *events is a JSON array of events; free it
 *   0  no event came within the timeout
 *   2  no event follows: the final event was taken, the call was forgotten, or `id` is not known
 * or WAYFARE_FORKED, _CLOSED, _NO_MEMORY, or _BUSY if another thread is waiting for this id.
 * *events is NULL unless 1 is returned. Takes nothing if `events` is NULL. A call pauses when 64
 * KiB of its events are waiting to be taken. Other calls go on. */
WAYFARE_API int32_t wayfare_next(wayfare_client* client, int64_t id, int32_t timeout_ms,
                                 char** events);

/* Ends a call early. Its final event still comes: "error" with "cancelled", or "done" if the call
 * had already ended. If `forget` is not 0, no event follows, and a thread that waits for the call
 * gets 2. The ledger books the call in both cases, as "unknown" if the server may bill it. Does not
 * wait. Returns 0, also for a call that has ended, or WAYFARE_FORKED or _NO_MEMORY. */
WAYFARE_API int32_t wayfare_cancel(wayfare_client* client, int64_t id, int32_t forget);

/* ---- Many calls in one thread. */

/* Waits until a call has events for which no thread waits, at most `timeout_ms` milliseconds (as in
 * wayfare_next). Returns the id of such a call. Returns each id once, and again only after
 * wayfare_next() has taken its events: take them with a timeout of 0. Returns 0 if the time has
 * passed, or if wayfare_wake() was called. Returns WAYFARE_FORKED, or WAYFARE_CLOSED when the
 * client is closed and no id is left. Another thread may get an id before the wayfare_submit() that
 * makes it has returned. So after wayfare_submit(), call wayfare_next() once with a timeout of 0.
 */
WAYFARE_API int64_t wayfare_ready(wayfare_client* client, int32_t timeout_ms);

/* Returns a file descriptor for select, poll, epoll and event loops. It is readable while
 * wayfare_ready(client, 0) has an id to return. It belongs to the client: do not read from it and
 * do not close it. Returns -1 if the client was used before a fork, if the process has no
 * descriptor left, or for NULL. */
WAYFARE_API int32_t wayfare_fd(wayfare_client* client);

/* Makes one wayfare_ready() return 0: the one that waits now, or else the next one that finds no
 * id. Has no effect on wayfare_next(). */
WAYFARE_API void wayfare_wake(wayfare_client* client);

/* ---- Memory. */

/* Frees a text that one of these functions returned. Does nothing for NULL. */
WAYFARE_API void wayfare_free(char* text);

#ifdef __cplusplus
}
#endif

#endif
