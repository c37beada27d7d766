/* One streamed call: prints its events as they come.   cc stream.c $(pkg-config --cflags --libs
 * wayfare) && ./a.out */
#include <stdio.h>

#include <wayfare.h>

int main(void) {
  wayfare_client* client;
  char* text;
  int64_t id;

  if (wayfare_open(NULL, &client, &text) !=
      0) { /* OPENROUTER_API_KEY and the rest from the environment */
    fprintf(stderr, "%s\n", text ? text : "no memory");
    wayfare_free(text);
    return 1;
  }
  id = wayfare_submit(
      client,
      "{\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true},"
      "\"charge_to\":{\"agent\":\"support\"}}");
  while (wayfare_next(client, id, -1, &text) ==
         1) { /* an array of events; the last of all is "done" or "error" */
    puts(text);
    wayfare_free(text);
  }
  wayfare_close(client);
  return 0;
}
