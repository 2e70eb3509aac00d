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
        guard isOld else {
            return """
                SELECT viewer, toUInt64(\(milliseconds("time")) * \(Dialect.placesInMoment) + \(within)) AS at, step
                FROM (\(rows)) ARRAY JOIN steps AS step
                """
        }
        let last = (end.unixMilliseconds + 999) / 1000
        let first = max(0, last - Dialect.oldPlacesMax + 1)
        return """
            SELECT viewer, toUInt32((toUnixTimestamp(time) - \(first)) * \(Dialect.placesInMoment) + \(within)) AS at, step
            FROM (\(rows)) ARRAY JOIN steps AS step WHERE time >= toDateTime(\(first)) AND time < toDateTime(\(last))
            """
    }
}
