/* wayfare.h as a C program outside the project compiles it. */

#include <stdio.h>

#include <wayfare.h>

int main(void) {
  printf("%s\n", wayfare_version());
  return 0;
}
