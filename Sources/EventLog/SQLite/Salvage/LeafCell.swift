/// A cell of a table's leaf page: one row, of which the end may lie in overflow pages
/// (https://www.sqlite.org/fileformat2.html#b_tree_pages, https://www.sqlite.org/fileformat2.html#record_format).
///
/// Read from bytes that may be anything: every number is checked before it is used.
struct LeafCell {
    enum Value: Equatable {
        case null
        case integer(Int64)
        /// Where in the payload.
        case bytes(Range<Int>)
    }

    let rowID: Int64
    /// What it takes in its page.
    let bytes: Int
    /// Bytes of the whole payload, and of the part that lies in this page, which begins at `localStart`.
    let payloadBytes: Int
    let localStart: Int
    let localBytes: Int
    /// The first overflow page; 0: none.
    let overflow: UInt32
    let values: [Value]

    /// More columns than any table of ours has.
    private static let columnsMax = 8
    /// Its own length, a number for each column, and room for that of long texts.
    private static let headerBytesMax = 20
    static let payloadBytesMax = 1 << 30

    init?(_ page: UnsafeRawBufferPointer, at offset: Int) {
        var scan = VarintScan(page, at: offset, end: page.count)
        guard let payload = scan.next(), let rowID = scan.next(), payload > 1, payload < LeafCell.payloadBytesMax else {
            return nil
        }
        self.rowID = rowID
        payloadBytes = Int(payload)
        localBytes = LeafCell.local(of: payloadBytes)
        localStart = scan.offset
        let end = localStart + localBytes
        let isWhole = localBytes == payloadBytes
        guard end + (isWhole ? 0 : 4) <= page.count else { return nil }
        bytes = max(4, end - offset + (isWhole ? 0 : 4))
        overflow = isWhole ? 0 : page.bigEndian(at: end)
        guard isWhole || overflow > 0,
            let values = LeafCell.values(page, localStart..<end, payloadBytes: payloadBytes)
        else { return nil }
        self.values = values
    }

    /// How much of a payload lies in the leaf page itself.
    private static func local(of payload: Int) -> Int {
        let usable = LogSchema.pageBytes
        let most = usable - 35
        guard payload > most else { return payload }
        let least = (usable - 12) * 32 / 255 - 23
        let rest = least + (payload - least) % (usable - 4)
        return rest <= most ? rest : least
    }

    /// Numbers must lie in the page; bytes need not.
    private static func values(_ page: UnsafeRawBufferPointer, _ local: Range<Int>, payloadBytes: Int) -> [Value]? {
        var header = VarintScan(page, at: local.lowerBound, end: local.upperBound)
        guard let headerBytes = header.next(), headerBytes >= 2, headerBytes <= min(headerBytesMax, local.count) else {
            return nil
        }
        header.end = local.lowerBound + Int(headerBytes)
        var place = Int(headerBytes)
        var values: [Value] = []
        while header.offset < header.end {
            guard values.count < columnsMax, let type = header.next(), type >= 0, type < Int64(payloadBytesMax) else {
                return nil
            }
            if type >= 12 {
                let bytes = Int(type - 12) / 2
                values.append(.bytes(place..<place + bytes))
                place += bytes
                continue
            }
            let width = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][Int(type)]
            guard type != 7, type < 10, place + width <= local.count else { return nil }
            values.append(type == 0 ? .null : .integer(integer(page, at: local.lowerBound + place, width, type)))
            place += width
        }
        return place == payloadBytes ? values : nil
    }

    private static func integer(_ page: UnsafeRawBufferPointer, at offset: Int, _ width: Int, _ type: Int64) -> Int64 {
        guard width > 0 else { return type == 9 ? 1 : 0 }
        var value = Int64(Int8(bitPattern: page[offset]))
        for place in 1..<width { value = value << 8 | Int64(page[offset + place]) }
        return value
    }
}

/// SQLite's variable-length integers, one after the other.
struct VarintScan {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int
    var end: Int

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int, end: Int) {
        (self.bytes, self.offset, self.end) = (bytes, offset, min(end, bytes.count))
    }

    mutating func next() -> Int64? {
        var value: UInt64 = 0
        for place in 0..<9 {
            guard offset < end else { return nil }
            let byte = bytes[offset]
            offset += 1
            if place == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
            value = value << 7 | UInt64(byte & 0x7F)
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }
}
