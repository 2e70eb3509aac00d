import Events

/// How the members of a text that holds a JSON object are read. Old servers find a member by its name at any depth, which is
/// wrong; so there the object is cut at its own commas.
extension Dialect {
    /// The object's own members: an array of `(name, value as JSON)`.
    public func jsonMembers(_ object: String) -> String {
        guard isOld else { return "JSONExtractKeysAndValuesRaw(\(object))" }
        let name = #"'^("(?:[^"\\\\]|\\\\.)*"):'"#
        return """
            arrayMap(member -> (\(unquoted("extract(member, \(name))")),
                substring(member, length(extract(member, \(name))) + 2)), \(memberTexts(object)))
            """
    }

    /// The value of one member as JSON; "" where there is none.
    public func jsonMember(_ object: String, _ name: String) -> String {
        isOld ? "(\(members(object, name))[1].2)" : "JSONExtractRaw(\(object), '\(name.sqlEscaped)')"
    }

    public func hasMember(_ object: String, _ name: String) -> String {
        isOld ? "notEmpty(\(members(object, name)))" : "JSONHas(\(object), '\(name.sqlEscaped)')"
    }

    /// The text that a member is; "" where there is none, or another value.
    public func jsonText(_ object: String, _ name: String) -> String {
        guard isOld else { return "JSONExtractString(\(object), '\(name.sqlEscaped)')" }
        let value = jsonMember(object, name)
        return "if(startsWith(\(value), '\"'), \(unquoted(value)), '')"
    }

    /// A text without its quotes, other JSON as it is.
    public func bareJSON(_ json: String) -> String {
        "if(startsWith(\(json), '\"'), \(isOld ? unquoted(json) : "JSONExtractString(\(json))"), \(json))"
    }

    // MARK: Old servers

    private func unquoted(_ text: String) -> String {
        "visitParamExtractString(concat('{\"text\":', \(text), '}'), 'text')"
    }

    private func members(_ object: String, _ name: String) -> String {
        "arrayFilter(pair -> pair.1 = '\(name.sqlEscaped)', \(jsonMembers(object)))"
    }

    /// `"name":value` of each member. Commas outside of texts and of inner brackets become ends of lines, which JSON on one
    /// line has nowhere else. (No lambda over the members uses the whole object: it would be copied for each of them.)
    private func memberTexts(_ object: String) -> String {
        let words =
            #"extractAll(substring(\#(object), 2, length(\#(object)) - 2), '"(?:[^"\\\\]|\\\\.)*"|[{}\\[\\],]|[^"{}\\[\\],]+')"#
        let depths = "arrayCumSum(arrayMap(word -> (word IN ('{', '[')) - (word IN ('}', ']')), \(words)))"
        let lines = "arrayMap((word, depth) -> if(word = ',' AND depth = 0, '\\n', word), \(words), \(depths))"
        return "arrayFilter(line -> line != '', splitByChar('\\n', arrayStringConcat(\(lines))))"
    }
}
