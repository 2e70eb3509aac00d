// Armed faults, kills, the trace.
#include "faults.h"
#include "disk.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RULES_MAX = 32, GROUPS_MAX = 16, TRACE_MAX = 1 << 17 };

enum action { KILL_BEFORE, KILL_AFTER, CUT, FAIL, SLOW };

struct rule {
    enum action action;
    unsigned operations; // a bit each
    char pattern[256];
    uint64_t at;    // the first matching operation that it strikes
    uint64_t times; // how many it strikes; 0: all from there on
    uint64_t after; // bytes that matching writes bring before the first it strikes
    int error;
    unsigned delay;
    bool whole_group;
    uint64_t seen, bytes, struck;
};

struct event {
    enum operation operation;
    uint64_t offset, count;
    char *path;
    const char *fate;
};

static const char *const operation_names[OP_COUNT] = {
    "write", "fsync", "fdatasync", "create", "mkdir", "link", "rename", "unlink", "truncate", "allocate",
};

static struct rule rules[RULES_MAX];
static int rule_count;
static pid_t groups[GROUPS_MAX];
static int group_count;
static struct event *trace; // the operation with number n is at n % TRACE_MAX
static uint64_t operation_count;
static uint64_t fired;

// --- Striking --------------------------------------------------------------------------------------------------------

static bool is_shared_memory(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, "-shm") == 0;
}

static bool matches(const struct rule *rule, enum operation operation, const char *path) {
    return (rule->operations >> operation & 1) && fnmatch(rule->pattern, path, 0) == 0;
}

static bool strikes(struct rule *rule, enum operation operation, const char *path, uint64_t count) {
    if (!matches(rule, operation, path)) return false;
    rule->seen += 1;
    if (operation == OP_WRITE) rule->bytes += count;
    if (rule->seen < rule->at || (rule->after && rule->bytes <= rule->after)) return false;
    if (rule->times && rule->struck >= rule->times) return false;
    rule->struck += 1;
    fired += 1;
    return true;
}

// A thread's id stands for its process. The test itself, which started us, may touch files too.
void faults_kill(pid_t process) {
    char status[64];
    snprintf(status, sizeof status, "/proc/%d/task/%d", getppid(), process);
    if (process > 0 && access(status, F_OK) != 0) kill(process, SIGKILL);
}

static void kill_groups(void) {
    for (int i = 0; i < group_count; i++) kill(-groups[i], SIGKILL);
}

void faults_cut(void) {
    kill_groups();
    disk_freeze();
}

static void strike(const struct rule *rule, pid_t process, struct verdict *verdict, const char **fate) {
    switch (rule->action) {
    case CUT:
        faults_kill(process);
        faults_cut();
        *verdict = (struct verdict){.error = EIO};
        *fate = "cut";
        break;
    case KILL_BEFORE:
        if (rule->whole_group) kill_groups();
        faults_kill(process);
        *verdict = (struct verdict){.error = EIO};
        *fate = "killed before";
        break;
    case KILL_AFTER:
        if (rule->whole_group) kill_groups();
        verdict->kill_after = true;
        *fate = "killed after";
        break;
    case FAIL:
        verdict->error = rule->error;
        *fate = "failed";
        break;
    case SLOW: break;
    }
}

unsigned faults_delay(enum operation operation, const char *path) {
    unsigned delay = 0;
    for (int i = 0; i < rule_count; i++)
        if (rules[i].action == SLOW && matches(&rules[i], operation, path)) delay += rules[i].delay;
    return is_shared_memory(path) ? 0 : delay;
}

static void note(enum operation operation, const char *path, uint64_t offset, uint64_t count, const char *fate) {
    if (trace == NULL) trace = calloc(TRACE_MAX, sizeof *trace);
    struct event *event = &trace[operation_count % TRACE_MAX];
    free(event->path);
    *event = (struct event){operation, offset, count, strdup(path), fate};
}

