"""The tracker in a real browser, against a scripted collector: what becomes of events, whatever happens on the way."""

import time
import unittest

from case import V7, TrackerTest
from devtools import until
from scripted import accepted, broken, status


class DeliveryTests(TrackerTest):
    def test_an_event_has_what_all_have(self):
        page = self.open(self.collector.page("a", attributes='data-platform="tv" data-app-version="1.2"'))
        event_id = page.run("cinelog.track('seen', { film: 42 })")
        event = self.events("custom", 1)[0]
        self.assertRegex(event_id, V7)
        self.assertEqual(event["event_id"], event_id)
        self.assertEqual((event["name"], event["information"]), ("seen", {"film": 42}))
        self.assertEqual((event["platform"], event["app_version"]), ("tv", "1.2"))
        self.assertAlmostEqual(event["time"] / 1000, time.time(), delta=10)
        self.assertAlmostEqual(int(event_id.replace("-", "")[:12], 16), event["time"], delta=1000)
        self.assertRegex(event["anonymous_id"], V7)
        self.assertRegex(event["session_id"], V7)
        request = self.collector.requests[-1]
        self.assertAlmostEqual(request.sent_at / 1000, time.time(), delta=10)
        self.assertEqual(request.headers["Content-Type"], "text/plain")

    def test_the_device_stays_and_a_visit_ends_after_half_an_hour(self):
        page = self.open()
        page.run("cinelog.track('one')")
        first = self.events("custom", 1)[0]
        page.open(self.collector.page("b"))
        page.run("cinelog.track('two')")
        second = self.events("custom", 2)[1]
        page.run(
            "localStorage['cinelog.visit'] = localStorage['cinelog.visit'].split(' ')[0] + ' ' + (Date.now() - 1801e3);"
            "cinelog.track('three')")
        third = self.events("custom", 3)[2]
        self.assertEqual({event["anonymous_id"] for event in (first, second, third)}, {first["anonymous_id"]})
        self.assertEqual(second["session_id"], first["session_id"])
        self.assertNotEqual(third["session_id"], first["session_id"])

    def test_events_share_requests_of_bounded_size(self):
        page = self.open()
        self.events("page", 1)
        page.run("for (let i = 0; i < 250; i++) cinelog.track('n', { i }); cinelog.track('wide', { t: 'x'.repeat(32000) })")
        events = self.events("custom", 251)
        self.assertEqual([event["information"].get("i") for event in events[:250]], list(range(250)))
        for request in self.collector.requests:
            self.assertLessEqual(len(request.events), 100)
            self.assertLess(int(request.headers["Content-Length"]), 40_000)

    def test_retry_after_is_waited_for_and_the_event_keeps_its_identity(self):
        page = self.open()
        self.events("page", 1)
        self.collector.plan.append(status(503, Retry_After="3"))
        event_id = page.run("cinelog.track('late')")
        self.events("custom", 2)
        first, second = [request for request in self.collector.requests if request.events[0]["type"] == "custom"]
        self.assertGreaterEqual(second.at - first.at, 3)
        self.assertEqual(first.events[0], second.events[0])
        self.assertEqual(second.events[0]["event_id"], event_id)
        self.assertGreater(second.sent_at - first.sent_at, 2900)

    def test_a_date_in_retry_after_is_understood(self):
        page = self.open()
        self.events("page", 1)
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 4))
        self.collector.plan.append(status(429, Retry_After=date))
        page.run("cinelog.track('late')")
        self.events("custom", 2)
        first, second = self.collector.requests[-2:]
        self.assertGreaterEqual(second.at - first.at, 2)

    def test_pauses_grow_while_it_fails(self):
        page = self.open()
        self.events("page", 1)
        self.collector.plan.extend([status(503), status(500), status(401), status(404)])
        page.run("cinelog.track('stubborn')")
        self.events("custom", 5)
        times = [request.at for request in self.collector.requests[-5:]]
        pauses = [later - earlier for earlier, later in zip(times, times[1:])]
        for place, pause in enumerate(pauses):
            self.assertGreaterEqual(pause, 0.5 * 2**place)
            self.assertLess(pause, 2**place + 5)

    def test_of_a_mixed_batch_only_what_was_rejected_is_dropped(self):
        page = self.open()
        self.events("page", 1)

        def mixed(events):
            _, _, body = accepted(events)
            body["results"][1] = {"index": 1, "status": "rejected", "field": "name", "error": "must be nicer"}
            return 207, {}, body

        self.collector.plan.append(mixed)
        page.run("for (const name of ['a', 'b', 'c']) cinelog.track(name)")
        self.events("custom", 3)
        page.run("cinelog.track('d')")
        self.events("custom", 4)
        self.assertEqual(self.names(), ["a", "b", "c", "d"])
        self.confirmed(page)
        warnings = [text for kind, text in page.words if kind == "warning"]
        self.assertEqual(len(warnings), 1)
        self.assertIn("cinelog: name must be nicer", warnings[0])

    def test_an_event_that_spoils_its_batch_is_found_by_halves(self):
        page = self.open()
        self.events("page", 1)
        self.collector.usual = lambda events: (
            status(400)(events) if any(event.get("name") == "bad" for event in events) else accepted(events))
        page.run("for (const name of ['a', 'b', 'bad', 'c', 'd', 'e']) cinelog.track(name)")
        self.confirmed(page)
        last = {}
        for request in self.collector.requests:
            for event in request.events:
                last[event.get("name")] = {event.get("name") for event in request.events}
        self.assertEqual(last["bad"], {"bad"})
        self.assertEqual(set(self.names()), {"a", "b", "c", "d", "e", "bad"})

    def test_what_is_not_confirmed_outlives_the_page(self):
        page = self.open()
        self.events("page", 1)
        self.collector.usual = broken
        ids = page.run("[cinelog.track('one'), cinelog.track('two')]")
        self.events("custom", 2)
        page.close()
        self.collector.usual = accepted
        begun = len(self.collector.requests)
        self.open(self.collector.page("b"))

        def resent():
            later = [event for request in self.collector.requests[begun:] for event in request.events]
            return {event["event_id"] for event in later} >= set(ids)

        until(resent, "the events of the page before")

    def test_offline_they_wait_and_go_as_soon_as_the_net_is_back(self):
        page = self.open()
        self.events("page", 1)
        page.offline(True)
        page.run("cinelog.track('in the tunnel')")
        until(lambda: len(page.refusals) == 4, "four tries")  # The pause that begins is 4 s at least.
        self.assertEqual(self.names(), [])
        page.offline(False)
        begun = time.monotonic()
        self.events("custom", 1)
        self.assertLess(time.monotonic() - begun, 3)

    def test_a_newer_version_of_a_page_view_waits_while_the_older_is_sent(self):
        page = self.open()
        self.collector.plan.extend([broken])
        view = self.events("page", 1)[0]
        page.wait("document.hasFocus()")
        other = self.browser.page(context=self.context)
        until(lambda: len({event["duration"] for event in self.collector.events("page")}) > 1, "an update")
        other.close()
        latest = self.collector.events("page")[-1]
        self.assertEqual(latest["event_id"], view["event_id"])
        self.assertGreater(latest["duration"], 0)

    def test_two_tabs_lose_nothing_of_each_other(self):
        one, two = self.open(), self.open(self.collector.page("b"))
        self.events("page", 2)
        self.collector.usual = broken
        for number in range(20):
            one.run(f"cinelog.track('one', {{ number: {number} }})")
            two.run(f"cinelog.track('two', {{ number: {number} }})")
        one.close()
        two.close()
        self.collector.reset()
        self.open(self.collector.page("c"))
        until(lambda: len({event["event_id"] for event in self.collector.events("custom")}) == 40, "all of both")

    def test_the_oldest_go_when_too_many_wait(self):
        page = self.open()
        self.events("page", 1)
        self.confirmed(page)
        self.collector.usual = broken
        page.run("for (let i = 0; i < 700; i++) cinelog.track('n', { i })")
        self.assertEqual(page.run("Object.keys(localStorage).length"), 502)
        self.collector.usual = accepted
        self.confirmed(page)
        kept = {event["information"]["i"] for event in self.collector.events("custom")} - set(range(100))
        self.assertEqual(kept, set(range(200, 700)))

    def test_wide_events_are_bounded_by_bytes(self):
        page = self.open()
        self.events("page", 1)
        self.confirmed(page)
        self.collector.usual = broken
        page.run("for (let i = 0; i < 40; i++) cinelog.track('n', { t: 'ы'.repeat(16000) })")
        self.assertLessEqual(page.run("JSON.stringify(localStorage).length"), 300_000)
        self.assertEqual(page.run("Object.keys(localStorage).length"), 2 + 15)

    def test_without_keepalive_the_beacon_carries_the_last_words(self):
        page = self.open(before="delete Request.prototype.keepalive")
        self.events("page", 1)
        page.run("cinelog.track('farewell'); 0")
        page.close()
        self.assertEqual(self.events("custom", 1)[0]["name"], "farewell")

    def test_a_closed_page_sends_what_it_has_at_once(self):
        page = self.open()
        self.events("page", 1)
        page.wait("document.hasFocus()")
        page.run("cinelog.track('farewell'); 0")
        page.close()
        self.assertEqual(self.events("custom", 1)[0]["name"], "farewell")
        self.assertGreater(self.collector.events("page")[-1]["duration"], 0)


if __name__ == "__main__":
    unittest.main()
