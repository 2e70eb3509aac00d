import Glibc

/// Sleeping on a thread of one's own.
public enum Pause {
    public static func milliseconds(_ milliseconds: Int) { usleep(UInt32(clamping: milliseconds) * 1000) }
}
