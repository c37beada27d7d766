/* wayfare: LLM calls through OpenRouter, every one of them booked in a local SQLite ledger.
 *
 * The C interface, for C and for any language that can load a shared library: eleven functions, one
 * handle, JSON in and out. This header is the manual; capi/operations.md lists every field of the
 * JSON. A first program:
 *
 *     wayfare_client *client;
 *     char *text;
 *     int64_t id;
 *
 *     if (wayfare_open("{\"ledger\":\"usage.db\"}", &client, &text) != 0) return fprintf(stderr,
 * "%s\n", text), 1; id = wayfare_submit(client,
 * "{\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true}}"); while
 * (wayfare_next(client, id, -1, &text) == 1) { puts(text);                          an array of
 * events; the last of all is "done" or "error" wayfare_free(text);
 *     }
 *     wayfare_close(client);
 *
 * RULES
 *
 * Threads. Any function may be called from any thread at any time with any client, except that
 * wayfare_close() must be the last call for its client to begin. No function calls back, none keeps
 * what belongs to one thread, none handles a signal.
 *
 * Text. Every text is UTF-8 with a zero at its end. A text that goes in is copied before the
 * function returns, and stays yours. A text that comes out is yours: give it back with
 * wayfare_free(), and with nothing else.
 *
 * Answers. A call is an id: wayfare_submit() gives it, wayfare_next() its events, and exactly one
 * final event, "done" or "error", ends it, also when it is cancelled. By then the ledger has its
 * row. What is wrong with a request comes as that final event too.
 *
 * Numbers. 0 and above is success, below is one of the WAYFARE_ codes; none is ever used again for
 * another meaning. Errors inside events carry their code as a word, such as "rate_limited". Amounts
 * of money are decimal texts in US dollars, counts are whole numbers, times in events end in the
 * unit (_us: microseconds), options and deadlines are seconds.
 *
 * Processes. Several may use one ledger file at once. After a fork a client that was used answers
 * WAYFARE_FORKED in the child, where a new one works; one that was not used yet works in both. A
 * client that is not closed is closed when the process exits.
 *
 * Memory. Where it is short, a function answers WAYFARE_NO_MEMORY and has changed nothing: call it
 * again. wayfare_next() then still has the events, though wayfare_ready() does not tell of them
 * again.
 */
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

/* ---- What functions answer below 0. The same numbers stand for the same words in events. */

#define WAYFARE_FORKED                                                                           \
  (-1)                      /* the client was used in the parent of this process: open a new one \
                             */
#define WAYFARE_CLOSED (-2) /* wayfare_close() was called */
#define WAYFARE_FULL                                                                           \
  (-3) /* as many calls are open as the option max_open_calls allows: take the final events of \
          some */
#define WAYFARE_NO_MEMORY (-4) /* an allocation failed */
#define WAYFARE_BUSY (-5)      /* another thread already waits for this call */
#define WAYFARE_INVALID (-10)  /* an option cannot be used; *error says which */

/* ---- Versions. */

#define WAYFARE_ABI 0 /* of this header */

/* The number of the binary interface that was loaded: compare it with WAYFARE_ABI first of all.
 * While it is 0 it may change with any release; from 1 on it never does. */
WAYFARE_API uint32_t wayfare_abi(void);

/* The library's version, such as "0.1.0". Not to be freed. */
WAYFARE_API const char* wayfare_version(void);

/* ---- Opening and closing. */

typedef struct wayfare_client wayfare_client;

/* Makes a client and puts it in *client. `options` is a JSON object, NULL for none: api_key,
 * ledger, base_url and so on, the rest from the environment (OPENROUTER_API_KEY, …); a name that is
 * not known is an error. It judges the options and does nothing else: files, threads and the
 * network start at the first use, and their troubles come as events. Gives 0; or a code below 0,
 * and *client is NULL. `error` may be NULL; else *error is a JSON object that says what is wrong,
 * yours to free, or NULL where there is none. */
WAYFARE_API int32_t wayfare_open(const char* options, wayfare_client** client, char** error);

/* Cancels what runs, books it, syncs the ledger, ends the threads, and frees the client; takes at
 * most 5 seconds. Threads that wait in wayfare_next() or wayfare_ready() return first, with the
 * final event or WAYFARE_CLOSED. The pointer is dead afterwards; NULL is ignored. In a fork's child
 * a used client is left as it is. */
WAYFARE_API void wayfare_close(wayfare_client* client);

/* ---- Calls. */

/* Hands a request over and returns at once. `request` is a JSON object: "op" ("chat", "usage",
 * "entries"; "chat" where it is missing) and what that operation takes. The "body" of a chat goes
 * to the server byte for byte; with "stream": true in it the answer comes in pieces. Gives an id
 * above 0, no id twice; or WAYFARE_FORKED, _CLOSED, _FULL or _NO_MEMORY. */
WAYFARE_API int64_t wayfare_submit(wayfare_client* client, const char* request);

/* Waits for events of `id`, at most `timeout_ms` milliseconds (0: not at all; below 0: for ever),
 * and takes all that are there. 1: *events is a JSON array of them, yours to free. 0: nothing came
 * in that time. 2: it is over: the final event was taken, or the call forgotten, or the id never
 * given. Below 0: WAYFARE_FORKED, _CLOSED, _NO_MEMORY, or _BUSY: another thread waits for this id.
 * Where it is not 1, *events is NULL. A call whose events are not taken is paused at 64 KiB of
 * them, and no other is. */
WAYFARE_API int32_t wayfare_next(wayfare_client* client, int64_t id, int32_t timeout_ms,
                                 char** events);

/* Ends a call early. It still gets its final event: "error" with "cancelled", or "done" where it
 * was too late; with `forget` not 0 none follows, and who waits for it gets 2. Either way it is
 * booked; what may have been billed as "unknown". Gives 0, also for an id that is over; or
 * WAYFARE_FORKED or _NO_MEMORY. */
WAYFARE_API int32_t wayfare_cancel(wayfare_client* client, int64_t id, int32_t forget);

/* ---- Many calls in one thread. */

/* Waits for a call that has events which nobody waits for, at most `timeout_ms` milliseconds (as
 * for wayfare_next). Above 0: its id, told once, until wayfare_next() takes the events: take them
 * with a timeout of 0. 0: none came in that time, or wayfare_wake() was called. Below 0:
 * WAYFARE_FORKED, or WAYFARE_CLOSED once no call is left to tell. An id may be told before the
 * wayfare_submit() that makes it has returned: after noting an id, ask wayfare_next(id, 0) once. */
WAYFARE_API int64_t wayfare_ready(wayfare_client* client, int32_t timeout_ms);

/* A file descriptor for select, poll, epoll and the loops built on them: readable while
 * wayfare_ready(client, 0) has something to tell. It is the client's: neither read nor close it. -1
 * in a fork's child, and where the process has no descriptor left. */
WAYFARE_API int32_t wayfare_fd(wayfare_client* client);

/* Makes one wayfare_ready() return 0: one that waits, or the next that finds no call to tell. Does
 * not touch wayfare_next(). */
WAYFARE_API void wayfare_wake(wayfare_client* client);

/* ---- Memory. */

/* Frees a text that one of these functions gave. NULL is ignored. */
WAYFARE_API void wayfare_free(char* text);

#ifdef __cplusplus
}
#endif

#endif
