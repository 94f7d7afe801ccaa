// admin.h by itself in C++: the same text as in C.
#include "admin_alone.c"
