/* libcurl, with typed stand-ins for its variadic calls, which Swift cannot make. */
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>

#endif
