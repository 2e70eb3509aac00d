// Tells the thread sanitizer of locks that it cannot see: preloaded by ./dev sanitize thread.
//
// Swift's Mutex takes a lock that nobody holds by an atomic operation that is inlined into our code, where the sanitizer sees it. One
// that somebody holds is waited for, and handed over, within Swift's library, which is not built for the sanitizer: what the next holder
// does would look like a race with what the last one did. Those two functions of the library (_MutexHandle._lockSlow(_:) and
// _unlockSlow()) are called from here, with a word to the sanitizer.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

static void *named(void *where, const char *name) {
    void *found = dlsym(where, name);
    if (!found && where == RTLD_NEXT) abort();
    return found;
}

static void tell(const char *name, void *lock) {
    void (*seen)(void *) = (void (*)(void *))named(RTLD_DEFAULT, name);
    if (seen) seen(lock);
}

SWIFT void lock_slow(uint32_t thread, SELF void *lock) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void lock_slow(uint32_t thread, SELF void *lock) {
    typedef SWIFT void Function(uint32_t, SELF void *);
    ((Function *)named(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"))(thread, lock);
    tell("__tsan_acquire", lock);
}

SWIFT void unlock_slow(SELF void *lock) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
SWIFT void unlock_slow(SELF void *lock) {
    typedef SWIFT void Function(SELF void *);
    tell("__tsan_release", lock);
    ((Function *)named(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"))(lock);
}
