"""The questions of /v1/insights, as a dashboard over the tables of fill_events.py asks them."""

import time

import servers

FILM = "11111111-0000-4000-8000-000000000000"
ASKED = [
    "totals", "rates", "live", "platforms", "clicks", "pages", "events", "event_properties?name=quality_changed",
    "event_values?name=quality_changed&property=to", "films", f"films/{FILM}", f"films/{FILM}?step=1",
    "funnel?step=page&step=click&step=film", "retention",
]
WEEK_DAYS = 7
SETTLE_SECONDS = 600


def await_settled(port):
    """Seconds until no table may hold an event twice, as it is some seconds after a start: until then questions read FINAL."""
    begun = time.monotonic()
    while servers.metric(port, "cinelog_copies_possible") != 0:
        if time.monotonic() - begun > SETTLE_SECONDS:
            raise servers.BenchError(f"copies are not taken out after {SETTLE_SECONDS} s")
        time.sleep(0.1)
    return time.monotonic() - begun


def times(port, rounds):
    """(question, milliseconds of each round), after a round that counts for nothing."""
    midnight = time.time() // 86_400 * 86_400
    week = f"from={midnight - (WEEK_DAYS - 1) * 86_400:.0f}"
    for question in ASKED:
        yield f"{question}, everything", [ask(port, question) for _ in range(rounds + 1)][1:]
        if not question.startswith(("rates", "live", "retention")):
            asked = f"{question}{'&' if '?' in question else '?'}{week}"
            yield f"{question}, {WEEK_DAYS} days", [ask(port, asked) for _ in range(rounds + 1)][1:]


def ask(port, question):
    begun = time.monotonic()
    status, body = servers.request(port, "GET", f"/v1/insights/{question}")
    if status != 200:
        raise servers.BenchError(f"{question}: {status} {body.decode(errors='replace')[:500]}")
    return (time.monotonic() - begun) * 1000
