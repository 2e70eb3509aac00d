"""What the dashboard's tests have in common: a view in a browser, its numbers, and the same by SQL."""

import base64
import json
import os
import pathlib
import urllib.request

from devtools import BrowserTest

ROOT = pathlib.Path(__file__).parents[3]
ADMIN = os.environ["ADMIN"]
# Pictures of each view, for people to look at.
PICTURES = pathlib.Path(os.environ.get("PICTURES", ROOT / "test-results/dashboard"))
VIEWER = "if(user_id != toUUID('00000000-0000-0000-0000-000000000000'), toString(user_id), anonymous_id)"


def sql(statement):
    """A statement's rows, as lists."""
    request = urllib.request.Request(ADMIN + "/v1/sql?format=JSONCompact", statement.encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["data"]


def number(statement):
    return float(sql(statement)[0][0])


class DashboardTest(BrowserTest):
    def show(self, address="/", language="en", theme="light", width=1280, admin=ADMIN, quiet=True):
        """A view, once everything that it asked for is there."""
        page = self.browser.page(context=self.context)
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        page.before(f"localStorage.setItem('cinelog.language', '{language}'); localStorage.setItem('cinelog.theme', '{theme}')")
        page.call("Page.navigate", url=admin + address)
        page.wait("!!document.querySelector('main h1')")
        self.settle(page)
        if quiet:
            self.addCleanup(lambda: self.assertEqual((page.problems, page.refusals), ([], [])))
        return page

    def settle(self, page):
        page.wait("!!document.querySelector('main h1') && !document.querySelector('main [aria-busy], main .waiting')")

    def picture(self, page, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        data = page.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(data))

    def column(self, page, question, name):
        """The values of a column of a question's table, top down."""
        return page.run(
            f"[...document.querySelectorAll('[data-question=\"{question}\"] .table [data-column=\"{name}\"]')]"
            ".map((cell) => cell.dataset.value)")

    def numbers(self, page, question, name):
        return [float(value) for value in self.column(page, question, name)]

    def sum(self, page, selector):
        return page.run(f"[...document.querySelectorAll('{selector}')].reduce((sum, cell) => sum + Number(cell.dataset.value), 0)")

    def tile(self, page, name):
        return float(page.run(f"document.querySelector('[data-tile=\"{name}\"]').dataset.value"))
