#include <stdio.h>

#include <wayfare.h>

int main(void) {
  wayfare_client* client;
  if (wayfare_abi() != WAYFARE_ABI || wayfare_open("{\"ledger\":\":memory:\"}", &client, NULL) != 0)
    return 1;
  wayfare_close(client);
  return puts(wayfare_version()) < 0;
}
