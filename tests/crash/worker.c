/* The C version of worker.py: three threads that chat and stream until stdin ends.
 *
 *     worker BASE_URL LEDGER ACKS PROCESS SEED */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <wayfare.h>

static const char* const models[] = {"openai/gpt-4o-mini", "openai/gpt-4o",
                                     "anthropic/claude-sonnet-4.6"};
static const char* const faults[] = {
    "fine",       "fine",   "fine", "fine",       "slow-2",
    "no-done",    "hangup", "cut",  "status-500", "error-midstream",
    "status-504", "no-cost"};
static const char* const surprises[] = {"internal",           "invalid", "no_bound", "not_booked",
                                        "ledger_unavailable", "clock",   "full"};

static wayfare_client* client;
static const char *process, *seed;
static int acks, over;

static void tell(const char* call, const char* entry, const char* state, const char* what) {
  char line[512];
  const int size = snprintf(line, sizeof line, "%s %s %s %s\n", call, entry, state, what);
  if (write(acks, line, (size_t)size) != size) perror("acks");
}

/* Copies the quoted text that follows `name`, or "-" if it is null. */
static const char* copy(const char* from, const char* name, char* to, size_t room) {
  size_t size = 0;
  from = strstr(from, name);
  if (from == NULL) return NULL;
  from += strlen(name);
  if (*from++ != '"') return strcpy(to, "-"), from;
  while (from[size] != '"' && size + 1 < room) to[size] = from[size], ++size;
  to[size] = '\0';
  return from + size;
}

/* Writes a line for each attempt in the final event. */
static void acknowledge(const char* call, const char* event) {
  char entry[64], state[32], what[128];
  const char* at = strstr(event, "\"attempts\":[");
  const char* end = at ? strchr(at + 12, ']') : NULL;
  size_t one;
  while (at && (at = copy(at, "\"entry\":", entry, sizeof entry)) && at < end) {
    at = copy(at, "\"state\":", state, sizeof state);
    at = copy(at, "\"cost\":", what, sizeof what);
    tell(call, entry, state, what);
  }
  at = strstr(event, "\"type\":\"error\"");
  if (at == NULL || !copy(at, "\"code\":", what, sizeof what)) return;
  if (strcmp(what, "budget_exceeded") == 0) {
    copy(at, "\"budget\":", what, sizeof what);
    tell(call, "-", "refused", what);
    usleep(20000);
  }
  for (one = 0; one < sizeof surprises / sizeof *surprises; ++one)
    if (strcmp(what, surprises[one]) == 0) fprintf(stderr, "%s %.300s\n", call, at);
}

static void* work(void* number) {
  const int thread = *(int*)number;
  char call[128], request[1024];
  unsigned chance = 5381, worker = 0, turn = 0;
  const char* at;
  int count;
  for (at = seed; *at; ++at) chance = chance * 33 + (unsigned char)*at;
  for (at = process; *at; ++at) chance = chance * 33 + (unsigned char)*at;
  chance += (unsigned)thread;
  sscanf(process, "%u.%u", &turn, &worker);
  for (count = 1; !__atomic_load_n(&over, __ATOMIC_RELAXED); ++count) {
    const char* fault = faults[(unsigned)rand_r(&chance) % (sizeof faults / sizeof *faults)];
    const char* model = models[(unsigned)rand_r(&chance) % (sizeof models / sizeof *models)];
    const int most = 4 + rand_r(&chance) % 50;
    int64_t id;
    char* events;
    snprintf(call, sizeof call, "%s-%d.%d", process, thread, count);
    snprintf(request, sizeof request,
             "{\"body\":{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s %s in "
             "C\"}],\"max_tokens\":%d%s},"
             "\"route\":{\"retries\":1,\"deadline\":60},\"request_id\":\"%s\","
             "\"charge_to\":{\"app\":\"bounded\",\"agent\":\"w%u\",\"run\":\"r%u\",\"user\":\"c\","
             "\"tags\":[\"c\"]}}",
             model, call, fault, most, thread > 1 ? ",\"stream\":true" : "", call, worker, turn);
    id = wayfare_submit(client, request);
    while (wayfare_next(client, id, -1, &events) == 1) {
      if (strstr(events, "\"type\":\"done\"") || strstr(events, "\"type\":\"error\""))
        acknowledge(call, events);
      wayfare_free(events);
    }
    usleep((unsigned)rand_r(&chance) % 10000);
  }
  return NULL;
}

int main(int count, char** arguments) {
  pthread_t threads[3];
  int numbers[3] = {1, 2, 3}, at;
  char options[2048], *error, byte;

  if (count != 6) return 2;
  acks = open(arguments[3], O_WRONLY | O_APPEND | O_CREAT, 0600);
  process = arguments[4];
  seed = arguments[5];
  snprintf(options, sizeof options,
           "{\"api_key\":\"sk-or-v1-crash\",\"base_url\":\"%s\",\"dialect\":\"openrouter\","
           "\"ledger\":\"%s\","
           "\"first_byte_timeout\":0.6,\"idle_timeout\":0.6}",
           arguments[1], arguments[2]);
  if (wayfare_open(options, &client, &error) != 0)
    return fprintf(stderr, "%s\n", error ? error : "no memory"), 1;
  for (at = 0; at < 3; ++at)
    if (pthread_create(&threads[at], NULL, work, &numbers[at]) != 0) return 1;
  while (read(0, &byte, 1) > 0) continue;
  __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
  for (at = 0; at < 3; ++at) pthread_join(threads[at], NULL);
  wayfare_close(client);
  return 0;
}
