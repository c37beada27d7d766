/* The Node addon: the eleven functions of wayfare.h for JavaScript. It only translates types and
 * ownership. lib/client.js is what programs use.
 *
 * One uv_poll on wayfare_fd() tells the JavaScript code that calls have events. No thread of libuv
 * waits for a call: only close() takes one, for at most 5 seconds.
 *
 * A Handle is shared by the JavaScript object and by the poll, which libuv closes later. All of it
 * is used on the thread of its environment alone, so worker threads each have their own.
 */
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <uv.h>

#include "wayfare.h"

typedef struct {
  napi_env env;
  wayfare_client* client; /* NULL: closed */
  uv_poll_t poll;
  int polls;  /* the poll is open */
  int owners; /* of this struct: the JavaScript object, the poll */
  napi_ref ready;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
} Handle;

static void disown(Handle* handle) {
  if (--handle->owners == 0) free(handle);
}

static napi_value throw_text(napi_env env, const char* text) {
  napi_throw_error(env, NULL, text);
  return NULL;
}

/* Takes the arguments. The first one is the handle, which must be an external of this addon. */
static Handle* arguments(napi_env env, napi_callback_info info, size_t count, napi_value* values) {
  size_t given = count;
  void* handle = NULL;
  if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok || given < count ||
      napi_get_value_external(env, values[0], &handle) != napi_ok)
    napi_throw_type_error(env, NULL, "this function of the addon was called by hand");
  return handle;
}

/* Returns the text of a JavaScript string, to be freed; NULL with an exception if there is none. */
static char* text_of(napi_env env, napi_value value) {
  size_t size = 0;
  char* text = NULL;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &size) == napi_ok) text = malloc(size + 1);
  if (text && napi_get_value_string_utf8(env, value, text, size + 1, &size) == napi_ok) return text;
  free(text);
  napi_throw_type_error(env, NULL, "a text is missing");
  return NULL;
}

static napi_value number_of(napi_env env, int64_t number) {
  napi_value value = NULL;
  napi_create_int64(env, number, &value);
  return value;
}

/* ---- The poll. */

static void on_ready(uv_poll_t* poll, int status, int events) {
  Handle* handle = poll->data;
  napi_env env = handle->env;
  napi_handle_scope scope = NULL;
  napi_value function = NULL, receiver = NULL, result = NULL, thrown = NULL;
  bool pending = false;
  (void)status;
  (void)events;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, handle->ready, &function) == napi_ok && function &&
      napi_get_global(env, &receiver) == napi_ok)
    napi_make_callback(env, handle->context, receiver, function, 0, NULL, &result);
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
    napi_fatal_exception(env, thrown);
  napi_close_handle_scope(env, scope);
}

static void on_poll_closed(uv_handle_t* poll) {
  Handle* handle = poll->data;
  if (handle->cleanup) napi_remove_async_cleanup_hook(handle->cleanup);
  disown(handle);
}

/* Ends the poll. Returns the client, which is to be closed; NULL if it was taken before. */
static wayfare_client* take_client(Handle* handle) {
  wayfare_client* client = handle->client;
  handle->client = NULL;
  if (handle->polls) {
    handle->polls = 0;
    uv_poll_stop(&handle->poll);
    uv_close((uv_handle_t*)&handle->poll, on_poll_closed);
  }
  return client;
}

/* The environment ends: a worker was terminated, or the process exits. */
static void on_cleanup(napi_async_cleanup_hook_handle hook, void* data) {
  Handle* handle = data;
  const int polled = handle->polls;
  wayfare_close(take_client(handle));
  if (polled) return; /* on_poll_closed removes the hook */
  handle->cleanup = NULL;
  napi_remove_async_cleanup_hook(hook);
}

static void on_collected(napi_env env, void* data, void* hint) {
  Handle* handle = data;
  (void)hint;
  wayfare_close(take_client(handle));
  if (handle->ready) napi_delete_reference(env, handle->ready);
  if (handle->context) napi_async_destroy(env, handle->context);
  handle->ready = NULL;
  handle->context = NULL;
  disown(handle);
}

/* ---- The functions. */

/* open(options) returns a handle, or a text: the error as JSON. */
static napi_value open_client(napi_env env, napi_callback_info info) {
  napi_value given = NULL, result = NULL;
  size_t count = 1;
  char *options, *error = NULL;
  wayfare_client* client = NULL;
  Handle* handle;
  if (napi_get_cb_info(env, info, &count, &given, NULL, NULL) != napi_ok) return NULL;
  options = text_of(env, given);
  if (!options) return NULL;
  wayfare_open(options, &client, &error);
  free(options);
  if (!client) {
    if (!error) return throw_text(env, "out of memory");
    napi_create_string_utf8(env, error, NAPI_AUTO_LENGTH, &result);
    wayfare_free(error);
    return result;
  }
  handle = calloc(1, sizeof *handle);
  if (!handle) {
    wayfare_close(client);
    return throw_text(env, "out of memory");
  }
  handle->env = env;
  handle->client = client;
  handle->owners = 1;
  if (napi_create_external(env, handle, on_collected, NULL, &result) != napi_ok) {
    wayfare_close(client);
    free(handle);
    return NULL;
  }
  return result;
}

/* watch(handle, ready) calls ready() when calls have events. The function is held weakly, and the
 * poll does not keep the process alive, until hold(). */
