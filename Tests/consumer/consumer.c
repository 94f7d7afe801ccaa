/* Prints the version of the header and that of the library that is running, and makes and frees a config. */
#include <etcdcli/etcdcli.h>
#include <stdio.h>

int main(void) {
  etcdcli_config *config = etcdcli_config_new();
  if (config == NULL || etcdcli_config_free(config) != ETCDCLI_OK) return 1;
  if (etcdcli_version_number() != ETCDCLI_VERSION_NUMBER) return 1;
  printf("%s %s\n", ETCDCLI_VERSION, etcdcli_version());
  return 0;
}
