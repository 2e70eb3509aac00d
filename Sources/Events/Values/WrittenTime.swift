/// A time in ClickHouse's form, remembered: the events of a batch arrive at one moment.
struct WrittenTime {
    private var time: Timestamp?
    private let text = ByteBuffer(capacity: 64)

    mutating func append(_ time: Timestamp, to out: ByteBuffer) {
        if self.time != time {
            text.clear()
            text.appendClickHouse(time)
            self.time = time
        }
        out.append(text.base, count: text.count)
    }
}
