// The faults that are armed, and the trace of what happened. Holders of `disk.lock` only.
//
// Every operation that changes something has a number, counted from 1. SQLite's shared memory (*-shm) is left out of it
// all: the kernel writes it back when it likes, and SQLite makes it anew after a crash.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum operation {
    OP_WRITE,
    OP_FSYNC,
    OP_FDATASYNC,
    OP_CREATE,
    OP_MKDIR,
    OP_LINK,
    OP_RENAME,
    OP_UNLINK,
    OP_TRUNCATE,
    OP_ALLOCATE,
    OP_COUNT
};

// What becomes of an operation.
struct verdict {
    int error;       // it fails with this and has no effect; 0: it takes effect
    bool kill_after; // its process is killed when it has taken effect, before it is answered
};

// How long the operation is to wait before it takes its turn, ms.
unsigned faults_delay(enum operation operation, const char *path);

// Numbers the operation, traces it and asks the armed faults, which may kill processes or cut the power.
struct verdict faults_decide(enum operation operation, const char *path, uint64_t offset, uint64_t count, pid_t process);

// For `kill_after`.
void faults_kill(pid_t process);

// The power goes now.
void faults_cut(void);

// Arms a fault from its words, see control.c. Null, or what is wrong.
const char *faults_arm(char *words);
void faults_clear(void);

// The process groups that a loss of power, or a fault with `whom=group`, kills.
void faults_watch(const pid_t *groups, int count);

uint64_t faults_count(void); // operations so far
uint64_t faults_fired(void); // faults that struck since they were armed
void faults_count_from_zero(void);
void faults_print_trace(FILE *out, uint64_t from);
