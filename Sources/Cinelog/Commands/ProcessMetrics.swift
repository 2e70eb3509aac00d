import Glibc
import Platform

/// Memory and CPU time of this process, from /proc.
enum ProcessMetrics {
    static func measure(_ role: String, _ metrics: MetricsRegistry) {
        metrics.gauge("cinelog_\(role)_memory_bytes", "Resident memory of the \(role) process.") {
            residentBytes().map { [("", Double($0))] } ?? []
        }
        metrics.total("cinelog_\(role)_cpu_seconds_total", "CPU time of the \(role) process.") {
            var usage = rusage()
            getrusage(RUSAGE_SELF.rawValue, &usage)
            let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            return [("", seconds + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6)]
        }
    }

    /// proc(5), statm: the second number is resident pages.
    static func residentBytes() -> Int? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return nil }
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return words.count > 1 ? Int(words[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }
}
