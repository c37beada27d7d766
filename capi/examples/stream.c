/* Makes one streamed call and prints its events as they come.
 *
 *     cc stream.c $(pkg-config --cflags --libs wayfare) && ./a.out */
#include <stdio.h>

#include <wayfare.h>

int main(void) {
  wayfare_client* client;
  char* text;
  int64_t id;

  /* NULL: all options, such as OPENROUTER_API_KEY, come from the environment. */
  if (wayfare_open(NULL, &client, &text) != 0) {
    fprintf(stderr, "%s\n", text ? text : "no memory");
    wayfare_free(text);
    return 1;
  }
  id = wayfare_submit(
      client,
      "{\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true},"
      "\"charge_to\":{\"agent\":\"support\"}}");
  /* `text` is an array of events. The last event of the call is "done" or "error". */
  while (wayfare_next(client, id, -1, &text) == 1) {
    puts(text);
    wayfare_free(text);
  }
  wayfare_close(client);
  return 0;
}
