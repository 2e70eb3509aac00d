// An open-loop HTTP load: requests become due at a fixed rate, whether or not earlier ones are answered, and their
// latency counts from when they were due. A server that cannot keep up shows as latency, not as a lower rate
// ("coordinated omission": a closed loop waits with the server and hides its stalls).
//
//     openload [OPTION…] http://127.0.0.1:PORT/PATH
//       --rate R          requests a second; 0: a closed loop, each connection sends when it is answered
//       --seconds T       how long requests become due (default 10); answers are awaited for 10 s more
//       --connections N   kept-alive connections (default 64)
//       --requests N      stop after so many
//       --poisson         exponential gaps between due times instead of even ones
//       --body FILE       the body's template; in it, @event_id@ becomes a new UUIDv7, @time_ms@ Unix milliseconds
//       --seed N          of Poisson gaps and ids
//
// Prints one JSON object. One thread, epoll, no pipelining. Latencies are exact: every one is kept.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    answer_bytes_max = 1 << 16,  // of an answer's head; its body is skipped as it comes
    places_max = 100000,
    connections_max = 20000,
    requests_max = 200 * 1000 * 1000,
    grace_seconds = 10,
    uuid_bytes = 36,
    time_ms_bytes = 13,
};
static const uint64_t second_ns = 1000000000ull;
static const char event_id_mark[] = "@event_id@", time_ms_mark[] = "@time_ms@";

