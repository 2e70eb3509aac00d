"""What the tracker keeps in a browser, and what it sends, when the viewer or the browser does not want it to."""

import time
import unittest

from case import TrackerTest
from devtools import until
from scripted import accepted, broken, status


class StorageTests(TrackerTest):
    FULL = """
        const room = 'x'.repeat(1 << 20);
        for (let size = room.length, i = 0; size >= 1; ) {
            try { localStorage['full' + i++] = room.slice(0, size); } catch { size = Math.floor(size / 2); }
        }"""

    def test_a_full_storage_hinders_nothing(self):
        page = self.open(before=self.FULL)
        self.collector.plan.append(broken)
        page.run("cinelog.track('crowded')")
        self.events("custom", 2)
        self.assertEqual(len({event["event_id"] for event in self.collector.events("custom")}), 1)
        self.assertEqual(len({event["anonymous_id"] for event in self.collector.events()}), 1)

    def test_a_storage_that_may_not_be_touched_hinders_nothing(self):
        blocked = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
        page = self.open(before=blocked)
        page.run("cinelog.track('one'); cinelog.track('two')")
        self.assertEqual([event["name"] for event in self.events("custom", 2)], ["one", "two"])
        self.assertEqual(len({event["anonymous_id"] for event in self.collector.events()}), 1)
        self.assertEqual(len({event["session_id"] for event in self.collector.events()}), 1)

    def test_in_memory_only_nothing_is_kept(self):
        page = self.open(self.collector.page("a", attributes="data-memory"))
        page.run("cinelog.track('one')")
        self.events("custom", 1)
        self.assertEqual(page.run("[localStorage.length, sessionStorage.length, document.cookie]"), [0, 0, ""])

    def test_there_are_no_cookies(self):
        page = self.open()
        page.run("cinelog.track('one')")
        self.events("custom", 1)
        self.assertEqual(page.run("[document.cookie, sessionStorage.length]"), ["", 0])
        self.assertEqual({request.headers["Cookie"] for request in self.collector.requests}, {None})

    def test_what_others_left_in_the_storage_spoils_nothing(self):
        alien = "localStorage['cinelog.0193a1c2-5b00-7d10-8a41-6c1f0e5d2b01'] = '\"alien\"'; localStorage.mine = 'stays'"
        page = self.open(before=alien)
        self.collector.usual = lambda events: (
            status(400)(events) if any(isinstance(event, str) for event in events) else accepted(events))
        page.run("cinelog.track('one')")
        until(lambda: page.run("localStorage.length") == 3, "an empty queue")
        self.assertEqual(page.run("localStorage.mine"), "stays")


class ConsentTests(TrackerTest):
    SIGNAL = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"

    def test_without_consent_nothing_is_sent_or_kept(self):
        page = self.open(self.collector.page("a", "<button data-cinelog=go>Go</button>", 'data-consent="false"'))
        page.run("cinelog.track('too early')")
        page.click("button")
        time.sleep(1.5)
        self.assertEqual((self.collector.requests, page.run("localStorage.length")), ([], 0))
        page.run("cinelog.consent(true); cinelog.consent(true); cinelog.track('now')")
        self.events("custom", 1)
        self.assertEqual([event["type"] for event in self.collector.events()], ["page", "custom"])

    def test_consent_taken_back_leaves_nothing_behind(self):
        page = self.open()
        self.events("page", 1)
        device = page.run("localStorage['cinelog.device']")
        page.run("localStorage.mine = 'stays'; cinelog.track('doubtful'); cinelog.consent(false); cinelog.track('no')")
        self.assertEqual(page.run("Object.keys(localStorage)"), ["mine"])
        time.sleep(1.5)
        self.assertEqual(self.names(), [])
        page.run("cinelog.consent(true); cinelog.track('again')")
        event = self.events("custom", 1)[0]
        self.assertEqual(event["name"], "again")
        self.assertNotEqual(event["anonymous_id"], device)

    def test_privacy_signals_are_heeded_when_asked_for(self):
        for signal in (self.SIGNAL, "Object.defineProperty(navigator, 'doNotTrack', { value: '1' })"):
            page = self.open(self.collector.page("a", attributes="data-privacy-signals"), signal)
            page.run("cinelog.track('no'); cinelog.consent(true); cinelog.track('neither')")
            time.sleep(1.5)
            self.assertEqual((self.collector.requests, page.run("localStorage.length")), ([], 0))

    def test_privacy_signals_are_the_page_s_affair_otherwise(self):
        self.open(before=self.SIGNAL).run("cinelog.track('yes')")
        self.events("custom", 1)


if __name__ == "__main__":
    unittest.main()
