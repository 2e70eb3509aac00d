public import Events

/// The steps of a funnel.
extension Dialect {
    /// Steps that a funnel can have.
    public static let stepsMax = 8
    /// Places within a moment: what happened in one counts as in order of the steps, which is why a step's number is part of
    /// the place; but one event is only one step, so of several that it could be the later comes first.
    private static let placesInMoment = 2 * stepsMax + 1
    /// Old servers count places in 31 bits: about four years of whole seconds.
    private static let oldPlacesMax = Int64(Int32.max) / Int64(placesInMoment)

    /// The furthest of steps that viewers took in order within a time: of rows as `stepRows` makes them.
    public func stepsTaken(_ count: Int, windowSeconds: Int64) -> String {
        let steps = (1...count).map { "step = \($0)" }.joined(separator: ", ")
        let moments = isOld ? windowSeconds : windowSeconds * 1000
        let places = Int64(Dialect.placesInMoment)
        return "windowFunnel(\(moments * places + places - 1))(at, \(steps))"
    }

    /// Rows `(viewer, at, step)` from rows `(viewer, time, steps)`, each an event and the steps that it could be.
    ///
    /// - Parameter end: nothing is later. (An old server leaves out what is more than four years before it.)
    public func stepRows(_ rows: String, before end: Timestamp) -> String {
        let within = "if(length(steps) > 1, \(Dialect.stepsMax) - step, \(Dialect.stepsMax) + step)"
        return """
            SELECT viewer, \(place(before: end, within)) AS at, step
            FROM (\(rows)) ARRAY JOIN steps AS step WHERE \(isCounted(before: end))
            """
    }

    /// The same from rows `(viewer, time)`, each the one step.
    public func stepRows(_ rows: String, all step: Int, before end: Timestamp) -> String {
        """
        SELECT viewer, \(place(before: end, "\(Dialect.stepsMax + step)")) AS at, \(step) AS step
        FROM (\(rows)) WHERE \(isCounted(before: end))
        """
    }

    private func place(before end: Timestamp, _ within: String) -> String {
        isOld
            ? "toUInt32((toUnixTimestamp(time) - \(counted(before: end).lowerBound)) * \(Dialect.placesInMoment) + \(within))"
            : "toUInt64(\(milliseconds("time")) * \(Dialect.placesInMoment) + \(within))"
    }

    private func isCounted(before end: Timestamp) -> String {
        guard isOld else { return "1" }
        let seconds = counted(before: end)
        return "time >= toDateTime(\(seconds.lowerBound)) AND time < toDateTime(\(seconds.upperBound))"
    }

    /// Unix seconds whose places fit.
    private func counted(before end: Timestamp) -> Range<Int64> {
        let last = (end.unixMilliseconds + 999) / 1000
        return max(0, last - Dialect.oldPlacesMax + 1)..<last
    }
}
