// A Kafka cluster of three brokers for tests: librdkafka's own (rdkafka_mock.h), which speaks the real protocol over real TCP, in a
// process that a test can steer. Prints the brokers' addresses, then obeys lines of standard input and answers each "ok" or
// "error …". Ends with its input.
//
//     topic NAME PARTITIONS COPIES      makes a topic
//     down BROKER | up BROKER           takes a broker (1…3; -1: all) off the net, and back
//     delay BROKER MILLISECONDS         answers take so long
//     fail REQUEST TIMES CODE           the next requests of this kind (Kafka's number of it) fail so
//     leader NAME PARTITION BROKER      a partition's leader
//     coordinator GROUP BROKER          a consumer group's coordinator
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { brokers = 3, failuresMax = 10000 };

static rd_kafka_resp_err_t fail(rd_kafka_mock_cluster_t *cluster, int request, int times, int code) {
    if (times < 1 || times > failuresMax) return RD_KAFKA_RESP_ERR__INVALID_ARG;
    rd_kafka_resp_err_t *errors = malloc(sizeof *errors * (size_t)times);
    for (int i = 0; i < times; i++) errors[i] = (rd_kafka_resp_err_t)code;
    rd_kafka_mock_push_request_errors_array(cluster, (int16_t)request, (size_t)times, errors);
    free(errors);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t obey(rd_kafka_mock_cluster_t *cluster, const char *line) {
    char name[256];
    int a, b, c;
    if (sscanf(line, "topic %255s %d %d", name, &a, &b) == 3) return rd_kafka_mock_topic_create(cluster, name, a, b);
    if (sscanf(line, "down %d", &a) == 1) return rd_kafka_mock_broker_set_down(cluster, a);
    if (sscanf(line, "up %d", &a) == 1) return rd_kafka_mock_broker_set_up(cluster, a);
    if (sscanf(line, "delay %d %d", &a, &b) == 2) return rd_kafka_mock_broker_set_rtt(cluster, a, b);
    if (sscanf(line, "fail %d %d %d", &a, &b, &c) == 3) return fail(cluster, a, b, c);
    if (sscanf(line, "leader %255s %d %d", name, &a, &b) == 3)
        return rd_kafka_mock_partition_set_leader(cluster, name, a, b);
    if (sscanf(line, "coordinator %255s %d", name, &a) == 2)
        return rd_kafka_mock_coordinator_set(cluster, "group", name, a);
    return RD_KAFKA_RESP_ERR__INVALID_ARG;
}

static rd_kafka_t *client(void) {
    char text[256];
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    // The client itself is not used: it need not say that it knows no brokers.
    rd_kafka_conf_set(configuration, "log_level", "3", text, sizeof text);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, text, sizeof text);
    if (client == NULL) fprintf(stderr, "%s\n", text);
    return client;
}

int main(void) {
    rd_kafka_t *owner = client();
    if (owner == NULL) return 1;
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(owner, brokers);
    if (cluster == NULL) return 1;
    printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    char line[1024];
    while (fgets(line, sizeof line, stdin) != NULL) {
        rd_kafka_resp_err_t result = obey(cluster, line);
        printf(result == RD_KAFKA_RESP_ERR_NO_ERROR ? "ok\n" : "error %s\n", rd_kafka_err2name(result));
        fflush(stdout);
    }
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(owner);
    return 0;
}
