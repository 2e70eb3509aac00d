// The reference of single events: libmicrohttpd alone. Reads a request's body and answers 202; no parsing, no disk.
//
//     bare PORT THREADS        port 0: the system picks one; prints "listening PORT"
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { connections_max = 10000, idle_seconds = 60 };

static struct MHD_Response *empty;

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *body, size_t *body_bytes, void **request) {
    static int begun;
    if (!*request) {
        *request = &begun;
        return MHD_YES;
    }
    if (*body_bytes) {
        *body_bytes = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_ACCEPTED, empty);
}

static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof address) || listen(descriptor, SOMAXCONN)) {
        perror("bare");
        exit(1);
    }
    return descriptor;
}

// A thread's own loop. libmicrohttpd's (MHD_USE_EPOLL_INTERNAL_THREAD, 0.9.75) fetches 128 events at a time and, when it
// got exactly that many, waits for more before it serves them: with 128 connections in step it stalls until the idle
// timeout. MHD_run does not wait, so waiting is done here.
static void *serve(void *listening) {
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_TURBO, 0, NULL, NULL, answer, NULL, MHD_OPTION_LISTEN_SOCKET,
                         *(int *)listening, MHD_OPTION_CONNECTION_LIMIT, connections_max,
                         MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_END);
    if (!daemon) {
        perror("bare");
        exit(1);
    }
    struct pollfd ready = {.fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN};
    for (;;) {
        MHD_UNSIGNED_LONG_LONG milliseconds;
        if (!MHD_get_timeout(daemon, &milliseconds) || milliseconds > 1000) milliseconds = 1000;
        if (milliseconds) poll(&ready, 1, milliseconds);
        MHD_run(daemon);
    }
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: bare PORT THREADS\n");
        return 64;
    }
    int listening = listen_on(atoi(words[1]));
    struct sockaddr_in address;
    getsockname(listening, (struct sockaddr *)&address, &(socklen_t){sizeof address});
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);

    empty = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    pthread_t thread;
    for (int others = atoi(words[2]) - 1; others > 0; others--) pthread_create(&thread, NULL, serve, &listening);
    serve(&listening);
}
