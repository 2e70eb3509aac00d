"""Fills the tables of a warehouse with a month of an online cinema, for measuring answers.

    fill_events.py WAREHOUSE_FOLDER EVENTS

Runs in a process of its own with the engine's wheel as the package `chdb`, on a warehouse that `cinelog migrate` made
and nobody has open. Of a hundred events 70 are of films (heartbeats of ten seconds, 280 a viewing; every third viewer
goes back), 15 clicks, 10 page views, 5 custom events; 20,000 viewers, 40 films of which few are popular. One in 7,000
is there twice. Rows come in their order of arrival, 350,000 an insert.
"""

import sys

from chdb import session

BEATS = 280
DAYS = 30
BATCH = 350_000

MOMENT = "toDateTime64('{start}', 3, 'UTC') + toIntervalMillisecond(toUInt64({place}))"
HEX = "leftPad(hex(toUnixTimestamp64Milli(time)), 16, '0')"
HASH = "hex(sipHash128(number, '{kind}'))"
# As clients make them: a UUIDv7.
IDENTITY = f"toUUID(concat(substring({HEX}, 5, 8), '-', substring({HEX}, 13, 4), '-7', substring({HASH}, 1, 3), '-a', " \
    f"substring({HASH}, 5, 3), '-', substring({HASH}, 10, 12)))"
WHO = """toUUID(concat('00000000-0000-4000-8000-', leftPad(hex(viewer), 12, '0'))) AS user_id,
    concat('device-', toString(viewer)) AS anonymous_id, concat('visit-', toString(viewing)) AS session_id,
    ['web', 'ios', 'android', 'tv'][1 + viewer % 4] AS platform"""
COMMON = ["event_id", "user_id", "time", "received_at", "anonymous_id", "session_id", "platform"]


class Month:
    def __init__(self, folder, events):
        self.session = session.Session(folder)
        # To the end of today: parts of the month before it lie in partitions of their own.
        self.start = self.session.query(f"SELECT toString(toStartOfDay(now()) - INTERVAL {DAYS - 1} DAY)", "TSVRaw").bytes().decode().strip()
        self.viewings = events * 70 // 100 // BEATS

    def films(self):
        """`number` is a heartbeat."""
        film = "toUInt64(floor(pow(40, (cityHash64(viewing) % 1000000) / 1000000.0))) - 1"
        position = "toFloat64((cityHash64(viewing, 2) % 10 = 0 ? 2000 : 0) + beat * 10 + (beat > 150 AND cityHash64(viewing, 3) % 3 = 0 ? -200 : 0))"
        own = {
            "film_id": f"toUUID(concat('11111111-0000-4000-8000-', leftPad(hex({film}), 12, '0')))",
            "position": f"{position} + 10", "timecode": "formatDateTime(toDateTime(toUInt32(position), 'UTC'), '%T.000000')",
            "view_id": "concat('viewing-', toString(viewing))", "duration": f"toFloat64(5000 + ({film}) * 57)",
            "watched": f"[({position}, least({position} + 10, duration))]", "rate": "1", "quality": "'1080p'",
        }
        place = f"viewing / {self.viewings} * {DAYS} * 86400000 - {BEATS} * 10000 + beat * 10000"
        self.fill("views_local", own, self.viewings * BEATS, f"intDiv(number, {BEATS})", place, f"number % {BEATS} AS beat,")

    def others(self, table, own, count):
        place = f"number / {count} * {DAYS} * 86400000 - 60000"
        self.fill(table, own, count, f"intDiv(number, {max(1, count // self.viewings)})", place)

    def fill(self, table, own, count, viewing, place, more=""):
        moment = MOMENT.format(start=self.start, place=f"greatest({place}, 0)")
        fields = ", ".join(f"{expression} AS {name}" for name, expression in own.items())
        for first in range(0, count, BATCH):
            self.session.query(f"""
                INSERT INTO {table} ({", ".join(COMMON + list(own))}) SELECT {", ".join(COMMON + list(own))} FROM (
                WITH {viewing} AS viewing, {more} cityHash64(viewing, 1) % 20000 AS viewer, {moment} AS time
                SELECT {IDENTITY.format(kind=table)} AS event_id, {WHO}, time, time + toIntervalMillisecond(300) AS received_at, {fields}
                FROM numbers({first}, {min(BATCH, count - first)}))
                SETTINGS max_insert_block_size = {BATCH}, max_block_size = {BATCH}""")
        self.session.query(
            f"INSERT INTO {table} SELECT * REPLACE (received_at + INTERVAL 1 MINUTE AS received_at) FROM {table} "
            f"WHERE cityHash64(event_id) % 7000 = 0")


def main(folder, events):
    month = Month(folder, int(events))
    month.films()
    each = int(events) // 100
    month.others(
        "clicks_local", {
            "obj_id": "concat('button#', toString(cityHash64(number, 5) % 200))",
            "url": "concat('https://cinema.example/films/', toString(cityHash64(number, 6) % 40))"}, 15 * each)
    month.others(
        "pages_local", {
            "url": "concat('https://cinema.example/', ['', 'films', 'search', 'profile'][1 + number % 4], '/', toString(cityHash64(number, 7) % 100))",
            "duration": "toFloat64(cityHash64(number, 8) % 120)", "title": "'Cinema'", "scroll": "toFloat64(cityHash64(number, 9) % 101)"}, 10 * each)
    month.others(
        "custom_events_local", {
            "name": "['quality_changed', 'watched_to_end', 'search_filtered'][1 + number % 3]",
            "information": "concat('{\"from\":\"720p\",\"to\":\"', ['480p', '1080p', '2160p'][1 + cityHash64(number) % 3], '\",\"position\":', toString(number % 5000), '}')"}, 5 * each)
    count = "SELECT sum(rows) FROM system.parts WHERE active AND table IN ('clicks_local', 'pages_local', 'views_local', 'custom_events_local')"
    print(month.session.query(count, "TSVRaw").bytes().decode().strip())


main(*sys.argv[1:])
