// The header by itself in C++: the same text as in C.
#include "header_alone.c"
