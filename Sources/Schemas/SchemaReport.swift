public import Events

extension SchemaRegistry {
    /// All schemas with what came of their checks, and files that cannot be used:
    /// `{"schemas":[{"name","version","mode","title","description","example","schema","fits","fails","last_fault"}],
    /// "problems":[{"file","reason"}]}`.
    public func report() -> ByteBuffer {
        let out = ByteBuffer("{\"schemas\":[")
        for (number, schema) in schemas.enumerated() {
            if number > 0 { out.append(",") }
            SchemaReport.write(schema, out)
        }
        out.append("],\"problems\":[")
        for (number, (file, why)) in problems.sorted(by: { $0.key < $1.key }).enumerated() {
            out.append(number > 0 ? ",{\"file\":" : "{\"file\":")
            out.appendJSON(string: file)
            out.append(",\"reason\":")
            out.appendJSON(string: why)
            out.append("}")
        }
        out.append("]}")
        return out
    }
}

private enum SchemaReport {
    static func write(_ schema: EventSchema, _ out: ByteBuffer) {
        let reading = schema.counts.reading
        out.append("{\"name\":")
        out.appendJSON(string: schema.name)
        out.append(",\"version\":\(schema.version),\"mode\":\"\(schema.mode.rawValue)\",\"title\":")
        out.appendJSON(string: schema.title)
        out.append(",\"description\":")
        out.appendJSON(string: schema.about)
        out.append(",\"example\":\(schema.examples.first ?? "null"),\"schema\":\(schema.text)")
        out.append(",\"fits\":\(reading.fitting),\"fails\":\(reading.failed),\"last_fault\":")
        if let fault = reading.lastFault, let time = reading.lastFaultAt {
            out.append("{\"field\":")
            out.appendJSON(string: fault.field)
            out.append(",\"message\":")
            out.appendJSON(string: fault.message)
            out.append(",\"time\":\"")
            out.appendClickHouse(time)
            out.append("\"}")
        } else {
            out.append("null")
        }
        out.append("}")
    }
}
