// Faults that a sanitizer must see, so that its silence over the tests means something: ./dev sanitize runs this first.
import Glibc

nonisolated(unsafe) var shared = 0

/// Two threads write without a lock.
func race() {
    var threads: [pthread_t] = [0, 0]
    for index in threads.indices {
        pthread_create(&threads[index], nil, { _ in
            for _ in 0..<1000 { shared += 1 }
            return nil
        }, nil)
    }
    for thread in threads { pthread_join(thread, nil) }
}

/// Reads behind the end of a block.
func overrun() {
    let block = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    block.initialize(repeating: 7, count: 16)
    let end = Int(CommandLine.argc) + 15
    print(block[end])
    block.deallocate()
}

if CommandLine.arguments.last == "thread" { race() } else { overrun() }
