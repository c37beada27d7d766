/* Makes one call and prints its answer. Then prints the usage in this ledger by model.
 *
 *     ./chat [LEDGER] */
#include <stdio.h>
#include <string.h>

#include <wayfare.h>

/* Submits one request and prints its final event. Returns 0 unless the event is an error. */
static int ask(wayfare_client* client, const char* request) {
  char* events;
  int failed = 1;
  const int64_t id = wayfare_submit(client, request);

  if (id < 0) return fprintf(stderr, "wayfare_submit: %d\n", (int)id), 1;
  while (wayfare_next(client, id, -1, &events) == 1) {
    puts(events);
    failed = strstr(events, "\"type\":\"error\"") != NULL;
    wayfare_free(events);
  }
  return failed;
}

int main(int count, char** arguments) {
  char options[4096] = "{}";
  wayfare_client* client;
  char* error;
  int failed;

  if (wayfare_abi() != WAYFARE_ABI)
    return fprintf(stderr, "this program was compiled for another version of the library\n"), 1;
  if (count > 1 && strlen(arguments[1]) < 4000)
    sprintf(options, "{\"ledger\":\"%s\"}", arguments[1]); /* a path without quotes in it */
  if (wayfare_open(options, &client, &error) != 0) {
    fprintf(stderr, "%s\n", error ? error : "no memory");
    wayfare_free(error);
    return 1;
  }
  failed = ask(
      client,
      "{\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":50}}");
  failed += ask(client, "{\"op\":\"usage\",\"by\":[\"model\"]}");
  wayfare_close(client);
  return failed;
}
