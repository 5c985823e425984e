// types/thread_annotations.h: names for Clang's thread-safety analysis (-Wthread-safety); nothing under GCC.
#pragma once

#if defined(__clang__)
#define ROWAN_ANNOTATION(x) __attribute__((x))
#else
#define ROWAN_ANNOTATION(x)
#endif

// Abseil has three of these names too, and in a unity build its headers may come first. They mean the same.
#undef GUARDED_BY
#undef PT_GUARDED_BY
#undef NO_THREAD_SAFETY_ANALYSIS

#define CAPABILITY(x) ROWAN_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY ROWAN_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) ROWAN_ANNOTATION(guarded_by(x))
#define PT_GUARDED_BY(x) ROWAN_ANNOTATION(pt_guarded_by(x))
#define REQUIRES(...) ROWAN_ANNOTATION(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) ROWAN_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define ACQUIRE(...) ROWAN_ANNOTATION(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) ROWAN_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...) ROWAN_ANNOTATION(release_capability(__VA_ARGS__))
#define RELEASE_SHARED(...) ROWAN_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define RELEASE_GENERIC(...) ROWAN_ANNOTATION(release_generic_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) ROWAN_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define EXCLUDES(...) ROWAN_ANNOTATION(locks_excluded(__VA_ARGS__))
#define RETURN_CAPABILITY(x) ROWAN_ANNOTATION(lock_returned(x))
#define NO_THREAD_SAFETY_ANALYSIS ROWAN_ANNOTATION(no_thread_safety_analysis)
