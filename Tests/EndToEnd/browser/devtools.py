"""Headless Chromium, driven over a pipe by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).

Only the standard library: two descriptors carry JSON messages that end in a NUL.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

ARGUMENTS = [
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--no-first-run", "--disable-gpu", "--mute-audio",
    "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required", "--window-size=1000,800",
    # The collector marks headless browsers as bots.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
]
ANSWER_SECONDS = 60


class Failure(Exception):
    pass


def until(condition, what, seconds=60):
    """Waits for a condition; answers what it answers."""
    deadline = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Browser:
    """One Chromium with a profile of its own, removed at the end."""

    def __init__(self, *arguments):
        self.profile = tempfile.mkdtemp(prefix="cinelog-browser-")
        ours, self.commands = os.pipe()
        self.messages, theirs = os.pipe()
        # The pipe's ends have fixed numbers in the browser: 3 and 4. A shell puts them there.
        command = [shutil.which("chromium"), f"--user-data-dir={self.profile}", *ARGUMENTS, *arguments, "about:blank"]
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec 3<&{ours} 4>&{theirs}; exec "$@"', "chromium", *command],
            pass_fds=(ours, theirs), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.profile}, start_new_session=True,
        )
        os.close(ours)
        os.close(theirs)
        self.lock = threading.Condition()
        self.answers, self.listeners, self.latest = {}, {}, 0
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (Failure, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.commands)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _listen(self):
        rest = b""
        while chunk := os.read(self.messages, 65536):
            *whole, rest = (rest + chunk).split(b"\0")
            for message in map(json.loads, whole):
                if "id" in message:
                    with self.lock:
                        self.answers[message["id"]] = message
                        self.lock.notify_all()
                elif listener := self.listeners.get(message.get("sessionId")):
                    listener(message["method"], message["params"])
        os.close(self.messages)
        with self.lock:
            self.answers = None
            self.lock.notify_all()

    def call(self, method, session=None, **params):
        """A command's result."""
        with self.lock:
            self.latest += 1
            number = self.latest
            message = {"id": number, "method": method, "params": params}
            if session:
                message["sessionId"] = session
            os.write(self.commands, json.dumps(message).encode() + b"\0")
            if not self.lock.wait_for(lambda: self.answers is None or number in self.answers, ANSWER_SECONDS):
                raise Failure(f"no answer to {method}")
            if self.answers is None:
                raise Failure(f"the browser ended before it answered {method}")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise Failure(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def context(self):
        """A profile within the profile: no cookies or storage of others."""
        return self.call("Target.createBrowserContext")["browserContextId"]

    def page(self, address="about:blank", context=None):
        page = Page(self, context)
        if address != "about:blank":
            page.open(address)
        return page


class Page:
    """A tab. `problems` are errors that scripts put on its console, and exceptions that nobody caught; `refusals` are the
    browser's own words on requests that failed."""

    def __init__(self, browser, context):
        self.browser, self.problems, self.refusals, self.words = browser, [], [], []
        where = {"browserContextId": context} if context else {}
        self.target = browser.call("Target.createTarget", url="about:blank", **where)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        browser.listeners[self.session] = self._hear
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def _hear(self, method, params):
        if method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(params["exceptionDetails"])[:500])
        if method == "Log.entryAdded" and params["entry"]["level"] == "error":
            found = self.refusals if params["entry"]["source"] == "network" else self.problems
            found.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))
        if method == "Runtime.consoleAPICalled":
            text = " ".join(str(word.get("value", word.get("description"))) for word in params["args"])
            self.words.append((params["type"], text))
            if params["type"] == "error":
                self.problems.append(text)

    # --- Where it is ---

    def open(self, address):
        self.call("Page.navigate", url=address)
        self.wait(f"document.readyState == 'complete' && location.href == {json.dumps(address)}")

    def before(self, script):
        """Runs in every document of this tab before its own scripts."""
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def front(self):
        """This tab is shown, the others of its window are hidden."""
        self.call("Page.bringToFront")

    def close(self):
        """As a person closes a tab: its last handlers run."""
        self.call("Page.close")
        del self.browser.listeners[self.session]

    def offline(self, cut):
        self.call(
            "Network.emulateNetworkConditions", offline=cut, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    # --- What it holds ---

    def run(self, expression):
        """An expression's value (a promise's, once it is there)."""
        result = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in result:
            raise Failure(f"{expression}: {json.dumps(result['exceptionDetails'])[:500]}")
        return result["result"].get("value")

    def wait(self, expression, seconds=60):
        def holds():
            try:
                return self.run(expression)
            except Failure as failure:
                # Between two documents there is none.
                if "context" in str(failure) or "navigat" in str(failure):
                    return None
                raise

        return until(holds, expression, seconds)

    # --- A person's hands ---

    def click(self, selector):
        """A press of the mouse in the middle of an element."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'nearest'}});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def type(self, text):
        self.call("Input.insertText", text=text)


class BrowserTest(unittest.TestCase):
    """A browser for all tests; a fresh profile for each."""

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def setUp(self):
        self.context = self.browser.context()
        self.addCleanup(self.browser.call, "Target.disposeBrowserContext", browserContextId=self.context)
