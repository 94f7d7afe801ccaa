// directory.h by itself in C++: the same text as in C.
#include "directory_alone.c"
