/* Reads many streams in one thread. The file descriptor tells when there are events, and
 * wayfare_ready() tells which call has them.
 *
 *     ./many [STREAMS] */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wayfare.h>

int main(int count, char** arguments) {
  const int streams = count > 1 ? atoi(arguments[1]) : 10;
  int open = 0, failed = 0, pieces = 0;
  wayfare_client* client;
  struct pollfd one;
  char* text;
  int at;

  if (wayfare_open(NULL, &client, &text) != 0) {
    fprintf(stderr, "%s\n", text ? text : "no memory");
    wayfare_free(text);
    return 1;
  }
  for (at = 0; at < streams; ++at)
    open += wayfare_submit(client,
                           "{\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],"
                           "\"stream\":true}}") > 0;

  one.fd = wayfare_fd(client);
  one.events = POLLIN;
  while (open > 0 && poll(&one, 1, -1) == 1) {
    int64_t id;
    while ((id = wayfare_ready(client, 0)) > 0) {
      while (wayfare_next(client, id, 0, &text) == 1) {
        const char* piece;
        for (piece = text; (piece = strstr(piece, "\"type\":\"text\"")) != NULL; ++piece) ++pieces;
        if (strstr(text, "\"type\":\"error\"") != NULL) ++failed, --open;
        if (strstr(text, "\"type\":\"done\"") != NULL) --open;
        wayfare_free(text);
      }
    }
  }
  printf("%d streams, %d pieces of text, %d failed\n", streams, pieces, failed);
  wayfare_close(client);
  return failed != 0;
}
