// types/export.h: what librowan.so shows of C++. Everything else is hidden; a test lists what is shown.
#pragma once

#define ROWAN_API [[gnu::visibility("default")]]
