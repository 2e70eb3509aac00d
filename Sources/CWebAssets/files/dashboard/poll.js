// Asking again and again while somebody looks: not in a hidden tab, and ever less often while it fails.

const pauseMillisecondsMax = 15000;

/** Calls `ask` until the view goes; `failed(error, pauseMilliseconds)` hears of failures. */
export async function every(context, milliseconds, ask, failed = () => {}) {
  let failures = 0;
  while (!context.signal.aborted) {
    const begun = performance.now();
    let pause = milliseconds;
    try {
      await ask();
      failures = 0;
    } catch (error) {
      if (context.signal.aborted) return;
      failures += 1;
      pause = Math.max(milliseconds, Math.min(pauseMillisecondsMax, milliseconds * 2 ** Math.min(failures - 1, 8)));
      failed(error, pause);
    }
    // A server that takes long gets a rest, too.
    await wait(context, Math.max(milliseconds / 2, pause - (performance.now() - begun)));
    await shown(context);
  }
}

/** Until the timer ends or the view goes. A listener that stayed each time would add up over days. */
const wait = (context, milliseconds) => new Promise((done) => {
  const end = () => {
    clearTimeout(timer);
    context.signal.removeEventListener("abort", end);
    done();
  };
  const timer = setTimeout(end, milliseconds);
  context.signal.addEventListener("abort", end);
});

const shown = (context) => new Promise((done) => {
  if (!document.hidden) return done();
  const end = () => {
    if (document.hidden && !context.signal.aborted) return;
    document.removeEventListener("visibilitychange", end);
    context.signal.removeEventListener("abort", end);
    done();
  };
  document.addEventListener("visibilitychange", end);
  context.signal.addEventListener("abort", end);
});
