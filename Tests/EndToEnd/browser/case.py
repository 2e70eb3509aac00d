"""What the tests of the tracker against a scripted collector have in common."""

from devtools import BrowserTest, until
from scripted import Collector

# A UUIDv7 (RFC 9562).
V7 = r"^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$"


class TrackerTest(BrowserTest):
    """For each test a collector too: what one test's pages send late reaches no other."""

    def setUp(self):
        self.collector = Collector()
        self.address = self.collector.page("page")
        # Pages go first.
        self.addCleanup(self.end)
        super().setUp()

    def end(self):
        self.collector.shutdown()
        self.collector.server_close()

    def open(self, address=None, before=None):
        page = self.browser.page(context=self.context)
        if before:
            page.before(before)
        page.open(address or self.address)
        self.addCleanup(lambda: self.assertEqual(page.problems, []))
        return page

    def events(self, kind, count):
        """The events of a kind, once there are so many."""
        until(lambda: len(self.collector.events(kind)) >= count, f"{count} {kind} events: {self.collector.events()}")
        return self.collector.events(kind)

    def confirmed(self, page):
        """Nothing waits any more: what is left is the device and the visit."""
        page.wait("Object.keys(localStorage).sort().join() == 'cinelog.device,cinelog.visit'")

    def names(self):
        return [event["name"] for event in self.collector.events("custom")]