static napi_value watch(napi_env env, napi_callback_info info) {
  napi_value values[2], name = NULL;
  uv_loop_t* loop = NULL;
  Handle* handle = arguments(env, info, 2, values);
  if (!handle || !handle->client || handle->polls) return NULL;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok ||
      napi_create_string_utf8(env, "wayfare", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_reference(env, values[1], 0, &handle->ready) != napi_ok ||
      napi_async_init(env, NULL, name, &handle->context) != napi_ok)
    return throw_text(env, "the event loop cannot be used");
  if (uv_poll_init(loop, &handle->poll, wayfare_fd(handle->client)) != 0)
    return throw_text(env, "the process has no file descriptor left");
  handle->poll.data = handle;
  handle->polls = 1;
  ++handle->owners;
  uv_unref((uv_handle_t*)&handle->poll);
  uv_poll_start(&handle->poll, UV_READABLE, on_ready);
  napi_add_async_cleanup_hook(env, on_cleanup, handle, &handle->cleanup);
  return NULL;
}

/* hold(handle, true) keeps the process and ready() alive, hold(handle, false) does not. */
static napi_value hold(napi_env env, napi_callback_info info) {
  napi_value values[2];
  bool held = false;
  Handle* handle = arguments(env, info, 2, values);
  if (!handle || !handle->polls || napi_get_value_bool(env, values[1], &held) != napi_ok)
    return NULL;
  if (held) {
    napi_reference_ref(env, handle->ready, NULL);
    uv_ref((uv_handle_t*)&handle->poll);
  } else {
    uv_unref((uv_handle_t*)&handle->poll);
    napi_reference_unref(env, handle->ready, NULL);
  }
  return NULL;
}

static napi_value submit(napi_env env, napi_callback_info info) {
  napi_value values[2];
  char* request;
  int64_t id;
  Handle* handle = arguments(env, info, 2, values);
  if (!handle) return NULL;
  if (!handle->client) return number_of(env, WAYFARE_CLOSED);
  request = text_of(env, values[1]);
  if (!request) return NULL;
  id = wayfare_submit(handle->client, request);
  free(request);
  return number_of(env, id);
}

/* next(handle, id) returns the events as a text, or the number of wayfare_next(). Does not wait. */
static napi_value next(napi_env env, napi_callback_info info) {
  napi_value values[2], result = NULL;
  int64_t id = 0;
  char* events = NULL;
  int32_t got;
  Handle* handle = arguments(env, info, 2, values);
  if (!handle || napi_get_value_int64(env, values[1], &id) != napi_ok) return NULL;
  if (!handle->client) return number_of(env, WAYFARE_CLOSED);
  got = wayfare_next(handle->client, id, 0, &events);
  if (got != 1) return number_of(env, got);
  napi_create_string_utf8(env, events, NAPI_AUTO_LENGTH, &result);
  wayfare_free(events);
  return result;
}

static napi_value ready(napi_env env, napi_callback_info info) {
  napi_value values[1];
  Handle* handle = arguments(env, info, 1, values);
  if (!handle) return NULL;
  return number_of(env, handle->client ? wayfare_ready(handle->client, 0) : WAYFARE_CLOSED);
}

static napi_value cancel(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int64_t id = 0;
  bool forget = false;
  Handle* handle = arguments(env, info, 3, values);
  if (!handle || napi_get_value_int64(env, values[1], &id) != napi_ok ||
      napi_get_value_bool(env, values[2], &forget) != napi_ok)
    return NULL;
  if (handle->client) wayfare_cancel(handle->client, id, forget);
  return NULL;
}

/* ---- Closing. */

typedef struct {
  wayfare_client* client;
  napi_deferred deferred;
  napi_async_work work;
} Closing;

static void close_aside(napi_env env, void* data) {
  (void)env;
  wayfare_close(((Closing*)data)->client);
}
static void after_close(napi_env env, napi_status status, void* data) {
  Closing* closing = data;
  napi_value nothing = NULL;
  (void)status;
  napi_get_undefined(env, &nothing);
  napi_resolve_deferred(env, closing->deferred, nothing);
  napi_delete_async_work(env, closing->work);
  free(closing);
}

/* close(handle) returns a promise. The client is closed on a thread of libuv. */
static napi_value close_client(napi_env env, napi_callback_info info) {
  napi_value values[1], promise = NULL, name = NULL;
  Closing* closing;
  Handle* handle = arguments(env, info, 1, values);
  if (!handle) return NULL;
  closing = calloc(1, sizeof *closing);
  if (!closing || napi_create_promise(env, &closing->deferred, &promise) != napi_ok) {
    free(closing);
    return throw_text(env, "out of memory");
  }
  closing->client = take_client(handle);
  if (napi_create_string_utf8(env, "wayfare close", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_async_work(env, NULL, name, close_aside, after_close, closing, &closing->work) ==
          napi_ok &&
      napi_queue_async_work(env, closing->work) == napi_ok)
    return promise;
  wayfare_close(closing->client);
  after_close(env, napi_ok, closing);
  return promise;
}

static napi_value close_now(napi_env env, napi_callback_info info) {
  napi_value values[1];
  Handle* handle = arguments(env, info, 1, values);
  if (handle) wayfare_close(take_client(handle));
  return NULL;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  static const struct {
    const char* name;
    napi_callback function;
  } functions[] = {{"open", open_client}, {"watch", watch},        {"hold", hold},
                   {"submit", submit},    {"next", next},          {"ready", ready},
                   {"cancel", cancel},    {"close", close_client}, {"closeNow", close_now}};
  napi_value value = NULL;
  size_t at;
  for (at = 0; at < sizeof functions / sizeof *functions; ++at) {
    napi_create_function(env, functions[at].name, NAPI_AUTO_LENGTH, functions[at].function, NULL,
                         &value);
    napi_set_named_property(env, exports, functions[at].name, value);
  }
  napi_create_string_utf8(env, wayfare_version(), NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, exports, "version", value);
  napi_create_int64(env, wayfare_abi(), &value);
  napi_set_named_property(env, exports, "abi", value);
  return exports;
}
