import Events
import Glibc
import Platform

/// Asks again until it holds; false where it does not in time.
public func holds(within milliseconds: UInt64, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Clock.monotonicMilliseconds() + milliseconds
    while Clock.monotonicMilliseconds() < deadline {
        if try condition() { return true }
        usleep(5000)
    }
    return try condition()
}