static void fail(const char *why) {
    fprintf(stderr, "openload: %s%s%s\n", why, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

static uint64_t unix_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

// --- Randomness: splitmix64 (Steele, Lea, Flood 2014); ids need to be distinct, not secret ---------------------------

static uint64_t random_state;

static uint64_t random_bits(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static void write_hex(char *out, uint64_t value, int digits) {
    for (; digits--; value >>= 4) out[digits] = "0123456789abcdef"[value & 15];
}

// RFC 9562: 48 bits of Unix milliseconds, version 7, 74 random bits.
static void write_uuid7(char *out) {
    uint64_t time = unix_ms(), a = random_bits(), b = random_bits();
    write_hex(out, time >> 16, 8);
    out[8] = out[13] = out[18] = out[23] = '-';
    write_hex(out + 9, time & 0xffff, 4);
    write_hex(out + 14, 0x7000 | (a & 0x0fff), 4);
    write_hex(out + 19, 0x8000 | ((a >> 12) & 0x3fff), 4);
    write_hex(out + 24, b & 0xffffffffffff, 12);
}

static void write_time_ms(char *out) {
    uint64_t time = unix_ms();
    for (int digit = time_ms_bytes; digit--; time /= 10) out[digit] = '0' + time % 10;
}

// --- The request: head and body with places that are written anew for each sending -----------------------------------

static struct {
    char *bytes;
    size_t count;
    struct {
        size_t at;
        bool is_id;
    } places[places_max];
    int place_count;
} request;

static char *read_file(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    char *bytes = NULL;
    size_t capacity = 0;
    *count = 0;
    for (;;) {
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 65536;
            bytes = realloc(bytes, capacity);
            if (!bytes) fail("memory");
        }
        size_t got = fread(bytes + *count, 1, capacity - *count, file);
        if (!got) break;
        *count += got;
    }
    fclose(file);
    return bytes;
}

static bool starts_with(const char *bytes, size_t count, const char *mark) {
    return count >= strlen(mark) && !memcmp(bytes, mark, strlen(mark));
}

static void add_place(size_t at, bool is_id) {
    if (request.place_count == places_max) fail("too many places in the body");
    request.places[request.place_count].at = at;
    request.places[request.place_count++].is_id = is_id;
}

static void make_request(const char *host, const char *path, const char *template, size_t template_count) {
    // A mark may grow into its value: less than fourfold.
    char *body = malloc(template_count * 4 + 1);
    size_t count = 0;
    for (size_t i = 0; i < template_count;) {
        bool is_id = starts_with(template + i, template_count - i, event_id_mark);
        if (is_id || starts_with(template + i, template_count - i, time_ms_mark)) {
            add_place(count, is_id);
            count += is_id ? uuid_bytes : time_ms_bytes;
            i += strlen(is_id ? event_id_mark : time_ms_mark);
        } else {
            body[count++] = template[i++];
        }
    }
    int head = asprintf(&request.bytes,
                        "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                        path, host, count);
    request.bytes = realloc(request.bytes, head + count);
    if (!body || !request.bytes) fail("memory");
    memcpy(request.bytes + head, body, count);
    free(body);
    request.count = head + count;
    for (int i = 0; i < request.place_count; i++) request.places[i].at += head;
}

static void renew_request(void) {
    for (int i = 0; i < request.place_count; i++) {
        char *place = request.bytes + request.places[i].at;
        if (request.places[i].is_id) write_uuid7(place); else write_time_ms(place);
    }
}

// --- Due times and results -------------------------------------------------------------------------------------------

static double rate;
static bool poisson;
static uint64_t begun_ns, due_until_ns, limit = requests_max;
static double next_due_ns;  // from begun_ns; a double keeps fractions of a nanosecond from adding up
static struct {
    uint64_t *due_ns;  // due and not begun: a ring
    size_t capacity, first, count;
} queue;
static uint32_t *latencies_us;
static size_t latency_count, latency_capacity;
static uint64_t made, sent, answered, errors, last_answer_ns, statuses[600];

static double gap_ns(void) {
    if (!poisson) return second_ns / rate;
    double uniform = ((random_bits() >> 11) + 1) * 0x1p-53;
    return -log(uniform) * second_ns / rate;
}

static void enqueue(uint64_t due_ns) {
    if (queue.count == queue.capacity) {
        size_t capacity = queue.capacity ? queue.capacity * 2 : 1024;
        uint64_t *larger = malloc(capacity * sizeof *larger);
        if (!larger) fail("memory");
        for (size_t i = 0; i < queue.count; i++) larger[i] = queue.due_ns[(queue.first + i) % queue.capacity];
        free(queue.due_ns);
        queue.due_ns = larger;
        queue.capacity = capacity;
        queue.first = 0;
    }
    queue.due_ns[(queue.first + queue.count++) % queue.capacity] = due_ns;
}

static bool more_to_come(void) {
    return made < limit && (rate > 0 ? begun_ns + (uint64_t)next_due_ns : now_ns()) < due_until_ns;
}

static void make_due(uint64_t now) {
    while (rate > 0 && more_to_come() && begun_ns + (uint64_t)next_due_ns <= now) {
        enqueue(begun_ns + (uint64_t)next_due_ns);
        next_due_ns += gap_ns();
        made++;
    }
}

// The next request's due time, if one is due. In a closed loop that is always now.
static bool take_due(uint64_t *due_ns) {
    if (rate <= 0) {
        if (!more_to_come()) return false;
        made++;
        *due_ns = now_ns();
        return true;
    }
    if (!queue.count) return false;
    *due_ns = queue.due_ns[queue.first];
    queue.first = (queue.first + 1) % queue.capacity;
    queue.count--;
    return true;
}

static void add_latency(uint64_t ns) {
    if (latency_count == latency_capacity) {
        latency_capacity = latency_capacity ? latency_capacity * 2 : 65536;
        latencies_us = realloc(latencies_us, latency_capacity * sizeof *latencies_us);
        if (!latencies_us) fail("memory");
    }
    latencies_us[latency_count++] = ns / 1000 > UINT32_MAX ? UINT32_MAX : ns / 1000;
}

// --- Connections -----------------------------------------------------------------------------------------------------

struct connection {
    int descriptor;
    bool connected, busy, waits_to_write;
    uint64_t due_ns;
    char *out;  // what a short write left over
    size_t out_count, out_at;
    char *in;
    size_t in_count;
    size_t skip;  // bytes of the answer's body still to come
    int status;   // of the answer whose body is awaited; 0: its head is awaited
    bool closes;
    struct connection *next_free;
};

static int poll_descriptor, busy_count, connection_count;
static struct connection *connections;
static struct sockaddr_in server;
static struct connection *free_first, *free_last;

static void push_free(struct connection *c) {
    c->next_free = NULL;
    if (free_last) free_last->next_free = c; else free_first = c;
    free_last = c;
}

static struct connection *pop_free(void) {
    struct connection *c = free_first;
    free_first = c->next_free;
    if (!free_first) free_last = NULL;
    return c;
}

static void watch(struct connection *c, int operation, bool writes) {
    struct epoll_event event = {.events = EPOLLIN | (writes ? EPOLLOUT : 0), .data.ptr = c};
    c->waits_to_write = writes;
    if (epoll_ctl(poll_descriptor, operation, c->descriptor, &event)) fail("epoll_ctl");
}

static void open_connection(struct connection *c) {
    c->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->descriptor < 0) fail("socket");
    setsockopt(c->descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    // A refusal comes at once on loopback; epoll tells it too (EPOLLHUP), so it is dealt with there.
    (void)connect(c->descriptor, (struct sockaddr *)&server, sizeof server);
    c->connected = false;
    c->in_count = c->out_count = c->skip = 0;
    c->status = 0;
    c->closes = false;
    watch(c, EPOLL_CTL_ADD, true);
}

// The connection is lost. A request under way on it is an error; the connection is opened again.
static void lose(struct connection *c) {
    if (!c->connected || c->busy) errors++;
    if (c->busy) {
        add_latency(now_ns() - c->due_ns);
        c->busy = false;
        busy_count--;
        push_free(c);
    }
    close(c->descriptor);
    // A server that refuses connections is asked again, but not in a hot loop.
    if (!c->connected) usleep(1000);
    open_connection(c);
}

static void write_out(struct connection *c, const char *bytes, size_t count) {
    ssize_t wrote = send(c->descriptor, bytes, count, MSG_NOSIGNAL);
    if (wrote < 0 && errno != EAGAIN) {
        lose(c);
        return;
    }
    size_t done = wrote > 0 ? wrote : 0;
    if (done == count) {
        c->out_count = 0;
        if (c->waits_to_write) watch(c, EPOLL_CTL_MOD, false);
        return;
    }
    if (bytes == c->out + c->out_at) {
        c->out_at += done;
    } else {
        if (!c->out && !(c->out = malloc(request.count))) fail("memory");
        memcpy(c->out, bytes + done, count - done);
        c->out_at = 0;
    }
    c->out_count = count - done;
    if (!c->waits_to_write) watch(c, EPOLL_CTL_MOD, true);
}

static void send_due(void) {
    struct connection *c;
    uint64_t due;
    while (free_first && take_due(&due)) {
        c = pop_free();
        c->busy = true;
        busy_count++;
        c->due_ns = due;
        sent++;
        renew_request();
        write_out(c, request.bytes, request.count);
    }
}

static void finish(struct connection *c) {
    statuses[c->status]++;
    answered++;
    last_answer_ns = now_ns();
    add_latency(last_answer_ns - c->due_ns);
    c->status = 0;
    c->busy = false;
    busy_count--;
    push_free(c);
    if (c->closes) {
        close(c->descriptor);
        open_connection(c);
    }
}

// Reads a whole head: the status and how long the body is. Chunked bodies are not understood: no server here sends one.
static bool read_head(struct connection *c) {
    char *end = memmem(c->in, c->in_count, "\r\n\r\n", 4);
    if (!end) return false;
    *end = 0;
    if (sscanf(c->in, "HTTP/1.%*c %d", &c->status) != 1 || c->status < 100 || c->status > 599) fail("not HTTP/1");
    if (strcasestr(c->in, "\r\nTransfer-Encoding:")) fail("the answer is chunked: not understood");
    char *length = strcasestr(c->in, "\r\nContent-Length:");
    c->skip = length ? strtoull(length + strlen("\r\nContent-Length:"), NULL, 10) : 0;
    c->closes = strcasestr(c->in, "\r\nConnection: close");
    size_t head = end + 4 - c->in;
    memmove(c->in, c->in + head, c->in_count - head);
    c->in_count -= head;
    return true;
}

static void take_answer(struct connection *c) {
    if (!c->status && !read_head(c)) return;
    size_t part = c->in_count < c->skip ? c->in_count : c->skip;
    memmove(c->in, c->in + part, c->in_count - part);
    c->in_count -= part;
    c->skip -= part;
    if (!c->skip) finish(c);
}

static void read_in(struct connection *c) {
    if (c->in_count == answer_bytes_max) fail("an answer's head is too long");
    ssize_t got = recv(c->descriptor, c->in + c->in_count, answer_bytes_max - c->in_count, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        lose(c);
        return;
    }
    c->in_count += got;
    take_answer(c);
}

static void on_event(struct connection *c, unsigned events) {
    if (!c->connected && (events & EPOLLOUT) && !(events & (EPOLLERR | EPOLLHUP))) {
        c->connected = true;
        if (!c->out_count) watch(c, EPOLL_CTL_MOD, false);
    }
    if ((events & EPOLLOUT) && c->connected && c->out_count) write_out(c, c->out + c->out_at, c->out_count);
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read_in(c);
}

// --- The run ---------------------------------------------------------------------------------------------------------

static void await_events(uint64_t until_ns) {
    struct epoll_event events[256];
    uint64_t now = now_ns(), wait = until_ns > now ? until_ns - now : 0;
    struct timespec timeout = {.tv_sec = wait / second_ns, .tv_nsec = wait % second_ns};
    int count = epoll_pwait2(poll_descriptor, events, 256, &timeout, NULL);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2");
    for (int i = 0; i < count; i++) on_event(events[i].data.ptr, events[i].events);
}

static bool all_connected(void) {
    for (int i = 0; i < connection_count; i++)
        if (!connections[i].connected) return false;
    return true;
}

static void connect_all(void) {
    connections = calloc(connection_count, sizeof *connections);
    if (!connections) fail("memory");
    for (int i = 0; i < connection_count; i++) {
        if (!(connections[i].in = malloc(answer_bytes_max))) fail("memory");
        open_connection(&connections[i]);
    }
    for (uint64_t until = now_ns() + 5 * second_ns; !all_connected(); await_events(until)) {
        errno = 0;
        if (errors || now_ns() > until) fail("cannot connect");
    }
    for (int i = 0; i < connection_count; i++) push_free(&connections[i]);
}

static void run(double seconds) {
    begun_ns = now_ns();
    due_until_ns = begun_ns + (uint64_t)(seconds * second_ns);
    uint64_t give_up_ns = due_until_ns + grace_seconds * second_ns;
    for (;;) {
        uint64_t now = now_ns();
        make_due(now);
        send_due();
        bool more = more_to_come();
        if ((!more && !queue.count && !busy_count) || now > give_up_ns) break;
        await_events(more && rate > 0 ? begun_ns + (uint64_t)next_due_ns : now + second_ns / 10);
    }
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double quantile_ms(double q) {
    if (!latency_count) return 0;
    size_t rank = (size_t)ceil(q * latency_count);
    return latencies_us[(rank ? rank : 1) - 1] / 1000.0;
}

// What was never answered has waited at least this long: leaving it out would flatter.
static void count_unanswered(void) {
    uint64_t now = now_ns(), due;
    while (rate > 0 && take_due(&due)) add_latency(now - due);
    for (int i = 0; i < connection_count; i++)
        if (connections[i].busy) add_latency(now - connections[i].due_ns);
}

static void report(void) {
    uint64_t good = 0, unanswered = queue.count + busy_count;
    for (int status = 200; status < 300; status++) good += statuses[status];
    count_unanswered();
    qsort(latencies_us, latency_count, sizeof *latencies_us, by_value);
    double seconds = last_answer_ns > begun_ns ? (last_answer_ns - begun_ns) / (double)second_ns : 0;
    printf("{\"requested_rate\": %g, \"achieved_rate\": %.1f, \"seconds\": %.3f, \"due\": %lu, \"sent\": %lu, "
           "\"2xx\": %lu, \"others\": %lu, \"errors\": %lu, \"unanswered\": %lu, \"statuses\": {",
           rate, seconds > 0 ? answered / seconds : 0, seconds, made, sent, good, answered - good, errors, unanswered);
    const char *comma = "";
    for (int status = 100; status < 600; status++)
        if (statuses[status]) printf("%s\"%d\": %lu", comma, status, statuses[status]), comma = ", ";
    printf("}, \"p50_ms\": %.3f, \"p75_ms\": %.3f, \"p95_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, "
           "\"max_ms\": %.3f}\n",
           quantile_ms(0.5), quantile_ms(0.75), quantile_ms(0.95), quantile_ms(0.99), quantile_ms(0.999),
           quantile_ms(1));
}

static double number(const char *text, double least, double most) {
    char *end;
    double value = strtod(text, &end);
    errno = 0;
    if (*end || !(value >= least && value <= most)) fail("a number is out of range, or none");
    return value;
}

static void parse_url(const char *url, char host[64], const char **path) {
    char address[32];
    int port;
    if (sscanf(url, "http://%31[0-9.]:%d", address, &port) != 2) fail("the URL must be http://IPv4:PORT/PATH");
    *path = strchr(url + strlen("http://"), '/');
    if (!*path) *path = "/";
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    if (inet_pton(AF_INET, address, &server.sin_addr) != 1) fail("not an IPv4 address");
    snprintf(host, 64, "%s:%d", address, port);
}

int main(int count, char **words) {
    static const struct option options[] = {
        {"rate", required_argument, NULL, 'r'},     {"seconds", required_argument, NULL, 's'},
        {"connections", required_argument, NULL, 'c'}, {"requests", required_argument, NULL, 'n'},
        {"poisson", no_argument, NULL, 'p'},        {"body", required_argument, NULL, 'b'},
        {"seed", required_argument, NULL, 'e'},     {0},
    };
    double seconds = 10;
    connection_count = 64;
    const char *body = NULL;
    if (getrandom(&random_state, sizeof random_state, 0) < 0) fail("getrandom");
    for (int option; (option = getopt_long(count, words, "", options, NULL)) != -1;) {
        if (option == 'r') rate = number(optarg, 0, 1e6);
        else if (option == 's') seconds = number(optarg, 0.01, 3600);
        else if (option == 'c') connection_count = number(optarg, 1, connections_max);
        else if (option == 'n') limit = number(optarg, 1, requests_max);
        else if (option == 'p') poisson = true;
        else if (option == 'b') body = optarg;
        else if (option == 'e') random_state = number(optarg, 0, 1e15);
        else return 64;
    }
    errno = 0;
    if (optind != count - 1 || !body) fail("usage: openload --body FILE [--rate R] [--seconds T] [--connections N] URL");
    if (rate * seconds > requests_max) fail("too many requests");

    char host[64];
    const char *path;
    parse_url(words[optind], host, &path);
    size_t template_count;
    char *template = read_file(body, &template_count);
    make_request(host, path, template, template_count);
    poll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (poll_descriptor < 0) fail("epoll_create1");
    connect_all();
    run(seconds);
    report();
    return errors || answered < made ? 2 : 0;
}