struct verdict faults_decide(enum operation operation, const char *path, uint64_t offset, uint64_t count, pid_t process) {
    struct verdict verdict = {0};
    if (is_shared_memory(path)) return verdict;
    operation_count += 1;
    const char *fate = "";
    for (int i = 0; i < rule_count && verdict.error == 0 && !verdict.kill_after; i++)
        if (rules[i].action != SLOW && strikes(&rules[i], operation, path, count))
            strike(&rules[i], process, &verdict, &fate);
    note(operation, path, offset, count, fate);
    return verdict;
}

// --- Arming ----------------------------------------------------------------------------------------------------------

static const char *parse_action(const char *word, struct rule *rule) {
    if (strcmp(word, "kill-before") == 0)
        rule->action = KILL_BEFORE;
    else if (strcmp(word, "kill-after") == 0)
        rule->action = KILL_AFTER;
    else if (strcmp(word, "cut") == 0)
        rule->action = CUT;
    else if (strcmp(word, "eio") == 0)
        rule->action = FAIL, rule->error = EIO;
    else if (strcmp(word, "enospc") == 0)
        rule->action = FAIL, rule->error = ENOSPC;
    else if (strncmp(word, "slow=", 5) == 0)
        rule->action = SLOW, rule->delay = (unsigned)atoi(word + 5);
    else
        return "no such fault";
    return NULL;
}

static const char *parse_operations(char *list, struct rule *rule) {
    rule->operations = 0;
    for (char *name; (name = strsep(&list, ","));) {
        int found = 0;
        while (found < OP_COUNT && strcmp(operation_names[found], name) != 0) found += 1;
        if (found == OP_COUNT) return "no such operation";
        rule->operations |= 1u << found;
    }
    return NULL;
}

static const char *parse_option(char *word, struct rule *rule) {
    char *value = strchr(word, '=');
    if (value == NULL) return "an option is NAME=VALUE";
    *value++ = 0;
    if (strcmp(word, "on") == 0) return parse_operations(value, rule);
    if (strcmp(word, "path") == 0)
        snprintf(rule->pattern, sizeof rule->pattern, "%s", value);
    else if (strcmp(word, "at") == 0)
        rule->at = strtoull(value, NULL, 10);
    else if (strcmp(word, "times") == 0)
        rule->times = strtoull(value, NULL, 10);
    else if (strcmp(word, "after") == 0)
        rule->after = strtoull(value, NULL, 10);
    else if (strcmp(word, "whom") == 0)
        rule->whole_group = strcmp(value, "group") == 0;
    else
        return "no such option";
    return NULL;
}

const char *faults_arm(char *words) {
    if (rule_count == RULES_MAX) return "too many faults";
    struct rule rule = {.operations = ~0u, .pattern = "*", .at = 1, .times = 1};
    char *word = strsep(&words, " ");
    const char *wrong = parse_action(word ? word : "", &rule);
    while (wrong == NULL && (word = strsep(&words, " ")))
        if (*word) wrong = parse_option(word, &rule);
    if (wrong == NULL) rules[rule_count++] = rule;
    return wrong;
}

void faults_clear(void) {
    rule_count = 0;
    fired = 0;
}

void faults_watch(const pid_t *list, int count) {
    group_count = 0;
    for (int i = 0; i < count && i < GROUPS_MAX; i++)
        if (list[i] > 1) groups[group_count++] = list[i];
}

// --- Telling ---------------------------------------------------------------------------------------------------------

uint64_t faults_count(void) { return operation_count; }
uint64_t faults_fired(void) { return fired; }
void faults_count_from_zero(void) { operation_count = 0; }

void faults_print_trace(FILE *out, uint64_t from) {
    if (operation_count > TRACE_MAX - 1 && from < operation_count - (TRACE_MAX - 1)) from = operation_count - (TRACE_MAX - 1);
    for (uint64_t number = from < 1 ? 1 : from; number <= operation_count; number++) {
        const struct event *event = &trace[number % TRACE_MAX];
        fprintf(out, "%lu\t%s\t%s\t%lu\t%lu\t%s\n", number, operation_names[event->operation], event->path, event->offset,
                event->count, event->fate);
    }
}
