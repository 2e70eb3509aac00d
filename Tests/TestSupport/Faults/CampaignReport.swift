import Glibc
import Platform
import Synchronization

/// How long campaigns are, and where they tell what they did.
public enum Campaign {
    /// Whether this is `./dev soak`: the full counts.
    public static let isSoak = getenv("CINELOG_SOAK") != nil

    /// A count: of the environment's variable where it is set, else by what is run.
    public static func count(_ variable: String, test: Int, soak: Int) -> Int {
        getenv(variable).flatMap { Int(String(cString: $0)) } ?? (isSoak ? soak : test)
    }

    /// Prints a line of what a campaign did, and adds it to the file `CINELOG_SOAK_RESULTS`.
    public static func report(_ name: String, count: Int, seed: UInt64, since started: UInt64, _ details: String) {
        let seconds = Double((Clock.monotonicMilliseconds() - started) / 100) / 10
        let line = "| \(name) | \(count) | \(seed) | \(seconds) | \(details) |\n"
        print("campaign: \(line)", terminator: "")
        fflush(nil)
        guard let path = getenv("CINELOG_SOAK_RESULTS"), let file = fopen(path, "a") else { return }
        fputs(line, file)
        fclose(file)
    }
}
