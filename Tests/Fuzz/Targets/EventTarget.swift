import Events

/// An event of any kind: its first byte chooses the kind, the rest is its JSON. An accepted event is one line of JSON that
/// the same parser takes again; a rejected one leaves nothing behind and says why.
struct EventTarget: FuzzTarget {
    private let parser = JSONParser(capacityMax: 8 << 20, depthMax: EventLimits().depthMax)
    private let check = JSONParser(capacityMax: 8 << 20, depthMax: EventLimits().depthMax + 1)
    private let reader = EventReader()
    private let lines = EventLines()
    private let text = ByteBuffer()
    private let context = EventContext(receivedAt: Timestamp(unixMilliseconds: 1_769_860_800_000))

    func take(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let kinds = EventKind.allCases
        let place = Int(first) % (kinds.count + 1)
        guard let value = parsed(UnsafeRawBufferPointer(rebasing: input.dropFirst()), parser) else { return }
        lines.clear()
        switch reader.read(value, as: place < kinds.count ? kinds[place] : nil, context, into: lines) {
        case .accepted(_, let kind):
            let line = lines.buffer(kind).bytes
            precondition(line.last == 0x0A && line.filter { $0 == 0x0A }.count == 1, "not one line")
            precondition(String(validating: line, as: UTF8.self) != nil, "the line is not UTF-8")
            let copy = Array(line)
            precondition(copy.withUnsafeBytes { parsed($0, check) } != nil, "the line is not JSON")
        case .rejected(let errors):
            precondition(!errors.isEmpty && errors.allSatisfy { !$0.message.isEmpty }, "no reason")
            precondition(lines.totalBytes == 0, "a rejected event left something behind")
        }
    }

    private func parsed(_ bytes: UnsafeRawBufferPointer, _ parser: JSONParser) -> JSONValue? {
        text.clear()
        text.append(bytes)
        text.reserve(JSONParser.padding)
        return try? parser.parse(text.bytes)
    }
}
