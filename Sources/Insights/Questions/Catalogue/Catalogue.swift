extension Question {
    /// Every question there is.
    package static let all: [Question] = [
        totals, rates, live, platforms, clicks, pages, events, eventProperties, eventValues, films, film, titles,
        funnel,
        retention,
    ]
}
