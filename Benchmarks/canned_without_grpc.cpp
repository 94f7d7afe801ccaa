// A canned server that was built without nghttp2 speaks to nobody who wants HTTP/2.

#include "canned_connection.h"

void serve_grpc(int, CannedShelf &, const std::string &) {}
